//! How the state space grows with the cast.

use maud::html;
use seal_model::claim::Claim;
use seal_model::scenario::Scenario;

use super::evidence::Evidence;
use super::page::{Page, command};
use crate::error::Error;
use crate::plot::{Series, plot};
use crate::verdict::decide_all;

/// A beginning, what is added, and how often.
const GROWN: [(&str, &str, usize); 5] = [
    ("wait;with=pinner", "mapper:fault+zap", 3),
    ("isolate;with=pinner", "mapper:fault+zap", 3),
    ("wait;with=mapper:fault+zap", "pinner", 3),
    ("wait;with=pinner", "reader", 4),
    ("wait;pages=2;with=pinner", "mapper:fault+zap", 2),
];

/// Explore each series.
pub(super) fn growth(max_memory: usize) -> Result<Vec<Series>, Error> {
    let mut all = Vec::new();
    for (start, added, times) in GROWN {
        let mut scenarios = Vec::new();
        for times in 0..=times {
            let scenario: Scenario = format!("{start}{}", format!(";with={added}").repeat(times)).parse()?;
            scenarios.push((scenario, vec![Claim::CountLaw]));
        }
        let reports = decide_all(&scenarios, max_memory, &|_| ())?;
        // where memory ended there is no number of states
        let whole = reports.iter().enumerate().filter(|(_, report)| report.stopped.is_none());
        let states = whole.map(|(times, report)| (times, report.figures.states)).collect();
        all.push(Series { name: format!("{start} + n {added}"), states });
    }
    Ok(all)
}

pub(super) fn page(evidence: &Evidence) -> Page {
    let most = evidence.review.reports.iter().max_by_key(|report| report.figures.states);
    let body = html! {
        h1 { "How the state space grows" }
        p { "Distinct states, on a logarithmic scale, as members are added to a cast." }
        figure {
            (plot("members added", "states", &evidence.growth))
            figcaption { "Explored for this report; the count law holds in every state." }
        }
        @if let Some(report) = most {
            p { "The largest scenario of this review: " (report.figures.states) " states, " (report.figures.transitions)
                " transitions, depth " (report.figures.depth) ", " (format!("{:.2} s", report.figures.elapsed.as_secs_f64())) "." }
            (command(&format!("{}", report.scenario)))
        }
    };
    Page::new("growth.html", "How the state space grows", body)
}
