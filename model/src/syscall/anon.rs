//! `mm/memory.c`: anonymous pages, which private mappings copied from the file's.
//!
//! They are no pages of the file, so none of its counts moves with them. A copy is shared by a mapping, its child and
//! pipes; a store through the mapping either hits it or copies once more.

use super::{Hold, Slot, Task};
use crate::access::{Answer, Index};

/// An anonymous page, by the order in which a program got them. A number is given once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Anon(usize);

/// What an anonymous page is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Copied {
    /// Its first byte.
    pub byte: Answer,
    /// PageAnonExclusive (5.19): no fork() has shared it since it was copied, or since it was reused.
    pub exclusive: bool,
}

impl Task {
    /// The copy that a mapping has of a page.
    pub(super) fn copied(&self, slot: Slot, index: Index) -> Option<Anon> {
        self.areas[slot.0 as usize]?.copied[index.0 as usize]
    }

    /// A new copy with this byte, mapped.
    pub(super) fn copy(&mut self, slot: Slot, index: Index, byte: Answer) {
        let page = self.alloc_anon(byte);
        if let Some(area) = &mut self.areas[slot.0 as usize] {
            area.anon_vma = true; // vmf_anon_prepare()
            area.copied[index.0 as usize] = Some(page);
        }
    }

    fn alloc_anon(&mut self, byte: Answer) -> Anon {
        self.anon.push(Copied { byte, exclusive: true }); // folio_add_new_anon_rmap(RMAP_EXCLUSIVE)
        Anon(self.anon.len() - 1)
    }

    /// Its first byte.
    pub(super) fn byte_of(&self, page: Anon) -> Answer {
        self.anon[page.0].byte
    }

    /// A store to it, or a device's write.
    pub(super) fn flip(&mut self, page: Anon) {
        let copied = &mut self.anon[page.0];
        copied.byte = 1 - copied.byte;
    }

    /// `do_wp_page()` of a copy that a mapping has: it is reused unless it is shared, and copied once more if it is.
    pub(super) fn wp_page(&mut self, slot: Slot, index: Index, page: Anon, ignores_references: bool) {
        if self.anon[page.0].exclusive {
            return;
        }
        let held = self.is_held(page) && !ignores_references;
        if held || self.is_inherited(page) {
            self.copy(slot, index, self.byte_of(page)); // wp_page_copy()
        } else {
            self.anon[page.0].exclusive = true; // wp_can_reuse_anon_folio(): folio_ref_count() == 1
        }
    }

    fn is_held(&self, page: Anon) -> bool {
        self.holds.iter().flatten().any(|hold| hold.copy() == Some(page))
    }

    fn is_inherited(&self, page: Anon) -> bool {
        let areas = self.child.iter().flatten().flatten();
        areas.flat_map(|area| area.copied).any(|copied| copied == Some(page))
    }

    /// `copy_present_pte()` of a copy: the page that the child gets. One that is pinned is copied at once and stays
    /// its parent's own (`folio_needs_cow_for_dma()`; 5.9, 70e806e4e645); any other is shared.
    pub(super) fn fork_anon(&mut self, page: Anon, moves_pinned: bool) -> Anon {
        let pinned = Some(Hold::Pin(super::Held::Copy(page)));
        if self.holds.contains(&pinned) && !moves_pinned {
            return self.alloc_anon(self.byte_of(page)); // copy_present_page()
        }
        self.anon[page.0].exclusive = false; // folio_try_dup_anon_rmap_pte()
        page
    }
}
