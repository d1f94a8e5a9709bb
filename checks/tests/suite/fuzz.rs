//! The fuzz targets, on stable and without a fuzzer: seeds, what was ever found, and random bytes.

use crate::common::skip;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use seal_checks::chance::bytes;
use seal_checks::fuzz::campaign::{Inputs, look_at};
use seal_checks::fuzz::feedback::{Blind, Features, Kind};
use seal_checks::fuzz::{Target, Trouble, run};
use seal_checks::schedule::Schedule;
use seal_model::scenario::Scenario;

fn of(directory: &str, target: Target) -> Vec<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz").join(directory).join(target.name());
    let entries = fs::read_dir(path).into_iter().flatten();
    entries.map(|entry| entry.expect("a directory can be read").path()).collect()
}

fn passes(target: Target, bytes: &[u8], whose: &str) {
    match run(target, bytes, &mut Blind) {
        Ok(()) => {}
        Err(Trouble::Skipped(reason)) => skip::skip(target.name(), reason),
        Err(Trouble::Finding(text)) => panic!("{whose}:\n{text}"),
    }
}

#[test]
fn seeds_and_everything_ever_found_pass() {
    for target in Target::ALL {
        let seeds = of("seeds", target);
        assert!(seeds.len() > 5, "{} has no seeds", target.name());
        for path in seeds.into_iter().chain(of("found", target)) {
            let bytes = fs::read(&path).expect("a file of the checkout");
            passes(target, &bytes, &path.display().to_string());
        }
    }
}

/// Otherwise libFuzzer would have to make up what follows a run, and older values.
#[test]
fn seeds_have_every_part_of_a_schedule() {
    let is_one =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("schedule-"));
    let schedules = of("seeds", Target::Input).into_iter().filter(is_one);
    let texts = schedules.map(|path| fs::read_to_string(path).expect("a text of the checkout"));
    // what is run and not only read has no cut
    let texts: Vec<String> = texts.filter(|text| !text.contains(";from=")).collect();
    for part in [";run=", ";alone=", ";for-ever=", "~"] {
        assert!(texts.iter().any(|text| text.contains(part)), "{part}");
    }
}

#[test]
fn random_bytes_pass() {
    for (target, cases) in [
        (Target::Schedule, 500),
        (Target::Hunt, 300),
        (Target::Engines, 25),
        (Target::Conform, 50),
        (Target::Input, 500),
    ] {
        for seed in 0..cases {
            passes(target, &bytes(seed, seed as usize % 200), &format!("{} of seed {seed}", target.name()));
        }
    }
}

/// What the first byte of `input` is for the files that a run goes on from.
const FILES: [u8; 4] = [5, 6, 7, 8];

#[test]
fn files_that_a_run_goes_on_from_may_be_anything() {
    for (seed, first) in (0..FILES_TRIED).flat_map(|seed| FILES.map(|first| (seed, first))) {
        // three bytes that choose, and one to four changes
        let case = [&[first][..], &bytes(seed, 3 + 4 * (1 + seed as usize % 4))].concat();
        passes(Target::Input, &case, &format!("{case:?}"));
    }
}

/// Of each kind of file.
const FILES_TRIED: u64 = 500;

/// One long line is no reason to take a gigabyte.
#[test]
fn a_schedule_is_bounded_as_a_whole() {
    let long = format!("wait;run={}", ["sealer*100000"; 2].join(","));
    let error = long.parse::<Schedule>().expect_err("two of the longest runs are too long").to_string();
    assert!(error.contains("a run has at most 100000"), "{error}");
}

#[test]
fn a_file_belongs_to_the_target_that_its_directory_is_named_after() {
    assert_eq!(Target::of_file(Path::new("fuzz/artifacts/hunt/crash-1")), Some(Target::Hunt));
    assert_eq!(Target::of_file(Path::new("elsewhere/crash-1")), None);
}

#[test]
fn a_campaign_says_which_part_of_the_states_it_saw() {
    let small: Scenario = "wait;with=mapper:fault+zap".parse().expect("a possible scenario");
    let share = |walks| {
        let inputs = Inputs::random(small.clone(), walks, 64, 7);
        let campaign = look_at(&inputs, 1, 1 << 28).expect("walks");
        let [covered] = &campaign.covered[..] else { panic!("one scenario") };
        (covered.seen, covered.states.expect("it is small"))
    };
    let (few, states) = share(3);
    let (many, same) = share(20_000);
    assert_eq!(states, same);
    assert!(few > 20 && few < many && many <= states, "{few}, {many} of {states}");
    assert!(many * 5 > states * 4, "{many} of {states}");
}

#[test]
fn feedback_tells_one_run_from_another() {
    let features = |kind, case: &[u8]| {
        let mut found = Vec::new();
        let done = run(Target::Schedule, case, &mut Features::new(kind, |feature| found.push(feature)));
        assert_eq!(done, Ok(()));
        found
    };
    let (one, other) = (bytes(1, 100), bytes(2, 100));
    assert!(features(Kind::Code, &one).is_empty());
    for kind in [Kind::Switches, Kind::Counts, Kind::States] {
        let found = features(kind, &one);
        let distinct = found.iter().collect::<HashSet<_>>().len();
        assert!(distinct > 10, "{} shows {distinct} features", kind.name());
        assert_eq!(found, features(kind, &one));
        assert_ne!(found, features(kind, &other));
    }
}
