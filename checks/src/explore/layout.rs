//! How a state is packed: every cell and every actor's location in as many bits as its range needs.

use seal_model::access::MAX_ACTORS;
use seal_model::machine::{Cell, CellSpec, Cells};
use seal_model::scenario::Scenario;

use super::narrow::narrowed;
use super::store::SHARD_BITS;
use crate::compile::Automaton;

/// A field of bits inside one word.
#[derive(Clone, Copy, Debug, Default)]
pub struct Field {
    word: u32,
    shift: u32,
    mask: u64,
    low: i16,
    /// From the least value to the greatest.
    span: u64,
}

impl Field {
    #[inline]
    pub(super) fn get(self, words: &[u64]) -> u64 {
        (words[self.word as usize] >> self.shift) & self.mask
    }

    #[inline]
    pub(super) fn set(self, words: &mut [u64], value: u64) {
        let word = &mut words[self.word as usize];
        *word = *word & !(self.mask << self.shift) | value << self.shift;
    }

    /// Its value behind others.
    #[inline]
    pub(super) fn join(self, others: u64, words: &[u64]) -> u64 {
        others << self.width() | self.get(words)
    }

    /// Set it to the last value of those that were joined: the others.
    #[inline]
    pub(super) fn split(self, joined: u64, words: &mut [u64]) -> u64 {
        self.set(words, joined & self.mask);
        joined >> self.width()
    }

    /// How many bits it has.
    #[inline]
    pub(super) fn width(self) -> u32 {
        self.mask.count_ones()
    }
}

/// Where everything is.
#[derive(Clone, Debug)]
pub struct Layout {
    cells: [Field; Cell::COUNT],
    actors: [Field; MAX_ACTORS],
    /// The cells there are.
    pub specs: Vec<CellSpec>,
    /// How many words a state takes.
    pub words: usize,
    /// How many bits of them are used.
    pub bits: usize,
    /// How many of each word.
    used: Vec<u32>,
}

/// What takes bits.
#[derive(Clone, Copy)]
enum Place {
    Cell(CellSpec),
    Actor(usize),
}

impl Layout {
    /// Lay out the cells of a scenario and the locations of its actors: the widest first, so that little is left over
    /// in a word, and what does not fit into the first one is narrow.
    pub fn new(scenario: &Scenario, automata: &[impl AsRef<Automaton>]) -> Self {
        let specs = narrowed(scenario, automata);
        let mut words = Words::default();
        let mut cells = [Field::default(); Cell::COUNT];
        let mut actors = [Field::default(); MAX_ACTORS];
        let greatest = |automaton: &Automaton| automaton.locations.len() as u64 - 1;
        let of_cells = specs.iter().map(|spec| (Place::Cell(*spec), (spec.high - spec.low) as u64));
        let of_actors = automata.iter().enumerate();
        let of_actors =
            of_actors.map(|(actor, automaton)| (Place::Actor(actor), greatest(automaton.as_ref())));
        let mut wanted: Vec<(Place, u64)> = of_cells.chain(of_actors).collect();
        wanted.sort_by_key(|(_, greatest)| greatest.leading_zeros());
        for (place, greatest) in wanted {
            let field = words.take(greatest);
            match place {
                Place::Cell(spec) => cells[spec.cell.id()] = Field { low: spec.low, ..field },
                Place::Actor(actor) => actors[actor] = field,
            }
        }
        Layout { cells, actors, specs, words: words.used.len(), bits: words.bits, used: words.used }
    }

    /// How many words of a state are kept: of two the first one suffices, if few bits of the second are used.
    pub fn words_kept(&self) -> usize {
        match self.used[..] {
            [_, second] if second <= SHARD_BITS => 1,
            _ => self.words,
        }
    }

    /// Where a cell is.
    pub(super) fn field_of(&self, cell: Cell) -> Field {
        self.cells[cell.id()]
    }

    /// Where an actor's location is.
    pub(super) fn field_of_actor(&self, actor: usize) -> Field {
        self.actors[actor]
    }

    /// The bits of a cell, and the word that they are in.
    pub(super) fn bits_of(&self, cell: Cell) -> (usize, u64) {
        let Field { word, shift, mask, .. } = self.cells[cell.id()];
        (word as usize, mask << shift)
    }

    /// The location of an actor.
    #[inline]
    pub fn location(&self, words: &[u64], actor: usize) -> usize {
        self.actors[actor].get(words) as usize
    }

    /// Whether words are a state at all, of actors with so many locations each: everything in its range, and no bit
    /// beside it.
    pub(super) fn admits<const W: usize>(
        &self,
        words: &[u64; W],
        locations: impl Iterator<Item = usize>,
    ) -> bool {
        let mut rest = *words;
        let actors =
            self.actors.iter().zip(locations).map(|(field, locations)| (*field, locations as u64 - 1));
        let cell = |spec: &CellSpec| (self.field_of(spec.cell), (spec.high - spec.low) as u64);
        let in_range = actors.chain(self.specs.iter().map(cell)).all(|(field, most)| {
            let value = field.get(words);
            field.set(&mut rest, 0);
            value <= most
        });
        in_range && rest.iter().all(|word| *word == 0)
    }

    /// Move an actor.
    #[inline]
    pub fn set_location(&self, words: &mut [u64], actor: usize, location: u32) {
        self.actors[actor].set(words, u64::from(location));
    }
}

/// Bits handed out, first fit, so that no field crosses a word.
#[derive(Default)]
struct Words {
    used: Vec<u32>,
    bits: usize,
}

impl Words {
    fn take(&mut self, greatest: u64) -> Field {
        let width = u64::BITS - greatest.leading_zeros();
        let fits = self.used.iter().position(|used| used + width <= u64::BITS);
        let word = fits.unwrap_or_else(|| {
            self.used.push(0);
            self.used.len() - 1
        });
        // a field of no bits may sit past the last one
        let shift = self.used[word].min(u64::BITS - 1);
        self.used[word] += width;
        self.bits += width as usize;
        let mask = u64::MAX.checked_shr(u64::BITS - width).unwrap_or(0);
        Field { word: word as u32, shift, mask, low: 0, span: greatest }
    }
}

/// Cells inside a packed state.
pub struct Packed<'l, const W: usize> {
    /// The state.
    pub words: [u64; W],
    /// Where the cells are.
    pub layout: &'l Layout,
    /// A cell that was given a value outside its range.
    pub out_of_range: Option<Cell>,
}

impl<const W: usize> Cells for Packed<'_, W> {
    #[inline(always)]
    fn get(&self, cell: Cell) -> i16 {
        let field = self.layout.cells[cell.id()];
        field.get(&self.words) as i16 + field.low
    }

    #[inline(always)]
    fn set(&mut self, cell: Cell, value: i16) {
        let field = self.layout.cells[cell.id()];
        let stored = (value - field.low) as u16 as u64;
        if stored > field.span {
            self.out_of_range = Some(cell);
            return;
        }
        field.set(&mut self.words, stored);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_takes_the_first_word_that_has_room_for_all_of_it() {
        let mut words = Words::default();
        // 60 bits, then 5 that need a word of their own, 4 that fill the first, 59 that fill the second
        let fields = [(1 << 60) - 1, 31, 15, (1 << 59) - 1, 1].map(|greatest| words.take(greatest));
        assert_eq!(fields.map(|field| (field.word, field.shift)), [(0, 0), (1, 0), (0, 60), (1, 5), (2, 0)]);
        assert_eq!(words.used, [64, 64, 1]);
        assert_eq!(words.bits, 129);
    }

    #[test]
    fn a_field_is_as_wide_as_its_greatest_value() {
        for (greatest, mask) in
            [(0, 0), (1, 1), (2, 3), (3, 3), (4, 7), (1 << 63, u64::MAX), (u64::MAX, u64::MAX)]
        {
            assert_eq!(Words::default().take(greatest).mask, mask, "{greatest}");
        }
    }

    #[test]
    fn fields_beside_each_other_do_not_touch() {
        let mut words = Words::default();
        let fields = [7, u64::MAX >> 6, 7].map(|greatest| words.take(greatest));
        let mut packed = [0; 1];
        for values in [[5, 3 << 40, 2], [2, u64::MAX >> 6, 5], [7, 0, 7], [0, 1, 0]] {
            for (field, value) in fields.iter().zip(values) {
                field.set(&mut packed, value);
            }
            assert_eq!(fields.map(|field| field.get(&packed)), values);
        }
    }

    /// An actor of one location needs no bit, and may come after a word that is full.
    #[test]
    fn a_field_of_no_bits_stays_inside_its_word() {
        let mut words = Words::default();
        let full = words.take(u64::MAX);
        let nothing = words.take(0);
        assert_eq!((nothing.word, nothing.shift), (0, 63));
        let mut packed = [0; 1];
        full.set(&mut packed, u64::MAX);
        nothing.set(&mut packed, 0);
        assert_eq!((full.get(&packed), nothing.get(&packed)), (u64::MAX, 0));
    }
}
