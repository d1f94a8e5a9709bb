//! Whatever the number of threads, the result is the same to the last step of every trace.

use seal_checks::error::Error;
use seal_checks::explore::reduce::Reduce;
use seal_checks::explore::{Exploration, Job, Means, explore_with};
use seal_model::claim::Claim;

fn explored(text: &str, max_memory: usize, threads: usize, reduce: Reduce) -> Exploration {
    let scenario = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    let claims = Claim::concerning(&scenario);
    let job = Job { claims: &claims, max_memory, coverage: true, progress: None };
    explore_with(&scenario, &job, &Means { threads, reduce, ..Means::default() }).expect("explored")
}

/// All that is found, but for the time it took.
fn found(exploration: &Exploration) -> String {
    let Exploration { refuted, witnessed, figures, coverage, progressed, undecided, stopped, .. } =
        exploration;
    let figures = (figures.states, figures.transitions, figures.depth, figures.bytes);
    format!("{refuted:?} {witnessed:?} {figures:?} {coverage:?} {progressed:?} {undecided:?} {stopped:?}")
}

const ROUNDS: usize = 3;

#[test]
fn any_number_of_threads_finds_the_same() {
    for text in [
        "wait-2014;with=pinner;with=mapper;with=mapper",
        "wait;with=pinner;with=mapper:loop",
        "isolate-2014;pages=2;enomem;with=pinner;with=mapper",
        "isolate;judge=snapshot;fault=no-isolate-recheck;with=pinner;with=reclaim",
        "isolate-two-phase;judge=snapshot;fault=put-twice;with=pinner;with=mapper",
        "wait-2014;last-scan=0;pages=2;with=pinner;with=writer;with=mapper;from=pinner:device-writes",
    ] {
        for reduce in [Reduce::Nothing, Reduce::SleepSets] {
            let alone = found(&explored(text, 1 << 30, 1, reduce));
            for threads in [2, 3, 4, 16, 40].into_iter().cycle().take(ROUNDS * 5) {
                let together = found(&explored(text, 1 << 30, threads, reduce));
                assert_eq!(together, alone, "{text} on {threads} threads, {reduce}");
            }
        }
    }
}

/// Also where it stops for want of memory.
#[test]
fn memory_ends_at_the_same_state_on_any_number_of_threads() {
    for most in [1 << 19, 1 << 20, 5 << 20] {
        let text = "wait-2014;pages=2;with=pinner;with=mapper;with=mapper";
        let alone = explored(text, most, 1, Reduce::Nothing);
        assert!(matches!(alone.stopped, Some(Error::OutOfMemory { .. })));
        assert!(alone.figures.bytes <= most);
        for threads in 2..5 {
            assert_eq!(
                found(&explored(text, most, threads, Reduce::Nothing)),
                found(&alone),
                "{most} bytes on {threads} threads"
            );
        }
    }
}
