//! Some states of one level, on their way through a round of the search.
//!
//! A round has three parts, and threads share each of them: pieces are expanded, their successors stored shard by
//! shard, and what is new is judged. Whoever does it, successors come to a shard in the order of the pieces, and what
//! is new leaves a piece in the order of its states: the order of discovery is that of a search on one thread.

use seal_model::claim::{Claim, Witness};

use super::frontier::Waiting;
use super::law::Law;
use super::recent::Recent;
use super::reduce::{Reduction, Stepper};
use super::store::{SHARDS, Store, shard_of};
use super::symmetry::Symmetry;
use super::system::{State, Step, System};
use super::trail::Flags;
use crate::error::Error;

/// States of a piece.
pub(super) const PIECE: usize = 512;

/// What is looked for.
#[derive(Clone, Debug)]
pub(super) struct Open {
    /// Claims that are not refuted, but for `count-law`.
    pub(super) claims: Vec<Claim>,
    /// Witnesses that were not seen.
    pub(super) unseen: Vec<Witness>,
    /// Some states break `count-law`, and nothing is expanded beyond those.
    pub(super) law_is_refuted: bool,
    /// Some claims are about steps.
    pub(super) asks_of_steps: bool,
}

impl Open {
    /// Whether a claim is looked for. `count-law` is from the first state on, asked for or not.
    pub(super) fn has(&self, claim: Claim) -> bool {
        if claim == Claim::CountLaw { !self.law_is_refuted } else { self.claims.contains(&claim) }
    }
}

/// The search, as those see it who work for it.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) system: &'a System,
    pub(super) reduction: &'a Reduction,
    pub(super) open: &'a Open,
}

/// A claim that is refuted by a state, or by what follows from there.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) claim: Claim,
    /// The state, by its place among those expanded, or among those that are new.
    pub(super) at: usize,
    pub(super) then: Vec<Step>,
}

/// Stands for a shard where a successor can't be new: it was met a moment ago by the same thread, in a piece before or
/// before in this one; or whoever takes the step is asleep.
const MET: u8 = SHARDS as u8;

/// What a thread keeps for itself.
pub(super) struct Worker<const W: usize> {
    pub(super) stepper: Stepper<W>,
    recent: Recent<W>,
    pub(super) law: Law<W>,
}

impl<const W: usize> Worker<W> {
    pub(super) fn new(system: &System) -> Self {
        Worker { stepper: Stepper::new(system), recent: Recent::new(), law: Law::new(system) }
    }
}

/// Some states, and what became of them.
pub(super) struct Piece<const W: usize> {
    /// The states to expand.
    pub(super) open: Waiting<W>,
    /// Which of their successors were new, where that is known beforehand.
    pub(super) known: Vec<Flags>,
    /// How many successors each has.
    degrees: Vec<u8>,
    /// The shard of each successor, or [`MET`].
    shards: Vec<u8>,
    /// Who is asleep in each; nothing if nobody ever is.
    asleep: Vec<u8>,
    /// For each shard its successors.
    pub(super) lists: [List<W>; SHARDS],
    /// Refuted by states that were expanded.
    pub(super) expanded: Vec<Found>,
    /// What is new.
    pub(super) new: Waiting<W>,
    /// How many states those stand for.
    pub(super) stand_for: usize,
    /// Refuted by states that are new.
    pub(super) discovered: Vec<Found>,
    /// Seen in states that are new.
    pub(super) witnessed: Vec<Witness>,
    /// What the trail says of the states that were expanded.
    pub(super) trail: Vec<u8>,
    /// What went wrong first.
    pub(super) error: Option<Error>,
}

/// Successors for one shard, in order, and which of them are new.
pub(super) struct List<const W: usize> {
    pub(super) states: Vec<State<W>>,
    pub(super) new: Vec<bool>,
}

impl<const W: usize> Piece<W> {
    pub(super) fn new() -> Self {
        Piece {
            open: Waiting::default(),
            known: Vec::new(),
            degrees: Vec::new(),
            shards: Vec::new(),
            asleep: Vec::new(),
            lists: std::array::from_fn(|_| List { states: Vec::new(), new: Vec::new() }),
            expanded: Vec::new(),
            new: Waiting::default(),
            stand_for: 0,
            discovered: Vec::new(),
            witnessed: Vec::new(),
            trail: Vec::new(),
            error: None,
        }
    }

    /// Make it empty, for other states.
    pub(super) fn clear(&mut self) {
        self.open.clear();
        self.known.clear();
        self.degrees.clear();
        self.shards.clear();
        self.asleep.clear();
        self.lists.iter_mut().for_each(|list| {
            list.states.clear();
            list.new.clear();
        });
        self.expanded.clear();
        self.new.clear();
        self.discovered.clear();
        self.witnessed.clear();
        self.trail.clear();
    }

    /// How many transitions were taken.
    pub(super) fn transitions(&self) -> usize {
        self.shards.len()
    }

    /// Collect the successors.
    pub(super) fn expand(&mut self, asked: &Asked<'_>, worker: &mut Worker<W>) {
        for at in 0..self.open.len() {
            if let Err(error) = self.expand_one(at, asked, worker) {
                self.error.get_or_insert(error);
                return;
            }
        }
    }

    fn expand_one(&mut self, at: usize, asked: &Asked<'_>, worker: &mut Worker<W>) -> Result<(), Error> {
        let Asked { system, reduction, open } = asked;
        let Worker { stepper, recent, law } = worker;
        let state = &self.open.states[at];
        if open.law_is_refuted && law.is_broken(system, state) {
            self.degrees.push(0); // counts mean nothing any more from here on
            return Ok(());
        }
        if open.asks_of_steps {
            for actor in 0..system.automata.len() {
                for (claim, step) in system.broken_by_step(&open.claims, state, actor)? {
                    self.expanded.push(Found { claim, at, then: vec![step] });
                }
            }
        }
        let before = self.shards.len();
        let (shards, lists) = (&mut self.shards, &mut self.lists);
        match &reduction.sleep {
            None => reduction.successors(stepper, system, state, |next| {
                shards.push(put(next, recent, lists));
            })?,
            Some(sleep) => {
                // whoever else leads there may stand where a count is wrong, and nothing is expanded
                let asleep = if open.law_is_refuted { 0 } else { self.open.asleep[at] };
                let after = sleep.after(state, asleep);
                stepper.successors(system, state, |actor, next| {
                    let is_asleep = asleep >> actor & 1 == 1;
                    shards.push(if is_asleep { MET } else { put(next, recent, lists) });
                    self.asleep.push(after[actor]);
                })?;
            }
        }
        let found = self.shards.len() - before;
        self.degrees.push(found as u8);
        if found == 0 && open.claims.contains(&Claim::NoDeadlock) && !system.all_done(state) {
            self.expanded.push(Found { claim: Claim::NoDeadlock, at, then: Vec::new() });
        }
        Ok(())
    }

    /// Gather what is new, in order, and look at it with the claims and witnesses that are still open.
    pub(super) fn gather(&mut self, asked: &Asked<'_>, law: &mut Law<W>) {
        let mut next = [0; SHARDS];
        let mut successors = self.shards.iter().enumerate();
        for &degree in &self.degrees {
            let mut flags = Flags::default();
            for (successor, (number, &shard)) in successors.by_ref().take(degree as usize).enumerate() {
                if shard == MET {
                    continue;
                }
                let (list, at) = (&self.lists[shard as usize], &mut next[shard as usize]);
                if list.new[*at] {
                    flags.set(successor);
                    let asleep = self.asleep.get(number).copied().unwrap_or_default();
                    self.new.push(list.states[*at], asleep);
                }
                *at += 1;
            }
            flags.write(&mut self.trail);
        }
        self.count(&asked.reduction.symmetry);
        for at in 0..self.new.len() {
            let state = self.new.states[at];
            if let Err(error) = self.judge(at, &state, asked, law) {
                self.error.get_or_insert(error);
                return;
            }
        }
    }

    /// Count what the new states stand for.
    pub(super) fn count(&mut self, symmetry: &Symmetry) {
        self.stand_for = self.new.states.iter().map(|state| symmetry.stands_for(state)).sum();
    }

    /// Look at a new state.
    pub(super) fn judge(
        &mut self,
        at: usize,
        state: &State<W>,
        asked: &Asked<'_>,
        law: &mut Law<W>,
    ) -> Result<(), Error> {
        let Asked { system, open, .. } = asked;
        if open.has(Claim::CountLaw) && law.is_broken(system, state) {
            self.discovered.push(Found { claim: Claim::CountLaw, at, then: Vec::new() });
        }
        let news = system.view(state, |world| {
            open.claims.iter().any(|claim| !claim.holds(world) || claim.starts_alone(world))
                || open.unseen.iter().any(|witness| witness.seen(world))
        });
        if !news {
            return Ok(());
        }
        for &claim in &open.claims {
            if !system.holds(claim, state) {
                self.discovered.push(Found { claim, at, then: Vec::new() });
            } else if system.starts_alone(claim, state) {
                let (then, returned) = system.alone(state)?;
                if returned != Some(Ok(())) {
                    self.discovered.push(Found { claim, at, then });
                }
            }
        }
        let seen = open.unseen.iter().filter(|witness| system.seen(**witness, state));
        self.witnessed.extend(seen);
        Ok(())
    }
}

/// Put a successor where its shard will find it: the shard, or [`MET`].
#[inline(always)]
fn put<const W: usize>(next: State<W>, recent: &mut Recent<W>, lists: &mut [List<W>; SHARDS]) -> u8 {
    let hash = Store::hash(&next);
    if recent.met(&next, hash) {
        return MET;
    }
    lists[shard_of(hash)].states.push(next);
    shard_of(hash) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::reduce::Reduce;

    /// The steps of those asleep are counted, and lead nowhere that is looked up.
    #[test]
    fn who_is_asleep_takes_no_step() {
        let scenario = "wait;with=pinner;with=mapper".parse().expect("a possible scenario");
        let system = System::new(&scenario).expect("compiles");
        let reduction = Reduction::of(&system, &[], Reduce::SleepSets);
        let start: State<1> = system.initial().expect("a start");
        for (asleep, taken) in [(0b000, 3), (0b010, 2), (0b100, 2), (0b111, 0)] {
            let (claims, unseen) = (Vec::new(), Vec::new());
            let mut open = Open { claims, unseen, law_is_refuted: false, asks_of_steps: false };
            for law_is_refuted in [false, true] {
                open.law_is_refuted = law_is_refuted;
                let mut piece = Piece::new();
                piece.open.push(start, asleep);
                let asked = Asked { system: &system, reduction: &reduction, open: &open };
                piece.expand(&asked, &mut Worker::new(&system));
                let listed: usize = piece.lists.iter().map(|list| list.states.len()).sum();
                assert_eq!(listed, if law_is_refuted { 3 } else { taken }, "{asleep:b}");
                assert_eq!(piece.transitions(), 3);
            }
        }
    }
}
