//! Claims as predicates over the variables of a state, tabulated from the claims themselves.

use seal_model::access::Access;
use seal_model::claim::{Claim, Status, World};
use seal_model::ghost::{Ghost, Held, Holding};
use seal_model::machine::{Cell, Cells};
use seal_model::scenario::Scenario;

use super::tree::{Told, TooLarge, Tree, Variable, tabulate};
use super::variables::Variables;

/// Most runs of one claim.
const MOST_RUNS: usize = 1 << 20;

/// Most cases of a predicate that is written down.
const MOST_LEAVES: usize = 20_000;

/// Cells that only answer.
struct Asked<'a> {
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
struct AskedHolder<'a> {
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

/// A claim over states, as predicates that all must be true.
pub(super) fn of_state(
    claim: Claim,
    scenario: &Scenario,
    variables: &Variables,
) -> Result<Vec<Tree<bool>>, TooLarge> {
    let anywhere = vec![None; scenario.cast().len()];
    let tree = |holds: &dyn Fn(&Sight<'_>) -> bool| predicate(scenario, variables, &anywhere, holds);
    if claim.is_by_page() {
        let of_page = |page| tree(&|world| claim.holds_of_page(world, page));
        return scenario.all_pages().map(of_page).collect();
    }
    Ok(vec![tree(&|world| claim.holds(world))?])
}

/// A step that a claim may look at: who takes it, from where, and what it holds then.
#[derive(Clone, Copy)]
pub(super) struct Taken<'a> {
    pub(super) actor: usize,
    pub(super) access: Access,
    pub(super) before: Status<'a>,
    pub(super) after: &'a Ghost,
}

/// A claim over steps, as a predicate over the state before this one.
pub(super) fn of_step(
    claim: Claim,
    taken: Taken<'_>,
    scenario: &Scenario,
    variables: &Variables,
) -> Result<Tree<bool>, TooLarge> {
    let mut standing = vec![None; scenario.cast().len()];
    standing[taken.actor] = Some(taken.before);
    let Taken { actor, access, after, .. } = taken;
    predicate(scenario, variables, &standing, &|world| claim.holds_for_step(world, actor, access, after))
}

type Sight<'a> = World<'a, Asked<'a>, AskedHolder<'a>, AskedHolder<'a>>;

/// Tabulate a predicate, where it is known of some actors where they stand.
fn predicate(
    scenario: &Scenario,
    variables: &Variables,
    standing: &[Option<Status<'_>>],
    holds: &dyn Fn(&Sight<'_>) -> bool,
) -> Result<Tree<bool>, TooLarge> {
    let look = |told: &Told<'_>| {
        let holder = |variable, stands| AskedHolder { actor: variable, stands, variables, told };
        let actors: Vec<_> =
            standing.iter().enumerate().map(|(at, stands)| holder(Some(at), *stands)).collect();
        let sum = holder(None, None);
        let cells = Asked { variables, told };
        holds(&World { scenario, cells: &cells, actors: &actors, sum: &sum })
    };
    let values = |variable| variables.values(variable).to_vec();
    let tree = tabulate(&mut { MOST_RUNS }, &values, &look)?.compressed();
    if tree.leaves() > MOST_LEAVES { Err(TooLarge) } else { Ok(tree) }
}
