//! Which kinds of accesses could be made at the same time: every pair and every triple of kinds that different
//! actors were free to make in one state.

use std::collections::BTreeSet;

use crate::error::Error;
use crate::explore::graph::Again;
use crate::explore::system::{State, System};

/// Pairs and triples of kinds, each in alphabetical order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Two actors.
    pub pairs: BTreeSet<[String; 2]>,
    /// Three actors.
    pub triples: BTreeSet<[String; 3]>,
}

/// For each location of an actor the kind of its next access; empty where it is done.
pub fn kinds(system: &System, actor: usize) -> Vec<String> {
    let locations = &system.automata[actor].locations;
    locations.iter().map(|location| location.access.map_or(String::new(), |access| access.kind())).collect()
}

/// The kinds of accesses of one system, numbered.
pub(crate) struct Kinds {
    names: Vec<String>,
    /// For each actor the kind that it is about to make at each of its locations.
    at: Vec<Vec<usize>>,
}

impl Kinds {
    pub(crate) fn new(system: &System) -> Self {
        let named: Vec<Vec<String>> = (0..system.automata.len()).map(|actor| kinds(system, actor)).collect();
        let names: BTreeSet<String> = named.iter().flatten().cloned().collect();
        let names: Vec<String> = names.into_iter().collect();
        let number = |kind: &String| names.binary_search(kind).unwrap_or(0);
        let at = named.iter().map(|kinds| kinds.iter().map(number).collect()).collect();
        Kinds { names, at }
    }

    /// What can be made in a state, in order.
    pub(crate) fn free<const W: usize>(
        &self,
        system: &System,
        state: &State<W>,
    ) -> Result<Vec<usize>, Error> {
        let mut free = Vec::with_capacity(self.at.len());
        for (actor, kinds) in self.at.iter().enumerate() {
            if system.step_of(state, actor)?.is_some() {
                free.push(kinds[system.layout.location(state, actor)]);
            }
        }
        free.sort_unstable();
        Ok(free)
    }

    /// What was marked, by name.
    pub(crate) fn named(&self, marks: &Marks) -> Coverage {
        let count = self.names.len();
        let name = |number: usize| self.names[number].clone();
        let seen = |marks: &[bool]| (0..marks.len()).filter(|&at| marks[at]).collect::<Vec<_>>();
        let pair = |at: usize| [name(at / count), name(at % count)];
        let triple = |at: usize| [name(at / count / count), name(at / count % count), name(at % count)];
        Coverage {
            pairs: seen(&marks.pairs).into_iter().map(pair).collect(),
            triples: seen(&marks.triples).into_iter().map(triple).collect(),
        }
    }

    /// Nothing marked but what is covered already.
    pub(crate) fn marks(&self, covered: &Coverage) -> Marks {
        let count = self.names.len();
        let mut marks =
            Marks { count, pairs: vec![false; count * count], triples: vec![false; count.pow(3)] };
        let number = |kind: &String| self.names.binary_search(kind).ok();
        for [one, two] in &covered.pairs {
            if let (Some(one), Some(two)) = (number(one), number(two)) {
                marks.pairs[one * count + two] = true;
            }
        }
        for [one, two, three] in &covered.triples {
            if let (Some(one), Some(two), Some(three)) = (number(one), number(two), number(three)) {
                marks.triples[(one * count + two) * count + three] = true;
            }
        }
        marks
    }
}

/// Pairs and triples that were seen, by number.
pub(crate) struct Marks {
    count: usize,
    pairs: Vec<bool>,
    triples: Vec<bool>,
}

impl Marks {
    /// Mark what is free at the same time: how much of it is new.
    pub(crate) fn mark(&mut self, free: &[usize]) -> usize {
        let mut news = 0;
        let mut mark = |seen: &mut bool| news += usize::from(!std::mem::replace(seen, true));
        for (at, &one) in free.iter().enumerate() {
            for (further, &two) in free.iter().enumerate().skip(at + 1) {
                mark(&mut self.pairs[one * self.count + two]);
                for &three in &free[further + 1..] {
                    mark(&mut self.triples[(one * self.count + two) * self.count + three]);
                }
            }
        }
        news
    }
}

impl Coverage {
    /// What is enabled together in some of the states of an exploration.
    ///
    /// # Errors
    /// As [`System::successors`].
    pub fn of<const W: usize>(system: &System, again: &Again<'_, W>) -> Result<Self, Error> {
        let kinds = Kinds::new(system);
        let mut marks = kinds.marks(&Coverage::default());
        again(&mut |state| {
            marks.mark(&kinds.free(system, state)?);
            Ok(())
        })?;
        Ok(kinds.named(&marks))
    }

    /// Take in what another scenario covers.
    pub fn add(&mut self, other: &Coverage) {
        self.pairs.extend(other.pairs.iter().cloned());
        self.triples.extend(other.triples.iter().cloned());
    }

    /// How many pairs and triples of this are in another.
    pub fn within(&self, other: &Coverage) -> (usize, usize) {
        (self.pairs.intersection(&other.pairs).count(), self.triples.intersection(&other.triples).count())
    }
}
