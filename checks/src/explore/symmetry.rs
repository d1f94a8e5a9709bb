//! Actors that are alike: states that differ only in which of them is which are one.
//!
//! Two actors are alike if they run the same program on the same pages: their automata are the same but for whose
//! mapping they speak of, and so are the cells of their mappings. Exchanging where they stand, with the cells of their
//! mappings, leads from a state to another that behaves alike, unless somebody else tells the mappings apart: the
//! sealer that unmaps a page comes to one mapping before the other, a second thread works through one of them. So two
//! actors are exchanged only where no other actor can name the mapping of either any more, from where it stands on.
//! What somebody may still name only shrinks along a run. So if two states differ by such an exchange, every step of
//! one has its like in the other, and what they lead to differs by the same exchange, which is allowed there as well:
//! a bisimulation.
//!
//! Claims about a state, a step or what the sealer does alone don't say which of two actors that are alike they mean,
//! so they are true of both states or of none. Progress is another matter: that everybody moves who can move is said
//! of each actor by itself, and a cycle of the reduced graph may come back with actors exchanged. It is decided
//! without this reduction.

use seal_model::access::{MAX_ACTORS, Vma};
use seal_model::machine::{Cell, CellSpec};
use seal_model::scenario::Actor;

use super::layout::Field;
use super::system::{State, System};
use crate::compile::{Automaton, NOWHERE};

/// Who may be taken for whom.
#[derive(Clone, Debug, Default)]
pub struct Symmetry {
    classes: Vec<Vec<Member>>,
    /// For each actor that names mappings of others: its location, and at each location whose it may still name.
    naming: Vec<(Field, Vec<u8>)>,
    /// For each actor the classes that its steps may disturb.
    disturbs: Vec<Disturbs>,
}

/// What a step of an actor may disturb in a state in which those that are alike stand in order.
#[derive(Clone, Copy, Debug)]
enum Disturbs {
    /// It changes nothing of theirs, and names no mapping.
    Nothing,
    /// It is one of this class, and names no mapping but its own.
    Class(usize),
    /// It may change what is theirs, or end what keeps them apart.
    All,
}

/// One of several actors that are alike.
#[derive(Clone, Debug)]
struct Member {
    actor: usize,
    /// Its location and the cells of its mapping, in the same order for all that are alike; 64 bits at most.
    fields: Vec<Field>,
}

impl Member {
    /// Where it stands and what its mapping is, as a number.
    #[inline]
    fn held<const W: usize>(&self, state: &State<W>) -> u64 {
        self.fields.iter().fold(0, |held, field| field.join(held, state))
    }
}

impl Symmetry {
    /// The actors of a system that are alike.
    pub fn of(system: &System) -> Self {
        let named: Vec<Vec<u8>> = (0..system.automata.len()).map(|actor| named_from(system, actor)).collect();
        let mut classes: Vec<Vec<Member>> = Vec::new();
        for actor in 0..system.automata.len() {
            // claims speak of the sealer
            if system.scenario.cast()[actor] == Actor::Sealer {
                continue;
            }
            let member = Member { actor, fields: fields(system, actor) };
            match classes.iter_mut().find(|class| alike(system, class[0].actor, actor)) {
                Some(class) => class.push(member),
                None => classes.push(vec![member]),
            }
        }
        let fits =
            |class: &[Member]| class[0].fields.iter().map(|field| field.width()).sum::<u32>() < u64::BITS;
        classes.retain(|class| class.len() > 1 && fits(class));
        let disturbs = named.iter().enumerate().map(|(actor, named)| {
            let own = classes.iter().position(|class| class.iter().any(|member| member.actor == actor));
            match own {
                _ if named.iter().any(|&named| named != 0) => Disturbs::All,
                Some(class) => Disturbs::Class(class),
                None => Disturbs::Nothing,
            }
        });
        let disturbs = disturbs.collect();
        let naming = named.into_iter().enumerate().filter(|(_, named)| named.iter().any(|&named| named != 0));
        let naming = naming.map(|(actor, named)| (system.layout.field_of_actor(actor), named)).collect();
        Symmetry { classes, naming, disturbs }
    }

    /// The actors that are alike, by their numbers in the cast.
    pub fn alike(&self) -> Vec<Vec<usize>> {
        self.classes.iter().map(|class| class.iter().map(|member| member.actor).collect()).collect()
    }

    /// The one state that stands for all that differ from this one only in who is who.
    #[inline]
    pub fn canonical<const W: usize>(&self, state: &State<W>) -> State<W> {
        if self.classes.is_empty() { *state } else { self.sorted(state, &self.classes) }
    }

    /// The same for a state that a step of an actor led to, from one that stands for others.
    #[inline]
    pub(super) fn canonical_after<const W: usize>(&self, actor: usize, state: &State<W>) -> State<W> {
        match self.disturbs.get(actor) {
            None | Some(Disturbs::Nothing) => *state,
            Some(Disturbs::Class(class)) => self.sorted(state, &self.classes[*class..=*class]),
            Some(Disturbs::All) => self.canonical(state),
        }
    }

    /// How many states differ from a canonical one only in who is who. Where the cast starts alike, and nobody names
    /// the mappings of others, a run reaches all of them; otherwise perhaps fewer.
    pub(super) fn stands_for<const W: usize>(&self, state: &State<W>) -> usize {
        let named = self.named(state);
        let mut states = 1;
        for class in &self.classes {
            let (mut before, mut alike, mut last) = (0, 0, None);
            for member in class.iter().filter(|member| named >> member.actor & 1 == 0) {
                let held = Some(member.held(state));
                alike = if held == last { alike + 1 } else { 1 };
                last = held;
                before += 1;
                // of so many, ordered: one more place, and no new order among those that hold the same
                states = states * before / alike;
            }
        }
        states
    }

    /// A bit for each actor whose mapping another one may still name.
    #[inline]
    fn named<const W: usize>(&self, state: &State<W>) -> u8 {
        self.naming.iter().fold(0, |all, (location, named)| all | named[location.get(state) as usize])
    }

    /// Actors that are alike stand in the order of what they do and hold.
    fn sorted<const W: usize>(&self, state: &State<W>, classes: &[Vec<Member>]) -> State<W> {
        let mut sorted = *state;
        let named = self.named(state);
        for class in classes {
            let free = class.iter().filter(|member| named >> member.actor & 1 == 0);
            let mut held = [0; MAX_ACTORS];
            let mut count = 0;
            for member in free.clone() {
                held[count] = member.held(state);
                count += 1;
            }
            let held = &mut held[..count];
            if !held.is_sorted() {
                held.sort_unstable();
                for (member, held) in free.zip(held) {
                    member.fields.iter().rev().fold(*held, |held, field| field.split(held, &mut sorted));
                }
            }
        }
        sorted
    }
}

/// Where an actor stands, and the cells of its own mapping and of its child's.
fn fields(system: &System, actor: usize) -> Vec<Field> {
    let location = system.layout.field_of_actor(actor);
    let cells = cells(system, actor).map(|spec| system.layout.field_of(spec.cell));
    std::iter::once(location).chain(cells).collect()
}

fn cells(system: &System, actor: usize) -> impl Iterator<Item = &CellSpec> {
    system.layout.specs.iter().filter(move |spec| owner(spec.cell).is_some_and(|vma| vma.actor() == actor))
}

/// The mapping that a cell belongs to.
fn owner(cell: Cell) -> Option<Vma> {
    match cell {
        Cell::Pte(vma, _)
        | Cell::Tlb(vma, _)
        | Cell::ReadOnly(vma)
        | Cell::IrqsOff(vma)
        | Cell::PageTableLock(vma) => Some(vma),
        _ => None,
    }
}

/// The cell of another actor's mapping.
fn cell_of(cell: Cell, actor: usize) -> Cell {
    let of = |vma: Vma| if vma.is_child() { Vma(actor as u8).child() } else { Vma(actor as u8) };
    match cell {
        Cell::Pte(vma, index) => Cell::Pte(of(vma), index),
        Cell::Tlb(vma, index) => Cell::Tlb(of(vma), index),
        Cell::ReadOnly(vma) => Cell::ReadOnly(of(vma)),
        Cell::IrqsOff(vma) => Cell::IrqsOff(of(vma)),
        Cell::PageTableLock(vma) => Cell::PageTableLock(of(vma)),
        other => other,
    }
}

/// Whether two actors are the same but for whose mapping they speak of.
fn alike(system: &System, one: usize, other: usize) -> bool {
    let cast = system.scenario.cast();
    let renamed = cells(system, one).map(|spec| (cell_of(spec.cell, other), spec.low, spec.high));
    cast[one] == cast[other]
        && renamed.eq(cells(system, other).map(|spec| (spec.cell, spec.low, spec.high)))
        && alike_but_for_mappings(&system.automata[one], &system.automata[other], one, other)
}

fn alike_but_for_mappings(one: &Automaton, other: &Automaton, first: usize, second: usize) -> bool {
    let exchanged = |vma: Vma| {
        let actor = if vma.actor() == first { second as u8 } else { vma.actor() as u8 };
        if vma.is_child() { Vma(actor).child() } else { Vma(actor) }
    };
    one.locations.len() == other.locations.len()
        && one.locations.iter().zip(&other.locations).all(|(one, other)| {
            one.access.map(|access| access.with_vma(exchanged)) == other.access
                && (one.ghost, one.returned, one.first_answer, &one.next)
                    == (other.ghost, other.returned, other.first_answer, &other.next)
        })
}

/// At each location of an actor, a bit for every other actor whose mapping it may still name from there on.
fn named_from(system: &System, actor: usize) -> Vec<u8> {
    let locations = &system.automata[actor].locations;
    let others = |vma: Vma| if vma.actor() == actor { 0 } else { 1 << vma.actor() };
    let here = |location: &crate::compile::Location| {
        location.access.and_then(|access| access.vma()).map_or(0, others)
    };
    let mut named: Vec<u8> = locations.iter().map(here).collect();
    loop {
        let mut changed = false;
        for (at, location) in locations.iter().enumerate().rev() {
            let next = location.next.iter().filter(|next| **next != NOWHERE);
            let all = next.fold(named[at], |all, next| all | named[*next as usize]);
            changed |= all != named[at];
            named[at] = all;
        }
        if !changed {
            return named;
        }
    }
}

const _: () = assert!(MAX_ACTORS <= u8::BITS as usize, "an actor is a bit of a u8");

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const W: usize = 2;

    /// Also where two others name the same mapping. Whoever is named stands for himself.
    #[test]
    fn who_is_named_by_anybody_is_told_apart() {
        let line = "wait;last-scan=0;no-signals;with=reclaim;with=mapper:fault;with=mapper:fault";
        let system = System::new(&line.parse().expect("a possible scenario")).expect("compiles");
        let symmetry = Symmetry::of(&system);
        assert_eq!(symmetry.alike(), [[2, 3]]);
        let named: Vec<Vec<u8>> = (0..4).map(|actor| named_from(&system, actor)).collect();
        let (mut by_two, mut both) = (0, 0);
        for state in &system.reached::<W>() {
            let here = |actor: usize| named[actor][system.layout.location(state, actor)];
            let all = (0..4).map(here).fold(0, |all, named| all | named);
            assert_eq!(symmetry.named(state), all);
            by_two += usize::from(here(0) & here(1) != 0);
            let stands_for = symmetry.stands_for(state);
            if all & 0b1100 == 0b1100 {
                assert_eq!((symmetry.canonical(state), stands_for), (*state, 1));
                both += 1;
            }
            assert!((1..=2).contains(&stands_for));
        }
        assert!(by_two > 0 && both > 0, "{by_two} {both}");
    }

    /// Also where the way goes back.
    #[test]
    fn whoever_is_named_on_some_way_on_may_still_be_named() {
        for line in [
            "wait;with=mapper:fault;with=mapper:fault;with=reclaim",
            "isolate;with=mapper:loop;with=mapper;with=reclaim",
            "wait-2014;with=writer;with=writer;with=fast-pinner:irq",
        ] {
            let system = System::new(&line.parse().expect("a possible scenario")).expect("compiles");
            for (actor, automaton) in system.automata.iter().enumerate() {
                for (at, named) in named_from(&system, actor).into_iter().enumerate() {
                    let (mut known, mut open, mut met) = (HashSet::from([at]), vec![at], 0);
                    while let Some(here) = open.pop() {
                        let location = &automaton.locations[here];
                        let vma = location.access.and_then(|access| access.vma());
                        met |= vma.map_or(0, |vma| 1 << vma.actor());
                        let ways = location.next.iter().filter(|next| **next != NOWHERE);
                        open.extend(ways.map(|next| *next as usize).filter(|next| known.insert(*next)));
                    }
                    assert_eq!(named, met & !(1 << actor), "{line} {actor} {at}");
                }
            }
        }
    }
}
