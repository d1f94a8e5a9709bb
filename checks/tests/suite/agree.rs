//! All ways to decide a scenario say the same; and where one does not, that is seen, made small and reported.

use std::collections::BTreeSet;
use std::process::Command;

use seal_checks::agree::{
    Answer, Ask, Course, Engines, MOST_STATES_WIDE, Options, Summary, WIDE, Way, check_by, courses, run,
    scenario, shrink,
};
use seal_checks::error::Error;
use seal_checks::explore::Refutation;
use seal_checks::explore::reduce::Reduce;
use seal_checks::explore::system::System;
use seal_checks::verdict::{Exit, Verdict};
use seal_model::claim::{Claim, Witness};
use seal_model::fault::Fault;
use seal_model::scenario::{Actor, Scenario, Seal, Strategy};
use seal_model::sealer::judge::Judge;

/// Scenarios of the slice that every run of the tests compares.
const SLICE: usize = if cfg!(debug_assertions) { 100 } else { 400 };

fn compared(scenarios: usize, ask: &dyn Ask) -> Summary {
    run(&Options { scenarios, seed: 1, time: None }, ask, &|_| ()).expect("compared")
}

#[test]
fn all_ways_say_the_same_in_a_slice() {
    let summary = compared(SLICE, &Engines);
    assert_eq!(summary.exit(), Exit::AsAsked, "{:#?}", summary.differences);
    assert_eq!((summary.compared, summary.cut_short), (SLICE, false));
    // something was there to be compared
    let explicit = summary.ways["explicit"].counts;
    assert!(explicit.proved > 3 * SLICE && explicit.vacuous > SLICE, "{explicit:?}");
    assert!(
        explicit.refuted > SLICE / 5 && summary.replayed > SLICE / 5,
        "{explicit:?}, {}",
        summary.replayed
    );
    for way in ["cluster", "loom", "threads", "explicit, partial-order", "explicit, all", "shuttle"] {
        assert!(summary.ways.keys().any(|gone| gone.starts_with(way)), "{way}");
    }
}

/// A scenario and what is asked of it follow from the seed and the number.
#[test]
fn a_seed_decides() {
    let lines = |seed| (0..50).map(|number| scenario(seed, number).to_string()).collect::<Vec<_>>();
    assert_eq!(lines(1), lines(1));
    assert_ne!(lines(1), lines(2));
    let [one, other] = [(); 2].map(|()| compared(SLICE / 4, &Engines));
    let said = |summary: &Summary| {
        let ways = summary.ways.iter().map(|(way, said)| (way.clone(), said.scenarios, said.counts));
        (ways.collect::<Vec<_>>(), summary.skipped.clone(), summary.replayed)
    };
    assert_eq!(said(&one), said(&other));
}

/// An actor and its program, wherever it is.
fn bare(actor: &Actor) -> (String, String) {
    let text = actor.to_string();
    let (name, program) = text.split_once(':').unwrap_or((&text, ""));
    (name.split('@').next().unwrap_or(name).to_owned(), program.to_owned())
}

/// Nothing that a scenario may have is left out by chance.
#[test]
fn a_slice_reaches_every_part_of_a_scenario() {
    let all: Vec<Scenario> = (0..6000).map(|number| scenario(1, number)).collect();
    let some = |what: &str, has: &dyn Fn(&Scenario) -> bool| {
        assert!(all.iter().filter(|scenario| has(scenario)).count() >= 3, "{what}");
    };
    for strategy in Strategy::ALL {
        for judge in Judge::ALL.into_iter().filter(|judge| strategy.allows(*judge)) {
            let has = |scenario: &Scenario| (scenario.strategy, scenario.judge) == (strategy, judge);
            some(&format!("{} with {}", strategy.name(), judge.name()), &has);
        }
    }
    for actor in Actor::members() {
        let has =
            |scenario: &Scenario| scenario.cast()[1..].iter().any(|member| bare(member) == bare(&actor));
        some(&actor.to_string(), &has);
    }
    for fault in Fault::ALL {
        some(fault.name(), &|scenario| scenario.fault == Some(fault));
    }
    for seal in Seal::ALL {
        some(seal.name(), &|scenario| scenario.seal == seal);
    }
    for pages in 1..=3 {
        some(&format!("{pages} pages"), &|scenario| scenario.pages == pages);
    }
    for folio in 1..=4 {
        some(&format!("folios of {folio}"), &|scenario| scenario.folio == folio);
    }
    for weight in 1..=8 {
        some(&format!("pin weight {weight}"), &|scenario| scenario.pin_weight == weight);
    }
    for last in 0..=4 {
        some(&format!("last scan {last}"), &|scenario| scenario.last_scan == last);
    }
    type IsOn = fn(&Scenario) -> bool;
    let switches: [(&str, IsOn); 4] = [
        ("enomem", |scenario| scenario.allocation_may_fail),
        ("signals", |scenario| scenario.signals),
        ("early flush", |scenario| scenario.early_flush),
        ("children first", |scenario| scenario.children_first),
    ];
    for (what, is_on) in switches {
        some(what, &is_on);
        some(&format!("no {what}"), &|scenario| !is_on(scenario));
    }
    for places in 0..=3 {
        some(&format!("a cut of {places}"), &|scenario| scenario.from.len() == places);
    }
}

/// Every cut that is made up is one that a run reaches.
#[test]
fn every_cut_is_reached() {
    let cut = |scenario: &Scenario| !scenario.from.is_empty();
    let mut reached = 0;
    for scenario in (0..600).map(|number| scenario(2, number)).filter(cut) {
        let system = System::within(&scenario, 600).map(|system| system.start.len());
        let skipped = matches!(system, Err(Error::StateTooWide { .. } | Error::TooManyLocations { .. }));
        assert!(skipped || matches!(system, Ok(1..)), "{scenario}: {system:?}");
        reached += usize::from(!skipped);
    }
    assert!(reached > 20, "{reached}");
}

/// Each claim is asked alone in each way of the explorer.
#[test]
fn numbers_take_every_way() {
    let wide = |number: &usize| number % WIDE != WIDE - 1;
    let scenario: Scenario = "isolate;with=pinner;with=reader".parse().expect("a possible scenario");
    let claims = Claim::concerning(&scenario);
    let (mut alone, mut workers, mut threads) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for course in (0..15_000).filter(wide).flat_map(|number| courses(number, &scenario, &claims)) {
        match (course.way, course.alone) {
            (Way::Explicit { reduce, .. }, Some(claim)) => drop(alone.insert((claim, reduce.to_string()))),
            (Way::Explicit { threads: used, reduce }, None) => {
                threads.insert((used, reduce.to_string()));
            }
            (Way::Cluster { workers: used }, _) => drop(workers.insert(used)),
            _ => {}
        }
    }
    assert_eq!(alone.len(), claims.len() * 5);
    assert_eq!(workers, BTreeSet::from([1, 2, 3]));
    // one thread without a reduction is the reference
    assert_eq!(threads.len(), 4 * 4 + 3);
}

/// The engines, but for one way that says something else of a scenario with a mapper.
struct Planted {
    way: fn(&Way) -> bool,
    slip: fn(&mut Answer),
}

impl Ask for Planted {
    fn ask(&self, system: &System, course: &Course, claims: &[Claim]) -> Result<Answer, Error> {
        let mut answer = Engines.ask(system, course, claims)?;
        let mapper = |actor: &Actor| matches!(actor, Actor::Mapper { .. });
        if (self.way)(&course.way) && system.scenario.cast().iter().any(mapper) {
            (self.slip)(&mut answer);
        }
        Ok(answer)
    }
}

fn sleeps(way: &Way) -> bool {
    matches!(way, Way::Explicit { reduce: Reduce::SleepSets, .. })
}

fn says(answer: &mut Answer, claim: Claim, is: fn(&Verdict) -> bool, other: Verdict) {
    for (asked, verdict) in &mut answer.verdicts {
        if *asked == claim && is(verdict) {
            verdict.clone_from(&other);
        }
    }
}

fn is_refuted(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Refuted(_))
}

/// What is planted is found in a few scenarios, and made as small as the one thing that it takes: a mapper.
#[test]
fn a_planted_difference_is_found_and_made_small() {
    fn empty(claim: Claim) -> Verdict {
        Verdict::Refuted(Refutation { claim, steps: Vec::new(), alone_from: None, cycle_from: None })
    }
    type Slip = fn(&mut Answer);
    let slips: [(&str, Slip, Option<Claim>); 5] = [
        (
            "proved, called vacuous",
            |answer| {
                says(answer, Claim::NoDeadlock, Verdict::is_proved, Verdict::Vacuous(vec![Witness::Sealed]));
            },
            Some(Claim::NoDeadlock),
        ),
        (
            "refuted, called proved",
            |answer| {
                says(answer, Claim::NoWritablePin, is_refuted, Verdict::Proved(None));
            },
            Some(Claim::NoWritablePin),
        ),
        (
            "proved, called refuted by a run that breaks nothing",
            |answer| {
                says(answer, Claim::CountLaw, Verdict::is_proved, empty(Claim::CountLaw));
            },
            Some(Claim::CountLaw),
        ),
        (
            "refuted, by a run that breaks nothing",
            |answer| {
                says(answer, Claim::NoWritablePin, is_refuted, empty(Claim::NoWritablePin));
            },
            Some(Claim::NoWritablePin),
        ),
        (
            "a state less",
            |answer| {
                answer.figures.iter_mut().for_each(|figures| figures.states -= 1);
            },
            None,
        ),
    ];
    let way = Way::Explicit { reduce: Reduce::SleepSets, threads: 2 };
    let courses = |_: &[Claim]| vec![Course { way, alone: None }];
    let line = "wait-2014;last-scan=0;no-signals;early-flush;with=pinner;with=reader;with=mapper@0:fault";
    let scenario: Scenario = line.parse().expect("a possible scenario");
    for (what, slip, claim) in slips {
        let planted = Planted { way: sleeps, slip };
        let checked = check_by(&scenario, MOST_STATES_WIDE, &courses, &planted);
        let Some(difference) = checked.differences.iter().find(|difference| difference.claim == claim) else {
            panic!("{what}: {checked:?}");
        };
        let small = shrink(difference, &planted);
        assert_eq!((small.course.alone, small.claim), (claim, claim), "{what}");
        // a refutation takes the pinner beside the mapper; nothing else stays
        let pinned = claim == Some(Claim::NoWritablePin);
        assert_eq!(small.scenario.cast().len(), if pinned { 3 } else { 2 }, "{what}: {}", small.scenario);
        assert!(!small.scenario.early_flush, "{what}: {}", small.scenario);
        // and without the slip there is no difference
        assert!(check_by(&scenario, MOST_STATES_WIDE, &courses, &Engines).differences.is_empty());
    }
    let (_, slip, claim) = slips[0];
    let summary = compared(40, &Planted { way: sleeps, slip });
    assert_eq!(summary.exit(), Exit::NotSo);
    assert!(summary.differences.iter().all(|found| sleeps(&found.course.way) && found.claim == claim));
    let casts = summary.differences.iter().map(|found| found.scenario.cast().len());
    assert_eq!(casts.min(), Some(2), "{:#?}", summary.differences);
}

/// The engines, but the cluster panics.
struct Panics;

impl Ask for Panics {
    fn ask(&self, system: &System, course: &Course, claims: &[Claim]) -> Result<Answer, Error> {
        match course.way {
            Way::Cluster { .. } => Err(Error::Engine("it panicked: planted".into())),
            _ => Engines.ask(system, course, claims),
        }
    }
}

#[test]
fn an_engine_that_gives_up_is_a_difference() {
    let summary = compared(40, &Panics);
    assert_eq!(summary.exit(), Exit::NotSo);
    let found = summary.differences.first().expect("a difference");
    assert!(found.found.contains("planted"), "{found:?}");
    assert_eq!(found.scenario.cast().len(), 1, "{found:?}");
}

fn sealcheck(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sealcheck")).args(arguments).output().expect("runs");
    (output.status.code(), String::from_utf8(output.stdout).expect("text"))
}

#[test]
fn the_command_says_what_was_compared() {
    let (code, text) = sealcheck(&["agree", "--random", "10", "--seed", "7"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("seed 7: 10 scenarios compared, "), "{text}");
    assert!(text.contains("no difference"), "{text}");
    let (code, json) = sealcheck(&["agree", "--random", "10", "--seed", "7", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((code, &json["compared"], &json["different"]), (Some(0), &10.into(), &0.into()));
    // cut short is no agreement
    let (code, text) = sealcheck(&["agree", "--random", "1000000", "--seconds", "1"]);
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("of 1000000 before time was up"), "{text}");
    assert_eq!(sealcheck(&["agree", "--random", "0"]).0, Some(2));
}
