//! `count-law` is the precondition of every verdict: it is judged in every exploration, asked for or not.

use std::process::{Command, Output};

use seal_checks::cluster::{self, Hosts, decides};
use seal_checks::explore::reduce::Reduce;
use seal_checks::explore::{Job, Means};
use seal_checks::verdict::{Report, Verdict, decide_with, report};
use seal_model::claim::Claim;
use seal_model::fault::Fault;
use seal_model::scenario::Scenario;

/// Casts in which a slip of the counts shows soon.
const CASTS: [&str; 3] = [
    "isolate-two-phase;judge=snapshot;last-scan=0;no-signals;with=pinner;with=mapper:fault",
    "isolate;judge=snapshot;last-scan=0;no-signals;with=reader;with=mapper:fault",
    "wait;judge=snapshot;last-scan=0;no-signals;with=reader;with=mapper:fault",
];

fn job(claims: &[Claim]) -> Job<'_> {
    Job { claims, max_memory: 1 << 28, coverage: false, progress: None }
}

fn explored(scenario: &Scenario, claims: &[Claim], means: &Means) -> Report {
    decide_with(scenario, &job(claims), means).unwrap_or_else(|error| panic!("{scenario}: {error}"))
}

fn on_a_cluster(scenario: &Scenario, claims: &[Claim]) -> Report {
    let found = cluster::explore(scenario, &job(claims), &Hosts::local(2), None);
    report(scenario, &job(claims), found.unwrap_or_else(|error| panic!("{scenario}: {error}")))
}

fn breaks_the_law(report: &Report) -> bool {
    matches!(report.verdict(Claim::CountLaw), Some(Verdict::Refuted(_)))
}

/// Every scenario in which a fault makes counts wrong, with what is said if everything is asked.
fn unlawful() -> Vec<(Scenario, Report)> {
    let shown = Fault::ALL.into_iter().flat_map(|fault| {
        let casts = CASTS.map(|line| line.parse::<Scenario>().expect("a possible scenario"));
        casts.map(|scenario| scenario.with_fault(fault))
    });
    let asked = shown.filter_map(|scenario| scenario.validate().ok()).map(|scenario| {
        let all = explored(&scenario, &Claim::concerning(&scenario), &Means::default());
        (scenario, all)
    });
    asked.filter(|(_, all)| breaks_the_law(all)).collect()
}

/// By whatever means: one claim by itself is said of what is said of it among all others.
#[test]
fn a_claim_alone_is_judged_as_among_all_others() {
    let unlawful = unlawful();
    assert!(unlawful.len() >= 2, "{}", unlawful.len());
    let reduced = Reduce::EACH.map(|reduce| Means { reduce, ..Means::default() });
    let means = [Means::default(), Means { threads: 2, ..Means::default() }].into_iter().chain(reduced);
    let means: Vec<Means> = means.collect();
    let (mut refuted, mut undecided) = (0, 0);
    for (scenario, all) in &unlawful {
        for (claim, expected) in &all.verdicts {
            let alone = means.iter().map(|means| explored(scenario, &[*claim], means));
            let cluster = decides(*claim).then(|| on_a_cluster(scenario, &[*claim]));
            for found in alone.chain(cluster) {
                let [(_, verdict)] = &found.verdicts[..] else { panic!("one claim was asked") };
                assert_eq!(verdict.to_string(), expected.to_string(), "{scenario}: {}", claim.name());
                assert_eq!(found.unlawful.is_some(), *claim != Claim::CountLaw, "{scenario}");
                assert!(!found.bounds().starts_with("exhaustive for"), "{}", found.bounds());
            }
            assert!(!expected.is_proved() && !matches!(expected, Verdict::Vacuous(_)), "{scenario}");
            refuted += usize::from(matches!(expected, Verdict::Refuted(_)));
            undecided += usize::from(matches!(expected, Verdict::Undecided(_)));
        }
    }
    assert!(refuted >= unlawful.len() && undecided > 20, "{refuted} refuted, {undecided} undecided");
}

/// The run that breaks it is one that does, and as short as if it had been asked for.
#[test]
fn the_run_that_breaks_the_law_is_shown_unasked() {
    for (scenario, all) in unlawful() {
        let Some(Verdict::Refuted(asked)) = all.verdict(Claim::CountLaw) else { panic!("{scenario}") };
        let unasked = explored(&scenario, &[Claim::NoDeadlock], &Means::default());
        assert_eq!(unasked.unlawful.as_ref().map(|run| &run.steps), Some(&asked.steps), "{scenario}");
    }
}

const LINE: &str = "isolate-two-phase;judge=snapshot;fault=put-twice;with=pinner;with=mapper";

fn sealcheck(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sealcheck")).args(arguments).output().expect("sealcheck runs")
}

#[test]
fn the_output_says_why_nothing_is_proved() {
    for engine in ["explicit", "cluster"] {
        let output = sealcheck(&["check", LINE, "--claim", "no-new-writer", "--engine", engine]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(3), "{text}");
        assert!(text.contains("no-new-writer  undecided: the first wrong counts"), "{text}");
        let line = text.lines().find_map(|line| line.strip_prefix("again: sealcheck replay '"));
        let replayed = sealcheck(&["replay", line.expect("a line to replay").trim_end_matches('\'')]);
        let text = String::from_utf8_lossy(&replayed.stdout);
        assert_eq!(replayed.status.code(), Some(1), "{text}");
        assert!(text.contains("breaks count-law"), "{text}");
    }
    let output = sealcheck(&["check", LINE, "--claim", "no-new-writer", "--json"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a document");
    assert!(document["wrong_counts"].as_str().is_some_and(|line| line.contains(";run=")), "{document}");
}
