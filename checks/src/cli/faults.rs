//! `sealcheck faults`

use std::fmt::Write;
use std::time::Instant;

use clap::Args;
use seal_checks::error::Error;
use seal_checks::faults::{Killed, run};
use seal_checks::trace::table::align;
use seal_checks::verdict::{Exit, unfit};
use serde_json::{Value, json};

use super::{Outcome, memory, most_of_free_memory, progress};

#[derive(Args, Debug)]
pub(super) struct FaultsArguments {
    /// At most this much memory, such as 512M or 8G [default: most of what is free]
    #[arg(long, value_parser = memory)]
    max_memory: Option<usize>,
    /// Every fault as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn faults(arguments: &FaultsArguments) -> Result<Outcome, Error> {
    let started = Instant::now();
    let max_memory = arguments.max_memory.unwrap_or_else(most_of_free_memory);
    let killed = run(max_memory, &progress::reviewing)?;
    progress::over();
    let exit = killed.iter().map(Killed::exit).max().unwrap_or(Exit::Undecided);
    let text = if arguments.json { as_json(&killed) } else { as_text(&killed, started) };
    let error = unfit(killed.iter().flat_map(|killed| [&killed.with, &killed.without]));
    Ok(Outcome { text, error, exit })
}

fn as_text(killed: &[Killed], started: Instant) -> String {
    let head = ["", "fault", "provenance", "kernels", "breaks", "steps", "engine", "ms", "without it"];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(killed.iter().map(row));
    let mut text = align(&rows);
    let said = killed.iter().filter(|killed| killed.as_said()).count();
    let real = killed.iter().filter(|killed| killed.fault.is_real()).count();
    let _ = writeln!(
        text,
        "\n{said} of {} faults are refuted by the claim that they break, which is proved without them; {real} of \
         them were in real kernels. {:.1} s.",
        killed.len(),
        started.elapsed().as_secs_f64()
    );
    text.push_str(
        "\nOne of them, with its trace: sealcheck check wait --judge snapshot --fault kill-breaks-loop\n",
    );
    text
}

fn row(killed: &Killed) -> [String; 9] {
    let slip = killed.fault.slip();
    let found = killed.with.verdict(slip.breaks).map(ToString::to_string).unwrap_or_default();
    [
        String::new(),
        slip.name.into(),
        slip.provenance.into(),
        slip.kernels.into(),
        slip.breaks.name().into(),
        killed.steps().map_or(found, |steps| steps.to_string()),
        "explicit".into(),
        killed.elapsed().as_millis().to_string(),
        killed.without.verdict(slip.breaks).map(ToString::to_string).unwrap_or_default(),
    ]
}

fn as_json(killed: &[Killed]) -> String {
    let row = |killed: &Killed| -> Value {
        let slip = killed.fault.slip();
        json!({
            "fault": slip.name,
            "says": slip.says,
            "provenance": slip.provenance,
            "kernels": slip.kernels,
            "breaks": slip.breaks.name(),
            "steps": killed.steps(),
            "engine": "explicit",
            "milliseconds": killed.elapsed().as_millis(),
            "scenario": killed.with.scenario.to_string(),
            "as_said": killed.as_said(),
        })
    };
    let rows: Vec<Value> = killed.iter().map(row).collect();
    format!("{:#}\n", json!({ "faults": rows }))
}
