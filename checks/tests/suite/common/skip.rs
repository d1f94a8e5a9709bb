//! What a test could not look at here. One mechanism: the reason is printed at once, past the capture of output, and
//! kept for the summary that `zz_skipped` prints after the last test of this `cargo test`.
//!
//! `MUST_RUN` names what has to be here, with blanks between: a test that lacks one of these fails. CI sets it to what
//! it installed.

use std::fmt::Display;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::process::Command;
use std::thread;

use super::record::record;

/// Say that the running test leaves something out, for want of `needed`.
///
/// # Panics
/// Where `MUST_RUN` names `needed`.
pub(crate) fn skip(needed: &str, reason: impl Display) {
    let thread = thread::current();
    let test = thread.name().unwrap_or("a thread of its own");
    let line = format!("{test}: {needed}: {reason}\n");
    let must_run = std::env::var("MUST_RUN").unwrap_or_default();
    assert!(!must_run.split(' ').any(|name| name == needed), "MUST_RUN has {needed}: {line}");
    // the macros that print are captured, this is not; where it can't be written, the record still has it
    let _ = write!(io::stderr(), "skipped: {line}");
    let record = record();
    fs::create_dir_all(record.parent().expect("it has one")).expect("the target directory is writable");
    let file = OpenOptions::new().create(true).append(true).open(&record);
    file.and_then(|mut file| file.write_all(line.as_bytes())).expect("the target directory is writable");
}

/// A program that a test needs runs here. If not, that is a skip.
pub(crate) fn has(program: &str, arguments: &[&str]) -> bool {
    match Command::new(program).args(arguments).output() {
        Ok(output) if output.status.success() => return true,
        Ok(output) => skip(program, format_args!("`{program} {}`: {}", arguments.join(" "), output.status)),
        Err(error) => skip(program, error),
    }
    false
}
