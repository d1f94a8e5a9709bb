//! A page for each strategy, which is a handout on paper.

use maud::{Markup, html};
use seal_model::claim::Claim;
use seal_model::scenario::Scenario;

use super::evidence::Evidence;
use super::index::made;
use super::page::{Page, cell, claim_link, command, strategy_file};
use super::runs::Runs;
use crate::error::Error;
use crate::review;
use crate::review::plan::{Group, judges_of};
use crate::review::told;
use crate::verdict::{Report, Verdict};

pub(super) fn pages(evidence: &Evidence, runs: &Runs) -> Result<Vec<Page>, Error> {
    evidence.review.plan.groups.iter().map(|group| page(evidence, runs, group)).collect()
}

fn page(evidence: &Evidence, runs: &Runs, group: &Group) -> Result<Page, Error> {
    let strategy = group.strategy;
    let judges: Vec<&str> = judges_of(strategy).into_iter().map(|judge| judge.name()).collect();
    let mut refuted = Vec::new();
    for broken in evidence.review.broken().into_iter().filter(|broken| broken.strategy == strategy) {
        let told = told(broken.report, broken.claim)?.unwrap_or_default();
        let by = if broken.by_reclaim { ", where reclaim is at work" } else { "" };
        let scenario = &broken.report.scenario;
        refuted.push(html! {
            section {
                h3 { (broken.claim.name()) ": " (broken.refutation.steps.len()) " steps" (by) }
                p { (broken.claim.statement()) "." }
                p { strong { "What happens: " } (told) "." }
                (command(&review::command(scenario, broken.claim)))
                @if let Some(file) = runs.file(scenario, broken.claim) { p { a href=(file) { "Step by step" } } }
            }
        });
    }
    let body = html! {
        h1 { (strategy.name()) }
        p { (strategy.describe()) ". Judged by " (judges.join(", or by ")) "." }
        h2 { "Claims" }
        (claims(evidence, runs, group))
        h2 { "What is refuted, by the shortest run" }
        @if refuted.is_empty() { p { "Nothing." } }
        @for section in refuted { (section) }
        h2 { "Bounds" }
        (bounds(evidence, group))
        h2 { "Made" }
        (made(evidence))
    };
    Ok(Page::new(strategy_file(strategy), strategy.name(), body))
}

fn claims(evidence: &Evidence, runs: &Runs, group: &Group) -> Markup {
    html! {
        div.wide { table {
            thead { tr {
                th scope="col" { "claim" } th scope="col" { "verdict" } th scope="col" { "beside reclaim" }
                th scope="col" { "decided in" } th scope="col" { "states" } th scope="col" { "again by" }
            } }
            tbody { @for claim in Claim::ALL {
                @let found = evidence.review.verdict(&group.scenarios, claim);
                @if let Some((report, verdict)) = found { tr {
                    th scope="row" { (claim_link(claim)) }
                    (cell(Some(verdict), runs.file(&report.scenario, claim)))
                    (beside_reclaim(evidence, runs, group, claim))
                    (decided(evidence, group, claim, report, verdict))
                } }
            } }
        } }
    }
}

fn beside_reclaim(evidence: &Evidence, runs: &Runs, group: &Group, claim: Claim) -> Markup {
    let found = evidence.review.verdict(&group.with_reclaim, claim);
    let run = found.and_then(|(report, _)| runs.file(&report.scenario, claim));
    cell(found.map(|(_, verdict)| verdict), run)
}

/// In which scenarios, over how many states, and the command that decides it again: of a proof in the largest.
fn decided(evidence: &Evidence, group: &Group, claim: Claim, report: &Report, verdict: &Verdict) -> Markup {
    let asked = group.scenarios.iter().filter_map(|scenario| evidence.review.report(scenario));
    let proved: Vec<&Report> =
        asked.filter(|report| report.verdict(claim).is_some_and(Verdict::is_proved)).collect();
    if !verdict.is_proved() {
        let again = review::command(&report.scenario, claim);
        return html! { td { "1 scenario" } td.number { (report.figures.states) } td { code { (again) } } };
    }
    let states: usize = proved.iter().map(|report| report.figures.states).sum();
    let largest = proved.iter().max_by_key(|report| report.figures.states);
    let again = largest.map(|report| review::command(&report.scenario, claim));
    html! {
        td { (proved.len()) " scenarios" } td.number { (states) }
        td { @if let Some(again) = again { code { (again) } } }
    }
}

fn bounds(evidence: &Evidence, group: &Group) -> Markup {
    let rows = |scenarios: &[Scenario]| {
        let reports: Vec<&Report> =
            scenarios.iter().filter_map(|scenario| evidence.review.report(scenario)).collect();
        html! { @for report in reports { tr {
            td { (report.bounds()) }
            td.number { (report.figures.states) } td.number { (report.figures.transitions) } td.number { (report.figures.depth) }
            td.number { (format!("{:.2}", report.figures.elapsed.as_secs_f64())) }
        } } }
    };
    html! {
        div.wide { table {
            thead { tr {
                th scope="col" { "explored" } th scope="col" { "states" } th scope="col" { "transitions" }
                th scope="col" { "depth" } th scope="col" { "seconds" }
            } }
            tbody { (rows(&group.scenarios)) (rows(&group.with_reclaim)) }
        } }
    }
}
