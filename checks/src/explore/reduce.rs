//! What need not be explored, and where a step leads when that is left out.

use std::fmt;

use seal_model::access::MAX_ACTORS;
use seal_model::claim::Claim;

use super::order::sleep::Sleep;
use super::order::{EVERYBODY, Order, bits};
use super::recent::Recent;
use super::store::Store;
use super::symmetry::Symmetry;
use super::system::{Effects, State, System};
use crate::error::Error;

/// What need not be explored.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Reduce {
    /// Every step is taken from every state.
    #[default]
    Nothing,
    /// Every state is found, at its depth, but not by each step that leads there: of two steps that commute one order
    /// suffices.
    SleepSets,
    /// Of states that differ only in which of several actors that are alike is which, all but one.
    Symmetry,
    /// States that differ only in the order of steps that commute.
    PartialOrder,
    /// Symmetry and partial order.
    All,
}

impl Reduce {
    /// Whatever leaves something out.
    pub const EACH: [Reduce; 4] = [Reduce::SleepSets, Reduce::Symmetry, Reduce::PartialOrder, Reduce::All];

    /// Whether one state is explored of several in which actors that are alike are exchanged.
    pub fn by_symmetry(self) -> bool {
        matches!(self, Reduce::Symmetry | Reduce::All)
    }

    /// Whether states are left out in which no step need end.
    pub fn by_partial_order(self) -> bool {
        matches!(self, Reduce::PartialOrder | Reduce::All)
    }

    /// What is left of it where every order has to be explored.
    pub fn without_partial_order(self) -> Reduce {
        match self {
            Reduce::PartialOrder => Reduce::Nothing,
            Reduce::All => Reduce::Symmetry,
            other => other,
        }
    }

    /// Whether any state is left out.
    pub fn leaves_out_states(self) -> bool {
        self.by_symmetry() || self.by_partial_order()
    }
}

/// By its name on the command line.
impl fmt::Display for Reduce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reduce::Nothing => "none",
            Reduce::SleepSets => "sleep-sets",
            Reduce::Symmetry => "symmetry",
            Reduce::PartialOrder => "partial-order",
            Reduce::All => "all",
        })
    }
}

/// A reduction of one system, for the claims that are asked.
#[derive(Clone, Debug)]
pub struct Reduction {
    pub(super) symmetry: Symmetry,
    order: Option<Order>,
    pub(super) sleep: Option<Sleep>,
}

/// What a thread needs to take steps: what it remembers of other states of the same system, under one reduction.
pub struct Stepper<const W: usize> {
    effects: Effects<W>,
    here: Steps<W>,
    /// States from which there is more than one way on.
    ends: Recent<W>,
}

/// The steps from one state, in the order of the cast: who, and where to.
struct Steps<const W: usize> {
    taken: Vec<(usize, State<W>)>,
    by: [u8; MAX_ACTORS],
}

impl<const W: usize> Stepper<W> {
    /// Nothing is remembered.
    pub fn new(system: &System) -> Self {
        Stepper {
            effects: Effects::new(system),
            here: Steps { taken: Vec::new(), by: [0; MAX_ACTORS] },
            ends: Recent::new(),
        }
    }

    /// Where every step leads, with whose it is, in the order of the cast.
    ///
    /// # Errors
    /// As [`System::successors`].
    #[inline]
    pub(super) fn successors(
        &mut self,
        system: &System,
        state: &State<W>,
        found: impl FnMut(usize, State<W>),
    ) -> Result<(), Error> {
        self.effects.successors(system, state, found)
    }
}

impl<const W: usize> Steps<W> {
    #[inline]
    fn of(&mut self, effects: &mut Effects<W>, system: &System, state: &State<W>) -> Result<(), Error> {
        self.taken.clear();
        self.by = [0; MAX_ACTORS];
        effects.successors(system, state, |actor, next| {
            self.taken.push((actor, next));
            self.by[actor] += 1;
        })
    }
}

impl Reduction {
    /// The reduction of a system.
    pub fn of(system: &System, claims: &[Claim], reduce: Reduce) -> Self {
        Reduction {
            symmetry: if reduce.by_symmetry() { Symmetry::of(system) } else { Symmetry::default() },
            order: reduce.by_partial_order().then(|| Order::of(system, claims)),
            sleep: (reduce == Reduce::SleepSets).then(|| Sleep::of(system)),
        }
    }

    /// What was given up of it, in words, if anything was.
    pub(super) fn given_up(&self) -> Option<String> {
        let of_order = self.order.as_ref().map_or(0, Order::given_up);
        let pairs = of_order + self.sleep.as_ref().map_or(0, |sleep| sleep.given_up);
        (pairs > 0).then(|| {
            format!("{pairs} pairs of accesses are taken not to commute: to find out would cost more than it saves")
        })
    }

    /// The state that stands for this one.
    #[inline]
    pub(super) fn canonical<const W: usize>(&self, state: &State<W>) -> State<W> {
        self.symmetry.canonical(state)
    }

    /// Where the steps lead that are explored from a state, in the order of the cast, whoever is asleep.
    ///
    /// # Errors
    /// As [`System::successors`].
    #[inline]
    pub fn successors<const W: usize>(
        &self,
        stepper: &mut Stepper<W>,
        system: &System,
        state: &State<W>,
        mut found: impl FnMut(State<W>),
    ) -> Result<(), Error> {
        let symmetry = &self.symmetry;
        let Some(order) = &self.order else {
            let canonical = |actor, next| found(symmetry.canonical_after(actor, &next));
            return stepper.effects.successors(system, state, canonical);
        };
        let Stepper { effects, here, ends } = stepper;
        here.of(effects, system, state)?;
        let ample = order.standing(state).ample(&here.by);
        for (actor, next) in here.taken.iter().filter(|(actor, _)| ample >> actor & 1 == 1) {
            let mut at = symmetry.canonical_after(*actor, next);
            let mut hash = Store::hash(&at);
            while !ends.knows(&at, hash)
                && let Some(next) = self.only_step(order, effects, system, &at)?
            {
                at = next;
                hash = Store::hash(&at);
            }
            ends.met(&at, hash);
            found(at);
        }
        Ok(())
    }

    /// Where the step leads that is all that need be explored from a state, if there is one. Such a state need not be
    /// kept: whatever is untrue or seen there is so after that step as well.
    #[inline]
    fn only_step<const W: usize>(
        &self,
        order: &Order,
        effects: &mut Effects<W>,
        system: &System,
        state: &State<W>,
    ) -> Result<Option<State<W>>, Error> {
        let mut tried: [Option<(u8, State<W>)>; MAX_ACTORS] = [None; MAX_ACTORS];
        let mut steps_of = |actor: usize| -> Result<(u8, State<W>), Error> {
            if let Some(tried) = tried[actor] {
                return Ok(tried);
            }
            let mut steps = (0, *state);
            effects.successors_of(system, state, actor, |next| steps = (steps.0 + 1, next))?;
            tried[actor] = Some(steps);
            Ok(steps)
        };
        let only = order.standing(state).first_set(|set| only_one(set, &mut steps_of).transpose());
        let only = only.transpose()?;
        Ok(only.map(|(actor, next)| self.symmetry.canonical_after(actor, &next)))
    }

    /// The states on the way to the successor of this number, that one included.
    ///
    /// # Errors
    /// As [`System::successors`].
    pub(super) fn way<const W: usize>(
        &self,
        stepper: &mut Stepper<W>,
        system: &System,
        state: &State<W>,
        successor: usize,
    ) -> Result<Vec<State<W>>, Error> {
        let Stepper { effects, here, .. } = stepper;
        here.of(effects, system, state)?;
        let ample = self.order.as_ref().map_or(EVERYBODY, |order| order.standing(state).ample(&here.by));
        let mut explored = here.taken.iter().filter(|(actor, _)| ample >> actor & 1 == 1);
        let (actor, next) = explored.nth(successor).ok_or(Error::StateLost)?;
        let mut way = vec![self.symmetry.canonical_after(*actor, next)];
        while let (Some(order), Some(at)) = (&self.order, way.last()) {
            let Some(next) = self.only_step(order, effects, system, at)? else { break };
            way.push(next);
        }
        Ok(way)
    }
}

/// The step that is all that a set of actors can take, with whose it is, by how many each can take and the last one.
#[inline]
fn only_one<const W: usize>(
    set: u8,
    steps_of: &mut impl FnMut(usize) -> Result<(u8, State<W>), Error>,
) -> Result<Option<(usize, State<W>)>, Error> {
    let mut only = None;
    for actor in bits(set) {
        match steps_of(actor)? {
            (0, _) => {}
            (1, next) if only.is_none() => only = Some((actor, next)),
            _ => return Ok(None),
        }
    }
    Ok(only)
}
