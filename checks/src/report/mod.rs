//! The evidence as a static site: it needs no network, no server and no build, and opens from the disk.

mod automata;
mod book;
mod claims;
mod conformance;
mod evidence;
mod faults;
mod growth;
mod index;
mod judges;
mod machine;
mod page;
mod proofs;
mod runs;
mod sources;
mod strategies;
mod write;

pub use evidence::{Evidence, gather};
pub use write::{prepare, write};

use crate::error::Error;
use page::Page;
use runs::Runs;

/// A file of the site: its name, and what is in it.
pub type File = (String, String);

/// Every file of the site.
///
/// # Errors
/// As [`Trace::of_refutation`](crate::trace::Trace::of_refutation).
pub fn site(evidence: &Evidence) -> Result<Vec<File>, Error> {
    let runs = Runs::of(evidence)?;
    let mut pages = vec![
        index::page(evidence, &runs),
        claims::page(evidence),
        judges::page(evidence, &runs),
        faults::page(evidence, &runs),
        proofs::page(evidence),
        conformance::page(&evidence.conformance),
        growth::page(evidence),
        automata::page()?,
    ];
    pages.extend(strategies::pages(evidence, &runs)?);
    pages.extend(book::pages());
    pages.extend(sources::pages());
    pages.extend(runs.pages());
    let mut files: Vec<File> = pages.into_iter().map(Page::file).collect();
    files.extend(runs.drawings());
    files.push(("style.css".into(), include_str!("assets/style.css").into()));
    files.push(runs::viewer());
    Ok(files)
}
