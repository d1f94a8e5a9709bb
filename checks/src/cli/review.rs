//! `sealcheck review`

use std::fmt::Write;
use std::fs;
use std::path::Path;

use clap::{Args, ValueEnum};
use seal_checks::error::Error;
use seal_checks::review::json::{ReviewDocument, print};
use seal_checks::review::manifest::{CHECKED_IN, Manifest};
use seal_checks::review::plan::{Plan, Size};
use seal_checks::review::{Review, mail, markdown, run, sarif, text};
use seal_checks::verdict::{Exit, unfit};

use super::output::complain;
use super::{Outcome, memory, most_of_free_memory, progress};

/// Where `--bless` writes, from the root of a checkout.
const MANIFEST: &str = "checks/manifest.toml";
/// The same with `--engines`.
#[cfg(feature = "full")]
const ENGINES: &str = "checks/engines.toml";

#[derive(Args, Debug, Default)]
pub(super) struct ReviewArguments {
    /// The default: seconds
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// Two pages and larger casts: minutes
    #[arg(long)]
    full: bool,
    /// All engines beside each other, and what loom's cuts cover: a minute or two
    #[arg(long, conflicts_with_all = ["full", "quick", "json", "format"])]
    engines: bool,
    /// How to say it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Write the results into checks/manifest.toml, to be reviewed as a diff
    #[arg(long)]
    bless: bool,
    /// At most this much memory, such as 512M or 8G [default: most of what is free]
    #[arg(long, value_parser = memory)]
    max_memory: Option<usize>,
}

/// What a review is written as.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, ValueEnum)]
enum Format {
    /// Wide tables
    #[default]
    Terminal,
    /// For a mailing list: 72 columns, ASCII
    Text,
    /// Tables and headings
    Markdown,
    /// Every verdict of every scenario: docs/schema/review.json
    Json,
    /// A test case for each claim of each scenario, which passes if the manifest expects its verdict
    Junit,
    /// A result for each claim that a strategy does not keep, with its run as a thread flow
    Sarif,
}

pub(super) fn review(arguments: &ReviewArguments) -> Result<Outcome, Error> {
    if arguments.engines {
        return engines(arguments);
    }
    if format_of(arguments) == Format::Junit && cfg!(not(feature = "full")) {
        return Err(Error::LeftOut("`--format junit`"));
    }
    let size = if arguments.full { Size::Full } else { Size::Quick };
    let max_memory = arguments.max_memory.unwrap_or_else(most_of_free_memory);
    let expected = if arguments.bless { Manifest::default() } else { Manifest::parse(CHECKED_IN)? };
    let mut review = run(Plan::new(size)?, max_memory, &progress::reviewing)?;
    progress::over();
    if let Some(signal) = review.interrupted.take() {
        let is_text = format_of(arguments) == Format::Terminal;
        return so_far(&review, &expected, signal, is_text);
    }
    let unfit = unfit(&review.reports);
    let format = format_of(arguments);
    let mut text = match format {
        Format::Terminal => text::text(&review)?,
        Format::Text => mail::review(&review)?,
        Format::Markdown => markdown::review(&review)?,
        Format::Json => print(&ReviewDocument::of(&review)?)?,
        Format::Junit => junit(&review, &expected)?,
        Format::Sarif => sarif::review(&review, &expected)?,
    };
    if arguments.bless {
        let outcome = Outcome { text, error: None, exit: Exit::AsAsked };
        let written = unfit.map_or_else(|| bless(&Manifest::of(&review.reports), size), Err);
        return Ok(outcome.unless(written));
    }
    let difference = review.difference(&expected)?;
    match &difference {
        None if unfit.is_some() => {}
        None if format == Format::Terminal => text.push_str("Every result is as the manifest expects.\n"),
        None => {}
        Some(difference) if format == Format::Terminal => {
            let _ = write!(text, "\nNot as the manifest expects:\n\n{difference}");
        }
        Some(difference) => {
            complain(&format!("Not as the manifest expects:\n\n{}", difference.trim_end()));
        }
    }
    let decided = if unfit.is_some() { Exit::Undecided } else { Exit::AsAsked };
    Ok(Outcome { text, error: unfit, exit: decided.max(Exit::of(difference.is_none())) })
}

fn format_of(arguments: &ReviewArguments) -> Format {
    if arguments.json { Format::Json } else { arguments.format }
}

/// After a signal: what was decided before it. A table would say of claims what only all of their scenarios can.
fn so_far(review: &Review, expected: &Manifest, signal: Error, is_text: bool) -> Result<Outcome, Error> {
    let (decided, all) = (review.reports.len(), review.plan.jobs().len());
    let mut text = format!("{decided} of {all} scenarios were decided before that.\n");
    if *expected != Manifest::default() {
        text.push_str(&match review.difference(expected)? {
            None => "Each of them is as the manifest expects.\n".to_owned(),
            Some(difference) => format!("\nNot as the manifest expects:\n\n{difference}"),
        });
    }
    if !is_text {
        // a document with gaps would be taken for a whole one
        complain(std::mem::take(&mut text).trim_end());
    }
    Ok(Outcome { text, error: Some(signal), exit: Exit::Undecided })
}

#[cfg(feature = "full")]
fn junit(review: &Review, expected: &Manifest) -> Result<String, Error> {
    seal_checks::review::junit::review(review, expected)
}

#[cfg(not(feature = "full"))]
fn junit(_: &Review, _: &Manifest) -> Result<String, Error> {
    Ok(String::new()) // refused before the review was run
}

#[cfg(not(feature = "full"))]
fn engines(_: &ReviewArguments) -> Result<Outcome, Error> {
    Err(Error::LeftOut("`sealcheck review --engines`"))
}

/// The engines beside each other.
#[cfg(feature = "full")]
fn engines(arguments: &ReviewArguments) -> Result<Outcome, Error> {
    let max_memory = arguments.max_memory.unwrap_or_else(most_of_free_memory);
    let scenarios: Vec<_> =
        Plan::new(Size::Quick)?.jobs().into_iter().map(|(scenario, _)| scenario).collect();
    let review = seal_checks::review::engines::review(&scenarios, max_memory)?;
    let mut text = review.text() + "\n" + &review.end_to_end().text()?;
    if arguments.bless {
        let outcome = Outcome { text, error: None, exit: Exit::AsAsked };
        return Ok(outcome.unless(write(ENGINES, &review.manifest()?)));
    }
    let difference = review.difference()?;
    match &difference {
        None => text.push_str("\nEvery result is as the manifest expects.\n"),
        Some(difference) => {
            let _ = write!(text, "\nNot as the manifest expects:\n\n{difference}");
        }
    }
    Ok(Outcome { text, error: None, exit: Exit::of(difference.is_none()) })
}

fn write(path: &str, text: &str) -> Result<(), Error> {
    let named = |cause| Error::File { path: format!("{path} (run this from the root of a checkout)"), cause };
    fs::write(path, text).map_err(named)
}

/// Write what was found. A quick run keeps what the manifest says of the full one.
fn bless(found: &Manifest, size: Size) -> Result<(), Error> {
    let path = Path::new(MANIFEST);
    let file =
        |cause| Error::File { path: format!("{MANIFEST} (run this from the root of a checkout)"), cause };
    let before = fs::read_to_string(path).map_err(file)?;
    let manifest = match size {
        Size::Full => found.clone(),
        Size::Quick => found.clone().or(Manifest::parse(&before)?),
    };
    write(MANIFEST, &manifest.text()?)
}
