//! Which accesses commute, found by running them in both orders over every value of the cells that they look at.

use std::collections::{BTreeSet, HashMap};

use seal_model::access::Access;
use seal_model::machine::{Cell, CellSpec, Cells, apply};
use seal_model::scenario::Scenario;

use crate::explore::system::System;
use crate::explore::variables::Variables;
use crate::table::recorder::Recorder;
use crate::table::{Told, TooLarge, Variable, always, sometimes, tabulate};

/// Runs that the table of an access may take. Beyond, it is taken that all cells are touched.
const MOST_RUNS: usize = 1 << 14;

/// Runs that may be taken to find out of one pair of accesses whether they commute: most pairs take few, so those are
/// asked first. Beyond the last, it is taken that they don't.
const ROUNDS: [usize; 3] = [1 << 8, 1 << 12, 1 << 16];

/// Runs that all pairs may take together, about half a second: tables that take longer cost more than they save. It is
/// counted and not timed, so that what is reduced never depends on the machine.
const MOST_RUNS_IN_ALL: usize = 1 << 19;

/// Values that are tried before all are: most pairs that don't commute show it soon.
const SAMPLES: usize = 24;

/// The accesses of a system, and which of them commute.
#[derive(Clone, Debug)]
pub(super) struct Independence {
    numbers: HashMap<Access, u16>,
    footprints: Vec<Footprint>,
    /// For each access a bit for each that it does not commute with.
    dependent: Vec<Vec<u64>>,
    /// Pairs of which it was not found out: they are taken not to commute.
    pub(super) given_up: usize,
}

/// The cells that an access may look at, and those that it may change.
#[derive(Clone, Default, Debug)]
pub(super) struct Footprint {
    looks_at: BTreeSet<Cell>,
    pub(super) changes: BTreeSet<Cell>,
}

impl Footprint {
    fn touches(&self, cell: &Cell) -> bool {
        self.looks_at.contains(cell) || self.changes.contains(cell)
    }

    /// Neither changes what the other touches.
    fn apart_from(&self, other: &Footprint) -> bool {
        !self.changes.iter().any(|cell| other.touches(cell))
            && !other.changes.iter().any(|cell| self.touches(cell))
    }
}

impl Independence {
    /// The accesses that some actor makes, and which of them commute.
    pub(super) fn of(system: &System, variables: &Variables) -> Self {
        let mut all = Independence::footprints(system, variables);
        let tables = Tables { scenario: &system.scenario, variables };
        let (accesses, makers) = (all.by_number(), all.makers(system));
        let mut dependent = std::mem::take(&mut all.dependent);
        let mut depend = |one: usize, other: usize| {
            set(&mut dependent[one], other);
            set(&mut dependent[other], one);
        };
        // nobody asks of two that the same actor makes, one after the other
        let meet = |one: usize, other: usize| makers[one] != makers[other] || makers[one].count_ones() > 1;
        let apart = |one: usize, other: usize| all.footprints[one].apart_from(&all.footprints[other]);
        let pairs = (0..accesses.len()).flat_map(|one| (0..=one).map(move |other| (one, other)));
        let mut open: Vec<(usize, usize)> =
            pairs.filter(|&(one, other)| meet(one, other) && !apart(one, other)).collect();
        let mut left = MOST_RUNS_IN_ALL;
        for most in ROUNDS {
            open.retain(|&(one, other)| {
                let mut budget = most.min(left);
                let before = budget;
                let commute = tables.commute(accesses[one], accesses[other], &mut budget);
                left -= before - budget;
                if let Ok(false) = commute {
                    depend(one, other);
                }
                commute.is_err()
            });
        }
        open.iter().for_each(|&(one, other)| depend(one, other));
        Independence { dependent, given_up: open.len(), ..all }
    }

    /// The accesses by their numbers.
    fn by_number(&self) -> Vec<Access> {
        let mut accesses: Vec<Access> = self.numbers.keys().copied().collect();
        accesses.sort_unstable_by_key(|access| self.number(*access));
        accesses
    }

    /// By number, a bit for each actor that makes the access.
    fn makers(&self, system: &System) -> Vec<u8> {
        let mut makers = vec![0; self.numbers.len()];
        for (actor, automaton) in system.automata.iter().enumerate() {
            for access in automaton.locations.iter().filter_map(|location| location.access) {
                makers[self.number(access) as usize] |= 1 << actor;
            }
        }
        makers
    }

    /// The accesses that some actor makes, and what each touches; it is not said which of them commute.
    pub(super) fn footprints(system: &System, variables: &Variables) -> Self {
        let locations = system.automata.iter().flat_map(|automaton| &automaton.locations);
        let mut numbers = HashMap::new();
        let mut accesses = Vec::new();
        for access in locations.filter_map(|location| location.access) {
            numbers.entry(access).or_insert_with(|| {
                accesses.push(access);
                accesses.len() as u16 - 1
            });
        }
        let tables = Tables { scenario: &system.scenario, variables };
        let footprints: Vec<Footprint> = accesses.iter().map(|access| tables.footprint(*access)).collect();
        let dependent = vec![vec![0u64; words(accesses.len())]; accesses.len()];
        Independence { numbers, footprints, dependent, given_up: 0 }
    }

    /// How many accesses there are.
    pub(super) fn accesses(&self) -> usize {
        self.dependent.len()
    }

    /// The number of an access that some actor makes.
    pub(super) fn number(&self, access: Access) -> u16 {
        self.numbers[&access]
    }

    /// What an access touches.
    pub(super) fn footprint(&self, access: Access) -> &Footprint {
        &self.footprints[self.number(access) as usize]
    }

    /// Whether two accesses commute, by their numbers.
    pub(super) fn commute(&self, one: u16, other: u16) -> bool {
        !has(&self.dependent[one as usize], other.into())
    }

    /// A bit for each access that does not commute with all of these.
    pub(super) fn conflicts(&self, accesses: &BTreeSet<u16>) -> Vec<u64> {
        let mut conflicts = vec![0; words(self.accesses())];
        for &access in accesses {
            let dependent = &self.dependent[access as usize];
            conflicts.iter_mut().zip(dependent).for_each(|(all, more)| *all |= more);
        }
        conflicts
    }
}

/// Words that have so many bits.
fn words(bits: usize) -> usize {
    bits.div_ceil(u64::BITS as usize)
}

fn set(bits: &mut [u64], bit: usize) {
    bits[bit / u64::BITS as usize] |= 1 << (bit % u64::BITS as usize);
}

pub(super) fn has(bits: &[u64], bit: usize) -> bool {
    bits[bit / u64::BITS as usize] >> (bit % u64::BITS as usize) & 1 == 1
}

struct Tables<'a> {
    scenario: &'a Scenario,
    variables: &'a Variables,
}

impl Tables<'_> {
    fn specs(&self) -> &[CellSpec] {
        &self.variables.specs
    }

    fn values(&self) -> impl Fn(Variable) -> Vec<i16> {
        |variable| self.variables.values(variable).to_vec()
    }

    fn footprint(&self, access: Access) -> Footprint {
        if let Access::Choose(_) = access {
            return Footprint::default(); // every answer is possible anywhere
        }
        let run = |told: &Told<'_>| {
            let mut cells = Recorder::new(self.specs(), told);
            apply(&mut cells, self.scenario, access);
            cells.written.keys().copied().collect::<Vec<Cell>>()
        };
        let Ok(tree) = tabulate(&mut { MOST_RUNS }, &self.values(), &run) else {
            let all: BTreeSet<Cell> = self.specs().iter().map(|spec| spec.cell).collect();
            return Footprint { looks_at: all.clone(), changes: all };
        };
        let mut looks_at = Vec::new();
        tree.variables(&mut looks_at);
        let cell = |variable: Variable| match variable {
            Variable::Cell(cell) => Some(cell),
            // accesses look at cells alone
            Variable::Sum(_) | Variable::Of(..) => None,
        };
        let changes = tree.paths().into_iter().flat_map(|(_, written)| written.clone()).collect();
        Footprint { looks_at: looks_at.into_iter().filter_map(cell).collect(), changes }
    }

    /// Whether two accesses may be made in either order, wherever both orders stay in the ranges of the cells: one that
    /// leaves them is an error of the model.
    ///
    /// # Errors
    /// When the budget does not suffice to find out.
    fn commute(&self, first: Access, second: Access, budget: &mut usize) -> Result<bool, TooLarge> {
        let run = |told: &Told<'_>| {
            let alone = |access| apply(&mut Recorder::new(self.specs(), told), self.scenario, access);
            let one = self.in_order(told, first, second);
            let other = self.in_order(told, second, first);
            let (Some(one), Some(other)) = (one, other) else { return true };
            // whoever comes second is answered, or blocked, as if he were alone
            let same_answers = (one.answers[0].is_none() || one.answers[1] == alone(second))
                && (other.answers[0].is_none() || other.answers[1] == alone(first));
            let both_move = one.answers[0].is_some() && other.answers[0].is_some();
            same_answers && (!both_move || same_cells(&one.cells, &other.cells))
        };
        let values = self.values();
        if sometimes(SAMPLES, budget, &values, &|told| !run(told))? {
            return Ok(false);
        }
        always(budget, &values, &run)
    }

    /// Two accesses one after the other; nothing if a cell leaves its range.
    fn in_order<'a>(&'a self, told: &'a Told<'a>, first: Access, second: Access) -> Option<Both<'a>> {
        let mut cells = Recorder::new(self.specs(), told);
        let answer = apply(&mut cells, self.scenario, first);
        let answers = [answer, answer.and_then(|_| apply(&mut cells, self.scenario, second))];
        cells.out_of_range.is_none().then_some(Both { answers, cells })
    }
}

/// What came of two accesses.
struct Both<'a> {
    /// None for one that blocks, or that comes after one that does.
    answers: [Option<i16>; 2],
    cells: Recorder<'a>,
}

fn same_cells(one: &Recorder<'_>, other: &Recorder<'_>) -> bool {
    one.written.keys().chain(other.written.keys()).all(|&cell| one.get(cell) == other.get(cell))
}
