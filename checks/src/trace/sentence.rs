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
        Claim::ContentFrozenInFlight => "a read that was in flight sees another content",
        Claim::IoLands => "what was written is not in the file",
        Claim::ReadsSeeWrites => "the file does not hold what was written to it",
        Claim::NoNewWriter => "somebody becomes a writer of a sealed file",
        Claim::CountLaw => "the counts no longer add up",
        Claim::NoLeak => "something is held for ever",
        Claim::ReplaceUnmapped => "a slot is replaced under somebody's feet",
        Claim::NoDeadlock => "nobody can move",
        Claim::FailureAtomic => "the call failed and left its traces",
        Claim::FailureKeepsMappings => "the call failed and took a mapping away",
        Claim::MemcgCharge => "a page is not charged once",
        Claim::MlockResident => "an mlocked page is not mapped",
        Claim::NoNeedlessCopy => "a page that no pin holds is to be replaced",
        Claim::Returns => "and so on for ever",
        Claim::SealsOnceFree => "nobody holds the page any more, and the call does not succeed",
        Claim::SealsUnderIo => "the call fails because of a pin",
        Claim::ReadReferencesDoNotBlock => "no reader holds the page, and the call does not succeed",
        Claim::PrivateMapsDoNotBlock | Claim::PrivateMapsDoNotBlockWhileMoving => {
            "the call fails because of mappings that nobody can write through"
        }
        Claim::ReadOnlyMapAllowed => "a read-only mapping is refused",
    }
}

/// The steps worth telling; loads only of the sealer, for its decisions rest on them.
fn phrase(step: &TraceStep, sealer: bool) -> Option<String> {
    let answer_is_page = step.answer >= 0;
    let changed = !step.changes.is_empty();
    let reads = step.function == "shmem_getpage" && matches!(step.name.as_str(), "reader" | "recipient");
    let reclaims = step.function == "shrink_page";
    let by_answer = |yes: &str, no: &str| if step.answer == 1 { yes.to_owned() } else { no.to_owned() };
    Some(match step.access {
        Access::PinPage(..) if step.answer != NONE => format!("pins page{}", step.answer),
        Access::SetPte(_, _, page) => format!("maps {page:?}"),
        Access::ZapPte(..) if step.answer != NONE => format!("unmaps page{}", step.answer),
        Access::PutPage(page, _) if !sealer => format!("puts {page:?}"),
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
        Access::SealsSet(_) => "sets the seal".into(),
        Access::FindGetPage(_) if answer_is_page && reads => format!("looks up page{}", step.answer),
        Access::FindGetPage(_) if answer_is_page && reclaims => format!("isolates page{}", step.answer),
        Access::AddNewPage(_) if answer_is_page => format!("fills the hole with page{}", step.answer),
        Access::InsertPage { page, .. } if step.answer == 1 => format!("swaps {page:?} in"),
        Access::SwapOut(_, page) => format!("swaps {page:?} out"),
        Access::SwapOutFrozen(_, page, _) if step.answer == 1 => format!("swaps {page:?} out"),
        Access::SwapFree(_, page) if step.answer == 1 => format!("frees {page:?}"),
        Access::DeletePage(_, page) => format!("truncates {page:?}"),
        Access::GetPage(page, times) => format!("takes {times} more references on {page:?}"),
        Access::ForkGetPage(..) if answer_is_page => {
            format!("begins to fork: references page{}", step.answer)
        }
        Access::ForkPte(_, _, page) => format!("forks: the child maps {page:?}"),
        Access::TryPin(page) if step.answer == 1 => format!("takes a pin's references on {page:?}"),
        Access::UndoPin(page) => format!("gives a pin's references on {page:?} back"),
        Access::StoreStale(..) if step.answer == 1 => "stores through its TLB".into(),
        Access::WritePage(page) => format!("writes {page:?}"),
        Access::ReadPage(page) => format!("reads {page:?}"),
        Access::LruCacheAdd(page) => format!("puts {page:?} into an LRU batch"),
        Access::LruAddDrain(_) | Access::LruAddDrainLocal(_) if changed => "drains an LRU batch".into(),
        Access::MemcgMove { old, new } => format!("moves the charge of {old:?} to {new:?}"),
        Access::UnpinPage(page) => format!("unpins {page:?}"),
        Access::Mprotect(_) => "makes its mapping writable".into(),
        _ => return None,
    })
}
