//! `sealcheck replay`

use std::path::Path;

use clap::{Args, ValueEnum};
use seal_checks::error::Error;
use seal_checks::fuzz::Target;
use seal_checks::review::json::{TraceDocument, print};
use seal_checks::review::mail;
use seal_checks::schedule::Schedule;
use seal_checks::trace::Trace;
use seal_checks::trace::itf::itf;
use seal_checks::trace::table::table;
use seal_checks::verdict::Exit;

use super::Outcome;

#[derive(Args, Debug)]
pub(super) struct ReplayArguments {
    /// The line that a trace ends with, in quotes; a file that `check --save` wrote; or one that a fuzzer wrote, in a
    /// directory named after its target
    schedule: String,
    /// The fuzz target that the file is for: schedule, hunt, engines, conform, input
    #[arg(long, value_name = "TARGET")]
    target: Option<Target>,
    /// How to show it [default: terminal]
    #[arg(long, value_enum)]
    format: Option<Shape>,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// The same as --format svg
    #[arg(long, conflicts_with_all = ["format", "json"])]
    svg: bool,
}

/// What a trace is written as.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, ValueEnum)]
enum Shape {
    /// A wide table
    #[default]
    Terminal,
    /// For a mailing list: 72 columns, ASCII
    Text,
    /// docs/schema/replay.json
    Json,
    /// A sequence diagram, with who holds each page
    Svg,
    /// The trace format of Apalache and Quint
    Itf,
}

impl ReplayArguments {
    fn shape(&self) -> Shape {
        match (self.json, self.svg) {
            (true, _) => Shape::Json,
            (_, true) => Shape::Svg,
            _ => self.format.unwrap_or_default(),
        }
    }
}

pub(super) fn replay(arguments: &ReplayArguments) -> Result<Outcome, Error> {
    let path = Path::new(&arguments.schedule);
    let is_line = arguments.schedule.contains(";run=");
    if is_line && arguments.target.is_some() {
        return Err(Error::Name(
            "--target is for a file that a fuzzer wrote, and this is a line: leave it out".into(),
        ));
    }
    if let (Some(target), false) = (arguments.target.or_else(|| Target::of_file(path)), is_line) {
        if arguments.format.is_some() || arguments.json || arguments.svg {
            let why = "what a fuzzer wrote is shown as text alone: leave out --format, --json and --svg";
            return Err(Error::Name(why.into()));
        }
        return case(target, path);
    }
    let schedules = schedules(&arguments.schedule)?;
    if schedules.len() > 1 && matches!(arguments.shape(), Shape::Svg | Shape::Itf) {
        return Err(Error::Schedule(format!(
            "it holds {} runs, and such a document is of one",
            schedules.len()
        )));
    }
    let (mut text, mut error, mut holds) = (String::new(), None, true);
    for schedule in schedules {
        let trace = match Trace::as_far_as_it_fits(schedule) {
            Ok(trace) => trace,
            Err(why) => {
                error.get_or_insert(why);
                continue;
            }
        };
        text.push_str(&shown(&trace, arguments.shape())?);
        // a run that breaks a claim has shown what it was to show, wherever it ends
        let breaks = trace.broken().next().is_some();
        holds &= !breaks;
        if let (Some(ended), false) = (trace.ended, breaks) {
            error.get_or_insert(ended.into());
        }
    }
    let exit = if error.is_some() { Exit::Error } else { Exit::of(holds) };
    Ok(Outcome { text, error, exit })
}

/// A case of a fuzzer again.
#[cfg(feature = "full")]
fn case(target: Target, path: &Path) -> Result<Outcome, Error> {
    super::fuzz::replay(target, path)
}

#[cfg(not(feature = "full"))]
fn case(_: Target, _: &Path) -> Result<Outcome, Error> {
    Err(Error::LeftOut("a file that a fuzzer wrote"))
}

fn shown(trace: &Trace, shape: Shape) -> Result<String, Error> {
    Ok(match shape {
        Shape::Terminal => table(trace),
        Shape::Text => mail::trace(trace),
        Shape::Json => print(&TraceDocument::of(trace, None))?,
        Shape::Svg => svg(trace)?,
        Shape::Itf => print(&itf(trace))?,
    })
}

#[cfg(feature = "full")]
fn svg(trace: &Trace) -> Result<String, Error> {
    Ok(seal_checks::trace::svg::svg(trace) + "\n")
}

#[cfg(not(feature = "full"))]
fn svg(_: &Trace) -> Result<String, Error> {
    Err(Error::LeftOut("`--format svg`"))
}

/// The schedule that was given, or those in a file.
fn schedules(text: &str) -> Result<Vec<Schedule>, Error> {
    if text.contains(";run=") {
        return Ok(vec![text.parse()?]);
    }
    let file =
        |cause| Error::File { path: format!("{text} is neither a schedule nor a file with one"), cause };
    Schedule::all_in(&std::fs::read_to_string(text).map_err(file)?)
}
