//! `sealcheck`: the review, one scenario, a run again, the vocabulary.

mod cli;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use cli::{Arguments, Outcome};
use seal_checks::interrupt;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match interrupt::watch().and_then(|()| cli::run(arguments)) {
        Ok(outcome) => outcome,
        Err(error) => {
            eprintln!("sealcheck: {error}");
            return exit_with(2);
        }
    };
    let Outcome { text, error, exit: ended } = outcome;
    // a reader that went away has seen enough
    let _ = std::io::stdout().write_all(text.as_bytes());
    if let Some(error) = error {
        eprintln!("sealcheck: {error}");
    }
    exit_with(ended.code())
}

/// A signal that came says more than the verdicts: there may be fewer of them than were asked for.
fn exit_with(code: u8) -> ExitCode {
    ExitCode::from(interrupt::exit_code().unwrap_or(code))
}
