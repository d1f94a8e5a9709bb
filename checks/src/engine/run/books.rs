//! The books of one run: memory, holdings and steps in one order, every claim that a state or a step of it breaks, and
//! every witness that it reaches. No actor reads them.

use std::sync::Arc;

use seal_model::Result;
use seal_model::access::{Access, Answer, SWAP};
use seal_model::claim::{Claim, Kind, Status, Witness, World};
use seal_model::ghost::Ghost;
use seal_model::machine::{Cells, apply};
use seal_model::scenario::Scenario;

use crate::error::Error;
use crate::explore::system::Step;
use crate::ranged::Ranged;
use crate::trace::start::Cut;

/// A state: memory, and what each actor holds and has returned.
#[derive(Clone)]
struct Moment {
    cells: Ranged,
    ghosts: Vec<Ghost>,
    returned: Vec<Option<Result>>,
}

/// See above.
pub(super) struct Books {
    cut: Arc<Cut>,
    now: Moment,
    /// The steps so far.
    pub(super) steps: Vec<Step>,
    /// The last step, until its actor has said what it holds after it.
    unsettled: Option<Unsettled>,
    /// Claims not seen broken so far.
    open: Vec<Claim>,
    /// Claims that were, each with the run so far.
    pub(super) broken: Vec<(Claim, Vec<Step>)>,
    /// Witnesses of the asked claims that were not seen so far.
    unseen: Vec<Witness>,
    /// Witnesses that were.
    pub(super) seen: Vec<Witness>,
    /// A bound of the model that the run has left.
    pub(super) error: Option<Error>,
}

struct Unsettled {
    access: Access,
    actor: usize,
    /// The state before it, where a claim about steps may ask for it.
    before: Option<Moment>,
}

impl Books {
    /// The state at a cut, looked at.
    pub(super) fn new(cut: &Arc<Cut>, asked: &[Claim]) -> Self {
        let now = Moment {
            cells: Ranged::at(&cut.scenario, &cut.cells),
            ghosts: cut.ghosts.clone(),
            returned: cut.returned.clone(),
        };
        let mut books = Books {
            cut: Arc::clone(cut),
            now,
            steps: Vec::new(),
            unsettled: None,
            open: asked.to_vec(),
            broken: Vec::new(),
            unseen: witnesses(asked),
            seen: Vec::new(),
            error: None,
        };
        books.look();
        books
    }

    /// The answer that an access would get now; none if it blocks.
    pub(super) fn answer(&self, access: Access) -> Option<Answer> {
        apply(&mut self.now.cells.clone(), &self.cut.scenario, access)
    }

    /// An actor takes a step that does not block. None: it is no step of the model, and the run ends.
    pub(super) fn take(&mut self, actor: usize, access: Access) -> Option<Answer> {
        self.keep(actor, access);
        let answer = apply(&mut self.now.cells, &self.cut.scenario, access)?;
        self.within_bounds(access, answer).then(|| self.record(actor, answer))
    }

    /// An actor takes a step that changes nothing, answered by somebody else: a choice, or a load of an older value.
    pub(super) fn take_answered(&mut self, actor: usize, access: Access, answer: Answer) -> Answer {
        self.keep(actor, access);
        self.record(actor, answer)
    }

    fn keep(&mut self, actor: usize, access: Access) {
        let wanted = Claim::look_at(access) && self.open.iter().any(|claim| claim.kind() == Kind::Step);
        self.unsettled = Some(Unsettled { access, actor, before: wanted.then(|| self.now.clone()) });
    }

    fn record(&mut self, actor: usize, answer: Answer) -> Answer {
        self.steps.push(Step { actor: actor as u8, answer });
        answer
    }

    fn within_bounds(&mut self, access: Access, answer: Answer) -> bool {
        self.error = match self.now.cells.out_of_range {
            Some(cell) => Some(Error::CellOutOfRange(cell)),
            // the least answer that any access has
            None if answer < SWAP => Some(Error::AnswerOutOfRange { access, answer }),
            None => return true,
        };
        false
    }

    /// The actor of the last step says what it holds now, and what it returned if it is at its end: the step is
    /// complete, and is looked at.
    pub(super) fn settle(&mut self, ghost: Ghost, returned: Option<Result>) {
        let Some(Unsettled { access, actor, before }) = self.unsettled.take() else { return };
        self.now.ghosts[actor] = ghost;
        self.now.returned[actor] = returned;
        if let Some(before) = before {
            let wrong = self.see(&before, |world| {
                let holds = |claim: &Claim| claim.holds_for_step(world, actor, access, &ghost);
                self.open.iter().copied().filter(|claim| !holds(claim)).collect()
            });
            self.breaks(wrong);
        }
        self.look();
    }

    /// Look at the state.
    fn look(&mut self) {
        let (wrong, seen) = self.see(&self.now, |world| {
            let wrong: Vec<Claim> = self.open.iter().copied().filter(|claim| !claim.holds(world)).collect();
            let seen: Vec<Witness> =
                self.unseen.iter().copied().filter(|witness| witness.seen(world)).collect();
            (wrong, seen)
        });
        self.breaks(wrong);
        self.unseen.retain(|witness| !seen.contains(witness));
        self.seen.extend(seen);
    }

    /// Nobody can move, and somebody is not done.
    pub(super) fn deadlocks(&mut self) {
        self.breaks(vec![Claim::NoDeadlock]);
    }

    fn breaks(&mut self, wrong: Vec<Claim>) {
        let steps = &self.steps;
        let broken = self.open.extract_if(.., |claim| wrong.contains(claim));
        self.broken.extend(broken.map(|claim| (claim, steps.clone())));
    }

    /// The state, as claims see it.
    pub(super) fn view<R>(&self, look: impl FnOnce(&World<'_, Ranged>) -> R) -> R {
        self.see(&self.now, look)
    }

    fn see<R>(&self, moment: &Moment, look: impl FnOnce(&World<'_, Ranged>) -> R) -> R {
        see(&self.cut.scenario, &moment.cells, &moment.ghosts, &moment.returned, look)
    }
}

/// A state, as claims see it.
pub(super) fn see<C: Cells, R>(
    scenario: &Scenario,
    cells: &C,
    ghosts: &[Ghost],
    returned: &[Option<Result>],
    look: impl FnOnce(&World<'_, C>) -> R,
) -> R {
    let statuses = ghosts.iter().zip(returned).map(|(ghost, returned)| Status { ghost, returned: *returned });
    let actors: Vec<Status<'_>> = statuses.collect();
    let mut sum = Ghost::default();
    ghosts.iter().for_each(|ghost| sum.add(ghost));
    look(&World { scenario, cells, actors: &actors, sum: &sum })
}

/// The witnesses of some claims, each once.
fn witnesses(claims: &[Claim]) -> Vec<Witness> {
    let mut witnesses: Vec<Witness> = claims.iter().flat_map(|claim| claim.witnesses()).copied().collect();
    witnesses.sort_unstable();
    witnesses.dedup();
    witnesses
}
