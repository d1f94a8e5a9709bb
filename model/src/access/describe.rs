//! How a person says a step: the kernel's call, its answer, and its arguments where they matter.

use super::{Access, Answer, Entry, NONE, Page, Question, SWAP, seal_names, unpack_counts};

impl Access {
    /// This access and its answer, in the kernel's words.
    pub fn describe(self, answer: Answer) -> String {
        match self {
            Access::InodeLock => "mutex_lock(i_mutex)".into(),
            Access::InodeUnlock => "mutex_unlock(i_mutex)".into(),
            Access::Seals => format!("info->seals = {}", seals(answer)),
            Access::SealsSet(bits) => format!("seals |= {}", seals(bits)),
            Access::MapWritable => format!("mapping_map_writable() = {}", zero_or(answer, "-EPERM")),
            Access::MapWritableAlways => "atomic_inc(i_mmap_writable)".into(),
            Access::UnmapWritable => "mapping_unmap_writable()".into(),
            Access::DenyWritable => format!("mapping_deny_writable() = {}", zero_or(answer, "-EBUSY")),
            Access::AllowWritable => "mapping_allow_writable()".into(),
            Access::Slot(i) => format!("radix_tree_deref_slot({i:?}) = {}", entry(answer)),
            Access::FindGetPage(i) => format!("find_get_entry({i:?}) = {}", entry(answer)),
            Access::TagGet(i) => format!("tag_get({i:?}) = {}", yes(answer)),
            Access::TagSet(i) => format!("tag_set({i:?}, PINNED)"),
            Access::TagClear(i) => format!("tag_clear({i:?}, PINNED)"),
            Access::Tagged => format!("radix_tree_tagged(PINNED) = {}", yes(answer)),
            Access::PageCount(p) => format!("page_count({p:?}) = {answer}"),
            Access::PageMapcount(p) => format!("page_mapcount({p:?}) = {answer}"),
            Access::PageCounts(p) => {
                let (count, maps) = unpack_counts(answer);
                format!("both counts of {p:?} = {count}, {maps}")
            }
            Access::PageMapping(p) => format!("{p:?}->mapping == mapping: {}", yes(answer)),
            Access::PageSwapCache(p) => format!("PageSwapCache({p:?}) = {}", yes(answer)),
            Access::PageMappingSet(p) => format!("{p:?}->mapping = mapping"),
            Access::PageMappingClear(p) => format!("{p:?}->mapping = NULL"),
            Access::LockPage(p) => format!("lock_page({p:?})"),
            Access::TryLockPage(p) => format!("trylock_page({p:?}) = {}", yes(answer)),
            Access::UnlockPage(p) => format!("unlock_page({p:?})"),
            Access::GetPage(p, n) => format!("get_page({p:?}){}", times(n)),
            Access::PutPage(p, n) => format!("put_page({p:?}){}", times(n)),
            Access::CacheGet(p) => format!("page_cache_get({p:?})"),
            Access::CachePut(p) => format!("page_cache_release({p:?})"),
            _ => self.describe_paging(answer),
        }
    }

    /// Allocation, slots, swap, batches.
    fn describe_paging(self, answer: Answer) -> String {
        match self {
            Access::AllocPage(i) => format!("shmem_alloc_page({i:?}) = {}", entry(answer)),
            Access::MemcgCharge(p) => format!("mem_cgroup_try_charge({p:?})"),
            Access::MemcgMove { old, new } => format!("mem_cgroup_migrate({old:?}, {new:?})"),
            Access::CopyPage { from, to } => format!("copy_highpage({to:?}, {from:?})"),
            Access::ReplaceSlot { index, old, new } => {
                let result = zero_or(answer, "-ENOENT");
                format!("shmem_radix_tree_replace({index:?}, {old:?}, {new:?}) = {result}")
            }
            Access::InsertPage { index, page } => {
                format!("shmem_add_to_page_cache({page:?}, {index:?}) = {}", zero_or(answer, "-EEXIST"))
            }
            Access::AddNewPage(i) => format!("shmem_add_to_page_cache(new, {i:?}) = {}", entry(answer)),
            Access::DeletePage(i, p) => format!("delete_from_page_cache({p:?}): {i:?} is a hole"),
            Access::SwapOut(i, p) => format!("shmem_delete_from_page_cache({p:?}): {i:?} is a swap entry"),
            Access::SwapOutFrozen(_, p, n) => {
                format!("freeze {p:?} at {n} and swap it out: {}", yes(answer))
            }
            Access::SwapCacheAdd(_, p) => format!("add_to_swap_cache({p:?})"),
            Access::SwapCacheGet(i) => format!("lookup_swap_cache({i:?}) = {}", entry(answer)),
            Access::SwapCacheAlloc(i) => format!("read_swap_cache_async({i:?}) = {}", entry(answer)),
            Access::SwapCacheDelete(_, p) => format!("delete_from_swap_cache({p:?})"),
            Access::SwapWrite(_, p) => format!("swap_writepage({p:?})"),
            Access::SwapFree(_, p) => format!("__remove_mapping({p:?}) = {}", yes(answer)),
            Access::LruCacheAdd(p) => format!("lru_cache_add({p:?})"),
            Access::LruAddDrainLocal(p) => format!("lru_add_drain({p:?})"),
            Access::LruAddDrain(p) => format!("lru_add_drain_cpu({p:?})"),
            _ => self.describe_mapping(answer),
        }
    }

    /// Page tables, pins, content.
    fn describe_mapping(self, answer: Answer) -> String {
        match self {
            Access::Pte(_, i) => format!("pte of {i:?} = {}", entry(answer)),
            Access::WritablePte(_, i) => format!("writable pte of {i:?} = {}", entry(answer)),
            Access::SetPte(_, i, p) => format!("set_pte({i:?}, {p:?})"),
            Access::ZapPte(v, i) => format!("zap_pte({v:?}, {i:?}) = {}", entry(answer)),
            Access::ForkGetPage(v, i) => format!("copy_one_pte({v:?}, {i:?}): get_page({})", entry(answer)),
            Access::ForkPte(v, i, p) => format!("set_pte({:?}, {i:?}, {p:?}), page_dup_rmap()", v.child()),
            Access::FlushTlb(v) => format!("flush_tlb({v:?})"),
            Access::Mprotect(v) => format!("mprotect({v:?}, PROT_WRITE)"),
            Access::IrqsOff(_) => "local_irq_disable()".into(),
            Access::IrqsOn(_) => "local_irq_enable()".into(),
            Access::PinPage(_, i) => format!("get_user_pages({i:?}, WRITE) = {}", entry(answer)),
            Access::TryPin(p) => format!("try_grab_page({p:?}) = {}", yes(answer)),
            Access::UndoPin(p) => format!("gup_put_page({p:?})"),
            Access::UnpinPage(p) => format!("unpin_user_page({p:?})"),
            Access::Store(_, i) if answer == 1 => format!("store to {i:?}"),
            Access::Store(_, i) => format!("store to {i:?}: not mapped"),
            Access::StoreStale(_, i) if answer == 1 => format!("store to {i:?} through the TLB"),
            Access::StoreStale(_, i) => format!("store to {i:?}: no translation"),
            Access::Dma(p) => format!("DMA write to {p:?}"),
            Access::WritePage(p) => format!("write {p:?}"),
            Access::ReadPage(p) => format!("read {p:?} = {answer}"),
            Access::Choose(question) => question.describe(answer),
            other => format!("{other:?}"),
        }
    }
}

fn entry(answer: Answer) -> String {
    match answer {
        NONE => "none".into(),
        SWAP => "swap entry".into(),
        _ => match Entry::from(answer) {
            Entry::Page(Page(frame)) => format!("page{frame}"),
            other => format!("{other:?}"),
        },
    }
}

fn yes(answer: Answer) -> &'static str {
    if answer == 1 { "yes" } else { "no" }
}

fn zero_or(answer: Answer, error: &'static str) -> &'static str {
    if answer == 1 { "0" } else { error }
}

fn times(n: u8) -> String {
    if n == 1 { String::new() } else { format!(" x {n}") }
}

fn seals(bits: Answer) -> String {
    let set: Vec<_> = seal_names(bits).collect();
    if set.is_empty() { "0".into() } else { set.join(" | ") }
}

impl Question {
    fn describe(self, answer: Answer) -> String {
        let (yes, no) = match self {
            Question::FatalSignal => ("a fatal signal comes", "no signal comes"),
            Question::AllocationFails => ("the allocation will fail", "the allocation will succeed"),
            Question::DeviceWrites => ("the device will write", "the device will not write"),
            Question::Unpins => ("the driver will unpin", "the driver never unpins"),
            Question::ProgramStores => ("the program will store", "the program will not store"),
            Question::FreesNow => ("the page is freed in this pass", "the page stays in the swap cache"),
            Question::ChildZaps => ("the child will zap", "the child keeps its mapping"),
            Question::WhichIndex => return format!("uses index{answer}"),
        };
        if answer == 1 { yes } else { no }.into()
    }
}
