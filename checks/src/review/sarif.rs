//! The review as SARIF 2.1.0: a rule for each claim, a result for each claim that a strategy does not keep, and the
//! run that shows it as a thread flow through the model's source.

use seal_model::claim::Claim;
use serde_json::{Value, json};

use super::digest::{Broken, in_short};
use super::json::print;
use super::manifest::Manifest;
use super::{Review, command};
use crate::error::Error;
use crate::trace::sentence::sentence;
use crate::trace::{Trace, TraceStep};
use crate::verdict::Verdict;

/// Where the schema of this format is published.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// What the strategies do not keep. What the manifest expects is a note, unchanged; what it does not, an error, new.
///
/// # Errors
/// As [`Trace::of_refutation`].
pub fn review(review: &Review, expected: &Manifest) -> Result<String, Error> {
    let rules = Claim::ALL.into_iter().map(rule);
    let results = review.broken().into_iter().map(|broken| result(&broken, expected));
    let run = json!({
        "tool": { "driver": {
            "name": "sealcheck",
            "version": env!("CARGO_PKG_VERSION"),
            "informationUri": env!("CARGO_PKG_REPOSITORY"),
            "rules": rules.collect::<Vec<_>>(),
        } },
        "columnKind": "unicodeCodePoints",
        "results": results.collect::<Result<Vec<_>, _>>()?,
    });
    print(&json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] }))
}

fn rule(claim: Claim) -> Value {
    json!({
        "id": claim.name(),
        "shortDescription": { "text": claim.statement() },
        "help": { "text": format!("It speaks of {}.", claim.scope()) },
    })
}

fn result(broken: &Broken<'_>, expected: &Manifest) -> Result<Value, Error> {
    let Broken { strategy, claim, report, refutation, .. } = *broken;
    let trace = Trace::of_refutation(&report.scenario, refutation)?;
    let found = in_short(&Verdict::Refuted(refutation.clone()));
    let known = expected.says(&report.scenario, claim) == Some(found);
    let last = trace.steps.iter().find(|step| step.breaks.contains(&claim)).or(trace.steps.last());
    let steps = trace.steps.iter().map(|step| flow_location(step, claim));
    let (strategy, command) = (strategy.name(), command(&report.scenario, claim));
    Ok(json!({
        "ruleId": claim.name(),
        "ruleIndex": Claim::ALL.iter().position(|other| *other == claim),
        "kind": "fail",
        "level": if known { "note" } else { "error" },
        "baselineState": if known { "unchanged" } else { "new" },
        "message": { "text": format!("{strategy}: {}. {command}", sentence(&trace, claim)) },
        "locations": last.map(|step| vec![location(step, claim)]).unwrap_or_default(),
        "partialFingerprints": { "scenarioAndClaim/v1": format!("{} {}", report.scenario, claim.name()) },
        "codeFlows": [{ "threadFlows": [{ "locations": steps.collect::<Vec<_>>() }] }],
    }))
}

fn flow_location(step: &TraceStep, claim: Claim) -> Value {
    json!({
        "executionOrder": step.number,
        "importance": if step.breaks.contains(&claim) { "essential" } else { "important" },
        "state": step.changes.iter().filter_map(|change| change.split_once(' ')).map(|(cell, change)| {
            (cell.to_owned(), json!({ "text": change }))
        }).collect::<serde_json::Map<_, _>>(),
        "location": location(step, claim),
    })
}

/// Where in the model a step is.
fn location(step: &TraceStep, claim: Claim) -> Value {
    let (file, line) = step.source.split_once(':').unwrap_or((&step.source, "1"));
    let broken =
        if step.breaks.contains(&claim) { format!("; this breaks {}", claim.name()) } else { String::new() };
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": format!("model/src/{file}"), "uriBaseId": "%SRCROOT%" },
            "region": { "startLine": line.parse::<u32>().unwrap_or(1) },
        },
        "logicalLocations": [{ "name": step.function, "kind": "function" }],
        "message": { "text": format!("{}: {}{broken}", step.name, step.text) },
    })
}
