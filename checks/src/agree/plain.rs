//! A search that is as plain as can be: a queue, a set of states, every claim looked at everywhere. It says how large a
//! scenario is, and what the reference must say of states and steps at least.

use std::collections::{BTreeSet, HashSet, VecDeque};

use seal_model::claim::{Claim, Kind};

use crate::error::Error;
use crate::explore::system::{MOST_WORDS, State, System};
use crate::outcome::outcome;

/// What a scenario has.
#[derive(Default)]
pub(super) struct Plain {
    pub(super) states: usize,
    pub(super) transitions: usize,
    pub(super) depth: usize,
    /// Claims about states and steps that are broken, each with the steps of the shortest run that does.
    pub(super) broken: Vec<(Claim, usize)>,
    /// How runs may end.
    pub(super) ends: BTreeSet<String>,
}

impl Plain {
    /// None: it has more than `most` states.
    pub(super) fn of(system: &System, claims: &[Claim], most: usize) -> Result<Option<Self>, Error> {
        let first: State<MOST_WORDS> = system.initial()?;
        let mut plain = Plain::default();
        let (mut seen, mut queue) = (HashSet::from([first]), VecDeque::from([(first, 0)]));
        while let Some((state, depth)) = queue.pop_front() {
            plain.states += 1;
            plain.depth = depth;
            let mut ends = true;
            system.successors(&state, |_, next| {
                ends = false;
                plain.transitions += 1;
                if seen.insert(next) {
                    queue.push_back((next, depth + 1));
                }
            })?;
            if seen.len() > most {
                return Ok(None);
            }
            if ends {
                #[expect(clippy::redundant_closure, reason = "the function alone is tied to one lifetime")]
                plain.ends.insert(system.view(&state, |world| outcome(world)));
            }
            plain.judge(system, claims, &state, ends)?;
        }
        Ok(Some(plain))
    }

    fn judge(
        &mut self,
        system: &System,
        claims: &[Claim],
        state: &State<MOST_WORDS>,
        ends: bool,
    ) -> Result<(), Error> {
        let depth = self.depth;
        let open: Vec<Claim> = claims.iter().copied().filter(|claim| !self.has(*claim)).collect();
        for claim in open.iter().filter(|claim| claim.kind() == Kind::State) {
            let holds = match claim {
                Claim::NoDeadlock => !ends || system.all_done(state),
                _ => system.holds(*claim, state),
            };
            if !holds {
                self.broken.push((*claim, depth));
            }
        }
        for actor in 0..system.automata.len() {
            for (claim, _) in system.broken_by_step(&open, state, actor)? {
                if !self.has(claim) {
                    self.broken.push((claim, depth + 1));
                }
            }
        }
        Ok(())
    }

    fn has(&self, claim: Claim) -> bool {
        self.broken.iter().any(|(broken, _)| *broken == claim)
    }
}
