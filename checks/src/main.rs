//! `sealcheck`: the review, one scenario, a run again, the vocabulary.

mod cli;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use cli::{Arguments, Outcome};

fn main() -> ExitCode {
    let outcome = match cli::run(Arguments::parse()) {
        Ok(outcome) => outcome,
        Err(error) => {
            eprintln!("sealcheck: {error}");
            return ExitCode::from(2);
        }
    };
    let Outcome { text, error, holds } = outcome;
    // a reader that went away has seen enough
    let _ = std::io::stdout().write_all(text.as_bytes());
    match error {
        Some(error) => {
            eprintln!("sealcheck: {error}");
            ExitCode::from(2)
        }
        None => ExitCode::from(u8::from(!holds)),
    }
}
