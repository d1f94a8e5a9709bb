//! The books of one run in which threads take turns: memory as it is now, who holds what, every step, and the
//! claims that were seen broken. No actor reads them.

use seal_model::Result;
use seal_model::access::{Access, Answer};
use seal_model::claim::{Claim, Kind, Status, World};
use seal_model::ghost::Ghost;
use seal_model::machine::PlainCells;
use seal_model::scenario::Scenario;

use crate::cut::Cut;
use crate::explore::system::Step;

/// See above.
#[derive(Clone)]
pub(super) struct Ledger {
    scenario: Scenario,
    /// Memory, as the newest values have it.
    pub(super) cells: PlainCells,
    ghosts: Vec<Ghost>,
    returned: Vec<Option<Result>>,
    /// Every step, in the order in which each first changed something.
    /// None: somebody is in the middle of it.
    steps: Vec<Option<Step>>,
    waiting: Vec<bool>,
    stopped: Vec<bool>,
    /// Claims not seen broken so far.
    open: Vec<Claim>,
    /// Claims that were, each with the run so far.
    pub(super) broken: Vec<(Claim, Vec<Step>)>,
    /// What the last access of each actor found, for claims about steps.
    before: Vec<Option<Before>>,
    /// Nobody moves any more.
    over: bool,
}

#[derive(Clone)]
struct Before {
    access: Access,
    cells: PlainCells,
    ghosts: Vec<Ghost>,
    returned: Vec<Option<Result>>,
}

impl Ledger {
    pub(super) fn new(cut: &Cut, claims: &[Claim]) -> Self {
        let actors = cut.ghosts.len();
        Ledger {
            scenario: cut.scenario.clone(),
            cells: cut.cells.clone(),
            ghosts: cut.ghosts.clone(),
            returned: cut.returned.clone(),
            steps: Vec::new(),
            waiting: vec![false; actors],
            stopped: vec![false; actors],
            open: claims.to_vec(),
            broken: Vec::new(),
            before: vec![None; actors],
            over: false,
        }
    }

    /// An access is about to change something for the first time: its place in the log.
    pub(super) fn begin(&mut self, actor: usize, access: Access) -> usize {
        self.keep(actor, access);
        self.steps.push(None);
        self.steps.len() - 1
    }

    fn keep(&mut self, actor: usize, access: Access) {
        let wanted = Claim::look_at(access) && self.open.iter().any(|claim| claim.kind() == Kind::Step);
        self.before[actor] = wanted.then(|| Before {
            access,
            cells: self.cells.clone(),
            ghosts: self.ghosts.clone(),
            returned: self.returned.clone(),
        });
    }

    /// An access is complete.
    pub(super) fn record(&mut self, step: Step, access: Access, logged: Option<usize>, ghost: Ghost) {
        let actor = step.actor as usize;
        match logged {
            Some(place) => self.steps[place] = Some(step),
            None => {
                self.keep(actor, access);
                self.steps.push(Some(step));
            }
        }
        self.ghosts[actor] = ghost;
    }

    /// An actor has finished its last step, notes included, and goes on: the time to look at the claims. False: the
    /// run is over.
    pub(super) fn settled(&mut self, actor: usize, ghost: Ghost) -> bool {
        self.ghosts[actor] = ghost;
        self.look(actor);
        !self.over
    }

    /// An actor is at its end.
    pub(super) fn done(&mut self, actor: usize, ghost: Ghost, result: Result) {
        self.ghosts[actor] = ghost;
        self.returned[actor] = Some(result);
    }

    /// What each actor was answered, in its own order.
    pub(super) fn answers(&self) -> Vec<Vec<Answer>> {
        let mut answers = vec![Vec::new(); self.ghosts.len()];
        self.steps.iter().flatten().for_each(|step| answers[step.actor as usize].push(step.answer));
        answers
    }

    /// An actor makes no more accesses, though it has not come to its end.
    pub(super) fn stops(&mut self, actor: usize) {
        self.stopped[actor] = true;
    }

    /// An actor has to wait. False: so does everybody else, or the run is over.
    pub(super) fn waits(&mut self, actor: usize) -> bool {
        self.waiting[actor] = true;
        let ended = |actor: usize| self.returned[actor].is_some() || self.stopped[actor];
        if (0..self.waiting.len()).all(|actor| self.waiting[actor] || ended(actor)) {
            self.over = true;
            if !self.stopped.contains(&true) {
                self.breaks(vec![Claim::NoDeadlock]);
            }
        }
        !self.over
    }

    /// An actor may try again.
    pub(super) fn wakes(&mut self, actor: usize) {
        self.waiting[actor] = false;
    }

    /// Whether nobody moves any more.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// Look at the claims, unless somebody is in the middle of an access.
    pub(super) fn look(&mut self, actor: usize) {
        if let Some(before) = self.before[actor].take() {
            let after = self.ghosts[actor];
            let Before { access, cells, ghosts, returned } = before;
            let wrong = view(&self.scenario, &cells, &ghosts, &returned, |world| {
                let holds = |claim: &Claim| claim.holds_for_step(world, actor, access, &after);
                self.open.iter().copied().filter(|claim| !holds(claim)).collect()
            });
            self.breaks(wrong);
        }
        if !self.steps.contains(&None) {
            let wrong = self.view(&self.cells, |world| {
                self.open.iter().copied().filter(|claim| !claim.holds(world)).collect()
            });
            self.breaks(wrong);
        }
    }

    fn breaks(&mut self, wrong: Vec<Claim>) {
        let steps = || self.steps.iter().flatten().copied().collect();
        let broken = self.open.extract_if(.., |claim| wrong.contains(claim)).map(|claim| (claim, steps()));
        self.broken.extend(broken);
    }

    /// The state, as claims see it.
    pub(super) fn view<R>(&self, cells: &PlainCells, look: impl FnOnce(&World<'_, PlainCells>) -> R) -> R {
        view(&self.scenario, cells, &self.ghosts, &self.returned, look)
    }
}

fn view<R>(
    scenario: &Scenario,
    cells: &PlainCells,
    ghosts: &[Ghost],
    returned: &[Option<Result>],
    look: impl FnOnce(&World<'_, PlainCells>) -> R,
) -> R {
    let statuses = ghosts.iter().zip(returned).map(|(ghost, returned)| Status { ghost, returned: *returned });
    let actors: Vec<Status<'_>> = statuses.collect();
    let mut sum = Ghost::default();
    ghosts.iter().for_each(|ghost| sum.add(ghost));
    look(&World { scenario, cells, actors: &actors, sum: &sum })
}
