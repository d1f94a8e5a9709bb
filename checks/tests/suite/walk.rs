//! Walks along bytes, on stable and without a fuzzer.

use seal_checks::chance::bytes;
use seal_checks::explore::{Job, Refutation, explore};
use seal_checks::fuzz::feedback::Blind;
use seal_checks::fuzz::hunt::{Prey, one};
use seal_checks::fuzz::known::Known;
use seal_checks::trace::Trace;
use seal_checks::walk::case::{Case, Field, encode};
use seal_checks::walk::shrink::shrink;
use seal_checks::walk::{schedule_of, walk};
use seal_model::claim::Claim;
use seal_model::scenario::Scenario;

fn scenario(text: &str) -> Scenario {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The run that exploration refutes a prey's claim by, without what the sealer does alone or for ever.
fn explored(prey: &Prey) -> Refutation {
    let job = Job { claims: &[prey.claim], max_memory: 1 << 30, coverage: false, progress: None };
    let explored = explore(&prey.scenario, &job).expect("a possible scenario");
    let starved = explored.progressed.and_then(|progressed| progressed.starves_under).map(|(_, run)| run);
    let mut refuted = explored.refuted.into_iter().chain(starved);
    let mut run = refuted.next().unwrap_or_else(|| panic!("{} is not refuted", prey.name));
    run.steps.truncate(run.alone_from.or(run.cycle_from).unwrap_or(run.steps.len()));
    run
}

#[test]
fn no_random_walk_breaks_what_exploration_proves() {
    let (mut steps, mut asked) = (0, 0);
    for seed in 0..3000 {
        let bytes = bytes(seed, 120);
        let Case { scenario, schedule } = Case::decode(&bytes, Field::Repaired);
        let kept = Known::checked_in().expect("a manifest").kept(&scenario);
        let walked =
            walk(&scenario, &kept, schedule, |_| ()).unwrap_or_else(|error| panic!("{scenario}: {error}"));
        if let Some(broken) = walked.broken {
            let trace = Trace::of_refutation(&scenario, &broken).expect("a run");
            panic!("{}: sealcheck replay '{}'", broken.claim.name(), trace.schedule);
        }
        steps += walked.taken.len();
        asked += kept.len();
    }
    // the walks went somewhere, and were looked at
    assert!(steps > 100 * 3000 && asked > 8 * 3000, "{steps} steps, {asked} claims");
}

#[test]
fn every_byte_string_is_a_case() {
    for field in [Field::Repaired, Field::All] {
        for length in 0..40 {
            for byte in [0, 1, 0x7f, 0xff] {
                let bytes = vec![byte; length];
                let case = Case::decode(&bytes, field);
                assert_eq!(case.scenario.clone().validate().as_ref(), Ok(&case.scenario));
                walk(&case.scenario, &[], case.schedule, |_| ()).expect("a walk");
            }
        }
    }
}

/// What exploration finds can be said in bytes, and a walk along them finds it as well.
#[test]
fn a_walk_finds_what_exploration_finds() {
    for prey in Prey::all().expect("a catalogue") {
        let run = explored(&prey);
        let schedule = schedule_of(&prey.scenario, &run.steps).expect("a run");
        assert!(one(&prey, &schedule, &mut Blind).is_err(), "{}: {schedule:?}", prey.name);
        let bytes = encode(&prey.scenario, &run.steps, Field::All).expect("all have bytes");
        assert_eq!(Case::decode(&bytes, Field::All), Case { scenario: prey.scenario, schedule: &schedule });
    }
}

#[test]
fn random_walks_find_all_that_is_known_to_be_broken() {
    for prey in Prey::all().expect("a catalogue") {
        let found = |seed: &u64| one(&prey, &bytes(*seed, 48), &mut Blind).is_err();
        let walks = (0..200_000).find(found);
        assert!(walks.is_some(), "{} was not found", prey.name);
    }
}

/// Nothing is left that could be left out, and the trace shows it.
#[test]
fn a_finding_is_made_short() {
    let prey: Prey = "split-judge".parse().expect("a fault");
    let crowd = format!("{};with=reader;with=recipient;with=file-writer", prey.scenario)
        .replace("pages=1", "pages=2;enomem");
    let crowd = scenario(&crowd);
    let walked =
        (0..).find_map(|seed| walk(&crowd, &[prey.claim], &bytes(seed, 60), |_| ()).expect("a walk").broken);
    let found = walked.expect("there is no end to seeds");
    let short = shrink(&crowd, &found).expect("a run");
    let Scenario { pages, allocation_may_fail, .. } = short.scenario;
    assert_eq!((pages, allocation_may_fail), (1, false));
    assert_eq!(short.scenario.cast(), prey.scenario.cast());
    let shortest = explored(&prey).steps.len();
    assert_eq!(short.refutation.steps.len(), shortest);
    let trace = Trace::of_refutation(&short.scenario, &short.refutation).expect("a run");
    assert!(trace.steps.last().expect("steps").breaks.contains(&prey.claim));
}

#[test]
fn what_is_kept_is_what_the_manifest_does_not_refute() {
    let kept = |text: &str| Known::checked_in().expect("a manifest").kept(&scenario(text));
    let pinned = kept("wait;with=pinner;with=mapper");
    assert!(pinned.contains(&Claim::NoWritablePin) && !pinned.contains(&Claim::FailureKeepsMappings));
    // in a larger cast the same may happen
    let reclaimed = kept("wait;pages=2;with=reader;with=lookup-pinner;with=reclaim");
    assert!(!reclaimed.contains(&Claim::NoWritablePin) && reclaimed.contains(&Claim::CountLaw));
    assert!(kept("wait;with=lookup-pinner;with=reclaim:freeze").contains(&Claim::NoWritablePin));
    assert!(kept("wait-2014;judge=maps-then-refs;with=pinner").contains(&Claim::NoLeak));
    assert!(!kept("wait-2014;with=pinner").contains(&Claim::NoWritablePin));
    // nothing is known of a judge that only the movers are tried against
    assert!(kept("wait;judge=refs-alone;with=pinner").is_empty());
}

#[test]
fn a_walk_starts_at_the_beginning() {
    let cut = scenario("wait;with=pinner;with=mapper;from=pinner:device-writes");
    let error = walk(&cut, &Claim::concerning(&cut), &[], |_| ()).expect_err("no walk starts from a cut");
    assert!(error.to_string().contains("leave `from` out"), "{error}");
}
