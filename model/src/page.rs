//! `struct page`: reference count, map count, lock, and the file it belongs to.

use std::future::Future;

use crate::access::{Access, Answer, Entry, Index, NONE, Note, Page, unpack_counts};
use crate::memory::{Memory, MemoryExt};

impl Page {
    /// `page_count()`
    #[track_caller]
    pub fn count<M: Memory>(self, m: &M) -> impl Future<Output = i16> {
        m.access(Access::PageCount(self))
    }

    /// `page_mapcount()`
    #[track_caller]
    pub fn mapcount<M: Memory>(self, m: &M) -> impl Future<Output = i16> {
        m.access(Access::PageMapcount(self))
    }

    /// `page_count()` and `page_mapcount()` at one instant; no kernel offers this.
    #[track_caller]
    pub fn counts<M: Memory>(self, m: &M) -> impl Future<Output = (i16, i16)> {
        let both = m.access(Access::PageCounts(self));
        async move { unpack_counts(both.await) }
    }

    /// `page_mapped()`
    #[track_caller]
    pub fn mapped<M: Memory>(self, m: &M) -> impl Future<Output = bool> {
        let mapcount = self.mapcount(m);
        async move { mapcount.await > 0 }
    }

    /// `page->mapping == mapping`: is the page still this file's?
    #[track_caller]
    pub fn in_mapping<M: Memory>(self, m: &M) -> impl Future<Output = bool> {
        let mapping = m.access(Access::PageMapping(self));
        async move { mapping.await == 1 }
    }

    /// `PageSwapCache()`
    #[track_caller]
    pub fn in_swap_cache<M: Memory>(self, m: &M) -> impl Future<Output = bool> {
        let cached = m.access(Access::PageSwapCache(self));
        async move { cached.await == 1 }
    }

    /// `page->mapping = mapping`
    #[track_caller]
    pub fn set_mapping<M: Memory>(self, m: &M) -> impl Future {
        m.access(Access::PageMappingSet(self))
    }

    /// `page->mapping = NULL`
    #[track_caller]
    pub fn clear_mapping<M: Memory>(self, m: &M) -> impl Future {
        m.access(Access::PageMappingClear(self))
    }

    /// `lock_page()`
    #[track_caller]
    pub fn lock<M: Memory>(self, m: &M) -> impl Future {
        m.access(Access::LockPage(self))
    }

    /// `trylock_page()`
    #[track_caller]
    pub fn try_lock<M: Memory>(self, m: &M) -> impl Future<Output = bool> {
        let locked = m.access(Access::TryLockPage(self));
        async move { locked.await == 1 }
    }

    /// `unlock_page()`
    #[track_caller]
    pub fn unlock<M: Memory>(self, m: &M) -> impl Future {
        m.access(Access::UnlockPage(self))
    }

    /// `get_page()`, that many times in one access: `folio_ref_add()`
    #[track_caller]
    pub fn get<M: Memory>(self, m: &M, times: u8) -> impl Future {
        m.access(Access::GetPage(self, times))
    }

    /// `page_cache_get()`: a reference that the page cache will own.
    #[track_caller]
    pub fn cache_get<M: Memory>(self, m: &M) -> impl Future {
        m.access(Access::CacheGet(self))
    }

    /// `page_cache_release()` of the page cache's reference.
    #[track_caller]
    pub fn cache_put<M: Memory>(self, m: &M) -> impl Future {
        m.access(Access::CachePut(self))
    }

    /// `put_page()`
    #[track_caller]
    pub fn put<M: Memory>(self, m: &M) -> impl Future {
        m.access(Access::PutPage(self, 1))
    }

    /// `put_page()`, that many times in one access: `folio_put_refs()`
    #[track_caller]
    pub fn put_many<M: Memory>(self, m: &M, times: u8) -> impl Future {
        m.access(Access::PutPage(self, times))
    }

    /// `mem_cgroup_try_charge()`
    #[track_caller]
    pub fn memcg_charge<M: Memory>(self, m: &M) -> impl Future {
        m.access(Access::MemcgCharge(self))
    }

    /// `mem_cgroup_migrate(self, new)`: the charge moves
    #[track_caller]
    pub fn memcg_move<M: Memory>(self, m: &M, new: Page) -> impl Future {
        m.access(Access::MemcgMove { old: self, new })
    }

    /// `copy_highpage(to, self)`
    #[track_caller]
    pub fn copy_to<M: Memory>(self, m: &M, to: Page) -> impl Future {
        m.access(Access::CopyPage { from: self, to })
    }

    /// `lru_cache_add()`
    #[track_caller]
    pub fn lru_cache_add<M: Memory>(self, m: &M) -> impl Future {
        m.access(Access::LruCacheAdd(self))
    }

    /// `lru_add_drain()`, for this page: the calling CPU's batch
    #[track_caller]
    pub fn lru_add_drain<M: Memory>(self, m: &M) -> impl Future {
        m.access(Access::LruAddDrainLocal(self))
    }

    /// `lru_add_drain_cpu()`, for this page: whichever CPU's batch holds it
    #[track_caller]
    pub fn lru_add_drain_cpu<M: Memory>(self, m: &M) -> impl Future {
        m.access(Access::LruAddDrain(self))
    }

    /// `try_grab_page(FOLL_PIN)`: a pin's references, unless the page is free. A live pin only once the caller
    /// has seen that it got the right page, and says so by [`pinned`](Page::pinned).
    #[track_caller]
    pub fn try_pin<M: Memory>(self, m: &M) -> impl Future<Output = bool> {
        let grabbed = m.access(Access::TryPin(self));
        async move { grabbed.await == 1 }
    }

    /// The references of [`try_pin`](Page::try_pin) are a pin now.
    pub fn pinned<M: Memory>(self, m: &M) {
        m.note(Note::Pinned(self));
    }

    /// `gup_put_page()`: the references of [`try_pin`](Page::try_pin) were taken in vain.
    #[track_caller]
    pub fn undo_pin<M: Memory>(self, m: &M) -> impl Future {
        m.access(Access::UndoPin(self))
    }

    /// `unpin_user_page()`
    #[track_caller]
    pub fn unpin<M: Memory>(self, m: &M) -> impl Future {
        m.access(Access::UnpinPage(self))
    }

    /// A device's write through a pin.
    #[track_caller]
    pub fn dma<M: Memory>(self, m: &M) -> impl Future {
        m.access(Access::Dma(self))
    }

    /// `copy_page_from_iter()`
    #[track_caller]
    pub fn write<M: Memory>(self, m: &M) -> impl Future {
        m.access(Access::WritePage(self))
    }

    /// `copy_page_to_iter()`: what it contains.
    #[track_caller]
    pub fn read<M: Memory>(self, m: &M) -> impl Future<Output = Answer> {
        m.access(Access::ReadPage(self))
    }
}

/// The page that an access answered, if it answered one.
pub(crate) fn page_or_none(answer: i16) -> Option<Page> {
    (answer != NONE).then_some(Page(answer as u8))
}

impl Index {
    /// `radix_tree_deref_slot()`
    #[track_caller]
    pub fn slot<M: Memory>(self, m: &M) -> impl Future<Output = Entry> {
        let slot = m.access(Access::Slot(self));
        async move { Entry::from(slot.await) }
    }

    /// `find_get_entry()`: load the slot, `get_page_unless_zero()`, reload the slot.
    ///
    /// One step here. A lookup that loses the race to a replacement holds the old page for a moment, and so
    /// does one that wins it and then finds `page->mapping` changed; the second is in the model.
    #[track_caller]
    pub fn find_get_page<M: Memory>(self, m: &M) -> impl Future<Output = Entry> {
        let entry = m.access(Access::FindGetPage(self));
        async move { Entry::from(entry.await) }
    }

    /// `radix_tree_tag_get(SHMEM_TAG_PINNED)`
    #[track_caller]
    pub fn tagged<M: Memory>(self, m: &M) -> impl Future<Output = bool> {
        let tag = m.access(Access::TagGet(self));
        async move { tag.await == 1 }
    }

    /// `radix_tree_tag_set(SHMEM_TAG_PINNED)`
    #[track_caller]
    pub fn tag<M: Memory>(self, m: &M) -> impl Future {
        m.access(Access::TagSet(self))
    }

    /// `radix_tree_tag_clear(SHMEM_TAG_PINNED)`
    #[track_caller]
    pub fn untag<M: Memory>(self, m: &M) -> impl Future {
        m.access(Access::TagClear(self))
    }

    /// `shmem_radix_tree_replace(mapping, index, old, new)`: false is ENOENT.
    #[track_caller]
    pub fn replace<M: Memory>(self, m: &M, old: Page, new: Page) -> impl Future<Output = bool> {
        let replaced = m.access(Access::ReplaceSlot { index: self, old, new });
        async move { replaced.await == 1 }
    }

    /// `delete_from_page_cache()`
    #[track_caller]
    pub fn delete<M: Memory>(self, m: &M, page: Page) -> impl Future {
        m.access(Access::DeletePage(self, page))
    }
}
