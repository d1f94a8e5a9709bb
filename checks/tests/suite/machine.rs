//! What accesses do to memory, where no exploration would tell.

use seal_model::access::{
    Access, Entry, IMPLIED_BY_EXEC, Index, MAX_ACTORS, MAX_INDICES, MAX_PAGES, MAX_VMAS, NONE, Page,
    Question, SEAL_FUTURE_WRITE, SEAL_GROW, SEAL_WRITE, SWAP, Vma, WRITE_SEALS, pack_counts, seal_names,
};
use seal_model::machine::{Cell, Cells, PlainCells, apply};
use seal_model::scenario::Scenario;

const PAGE: Page = Page(0);
const INDEX: Index = Index(0);
const VMA: Vma = Vma(1);
/// The forker's, where it is number 3 of the cast.
const FORKS: Vma = Vma(3);

/// The scenario of a one-line form.
fn scenario(text: &str) -> Scenario {
    text.parse().expect("a possible scenario")
}

/// One of each kind.
const ACCESSES: [Access; 68] = [
    Access::InodeLock,
    Access::InodeUnlock,
    Access::Seals,
    Access::SealsSet(SEAL_WRITE),
    Access::MapWritable,
    Access::MapWritableAlways,
    Access::UnmapWritable,
    Access::DenyWritable,
    Access::AllowWritable,
    Access::Slot(INDEX),
    Access::FindGetPage(INDEX),
    Access::TagGet(INDEX),
    Access::TagSet(INDEX),
    Access::TagClear(INDEX),
    Access::Tagged,
    Access::PageCount(PAGE),
    Access::PageMapcount(PAGE),
    Access::PageCounts(PAGE),
    Access::PageMapping(PAGE),
    Access::PageSwapCache(PAGE),
    Access::PageMappingSet(PAGE),
    Access::PageMappingClear(PAGE),
    Access::LockPage(PAGE),
    Access::TryLockPage(PAGE),
    Access::UnlockPage(PAGE),
    Access::GetPage(PAGE, 1),
    Access::PutPage(PAGE, 1),
    Access::CacheGet(PAGE),
    Access::CachePut(PAGE),
    Access::AllocPage(INDEX),
    Access::AddNewPage(INDEX),
    Access::MemcgCharge(PAGE),
    Access::MemcgMove { old: PAGE, new: Page(1) },
    Access::CopyPage { from: PAGE, to: Page(1) },
    Access::ReplaceSlot { index: INDEX, old: PAGE, new: Page(1) },
    Access::InsertPage { index: INDEX, page: PAGE },
    Access::DeletePage(INDEX, PAGE),
    Access::SwapOut(INDEX, PAGE),
    Access::SwapOutFrozen(INDEX, PAGE, 1),
    Access::SwapCacheAdd(INDEX, PAGE),
    Access::SwapCacheGet(INDEX),
    Access::SwapCacheAlloc(INDEX),
    Access::SwapCacheDelete(INDEX, PAGE),
    Access::SwapWrite(INDEX, PAGE),
    Access::SwapFree(INDEX, PAGE),
    Access::LruCacheAdd(PAGE),
    Access::LruAddDrainLocal(PAGE),
    Access::LruAddDrain(PAGE),
    Access::Pte(VMA, INDEX),
    Access::WritablePte(VMA, INDEX),
    Access::SetPte(VMA, INDEX, PAGE),
    Access::ZapPte(VMA, INDEX),
    Access::ForkGetPage(VMA, INDEX),
    Access::ForkPte(VMA, INDEX, PAGE),
    Access::FlushTlb(VMA),
    Access::Mprotect(VMA),
    Access::IrqsOff(VMA),
    Access::IrqsOn(VMA),
    Access::PinPage(VMA, INDEX),
    Access::TryPin(PAGE),
    Access::UndoPin(PAGE),
    Access::UnpinPage(PAGE),
    Access::Store(VMA, INDEX),
    Access::StoreStale(VMA, INDEX),
    Access::Dma(PAGE),
    Access::WritePage(PAGE),
    Access::ReadPage(PAGE),
    Access::Choose(Question::Unpins),
];

#[test]
fn every_access_is_defined_and_answers_what_it_declares() {
    let scenario = scenario("isolate;with=pinner;with=reclaim;with=truncate");
    for access in ACCESSES {
        let mut cells = PlainCells::new(&scenario);
        let answer = apply(&mut cells, &scenario, access).expect("nobody holds a lock");
        assert!(access.answers(&scenario).contains(&answer), "{access:?} answered {answer}");
        assert!(!access.describe(answer).contains("Access"), "{access:?} is not described");
    }
}

#[test]
fn an_access_to_a_mapping_names_it() {
    for access in ACCESSES {
        let named = format!("{access:?}").contains("vma");
        assert_eq!(access.vma(), named.then_some(VMA), "{access:?}");
        let moved = access.with_vma(Vma::child);
        assert_eq!(moved.vma(), named.then_some(VMA.child()), "{moved:?}");
        assert_eq!(moved.with_vma(Vma::parent), access);
    }
}

#[test]
fn every_offset_of_the_file_may_be_chosen() {
    for pages in 1..=4 {
        let scenario = scenario(&format!("wait;pages={pages}"));
        let chosen = Access::Choose(Question::WhichIndex).answers(&scenario);
        assert_eq!(chosen, (0..pages).collect::<Vec<i16>>());
    }
}

#[test]
fn seals_are_named_one_by_one() {
    assert_eq!(seal_names(SEAL_WRITE | SEAL_GROW).collect::<Vec<_>>(), ["F_SEAL_GROW", "F_SEAL_WRITE"]);
    assert_eq!(seal_names(0).count(), 0);
    let against_writing = ["F_SEAL_WRITE", "F_SEAL_FUTURE_WRITE"];
    assert_eq!(seal_names(WRITE_SEALS).collect::<Vec<_>>(), against_writing);
    let implied = ["F_SEAL_SHRINK", "F_SEAL_GROW"].into_iter().chain(against_writing);
    assert!(seal_names(IMPLIED_BY_EXEC).eq(implied));
}

#[test]
fn locks_and_flushes_block() {
    let scenario = scenario("wait;with=writer;with=fast-pinner:irq;with=forker");
    for (held, blocked, released) in [
        (Access::InodeLock, Access::InodeLock, Access::InodeUnlock),
        (Access::LockPage(PAGE), Access::LockPage(PAGE), Access::UnlockPage(PAGE)),
        (Access::TryLockPage(PAGE), Access::LockPage(PAGE), Access::UnlockPage(PAGE)),
        (Access::IrqsOff(VMA), Access::FlushTlb(VMA), Access::IrqsOn(VMA)),
        (
            Access::ForkGetPage(FORKS, INDEX),
            Access::ZapPte(FORKS, INDEX),
            Access::ForkPte(FORKS, INDEX, PAGE),
        ),
        (
            Access::ForkGetPage(FORKS, INDEX),
            Access::ZapPte(FORKS.child(), INDEX),
            Access::ForkPte(FORKS, INDEX, PAGE),
        ),
    ] {
        let mut cells = PlainCells::new(&scenario);
        assert!(apply(&mut cells, &scenario, held).is_some());
        let before = cells.clone();
        assert_eq!(apply(&mut cells, &scenario, blocked), None, "{blocked:?}");
        assert_eq!(cells, before, "a step that blocks changes nothing");
        assert!(apply(&mut cells, &scenario, released).is_some());
        assert!(apply(&mut cells, &scenario, blocked).is_some(), "{blocked:?}");
    }
    let mut cells = PlainCells::new(&scenario);
    assert_eq!(apply(&mut cells, &scenario, Access::TryLockPage(PAGE)), Some(1));
    assert_eq!(apply(&mut cells, &scenario, Access::TryLockPage(PAGE)), Some(0));
}

/// What a recipient may rely on is what the file held when F_SEAL_WRITE was set first, and nothing else.
#[test]
fn the_seal_that_is_set_first_freezes_the_content() {
    let scenario = scenario("wait;with=pinner");
    let mut cells = PlainCells::new(&scenario);
    let mut step = |access| apply(&mut cells, &scenario, access).expect("nobody holds a lock");
    step(Access::Dma(PAGE));
    step(Access::SealsSet(SEAL_FUTURE_WRITE));
    step(Access::SealsSet(SEAL_WRITE));
    assert_eq!(step(Access::Seals), SEAL_WRITE | SEAL_FUTURE_WRITE);
    step(Access::Dma(PAGE));
    step(Access::SealsSet(SEAL_WRITE));
    assert_eq!(step(Access::Seals), SEAL_WRITE | SEAL_FUTURE_WRITE);
    assert_eq!((cells.get(Cell::Expected(INDEX)), cells.file_content(INDEX)), (1, 0));
}

/// F_SEAL_FUTURE_WRITE freezes nothing: what is lost before F_SEAL_WRITE stays owed.
#[test]
fn another_seal_freezes_nothing() {
    let scenario = scenario("isolate;with=pinner");
    let mut cells = PlainCells::new(&scenario);
    let mut step = |access| apply(&mut cells, &scenario, access).expect("nobody holds a lock");
    let new = Page(step(Access::AllocPage(INDEX)) as u8);
    assert_eq!(step(Access::ReplaceSlot { index: INDEX, old: PAGE, new }), 1);
    step(Access::Dma(PAGE));
    step(Access::SealsSet(SEAL_FUTURE_WRITE));
    assert_eq!((cells.get(Cell::Expected(INDEX)), cells.file_content(INDEX)), (1, 0));
}

#[test]
fn entries_and_counts_survive_their_encoding() {
    for entry in [Entry::Hole, Entry::Swap, Entry::Page(Page(3))] {
        assert_eq!(Entry::from(i16::from(entry)), entry);
    }
    assert_eq!((i16::from(Entry::Hole), i16::from(Entry::Swap)), (NONE, SWAP));
    for counts in [(0, 0), (1, 0), (17, 9), (30, 31)] {
        assert_eq!(seal_model::access::unpack_counts(pack_counts(counts.0, counts.1)), counts);
    }
}

#[test]
fn every_cell_has_a_number_of_its_own() {
    let mut cells = vec![Cell::InodeLock, Cell::MmapWritable, Cell::Seals];
    for index in (0..MAX_INDICES as u8).map(Index) {
        cells.extend([Cell::Slot(index), Cell::Tag(index), Cell::Expected(index)]);
        cells.extend([Cell::SwapCache(index), Cell::SwapDevice(index)]);
        for vma in (0..MAX_VMAS as u8).map(Vma) {
            cells.extend([Cell::Pte(vma, index), Cell::Tlb(vma, index)]);
        }
    }
    for page in (0..MAX_PAGES as u8).map(Page) {
        cells.extend([Cell::Count(page), Cell::Mapcount(page), Cell::Mapping(page), Cell::PageLock(page)]);
        cells.extend([Cell::Content(page), Cell::Batch(page), Cell::Charge(page), Cell::Orphan(page)]);
    }
    for vma in (0..MAX_VMAS as u8).map(Vma) {
        cells.extend([Cell::ReadOnly(vma), Cell::IrqsOff(vma), Cell::PageTableLock(vma)]);
    }
    assert_eq!(Vma(MAX_ACTORS as u8 - 1).child(), Vma(MAX_VMAS as u8 - 1), "the last one");
    let mut numbers: Vec<usize> = cells.iter().map(|cell| cell.id()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..Cell::COUNT).collect::<Vec<_>>());
}

/// A cell that is loaded as it is has the range of what the load may answer, and no more: more would cost bits.
#[test]
fn the_range_of_a_cell_is_that_of_its_loads() {
    for cast in ["wait;with=writer", "isolate;with=truncate", "isolate;pages=2;with=reclaim;with=forker"] {
        let scenario = scenario(cast);
        let answers = |access: fn(Index) -> Access| {
            let all = scenario.indices().flat_map(|index| access(index).answers(&scenario));
            let all: Vec<i16> = all.collect();
            (*all.iter().min().expect("an answer"), *all.iter().max().expect("an answer"))
        };
        for spec in Cell::of(&scenario) {
            let expected = match spec.cell {
                Cell::Slot(_) => answers(Access::Slot),
                Cell::SwapCache(_) => answers(Access::SwapCacheGet),
                Cell::Pte(..) | Cell::Tlb(..) => answers(|index| Access::Pte(VMA, index)),
                Cell::Seals => (0, scenario.seal_bits()),
                Cell::MmapWritable => {
                    (-1 - scenario.sealers() as i16, scenario.writable_vmas().count() as i16 + 1)
                }
                Cell::Count(_) => (-1, scenario.max_count()),
                Cell::Mapcount(_) => (0, scenario.max_mapcount()),
                Cell::Batch(_) | Cell::Charge(_) => (0, 2),
                _ => (0, 1),
            };
            assert_eq!((spec.low, spec.high), expected, "{:?} in {cast}", spec.cell);
        }
    }
}

/// Two who bring the same page back from swap: the second finds what the first brought.
#[test]
fn a_page_comes_back_from_swap_once() {
    let scenario = scenario("isolate;with=reclaim");
    let mut cells = PlainCells::new(&scenario);
    let alloc = |cells: &mut PlainCells| apply(cells, &scenario, Access::SwapCacheAlloc(INDEX));
    assert_eq!(alloc(&mut cells), Some(NONE), "the page is there");
    cells.set(Cell::Slot(INDEX), SWAP);
    cells.set(Cell::Count(PAGE), 0);
    assert_eq!(alloc(&mut cells), Some(0));
    assert_eq!(alloc(&mut cells), Some(NONE), "somebody brought it, and another frame is free");
    cells.set(Cell::Slot(INDEX), 0);
    cells.set(Cell::SwapCache(INDEX), NONE);
    assert_eq!(alloc(&mut cells), Some(NONE), "it is the file's again");
}

/// Where every frame is taken, an allocation answers what nobody declared, which ends the run with an error.
#[test]
fn no_frame_is_no_answer() {
    let scenario = scenario("wait;pages=4;with=truncate");
    let mut cells = PlainCells::new(&scenario);
    scenario.all_pages().for_each(|page| cells.set(Cell::Count(page), 1));
    for access in scenario.indices().map(Access::AllocPage) {
        let answer = apply(&mut cells, &scenario, access).expect("it does not block");
        assert!(!access.answers(&scenario).contains(&answer), "{access:?} answered {answer}");
    }
}
