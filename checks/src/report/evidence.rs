//! All that a report shows, as runs find it.

use std::time::{Duration, Instant};

use seal_model::claim::Claim;
use seal_model::scenario::{Method, Scenario, Strategy};

use super::conformance::{Conformance, conform};
use super::growth::growth;
use super::machine::Machine;
use crate::error::Error;
use crate::faults::{self, Killed};
use crate::plot::Series;
use crate::review::engines::EngineReview;
use crate::review::manifest::{CHECKED_IN, Manifest};
use crate::review::plan::{Plan, Size};
use crate::review::{Review, run};
use crate::verdict::{Exit, Report, decide_all, unfit};

/// The evidence.
#[derive(Debug)]
pub struct Evidence {
    /// Strategies against claims, judges against movers.
    pub review: Review,
    /// How it differs from the manifest, if it does.
    pub difference: Option<String>,
    /// The repairs where reclaim is at work, with the count frozen as the slot changes.
    pub(super) frozen: Vec<Report>,
    /// Every seeded fault.
    pub(super) killed: Vec<Killed>,
    /// The model beside the running kernel.
    pub(super) conformance: Conformance,
    /// How the state space grows.
    pub(super) growth: Vec<Series>,
    /// What the engines are recorded to say.
    pub(super) engines: EngineReview,
    /// Where it was made.
    pub(super) machine: Machine,
    /// How long each part took.
    pub(super) times: Vec<(&'static str, Duration)>,
}

impl Evidence {
    /// What is not as it should be: verdicts that the manifest does not expect, faults that their claim does not
    /// refute, calls that the kernel answers otherwise. A kernel that forbids what that takes is none of it.
    pub fn complaints(&self) -> Vec<String> {
        let mut complaints: Vec<String> = self
            .difference
            .iter()
            .map(|difference| format!("not as the manifest expects:\n\n{difference}"))
            .collect();
        let faults = self.killed.iter().filter(|killed| killed.exit() == Exit::NotSo);
        complaints.extend(faults.map(|killed| {
            let (fault, claim) = (killed.fault.name(), killed.fault.breaks().name());
            format!("the fault {fault} is not refuted by {claim}: see `sealcheck faults`")
        }));
        if let Conformance::Run(comparison) = &self.conformance
            && comparison.disagree() > 0
        {
            complaints.push("the kernel answers otherwise than the model: see `sealcheck conform`".into());
        }
        complaints
    }

    /// The scenarios that memory did not suffice for, as one error that names the first.
    pub fn unfit(&self) -> Option<Error> {
        let of_faults = self.killed.iter().flat_map(|killed| [&killed.with, &killed.without]);
        unfit(self.review.reports.iter().chain(of_faults).chain(&self.frozen))
    }
}

/// Run everything, within `max_memory` bytes. `done` is told how many scenarios of the review are finished.
///
/// # Errors
/// The first error of a scenario. A kernel that forbids what conformance takes is no error: the report says so.
pub fn gather(size: Size, max_memory: usize, done: &(dyn Fn(usize) + Sync)) -> Result<Evidence, Error> {
    let mut times = Vec::new();
    let mut timed = |part, since: Instant| times.push((part, since.elapsed()));
    let start = Instant::now();
    // it mostly waits, so it goes on beside the others
    let (conformance, evidence) = std::thread::scope(|scope| {
        let beside = scope.spawn(conform);
        let evidence = explore(size, max_memory, done, &mut timed);
        (beside.join(), evidence)
    });
    let conformance = conformance.unwrap_or_else(|_| Conformance::NotRun("it panicked".into()));
    let Explored { review, frozen, killed, growth } = evidence?;
    timed("all of it", start);
    let difference = review.difference(&Manifest::parse(CHECKED_IN)?)?;
    Ok(Evidence {
        review,
        difference,
        frozen,
        killed,
        conformance,
        growth,
        engines: EngineReview::checked_in()?,
        machine: Machine::this(),
        times,
    })
}

struct Explored {
    review: Review,
    frozen: Vec<Report>,
    killed: Vec<Killed>,
    growth: Vec<Series>,
}

fn explore(
    size: Size,
    max_memory: usize,
    done: &(dyn Fn(usize) + Sync),
    timed: &mut impl FnMut(&'static str, Instant),
) -> Result<Explored, Error> {
    let start = Instant::now();
    let mut review = run(Plan::new(size)?, max_memory, done)?;
    review.interrupted.take().map_or(Ok(()), Err)?;
    timed("the review", start);
    let start = Instant::now();
    let killed = faults::run(max_memory, &|_| ())?;
    timed("the seeded faults", start);
    let start = Instant::now();
    let frozen = frozen(max_memory)?;
    let growth = growth(max_memory)?;
    timed("the repairs under reclaim, and growth", start);
    Ok(Explored { review, frozen, killed, growth })
}

/// Each strategy that leaves its judge open, so can be repaired, beside a reclaim that freezes the count.
fn frozen(max_memory: usize) -> Result<Vec<Report>, Error> {
    let claims = vec![Claim::NoWritablePin, Claim::ContentFrozen];
    let scenarios = Strategy::ALL.into_iter().filter(|strategy| is_repair(*strategy)).map(|strategy| {
        let scenario: Scenario =
            format!("{};with=lookup-pinner;with=reclaim:freeze", strategy.name()).parse()?;
        Ok((scenario, claims.clone()))
    });
    decide_all(&scenarios.collect::<Result<Vec<_>, Error>>()?, max_memory, &|_| ())
}

/// Whether a strategy is one of this project's.
pub(super) fn is_repair(strategy: Strategy) -> bool {
    seal_model::sealer::judge::Judge::ALL.into_iter().all(|judge| strategy.allows(judge))
}

/// The strategies of this project that do the same as another one.
pub(super) fn repairs(method: Method) -> impl Iterator<Item = Strategy> {
    Strategy::ALL.into_iter().filter(move |other| other.method() == method && is_repair(*other))
}
