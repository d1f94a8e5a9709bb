//! How an access is ordered in a weak memory, for the engines that have one.
//!
//! The Linux-kernel memory model, in C11's terms: an atomic operation that returns a value is a full barrier, a
//! sequentially consistent fence on either side of it; plain loads and stores, and atomic operations that return
//! nothing, order nothing; locks acquire and release (`Documentation/memory-barriers.txt`, `atomic_t.txt`).

use super::{Access, Vma};
use crate::scenario::Scenario;

/// A lock that is taken and given back inside one access, because nobody can tell what happens under it apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Lock {
    /// The page-table lock of a VMA; that of a forked child is held together with its parent's.
    PageTable(Vma),
    /// `mapping->tree_lock`, and with it the swap cache's. A tag is one bit, set or cleared under it: there is nothing
    /// to exclude.
    Tree,
    /// The page allocator's, and the interrupts that are off while a CPU's LRU batch changes.
    PerCpu,
}

impl Access {
    /// Whether it orders everything before it with everything after it. Any other access is relaxed, or takes or
    /// gives back a lock.
    pub fn is_full_barrier(self) -> bool {
        matches!(
            self,
            // atomic_dec_and_test(), atomic_inc_unless_negative(), get_page_unless_zero(), page_freeze_refs()
            Access::PutPage(..)
                | Access::CachePut(_)
                | Access::UndoPin(_)
                | Access::UnpinPage(_)
                | Access::MapWritable
                | Access::DenyWritable
                | Access::FindGetPage(_)
                | Access::TryPin(_)
                | Access::SwapOutFrozen(..)
                | Access::SwapFree(..)
                | Access::SwapCacheDelete(..)
                | Access::LruAddDrainLocal(_)
                | Access::LruAddDrain(_)
                // atomic_add_negative(-1, &page->_mapcount), and the barrier of a TLB flush
                | Access::ZapPte(..)
                | Access::FlushTlb(_)
                | Access::Mprotect(_)
                // interrupts off and on: the IPI of a flush orders them
                | Access::IrqsOff(_)
                | Access::IrqsOn(_)
        )
    }

    /// The lock that the kernel holds while it does this, where that excludes anybody: flushing a mapping that nobody
    /// writes through changes nothing.
    pub fn lock(self, scenario: &Scenario) -> Option<Lock> {
        match self {
            Access::FlushTlb(vma) if !scenario.writable(vma) && !scenario.walked_without_irqs(vma) => None,
            Access::SetPte(vma, ..)
            | Access::ZapPte(vma, _)
            | Access::ForkGetPage(vma, _)
            | Access::ForkPte(vma, ..)
            | Access::FlushTlb(vma)
            | Access::Mprotect(vma)
            | Access::PinPage(vma, _)
            | Access::Store(vma, _)
            | Access::StoreStale(vma, _) => Some(Lock::PageTable(vma.parent())),
            Access::FindGetPage(_)
            | Access::ReplaceSlot { .. }
            | Access::InsertPage { .. }
            | Access::AddNewPage(_)
            | Access::DeletePage(..)
            | Access::SwapOut(..)
            | Access::SwapOutFrozen(..)
            | Access::SwapCacheAdd(..)
            | Access::SwapCacheGet(_)
            | Access::SwapCacheAlloc(_)
            | Access::SwapCacheDelete(..)
            | Access::SwapWrite(..)
            | Access::SwapFree(..) => Some(Lock::Tree),
            Access::AllocPage(_)
            | Access::LruCacheAdd(_)
            | Access::LruAddDrainLocal(_)
            | Access::LruAddDrain(_) => Some(Lock::PerCpu),
            _ => None,
        }
    }

    /// Whether it only loads one word, so that a weak memory may answer with an older value of it.
    pub fn is_load(self) -> bool {
        matches!(
            self,
            Access::Seals
                | Access::Slot(_)
                | Access::TagGet(_)
                | Access::Tagged
                | Access::PageCount(_)
                | Access::PageMapcount(_)
                | Access::PageMapping(_)
                | Access::PageSwapCache(_)
                | Access::Pte(..)
                | Access::WritablePte(..)
                | Access::ReadPage(_)
        )
    }

    /// Whether it only reads under its lock, so that two of them need not exclude each other.
    pub fn is_lookup(self) -> bool {
        matches!(self, Access::FindGetPage(_))
    }

    /// What kind of access it is, whatever it is applied to: `page-mapcount`, `set-pte`, and of a choice what is
    /// asked.
    pub fn kind(self) -> String {
        let name = match self {
            Access::Choose(question) => format!("{question:?}"),
            access => format!("{access:?}"),
        };
        let mut kind = String::new();
        for (position, letter) in name.chars().take_while(char::is_ascii_alphabetic).enumerate() {
            if letter.is_ascii_uppercase() && position > 0 {
                kind.push('-');
            }
            kind.push(letter.to_ascii_lowercase());
        }
        kind
    }
}
