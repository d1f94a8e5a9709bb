//! States a second and bytes a state: this explorer beside a plain `HashSet` search and stateright, on the
//! same transition system, with the state counts asserted equal.
//!
//! Each figure comes from a process of its own, which says how much memory it took at its peak. Runs of the
//! engines alternate; the median of three is shown.

use std::collections::HashSet;
use std::process::Command;
use std::time::Instant;

use seal_checks::explore::store::StateHash;
use seal_checks::explore::system::{State, System};
use seal_checks::explore::{Job, Means, explore_system_with};
use seal_model::claim::Claim;
use seal_model::scenario::Scenario;
use stateright::{Checker, Model, Property};

const SCENARIOS: [&str; 3] = [
    "wait;with=pinner;with=mapper;with=mapper",
    "wait;pages=2;with=pinner;with=writer;with=mapper",
    "wait;with=pinner;with=writer;with=mapper;with=mapper;with=reader",
];
const ENGINES: [&str; 4] = ["sealcheck", "all-threads", "HashSet", "stateright"];
const ROUNDS: usize = 3;

/// One run of one engine.
#[derive(Clone, Copy)]
struct Figures {
    states: usize,
    seconds: f64,
    bytes: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, engine, scenario, ..] = arguments.as_slice()
        && ENGINES.contains(&engine.as_str())
    {
        let Figures { states, seconds, bytes } = run(engine, scenario);
        println!("{states} {seconds} {bytes}");
        return;
    }
    println!(
        "{:<12} {:>10} {:>9} {:>14} {:>12}  scenario",
        "engine", "states", "seconds", "states/s", "bytes/state"
    );
    SCENARIOS.iter().for_each(|scenario| compare(scenario));
}

fn compare(scenario: &str) {
    let mut found: Vec<Vec<Figures>> = vec![Vec::new(); ENGINES.len()];
    for _ in 0..ROUNDS {
        for (engine, figures) in ENGINES.iter().zip(&mut found) {
            figures.push(in_a_process(engine, scenario));
        }
    }
    for (engine, mut figures) in ENGINES.iter().zip(found.clone()) {
        figures.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        let Figures { states, seconds, bytes } = figures[ROUNDS / 2];
        assert_eq!(states, found[0][0].states, "{engine} counts differently on {scenario}");
        let (rate, each) = (states as f64 / seconds, bytes as f64 / states as f64);
        println!("{engine:<12} {states:>10} {seconds:>9.2} {rate:>14.0} {each:>12.1}  {scenario}");
    }
}

fn in_a_process(engine: &str, scenario: &str) -> Figures {
    let myself = std::env::current_exe().expect("a benchmark has a file");
    let output = Command::new(myself).args([engine, scenario]).output().expect("a benchmark runs itself");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [states, seconds, bytes] = fields[..] else { panic!("{engine} failed on {scenario}: {output:?}") };
    let wrong = "a benchmark prints three numbers";
    Figures {
        states: states.parse().expect(wrong),
        seconds: seconds.parse().expect(wrong),
        bytes: bytes.parse().expect(wrong),
    }
}

fn run(engine: &str, scenario: &str) -> Figures {
    let scenario: Scenario = scenario.parse().expect("a possible scenario");
    let system = System::new(&scenario).expect("compiles");
    let before = peak_bytes();
    let started = Instant::now();
    let states = match (engine, system.layout.words) {
        ("sealcheck", _) => ours(&system, 1),
        ("all-threads", _) => ours(&system, std::thread::available_parallelism().map_or(1, Into::into)),
        ("HashSet", 1) => hash_set::<1>(&system),
        ("HashSet", _) => hash_set::<2>(&system),
        (_, 1) => peer::<1>(system),
        _ => peer::<2>(system),
    };
    Figures { states, seconds: started.elapsed().as_secs_f64(), bytes: peak_bytes() - before }
}

fn ours(system: &System, threads: usize) -> usize {
    let job = Job { claims: &[Claim::NoWritablePin], max_memory: 8 << 30, coverage: false, progress: None };
    let means = Means { threads, ..Means::default() };
    explore_system_with(system, &job, &means).expect("explores").figures.states
}

fn hash_set<const W: usize>(system: &System) -> usize {
    let start = system.initial::<W>().expect("a start");
    let mut seen: HashSet<State<W>, StateHash> = HashSet::from_iter([start]);
    let mut level = vec![start];
    while !level.is_empty() {
        let mut next_level = Vec::new();
        for state in &level {
            assert!(system.holds(Claim::NoWritablePin, state));
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
    Peer::<W>(system).checker().spawn_bfs().join().unique_state_count()
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
        vec![Property::always("no-writable-pin", |model, state| model.0.holds(Claim::NoWritablePin, state))]
    }
}

/// The most memory this process ever had, in bytes; 0 where the kernel does not say.
fn peak_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<usize>().ok());
    kib.unwrap_or(0) * 1024
}
