//! What each proof rests on, and what is left to prove.

use maud::{Markup, html};
use seal_model::claim::{Claim, Witness};

use super::evidence::Evidence;
use super::page::{Page, claim_link};
use crate::verdict::Verdict;

pub(super) fn page(evidence: &Evidence) -> Page {
    let body = html! {
        h1 { "What proofs rest on" }
        p { "\u{201c}Proved\u{201d} means: every interleaving of a scenario was explored to its end, no state breaks the claim, the states "
            "that would make it interesting were reached, and a slip seeded into the model does break it." }
        div.wide { table {
            thead { tr {
                th scope="col" { "claim" } th scope="col" { "scenarios that prove it" } th scope="col" { "that refute it" }
                th scope="col" { "in which nothing of it was seen" } th scope="col" { "witnesses reached" }
                th scope="col" { "seeded faults that refute it" }
            } }
            tbody { @for claim in Claim::ALL { (row(evidence, claim)) } }
        } }
        h2 { "Left to prove" }
        ul {
            li { "For any number of actors and pages: every verdict is true for the casts that its strategy's page lists." }
            li { "In a weak memory: exploration is under sequential consistency. What loom, a model of C11, says of "
                "small casts is below; what it passes is no proof for more." }
            li { "Of the model: " a href="book-abstractions.html" { "what it leaves out, and why that is sound" } ", and "
                a href="conformance.html" { "where the running kernel says the same" } "." }
        }
        h2 { "The same source in other engines" }
        p { "Recorded in " code { "checks/engines.toml" } ", which " code { "sealcheck review --engines" } " compares with a run; it takes "
            "minutes and was not run for this report. " a href="book-engines.html" { "What the engines can't do" } "." }
        pre { (evidence.engines.text()) }
    };
    Page::new("proofs.html", "What proofs rest on", body)
}

fn row(evidence: &Evidence, claim: Claim) -> Markup {
    let count = |wanted: fn(&Verdict) -> bool| {
        let verdicts = evidence.review.reports.iter().filter_map(|report| report.verdict(claim));
        verdicts.filter(|verdict| wanted(verdict)).count()
    };
    let reached =
        |witness: &&Witness| evidence.review.reports.iter().any(|report| report.witnessed.contains(*witness));
    let faults: Vec<_> = evidence.killed.iter().filter(|killed| killed.fault.breaks() == claim).collect();
    let killed = faults.iter().filter(|killed| killed.as_said()).count();
    html! {
        tr {
            th scope="row" { (claim_link(claim)) }
            td.number { (count(Verdict::is_proved)) }
            td.number { (count(|verdict| matches!(verdict, Verdict::Refuted(_)))) }
            td.number { (count(|verdict| matches!(verdict, Verdict::Vacuous(_)))) }
            td.number { (claim.witnesses().iter().filter(reached).count()) " of " (claim.witnesses().len()) }
            td.number { (killed) " of " (faults.len()) }
        }
    }
}
