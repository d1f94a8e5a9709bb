//! A run under way: who moves next is for the caller to say, and every claim is looked at after each step.

use seal_model::access::{Access, Answer, MAX_ACTORS, SWAP};
use seal_model::claim::{Claim, Kind, Status, World};
use seal_model::ghost::Ghost;
use seal_model::machine::{Cell, apply};
use seal_model::scenario::Scenario;

use super::actors::{Actor, Mailbox, Site};
use crate::error::Error;
use crate::explore::Refutation;
use crate::explore::system::{LONGEST_ALONE, Step};
use crate::ranged::Ranged;

/// Steps in which the sealer comes back to where it was, if it loops while all others are done.
const LONGEST_LOOP: usize = 2_000;

/// What came of an actor's turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// It took a step.
    Moved,
    /// It waits for a lock.
    Blocked,
    /// It is done.
    Done,
}

/// A run of a scenario, as far as it came.
pub struct Run<'m> {
    /// What runs.
    pub scenario: &'m Scenario,
    /// Shared memory.
    pub cells: Ranged,
    /// The steps that were taken.
    pub taken: Vec<Step>,
    /// The first claim that was broken, and how.
    pub broken: Option<Refutation>,
    actors: Vec<Actor<'m>>,
    ghosts: [Ghost; MAX_ACTORS],
    sum: Ghost,
    asked: Asked,
}

/// The claims that are looked at, by the way they are decided.
#[derive(Clone, Debug, Default)]
struct Asked {
    states: Vec<Claim>,
    steps: Vec<Claim>,
    alone: Vec<Claim>,
    deadlock: bool,
    returns: bool,
}

impl Asked {
    fn new(asked: &[Claim]) -> Self {
        let of = |kind| asked.iter().copied().filter(|claim| claim.kind() == kind).collect();
        Asked {
            states: of(Kind::State),
            steps: of(Kind::Step),
            alone: of(Kind::Alone),
            deadlock: asked.contains(&Claim::NoDeadlock),
            returns: asked.contains(&Claim::Returns),
        }
    }
}

impl<'m> Run<'m> {
    /// Everybody at the beginning.
    pub fn new(scenario: &'m Scenario, mailboxes: &'m [Mailbox<'m>], asked: &[Claim]) -> Self {
        let mut run = Run {
            scenario,
            cells: Ranged::new(scenario),
            taken: Vec::new(),
            broken: None,
            actors: mailboxes.iter().map(Actor::new).collect(),
            ghosts: [Ghost::default(); MAX_ACTORS],
            sum: Ghost::default(),
            asked: Asked::new(asked),
        };
        for number in 0..run.actors.len() {
            run.ghosts[number] = run.actors[number].ghost();
            run.sum.add(&run.ghosts[number]);
        }
        run
    }

    /// How many actors there are.
    pub fn actors(&self) -> usize {
        self.actors.len()
    }

    /// What an actor asks for.
    #[inline]
    pub fn asks(&self, actor: usize) -> Option<(Access, Site)> {
        self.actors[actor].asks()
    }

    /// What it holds.
    pub fn ghost(&self, actor: usize) -> &Ghost {
        &self.ghosts[actor]
    }

    /// What it returned.
    pub fn returned(&self, actor: usize) -> Option<seal_model::Result> {
        self.actors[actor].returned
    }

    /// Let an actor take its next step. Where the model leaves an answer open, `choose` picks one of so many.
    ///
    /// # Errors
    /// A value or an answer outside its declared range.
    #[inline]
    pub fn turn(&mut self, actor: usize, choose: impl FnOnce(usize) -> usize) -> Result<Turn, Error> {
        let Some((access, _)) = self.actors[actor].asks() else { return Ok(Turn::Done) };
        let before = Claim::look_at(access).then(|| *self.cells.values());
        self.cells.changed = false;
        let answer = match access {
            Access::Choose(_) => {
                let answers = access.answers(self.scenario);
                answers[choose(answers.len())]
            }
            _ => match apply(&mut self.cells, self.scenario, access) {
                Some(answer) => answer,
                None => return Ok(Turn::Blocked),
            },
        };
        within_bounds(&self.cells, access, answer)?;
        self.taken.push(Step { actor: actor as u8, answer });
        self.actors[actor].hears(answer);
        let after = self.actors[actor].ghost();
        if let Some(before) = before {
            self.judge_step(before, actor, access, &after);
        }
        let moved = self.ghosts[actor] != after;
        if moved {
            self.sum.remove(&self.ghosts[actor]);
            self.sum.add(&after);
            self.ghosts[actor] = after;
        }
        // a claim about states sees nothing else
        if moved || self.cells.changed || self.actors[actor].returned.is_some() {
            self.judge()?;
        }
        Ok(Turn::Moved)
    }

    /// Whether a claim is true in this state.
    pub fn holds(&self, claim: Claim) -> bool {
        self.look(&self.cells, |world| claim.holds(world))
    }

    fn look<R>(&self, cells: &Ranged, look: impl FnOnce(&World<'_, Ranged>) -> R) -> R {
        let nobody = Status { ghost: &self.sum, returned: None };
        let mut actors = [nobody; MAX_ACTORS];
        for ((status, ghost), actor) in actors.iter_mut().zip(&self.ghosts).zip(&self.actors) {
            *status = Status { ghost, returned: actor.returned };
        }
        let actors = &actors[..self.actors.len()];
        look(&World { scenario: self.scenario, cells, actors, sum: &self.sum })
    }

    /// Look at the step that was just taken, as it was about to be taken.
    fn judge_step(&mut self, before: [i16; Cell::COUNT], actor: usize, access: Access, after: &Ghost) {
        if self.asked.steps.is_empty() {
            return;
        }
        let before = self.cells.with(before);
        let broken = self.look(&before, |world| {
            let holds = |claim: &&Claim| !claim.holds_for_step(world, actor, access, after);
            self.asked.steps.iter().find(holds).copied()
        });
        if let Some(claim) = broken {
            self.breaks(claim, None, None);
        }
    }

    /// Look at a state.
    fn judge(&mut self) -> Result<(), Error> {
        let (wrong, alone) = self.look(&self.cells, |world| {
            let wrong = self.asked.states.iter().copied().find(|claim| !claim.holds(world));
            (wrong, self.asked.alone.iter().copied().find(|claim| claim.starts_alone(world)))
        });
        if let Some(claim) = wrong {
            self.breaks(claim, None, None);
        }
        let Some(claim) = alone else { return Ok(()) };
        let (steps, returned) = self.alone()?;
        if returned != Some(Ok(())) {
            let from = self.taken.len();
            self.taken.extend(steps);
            self.breaks(claim, Some(from), None);
        }
        Ok(())
    }

    fn breaks(&mut self, claim: Claim, alone_from: Option<usize>, cycle_from: Option<usize>) {
        let steps = self.taken.clone();
        self.broken.get_or_insert(Refutation { claim, steps, alone_from, cycle_from });
    }

    /// What the sealer does if from here on nobody else moves, and what it returns.
    fn alone(&self) -> Result<(Vec<Step>, Option<seal_model::Result>), Error> {
        let mailbox = Mailbox::new(self.scenario, 0);
        let mut sealer = Actor::new(&mailbox);
        self.taken.iter().filter(|step| step.actor == 0).for_each(|step| sealer.hears(step.answer));
        let (mut cells, mut steps) = (self.cells.clone(), Vec::new());
        while let (Some((access, _)), true) = (sealer.asks(), steps.len() < LONGEST_ALONE) {
            // of a choice: no signal, no failure
            let Some(answer) = apply(&mut cells, self.scenario, access) else { break };
            within_bounds(&cells, access, answer)?;
            steps.push(Step { actor: 0, answer });
            sealer.hears(answer);
        }
        Ok((steps, sealer.returned))
    }

    /// Nobody can move, and somebody is not done.
    pub(super) fn deadlocks(&mut self) {
        let waiting: Vec<Access> = self.actors.iter().filter_map(|actor| Some(actor.asks()?.0)).collect();
        let blocked = |access| apply(&mut self.cells.clone(), self.scenario, access).is_none();
        if self.asked.deadlock && !waiting.is_empty() && waiting.into_iter().all(blocked) {
            self.breaks(Claim::NoDeadlock, None, None);
        }
    }

    /// Everybody but the sealer is done: does it return? If it comes back to where it was, it never does.
    ///
    /// # Errors
    /// As [`Run::turn`].
    pub(super) fn starves(&mut self) -> Result<(), Error> {
        let others_done = self.actors[1..].iter().all(|actor| actor.returned.is_some());
        if !self.asked.returns || !others_done {
            return Ok(());
        }
        let (mut mark, mut next) = (None, 1);
        for steps in 1..LONGEST_LOOP {
            if self.broken.is_some() || self.turn(0, |_| 0)? != Turn::Moved {
                return Ok(());
            }
            let here = (*self.cells.values(), self.asks(0), self.ghosts[0]);
            if let Some((from, there)) = mark
                && there == here
            {
                self.breaks(Claim::Returns, None, Some(from));
                return Ok(());
            }
            // Brent: the mark moves to each power of two
            if steps == next {
                mark = Some((self.taken.len(), here));
                next *= 2;
            }
        }
        Ok(())
    }
}

fn within_bounds(cells: &Ranged, access: Access, answer: Answer) -> Result<(), Error> {
    match cells.out_of_range {
        Some(cell) => Err(Error::CellOutOfRange(cell)),
        // the least answer that any access has
        None if answer < SWAP => Err(Error::AnswerOutOfRange { access, answer }),
        None => Ok(()),
    }
}
