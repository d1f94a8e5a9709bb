//! What an engine says about each claim, and the exit code that follows. Every engine says it in these words.

mod many;

use std::collections::BTreeSet;
use std::fmt;

#[cfg(feature = "full")]
use schemars::JsonSchema;
use seal_model::claim::{Claim, Kind, Witness};
use seal_model::scenario::Scenario;
use serde::Serialize;

use crate::engine::{Engine, Findings};
use crate::error::Error;
use crate::explore::coverage::Coverage;
use crate::explore::fair::Fairness;
use crate::explore::{Exploration, Job, Means, Progress, Progressed, Refutation, explore_with};
use crate::trace::Trace;

pub use many::{decide_all, decide_known, unfit};

/// What is known about one claim in one scenario.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// True in every state, and every state was seen; a claim of progress under this fairness, and weaker ones
    /// do not suffice.
    Proved(Option<Fairness>),
    /// True in every execution of an engine that runs the actors, and none was left out.
    Held,
    /// Not true; the shortest run that shows it.
    Refuted(Refutation),
    /// True wherever the engine looked, and it looked everywhere, but the states that would make the claim
    /// interesting were never reached.
    Vacuous(Vec<Witness>),
    /// Not refuted before this limit, which left something out.
    Undecided(String),
}

impl Verdict {
    /// Whether every state was seen, and the claim is true in each.
    pub fn is_proved(&self) -> bool {
        matches!(self, Verdict::Proved(_))
    }

    /// What it makes of a command. A claim that says nothing fails only if it was `named`.
    fn exit(&self, named: bool) -> Exit {
        match self {
            Verdict::Proved(_) | Verdict::Held => Exit::AsAsked,
            Verdict::Vacuous(_) if !named => Exit::AsAsked,
            Verdict::Refuted(_) | Verdict::Vacuous(_) => Exit::NotSo,
            Verdict::Undecided(_) => Exit::Undecided,
        }
    }
}

/// `proved`, `held`, `refuted (n steps)`, `vacuous: …`, `undecided: …`.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Proved(None) => f.write_str("proved"),
            Verdict::Proved(Some(fairness)) => write!(f, "proved {}", fairness.name()),
            Verdict::Held => f.write_str("held"),
            Verdict::Refuted(refutation) => write!(f, "refuted ({} steps)", refutation.steps.len()),
            Verdict::Vacuous(missing) => {
                let missing: Vec<_> = missing.iter().map(|witness| witness.statement()).collect();
                write!(f, "vacuous: never seen: {}", missing.join(", "))
            }
            Verdict::Undecided(limit) => write!(f, "undecided: {limit}"),
        }
    }
}

/// How a command ended. Of several the greatest counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Exit {
    /// Every claim asked is true, or everything is as expected.
    AsAsked,
    /// A limit left something out.
    Undecided,
    /// A claim is not true or says nothing, or something is not as expected.
    NotSo,
    /// Bad usage, or an environment that can't serve.
    Error,
}

impl Exit {
    /// The exit code of the program.
    pub fn code(self) -> u8 {
        match self {
            Exit::AsAsked => 0,
            Exit::NotSo => 1,
            Exit::Error => 2,
            Exit::Undecided => 3,
        }
    }

    /// Whether something that was compared is as it should be.
    pub fn of(as_asked: bool) -> Self {
        if as_asked { Exit::AsAsked } else { Exit::NotSo }
    }
}

/// The result of one scenario, whichever engine gives it.
#[derive(Debug)]
pub struct Report {
    /// Which engine.
    pub engine: Engine,
    /// What was explored, or run.
    pub scenario: Scenario,
    /// A verdict for each claim asked, in the order asked.
    pub verdicts: Vec<(Claim, Verdict)>,
    /// The states that were reached among those a verdict needs.
    pub witnessed: Vec<Witness>,
    /// States, transitions, depth, bytes, time; of an engine that runs the actors, the time alone.
    pub figures: Progress,
    /// What an engine that runs the actors found.
    pub ran: Option<Findings>,
    /// The ends that sequential consistency allows, where those of the runs were compared with them.
    pub allowed: Option<BTreeSet<String>>,
    /// Which kinds of accesses could be made at the same time, if that was asked.
    pub coverage: Option<Coverage>,
    /// A run that is fair by a weaker fairness than the one under which the call returns, where it does not.
    pub starves_under: Option<(Fairness, Refutation)>,
    /// The run that breaks `count-law`, where it was not asked for: nothing is proved then, for counts that are wrong
    /// mean nothing from there on.
    pub unlawful: Option<Refutation>,
    /// What was given up of the reduction that was asked for, in words, if anything was.
    pub given_up: Option<String>,
    /// Why the last checkpoint could not be written, where one was asked for. No verdict depends on it.
    pub unkept: Option<Error>,
    /// Why the exploration ended early, if it did.
    pub stopped: Option<Error>,
}

impl Report {
    /// How a command ends that has nothing else to say; `named`: the claims were asked for by name. Where no claim
    /// was judged nothing is decided.
    pub fn exit(&self, named: bool) -> Exit {
        let nothing = if self.verdicts.is_empty() { Exit::Undecided } else { Exit::AsAsked };
        let kept = if self.unkept.is_some() { Exit::Error } else { Exit::AsAsked };
        let forbidden = Exit::of(self.forbidden().next().is_none());
        let verdicts = self.verdicts.iter().map(|(_, verdict)| verdict.exit(named));
        verdicts.fold(nothing.max(forbidden).max(kept), Exit::max)
    }

    /// The ends that runs came to and that are not allowed.
    pub fn forbidden(&self) -> impl Iterator<Item = &String> {
        let ends = self.ran.iter().flat_map(|ran| ran.outcomes.keys());
        ends.filter(|end| self.allowed.as_ref().is_some_and(|allowed| !allowed.contains(*end)))
    }

    /// The ends that are allowed and that no run came to.
    pub fn unseen(&self) -> impl Iterator<Item = &String> {
        let seen = |end: &&String| self.ran.as_ref().is_some_and(|ran| ran.outcomes.contains_key(*end));
        self.allowed.iter().flatten().filter(move |end| !seen(end))
    }

    /// Whether counts are right in every state that was found.
    fn is_lawful(&self) -> bool {
        self.unlawful.is_none() && !matches!(self.verdict(Claim::CountLaw), Some(Verdict::Refuted(_)))
    }

    /// The limit that ended the run, if one did.
    pub fn limit(&self) -> Option<String> {
        let stopped = self.stopped.as_ref().map(ToString::to_string);
        stopped.or_else(|| self.ran.as_ref()?.bounded.clone())
    }

    /// A refutation of this report, run again on the source.
    ///
    /// # Errors
    /// As [`Trace::of_refutation`].
    pub fn trace(&self, refutation: &Refutation) -> Result<Trace, Error> {
        match self.ran {
            Some(_) => Trace::of_weak_refutation(&self.scenario, refutation),
            None => Trace::of_refutation(&self.scenario, refutation),
        }
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
        let how = match &self.ran {
            Some(ran) if ran.is_complete() => format!("every execution under {}", self.engine.name()),
            None if self.stopped.is_none() && self.is_lawful() => "exhaustive".to_owned(),
            None if self.stopped.is_none() => "exhaustive up to the first wrong counts".to_owned(),
            _ => "not exhaustive".to_owned(),
        };
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
    let Exploration {
        coverage,
        refuted,
        witnessed,
        figures,
        progressed,
        undecided,
        given_up,
        unkept,
        stopped,
    } = exploration;
    let Progressed { holds_under, starves_under } =
        progressed.unwrap_or(Progressed { holds_under: None, starves_under: None });
    let starved = starves_under.as_ref().filter(|_| holds_under.is_none()).map(|(_, run)| run);
    let refutation =
        |claim| refuted.iter().chain(starved).find(|refutation: &&Refutation| refutation.claim == claim);
    // nothing is explored beyond a state whose counts are wrong
    let law_broken = refutation(Claim::CountLaw).cloned();
    let verdict = |&claim: &Claim| {
        let verdict = if let Some(refutation) = refutation(claim) {
            Verdict::Refuted(refutation.clone())
        } else if let Some(stopped) = &stopped {
            Verdict::Undecided(limit(stopped, &format!("after {} states", figures.states)))
        } else if law_broken.is_some() {
            Verdict::Undecided("the first wrong counts: count-law is refuted".into())
        } else if let (Kind::Progress, Some(undecided)) = (claim.kind(), &undecided) {
            Verdict::Undecided(limit(undecided, &format!("for the graph of {} states", figures.states)))
        } else {
            let fairness = if claim.kind() == Kind::Progress { holds_under } else { None };
            unless_vacuous(claim, &witnessed, Verdict::Proved(fairness))
        };
        (claim, verdict)
    };
    let verdicts = job.claims.iter().map(verdict).collect();
    Report {
        engine: Engine::Explicit,
        scenario: scenario.clone(),
        verdicts,
        witnessed,
        figures,
        ran: None,
        allowed: None,
        coverage,
        starves_under,
        unlawful: law_broken.filter(|_| !job.claims.contains(&Claim::CountLaw)),
        given_up,
        unkept,
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

/// A claim that is true wherever it was looked at says nothing where its witnesses were not seen.
fn unless_vacuous(claim: Claim, witnessed: &[Witness], holds: Verdict) -> Verdict {
    let missing = |witness: &Witness| !witnessed.contains(witness);
    let missing: Vec<_> = claim.witnesses().iter().copied().filter(missing).collect();
    if missing.is_empty() { holds } else { Verdict::Vacuous(missing) }
}

impl Findings {
    /// What is known about a claim that this engine was asked.
    pub fn verdict(&self, claim: Claim) -> Verdict {
        if let Some(broken) = self.broken.iter().find(|broken| broken.claim == claim) {
            let steps = broken.steps.clone();
            return Verdict::Refuted(Refutation { claim, steps, alone_from: None, cycle_from: None });
        }
        if let Some(limit) = &self.bounded {
            return Verdict::Undecided(limit.clone());
        }
        unless_vacuous(claim, &self.witnessed, Verdict::Held)
    }
}

/// What an engine that runs the actors says about each claim that it was asked, and of the ends of its runs where
/// they are compared with those that are `allowed`.
pub fn report_of_runs(
    scenario: &Scenario,
    claims: &[Claim],
    findings: Findings,
    allowed: Option<BTreeSet<String>>,
) -> Report {
    Report {
        engine: findings.engine,
        scenario: scenario.clone(),
        verdicts: claims.iter().map(|claim| (*claim, findings.verdict(*claim))).collect(),
        witnessed: findings.witnessed.clone(),
        figures: Progress { elapsed: findings.elapsed, ..Progress::default() },
        ran: Some(findings),
        allowed,
        coverage: None,
        starves_under: None,
        unlawful: None,
        given_up: None,
        unkept: None,
        stopped: None,
    }
}

/// The figures of a run, for `--json`. Null: the engine has no such number.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "full", derive(JsonSchema))]
pub struct Figures {
    /// Distinct states.
    pub states: Option<usize>,
    /// Transitions taken.
    pub transitions: Option<usize>,
    /// Levels of the breadth-first search: the longest of the shortest runs.
    pub depth: Option<usize>,
    /// Bytes that the states took.
    pub bytes: Option<usize>,
    /// Runs of the actors.
    pub executions: Option<usize>,
    /// Milliseconds.
    pub milliseconds: u128,
}

impl From<&Report> for Figures {
    fn from(report: &Report) -> Self {
        let Progress { states, transitions, depth, bytes, elapsed, .. } = report.figures;
        let explored = |number| report.ran.is_none().then_some(number);
        Figures {
            states: explored(states),
            transitions: explored(transitions),
            depth: explored(depth),
            bytes: explored(bytes),
            executions: report.ran.as_ref().map(|ran| ran.executions),
            milliseconds: elapsed.as_millis(),
        }
    }
}
