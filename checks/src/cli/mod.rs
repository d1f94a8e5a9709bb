//! The command line.

#[cfg(feature = "full")]
mod agree;
mod check;
mod cluster;
#[cfg(target_os = "linux")]
mod conform;
mod engine;
mod estimate;
mod export;
mod faults;
#[cfg(feature = "full")]
mod fuzz;
#[cfg(not(feature = "full"))]
mod left_out;
mod list;
mod means;
mod options;
pub(crate) mod output;
mod progress;
mod replay;
#[cfg(feature = "full")]
mod report;
mod review;
mod scale;
mod scenario;

#[cfg(not(feature = "full"))]
use left_out::{agree, fuzz, report};

use clap::{ArgMatches, CommandFactory, Parser, Subcommand};
use seal_checks::error::Error;
use seal_checks::memory::most_of_free as most_of_free_memory;
use seal_checks::verdict::Exit;
use seal_model::claim::Claim;
use seal_model::scenario::Scenario;

/// How Linux seals a shared-memory file against writing: which claims are proved, which refuted, and why.
///
/// Without a command: the quick review. Exit code 0: as expected, or all asked claims hold; 1: not so; 2: an
/// error of usage or of the environment; 3: undecided, because a limit was hit or the search was by chance.
#[derive(Parser, Debug)]
#[command(name = "sealcheck", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Every strategy against every claim, compared with the manifest
    Review(review::ReviewArguments),
    /// The evidence as a static site: verdicts, counterexamples step by step, the book
    Report(report::ReportArguments),
    /// One scenario; a refuted claim comes with its trace
    Check(Box<check::CheckArguments>),
    /// Random scenarios decided in every way there is: all must say the same
    Agree(agree::AgreeArguments),
    /// The compiled product for other tools: Promela, TLA+, dot
    Export(export::ExportArguments),
    /// How the cost of a scenario grows with its cast and its pages, explored or projected
    Scale(scale::ScaleArguments),
    /// Every seeded fault against the claim that it is said to break
    Faults(faults::FaultsArguments),
    /// System calls of the model beside those of the running kernel
    #[cfg(target_os = "linux")]
    Conform(conform::ConformArguments),
    /// A printed schedule again, step by step; or a file that a fuzzer found
    Replay(replay::ReplayArguments),
    /// Seeds for the fuzz targets, from what exploration finds
    Corpus(fuzz::CorpusArguments),
    /// What a fuzz campaign has seen: its corpus, its logs, and which part of the states there are
    Campaign(fuzz::CampaignArguments),
    /// The vocabulary, one line each with its source
    List(list::ListArguments),
}

/// What a command has to say.
pub(crate) struct Outcome {
    /// For standard output.
    pub(crate) text: String,
    /// What ended it early, after what it found; for standard error.
    pub(crate) error: Option<Error>,
    /// How it ended.
    pub(crate) exit: Exit,
}

impl Outcome {
    /// The same, unless something that belongs to it can't be written: what was found is said all the same.
    fn unless(self, written: Result<(), Error>) -> Self {
        match written {
            Ok(()) => self,
            Err(error) => Outcome { error: Some(error), exit: Exit::Error, ..self },
        }
    }
}

/// What the command line may hold.
pub(crate) fn command() -> clap::Command {
    Arguments::command()
}

/// Run a command. What it ends with is printed below no line of progress. `given` says which arguments were given, and
/// which hold only because nothing was.
pub(crate) fn run(arguments: Arguments, given: &ArgMatches) -> Result<Outcome, Error> {
    let outcome = of_command(arguments, given);
    progress::over();
    outcome
}

fn of_command(arguments: Arguments, given: &ArgMatches) -> Result<Outcome, Error> {
    match arguments.command {
        None => review::review(&review::ReviewArguments::default()),
        Some(Command::Review(arguments)) => review::review(&arguments),
        Some(Command::Report(arguments)) => report::report(&arguments),
        Some(Command::Check(arguments)) => {
            let given = given.subcommand_matches("check").unwrap_or(given);
            check::check(&arguments, given)
        }
        Some(Command::Agree(arguments)) => agree::agree(&arguments),
        Some(Command::Export(arguments)) => export::export(&arguments),
        Some(Command::Scale(arguments)) => scale::scale_of(&arguments),
        Some(Command::Faults(arguments)) => faults::faults(&arguments),
        #[cfg(target_os = "linux")]
        Some(Command::Conform(arguments)) => conform::conform(&arguments),
        Some(Command::Replay(arguments)) => replay::replay(&arguments),
        Some(Command::Corpus(arguments)) => fuzz::corpus(&arguments),
        Some(Command::Campaign(arguments)) => fuzz::campaign(&arguments),
        Some(Command::List(arguments)) => Ok(list::list(&arguments)),
    }
}

/// Claims by their names, each of which must concern the scenario.
fn named_claims(claims: &[String], scenario: &Scenario) -> Result<Vec<Claim>, Error> {
    let named = |text: &String| {
        let claim: Claim = text.parse().map_err(Error::Name)?;
        if !claim.concerns(scenario) {
            let (claim, scope) = (claim.name(), claim.scope());
            return Err(Error::Name(format!(
                "{claim} says nothing about this scenario: it speaks of {scope}"
            )));
        }
        Ok(claim)
    };
    claims.iter().map(named).collect()
}

/// `512M`, `8G`, or a plain number of MiB, as bytes.
fn memory(text: &str) -> Result<usize, String> {
    let wrong = || format!("`{text}` is no amount of memory: give MiB, or a number with M or G");
    let (number, unit) = match text.strip_suffix(['G', 'g']) {
        Some(number) => (number, 1 << 30),
        None => (text.strip_suffix(['M', 'm']).unwrap_or(text), 1 << 20),
    };
    let number: usize = number.parse().map_err(|_| wrong())?;
    number.checked_mul(unit).filter(|&bytes| bytes > 0).ok_or_else(wrong)
}
