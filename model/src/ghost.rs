//! What an actor holds: bookkeeping beside the real counts, which no actor reads.
//!
//! A ghost is a function of the accesses an actor made, the answers it got, and the notes it left, so it costs
//! no state: the compiler computes it once for every location of the actor's automaton.

use crate::access::{Access, Answer, Index, MAX_INDICES, MAX_PAGES, NONE, Note, Page, SEAL_WRITE, Vma};
use crate::scenario::Scenario;
use crate::{Errno, Result};

/// The holdings of one actor, or the sum over all.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Ghost {
    /// Per page: references from lookups, allocation, isolation and the mmu_gather: `T`.
    pub transient: [i8; MAX_PAGES],
    /// Per page: map counts that were raised before their references: `D`.
    pub deferred: [i8; MAX_PAGES],
    /// Per page: references of the page cache in flight, in units of `K`: the new page's before the
    /// replacement, the old one's after it.
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
    /// What one actor alone knows; sums leave it out.
    pub own: Own,
}

/// The part of a ghost that means nothing in a sum.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Own {
    /// It was refused the denial of writable mappings.
    pub refused: bool,
    /// It took somebody else's PTE away.
    pub unmapped: bool,
    /// It loaded the seals, and these were set.
    pub saw_seals: Option<Answer>,
    /// Its last access made a judge decide that this page is pinned.
    pub judged_pinned: Option<Page>,
    /// Its last access began a scan.
    pub scan_begins: bool,
    /// It is about to copy this page to its reader, who asked for this offset.
    pub reading: Option<(Index, Page)>,
    /// What it read first after it saw F_SEAL_WRITE.
    pub read: Option<Answer>,
    /// It read something else later.
    pub read_differs: bool,
}

impl Ghost {
    /// Account for one access of this actor, which is number `me` of the cast.
    pub fn account(&mut self, scenario: &Scenario, me: usize, access: Access, answer: Answer) {
        let frame = answer as usize;
        let at = |page: Page| page.0 as usize;
        self.own.judged_pinned = None;
        self.own.scan_begins = false;
        match access {
            Access::InodeLock => self.inode_locked += 1,
            Access::InodeUnlock => self.inode_locked -= 1,
            Access::Seals => self.own.saw_seals = Some(answer),
            Access::MapWritable | Access::MapWritableAlways => self.counted += answer as i8,
            Access::UnmapWritable => self.counted -= 1,
            Access::DenyWritable if answer == 0 => self.own.refused = true,
            Access::DenyWritable => self.denied += 1,
            Access::AllowWritable => self.denied -= 1,
            Access::FindGetPage(_)
            | Access::AllocPage(_)
            | Access::SwapCacheGet(_)
            | Access::ForkGetPage(..)
                if answer >= 0 =>
            {
                self.transient[frame] += 1;
            }
            Access::AddNewPage(_) | Access::SwapCacheAlloc(_) if answer != NONE => {
                self.transient[frame] += 1;
                self.locked[frame] += 1;
            }
            Access::GetPage(page, times) => self.take(at(page), times as i8),
            Access::PutPage(page, times) => self.transient[at(page)] -= times as i8,
            Access::SetPte(vma, _, page) => self.map(at(page), scenario.map_weight(vma) as i8),
            Access::ForkPte(vma, _, page) => self.map(at(page), scenario.map_weight(vma.child()) as i8),
            Access::ZapPte(vma, _) if answer != NONE => self.zap(scenario, me, vma, frame),
            Access::CacheGet(page) => self.cache[at(page)] += 1,
            Access::CachePut(page) => self.cache[at(page)] -= 1,
            Access::InsertPage { page, .. } if answer == 1 => self.cache[at(page)] -= 1,
            Access::DeletePage(_, page) | Access::SwapOut(_, page) => self.cache[at(page)] += 1,
            Access::SwapOutFrozen(_, page, _) if answer == 1 => self.cache[at(page)] += 1,
            Access::SwapFree(_, page) if answer == 1 => {
                self.transient[at(page)] -= 1;
                self.locked[at(page)] -= 1;
            }
            Access::ReplaceSlot { old, new, .. } if answer == 1 => {
                self.cache[at(new)] -= 1;
                self.cache[at(old)] += 1;
                self.replaced += 1;
            }
            Access::LockPage(page) => self.locked[at(page)] += 1,
            Access::TryLockPage(page) => self.locked[at(page)] += answer as i8,
            Access::UnlockPage(page) => self.locked[at(page)] -= 1,
            Access::TagSet(index) => self.tags[index.0 as usize] = 1,
            Access::TagClear(index) => self.tags[index.0 as usize] = 0,
            Access::PinPage(..) if answer != NONE => self.pins[frame] += 1,
            Access::TryPin(page) if answer == 1 => self.transient[at(page)] += scenario.pin_weight as i8,
            Access::UndoPin(page) => self.transient[at(page)] -= scenario.pin_weight as i8,
            Access::UnpinPage(page) => self.pins[at(page)] -= 1,
            Access::ReadPage(_) => self.read(answer),
            _ => {}
        }
    }

    /// Account for a note, which is part of the access before it.
    pub fn note(&mut self, scenario: &Scenario, note: Note) {
        match note {
            Note::Pinned(page) => {
                self.transient[page.0 as usize] -= scenario.pin_weight as i8;
                self.pins[page.0 as usize] += 1;
            }
            Note::JudgedPinned(page) => self.own.judged_pinned = Some(page),
            Note::ScanBegins => self.own.scan_begins = true,
            Note::Reads(index, page) => self.own.reading = Some((index, page)),
        }
    }

    /// References for map counts that were raised before; what is left over is transient.
    fn take(&mut self, page: usize, references: i8) {
        let owed = self.deferred[page].min(references);
        self.deferred[page] -= owed;
        self.transient[page] += references - owed;
    }

    /// Transient references become PTEs'; what is missing is deferred.
    fn map(&mut self, page: usize, ptes: i8) {
        let there = self.transient[page].min(ptes);
        self.transient[page] -= there;
        self.deferred[page] += ptes - there;
    }

    fn zap(&mut self, scenario: &Scenario, me: usize, vma: Vma, frame: usize) {
        self.transient[frame] += scenario.map_weight(vma) as i8;
        self.own.unmapped |= vma.actor() != me;
    }

    fn read(&mut self, content: Answer) {
        self.own.reading = None;
        if self.own.saw_seals.is_some_and(|seals| seals & SEAL_WRITE != 0) {
            self.own.read_differs |= self.own.read.is_some_and(|first| first != content);
            self.own.read.get_or_insert(content);
        }
    }

    /// Add what another actor holds.
    #[inline]
    pub fn add(&mut self, other: &Ghost) {
        self.each(other, |sum, held| *sum += held);
    }

    /// Take away what another actor held.
    #[inline]
    pub fn remove(&mut self, other: &Ghost) {
        self.each(other, |sum, held| *sum -= held);
    }

    /// Change every holding by that of another actor.
    #[inline]
    fn each(&mut self, other: &Ghost, change: impl Fn(&mut i8, i8)) {
        let all =
            |sum: &mut [i8], held: &[i8]| sum.iter_mut().zip(held).for_each(|(sum, held)| change(sum, *held));
        all(&mut self.transient, &other.transient);
        all(&mut self.deferred, &other.deferred);
        all(&mut self.cache, &other.cache);
        all(&mut self.pins, &other.pins);
        all(&mut self.locked, &other.locked);
        all(&mut self.tags, &other.tags);
        change(&mut self.counted, other.counted);
        change(&mut self.denied, other.denied);
        change(&mut self.inode_locked, other.inode_locked);
        change(&mut self.replaced, other.replaced);
    }
}

/// One question about what an actor holds, or all actors together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "`Ghost` and `Own` have a field for each, and `Held` a method")]
pub enum Holding {
    Transient(Page),
    Deferred(Page),
    Cache(Page),
    Pins(Page),
    Locked(Page),
    Tag(Index),
    Counted,
    Denied,
    InodeLocked,
    Replaced,
    Refused,
    Unmapped,
    SawSeals,
    JudgedPinned,
    ScanBegins,
    Reading,
    ReadDiffers,
    Returned,
}

/// What is held, for whoever judges it: every claim asks through this, so that what it depends on can be found by
/// letting it ask.
pub trait Held {
    /// The answer to a question, as a number: -1 is none.
    fn held(&self, what: Holding) -> i16;

    /// [`Ghost::transient`] of a page.
    #[inline]
    fn transient(&self, page: Page) -> i16 {
        self.held(Holding::Transient(page))
    }
    /// [`Ghost::deferred`] of a page.
    #[inline]
    fn deferred(&self, page: Page) -> i16 {
        self.held(Holding::Deferred(page))
    }
    /// [`Ghost::cache`] of a page.
    #[inline]
    fn cache(&self, page: Page) -> i16 {
        self.held(Holding::Cache(page))
    }
    /// [`Ghost::pins`] of a page.
    #[inline]
    fn pins(&self, page: Page) -> i16 {
        self.held(Holding::Pins(page))
    }
    /// [`Ghost::locked`] of a page.
    #[inline]
    fn locked(&self, page: Page) -> i16 {
        self.held(Holding::Locked(page))
    }
    /// [`Ghost::tags`] of a slot.
    #[inline]
    fn tag(&self, index: Index) -> i16 {
        self.held(Holding::Tag(index))
    }
    /// [`Ghost::counted`].
    #[inline]
    fn counted(&self) -> i16 {
        self.held(Holding::Counted)
    }
    /// [`Ghost::denied`].
    #[inline]
    fn denied(&self) -> i16 {
        self.held(Holding::Denied)
    }
    /// [`Ghost::inode_locked`].
    #[inline]
    fn inode_locked(&self) -> i16 {
        self.held(Holding::InodeLocked)
    }
    /// [`Ghost::replaced`].
    #[inline]
    fn replaced(&self) -> i16 {
        self.held(Holding::Replaced)
    }
    /// [`Own::refused`].
    #[inline]
    fn refused(&self) -> bool {
        self.held(Holding::Refused) == 1
    }
    /// [`Own::unmapped`].
    #[inline]
    fn unmapped(&self) -> bool {
        self.held(Holding::Unmapped) == 1
    }
    /// [`Own::saw_seals`].
    #[inline]
    fn saw_seals(&self) -> Option<Answer> {
        some(self.held(Holding::SawSeals))
    }
    /// [`Own::judged_pinned`].
    #[inline]
    fn judged_pinned(&self) -> Option<Page> {
        some(self.held(Holding::JudgedPinned)).map(|frame| Page(frame as u8))
    }
    /// [`Own::scan_begins`].
    #[inline]
    fn scan_begins(&self) -> bool {
        self.held(Holding::ScanBegins) == 1
    }
    /// [`Own::reading`].
    #[inline]
    fn reading(&self) -> Option<(Index, Page)> {
        let pages = MAX_PAGES as i16;
        some(self.held(Holding::Reading))
            .map(|both| (Index((both / pages) as u8), Page((both % pages) as u8)))
    }
    /// [`Own::read_differs`].
    #[inline]
    fn read_differs(&self) -> bool {
        self.held(Holding::ReadDiffers) == 1
    }
    /// What an actor returned, if it has.
    #[inline]
    fn returned(&self) -> Option<Result> {
        match self.held(Holding::Returned) {
            -1 => None,
            0 => Some(Ok(())),
            code => Some(Err(Errno::ALL[code as usize - 1])),
        }
    }
}

/// -1 is none.
fn some(number: i16) -> Option<i16> {
    (number >= 0).then_some(number)
}

/// [`Holding::Returned`]: 0 is success, and an error the place in [`Errno::ALL`] from 1 on.
pub(crate) fn encode_returned(returned: Option<Result>) -> i16 {
    match returned {
        None => -1,
        Some(Ok(())) => 0,
        Some(Err(errno)) => errno as i16 + 1,
    }
}

/// What is held alone has not returned.
impl Held for Ghost {
    #[inline]
    fn held(&self, what: Holding) -> i16 {
        let or_none = |number: Option<i16>| number.unwrap_or(-1);
        match what {
            Holding::Transient(page) => self.transient[page.0 as usize].into(),
            Holding::Deferred(page) => self.deferred[page.0 as usize].into(),
            Holding::Cache(page) => self.cache[page.0 as usize].into(),
            Holding::Pins(page) => self.pins[page.0 as usize].into(),
            Holding::Locked(page) => self.locked[page.0 as usize].into(),
            Holding::Tag(index) => self.tags[index.0 as usize].into(),
            Holding::Counted => self.counted.into(),
            Holding::Denied => self.denied.into(),
            Holding::InodeLocked => self.inode_locked.into(),
            Holding::Replaced => self.replaced.into(),
            Holding::Refused => self.own.refused.into(),
            Holding::Unmapped => self.own.unmapped.into(),
            Holding::SawSeals => or_none(self.own.saw_seals),
            Holding::JudgedPinned => or_none(self.own.judged_pinned.map(|page| page.0.into())),
            Holding::ScanBegins => self.own.scan_begins.into(),
            Holding::Reading => or_none(
                self.own
                    .reading
                    .map(|(index, page)| i16::from(index.0) * MAX_PAGES as i16 + i16::from(page.0)),
            ),
            Holding::ReadDiffers => self.own.read_differs.into(),
            Holding::Returned => encode_returned(None),
        }
    }
}
