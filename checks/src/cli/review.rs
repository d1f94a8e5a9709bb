//! `sealcheck review`

use std::fmt::Write;
use std::fs;
use std::path::Path;

use clap::Args;
use seal_checks::error::Error;
use seal_checks::review;
use seal_checks::review::manifest::{CHECKED_IN, Manifest};
use seal_checks::review::plan::{Plan, Size};
use seal_checks::review::{Review, command, run, text, told};
use seal_checks::trace::Trace;
use seal_checks::verdict::{Figures, Report, Verdict};
use serde_json::{Value, json};

use super::{Outcome, memory, most_of_free_memory, progress};

/// Where `--bless` writes, from the root of a checkout.
const MANIFEST: &str = "checks/manifest.toml";
/// The same with `--engines`.
const ENGINES: &str = "checks/engines.toml";

#[derive(Args, Debug, Default)]
pub(super) struct ReviewArguments {
    /// The default: seconds
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// Two pages and larger casts: minutes
    #[arg(long)]
    full: bool,
    /// All engines beside each other, and what loom's cuts cover: a minute or two
    #[arg(long, conflicts_with_all = ["full", "quick", "json"])]
    engines: bool,
    /// Every verdict as JSON
    #[arg(long)]
    json: bool,
    /// Write the results into checks/manifest.toml, to be reviewed as a diff
    #[arg(long)]
    bless: bool,
    /// At most this much memory, such as 512M or 8G [default: most of what is free]
    #[arg(long, value_parser = memory)]
    max_memory: Option<usize>,
}

pub(super) fn review(arguments: &ReviewArguments) -> Result<Outcome, Error> {
    if arguments.engines {
        return engines(arguments);
    }
    let size = if arguments.full { Size::Full } else { Size::Quick };
    let max_memory = arguments.max_memory.unwrap_or_else(most_of_free_memory);
    let expected = if arguments.bless { Manifest::default() } else { Manifest::parse(CHECKED_IN)? };
    let review = run(Plan::new(size)?, max_memory, &progress::reviewing)?;
    progress::over();
    let found = Manifest::of(&review.reports);
    let mut text = if arguments.json { as_json(&review)? } else { text::text(&review)? };
    if arguments.bless {
        bless(&found, size)?;
        return Ok(Outcome { text, error: None, holds: true });
    }
    let difference = found.difference(&expected)?;
    if !arguments.json {
        text.push_str(match &difference {
            None => "Every result is as the manifest expects.\n",
            Some(_) => "\nNot as the manifest expects:\n\n",
        });
    }
    match &difference {
        Some(difference) if arguments.json => eprintln!("{difference}"),
        Some(difference) => text.push_str(difference),
        None => {}
    }
    Ok(Outcome { text, error: None, holds: difference.is_none() })
}

/// The engines beside each other.
fn engines(arguments: &ReviewArguments) -> Result<Outcome, Error> {
    let max_memory = arguments.max_memory.unwrap_or_else(most_of_free_memory);
    let scenarios: Vec<_> =
        Plan::new(Size::Quick)?.jobs().into_iter().map(|(scenario, _)| scenario).collect();
    let review = review::engines::review(&scenarios, max_memory)?;
    let mut text = review.text();
    if arguments.bless {
        write(ENGINES, &review.manifest()?)?;
        return Ok(Outcome { text, error: None, holds: true });
    }
    let difference = review.difference()?;
    match &difference {
        None => text.push_str("\nEvery result is as the manifest expects.\n"),
        Some(difference) => {
            let _ = write!(text, "\nNot as the manifest expects:\n\n{difference}");
        }
    }
    Ok(Outcome { text, error: None, holds: difference.is_none() })
}

fn write(path: &str, text: &str) -> Result<(), Error> {
    let named = |cause| Error::File { path: format!("{path} (run this from the root of a checkout)"), cause };
    fs::write(path, text).map_err(named)
}

/// Write what was found. A quick run keeps what the manifest says of the full one.
fn bless(found: &Manifest, size: Size) -> Result<(), Error> {
    let path = Path::new(MANIFEST);
    let file =
        |cause| Error::File { path: format!("{MANIFEST} (run this from the root of a checkout)"), cause };
    let before = fs::read_to_string(path).map_err(file)?;
    let manifest = match size {
        Size::Full => found.clone(),
        Size::Quick => found.clone().or(Manifest::parse(&before)?),
    };
    write(MANIFEST, &manifest.text()?)
}

fn as_json(review: &Review) -> Result<String, Error> {
    let rows: Vec<Value> = review.reports.iter().map(report_json).collect::<Result<_, _>>()?;
    Ok(format!("{:#}\n", json!({ "scenarios": rows })))
}

/// A report as JSON, each refuted claim with its sentence and its command.
pub(super) fn report_json(report: &Report) -> Result<Value, Error> {
    let mut verdicts = Vec::new();
    for (claim, verdict) in &report.verdicts {
        let mut row = json!({ "claim": claim.name(), "statement": claim.statement() });
        match verdict {
            Verdict::Proved(fairness) => {
                row["verdict"] = json!("proved");
                if let Some(fairness) = fairness {
                    row["fairness"] = json!(fairness.statement());
                }
            }
            Verdict::Refuted(refutation) => {
                row["verdict"] = json!("refuted");
                row["steps"] = json!(refutation.steps.len());
                row["sentence"] = json!(told(report, *claim)?);
                row["command"] = json!(command(&report.scenario, *claim));
            }
            Verdict::Vacuous(missing) => {
                row["verdict"] = json!("vacuous");
                let missing: Vec<_> = missing.iter().map(|witness| witness.statement()).collect();
                row["never_seen"] = json!(missing);
            }
            Verdict::Bounded(limit) => {
                row["verdict"] = json!("bounded");
                row["by"] = json!(limit);
            }
        }
        verdicts.push(row);
    }
    let witnessed: Vec<_> = report.witnessed.iter().map(|witness| witness.statement()).collect();
    let starved = report.starves_under.as_ref().map(|(fairness, run)| -> Result<Value, Error> {
        let schedule = Trace::of_refutation(&report.scenario, run)?.schedule;
        Ok(json!({ "fairness": fairness.statement(), "schedule": schedule.to_string() }))
    });
    Ok(json!({
        "starves": starved.transpose()?,
        "scenario": report.scenario.to_string(),
        "bounds": report.bounds(),
        "verdicts": verdicts,
        "witnessed": witnessed,
        "figures": Figures::from(report.figures),
    }))
}
