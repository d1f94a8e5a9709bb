//! Steps a second of walks over random bytes, every claim that is kept looked at after each step: what the target
//! `schedule` does, without a fuzzer around it. Beside it the same walks with no claim, and the same steps taken once
//! more by the automata, where they are small enough to be compiled.

use std::time::Instant;

use seal_checks::chance::bytes;
use seal_checks::explore::system::{MOST_WORDS, State, System};
use seal_checks::fuzz::known::Known;
use seal_checks::walk::case::{Case, Field};
use seal_checks::walk::walk;
use seal_model::scenario::Scenario;

/// Walks of a round.
const WALKS: u64 = 20_000;
const ROUNDS: u64 = 5;
/// Bytes of a case.
const LENGTH: usize = 128;
/// For the automata.
const SMALL: &str = "wait;with=pinner;with=mapper;with=reader";

fn main() {
    let known = Known::checked_in().expect("a manifest");
    println!("{:<34} {:>9} {:>12} {:>9} {:>14}", "walks", "number", "steps", "seconds", "steps/s");
    for round in 0..ROUNDS {
        let cases: Vec<Vec<u8>> =
            (round * WALKS..(round + 1) * WALKS).map(|seed| bytes(seed, LENGTH)).collect();
        let any = |claims: bool| {
            let walked = |bytes: &Vec<u8>| {
                let Case { scenario, schedule } = Case::decode(bytes, Field::Repaired);
                let asked = if claims { known.kept(&scenario) } else { Vec::new() };
                walk(&scenario, &asked, schedule, |_| ()).expect("a walk").taken.len()
            };
            cases.iter().map(walked).sum()
        };
        timed("any scenario, its claims", || any(true));
        timed("any scenario, no claim", || any(false));
        let small: Scenario = SMALL.parse().expect("a scenario");
        let asked = known.kept(&small);
        timed("one small scenario, its claims", || {
            cases.iter().map(|case| walk(&small, &asked, case, |_| ()).expect("a walk").taken.len()).sum()
        });
        let system = System::new(&small).expect("it is compiled");
        let walks: Vec<_> =
            cases.iter().map(|case| walk(&small, &[], case, |_| ()).expect("a walk").taken).collect();
        timed("the same by automata, no claim", || {
            for steps in &walks {
                let mut state: State<MOST_WORDS> = system.initial().expect("a state");
                for step in steps {
                    state = system.after(&state, *step).expect("successors").expect("a step of the walk");
                }
                std::hint::black_box(state);
            }
            walks.iter().map(Vec::len).sum()
        });
    }
}

fn timed(name: &str, work: impl FnOnce() -> usize) {
    let started = Instant::now();
    let steps = work();
    let seconds = started.elapsed().as_secs_f64();
    println!("{name:<34} {WALKS:>9} {steps:>12} {seconds:>9.2} {:>14.0}", steps as f64 / seconds);
}
