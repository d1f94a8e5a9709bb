//! `sealcheck report`

use std::path::PathBuf;

use clap::Args;
use seal_checks::error::Error;
use seal_checks::report;
use seal_checks::review::plan::Size;
use seal_checks::verdict::Exit;

use super::{Outcome, memory, most_of_free_memory, progress};

#[derive(Args, Debug)]
pub(super) struct ReportArguments {
    /// Where the site is written: a new or empty directory, or an earlier report
    directory: PathBuf,
    /// The full review in it, which takes minutes
    #[arg(long)]
    full: bool,
    /// At most this much memory, such as 512M or 8G [default: most of what is free]
    #[arg(long, value_parser = memory)]
    max_memory: Option<usize>,
}

pub(super) fn report(arguments: &ReportArguments) -> Result<Outcome, Error> {
    let size = if arguments.full { Size::Full } else { Size::Quick };
    let max_memory = arguments.max_memory.unwrap_or_else(most_of_free_memory);
    // what can't be written to is said before minutes are spent
    report::prepare(&arguments.directory)?;
    let evidence = report::gather(size, max_memory, &progress::reviewing)?;
    let files = report::site(&evidence)?;
    progress::over();
    let written = report::write(&arguments.directory, &files);
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    let index = arguments.directory.join("index.html");
    let mut text =
        format!("{}: {} files, {:.1} MiB\n", index.display(), files.len(), bytes as f64 / 1048576.0);
    let complaints = evidence.complaints();
    complaints.iter().for_each(|complaint| text.push_str(&format!("\n{complaint}\n")));
    let error = evidence.unfit();
    let decided = if error.is_some() { Exit::Undecided } else { Exit::AsAsked };
    Ok(Outcome { text, error, exit: decided.max(Exit::of(complaints.is_empty())) }.unless(written))
}
