//! A trace in one sentence, generated: who does what that matters, in order.

use seal_model::access::{Access, NONE, Question};
use seal_model::claim::Claim;
use seal_model::scenario::Actor;

use super::{Trace, TraceStep};

/// What happens in a trace, up to the step that breaks `claim`.
pub fn sentence(trace: &Trace, claim: Claim) -> String {
    let cast = trace.schedule.scenario.cast();
    let mut said: Vec<(String, Vec<String>)> = Vec::new();
    for step in &trace.steps {
        let Some(phrase) = phrase(step, cast[step.actor] == Actor::Sealer) else { continue };
        match said.last_mut() {
            Some((name, phrases)) if *name == step.name => phrases.push(phrase),
            _ => said.push((step.name.clone(), vec![phrase])),
        }
    }
    let clauses: Vec<_> =
        said.iter().map(|(name, phrases)| format!("{name} {}", phrases.join(", "))).collect();
    format!("{}: {}", clauses.join("; "), ending(claim))
}

fn ending(claim: Claim) -> &'static str {
    match claim {
        Claim::NoWritablePin => "sealed with a writable pin alive",
        Claim::NoWritableMapping => "sealed with a writable mapping alive",
        Claim::ContentFrozen => "a sealed file's content changes",
        Claim::CountLaw => "the counts no longer add up",
        Claim::NoLeak => "something is held for ever",
        Claim::FailureAtomic => "the call failed and left its traces",
        Claim::ReplaceUnmapped => "a slot is replaced under somebody's feet",
        Claim::NoDeadlock => "nobody can move",
    }
}

/// The steps worth telling; loads only of the sealer, for its decisions rest on them.
fn phrase(step: &TraceStep, sealer: bool) -> Option<String> {
    let by_answer = |yes: &str, no: &str| if step.answer == 1 { yes.to_owned() } else { no.to_owned() };
    Some(match step.access {
        Access::PinPage(..) if step.answer != NONE => format!("pins page{}", step.answer),
        Access::SetPte(_, _, page) => format!("maps {page:?}"),
        Access::ZapPte(..) if step.answer != NONE => format!("unmaps page{}", step.answer),
        Access::PutPage(page) if !sealer => format!("puts {page:?}"),
        Access::Dma(page) => format!("writes {page:?} by DMA"),
        Access::Store(..) if step.answer == 1 => "stores to its mapping".into(),
        Access::MapWritable if step.answer == 0 => "is refused a writable mapping".into(),
        Access::DenyWritable => by_answer("denies writable mappings", "is refused: EBUSY"),
        Access::AllowWritable => "allows writable mappings".into(),
        Access::PageCount(page) => format!("reads page_count({page:?}) = {}", step.answer),
        Access::PageMapcount(page) => format!("reads page_mapcount({page:?}) = {}", step.answer),
        Access::PageCounts(_) => format!("reads {}", step.text),
        Access::TagSet(index) => format!("tags {index:?}"),
        Access::TagClear(index) => format!("untags {index:?}"),
        Access::ReplaceSlot { old, new, .. } if step.answer == 1 => format!("replaces {old:?} by {new:?}"),
        Access::Choose(Question::AllocationFails) if step.answer == 1 => "gets no page".into(),
        Access::Choose(Question::FatalSignal) if step.answer == 1 => "is killed".into(),
        Access::CachePut(page) => format!("drops the cache's {page:?}"),
        Access::SealsSet => "sets the seal".into(),
        _ => return None,
    })
}
