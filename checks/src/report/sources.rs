//! The model's source, line by line, so that every step of a run leads to its line.

use maud::html;
use seal_model::source;

use super::page::{Page, source_file};

/// A page for each file that a step can be in.
pub(super) fn pages() -> impl Iterator<Item = Page> {
    source::files().iter().map(|(file, text)| {
        let body = html! {
            h1 { "model/src/" (file) }
            pre.source { @for (number, line) in (1..).zip(text.lines()) {
                code id=(format!("L{number}")) { (line) "\n" }
            } }
        };
        Page::new(source_file(file), *file, body)
    })
}
