//! What follows from a scenario: its pages, its mappings, its bounds.

use super::{Actor, GupGuard, Method, Program, Scenario, Seal, Strategy, WriterProgram};
use crate::access::{Answer, IMPLIED_BY_EXEC, Index, Page, SEAL_EXEC, SEAL_FUTURE_WRITE, SEAL_WRITE, Vma};
use crate::machine::{LOCAL, REMOTE};

/// Pages.
impl Scenario {
    /// The offsets of the file.
    #[inline]
    pub fn indices(&self) -> impl Iterator<Item = Index> + use<> {
        (0..self.pages).map(Index)
    }

    /// How many page frames there are: the file's; under `isolate` a copy of each for every sealer; and one more
    /// for each wherever a page may become an orphan.
    #[inline]
    pub fn frames(&self) -> u8 {
        let copies = if self.strategy.method() == Method::Isolate { self.sealers() } else { 0 };
        let orphans = self.cast.iter().filter(|actor| matches!(actor, Actor::Truncate { .. })).count();
        self.pages * (1 + copies + orphans as u8)
    }

    /// Every page frame.
    #[inline]
    pub fn all_pages(&self) -> impl Iterator<Item = Page> + use<> {
        (0..self.frames()).map(Page)
    }

    /// The frames that may hold the page at an offset.
    #[inline]
    pub fn pages_of(&self, index: Index) -> impl Iterator<Item = Page> + use<> {
        (index.0..self.frames()).step_by(self.pages as usize).map(Page)
    }

    /// The offset that a frame is kept for.
    #[inline]
    pub fn index_of(&self, page: Page) -> Index {
        Index(page.0 % self.pages)
    }

    /// `K`: the page cache has a reference for each small page of a folio.
    #[inline]
    pub fn cache_references(&self) -> i16 {
        self.folio as i16
    }

    /// Whether a slot may hold a swap entry.
    #[inline]
    pub fn has_swap(&self) -> bool {
        self.cast.iter().any(|actor| matches!(actor, Actor::Reclaim { .. }))
    }

    /// Whether a slot may be a hole.
    #[inline]
    pub fn has_holes(&self) -> bool {
        self.cast.iter().any(|actor| matches!(actor, Actor::Truncate { .. }))
    }

    /// Whether an LRU batch may hold a page.
    pub fn has_batches(&self) -> bool {
        let batch = |actor: &Actor| matches!(actor, Actor::LruBatch { .. });
        self.strategy.method() == Method::Isolate
            || self.has_swap()
            || self.has_holes()
            || self.cast.iter().any(batch)
    }

    /// The pages that an LRU batch may hold.
    pub fn batched(&self) -> impl Iterator<Item = Page> + use<> {
        let pages = if self.has_batches() { self.frames() } else { 0 };
        (0..pages).map(Page)
    }

    /// The LRU batch that holds a page at the start: 0 none.
    pub fn starts_batched(&self, page: Page) -> i16 {
        let batch = self.cast.iter().find_map(|actor| match *actor {
            Actor::LruBatch { local, at: Some(at) } if at == page.0 => {
                Some(if local { LOCAL } else { REMOTE })
            }
            _ => None,
        });
        batch.unwrap_or(0)
    }
}

/// Mappings.
impl Scenario {
    /// The VMAs that may map the file, in the order of the cast; those that a fork makes come last.
    pub fn vmas(&self) -> impl Iterator<Item = Vma> {
        let own = self.numbered().filter(|(_, actor)| actor.has_vma()).map(|(vma, _)| vma);
        own.chain(self.forked())
    }

    /// The same in the order in which `unmap_mapping_range()` comes to them.
    pub fn vmas_to_unmap(&self) -> Vec<Vma> {
        let mut vmas: Vec<Vma> = self.vmas().collect();
        if self.children_first {
            vmas.sort_by_key(|vma| !vma.is_child());
        }
        vmas
    }

    fn forked(&self) -> impl Iterator<Item = Vma> {
        let forkers = self.numbered().filter(|(_, actor)| matches!(actor, Actor::Forker { .. }));
        forkers.map(|(vma, _)| vma.child())
    }

    /// The shared ones among them that may be written through.
    pub fn writable_vmas(&self) -> impl Iterator<Item = Vma> {
        self.numbered().filter(|(_, actor)| actor.is_writable()).map(|(vma, _)| vma)
    }

    /// Whether a VMA is shared and may be written through.
    #[inline]
    pub fn writable(&self, vma: Vma) -> bool {
        !vma.is_child() && self.cast[vma.actor()].is_writable()
    }

    /// Whether it is mapped for reading at first.
    pub fn starts_read_only(&self, vma: Vma) -> bool {
        matches!(self.cast[vma.actor()], Actor::Writer { program: WriterProgram::Mprotect, .. })
    }

    /// The mapping that an actor works through: its own, or that of the writer or pinner before it.
    pub fn shared_vma(&self, actor: u8) -> Vma {
        if !self.cast[actor as usize].borrows_vma() {
            return Vma(actor);
        }
        let before = (0..actor).rev().find(|&other| self.cast[other as usize].is_writable());
        Vma(before.unwrap_or(actor))
    }

    /// Whether somebody walks the page tables of a VMA with interrupts off.
    pub fn walked_without_irqs(&self, vma: Vma) -> bool {
        let walks = |actor: &Actor| matches!(actor, Actor::FastPinner { guard: GupGuard::InterruptsOff, .. });
        let walkers = self.numbered().filter(|(_, actor)| walks(actor));
        walkers.into_iter().any(|(walker, _)| self.shared_vma(walker.0) == vma)
    }

    /// Whether a fork copies the PTEs of a VMA.
    pub fn forks(&self, vma: Vma) -> bool {
        !vma.is_child() && matches!(self.cast[vma.actor()], Actor::Forker { .. })
    }

    /// The mlocked ones.
    pub fn mlocked_vmas(&self) -> impl Iterator<Item = Vma> {
        let locked = |actor: &Actor| matches!(actor, Actor::Mapper { program: Program::Mlock, .. });
        self.numbered().filter(move |(_, actor)| locked(actor)).map(|(vma, _)| vma)
    }

    /// The page that a VMA maps at the start.
    pub fn starts_mapped(&self, vma: Vma) -> Option<Page> {
        let actor = self.cast[vma.actor()];
        if vma.is_child() || !actor.starts_mapped() { None } else { actor.at().map(Page) }
    }

    /// How many small pages of a folio a VMA maps: all of them, or one.
    #[inline]
    pub fn map_weight(&self, vma: Vma) -> i16 {
        match self.cast[vma.actor()] {
            Actor::BatchedMapper { .. } => self.folio as i16,
            _ => 1,
        }
    }

    fn numbered(&self) -> impl Iterator<Item = (Vma, &Actor)> {
        self.cast.iter().enumerate().map(|(number, actor)| (Vma(number as u8), actor))
    }
}

/// Bounds.
impl Scenario {
    /// How many seal.
    pub fn sealers(&self) -> u8 {
        self.cast.iter().filter(|actor| matches!(actor, Actor::Sealer)).count() as u8
    }

    /// The seals that the sealers may set.
    #[inline]
    pub fn seal_bits(&self) -> Answer {
        match self.seal {
            Seal::Write => SEAL_WRITE,
            Seal::FutureWrite => SEAL_FUTURE_WRITE,
            Seal::Exec => SEAL_EXEC | IMPLIED_BY_EXEC,
        }
    }

    /// Whether `mmap()` looks at the seals: since 5.1 for F_SEAL_FUTURE_WRITE, since 6.7 for F_SEAL_WRITE.
    pub fn mmap_looks_at_seals(&self) -> bool {
        self.strategy == Strategy::Wait618 || self.seal != Seal::Write
    }

    /// The greatest map count: every VMA maps the page.
    pub fn max_mapcount(&self) -> i16 {
        self.vmas().map(|vma| self.map_weight(vma)).sum()
    }

    /// The greatest reference count: page cache, swap cache, and the cache's references in flight; LRU batch;
    /// the sealers' lookups and gathers; and for everybody else a lookup, its PTEs and the pin's weight.
    pub fn max_count(&self) -> i16 {
        let caches = 3 * self.cache_references();
        let sealers = 3 * self.sealers() as i16;
        let others = self.cast.len() as i16 - self.sealers() as i16;
        let pinners = self.cast.iter().filter(|actor| actor.pins()).count() as i16;
        caches + 1 + sealers + others + self.max_mapcount() + pinners * self.pin_weight as i16
    }
}
