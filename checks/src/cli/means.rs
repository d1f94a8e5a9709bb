//! Options of `check` that say how to explore, and change no verdict.

use std::fmt::Write;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use clap::{Args, ValueEnum};
use seal_checks::error::Error;
use seal_checks::explore::Means;
use seal_checks::explore::checkpoint::Checkpoint;
use seal_checks::explore::reduce::Reduce;
use seal_checks::explore::symmetry::Symmetry;
use seal_checks::explore::system::System;
use seal_checks::verdict::{Report, Verdict};
use seal_model::scenario::Scenario;

#[derive(Args, Debug)]
pub(super) struct MeansArguments {
    /// How many threads explore, 1 to 256 [default: one for each core]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// Which states need not be explored
    #[arg(long, value_enum, default_value_t = Reduction::None)]
    reduce: Reduction,
    /// Write down now and then how far it is, and go on from there when asked the same again
    #[arg(long, value_name = "DIR")]
    checkpoint: Option<PathBuf>,
    /// Seconds from one checkpoint to the next, at least; they are written after rounds of up to 32,768 states
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "checkpoint")]
    checkpoint_every: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
enum Reduction {
    /// Every step from every state
    None,
    /// Every state, but of two steps that commute one order
    SleepSets,
    /// One of those that differ only in which of several actors that are alike is which
    Symmetry,
    /// One of the orders in which steps that commute can be taken
    PartialOrder,
    /// Symmetry and partial order
    All,
}

impl From<Reduction> for Reduce {
    fn from(reduction: Reduction) -> Reduce {
        match reduction {
            Reduction::None => Reduce::Nothing,
            Reduction::SleepSets => Reduce::SleepSets,
            Reduction::Symmetry => Reduce::Symmetry,
            Reduction::PartialOrder => Reduce::PartialOrder,
            Reduction::All => Reduce::All,
        }
    }
}

impl MeansArguments {
    pub(super) fn means(&self) -> Means {
        let cores = || thread::available_parallelism().map_or(1, Into::into);
        let every = Duration::from_secs(self.checkpoint_every.into());
        let checkpoint = |directory: &PathBuf| Checkpoint { directory: directory.clone(), every };
        Means {
            threads: self.threads.map_or_else(cores, usize::from),
            reduce: self.reduce.into(),
            checkpoint: self.checkpoint.as_ref().map(checkpoint),
        }
    }
}

/// What was reduced, in words; nothing if nothing was asked.
pub(super) fn reduced(scenario: &Scenario, means: &Means, report: &Report) -> Result<String, Error> {
    let (symmetry, partial_order) = (means.reduce.by_symmetry(), means.reduce.by_partial_order());
    let mut text = String::new();
    if let Some(given_up) = &report.given_up {
        let _ = writeln!(text, "  {given_up}");
    }
    if symmetry {
        let classes = Symmetry::of(&System::new(scenario)?).alike();
        let names = |class: &Vec<usize>| {
            class.iter().map(|&actor| scenario.actor_name(actor)).collect::<Vec<_>>().join(", ")
        };
        for class in &classes {
            let _ = writeln!(text, "  alike: {}", names(class));
        }
        let stand_for = report.figures.stand_for;
        let _ = match (classes.is_empty(), partial_order) {
            (true, _) => writeln!(text, "  no actors are alike: symmetry reduces nothing"),
            (false, false) => writeln!(text, "  the states stand for {stand_for} at most"),
            (false, true) => Ok(()),
        };
    }
    let refuted = report.verdicts.iter().any(|(_, verdict)| matches!(verdict, Verdict::Refuted(_)));
    if partial_order && refuted {
        let _ = writeln!(text, "  a run may be longer than the shortest, which --reduce none finds");
    }
    Ok(text)
}
