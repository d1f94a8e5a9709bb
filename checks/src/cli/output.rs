//! Standard output and standard error: the one place that writes to them.
//!
//! The standard library takes a write to a stream that is closed, or open for reading only, for done. So standard
//! output is written through a descriptor of its own, and what can't be written is an error, but for a reader that went
//! away: it has seen enough.

use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::os::fd::AsFd;

use clap::error::ErrorKind as Usage;
use seal_checks::error::Error;

/// What an error of standard output names as its file.
const NAME: &str = "standard output can't be written";

/// Whether anything can be written there, before minutes are spent on it. A full disk shows later.
///
/// # Errors
/// The kernel's.
pub(crate) fn probe() -> Result<(), Error> {
    named(standard_output().and_then(|mut output| output.write(&[])).map(drop))
}

/// Write a text, whole.
///
/// # Errors
/// The kernel's.
pub(crate) fn print(text: &str) -> Result<(), Error> {
    named(standard_output().and_then(|mut output| output.write_all(text.as_bytes())))
}

fn standard_output() -> io::Result<File> {
    #[cfg(target_os = "linux")]
    if seal_live::standard_output_was_closed() {
        return Err(io::Error::other("it is closed"));
    }
    io::stdout().as_fd().try_clone_to_owned().map(File::from)
}

fn named(written: io::Result<()>) -> Result<(), Error> {
    match written {
        Err(cause) if cause.kind() != ErrorKind::BrokenPipe => {
            Err(Error::File { path: NAME.to_owned(), cause })
        }
        _ => Ok(()),
    }
}

/// Write a line to standard error. Where that fails too there is nowhere left to say it, and the exit code says it.
pub(crate) fn complain(text: &str) {
    let _ = io::stderr().write_all(format!("{text}\n").as_bytes());
}

/// The help that was asked for, or what is wrong with the arguments. True: it is no error.
///
/// # Errors
/// As [`print()`].
pub(crate) fn usage(said: &clap::Error) -> Result<bool, Error> {
    let asked_for = matches!(said.kind(), Usage::DisplayHelp | Usage::DisplayVersion);
    let plain = |terminal: bool| !terminal || std::env::var_os("NO_COLOR").is_some_and(|set| !set.is_empty());
    let text = said.render();
    if asked_for {
        let plain = plain(io::stdout().is_terminal());
        print(&if plain { text.to_string() } else { text.ansi().to_string() })?;
    } else {
        let plain = plain(io::stderr().is_terminal());
        complain(if plain { text.to_string() } else { text.ansi().to_string() }.trim_end());
    }
    Ok(asked_for)
}
