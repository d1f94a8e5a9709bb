//! Claims as predicates over the variables of a state, tabulated from the claims themselves.

use seal_model::access::Access;
use seal_model::claim::{Claim, Status, World};
use seal_model::ghost::{Ghost, Held, Holding};
use seal_model::machine::{Cell, Cells};
use seal_model::scenario::Scenario;

use super::variables::Variables;
use crate::table::{Told, TooLarge, Tree, Variable, tabulate};

/// Most cases of a predicate that is written down.
const MOST_LEAVES: usize = 20_000;

/// Cells that only answer.
pub(crate) struct Asked<'a> {
    variables: &'a Variables,
    told: &'a Told<'a>,
}

impl Cells for Asked<'_> {
    fn get(&self, cell: Cell) -> i16 {
        ask(self.variables, self.told, Variable::Cell(cell))
    }

    fn set(&mut self, _: Cell, _: i16) {
        unreachable!("a claim writes nothing")
    }
}

/// Holdings that only answer: those of one actor, or of all together. Of an actor whose location is known, all
/// answers are.
pub(crate) struct AskedHolder<'a> {
    actor: Option<usize>,
    stands: Option<Status<'a>>,
    variables: &'a Variables,
    told: &'a Told<'a>,
}

impl Held for AskedHolder<'_> {
    fn held(&self, what: Holding) -> i16 {
        let variable = self.actor.map_or(Variable::Sum(what), |actor| Variable::Of(actor, what));
        self.stands.map_or_else(|| ask(self.variables, self.told, variable), |status| status.held(what))
    }
}

/// What can have one value only is not asked for.
fn ask(variables: &Variables, told: &Told<'_>, variable: Variable) -> i16 {
    match variables.values(variable) {
        [only] => *only,
        values => told.value(variable, values[0]),
    }
}

/// A step that a claim may look at: who takes it, from where, and what it holds then.
#[derive(Clone, Copy)]
pub(crate) struct Taken<'a> {
    pub(crate) actor: usize,
    pub(crate) access: Access,
    pub(crate) before: Status<'a>,
    pub(crate) after: &'a Ghost,
}

/// A state as a claim sees it that is told what it asks for.
pub(crate) type Sight<'a> = World<'a, Asked<'a>, AskedHolder<'a>, AskedHolder<'a>>;

/// What is asked about.
#[derive(Clone, Copy)]
pub(crate) struct Asker<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) variables: &'a Variables,
    /// Most runs of one claim.
    pub(crate) most_runs: usize,
}

impl<'a> Asker<'a> {
    /// A claim over states, as predicates that all must be true.
    pub(crate) fn of_state(self, claim: Claim) -> Result<Vec<Tree<bool>>, TooLarge> {
        if claim.is_by_page() {
            let of_page = |page| self.tabulated(None, &|world| claim.holds_of_page(world, page));
            return self.scenario.all_pages().map(of_page).collect();
        }
        Ok(vec![self.tabulated(None, &|world| claim.holds(world))?])
    }

    /// A claim over steps, as a predicate over the state before this one.
    pub(crate) fn of_step(self, claim: Claim, taken: Taken<'_>) -> Result<Tree<bool>, TooLarge> {
        let Taken { actor, access, before, after } = taken;
        self.tabulated(Some((actor, before)), &|world| claim.holds_for_step(world, actor, access, after))
    }

    /// A predicate, where it may be known of one actor where it stands.
    pub(crate) fn tabulated(
        self,
        standing: Option<(usize, Status<'_>)>,
        holds: &dyn Fn(&Sight<'_>) -> bool,
    ) -> Result<Tree<bool>, TooLarge> {
        let look = |told: &Told<'_>| self.seen(told, standing, holds);
        let values = |variable| self.variables.values(variable).to_vec();
        let tree = tabulate(&mut { self.most_runs }, &values, &look)?.compressed();
        if tree.leaves() > MOST_LEAVES { Err(TooLarge) } else { Ok(tree) }
    }

    /// What somebody says of a state that he is told.
    pub(crate) fn seen<R>(
        self,
        told: &Told<'_>,
        standing: Option<(usize, Status<'_>)>,
        look: impl Fn(&Sight<'_>) -> R,
    ) -> R {
        let actors = self.holders(told, standing);
        let cells = Asked { variables: self.variables, told };
        look(&World { scenario: self.scenario, cells: &cells, actors: &actors, sum: &self.sum(told) })
    }

    /// What each actor holds.
    pub(crate) fn holders<'t>(
        self,
        told: &'t Told<'t>,
        standing: Option<(usize, Status<'t>)>,
    ) -> Vec<AskedHolder<'t>>
    where
        'a: 't,
    {
        let stands = |at| standing.filter(|(actor, _)| *actor == at).map(|(_, status)| status);
        let holder =
            |at| AskedHolder { actor: Some(at), stands: stands(at), variables: self.variables, told };
        (0..self.scenario.cast().len()).map(holder).collect()
    }

    /// What all hold together.
    pub(crate) fn sum<'t>(self, told: &'t Told<'t>) -> AskedHolder<'t>
    where
        'a: 't,
    {
        AskedHolder { actor: None, stands: None, variables: self.variables, told }
    }
}
