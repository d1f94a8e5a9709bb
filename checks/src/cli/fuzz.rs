//! `sealcheck corpus`, `sealcheck campaign`, and `sealcheck replay` of a file that a fuzzer wrote.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use seal_checks::error::Error;
use seal_checks::fuzz::campaign::{Campaign, Covered, Inputs, Logged, Of, look_at, read_log};
use seal_checks::fuzz::{Target, Trouble, corpus, show};
use seal_checks::trace::table::align;
use seal_checks::verdict::Exit;
use seal_checks::walk::case::Field;
use seal_model::scenario::Scenario;

use super::{Outcome, memory, most_of_free_memory, progress};

/// Bytes of a random schedule.
const LENGTH: usize = 64;

#[derive(Args, Debug)]
pub(super) struct CorpusArguments {
    /// Where the seeds go: a directory for each target is made in it
    directory: PathBuf,
    /// At most this much memory, such as 512M or 8G [default: most of what is free]
    #[arg(long, value_parser = memory)]
    max_memory: Option<usize>,
}

#[derive(Args, Debug)]
pub(super) struct CampaignArguments {
    /// Directories with inputs: a corpus, seeds
    directories: Vec<PathBuf>,
    /// Whose inputs: schedule or hunt [default: what the first directory is named after]
    #[arg(long, value_name = "TARGET")]
    target: Option<Target>,
    /// Inputs are schedules of this scenario and nothing else, as with the variable SCENARIO
    #[arg(long, value_name = "LINE", conflicts_with = "target")]
    scenario: Option<Scenario>,
    /// So many random schedules of the scenario instead of a directory
    #[arg(long, value_name = "N", requires = "scenario", conflicts_with = "directories")]
    random: Option<usize>,
    /// The seed of random schedules
    #[arg(long, default_value_t = 1, requires = "random")]
    seed: u64,
    /// A log that the fuzzer wrote on standard error; several count together
    #[arg(long = "log", value_name = "FILE")]
    logs: Vec<PathBuf>,
    /// Count the states of so many scenarios, those that most inputs choose
    #[arg(long, default_value_t = 10)]
    most: usize,
    /// At most this much memory for each of them, such as 512M or 8G [default: most of what is free]
    #[arg(long, value_parser = memory)]
    max_memory: Option<usize>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn corpus(arguments: &CorpusArguments) -> Result<Outcome, Error> {
    let max_memory = arguments.max_memory.unwrap_or_else(most_of_free_memory);
    let seeds = corpus::seeds(max_memory, &progress::reviewing);
    progress::over();
    let seeds = seeds?;
    let file = |path: &Path, cause| Error::File { path: path.display().to_string(), cause };
    let mut rows = vec![["", "target", "seeds", "bytes"].map(str::to_owned)];
    for target in Target::ALL {
        let directory = arguments.directory.join(target.name());
        fs::create_dir_all(&directory).map_err(|cause| file(&directory, cause))?;
        let (mut number, mut bytes) = (0, 0);
        for seed in seeds.iter().filter(|seed| seed.target == target) {
            let path = directory.join(&seed.name);
            fs::write(&path, &seed.bytes).map_err(|cause| file(&path, cause))?;
            (number, bytes) = (number + 1, bytes + seed.bytes.len());
        }
        rows.push([String::new(), target.name().into(), number.to_string(), bytes.to_string()]);
    }
    Ok(Outcome { text: align(&rows), error: None, exit: Exit::AsAsked })
}

/// A case of a fuzzer again.
pub(super) fn replay(target: Target, path: &Path) -> Result<Outcome, Error> {
    let bytes = fs::read(path).map_err(|cause| Error::File { path: path.display().to_string(), cause })?;
    match show(target, &bytes) {
        Ok(text) => Ok(Outcome { text, error: None, exit: Exit::AsAsked }),
        Err(Trouble::Finding(text)) => Ok(Outcome { text: text + "\n", error: None, exit: Exit::NotSo }),
        Err(Trouble::Skipped(reason)) => Err(Error::Conform(reason)),
    }
}

pub(super) fn campaign(arguments: &CampaignArguments) -> Result<Outcome, Error> {
    let inputs = inputs(arguments)?;
    let max_memory = arguments.max_memory.unwrap_or_else(most_of_free_memory);
    let mut campaign = look_at(&inputs, arguments.most, max_memory)?;
    campaign.logged = arguments.logs.iter().map(|path| read_log(path)).collect::<Result<_, _>>()?;
    let text = if arguments.json {
        let value = serde_json::to_value(&campaign).map_err(|error| Error::Engine(error.to_string()))?;
        format!("{value:#}\n")
    } else {
        as_text(&campaign)
    };
    Ok(Outcome { text, error: None, exit: Exit::of(campaign.logged.iter().all(|logged| !logged.crashed)) })
}

fn inputs(arguments: &CampaignArguments) -> Result<Inputs, Error> {
    if let (Some(number), Some(scenario)) = (arguments.random, &arguments.scenario) {
        return Ok(Inputs::random(scenario.clone(), number, LENGTH, arguments.seed));
    }
    let Some(first) = arguments.directories.first() else {
        return Err(Error::Name("name a directory with inputs, or a scenario and --random".into()));
    };
    let named = first.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
    let of = match (&arguments.scenario, arguments.target.or(named)) {
        (Some(scenario), _) => Of::Scenario(Box::new(scenario.clone())),
        (None, Some(Target::Schedule)) => Of::Field(Field::Repaired),
        (None, Some(Target::Hunt | Target::Engines)) => Of::Field(Field::All),
        (None, _) => {
            let path = first.display();
            let why =
                format!("whose inputs are in {path}? Name --target schedule, hunt or engines, or --scenario");
            return Err(Error::Name(why));
        }
    };
    Inputs::read(of, &arguments.directories)
}

fn as_text(campaign: &Campaign) -> String {
    let mut text = String::new();
    for Logged { executions, seconds, crashed } in &campaign.logged {
        let rate = *executions as f64 / (*seconds).max(1) as f64;
        let found = if *crashed { ", and it found something" } else { ", without a finding" };
        let _ = writeln!(text, "{executions} executions in {seconds} s, {rate:.0} a second{found}");
    }
    let Campaign { inputs, bytes, scenarios, too_large, steps, .. } = campaign;
    let _ = writeln!(text, "{inputs} inputs of {bytes} bytes: {scenarios} scenarios, {steps} steps");
    if *too_large > 0 {
        let _ = writeln!(text, "{too_large} of the scenarios are too large for their states to be counted");
    }
    text.push('\n');
    let mut rows = vec![["inputs", "seen", "states", "share", "scenario"].map(str::to_owned)];
    for Covered { scenario, inputs, seen, states, why_not } in &campaign.covered {
        let unknown = || "-".to_owned();
        let share =
            states.map_or_else(unknown, |states| format!("{:.1} %", 100.0 * *seen as f64 / states as f64));
        let states = states.map_or_else(unknown, |states| states.to_string());
        let why_not = why_not.as_ref().map_or(String::new(), |why| format!(" ({why})"));
        rows.push([inputs.to_string(), seen.to_string(), states, share, format!("{scenario}{why_not}")]);
    }
    text + &align(&rows)
}
