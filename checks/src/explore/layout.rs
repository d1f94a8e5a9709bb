//! How a state is packed: every cell and every actor's location in as many bits as its range needs.

use seal_model::access::MAX_ACTORS;
use seal_model::machine::{Cell, CellSpec, Cells};
use seal_model::scenario::Scenario;

use crate::compile::Automaton;

/// A field of bits inside one word.
#[derive(Clone, Copy, Debug, Default)]
pub struct Field {
    word: u32,
    shift: u32,
    mask: u64,
    low: i16,
}

impl Field {
    #[inline]
    fn get(self, words: &[u64]) -> u64 {
        (words[self.word as usize] >> self.shift) & self.mask
    }

    #[inline]
    fn set(self, words: &mut [u64], value: u64) {
        let word = &mut words[self.word as usize];
        *word = *word & !(self.mask << self.shift) | value << self.shift;
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
}

impl Layout {
    /// Lay out the cells of a scenario and the locations of its actors.
    pub fn new(scenario: &Scenario, automata: &[impl AsRef<Automaton>]) -> Self {
        let specs = Cell::of(scenario);
        let mut words = Words::default();
        let mut cells = [Field::default(); Cell::COUNT];
        for spec in &specs {
            cells[spec.cell.id()] = Field { low: spec.low, ..words.take((spec.high - spec.low) as u64) };
        }
        let mut actors = [Field::default(); MAX_ACTORS];
        for (field, automaton) in actors.iter_mut().zip(automata) {
            *field = words.take(automaton.as_ref().locations.len() as u64 - 1);
        }
        Layout { cells, actors, specs, words: words.used.len(), bits: words.bits }
    }

    /// The location of an actor.
    #[inline]
    pub fn location(&self, words: &[u64], actor: usize) -> usize {
        self.actors[actor].get(words) as usize
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
        let mask = greatest.checked_add(1).map_or(u64::MAX, |values| values.next_power_of_two() - 1);
        Field { word: word as u32, shift, mask, low: 0 }
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
        if stored > field.mask {
            self.out_of_range = Some(cell);
            return;
        }
        field.set(&mut self.words, stored);
    }
}
