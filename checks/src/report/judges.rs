//! Every judge against every mover, and how verdicts depend on the cast.

use maud::{Markup, html};
use seal_model::claim::Claim;
use seal_model::scenario::Scenario;
use seal_model::sealer::judge::Judge;

use super::evidence::Evidence;
use super::page::{Page, cell};
use super::runs::Runs;
use crate::review::casts::MOVERS;
use crate::review::command;
use crate::review::plan::Group;
use crate::trace::sentence::sentence;
use crate::verdict::Verdict;

pub(super) fn page(evidence: &Evidence, runs: &Runs) -> Page {
    let body = html! {
        h1 { "Judges" }
        p { "A judge is the decision \u{201c}this page is clean\u{201d}. Is no-writable-pin kept while others do this beside a pin? "
            "f: fault, z: zap; a comma separates two mappers. reclaim is beside a pin that came without a mapping, stale "
            "beside a thread that stores through its TLB. A number leads to its run; of isolation's judges to the shortest "
            "of each, and what is shown of a cell has the command of the others." }
        (table(evidence, runs))
        h2 { "The judges" }
        ul { @for judge in Judge::ALL { li { code { (judge.name()) } ": " (judge.describe()) } } }
        h2 { "What depends on the cast" }
        p { "How many claims each cast refutes. A number leads to the first of them." }
        (casts(evidence, runs))
    };
    Page::new("judges.html", "Judges", body)
}

fn table(evidence: &Evidence, runs: &Runs) -> Markup {
    html! {
        div.wide { table.matrix {
            thead { tr {
                th scope="col" { "for" } th scope="col" { "judge" }
                @for (name, cast) in MOVERS { th scope="col" title=(cast) { (name) } }
            } }
            tbody { @for row in &evidence.review.plan.judges { tr {
                td { (row.strategy.name()) }
                th scope="row" title=(row.judge.describe()) { (row.judge.name()) }
                @for scenario in &row.scenarios { (judged(evidence, runs, scenario)) }
            } } }
        } }
    }
}

fn judged(evidence: &Evidence, runs: &Runs, scenario: &Scenario) -> Markup {
    let claim = Claim::NoWritablePin;
    let verdict = evidence.review.report(scenario).and_then(|report| report.verdict(claim));
    match verdict {
        Some(Verdict::Proved(_)) => html! { td.proved { "sound" } },
        Some(Verdict::Refuted(refutation)) => {
            let run = runs.trace(scenario, claim);
            let told = run.map_or_else(|| command(scenario, claim), |trace| sentence(trace, claim));
            html! {
                td.refuted title=(told) {
                    @match runs.file(scenario, claim) {
                        Some(file) => a href=(file) { (refutation.steps.len()) },
                        None => (refutation.steps.len()),
                    }
                }
            }
        }
        Some(Verdict::Vacuous(_)) => html! { td.open { "never seals" } },
        other => cell(other, None),
    }
}

fn casts(evidence: &Evidence, runs: &Runs) -> Markup {
    let groups = &evidence.review.plan.groups;
    let mut casts: Vec<String> = Vec::new();
    for scenario in groups.iter().flat_map(scenarios) {
        let cast = cast(scenario);
        if !casts.contains(&cast) {
            casts.push(cast);
        }
    }
    html! {
        div.wide { table.matrix {
            thead { tr {
                th scope="col" { "cast" }
                @for group in groups { th scope="col" { (group.strategy.name()) } }
            } }
            tbody { @for row in &casts { tr {
                th.mono scope="row" { (row) }
                @for group in groups { (refuted(evidence, runs, group, row)) }
            } } }
        } }
    }
}

fn scenarios(group: &Group) -> impl Iterator<Item = &Scenario> {
    group.scenarios.iter().chain(&group.with_reclaim)
}

/// A scenario without its strategy and judge.
fn cast(scenario: &Scenario) -> String {
    let line = scenario.to_string();
    let rest = line.splitn(3, ';').nth(2).unwrap_or_default();
    rest.trim_start_matches("pages=1;").replace(';', " ")
}

fn refuted(evidence: &Evidence, runs: &Runs, group: &Group, row: &str) -> Markup {
    let mut broken: Vec<(Claim, &Scenario)> = Vec::new();
    for scenario in scenarios(group).filter(|scenario| cast(scenario) == row) {
        let Some(report) = evidence.review.report(scenario) else { continue };
        let refuted = report.verdicts.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Refuted(_)));
        let news = refuted.filter(|(claim, _)| !broken.iter().any(|(known, _)| known == claim));
        broken.extend(news.map(|(claim, _)| (*claim, scenario)).collect::<Vec<_>>());
    }
    let names: Vec<&str> = broken.iter().map(|(claim, _)| claim.name()).collect();
    let file = broken.iter().find_map(|(claim, scenario)| runs.file(scenario, *claim));
    html! {
        @if broken.is_empty() { td.proved { "none" } } @else {
            td.refuted title=(names.join(", ")) {
                @if let Some(file) = file { a href=(file) { (broken.len()) } } @else { (broken.len()) }
            }
        }
    }
}
