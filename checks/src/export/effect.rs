//! What an access does, tabulated from [`apply`] itself.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use seal_model::access::{Access, Answer};
use seal_model::machine::{Cell, CellSpec, apply};
use seal_model::scenario::Scenario;

use super::names::Sort;
use super::too_large;
use crate::compile::{Location, NOWHERE};
use crate::error::Error;
use crate::table::recorder::Recorder;
use crate::table::{Guard, Leaf, Told, TooLarge, Tree, Variable, tabulate};

/// Most runs of one access: the values of the cells that it reads, multiplied.
const MOST_RUNS: usize = 1 << 18;

/// What a cell is given, in terms of what cells were before the step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Value {
    /// This.
    Is(i16),
    /// What a cell was, and so much more.
    Plus(Cell, i16),
    /// So much, less what a cell was.
    Minus(i16, Cell),
}

/// What comes of an access.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It blocks.
    Blocked,
    /// The model is at its bounds, which the explorer reports as an error: this cell leaves its range, or if none
    /// is named the access answers what it does not declare.
    Wrong(Option<Cell>),
    /// The exploration that came before never saw this, and the other tool is to find an error if it does.
    LeftOut,
    /// A step is taken.
    Step {
        /// To this location.
        to: u32,
        /// With one of these answers.
        answers: Vec<Answer>,
        /// These cells are written, all at once.
        writes: BTreeMap<Cell, Value>,
    },
}

/// One way on from a location: where the guard is true, this comes of the access. At most one guard is true in a
/// state, unless the model leaves the answer open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Choice {
    /// When.
    pub guard: Guard,
    /// What.
    pub outcome: Outcome,
}

impl Choice {
    /// Whether it is open where cells have these values.
    pub fn is_open(&self, value: impl Fn(Cell) -> i16) -> bool {
        self.guard.iter().all(|(variable, values)| match variable {
            Variable::Cell(cell) => values.contains(&value(*cell)),
            // accesses look at cells alone
            Variable::Sum(_) | Variable::Of(..) => false,
        })
    }
}

/// The answer of an access, and what it writes.
#[derive(Clone, Debug)]
enum Effect {
    Blocked,
    Wrong(Cell),
    Done(Answer, BTreeMap<Cell, i16>),
}

/// The effect of an access in every state.
fn effect(scenario: &Scenario, specs: &[CellSpec], access: Access) -> Result<Tree<Effect>, TooLarge> {
    let run = |told: &Told<'_>| {
        let mut cells = Recorder::new(specs, told);
        let answer = apply(&mut cells, scenario, access);
        match (answer, cells.out_of_range) {
            (None, _) => Effect::Blocked,
            (Some(_), Some(cell)) => Effect::Wrong(cell),
            (Some(answer), None) => Effect::Done(answer, cells.written),
        }
    };
    tabulate(&mut { MOST_RUNS }, &|variable| cell_values(specs, variable), &run)
}

/// Every value that a cell may have.
fn cell_values(specs: &[CellSpec], variable: Variable) -> Vec<i16> {
    let spec = specs.iter().find(|spec| Variable::Cell(spec.cell) == variable);
    spec.map_or_else(|| vec![0], |spec| (spec.low..=spec.high).collect())
}

/// Effects, each tabulated once, and the ways on that they make, for all locations alike whose answers lead to as
/// many places in the same way.
pub(super) struct Effects<'a> {
    scenario: &'a Scenario,
    specs: &'a [CellSpec],
    effects: HashMap<Access, Tree<Effect>>,
    ways: HashMap<(Access, Vec<u32>), Vec<Choice>>,
}

impl<'a> Effects<'a> {
    pub(super) fn new(scenario: &'a Scenario, specs: &'a [CellSpec]) -> Self {
        Effects { scenario, specs, effects: HashMap::new(), ways: HashMap::new() }
    }

    /// The ways on from a location. Where it blocks, there is none.
    pub(super) fn choices(&mut self, location: &Location) -> Result<Vec<Choice>, Error> {
        let Some(access) = location.access else { return Ok(Vec::new()) };
        if let Access::Choose(_) = access {
            return Ok(open_choices(location));
        }
        // the places that answers lead to, in the order of their first answer
        let mut places: Vec<u32> = Vec::new();
        let mut place = |to: &u32| match places.iter().position(|place| place == to) {
            _ if *to == NOWHERE => NOWHERE,
            Some(known) => known as u32,
            None => {
                places.push(*to);
                places.len() as u32 - 1
            }
        };
        let next: Vec<u32> = location.next.iter().map(&mut place).collect();
        let key = (access, next);
        if !self.ways.contains_key(&key) {
            let effect = match self.effects.entry(access) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let effect = effect(self.scenario, self.specs, access);
                    new.insert(effect.map_err(|_| too_large(&format!("{access:?}")))?)
                }
            };
            let ways = choices(location.first_answer, &key.1, effect);
            self.ways.insert(key.clone(), ways);
        }
        let mut choices = self.ways[&key].clone();
        for choice in &mut choices {
            if let Outcome::Step { to, .. } = &mut choice.outcome {
                *to = places[*to as usize];
            }
        }
        Ok(choices)
    }
}

/// The ways on where answers lead to these places.
fn choices(first_answer: Answer, next: &[u32], effect: &Tree<Effect>) -> Vec<Choice> {
    let outcome = |effect: &Effect| match effect {
        Effect::Blocked => Outcome::Blocked,
        Effect::Wrong(cell) => Outcome::Wrong(Some(*cell)),
        Effect::Done(answer, writes) => {
            let writes = writes.iter().map(|(cell, value)| (*cell, Value::Is(*value))).collect();
            step(first_answer, next, *answer, writes)
        }
    };
    let tree = effect.map(&outcome).compressed();
    let choice = |(guard, outcome): (Guard, &Outcome)| Choice { guard, outcome: outcome.clone() };
    let moves = |choice: &Choice| choice.outcome != Outcome::Blocked;
    tree.paths().into_iter().map(choice).filter(moves).collect()
}

/// The ways on from a location where the model leaves the answer open.
fn open_choices(location: &Location) -> Vec<Choice> {
    let answers = (location.first_answer..).take(location.next.len());
    let choice = |answer| Choice {
        guard: Guard::new(),
        outcome: step(location.first_answer, &location.next, answer, BTreeMap::new()),
    };
    answers.map(choice).collect()
}

fn step(first_answer: Answer, next: &[u32], answer: Answer, writes: BTreeMap<Cell, Value>) -> Outcome {
    let place = usize::try_from(answer - first_answer).ok();
    match place.and_then(|place| next.get(place)) {
        Some(&to) if to != NOWHERE => Outcome::Step { to, answers: vec![answer], writes },
        _ => Outcome::Wrong(None),
    }
}

impl Leaf for Outcome {
    fn merged(&self, on: Variable, case: Option<i16>, other: &Self, value: i16) -> Option<Self> {
        let (
            Outcome::Step { to, answers, writes },
            Outcome::Step { to: to_other, answers: more, writes: others },
        ) = (self, other)
        else {
            return (self == other).then(|| self.clone());
        };
        let (Variable::Cell(on), true) = (on, writes.keys().eq(others.keys()) && to == to_other) else {
            return None;
        };
        let merged = writes.iter().zip(others.values()).map(|((&cell, own), other)| {
            // in terms of another cell only if that is not written as well: then their order makes no difference
            let may_copy = cell == on || !writes.contains_key(&on);
            let pair = Pair { own: *own, case, other: *other, value };
            Some((cell, pair.merged(cell, on).filter(|new| may_copy || *new == *own)?))
        });
        let writes = merged.collect::<Option<_>>()?;
        let mut answers: Vec<Answer> = answers.iter().chain(more).copied().collect();
        answers.sort_unstable();
        answers.dedup();
        Some(Outcome::Step { to: *to, answers, writes })
    }
}

/// What a cell is given in one case, or in several if `case` is none, and in another case.
struct Pair {
    own: Value,
    case: Option<i16>,
    other: Value,
    value: i16,
}

impl Pair {
    /// Both in one: the same, or the same in terms of the cell that tells the cases apart.
    fn merged(&self, cell: Cell, on: Cell) -> Option<Value> {
        let candidates = match (self.own, self.case, self.other) {
            (own, _, other) if own == other => return Some(own),
            (Value::Is(own), Some(case), Value::Is(_)) => {
                vec![Value::Plus(on, own - case), Value::Minus(own + case, on)]
            }
            (own, None, Value::Is(_)) => vec![own],
            _ => return None,
        };
        candidates.into_iter().find(|form| {
            let given = match *form {
                Value::Plus(from, by) if from == on => self.value + by,
                Value::Minus(from, of) if of == on => from - self.value,
                _ => return false,
            };
            self.other == Value::Is(given) && makes_sense(cell, *form)
        })
    }
}

/// Numbers are counted up and down, frames and contents copied, contents changed.
fn makes_sense(cell: Cell, form: Value) -> bool {
    let sort = |cell| Sort::of(Variable::Cell(cell));
    match form {
        Value::Is(_) => true,
        Value::Plus(of, 0) if sort(of) != Sort::Number => sort(cell) == sort(of),
        Value::Plus(of, _) => of == cell && sort(cell) == Sort::Number,
        Value::Minus(from, of) => from == 1 && sort(cell) == Sort::Content && sort(of) == Sort::Content,
    }
}

impl Value {
    /// What is given where cells had these values.
    pub fn given(self, before: impl Fn(Cell) -> i16) -> i16 {
        match self {
            Value::Is(value) => value,
            Value::Plus(cell, by) => before(cell) + by,
            Value::Minus(from, cell) => from - before(cell),
        }
    }
}
