//! Partial order: of several actors whose next accesses commute with all that the others may still do, only those few
//! need move.
//!
//! In a state, a set of actors is *ample* if
//!
//! 1. one of them can move;
//! 2. whatever anybody else may ever do from where he stands commutes with what each of them does next: neither blocks
//!    or frees the other, nor changes its answer, and both orders end alike;
//! 3. unless the set is everybody, the steps of its members are quiet: a claim asked that is untrue stays untrue, and a
//!    witness that is seen stays seen;
//! 4. and none of these steps is one of those few at which every loop of an automaton is cut.
//!
//! Then only its members' steps are explored. Nothing is lost. Take the shortest run from this state to one where a
//! claim is untrue. If a member moves in it, its first move could as well have come first, by 2, and leaves one step
//! less to go. If none does, let any of them move: by 2 the run is still possible and by 3 what it comes to is still
//! untrue. That can't go on for ever, by 4. The same is true of deadlocks, for a member that can move could still move
//! there.
//!
//! Beside [symmetry](super::symmetry) this stays true: a state that stands for another has the same future but for who
//! is who, and a loop of the reduced graph that comes back with actors exchanged is, gone through often enough, a loop
//! of each of them.
//!
//! Such sets are known as *persistent* (Godefroid 1996) and *ample* (Peled 1993); that loops are cut in each process
//! beforehand, so that no choice depends on the order of the search, is from Kurshan, Levin, Minea, Peled and Yenigün
//! (1998).

mod independent;
mod kinds;
mod lasting;
#[cfg(feature = "full")]
pub(crate) mod noticed;
mod quiet;
pub mod sleep;

use std::collections::BTreeSet;

use seal_model::access::MAX_ACTORS;
use seal_model::claim::Claim;

use super::layout::Field;
use super::system::{State, System};
use crate::compile::{Automaton, NOWHERE};
use crate::explore::variables::Variables;
use independent::Independence;
use kinds::Kinds;
use quiet::Quiet;

/// Of an actor that is done.
const DONE: u16 = u16::MAX;

/// A set of all actors.
pub(super) const EVERYBODY: u8 = u8::MAX;

/// Whose steps need be explored, in any state.
#[derive(Clone, Debug)]
pub struct Order {
    actors: Vec<Program>,
    independence: Independence,
}

/// One actor.
#[derive(Clone, Debug)]
struct Program {
    location: Field,
    /// By location.
    rows: Vec<Row>,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    /// The access it makes next, by its number.
    access: u16,
    /// The bit of its kind; none if there is no access.
    kind: u64,
    /// A bit for each kind of access that does not commute with all that it may still do.
    conflicts: u64,
    /// Its steps may be all that is explored.
    quiet: bool,
}

/// What an actor may do, from each of its locations on.
struct Plan {
    /// By location, its access by its number.
    accesses: Vec<u16>,
    /// By location, a bit for each access that does not commute with all that it may still do.
    conflicts: Vec<Vec<u64>>,
}

impl Plan {
    fn of(automaton: &Automaton, independence: &Independence) -> Self {
        let number = |at: usize| automaton.locations[at].access.map(|access| independence.number(access));
        let futures = from_there_on(automaton, &number);
        Plan {
            accesses: (0..futures.len()).map(|at| number(at).unwrap_or(DONE)).collect(),
            conflicts: futures.iter().map(|future| independence.conflicts(future)).collect(),
        }
    }
}

impl Order {
    /// What the automata allow while these claims are asked.
    pub fn of(system: &System, claims: &[Claim]) -> Self {
        let variables = Variables::new(system);
        let independence = Independence::of(system, &variables);
        let mut quiet = Quiet::new(system, &variables, &independence, claims);
        let plans: Vec<Plan> =
            system.automata.iter().map(|automaton| Plan::of(automaton, &independence)).collect();
        let kinds = Kinds::new(independence.accesses(), plans.iter().flat_map(|plan| &plan.conflicts));
        let program = |(actor, plan): (usize, Plan)| {
            let loops = loops(&system.automata[actor]);
            let row = |(at, (access, conflicts)): (usize, (u16, Vec<u64>))| Row {
                access,
                kind: if access == DONE { 0 } else { kinds.kind(access) },
                conflicts: kinds.of_accesses(&conflicts),
                quiet: !loops[at] && quiet.is_quiet(actor, at),
            };
            let rows = plan.accesses.into_iter().zip(plan.conflicts).enumerate().map(row).collect();
            Program { location: system.layout.field_of_actor(actor), rows }
        };
        let actors = plans.into_iter().enumerate().map(program).collect();
        Order { actors, independence }
    }

    /// Pairs of accesses that are taken not to commute, because it would take too long to find out.
    pub(super) fn given_up(&self) -> usize {
        self.independence.given_up
    }

    /// Whether what two actors do next, each at its location, commutes.
    pub fn commute(&self, (one, at): (usize, usize), (other, there): (usize, usize)) -> bool {
        let access = |actor: usize, location: usize| self.actors[actor].rows[location].access;
        let (first, second) = (access(one, at), access(other, there));
        first == DONE || second == DONE || self.independence.commute(first, second)
    }

    /// How the actors stand in a state.
    #[inline]
    pub(super) fn standing<const W: usize>(&self, state: &State<W>) -> Standing {
        let mut standing = Standing { kinds: [0; MAX_ACTORS], conflicts: [0; MAX_ACTORS], quiet: 0 };
        for (actor, program) in self.actors.iter().enumerate() {
            let row = &program.rows[program.location.get(state) as usize];
            standing.kinds[actor] = row.kind;
            standing.conflicts[actor] = row.conflicts;
            standing.quiet |= u8::from(row.quiet) << actor;
        }
        standing
    }
}

/// Where actors stand.
pub(super) struct Standing {
    kinds: [u64; MAX_ACTORS],
    conflicts: [u64; MAX_ACTORS],
    /// A bit for each whose step is quiet.
    quiet: u8,
}

impl Standing {
    /// A bit for each actor whose steps suffice where they can take so many: an ample set with as few steps as there
    /// is, or everybody.
    #[inline]
    pub(super) fn ample(&self, steps: &[u8; MAX_ACTORS]) -> u8 {
        let count = |set| bits(set).map(|actor| steps[actor]).sum::<u8>();
        let (mut ample, mut fewest) = (EVERYBODY, count(EVERYBODY) + 1);
        self.first_set(|set| {
            let count = count(set);
            if count > 0 && count < fewest {
                (ample, fewest) = (set, count);
            }
            None::<()>
        });
        ample
    }

    /// Ask of each set that is ample as soon as one of its members can move, the smallest first, until something is
    /// answered.
    #[inline]
    pub(super) fn first_set<R>(&self, mut ask: impl FnMut(u8) -> Option<R>) -> Option<R> {
        let alone = self.alone();
        if let Some(answer) = bits(alone).find_map(|actor| ask(1 << actor)) {
            return Some(answer);
        }
        let others = self.quiet & !alone;
        let mut awaited = [0; MAX_ACTORS];
        bits(others).for_each(|actor| awaited[actor] = self.awaited_by(actor));
        let mut asked = [0; MAX_ACTORS];
        bits(others).find_map(|actor| {
            asked[actor] = closure(actor, self.quiet, &awaited);
            let new = asked[actor] != 0 && !asked[..actor].contains(&asked[actor]);
            new.then(|| ask(asked[actor])).flatten()
        })
    }

    /// The quiet ones whose next accesses commute with all that the others may still do.
    #[inline]
    fn alone(&self) -> u8 {
        let (mut once, mut twice) = (0, 0);
        for conflicts in self.conflicts {
            twice |= once & conflicts;
            once |= conflicts;
        }
        let of_others = |actor: usize| twice | once & !self.conflicts[actor];
        bits(self.quiet)
            .filter(|actor| of_others(*actor) & self.kinds[*actor] == 0)
            .fold(0, |all, actor| all | 1 << actor)
    }

    /// The actors that may still do what does not commute with what this one does next.
    #[inline]
    fn awaited_by(&self, actor: usize) -> u8 {
        let kind = self.kinds[actor];
        those(&self.conflicts, |conflicts| conflicts & kind != 0) & !(1 << actor)
    }
}

/// Whoever must move if this actor is to; nobody if one of them is not quiet.
#[inline]
fn closure(actor: usize, quiet: u8, awaited: &[u8; MAX_ACTORS]) -> u8 {
    let (mut set, mut open) = (1 << actor, 1u8 << actor);
    while open != 0 {
        if open & !quiet != 0 {
            return 0;
        }
        let more = bits(open).fold(0, |more, actor| more | awaited[actor]) & !set;
        set |= more;
        open = more;
    }
    set
}

/// A bit for each actor of whom something is so.
#[inline]
fn those(of_each: &[u64; MAX_ACTORS], is_so: impl Fn(u64) -> bool) -> u8 {
    of_each.iter().rev().fold(0, |all, of_one| all << 1 | u8::from(is_so(*of_one)))
}

/// The actors of a set.
pub(super) fn bits(mut set: u8) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let first = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(first)
    })
}

/// At each location, the accesses that may still be made from there on, that of the location included.
fn from_there_on(automaton: &Automaton, number: &impl Fn(usize) -> Option<u16>) -> Vec<BTreeSet<u16>> {
    let count = automaton.locations.len();
    let mut futures: Vec<BTreeSet<u16>> = (0..count).map(|at| number(at).into_iter().collect()).collect();
    loop {
        let mut changed = false;
        for at in (0..count).rev() {
            let mut future = std::mem::take(&mut futures[at]);
            let before = future.len();
            for next in ways_on(automaton, at).filter(|next| *next != at) {
                future.extend(&futures[next]);
            }
            changed |= future.len() > before;
            futures[at] = future;
        }
        if !changed {
            return futures;
        }
    }
}

/// The locations with a way back to one that a walk in depth is still in: without them no loop is left.
fn loops(automaton: &Automaton) -> Vec<bool> {
    let count = automaton.locations.len();
    let (mut met, mut inside, mut cut) = (vec![false; count], vec![false; count], vec![false; count]);
    for start in 0..count {
        let mut walk = if met[start] { Vec::new() } else { vec![(start, ways_on(automaton, start))] };
        (met[start], inside[start]) = (true, !walk.is_empty());
        while let Some((at, ways)) = walk.last_mut() {
            let at = *at;
            match ways.next() {
                None => {
                    inside[at] = false;
                    walk.pop();
                }
                Some(next) if inside[next] => cut[at] = true,
                Some(next) if met[next] => {}
                Some(next) => {
                    (met[next], inside[next]) = (true, true);
                    walk.push((next, ways_on(automaton, next)));
                }
            }
        }
    }
    cut
}

fn ways_on(automaton: &Automaton, at: usize) -> impl Iterator<Item = usize> {
    let next = automaton.locations[at].next.iter();
    next.filter(|next| **next != NOWHERE).map(|next| *next as usize)
}

const _: () = assert!(MAX_ACTORS <= u8::BITS as usize, "an actor is a bit of a u8");

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(kinds: [u64; 5], conflicts: [u64; 5], quiet: u8) -> Vec<u8> {
        let wide = |some: [u64; 5]| std::array::from_fn(|actor| some.get(actor).copied().unwrap_or(0));
        let standing = Standing { kinds: wide(kinds), conflicts: wide(conflicts), quiet };
        let mut asked = Vec::new();
        standing.first_set(|set| {
            asked.push(set);
            None::<()>
        });
        asked
    }

    /// Nobody waits for the first; the second and the third wait for each other; the fourth for the fifth, who is not
    /// quiet.
    #[test]
    fn each_set_is_asked_once_and_none_with_somebody_who_must_not_move_alone() {
        let kinds = [1, 2, 4, 8, 16];
        let conflicts = [1, 4, 2, 0, 8];
        assert_eq!(asked(kinds, conflicts, 0b01111), [0b00001, 0b00110]);
        // the second waits for the first
        assert_eq!(asked(kinds, [2, 0, 0, 0, 0], 0b00011), [0b00001, 0b00011]);
        // who waits for himself waits for nobody
        assert_eq!(asked(kinds, kinds, 0b11111), [1, 2, 4, 8, 16]);
        assert!(asked(kinds, conflicts, 0).is_empty());
    }
}
