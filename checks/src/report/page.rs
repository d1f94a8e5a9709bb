//! What every page has: a head, the way to the others, and its own part.

use maud::{DOCTYPE, Markup, html};
use seal_model::claim::Claim;
use seal_model::scenario::Strategy;

use crate::review::digest::in_short;
use crate::verdict::Verdict;

/// A page of the site.
#[derive(Clone, Debug)]
pub(super) struct Page {
    /// Its file.
    pub(super) file: String,
    /// Its title.
    pub(super) title: String,
    /// Its own part.
    pub(super) body: Markup,
    /// A script of the site that it takes.
    pub(super) script: Option<&'static str>,
}

/// The ways to the main pages.
const WAYS: [(&str, &str); 9] = [
    ("index.html", "Review"),
    ("claims.html", "Claims"),
    ("judges.html", "Judges"),
    ("faults.html", "Faults"),
    ("proofs.html", "What proofs rest on"),
    ("conformance.html", "Live kernel"),
    ("growth.html", "Growth"),
    ("automata.html", "Automata"),
    ("book.html", "Book"),
];

impl Page {
    pub(super) fn new(file: impl Into<String>, title: impl Into<String>, body: Markup) -> Self {
        Page { file: file.into(), title: title.into(), body, script: None }
    }

    /// The page as a file.
    pub(super) fn file(self) -> super::File {
        let Page { file, title, body, script } = self;
        let document = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (title) }
                    link rel="icon" href="data:,";
                    link rel="stylesheet" href="style.css";
                }
                body {
                    a.skip href="#main" { "Skip to the content" }
                    header.site { nav aria-label="Pages" {
                        @for (way, name) in WAYS {
                            a href=(way) aria-current=[(way == file).then_some("page")] { (name) }
                        }
                    } }
                    main #main { (body) }
                    @if let Some(script) = script { script src=(script) {} }
                }
            }
        };
        (file, document.into_string())
    }
}

/// A verdict's cell in a table, with the way to its run.
pub(super) fn cell(verdict: Option<&Verdict>, run: Option<&str>) -> Markup {
    let Some(verdict) = verdict else {
        return html! { td.none title="it says nothing about this" { "–" } };
    };
    let class = match verdict {
        Verdict::Proved(_) | Verdict::Held => "proved",
        Verdict::Refuted(_) => "refuted",
        Verdict::Vacuous(_) | Verdict::Undecided(_) => "open",
    };
    let words = in_short(verdict);
    html! {
        td class=(class) {
            @if let Some(run) = run { a href=(run) { (words) } } @else { (words) }
        }
    }
}

/// A command to be copied.
pub(super) fn command(command: &str) -> Markup {
    html! { pre { code { (command) } } }
}

/// The page of a strategy.
pub(super) fn strategy_file(strategy: Strategy) -> String {
    format!("strategy-{}.html", strategy.name())
}

/// A claim, with the way to its statement.
pub(super) fn claim_link(claim: Claim) -> Markup {
    html! { a href=(format!("claims.html#{}", claim.name())) title=(claim.statement()) { (claim.name()) } }
}

/// A line of the model, with the way to it.
pub(super) fn source_link(source: &str) -> Markup {
    match source.split_once(':') {
        Some((file, line)) => {
            let to = format!("{}#L{line}", source_file(file));
            html! { a href=(to) { (source) } }
        }
        None => html! { (source) },
    }
}

/// The page of a file of the model.
pub(super) fn source_file(file: &str) -> String {
    format!("source-{}.html", file.replace('/', "-"))
}
