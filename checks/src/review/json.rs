//! The review for machines. `docs/schema` holds the schemas of these documents, written from the types below.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use seal_model::claim::{Claim, Witness};
use serde::Serialize;

use super::{Review, command, told};
use crate::error::Error;
use crate::explore::fair::Fairness;
use crate::trace::{Trace, TraceStep};
use crate::verdict::{Figures, Report, Verdict};

/// A review: every scenario that was asked.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReviewDocument {
    /// One for each scenario of the plan.
    scenarios: Vec<ScenarioDocument>,
}

/// What is known about one scenario.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ScenarioDocument {
    /// In one line, as `sealcheck replay` and the manifest have it.
    scenario: String,
    /// What every verdict below is true in.
    bounds: String,
    /// One for each claim that was asked.
    verdicts: Vec<VerdictDocument>,
    /// The states that were reached among those a verdict needs, in words.
    witnessed: Vec<&'static str>,
    /// A run on which the call does not return, under a fairness that does not suffice for it to return.
    starves: Option<StarvesDocument>,
    /// What it cost.
    figures: Figures,
    /// The counterexamples, where they were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    traces: Vec<TraceDocument>,
}

/// A claim and what is known about it.
#[derive(Debug, Serialize, JsonSchema)]
struct VerdictDocument {
    /// The claim's name.
    claim: &'static str,
    /// The claim in words.
    statement: &'static str,
    #[serde(flatten)]
    verdict: Known,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "verdict", rename_all = "lowercase")]
enum Known {
    /// True in every state, and every state was seen.
    Proved {
        /// Whom it takes to move, for a claim of progress.
        #[serde(skip_serializing_if = "Option::is_none")]
        fairness: Option<&'static str>,
    },
    /// Not true.
    Refuted {
        /// Of the shortest counterexample.
        steps: usize,
        /// What happens in it.
        sentence: Option<String>,
        /// Shows it.
        command: String,
    },
    /// True in every state, but what would make it interesting was never reached.
    Vacuous {
        /// What was never reached.
        never_seen: Vec<&'static str>,
    },
    /// Not refuted before a limit ended the exploration.
    Bounded {
        /// The limit.
        by: String,
    },
}

#[derive(Debug, Serialize, JsonSchema)]
struct StarvesDocument {
    fairness: &'static str,
    schedule: String,
}

/// A run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TraceDocument {
    /// The claim that it refutes, where it was looked for to do so.
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<&'static str>,
    /// The run as a line, for `sealcheck replay`.
    schedule: String,
    /// Whether nobody can move at its end, and somebody is not done.
    deadlock: bool,
    /// What happens.
    steps: Vec<TraceStep>,
}

impl ReviewDocument {
    /// All that a review found.
    ///
    /// # Errors
    /// As [`told`].
    pub fn of(review: &Review) -> Result<Self, Error> {
        let scenarios = review.reports.iter().map(|report| ScenarioDocument::of(report, &[]));
        Ok(ReviewDocument { scenarios: scenarios.collect::<Result<_, _>>()? })
    }
}

impl ScenarioDocument {
    /// What was found about one scenario, with counterexamples.
    ///
    /// # Errors
    /// As [`told`].
    pub fn of(report: &Report, traces: &[(Claim, Trace)]) -> Result<Self, Error> {
        let verdicts = report.verdicts.iter().map(|(claim, verdict)| {
            let verdict = Known::of(report, *claim, verdict)?;
            Ok(VerdictDocument { claim: claim.name(), statement: claim.statement(), verdict })
        });
        let starves = report.starves_under.as_ref().map(|(fairness, run)| -> Result<_, Error> {
            let schedule = Trace::of_refutation(&report.scenario, run)?.schedule.to_string();
            Ok(StarvesDocument { fairness: fairness.statement(), schedule })
        });
        Ok(ScenarioDocument {
            scenario: report.scenario.to_string(),
            bounds: report.bounds(),
            verdicts: verdicts.collect::<Result<_, Error>>()?,
            witnessed: report.witnessed.iter().copied().map(Witness::statement).collect(),
            starves: starves.transpose()?,
            figures: Figures::from(report.figures),
            traces: traces.iter().map(|(claim, trace)| TraceDocument::of(trace, Some(*claim))).collect(),
        })
    }
}

impl Known {
    fn of(report: &Report, claim: Claim, verdict: &Verdict) -> Result<Self, Error> {
        Ok(match verdict {
            Verdict::Proved(fairness) => Known::Proved { fairness: fairness.map(Fairness::statement) },
            Verdict::Refuted(refutation) => Known::Refuted {
                steps: refutation.steps.len(),
                sentence: told(report, claim)?,
                command: command(&report.scenario, claim),
            },
            Verdict::Vacuous(missing) => {
                Known::Vacuous { never_seen: missing.iter().copied().map(Witness::statement).collect() }
            }
            Verdict::Bounded(limit) => Known::Bounded { by: limit.clone() },
        })
    }
}

impl TraceDocument {
    /// A run, and the claim that it was found to refute.
    pub fn of(trace: &Trace, claim: Option<Claim>) -> Self {
        TraceDocument {
            claim: claim.map(Claim::name),
            schedule: trace.schedule.to_string(),
            deadlock: trace.deadlock,
            steps: trace.steps.clone(),
        }
    }
}

/// The published schemas: the name of each file in `docs/schema`, and what it holds.
pub fn schemas() -> [(&'static str, schemars::Schema); 3] {
    let generator = || SchemaSettings::draft2020_12().for_serialize().into_generator();
    [
        ("review", generator().into_root_schema_for::<ReviewDocument>()),
        ("check", generator().into_root_schema_for::<ScenarioDocument>()),
        ("replay", generator().into_root_schema_for::<TraceDocument>()),
    ]
}

/// A document as `--json` prints it.
///
/// # Errors
/// [`Error::Document`], which would be a bug.
pub fn print(document: &impl Serialize) -> Result<String, Error> {
    let text = serde_json::to_string_pretty(document).map_err(|error| Error::Document(error.to_string()))?;
    Ok(text + "\n")
}
