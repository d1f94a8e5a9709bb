//! What an exploration says about each claim.

use std::fmt;

use schemars::JsonSchema;
use seal_model::claim::{Claim, Kind, Witness};
use seal_model::scenario::Scenario;
use serde::Serialize;

use crate::coverage::Coverage;
use crate::error::Error;
use crate::explore::fair::Fairness;
use crate::explore::{Exploration, Job, Means, Progress, Progressed, Refutation, explore_with};

/// What is known about one claim in one scenario.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// True in every state, and every state was seen; a claim of progress under this fairness, and weaker ones
    /// do not suffice.
    Proved(Option<Fairness>),
    /// Not true; the shortest run that shows it.
    Refuted(Refutation),
    /// True in every state, but the states that would make it interesting were never reached.
    Vacuous(Vec<Witness>),
    /// True as far as the exploration came before its limit.
    Bounded(String),
}

impl Verdict {
    /// Whether the claim holds.
    pub fn is_proved(&self) -> bool {
        matches!(self, Verdict::Proved(_))
    }
}

/// `proved`, `refuted (n steps)`, `vacuous: …`, `bounded by …`.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Proved(None) => f.write_str("proved"),
            Verdict::Proved(Some(fairness)) => write!(f, "proved {}", fairness.name()),
            Verdict::Refuted(refutation) => write!(f, "refuted ({} steps)", refutation.steps.len()),
            Verdict::Vacuous(missing) => {
                let missing: Vec<_> = missing.iter().map(|witness| witness.statement()).collect();
                write!(f, "vacuous: never seen: {}", missing.join(", "))
            }
            Verdict::Bounded(limit) => write!(f, "bounded by {limit}"),
        }
    }
}

/// The result of one scenario.
#[derive(Debug)]
pub struct Report {
    /// What was explored.
    pub scenario: Scenario,
    /// A verdict for each claim asked, in the order asked.
    pub verdicts: Vec<(Claim, Verdict)>,
    /// The states that were reached among those a verdict needs.
    pub witnessed: Vec<Witness>,
    /// States, transitions, depth, bytes, time.
    pub figures: Progress,
    /// Which kinds of accesses could be made at the same time, if that was asked.
    pub coverage: Option<Coverage>,
    /// A run that is fair by a weaker fairness than the one under which the call returns, where it does not.
    pub starves_under: Option<(Fairness, Refutation)>,
    /// Why the exploration ended early, if it did.
    pub stopped: Option<Error>,
}

impl Report {
    /// Whether no claim is refuted and none is bounded; and if the claims were `asked` by name, none is vacuous.
    pub fn holds(&self, asked: bool) -> bool {
        let holds = |verdict: &Verdict| match verdict {
            Verdict::Proved(_) => true,
            Verdict::Vacuous(_) => !asked,
            Verdict::Refuted(_) | Verdict::Bounded(_) => false,
        };
        self.verdicts.iter().all(|(_, verdict)| holds(verdict))
    }

    /// The verdict on one claim, if it was asked.
    pub fn verdict(&self, claim: Claim) -> Option<&Verdict> {
        self.verdicts.iter().find(|(asked, _)| *asked == claim).map(|(_, verdict)| verdict)
    }

    /// The bounds that a verdict of this report is true in.
    pub fn bounds(&self) -> String {
        let cast: Vec<_> = self.scenario.cast().iter().map(ToString::to_string).collect();
        let pages =
            if self.scenario.pages == 1 { "1 page".into() } else { format!("{} pages", self.scenario.pages) };
        let how = if self.stopped.is_some() { "not exhaustive" } else { "exhaustive" };
        let scenario = &self.scenario;
        let flush = if scenario.early_flush { "early" } else { "late" };
        let mut bounds = format!(
            "{how} for {pages}, {}, pin weight {}, LAST_SCAN {}, {flush} flush",
            cast.join(" + "),
            scenario.pin_weight,
            scenario.last_scan,
        );
        let more = [
            (scenario.folio > 1, format!(", folios of {}", scenario.folio)),
            (scenario.allocation_may_fail, ", ENOMEM possible".into()),
            (!scenario.signals, ", no signals".into()),
            (scenario.children_first, ", children unmapped first".into()),
        ];
        more.iter().filter(|(said, _)| *said).for_each(|(_, text)| bounds.push_str(text));
        bounds
    }
}

/// Explore a scenario and say what is known about each claim.
///
/// # Errors
/// As [`explore_with`].
pub fn decide(scenario: &Scenario, job: &Job<'_>) -> Result<Report, Error> {
    decide_with(scenario, job, &Means::default())
}

/// The same by other means than one thread.
///
/// # Errors
/// As [`explore_with`].
pub fn decide_with(scenario: &Scenario, job: &Job<'_>, means: &Means) -> Result<Report, Error> {
    Ok(report(scenario, job, explore_with(scenario, job, means)?))
}

/// What an exploration says about each claim of the job.
pub fn report(scenario: &Scenario, job: &Job<'_>, exploration: Exploration) -> Report {
    let Exploration { coverage, refuted, witnessed, figures, progressed, undecided, stopped } = exploration;
    let Progressed { holds_under, starves_under } =
        progressed.unwrap_or(Progressed { holds_under: None, starves_under: None });
    let starved = starves_under.as_ref().filter(|_| holds_under.is_none()).map(|(_, run)| run);
    let refutation =
        |claim| refuted.iter().chain(starved).find(|refutation: &&Refutation| refutation.claim == claim);
    // nothing is explored beyond a state whose counts are wrong
    let law_broken = refutation(Claim::CountLaw).is_some();
    let verdict = |&claim: &Claim| {
        let verdict = if let Some(refutation) = refutation(claim) {
            Verdict::Refuted(refutation.clone())
        } else if let Some(stopped) = &stopped {
            Verdict::Bounded(limit(stopped, &format!("after {} states", figures.states)))
        } else if law_broken {
            Verdict::Bounded("the first wrong counts: count-law is refuted".into())
        } else if let (Kind::Progress, Some(undecided)) = (claim.kind(), &undecided) {
            Verdict::Bounded(limit(undecided, &format!("for the graph of {} states", figures.states)))
        } else {
            let missing = |witness: &Witness| !witnessed.contains(witness);
            let missing: Vec<_> = claim.witnesses().iter().copied().filter(missing).collect();
            let fairness = if claim.kind() == Kind::Progress { holds_under } else { None };
            if missing.is_empty() { Verdict::Proved(fairness) } else { Verdict::Vacuous(missing) }
        };
        (claim, verdict)
    };
    let verdicts = job.claims.iter().map(verdict).collect();
    Report {
        scenario: scenario.clone(),
        verdicts,
        witnessed,
        figures,
        coverage,
        starves_under,
        stopped: stopped.or(undecided),
    }
}

/// What ended a run before its end, and how far it had come.
fn limit(ended_by: &Error, how_far: &str) -> String {
    match ended_by {
        Error::Interrupted(_) => format!("interrupted {how_far}"),
        _ => format!("memory, {how_far}"),
    }
}

/// The figures of a run, for `--json`.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Figures {
    /// Distinct states.
    pub states: usize,
    /// Transitions taken.
    pub transitions: usize,
    /// Levels of the breadth-first search: the longest of the shortest runs.
    pub depth: usize,
    /// Bytes that the states took.
    pub bytes: usize,
    /// Milliseconds.
    pub milliseconds: u128,
}

impl From<Progress> for Figures {
    fn from(progress: Progress) -> Self {
        let Progress { states, transitions, depth, bytes, elapsed, .. } = progress;
        Figures { states, transitions, depth, bytes, milliseconds: elapsed.as_millis() }
    }
}
