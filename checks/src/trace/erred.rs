//! The step at which a judge erred: the last load on which a wrong decision about a page rests.

use seal_model::access::{Access, Page};
use seal_model::claim::{Account, Claim};
use seal_model::scenario::Actor;

use super::{Trace, TraceStep};

/// Where the judge of a trace was deceived.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Erred {
    /// The steps of its loads, counted from 0; the decision rests on them, and was wrong at the last.
    pub loads: Vec<usize>,
    /// What it took for a fact, and what was one.
    pub why: String,
}

/// The judge's error in a run that breaks `claim`, if it is one of a judge: it called a page clean that a pin
/// held, or pinned that none did. There is none where no judge ever looked, or where it was right at the time.
pub fn erred(trace: &Trace, claim: Claim) -> Option<Erred> {
    let broken = trace.steps.iter().position(|step| step.breaks.contains(&claim))?;
    match claim {
        Claim::NoWritablePin | Claim::ContentFrozen | Claim::ContentFrozenInFlight => {
            let at_the_end = &trace.steps[broken].after.pages;
            let pinned = |page: &usize| at_the_end[*page].pins > 0 && at_the_end[*page].cache > 0;
            let page = (0..at_the_end.len()).find(pinned)?;
            let last = trace.steps[..broken].iter().rposition(|step| judges(trace, step, page))?;
            let held = trace.steps[last].after.pages[page].pins > 0;
            held.then(|| told(trace, last, page, "clean"))
        }
        Claim::NoNeedlessCopy => {
            let page = loaded(trace.steps[broken].access)?.0 as usize;
            Some(told(trace, broken, page, "pinned"))
        }
        _ => None,
    }
}

/// The judge's error that lets the first claim be broken which a run breaks, if it is one.
pub fn judged_wrong(trace: &Trace) -> Option<Erred> {
    trace.steps.iter().flat_map(|step| &step.breaks).next().and_then(|claim| erred(trace, *claim))
}

/// The page whose counts an access loads.
fn loaded(access: Access) -> Option<Page> {
    match access {
        Access::PageCount(page) | Access::PageMapcount(page) | Access::PageCounts(page) => Some(page),
        _ => None,
    }
}

/// Whether a step is a load of the sealer's judge about this page.
fn judges(trace: &Trace, step: &TraceStep, page: usize) -> bool {
    let sealer = trace.schedule.scenario.cast()[step.actor] == Actor::Sealer;
    sealer && loaded(step.access).is_some_and(|loaded| loaded.0 as usize == page)
}

fn told(trace: &Trace, last: usize, page: usize, verdict: &str) -> Erred {
    let loads = loads(trace, last);
    let read = loads.iter().map(|&load| trace.steps[load].text.clone()).collect::<Vec<_>>().join(", ");
    let Account { count, cache, ptes, pins, batch, transient, deferred, .. } =
        trace.steps[last].after.pages[page];
    let other = batch + transient - deferred;
    let why = format!(
        "the judge calls page{page} {verdict} by {read}; at the last of these loads C = {count}, of which the page \
         cache holds {cache}, PTEs {ptes}, pins {pins}, others {other}"
    );
    Erred { loads, why }
}

/// The loads that one decision rests on: those of the judge that the sealer made one after the other.
fn loads(trace: &Trace, last: usize) -> Vec<usize> {
    let actor = trace.steps[last].actor;
    let mut loads = Vec::new();
    for number in (0..=last).rev().filter(|&number| trace.steps[number].actor == actor) {
        if !trace.steps[number].source.starts_with("sealer/judge.rs") {
            break;
        }
        loads.insert(0, number);
    }
    loads
}
