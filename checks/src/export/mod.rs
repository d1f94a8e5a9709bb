//! The compiled product for other tools, so that nobody has to trust this explorer: Promela for Spin, TLA+ for TLC
//! and Apalache, dot for Graphviz.
//!
//! What is written is the automata, the cells of the scenario, and the effect of each access. Effects and claims
//! are [tabulated](crate::table) from the functions that the explorer itself runs.

mod dot;
mod effect;
mod formula;
mod names;
mod promela;
mod reached;
mod tla;

use seal_model::access::{Access, Answer};
use seal_model::claim::{Claim, Kind, Status};
use seal_model::machine::{Cell, Cells};
use seal_model::scenario::Scenario;

use crate::compile::Location;
use crate::error::Error;
use crate::explore::predicate::{Asker, Taken};
use crate::explore::system::{MOST_WORDS, State, System};
use crate::explore::variables::{self, Variables};
use crate::table::{Tree, Variable};
pub use dot::dot;
use effect::Effects;
pub use effect::{Choice, Outcome, Value};
pub use promela::promela;
pub use tla::{MODULE, Tla, tla};

/// Most runs of one claim.
const MOST_RUNS: usize = 1 << 20;

/// A scenario, compiled, with the ways on from every location and the claims that are to be judged.
#[derive(Debug)]
pub struct Product {
    system: System,
    variables: Variables,
    /// For each actor and location.
    choices: Vec<Vec<Vec<Choice>>>,
    /// The claims asked, and as what they are judged.
    asked: Vec<Claim>,
    claims: Vec<(Claim, Tree<bool>)>,
    step_claims: Vec<StepClaim>,
    /// The values that the cells start with, in the order of their specs.
    start: Vec<i16>,
    /// The locations that the actors start in.
    starts_at: Vec<u32>,
}

/// A claim over steps, of one way on.
#[derive(Debug)]
struct StepClaim {
    claim: Claim,
    actor: usize,
    location: usize,
    choice: usize,
    holds: Tree<bool>,
}

impl Product {
    /// Compile a scenario and tabulate it. With a bound on memory, in bytes, it is explored first, and what no run
    /// reaches is left out.
    ///
    /// # Errors
    /// As [`System::new`]; a claim that no tool here can judge, or whose table is too large; more states than fit.
    pub fn new(scenario: &Scenario, asked: &[Claim], explore: Option<usize>) -> Result<Self, Error> {
        let system = System::new(scenario)?;
        let variables = Variables::new(&system);
        let mut choices = choices(&system, &variables)?;
        if let Some(max_memory) = explore {
            reached::leave_out(&system, &mut choices, max_memory)?;
        }
        let initial = system.initial::<MOST_WORDS>()?;
        let cells = system.layout.specs.iter().map(|spec| spec.cell);
        let start = system.view(&initial, |world| cells.map(|cell| world.cells.get(cell)).collect());
        let actors = 0..system.automata.len();
        let starts_at = actors.map(|actor| system.layout.location(&initial, actor) as u32).collect();
        let (mut claims, mut step_claims) = (Vec::new(), Vec::new());
        for &claim in asked {
            match claim.kind() {
                Kind::State => {
                    let asker = Asker { scenario, variables: &variables, most_runs: MOST_RUNS };
                    let trees = asker.of_state(claim);
                    let trees = trees.map_err(|_| too_large(claim.name()))?;
                    claims.extend(trees.into_iter().map(|tree| (claim, tree)));
                }
                Kind::Step => step_claims.extend(of_steps(claim, &system, &variables, &choices)?),
                Kind::Alone | Kind::Progress => return Err(not_of_states(claim)),
            }
        }
        let asked = asked.to_vec();
        Ok(Product { system, variables, choices, asked, claims, step_claims, start, starts_at })
    }

    /// The system that is written.
    pub fn system(&self) -> &System {
        &self.system
    }

    /// The ways on from a location of an actor.
    pub fn choices(&self, actor: usize, location: usize) -> &[Choice] {
        &self.choices[actor][location]
    }

    /// The claims that the tables say are not true of a state, and those not true of a step that an actor may take
    /// from it, with the actor.
    pub fn untrue<const W: usize>(&self, state: &State<W>) -> Vec<(Claim, Option<usize>)> {
        let at = |actor| self.location(actor, self.system.layout.location(state, actor));
        let value = |variable| match variable {
            Variable::Cell(cell) => self.system.view(state, |world| world.cells.get(cell)),
            Variable::Sum(what) => {
                (0..self.choices.len()).map(|actor| variables::held(at(actor), what)).sum()
            }
            Variable::Of(actor, what) => variables::held(at(actor), what),
        };
        let untrue = |tree: &Tree<bool>| tree.answer(&value) != Some(&true);
        let states = self.claims.iter().filter(|(_, tree)| untrue(tree)).map(|(claim, _)| (*claim, None));
        let open = |judged: &&StepClaim| {
            let here = self.system.layout.location(state, judged.actor) == judged.location;
            let way = &self.choices[judged.actor][judged.location][judged.choice];
            here && way.is_open(|cell| value(Variable::Cell(cell))) && untrue(&judged.holds)
        };
        let steps = self.step_claims.iter().filter(open).map(|judged| (judged.claim, Some(judged.actor)));
        states.chain(steps).collect()
    }

    /// The cells, each with the value it starts with.
    fn cells(&self) -> impl Iterator<Item = (Cell, i16)> {
        self.variables.specs.iter().map(|spec| spec.cell).zip(self.start.iter().copied())
    }

    fn location(&self, actor: usize, location: usize) -> &Location {
        &self.system.automata[actor].locations[location]
    }

    /// The variables beside cells that the claims look at.
    fn ghosts(&self) -> Vec<Variable> {
        let mut found = Vec::new();
        let trees = self.claims.iter().map(|(_, tree)| tree);
        trees
            .chain(self.step_claims.iter().map(|claim| &claim.holds))
            .for_each(|tree| tree.variables(&mut found));
        found.retain(|variable| !matches!(variable, Variable::Cell(_)));
        found.sort();
        found
    }

    /// The claims over steps that look at one way on.
    fn judged(&self, actor: usize, location: usize, choice: usize) -> impl Iterator<Item = &StepClaim> {
        let place = (actor, location, choice);
        self.step_claims.iter().filter(move |claim| (claim.actor, claim.location, claim.choice) == place)
    }

    /// An access with its answers, in the kernel's words.
    fn describe(&self, actor: usize, location: usize, answers: &[Answer]) -> String {
        let access = self.location(actor, location).access;
        access.map_or(String::new(), |access| describe(access, answers))
    }
}

/// An access with one of some answers.
fn describe(access: Access, answers: &[Answer]) -> String {
    let say = |answer: &Answer| access.describe(*answer);
    match answers {
        [first, _, _, .., last] => format!("{} … {}", say(first), say(last)),
        few => few.iter().map(say).collect::<Vec<_>>().join(" or "),
    }
}

fn choices(system: &System, variables: &Variables) -> Result<Vec<Vec<Vec<Choice>>>, Error> {
    let mut effects = Effects::new(&system.scenario, &variables.specs);
    let mut of_location = |location: &Location| effects.choices(location);
    let automata = system.automata.iter();
    automata.map(|automaton| automaton.locations.iter().map(&mut of_location).collect()).collect()
}

/// A claim over steps, for every step that it may be untrue of.
fn of_steps(
    claim: Claim,
    system: &System,
    variables: &Variables,
    choices: &[Vec<Vec<Choice>>],
) -> Result<Vec<StepClaim>, Error> {
    let mut judged = Vec::new();
    for (actor, automaton) in system.automata.iter().enumerate() {
        for (number, location) in automaton.locations.iter().enumerate() {
            let Some(access) = location.access.filter(|&access| Claim::look_at(access)) else { continue };
            for (choice, way) in choices[actor][number].iter().enumerate() {
                let Outcome::Step { to, .. } = way.outcome else { continue };
                let before = Status { ghost: &location.ghost, returned: location.returned };
                let after = &automaton.locations[to as usize].ghost;
                let asker = Asker { scenario: &system.scenario, variables, most_runs: MOST_RUNS };
                let holds = asker.of_step(claim, Taken { actor, access, before, after });
                let holds = holds.map_err(|_| too_large(claim.name()))?;
                if holds != Tree::Leaf(true) {
                    judged.push(StepClaim { claim, actor, location: number, choice, holds });
                }
            }
        }
    }
    Ok(judged)
}

fn too_large(what: &str) -> Error {
    Error::Export(format!(
        "{what} needs a table that is too large to write down for this scenario: use fewer pages or actors, or \
         leave the claim out"
    ))
}

fn not_of_states(claim: Claim) -> Error {
    Error::Export(format!(
        "{} is no predicate of one state or one step, so it can't be exported: ask `sealcheck check`",
        claim.name()
    ))
}
