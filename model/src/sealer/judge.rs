//! The judge: is this page held by nobody but the page cache and its mappings?
//!
//! The kernel can't see pins. It compares the reference count `C` with the map count `M`: a page that is clean
//! has `C - M = K + own`, where `K = 1` is the page cache's reference and `own` counts the sealer's. The two
//! counts are two words, and they move while they are being read.

use crate::access::{Index, Page};
use crate::fault::Fault;
use crate::mapping::unmap_mapping_range;
use crate::memory::{Memory, MemoryExt, frames};

/// How often a page that was mapped again is unmapped again before it counts as pinned.
const UNMAP_TRIES: u8 = 2;

/// A way of judging a page clean.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Judge {
    /// `page_count()`, then `page_mapcount()`, compared with `<=`: what gcc makes of the code of 2014.
    RefsThenMaps,
    /// `page_mapcount()`, then `page_count()`, compared with `<=`: what C allows as well.
    MapsThenRefs,
    /// [`RefsThenMaps`](Judge::RefsThenMaps) with `==` in every pass (5.17, f2b277c4d1c6).
    RefsThenMapsStrict,
    /// [`MapsThenRefs`](Judge::MapsThenRefs) with `==` in every pass.
    MapsThenRefsStrict,
    /// `folio_ref_count()`, then `folio_expected_ref_count()`: swap cache, mapping, map count (6.18).
    RefsThenExpected,
    /// The same with the loads in the other order, as C allows.
    ExpectedThenRefs,
    /// Both counts at one instant; no kernel has this.
    Snapshot,
    /// The map count before and after; clean only if it did not change.
    MapsRefsMaps,
    /// The reference count before and after; clean only if it did not change.
    RefsMapsRefs,
    /// [`RefsThenMaps`](Judge::RefsThenMaps) under the page lock.
    LockedRefsThenMaps,
    /// [`MapsThenRefs`](Judge::MapsThenRefs) under the page lock.
    LockedMapsThenRefs,
    /// The reference count alone: a mapped page counts as pinned.
    RefsAlone,
    /// The reference count alone; if that is too high, once more under the page lock with every mapping gone.
    LockUnmapRefs,
}

/// Which comparison the code of 2014 makes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Pass {
    /// The first look: clean if `C - M <= K + own`.
    First,
    /// A rescan of a tagged page: clean if `C - M == K + own`.
    Rescan,
}

impl Judge {
    /// All judges, in the order of the review.
    pub const ALL: [Judge; 13] = [
        Judge::RefsThenMaps,
        Judge::MapsThenRefs,
        Judge::RefsThenMapsStrict,
        Judge::MapsThenRefsStrict,
        Judge::RefsThenExpected,
        Judge::ExpectedThenRefs,
        Judge::Snapshot,
        Judge::MapsRefsMaps,
        Judge::RefsMapsRefs,
        Judge::LockedRefsThenMaps,
        Judge::LockedMapsThenRefs,
        Judge::RefsAlone,
        Judge::LockUnmapRefs,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Judge::RefsThenMaps => "refs-then-maps",
            Judge::MapsThenRefs => "maps-then-refs",
            Judge::RefsThenMapsStrict => "refs-then-maps-strict",
            Judge::MapsThenRefsStrict => "maps-then-refs-strict",
            Judge::RefsThenExpected => "refs-then-expected",
            Judge::ExpectedThenRefs => "expected-then-refs",
            Judge::Snapshot => "snapshot",
            Judge::MapsRefsMaps => "maps-refs-maps",
            Judge::RefsMapsRefs => "refs-maps-refs",
            Judge::LockedRefsThenMaps => "locked-refs-then-maps",
            Judge::LockedMapsThenRefs => "locked-maps-then-refs",
            Judge::RefsAlone => "refs-alone",
            Judge::LockUnmapRefs => "lock-unmap-refs",
        }
    }

    /// One line for `sealcheck list judges`, with the source.
    pub fn describe(self) -> &'static str {
        match self {
            Judge::RefsThenMaps => "two loads, C first, C - M <= K + own (RFC v3, as gcc orders it)",
            Judge::MapsThenRefs => "two loads, M first, C - M <= K + own (RFC v3, as C allows)",
            Judge::RefsThenMapsStrict => "two loads, C first, C - M == K + own in every pass (5.17)",
            Judge::MapsThenRefsStrict => "two loads, M first, C - M == K + own in every pass (5.17)",
            Judge::RefsThenExpected => "C, then what C should be, loaded word by word (6.18)",
            Judge::ExpectedThenRefs => "what C should be, then C (6.18, as C allows)",
            Judge::Snapshot => "both counts at one instant (no kernel)",
            Judge::MapsRefsMaps => "M, C, M: clean only if M did not change (proposal)",
            Judge::RefsMapsRefs => "C, M, C: clean only if C did not change (proposal)",
            Judge::LockedRefsThenMaps => "C, M under the page lock (proposal; isolate's second look)",
            Judge::LockedMapsThenRefs => "M, C under the page lock (proposal)",
            Judge::RefsAlone => "C == K + own, whatever M is (proposal)",
            Judge::LockUnmapRefs => "C == K + own; else again under the page lock, unmapped (repair)",
        }
    }

    /// Whether this judge wants the page lock when the unlocked look did not say clean.
    pub fn looks_again_under_lock(self) -> bool {
        matches!(self, Judge::LockedRefsThenMaps | Judge::LockedMapsThenRefs | Judge::LockUnmapRefs)
    }

    /// The look without the page lock. False may also mean: not without the lock.
    #[frames]
    pub async fn clean_unlocked<M: Memory>(self, m: &M, page: Page, own: i16, pass: Pass) -> bool {
        match self {
            Judge::LockedRefsThenMaps | Judge::LockedMapsThenRefs => false,
            _ => self.compare_counts(m, page, own, pass).await,
        }
    }

    /// The look under the page lock, which the caller holds.
    #[frames]
    pub async fn clean_locked<M: Memory>(
        self,
        m: &M,
        index: Index,
        page: Page,
        own: i16,
        pass: Pass,
    ) -> bool {
        match self {
            Judge::LockUnmapRefs => clean_once_unmapped(m, index, page, own).await,
            _ => self.compare_counts(m, page, own, pass).await,
        }
    }

    /// Two loads in the place of one, if that is the seeded fault.
    fn split<M: Memory>(self, m: &M) -> Judge {
        match self {
            Judge::Snapshot if m.has(Fault::SplitJudge) => Judge::RefsThenMaps,
            Judge::Snapshot if m.has(Fault::SplitJudgeMapsFirst) => Judge::MapsThenRefs,
            judge => judge,
        }
    }

    /// The loads of this judge, in its order, and its comparison.
    #[frames]
    async fn compare_counts<M: Memory>(self, m: &M, page: Page, own: i16, pass: Pass) -> bool {
        let expected = cache_references(m) + own + m.has(Fault::TagOnlyAboveTwo) as i16;
        let lax = move |refs: i16, maps: i16| match pass {
            Pass::First => refs - maps <= expected,
            Pass::Rescan => refs - maps == expected,
        };
        let strict = move |refs: i16, maps: i16| refs - maps == expected;
        match self.split(m) {
            Judge::RefsThenMaps | Judge::LockedRefsThenMaps => {
                let refs = page.count(m).await; // page_count()
                let maps = page.mapcount(m).await; // page_mapcount()
                lax(refs, maps)
            }
            Judge::MapsThenRefs | Judge::LockedMapsThenRefs => {
                let maps = page.mapcount(m).await; // page_mapcount()
                let refs = page.count(m).await; // page_count()
                lax(refs, maps)
            }
            Judge::RefsThenMapsStrict => {
                let refs = page.count(m).await; // folio_ref_count()
                let maps = page.mapcount(m).await; // folio_mapcount()
                strict(refs, maps)
            }
            Judge::MapsThenRefsStrict => {
                let maps = page.mapcount(m).await; // folio_mapcount()
                let refs = page.count(m).await; // folio_ref_count()
                strict(refs, maps)
            }
            Judge::RefsThenExpected => {
                let refs = page.count(m).await; // folio_ref_count()
                refs == expected_references(m, page).await + own
            }
            Judge::ExpectedThenRefs => {
                let expected = expected_references(m, page).await;
                page.count(m).await == expected + own // folio_ref_count()
            }
            Judge::Snapshot => {
                let (refs, maps) = page.counts(m).await; // no kernel has it
                strict(refs, maps)
            }
            Judge::MapsRefsMaps => {
                let before = page.mapcount(m).await; // page_mapcount()
                let refs = page.count(m).await; // page_count()
                let maps = page.mapcount(m).await; // page_mapcount()
                before == maps && strict(refs, maps)
            }
            Judge::RefsMapsRefs => {
                let before = page.count(m).await; // page_count()
                let maps = page.mapcount(m).await; // page_mapcount()
                let refs = page.count(m).await; // page_count()
                before == refs && strict(refs, maps)
            }
            Judge::RefsAlone | Judge::LockUnmapRefs => page.count(m).await == expected, // page_count()
        }
    }
}

/// `K`: the page cache has a reference for each page of a folio. Before 5.17 the code took it for 1.
fn cache_references<M: Memory>(m: &M) -> i16 {
    if m.has(Fault::AssumeSmallPage) { 1 } else { m.scenario().cache_references() }
}

/// `folio_expected_ref_count()` of 6.18: stable only if the folio is locked and unmapped, says its comment.
#[frames]
async fn expected_references<M: Memory>(m: &M, page: Page) -> i16 {
    let cache = cache_references(m);
    let in_swap_cache = page.in_swap_cache(m).await; // folio_test_swapcache()
    let in_file = page.in_mapping(m).await; // folio->mapping
    let maps = page.mapcount(m).await; // folio_mapcount()
    (in_swap_cache as i16 + in_file as i16) * cache + maps
}

/// Take every mapping away, then believe one load of the reference count.
///
/// The page lock keeps faults out, so a page that was unmapped stays so unless somebody maps it without the
/// lock; then it is unmapped again, UNMAP_TRIES times in all, and after that it counts as pinned.
#[frames]
async fn clean_once_unmapped<M: Memory>(m: &M, index: Index, page: Page, own: i16) -> bool {
    for _ in 0..UNMAP_TRIES {
        unmap_mapping_range(m, index).await;
        if !page.mapped(m).await {
            return page.count(m).await == cache_references(m) + own; // page_count()
        }
    }
    false
}
