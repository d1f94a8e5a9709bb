//! Which answers an access can have.

use super::{Access, Answer, Index, NONE, Question, SWAP, pack_counts};
use crate::scenario::Scenario;

impl Access {
    /// Every answer that this access can have in `scenario`, in ascending order.
    pub fn answers(self, scenario: &Scenario) -> Vec<Answer> {
        match self {
            Access::MapWritable
            | Access::DenyWritable
            | Access::TagGet(_)
            | Access::Tagged
            | Access::PageMapping(_)
            | Access::PageSwapCache(_)
            | Access::TryLockPage(_)
            | Access::ReplaceSlot { .. }
            | Access::InsertPage { .. }
            | Access::SwapOutFrozen(..)
            | Access::SwapFree(..)
            | Access::TryPin(_)
            | Access::Store(..)
            | Access::StoreStale(..)
            | Access::ReadPage(_) => vec![0, 1],
            Access::MapWritableAlways => vec![1],
            Access::Seals => {
                (0..=scenario.seal_bits()).filter(|seals| seals & !scenario.seal_bits() == 0).collect()
            }
            Access::Slot(index) | Access::FindGetPage(index) => in_slot(scenario, index),
            Access::Pte(_, index)
            | Access::WritablePte(_, index)
            | Access::ZapPte(_, index)
            | Access::ForkGetPage(_, index)
            | Access::PinPage(_, index)
            | Access::AddNewPage(index)
            | Access::SwapCacheAlloc(index)
            | Access::SwapCacheGet(index) => or_none(scenario.pages_of(index)),
            Access::AllocPage(index) => frames(scenario.pages_of(index)),
            Access::PageCount(_) => counts(scenario).collect(),
            Access::PageMapcount(_) => mapcounts(scenario).collect(),
            Access::PageCounts(_) => {
                let both = |count| mapcounts(scenario).map(move |maps| pack_counts(count, maps));
                counts(scenario).flat_map(both).collect()
            }
            Access::Choose(Question::WhichIndex) => (0..scenario.pages as Answer).collect(),
            Access::Choose(_) => vec![0, 1],
            _ => vec![0],
        }
    }
}

fn frames(pages: impl Iterator<Item = super::Page>) -> Vec<Answer> {
    pages.map(|page| page.0 as Answer).collect()
}

fn or_none(pages: impl Iterator<Item = super::Page>) -> Vec<Answer> {
    std::iter::once(NONE).chain(frames(pages)).collect()
}

/// What a slot may hold: a swap entry where there is reclaim, a hole where there is truncation, or a page.
fn in_slot(scenario: &Scenario, index: Index) -> Vec<Answer> {
    let swap = scenario.has_swap().then_some(SWAP);
    let hole = scenario.has_holes().then_some(NONE);
    swap.into_iter().chain(hole).chain(frames(scenario.pages_of(index))).collect()
}

fn counts(scenario: &Scenario) -> impl Iterator<Item = Answer> + use<> {
    0..=scenario.max_count()
}

fn mapcounts(scenario: &Scenario) -> impl Iterator<Item = Answer> + Clone + use<> {
    0..=scenario.max_mapcount()
}
