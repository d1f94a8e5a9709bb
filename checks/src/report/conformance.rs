//! The model's calls beside those of the running kernel.

use maud::{Markup, html};

use super::page::{Page, command};

/// What came of it.
#[derive(Clone, Debug)]
pub(super) enum Conformance {
    /// It was run.
    Run(Comparison),
    /// It can't be run here, and why.
    NotRun(String),
}

/// The table of cases, run.
#[derive(Clone, Debug)]
pub(super) struct Comparison {
    kernel: String,
    programs: usize,
    calls: usize,
    agreements: usize,
    not_compared: usize,
    skipped: Vec<(String, usize)>,
    rows: Vec<Row>,
}

impl Comparison {
    /// Calls that the two sides answer differently.
    pub(super) fn disagree(&self) -> usize {
        self.calls - self.agreements
    }
}

/// A call of a case: of each case those that are about the seals, or that differ.
#[derive(Clone, Debug)]
struct Row {
    case: String,
    call: String,
    predicted: String,
    observed: String,
    /// As the style sheet names it; empty for a call that was not compared.
    class: &'static str,
}

/// Make the calls of the table on both sides.
#[cfg(target_os = "linux")]
pub(super) fn conform() -> Conformance {
    use crate::conform::campaign::run_cases;
    use crate::conform::{Live, table};

    let run = || {
        let mut live = Live::new()?;
        let cases = table(live.settings)?;
        let (tried, summary) = run_cases(&mut live, cases, None, &|_| ())?;
        Ok::<_, crate::error::Error>(Comparison {
            kernel: format!("Linux {}", live.release),
            programs: summary.programs,
            calls: summary.operations,
            agreements: summary.agreements,
            not_compared: summary.not_compared,
            skipped: summary.skipped.clone().into_iter().collect(),
            rows: tried.iter().filter_map(row).collect(),
        })
    };
    run().map_or_else(|error| Conformance::NotRun(error.to_string()), Conformance::Run)
}

/// There is no such kernel here.
#[cfg(not(target_os = "linux"))]
pub(super) fn conform() -> Conformance {
    Conformance::NotRun("this is no Linux".into())
}

#[cfg(target_os = "linux")]
fn row(tried: &crate::conform::campaign::Tried) -> Option<Row> {
    use crate::conform::Compared;

    let lines = &tried.run.as_ref().ok()?.lines;
    let differs = lines.iter().find(|line| line.compared() != Compared::Agrees);
    let about = || tried.case.about.and_then(|about| lines.get(about));
    let line = differs.or_else(about).or(lines.last())?;
    Some(Row {
        case: tried.case.name.clone(),
        call: line.operation.to_string(),
        predicted: line.predicted.outcome.to_string(),
        observed: line.seen(),
        class: match line.compared() {
            Compared::Agrees => "proved",
            Compared::Differs(_) => "refuted",
            Compared::NotCompared(_) => "",
        },
    })
}

pub(super) fn page(conformance: &Conformance) -> Page {
    let body = html! {
        h1 { "The model beside the running kernel" }
        @match conformance {
            Conformance::NotRun(reason) => p { "Not run: " (reason) "." },
            Conformance::Run(comparison) => (compared(comparison)),
        }
        (command("sealcheck conform"))
        p { a href="book-conform.html" { "How it is done, and what it taught" } }
    };
    Page::new("conformance.html", "The model beside the running kernel", body)
}

fn compared(comparison: &Comparison) -> Markup {
    let disagree = comparison.disagree();
    let Comparison { kernel, programs, calls, agreements, not_compared, skipped, rows } = comparison;
    html! {
        p {
            (programs) " programs, " (calls) " calls on " (kernel) ": " (agreements) " agree, " (disagree) " disagree, "
            (not_compared) " are not compared. "
            "Pins are registered buffers of an io_uring; each call is made on real memfds and in the model."
        }
        @for (reason, programs) in skipped { p { (programs) " programs were skipped: " (reason) "." } }
        p { "Of each program, the call that it is about:" }
        div.wide { table {
            thead { tr {
                th scope="col" { "program" } th scope="col" { "call" } th scope="col" { "predicted" } th scope="col" { "observed" }
            } }
            tbody { @for row in rows { tr {
                th scope="row" { (row.case) } td.mono { (row.call) } td { (row.predicted) }
                td class=(row.class) { (row.observed) }
            } } }
        } }
    }
}
