//! `sealcheck`: the review, one scenario, a run again, the vocabulary.

// what can't be written is an error, and no panic: see `cli::output`
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod cli;

use std::process::ExitCode;

use clap::FromArgMatches;
use seal_checks::error::Error;
use seal_checks::interrupt;
use seal_checks::verdict::Exit;

use cli::output::{complain, print, probe, usage};
use cli::{Arguments, Outcome};

fn main() -> ExitCode {
    let ended = match program() {
        Ok(exit) => exit,
        Err(error) => {
            complain(&format!("sealcheck: {error}"));
            Exit::Error
        }
    };
    // a signal that came says more than the verdicts: there may be fewer of them than were asked for
    ExitCode::from(interrupt::exit_code().unwrap_or(ended.code()))
}

fn program() -> Result<Exit, Error> {
    interrupt::watch()?;
    let given = cli::command().try_get_matches();
    let parsed = given.and_then(|given| Ok((Arguments::from_arg_matches(&given)?, given)));
    let (arguments, given) = match parsed {
        Ok(parsed) => parsed,
        Err(said) => return Ok(if usage(&said)? { Exit::AsAsked } else { Exit::Error }),
    };
    probe()?;
    let Outcome { text, error, exit } = cli::run(arguments, &given)?;
    print(&text)?;
    if let Some(error) = error {
        complain(&format!("sealcheck: {error}"));
    }
    Ok(exit)
}
