//! The review for machines. `docs/schema` holds the schemas of these documents, written from the types below.

#[cfg(feature = "full")]
use schemars::JsonSchema;
#[cfg(feature = "full")]
use schemars::generate::SchemaSettings;
use seal_model::claim::{Claim, Witness};
use serde::Serialize;

use super::{Review, command_of_report, told};
use crate::error::Error;
use crate::explore::fair::Fairness;
use crate::trace::{Ended, Trace, TraceStep};
use crate::verdict::{Figures, Report, Verdict};

/// A review: every scenario that was asked.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "full", derive(JsonSchema))]
pub struct ReviewDocument {
    /// One for each scenario of the plan.
    scenarios: Vec<ScenarioDocument>,
}

/// What is known about one scenario.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "full", derive(JsonSchema))]
pub struct ScenarioDocument {
    /// In one line, as `sealcheck replay` and the manifest have it.
    scenario: String,
    /// What explored it, or ran it: see `sealcheck list engines`.
    engine: &'static str,
    /// What every verdict below is true in.
    bounds: String,
    /// The limit that ended the run, if one did.
    limit: Option<String>,
    /// One for each claim that was asked and that the engine judges.
    verdicts: Vec<VerdictDocument>,
    /// The claims that concern the scenario and that this engine does not judge, unless claims were asked by name.
    not_judged: Vec<&'static str>,
    /// The states that were reached among those a verdict needs, in words.
    witnessed: Vec<&'static str>,
    /// A run on which the call does not return, under a fairness that does not suffice for it to return.
    starves: Option<StarvesDocument>,
    /// A run that makes the counts wrong, where `count-law` was not asked for: nothing is proved then.
    wrong_counts: Option<String>,
    /// How the runs ended; none of an engine that explores states.
    ends: Vec<EndDocument>,
    /// What it cost.
    figures: Figures,
    /// The counterexamples, where they were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    traces: Vec<TraceDocument>,
}

/// A claim and what is known about it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "full", derive(JsonSchema))]
struct VerdictDocument {
    /// The claim's name.
    claim: &'static str,
    /// The claim in words.
    statement: &'static str,
    #[serde(flatten)]
    verdict: Known,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "full", derive(JsonSchema))]
#[serde(tag = "verdict", rename_all = "lowercase")]
enum Known {
    /// True in every state, and every state was seen.
    Proved {
        /// Whom it takes to move, for a claim of progress.
        #[serde(skip_serializing_if = "Option::is_none")]
        fairness: Option<&'static str>,
    },
    /// True in every execution of an engine that runs the actors, and none was left out.
    Held,
    /// Not true.
    Refuted {
        /// Of the shortest counterexample.
        steps: usize,
        /// What happens in it.
        sentence: Option<String>,
        /// Shows it.
        command: String,
        /// How many executions broke it; null of an engine that explores states.
        executions: Option<usize>,
        /// The first of them, counted from 1.
        first_execution: Option<usize>,
    },
    /// True wherever the engine looked, but what would make it interesting was never reached.
    Vacuous {
        /// What was never reached.
        never_seen: Vec<&'static str>,
    },
    /// Not refuted before a limit, which left something out.
    Undecided {
        /// The limit.
        by: String,
    },
}

/// How runs ended.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "full", derive(JsonSchema))]
struct EndDocument {
    /// What each actor returned, and what a recipient is left with.
    end: String,
    /// How many executions came to it.
    times: usize,
    /// Whether sequential consistency has it; null where that was not compared.
    allowed: Option<bool>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "full", derive(JsonSchema))]
struct StarvesDocument {
    fairness: &'static str,
    schedule: String,
}

/// A run.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "full", derive(JsonSchema))]
pub struct TraceDocument {
    /// The claim that it refutes, where it was looked for to do so.
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<&'static str>,
    /// The run as a line, for `sealcheck replay`.
    schedule: String,
    /// Whether no actor can move at its end, and one is not done.
    deadlock: bool,
    /// Claims that its last part breaks: by what the sealer does alone, or by what repeats for ever.
    breaks: Vec<&'static str>,
    /// The strongest fairness that what repeats for ever is fair by, in words.
    fairness: Option<&'static str>,
    /// The step at which the run ends, if it ends before its schedule does.
    ended: Option<Ended>,
    /// What happens.
    steps: Vec<TraceStep>,
}

impl ReviewDocument {
    /// All that a review found.
    ///
    /// # Errors
    /// As [`told`].
    pub fn of(review: &Review) -> Result<Self, Error> {
        let scenarios = review.reports.iter().map(|report| ScenarioDocument::of(report, &[], &[]));
        Ok(ReviewDocument { scenarios: scenarios.collect::<Result<_, _>>()? })
    }
}

impl ScenarioDocument {
    /// What was found about one scenario, with counterexamples, and with the claims that the engine does not judge.
    ///
    /// # Errors
    /// As [`told`].
    pub fn of(report: &Report, not_judged: &[Claim], traces: &[(Claim, Trace)]) -> Result<Self, Error> {
        let verdicts = report.verdicts.iter().map(|(claim, verdict)| {
            let verdict = Known::of(report, *claim, verdict)?;
            Ok(VerdictDocument { claim: claim.name(), statement: claim.statement(), verdict })
        });
        let starves = report.starves_under.as_ref().map(|(fairness, run)| -> Result<_, Error> {
            let schedule = report.trace(run)?.schedule.to_string();
            Ok(StarvesDocument { fairness: fairness.statement(), schedule })
        });
        let wrong_counts = report.unlawful.as_ref().map(|run| report.trace(run));
        Ok(ScenarioDocument {
            scenario: report.scenario.to_string(),
            engine: report.engine.name(),
            bounds: report.bounds(),
            limit: report.limit(),
            verdicts: verdicts.collect::<Result<_, Error>>()?,
            not_judged: not_judged.iter().copied().map(Claim::name).collect(),
            witnessed: report.witnessed.iter().copied().map(Witness::statement).collect(),
            starves: starves.transpose()?,
            wrong_counts: wrong_counts.transpose()?.map(|trace| trace.schedule.to_string()),
            ends: ends(report),
            figures: Figures::from(report),
            traces: traces.iter().map(|(claim, trace)| TraceDocument::of(trace, Some(*claim))).collect(),
        })
    }
}

impl Known {
    fn of(report: &Report, claim: Claim, verdict: &Verdict) -> Result<Self, Error> {
        Ok(match verdict {
            Verdict::Proved(fairness) => Known::Proved { fairness: fairness.map(Fairness::statement) },
            Verdict::Held => Known::Held,
            Verdict::Refuted(refutation) => {
                let broken =
                    report.ran.iter().flat_map(|ran| &ran.broken).find(|broken| broken.claim == claim);
                Known::Refuted {
                    steps: refutation.steps.len(),
                    sentence: told(report, claim)?,
                    command: command_of_report(report, claim),
                    executions: broken.map(|broken| broken.times),
                    first_execution: broken.map(|broken| broken.first),
                }
            }
            Verdict::Vacuous(missing) => {
                Known::Vacuous { never_seen: missing.iter().copied().map(Witness::statement).collect() }
            }
            Verdict::Undecided(limit) => Known::Undecided { by: limit.clone() },
        })
    }
}

/// The ends that runs came to, and those that are allowed and were not seen.
fn ends(report: &Report) -> Vec<EndDocument> {
    let seen = report.ran.iter().flat_map(|ran| &ran.outcomes);
    let unseen = report.unseen().map(|end| (end, &0));
    let allowed = |end: &String| report.allowed.as_ref().map(|allowed| allowed.contains(end));
    let document = |(end, times): (&String, &usize)| EndDocument {
        end: end.clone(),
        times: *times,
        allowed: allowed(end),
    };
    seen.chain(unseen).map(document).collect()
}

impl TraceDocument {
    /// A run, and the claim that it was found to refute.
    pub fn of(trace: &Trace, claim: Option<Claim>) -> Self {
        TraceDocument {
            claim: claim.map(Claim::name),
            schedule: trace.schedule.to_string(),
            deadlock: trace.deadlock,
            breaks: trace.breaks.iter().copied().map(Claim::name).collect(),
            fairness: trace.fairness.map(Fairness::statement),
            ended: trace.ended.clone(),
            steps: trace.steps.clone(),
        }
    }
}

/// The published schemas: the name of each file in `docs/schema`, and what it holds.
#[cfg(feature = "full")]
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
