//! The engines of this process: the explorer, a `HashSet`, stateright.

use std::collections::HashSet;
use std::time::Instant;

use seal_checks::explore::reduce::Reduce;
use seal_checks::explore::system::{State, System};
use seal_checks::explore::{Exploration, Job, Means, explore_system_with};
use seal_checks::hash::StateHash;
use seal_model::claim::{Claim, Witness};
use seal_model::scenario::Scenario;
use stateright::{Checker, Model, Property};

use super::Figures;

/// The claim that every engine of this process judges.
const ASKED: [Claim; 1] = [Claim::NoWritablePin];

/// The explorer.
pub(super) fn on_one_thread(reduce: Reduce) -> String {
    match reduce {
        Reduce::Nothing => "sealcheck".to_owned(),
        some => format!("sealcheck {some}"),
    }
}

/// The explorer on every core.
pub(super) fn on_all_threads(reduce: Reduce) -> String {
    on_one_thread(reduce) + ON_ALL
}

const ON_ALL: &str = " ×";

/// What the other engines of this process say: they end where it is not true.
const HOLDS: &str = "holds";

/// Run an engine.
pub(super) fn run(engine: &str, scenario: &str) -> Figures {
    let scenario: Scenario = scenario.parse().expect("a possible scenario");
    let system = System::new(&scenario).expect("compiles");
    let before = peak_bytes();
    let started = Instant::now();
    let mut figures = match (engine, system.layout.words) {
        ("HashSet", 1) => of_states(hash_set::<1>(&system)),
        ("HashSet", _) => of_states(hash_set::<2>(&system)),
        ("stateright", 1) => of_states(peer::<1>(system)),
        ("stateright", _) => of_states(peer::<2>(system)),
        (ours, _) => explored(&system, &means(ours)),
    };
    figures.seconds = started.elapsed().as_secs_f64();
    figures.peak = peak_bytes() - before;
    figures
}

fn of_states(states: usize) -> Figures {
    let verdict = HOLDS.to_owned();
    Figures { states, seconds: 0.0, peak: 0, counted: 0, verdict }
}

fn means(engine: &str) -> Means {
    let all = std::thread::available_parallelism().map_or(1, Into::into);
    let (name, threads) = match engine.strip_suffix(ON_ALL) {
        Some(name) => (name, all),
        None => (engine, 1),
    };
    let reduce = Reduce::EACH.into_iter().find(|reduce| on_one_thread(*reduce) == name);
    Means { threads, reduce: reduce.unwrap_or_default(), ..Means::default() }
}

fn explored(system: &System, means: &Means) -> Figures {
    let job = Job { claims: &ASKED, max_memory: 8 << 30, coverage: false, progress: None };
    let found = explore_system_with(system, &job, means).expect("explores");
    assert!(found.stopped.is_none(), "{:?}", found.stopped);
    let verdict = verdict(&found);
    let figures = found.figures;
    Figures { counted: figures.bytes, verdict, ..of_states(figures.states) }
}

/// Whether the claim holds, and what of its witnesses was seen.
fn verdict(found: &Exploration) -> String {
    let judged = match &found.refuted[..] {
        [] => HOLDS.to_owned(),
        _ => "refuted".to_owned(),
    };
    let of_the_claim = |witness: &&Witness| ASKED.iter().any(|claim| claim.witnesses().contains(witness));
    let seen: Vec<&Witness> = found.witnessed.iter().filter(of_the_claim).collect();
    format!("{judged},{seen:?}").replace(' ', "")
}

fn hash_set<const W: usize>(system: &System) -> usize {
    let start = system.initial::<W>().expect("a start");
    let mut seen: HashSet<State<W>, StateHash> = HashSet::from_iter([start]);
    let mut level = vec![start];
    while !level.is_empty() {
        let mut next_level = Vec::new();
        for state in &level {
            assert!(system.holds(ASKED[0], state));
            let keep = |_, next| {
                if seen.insert(next) {
                    next_level.push(next);
                }
            };
            system.successors(state, keep).expect("in range");
        }
        level = next_level;
    }
    seen.len()
}

fn peer<const W: usize>(system: System) -> usize {
    let checked = Peer::<W>(system).checker().spawn_bfs().join();
    checked.assert_properties();
    checked.unique_state_count()
}

/// The same transition system as stateright wants it. An action carries its successor, so that no step is
/// computed twice.
struct Peer<const W: usize>(System);

impl<const W: usize> Model for Peer<W> {
    type State = State<W>;
    type Action = State<W>;

    fn init_states(&self) -> Vec<State<W>> {
        vec![self.0.initial().expect("a start")]
    }

    fn actions(&self, state: &State<W>, actions: &mut Vec<State<W>>) {
        self.0.successors(state, |_, next| actions.push(next)).expect("in range");
    }

    fn next_state(&self, _: &State<W>, action: State<W>) -> Option<State<W>> {
        Some(action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("no-writable-pin", |model, state| model.0.holds(ASKED[0], state))]
    }
}

/// The most memory this process ever had, in bytes; 0 where the kernel does not say.
fn peak_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<usize>().ok());
    kib.unwrap_or(0) * 1024
}
