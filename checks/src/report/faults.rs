//! Every seeded fault, and the run that shows it.

use maud::html;

use super::evidence::Evidence;
use super::page::{Page, claim_link};
use super::runs::Runs;
use crate::verdict::Exit;

pub(super) fn page(evidence: &Evidence, runs: &Runs) -> Page {
    let refuted = evidence.killed.iter().filter(|killed| killed.as_said()).count();
    let body = html! {
        h1 { "Seeded faults" }
        p { "Would the claims have caught the bugs that really happened? Each slip is switched on alone, in a scenario "
            "that is proved without it. " (refuted) " of " (evidence.killed.len()) " are refuted by the claim that they "
            "are said to break." }
        div.wide { table {
            thead { tr {
                th scope="col" { "fault" } th scope="col" { "what is wrong" } th scope="col" { "provenance" }
                th scope="col" { "kernels" } th scope="col" { "breaks" } th scope="col" { "in" }
            } }
            tbody { @for killed in &evidence.killed {
                @let slip = killed.fault.slip();
                tr {
                    th scope="row" { code { (slip.name) } }
                    td { (slip.says) } td { (slip.provenance) } td { (slip.kernels) }
                    td { (claim_link(slip.breaks)) }
                    td class=(if killed.as_said() { "refuted" } else { "open" }) {
                        @match (killed.steps(), runs.file(&killed.with.scenario, slip.breaks)) {
                            (Some(steps), Some(file)) => a href=(file) { (steps) " steps" },
                            (Some(steps), None) => (steps),
                            (None, _) if killed.exit() == Exit::Undecided => "undecided",
                            (None, _) => "not refuted",
                        }
                    }
                }
            } }
        } }
    };
    Page::new("faults.html", "Seeded faults", body)
}
