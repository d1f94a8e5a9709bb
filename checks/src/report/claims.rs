//! Every claim: its words, what must have been seen, the faults that refute it, and who keeps it.

use maud::{Markup, html};
use seal_model::claim::{Claim, Kind};
use seal_model::fault::Fault;

use super::evidence::Evidence;
use super::page::{Page, strategy_file};
use crate::review::digest::in_short;

pub(super) fn page(evidence: &Evidence) -> Page {
    let body = html! {
        h1 { "What is claimed" }
        p { "Each claim with what must have been reached for a verdict to mean anything, and the seeded faults that "
            "refute it. A claim without both would say nothing." }
        @for claim in Claim::ALL { (section(evidence, claim)) }
    };
    Page::new("claims.html", "Claims", body)
}

fn section(evidence: &Evidence, claim: Claim) -> Markup {
    let judged = match claim.kind() {
        Kind::State => "in every state",
        Kind::Step => "at every step",
        Kind::Alone => "by letting the sealer run alone",
        Kind::Progress => "on the state graph, by its strongly connected components",
    };
    let faults: Vec<Fault> = Fault::ALL.into_iter().filter(|fault| fault.breaks() == claim).collect();
    html! {
        section id=(claim.name()) {
            h2 { (claim.name()) }
            p { (claim.statement()) "." }
            ul {
                li { "Judged " (judged) "; speaks of " (claim.scope()) "." }
                li { "Must have been seen: "
                    @for (number, witness) in claim.witnesses().iter().enumerate() {
                        @if number > 0 { "; " } (witness.statement())
                    } "." }
                li { "Refuted by the seeded "
                    @for (number, fault) in faults.iter().enumerate() {
                        @if number > 0 { ", " } a href=(format!("fault-{}.html", fault.name())) { (fault.name()) }
                    } "." }
                li {
                    @for group in &evidence.review.plan.groups {
                        @if let Some((_, verdict)) = evidence.review.verdict(&group.scenarios, claim) {
                            a href=(strategy_file(group.strategy)) { (group.strategy.name()) } ": " (in_short(verdict)) ". "
                        }
                    }
                }
            }
        }
    }
}
