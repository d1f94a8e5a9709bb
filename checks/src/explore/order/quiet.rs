//! Which steps no claim that is asked can miss: whatever is untrue before them is untrue after them.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet};

use seal_model::access::{Access, Answer};
use seal_model::claim::{Claim, Kind, Status, World};
use seal_model::ghost::{Ghost, Held, Holding};
use seal_model::machine::apply;

use super::independent::Independence;
use super::lasting::{Lasting, LookedAt};
use crate::compile::{Location, NOWHERE};
use crate::explore::predicate::{Asker, Taken};
use crate::explore::system::System;
use crate::explore::variables::Variables;
use crate::table::recorder::Recorder;
use crate::table::{Told, Tree, Variable, always};

/// Runs that a claim's table may take. Beyond, it is taken that the claim looks at everything.
const MOST_RUNS: usize = 1 << 15;

/// Runs to find that what is so before a step is so after it. Beyond, it is taken that the step is not quiet: that is
/// true of almost all that take so many.
const MOST_RUNS_OF_A_STEP: usize = 1 << 11;

/// Runs that all steps may take together. Beyond, no further step is quiet.
const MOST_RUNS_OF_STEPS: usize = 1 << 19;

/// What an actor holds and returned.
type Stands = (Ghost, Option<seal_model::Result>);

fn status(stands: &Stands) -> Status<'_> {
    Status { ghost: &stands.0, returned: stands.1 }
}

/// Steps that are judged alike: who takes them, what is accessed, and what he holds before and, for each answer that
/// there may be, after.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Kindred {
    actor: usize,
    access: Access,
    before: Stands,
    after: BTreeMap<Answer, Stands>,
}

/// Judges steps.
pub(super) struct Quiet<'a> {
    system: &'a System,
    independence: &'a Independence,
    asker: Asker<'a>,
    lasting: Vec<(Lasting, LookedAt)>,
    /// The steps that a claim may be untrue of.
    judged: HashSet<Kindred>,
    /// What claims look at to judge steps.
    steps_look_at: LookedAt,
    /// Some claim is about what the sealer does alone.
    alone: bool,
    known: HashMap<Kindred, bool>,
    /// Runs that are left for steps.
    left: Cell<usize>,
}

impl<'a> Quiet<'a> {
    pub(super) fn new(
        system: &'a System,
        variables: &'a Variables,
        independence: &'a Independence,
        claims: &[Claim],
    ) -> Self {
        let asker = Asker { scenario: &system.scenario, variables, most_runs: MOST_RUNS };
        let looked_at = |lasting: Lasting| {
            let tree = asker.tabulated(None, &|world| lasting.is_so(world));
            (lasting, LookedAt::of(tree))
        };
        let mut quiet = Quiet {
            system,
            independence,
            asker,
            lasting: Lasting::asked(system, claims).into_iter().map(looked_at).collect(),
            judged: HashSet::new(),
            steps_look_at: LookedAt::These(Vec::new()),
            alone: claims.iter().any(|claim| claim.kind() == Kind::Alone),
            known: HashMap::new(),
            left: Cell::new(MOST_RUNS_OF_STEPS),
        };
        let of_steps: Vec<Claim> =
            claims.iter().copied().filter(|claim| claim.kind() == Kind::Step).collect();
        quiet.judge_steps(&of_steps);
        quiet
    }

    /// Find the steps that these claims may be untrue of, and what they look at to say so.
    fn judge_steps(&mut self, claims: &[Claim]) {
        let mut met = HashSet::new();
        for (actor, automaton) in self.system.automata.iter().enumerate() {
            for location in 0..automaton.locations.len() {
                let Some(kindred) = kindred(self.system, actor, location) else { continue };
                if !claims.is_empty() && Claim::look_at(kindred.access) && met.insert(kindred.clone()) {
                    claims.iter().for_each(|claim| self.judge(*claim, &kindred));
                }
            }
        }
    }

    fn judge(&mut self, claim: Claim, kindred: &Kindred) {
        let Kindred { actor, access, before, after } = kindred;
        for after in after.values() {
            let taken = Taken { actor: *actor, access: *access, before: status(before), after: &after.0 };
            let tree = self.asker.of_step(claim, taken);
            if !matches!(tree, Ok(Tree::Leaf(true))) {
                self.judged.insert(kindred.clone());
                let so_far = std::mem::replace(&mut self.steps_look_at, LookedAt::Any);
                self.steps_look_at = so_far.and(LookedAt::of(tree));
            }
        }
    }

    /// Whether no claim can miss a step that is taken from a location.
    pub(super) fn is_quiet(&mut self, actor: usize, location: usize) -> bool {
        let Some(kindred) = kindred(self.system, actor, location) else { return false };
        if let Some(&known) = self.known.get(&kindred) {
            return known;
        }
        let lasts = |(lasting, looked_at): &(Lasting, LookedAt)| {
            !self.touches(&kindred, looked_at) || self.lasts(*lasting, &kindred)
        };
        let noticed = self.alone && actor == 0
            || self.judged.contains(&kindred)
            || self.touches(&kindred, &self.steps_look_at);
        let quiet = !noticed && self.lasting.iter().all(lasts);
        self.known.insert(kindred, quiet);
        quiet
    }

    /// The access at a location, if whoever is asked about the run may notice it.
    #[cfg(feature = "full")]
    pub(super) fn noticed(&self, actor: usize, location: usize, law_is_asked: bool) -> Option<Access> {
        let kindred = kindred(self.system, actor, location)?;
        let touches = |looked_at: &LookedAt| self.touches(&kindred, looked_at);
        let noticed = self.judged.contains(&kindred)
            || touches(&self.steps_look_at)
            || self.lasting.iter().any(|(lasting, looked_at)| {
                let asked = law_is_asked || !matches!(lasting, Lasting::Unlawful(_));
                asked && lasting.depends_on_order(&self.system.scenario) && touches(looked_at)
            });
        noticed.then_some(kindred.access)
    }

    /// Whether a step may change what somebody looks at.
    fn touches(&self, kindred: &Kindred, looked_at: &LookedAt) -> bool {
        let Kindred { actor, access, before, after } = kindred;
        let changes = &self.independence.footprint(*access).changes;
        let holds = |what: Holding| {
            let held = status(before).held(what);
            after.values().any(|after| status(after).held(what) != held)
        };
        match looked_at {
            LookedAt::Any => !changes.is_empty() || after.values().any(|after| after != before),
            LookedAt::These(variables) => variables.iter().any(|variable| match *variable {
                Variable::Cell(cell) => changes.contains(&cell),
                Variable::Sum(what) => holds(what),
                Variable::Of(holder, what) => holder == *actor && holds(what),
            }),
        }
    }

    /// Whether what is so before a step is so after it.
    fn lasts(&self, lasting: Lasting, kindred: &Kindred) -> bool {
        let Kindred { actor, access, before, after } = kindred;
        let run = |told: &Told<'_>| {
            if !self.asker.seen(told, Some((*actor, status(before))), |world| lasting.is_so(world)) {
                return true;
            }
            let mut cells = Recorder::new(&self.asker.variables.specs, told);
            let answers: Vec<&Stands> = match access {
                Access::Choose(_) => after.values().collect(),
                _ => apply(&mut cells, self.asker.scenario, *access)
                    .and_then(|answer| after.get(&answer))
                    .into_iter()
                    .collect(),
            };
            cells.out_of_range.is_some()
                || answers.into_iter().all(|after| {
                    let actors = self.asker.holders(told, Some((*actor, status(after))));
                    let sum =
                        Moved { sum: self.asker.sum(told), before: status(before), after: status(after) };
                    let scenario = self.asker.scenario;
                    lasting.is_so(&World { scenario, cells: &cells, actors: &actors, sum: &sum })
                })
        };
        let values = |variable| self.asker.variables.values(variable).to_vec();
        let most = MOST_RUNS_OF_A_STEP.min(self.left.get());
        let mut budget = most;
        let lasts = always(&mut budget, &values, &run).unwrap_or(false);
        self.left.set(self.left.get() - (most - budget));
        lasts
    }
}

/// What all hold together after one of them moved.
struct Moved<S, H> {
    sum: S,
    before: H,
    after: H,
}

impl<S: Held, H: Held> Held for Moved<S, H> {
    fn held(&self, what: Holding) -> i16 {
        self.sum.held(what) - self.before.held(what) + self.after.held(what)
    }
}

/// The steps from a location; none where the actor is done.
fn kindred(system: &System, actor: usize, location: usize) -> Option<Kindred> {
    let locations = &system.automata[actor].locations;
    let stands = |location: &Location| (location.ghost, location.returned);
    let here = &locations[location];
    let ways = (here.first_answer..).zip(&here.next).filter(|(_, next)| **next != NOWHERE);
    let after = ways.map(|(answer, next)| (answer, stands(&locations[*next as usize]))).collect();
    Some(Kindred { actor, access: here.access?, before: stands(here), after })
}

#[cfg(test)]
mod tests {
    use seal_model::access::Page;
    use seal_model::scenario::Scenario;

    use super::*;
    use crate::explore::system::State;
    use crate::explore::variables::holdings;

    /// What is too much to tell is taken to be everything.
    #[test]
    fn a_claim_that_may_look_at_anything_looks_at_every_variable() {
        let scenario = "wait;with=pinner;with=mapper".parse().expect("a possible scenario");
        let system = System::new(&scenario).expect("compiles");
        let variables = Variables::new(&system);
        let independence = Independence::of(&system, &variables);
        let quiet = Quiet::new(&system, &variables, &independence, &[]);
        let cells = variables.specs.iter().map(|spec| Variable::Cell(spec.cell));
        let sums = holdings(&scenario).into_iter().map(Variable::Sum);
        let all = LookedAt::These(cells.chain(sums).collect());
        let mut seen = HashSet::new();
        for (actor, automaton) in system.automata.iter().enumerate() {
            for location in 0..automaton.locations.len() {
                let Some(kindred) = kindred(&system, actor, location) else { continue };
                let touches = quiet.touches(&kindred, &LookedAt::Any);
                assert_eq!(touches, quiet.touches(&kindred, &all), "{kindred:?}");
                let footprint = independence.footprint(kindred.access);
                seen.insert((touches, footprint.changes.is_empty()));
            }
        }
        // some change nothing but what somebody holds, some nothing at all
        assert!(
            [(true, false), (true, true), (false, true)].iter().all(|kind| seen.contains(kind)),
            "{seen:?}"
        );
    }

    /// A claim about pages is untrue where it is untrue of one of them.
    #[test]
    fn what_is_asked_of_pages_is_what_the_claim_says() {
        let line = "isolate-two-phase;judge=snapshot;last-scan=0;no-signals;fault=put-twice;with=pinner";
        let system = System::new(&line.parse().expect("a possible scenario")).expect("compiles");
        let asked = Lasting::asked(&system, &[Claim::CountLaw]);
        let of_pages: Vec<_> =
            asked.into_iter().filter(|lasting| matches!(lasting, Lasting::Unlawful(_))).collect();
        assert!(of_pages.len() > 1);
        let states = system.reached::<2>();
        let mut broken = 0;
        for state in &states {
            let untrue = system.view(state, |world| of_pages.iter().any(|lasting| lasting.is_so(world)));
            assert_eq!(untrue, !system.holds(Claim::CountLaw, state));
            broken += usize::from(untrue);
        }
        assert!((1..states.len()).contains(&broken), "{broken} of {}", states.len());
    }

    /// Whoever moved holds something else than before; the others hold what they held.
    #[test]
    fn what_all_hold_changes_by_what_one_of_them_holds() {
        struct Holds(i16);
        impl Held for Holds {
            fn held(&self, _: Holding) -> i16 {
                self.0
            }
        }
        let held = |sum, before, after| {
            let moved = Moved { sum: Holds(sum), before: Holds(before), after: Holds(after) };
            moved.held(Holding::Transient(Page(0)))
        };
        assert_eq!([held(5, 0, 2), held(5, 3, 0), held(5, 3, 1), held(5, 2, 2)], [7, 2, 3, 5]);
    }

    /// Of each claim by itself, in every state: what a quiet step finds untrue or seen it leaves untrue or seen.
    #[test]
    fn what_is_so_before_a_quiet_step_is_so_after_it() {
        let (mut quiet_steps, mut by_choice) = (0, 0);
        for line in [
            "wait-2014;judge=refs-then-maps;last-scan=0;no-signals;enomem;with=mapper:fault+zap",
            "wait;last-scan=0;no-signals;enomem;with=pinner;with=mapper:fault",
        ] {
            let scenario: Scenario = line.parse().expect("a possible scenario");
            let system = System::new(&scenario).expect("compiles");
            let variables = Variables::new(&system);
            let independence = Independence::of(&system, &variables);
            let states = system.reached::<2>();
            for claim in Claim::concerning(&scenario) {
                let mut quiet = Quiet::new(&system, &variables, &independence, &[claim]);
                let lasting = Lasting::asked(&system, &[claim]);
                let steps =
                    states.iter().flat_map(|state| (0..system.automata.len()).map(move |it| (state, it)));
                for (state, actor) in steps {
                    if !quiet.is_quiet(actor, system.layout.location(state, actor)) {
                        continue;
                    }
                    let is_so = |state: &State<2>, lasting: &Lasting| {
                        system.view(state, |world| lasting.is_so(world))
                    };
                    let found = &mut |_, next| {
                        let mut so_before = lasting.iter().filter(|lasting| is_so(state, lasting));
                        assert!(so_before.all(|lasting| is_so(&next, lasting)), "{line}: {}", claim.name());
                        quiet_steps += 1;
                        by_choice +=
                            usize::from(matches!(system.access(state, actor), Some(Access::Choose(_))));
                    };
                    system.successors_of(state, actor, found).expect("in range");
                }
            }
        }
        assert!(quiet_steps > 1000 && by_choice > 0, "{quiet_steps} {by_choice}");
    }
}
