//! What a fuzzer learns from a run beside the code that it covers, which is all covered at once.

use std::hash::Hasher;

use seal_model::access::Access;
use seal_model::machine::{Cell, Cells};

use crate::chance::mix;
use crate::walk::{Run, Site};

/// Told the run after each step.
pub trait Feedback {
    /// A step was taken.
    fn see(&mut self, run: &Run<'_>);
}

/// Looks at nothing.
#[derive(Clone, Copy, Default, Debug)]
pub struct Blind;

impl Feedback for Blind {
    #[inline]
    fn see(&mut self, _: &Run<'_>) {}
}

/// What is taken for news.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Nothing but code.
    Code,
    /// The lines between which the run passes from one actor to another.
    Switches,
    /// The line of a step, its answer, and the counts of the pages at that moment.
    Counts,
    /// Where everybody stands, and all of memory.
    States,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 4] = [Kind::Code, Kind::Switches, Kind::Counts, Kind::States];

    /// What is used where nobody says.
    pub const USUAL: Kind = Kind::Counts;

    /// Its name, for the variable FEEDBACK.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Code => "code",
            Kind::Switches => "switches",
            Kind::Counts => "counts",
            Kind::States => "states",
        }
    }
}

/// Hands features, as numbers, to whoever counts them.
#[derive(Clone, Debug)]
pub struct Features<F> {
    kind: Kind,
    found: F,
    /// Who moved last, and what it asks for now.
    before: Option<(u8, u64)>,
}

impl<F: FnMut(u64)> Features<F> {
    /// Features of one run, told to `found`.
    pub fn new(kind: Kind, found: F) -> Self {
        Features { kind, found, before: None }
    }
}

impl<F: FnMut(u64)> Feedback for Features<F> {
    #[inline]
    fn see(&mut self, run: &Run<'_>) {
        let Some(step) = run.taken.last() else { return };
        let actor = step.actor as usize;
        match self.kind {
            Kind::Code => {}
            Kind::Switches => {
                let here = place(run.asks(actor));
                if let Some((other, there)) = self.before
                    && other != step.actor
                {
                    (self.found)(mix(there ^ mix(here)));
                }
                self.before = Some((step.actor, here));
            }
            Kind::Counts => {
                let mut state = place(run.asks(actor)) ^ mix(step.answer as u64);
                for page in run.scenario.all_pages() {
                    let (count, maps) =
                        (run.cells.get(Cell::Count(page)), run.cells.get(Cell::Mapcount(page)));
                    state = mix(state ^ (count as u64) << 8 ^ maps as u64);
                }
                (self.found)(state);
            }
            Kind::States => (self.found)(state_of(run)),
        }
    }
}

/// The line of the model that asks; 0 at the end.
fn place(asked: Option<(Access, Site)>) -> u64 {
    let number = |site: Site| {
        (site.file().len() as u64) << 40 | u64::from(site.line()) << 16 | u64::from(site.column())
    };
    asked.map_or(0, |(_, site)| mix(number(site)))
}

/// Memory, and what everybody asks for, as one number.
fn state_of(run: &Run<'_>) -> u64 {
    let mut hasher = Fast(0);
    for value in run.cells.values().chunks(4) {
        hasher.write_u64(value.iter().fold(0, |word, &value| word << 16 | u64::from(value as u16)));
    }
    for actor in 0..run.actors() {
        hasher.write_u64(place(run.asks(actor)));
    }
    hasher.finish()
}

/// A hash that is good enough to tell what is new, and takes no time.
struct Fast(u64);

impl Hasher for Fast {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(byte.into()));
    }

    #[inline]
    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        mix(self.0)
    }
}
