//! The first page: what holds, what does not, the shortest run that shows it, and what repairs it.

use maud::{Markup, html};
use seal_model::claim::Claim;
use seal_model::scenario::{Scenario, Strategy};

use super::evidence::{Evidence, is_repair, repairs};
use super::page::{Page, cell, claim_link, strategy_file};
use super::runs::Runs;
use crate::review::plan::Group;
use crate::verdict::{Exit, Verdict};

/// What a recipient of a sealed file trusts in.
pub(super) const PROMISE: [Claim; 2] = [Claim::NoWritablePin, Claim::ContentFrozen];

pub(super) fn page(evidence: &Evidence, runs: &Runs) -> Page {
    let body = html! {
        h1 { "Sealing a shared-memory file against writing: what holds" }
        p {
            "When " code { "fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE)" } " succeeds on a memfd, its content must never change \
             again, although a driver may hold its pages pinned long after the mapping is gone. Each strategy below \
             was run in every interleaving of the casts that its page lists. " em { "Proved" } " is exhaustive in \
             these bounds, under sequential consistency; " em { "refuted" } " leads to the shortest run."
        }
        @for complaint in evidence.complaints() {
            p { strong { "Not as it should be: " (complaint.lines().next().unwrap_or_default()) } }
        }
        @if let Some(unfit) = evidence.unfit() { p { strong { "Not all of it was decided: " (unfit) } } }
        h2 #promise { "In short" }
        (in_short(evidence, runs))
        h2 #matrix { "Every claim" }
        (matrix(evidence, runs, &Claim::ALL, false))
        p.dim {
            "(alone), (weak), (strong): whom it takes to move, on a proof that the call returns. refuted N: the \
             shortest run has N steps. –: the claim says nothing about this strategy."
        }
        h2 #reclaim { "Where reclaim is at work" }
        p { "Beside pins with and without a mapping, these claims are no longer proved:" }
        (matrix(evidence, runs, &evidence.review.claims_by_reclaim(), true))
        h2 { "More" }
        ul {
            li { a href="judges.html" { "Every way of judging a page clean" } ", against everybody who moves its counts" }
            li { a href="faults.html" { "Every seeded fault" } ", those of real kernels first: what the claims would have caught" }
            li { a href="conformance.html" { "The model beside the running kernel" } }
            li { a href="book-objections.html" { "The objections of 2014" } ", weighed one by one, and what to do" }
            li { a href="book-findings.html" { "Findings" } ", " a href="book-kernel.html" { "the model beside the kernel" } ", "
                a href="book-abstractions.html" { "what is left out, and why" } }
        }
        p { "For programs: " code { "sealcheck review --format json" } ", " code { "sarif" } " or " code { "junit" } "; "
            a href="book-report.html" { "other forms" } "." }
        h2 { "Made" }
        (made(evidence))
    };
    Page::new("index.html", "Sealing shared memory: what holds", body)
}

/// One row for each strategy: does it keep its promise, the run that breaks it, the repair.
fn in_short(evidence: &Evidence, runs: &Runs) -> Markup {
    html! {
        div.wide { table {
            thead { tr {
                th scope="col" { "strategy" } th scope="col" { "no writable pin under a seal" }
                th scope="col" { "content frozen" } th scope="col" { "the same beside reclaim" } th scope="col" { "repaired by" }
            } }
            tbody { @for group in &evidence.review.plan.groups {
                tr {
                    th scope="row" {
                        a href=(strategy_file(group.strategy)) { (group.strategy.name()) }
                        br; span.dim { (group.strategy.describe()) }
                    }
                    @for claim in PROMISE { (found(evidence, runs, group, claim, false)) }
                    (found(evidence, runs, group, Claim::NoWritablePin, true))
                    td { (repair(evidence, group)) }
                }
            } }
        } }
    }
}

/// Which of this project's strategies keeps what this one does not.
fn repair(evidence: &Evidence, group: &Group) -> Markup {
    let review = &evidence.review;
    let keeps = |strategy: Strategy| {
        let group = review.plan.groups.iter().find(|group| group.strategy == strategy);
        group.is_some_and(|group| PROMISE.iter().all(|claim| review.proved(group, *claim)))
    };
    if is_repair(group.strategy) {
        let frozen = evidence.frozen.iter().find(|report| report.scenario.strategy == group.strategy);
        return match frozen {
            Some(report) if report.exit(true) == Exit::AsAsked => html! {
                "beside reclaim: by freezing the count as the slot changes (proved, "
                a href="book-findings.html" { "findings" } ")"
            },
            _ => html! { "–" },
        };
    }
    let repairs: Vec<Strategy> =
        repairs(group.strategy.method()).filter(|strategy| keeps(*strategy)).collect();
    html! {
        @for (number, strategy) in repairs.iter().enumerate() {
            @if number > 0 { ", " }
            a href=(strategy_file(*strategy)) { (strategy.name()) }
        }
        @if let Some(strategy) = repairs.first() { " (judge " code { (strategy.default_judge().name()) } ")" }
    }
}

fn found(evidence: &Evidence, runs: &Runs, group: &Group, claim: Claim, by_reclaim: bool) -> Markup {
    let casts: &[Scenario] = if by_reclaim { &group.with_reclaim } else { &group.scenarios };
    match evidence.review.verdict(casts, claim) {
        Some((report, verdict @ Verdict::Refuted(_))) => {
            cell(Some(verdict), runs.file(&report.scenario, claim))
        }
        other => cell(other.map(|(_, verdict)| verdict), None),
    }
}

fn matrix(evidence: &Evidence, runs: &Runs, claims: &[Claim], by_reclaim: bool) -> Markup {
    html! {
        div.wide { table.matrix {
            thead { tr {
                th scope="col" { "claim" }
                @for group in &evidence.review.plan.groups {
                    th scope="col" { a href=(strategy_file(group.strategy)) { (group.strategy.name()) } }
                }
            } }
            tbody { @for claim in claims {
                tr {
                    th scope="row" { (claim_link(*claim)) }
                    @for group in &evidence.review.plan.groups { (found(evidence, runs, group, *claim, by_reclaim)) }
                }
            } }
        } }
    }
}

/// Where, of what, and how long.
pub(super) fn made(evidence: &Evidence) -> Markup {
    let (states, transitions) = evidence.review.totals();
    let machine = &evidence.machine;
    let size = if evidence.review.plan.is_full() { "full" } else { "quick" };
    html! {
        ul {
            li { "sealcheck " (env!("CARGO_PKG_VERSION")) ", "
                @match &machine.commit {
                    Some(commit) => { "commit " code { (commit) } },
                    None => { "commit not known: it was run outside its checkout" },
                }
            }
            li { (machine.processor) ", " (machine.cores) " cores, "
                @if let Some(memory) = machine.memory { (memory) " MiB, " } (machine.kernel) }
            li { "The " (size) " review: " (evidence.review.reports.len()) " scenarios, " (states) " states, " (transitions)
                " transitions" }
            @for (part, time) in &evidence.times { li { (part) ": " (format!("{:.1} s", time.as_secs_f64())) } }
        }
    }
}
