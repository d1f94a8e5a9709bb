//! What an actor holds: bookkeeping beside the real counts, which no actor reads.
//!
//! A ghost is a function of the accesses an actor made and the answers it got, so it costs no state: the
//! compiler computes it once for every location of the actor's automaton.

use crate::access::{Access, Answer, MAX_INDICES, MAX_PAGES, NONE, Page};

/// The holdings of one actor, or the sum over all.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Ghost {
    /// Per page: references from lookups, allocation and the mmu_gather.
    pub transient: [i8; MAX_PAGES],
    /// Per page: references of the page cache in flight: the new page's before the replacement, the old one's
    /// after it.
    pub cache: [i8; MAX_PAGES],
    /// Per page: live writable pins.
    pub pins: [i8; MAX_PAGES],
    /// Per page: page locks.
    pub locked: [i8; MAX_PAGES],
    /// Per slot: tags that this call set and has not cleared.
    pub tags: [i8; MAX_INDICES],
    /// Counted writable VMAs.
    pub counted: i8,
    /// Denials of writable mappings.
    pub denied: i8,
    /// The inode lock.
    pub inode_locked: i8,
    /// Slots that this call replaced.
    pub replaced: i8,
}

impl Ghost {
    /// Account for one access of this actor.
    pub fn account(&mut self, access: Access, answer: Answer) {
        let frame = answer as usize;
        let at = |page: Page| page.0 as usize;
        match access {
            Access::InodeLock => self.inode_locked += 1,
            Access::InodeUnlock => self.inode_locked -= 1,
            Access::MapWritable => self.counted += answer as i8,
            Access::UnmapWritable => self.counted -= 1,
            Access::DenyWritable => self.denied += answer as i8,
            Access::AllowWritable => self.denied -= 1,
            Access::FindGetPage(_) | Access::AllocPage(_) => self.transient[frame] += 1,
            Access::PutPage(page) => self.transient[at(page)] -= 1,
            Access::SetPte(_, _, page) => self.transient[at(page)] -= 1,
            Access::ZapPte(..) if answer != NONE => self.transient[frame] += 1,
            Access::CacheGet(page) => self.cache[at(page)] += 1,
            Access::CachePut(page) => self.cache[at(page)] -= 1,
            Access::ReplaceSlot { old, new, .. } if answer == 1 => {
                self.cache[at(new)] -= 1;
                self.cache[at(old)] += 1;
                self.replaced += 1;
            }
            Access::LockPage(page) => self.locked[at(page)] += 1,
            Access::UnlockPage(page) => self.locked[at(page)] -= 1,
            Access::TagSet(index) => self.tags[index.0 as usize] = 1,
            Access::TagClear(index) => self.tags[index.0 as usize] = 0,
            Access::PinPage(..) if answer != NONE => self.pins[frame] += 1,
            Access::UnpinPage(page) => self.pins[at(page)] -= 1,
            _ => {}
        }
    }

    /// Add what another actor holds.
    #[inline]
    pub fn add(&mut self, other: &Ghost) {
        let pages = 0..MAX_PAGES;
        pages.clone().for_each(|page| self.transient[page] += other.transient[page]);
        pages.clone().for_each(|page| self.cache[page] += other.cache[page]);
        pages.clone().for_each(|page| self.pins[page] += other.pins[page]);
        pages.clone().for_each(|page| self.locked[page] += other.locked[page]);
        (0..MAX_INDICES).for_each(|index| self.tags[index] += other.tags[index]);
        self.counted += other.counted;
        self.denied += other.denied;
        self.inode_locked += other.inode_locked;
        self.replaced += other.replaced;
    }

    /// Whether every reference, lock and tag was given back. Live pins may stay.
    pub fn holds_nothing(&self) -> bool {
        let none = |held: &[i8]| held.iter().all(|&count| count == 0);
        none(&self.transient)
            && none(&self.cache)
            && none(&self.locked)
            && none(&self.tags)
            && self.inode_locked == 0
    }
}
