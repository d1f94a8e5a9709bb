//! `struct page`: reference count, map count, lock, and the file it belongs to.

use std::future::Future;

use crate::access::{Access, Index, Page, unpack_counts};
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

    /// `unlock_page()`
    #[track_caller]
    pub fn unlock<M: Memory>(self, m: &M) -> impl Future {
        m.access(Access::UnlockPage(self))
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
        m.access(Access::PutPage(self))
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

    /// `lru_add_drain()`, for this page
    #[track_caller]
    pub fn lru_add_drain<M: Memory>(self, m: &M) -> impl Future {
        m.access(Access::LruAddDrain(self))
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

    /// `copy_page_to_iter()`
    #[track_caller]
    pub fn read<M: Memory>(self, m: &M) -> impl Future {
        m.access(Access::ReadPage(self))
    }
}

impl Index {
    /// `radix_tree_deref_slot()`
    #[track_caller]
    pub fn slot<M: Memory>(self, m: &M) -> impl Future<Output = Page> {
        let slot = m.access(Access::Slot(self));
        async move { Page(slot.await as u8) }
    }

    /// `find_get_entry()`: load the slot, `get_page_unless_zero()`, reload the slot.
    ///
    /// One step here. A lookup that loses the race to a replacement holds the old page for a moment, and so
    /// does one that wins it and then finds `page->mapping` changed; the second is in the model.
    #[track_caller]
    pub fn find_get_page<M: Memory>(self, m: &M) -> impl Future<Output = Page> {
        let page = m.access(Access::FindGetPage(self));
        async move { Page(page.await as u8) }
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
}
