//! `sealcheck conform`

use std::fmt::Write;

use clap::Args;
use seal_checks::conform::campaign::{Disagreement, Summary, Tried, run_cases, run_random};
use seal_checks::conform::{Case, Compared, Heard, Line, Live, Slip, random_programs, table};
use seal_checks::error::Error;
use seal_checks::trace::table::align;
use seal_checks::verdict::Exit;
use seal_model::fault::CallFault;
use seal_model::syscall::{Program, Settings};
use serde_json::{Value, json};

use super::{Outcome, progress};

/// Options of `conform`.
#[derive(Args, Debug)]
pub(super) struct ConformArguments {
    /// Random programs of so many calls in all, instead of the table
    #[arg(long, value_name = "CALLS", conflicts_with = "program", value_parser = clap::value_parser!(u32).range(1..))]
    random: Option<u32>,
    /// Where chance begins
    #[arg(long, default_value_t = 1, requires = "random", conflicts_with = "program")]
    seed: u64,
    /// One program in the language of operations, instead of the table: see `sealcheck list operations`
    #[arg(long, value_name = "OPERATIONS")]
    program: Option<String>,
    /// A slip in the model: the kernel is to contradict it
    #[arg(long, value_parser = slip)]
    fault: Option<Slip>,
    /// Everything as JSON
    #[arg(long)]
    json: bool,
}

/// A fault of either kind, by its name.
fn slip(name: &str) -> Result<Slip, String> {
    if let Some(fault) = CallFault::ALL.into_iter().find(|fault| fault.name() == name) {
        return Ok(Slip::Call(fault));
    }
    let known = name.parse().map(Slip::Protocol);
    known.map_err(|_| {
        format!("no fault is named `{name}`: see `sealcheck list faults` and `list call-faults`")
    })
}

pub(super) fn conform(arguments: &ConformArguments) -> Result<Outcome, Error> {
    let program = match &arguments.program {
        Some(text) => Some(text.parse::<Program>().map_err(|error| Error::Conform(error.to_string()))?),
        None => None,
    };
    let mut live = match Live::new() {
        Ok(live) => live,
        Err(reason) => return not_asked(arguments, program, &reason.to_string()),
    };
    let (tried, summary) = match (program, arguments.random) {
        (Some(program), _) => {
            let case = Case { name: "the program".into(), program, about: None };
            run_cases(&mut live, vec![case], arguments.fault, &progress::conforming)?
        }
        (None, Some(calls)) => {
            let done = &progress::conforming;
            (Vec::new(), run_random(&mut live, arguments.seed, calls as usize, arguments.fault, done)?)
        }
        (None, None) => {
            let cases = table(live.settings)?;
            run_cases(&mut live, cases, arguments.fault, &progress::conforming)?
        }
    };
    progress::over();
    Ok(outcome(arguments, &live.release, &tried, &summary))
}

/// This kernel can't be asked at all: every program is skipped.
fn not_asked(arguments: &ConformArguments, program: Option<Program>, reason: &str) -> Result<Outcome, Error> {
    let settings = Settings::default();
    let programs: Vec<Program> = match (program, arguments.random) {
        (Some(program), _) => vec![program],
        (None, Some(calls)) => {
            let mut left = calls as usize;
            let asked = random_programs(arguments.seed, settings);
            let is_asked = |program: &Program| {
                let before = left;
                left = left.saturating_sub(program.0.len());
                before > 0
            };
            asked.take_while(is_asked).collect()
        }
        (None, None) => table(settings)?.into_iter().map(|case| case.program).collect(),
    };
    let mut summary = Summary::default();
    programs.iter().for_each(|program| summary.skip(reason, program.0.len()));
    Ok(outcome(arguments, &seal_live::kernel_release(), &[], &summary))
}

fn outcome(arguments: &ConformArguments, release: &str, tried: &[Tried], summary: &Summary) -> Outcome {
    let text = if arguments.json {
        as_json(release, tried, summary)
    } else {
        as_text(release, tried, summary, arguments.program.is_some())
    };
    Outcome { text, error: None, exit: exit(summary) }
}

/// A disagreement goes before what was skipped.
fn exit(summary: &Summary) -> Exit {
    if !summary.disagreements.is_empty() {
        Exit::NotSo
    } else if summary.all_skipped() > 0 {
        Exit::Undecided
    } else {
        Exit::AsAsked
    }
}

fn as_text(release: &str, tried: &[Tried], summary: &Summary, every_call: bool) -> String {
    let head = ["", "case", "call", "predicted", "observed", "rescan", "ms"].map(str::to_owned);
    let mut rows = vec![head];
    for tried in tried {
        match &tried.run {
            Err(reason) => rows.push(row(&tried.case.name, &format!("skipped: {reason}"), None)),
            Ok(run) => {
                let shown = if every_call {
                    &run.lines[..]
                } else {
                    &run.lines[of_interest(&tried.case, &run.lines)..][..1]
                };
                rows.extend(
                    shown.iter().map(|line| row(&tried.case.name, &line.operation.to_string(), Some(line))),
                );
            }
        }
    }
    let mut text = if tried.is_empty() { String::new() } else { align(&rows) + "\n" };
    for disagreement in &summary.disagreements {
        text.push_str(&told(disagreement));
    }
    let _ = writeln!(text, "{}", last_line(release, summary));
    text
}

/// What was compared, and what was not and why.
fn last_line(release: &str, summary: &Summary) -> String {
    let skipped: Vec<String> =
        summary.skipped.iter().map(|(reason, programs)| format!("{programs} skipped: {reason}")).collect();
    format!(
        "{} programs, {} calls on Linux {release}: {} agree, {} disagree, {} not compared; {} programs begun again \
         because this machine was late, {} of them differed at first; {:.1} s; {}",
        summary.programs,
        summary.operations,
        summary.agreements,
        summary.operations - summary.agreements,
        summary.not_compared,
        summary.repeated,
        summary.unsteady,
        summary.elapsed.as_secs_f64(),
        if skipped.is_empty() { "nothing skipped".to_owned() } else { skipped.join("; ") },
    )
}

/// The call that is shown of a case: the one that differs, the one that it is about, the first that waited, or the
/// first that seals.
fn of_interest(case: &Case, lines: &[Line]) -> usize {
    let differs = lines.iter().position(|line| line.compared() != Compared::Agrees);
    let about = || case.about.filter(|about| *about < lines.len());
    let waited = || lines.iter().position(|line| line.predicted.rescan > 0);
    let seals = || {
        lines.iter().position(|line| matches!(line.operation, seal_model::syscall::Operation::Seal { .. }))
    };
    differs.or_else(about).or_else(waited).or_else(seals).unwrap_or(lines.len() - 1)
}

fn row(case: &str, call: &str, line: Option<&Line>) -> [String; 7] {
    let Some(line) = line else {
        return [
            String::new(),
            case.into(),
            call.into(),
            String::new(),
            String::new(),
            String::new(),
            String::new(),
        ];
    };
    let rescan = match line.predicted.rescan {
        0 => String::new(),
        rescan => format!("{rescan}/{}", line.rescan_by_time()),
    };
    let took =
        if line.predicted.rescan > 0 { line.observed.elapsed.as_millis().to_string() } else { String::new() };
    [String::new(), case.into(), call.into(), line.predicted.outcome.to_string(), line.seen(), rescan, took]
}

/// What differs, what the model did, and the program that shows it again.
fn told(disagreement: &Disagreement) -> String {
    let Disagreement { name, program, run } = disagreement;
    let mut text = format!("{name}: ");
    if let (Some(difference), Some(line)) = (run.difference(), run.lines.last()) {
        let _ = writeln!(text, "at `{}`, {difference}. The model's accesses in it:", line.operation);
    }
    for step in &run.steps {
        let _ = writeln!(text, "    {step}");
    }
    let _ = writeln!(text, "again: sealcheck conform --program '{program}'\n");
    text
}

fn as_json(release: &str, tried: &[Tried], summary: &Summary) -> String {
    let cases: Vec<Value> = tried.iter().map(case_as_json).collect();
    let disagreement = |found: &Disagreement| {
        json!({
            "name": found.name,
            "program": found.program.to_string(),
            "difference": found.run.difference(),
            "accesses": found.run.steps,
        })
    };
    let disagreements: Vec<Value> = summary.disagreements.iter().map(disagreement).collect();
    let whole = json!({
        "kernel": release,
        "programs": summary.programs,
        "operations": summary.operations,
        "agreements": summary.agreements,
        "not_compared": summary.not_compared,
        "repeated": summary.repeated,
        "unsteady": summary.unsteady,
        "skipped": summary.skipped,
        "milliseconds": summary.elapsed.as_millis(),
        "disagreements": disagreements,
        "cases": cases,
    });
    format!("{whole:#}\n")
}

fn case_as_json(tried: &Tried) -> Value {
    let (name, program) = (&tried.case.name, tried.case.program.to_string());
    let run = match &tried.run {
        Ok(run) => run,
        Err(reason) => return json!({ "name": name, "program": program, "skipped": reason }),
    };
    let call = |line: &Line| {
        let heard = |heard: &Heard| heard.to_string();
        json!({
            "operation": line.operation.to_string(),
            "predicted": line.predicted.outcome.to_string(),
            "observed": line.observed.outcome.to_string(),
            "not_compared": line.observed.environment,
            "meanwhile": line.observed.outcome.during.iter().map(heard).collect::<Vec<_>>(),
            "rescan": line.predicted.rescan,
            "microseconds": line.observed.elapsed.as_micros(),
        })
    };
    let calls: Vec<Value> = run.lines.iter().map(call).collect();
    json!({ "name": name, "program": program, "difference": run.difference(), "unsteady": run.unsteady, "calls": calls })
}
