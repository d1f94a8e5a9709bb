//! Bytes choose a scenario and a schedule, and the actors are walked through it, every claim looked at after each
//! step. Every byte string is a case: nothing is out of bounds because nobody thought of it.
//!
//! The explorer compiles actors into automata, because it passes each location millions of times. A walk passes it
//! once, and the sealer of a large scenario takes seconds to compile: so here the actors themselves run, as futures.

mod actors;
pub mod case;
mod run;
pub mod shrink;

use seal_model::claim::Claim;
use seal_model::scenario::Scenario;

use crate::error::Error;
use crate::explore::Refutation;
use crate::explore::system::Step;
pub use actors::{Mailbox, Site};
pub use run::{Run, Turn};

/// Steps that a walk goes on after the last byte.
const MOST_LEFT: usize = 512;
/// Steps of one turn after the last byte.
const LONG_TURN: usize = 64;

/// How a walk ended.
#[derive(Clone, Debug)]
pub struct Walked {
    /// The first claim that was broken, and the run that did it.
    pub broken: Option<Refutation>,
    /// The steps that were taken.
    pub taken: Vec<Step>,
}

/// Walk a scenario: a byte says who moves and how many steps, and where the model leaves an answer open, the next
/// byte chooses one. When the bytes are at their end everybody goes on in turn. `see` is shown the run after
/// each step.
///
/// The walk ends when a claim among `asked` is broken. It can't tell [`Claim::Returns`], but of a sealer that is left
/// alone and comes back to where it was.
///
/// # Errors
/// A bound of the model that the walk has left; a scenario that starts from a cut.
pub fn walk(
    scenario: &Scenario,
    asked: &[Claim],
    schedule: &[u8],
    mut see: impl FnMut(&Run<'_>),
) -> Result<Walked, Error> {
    if !scenario.from.is_empty() {
        return Err(Error::Cut("a walk starts at the beginning: leave `from` out".into()));
    }
    let mailboxes = Mailbox::of_cast(scenario);
    let mut run = Run::new(scenario, &mailboxes, asked);
    let (mut bytes, cast) = (schedule.iter().copied(), run.actors());
    while let Some(byte) = bytes.next() {
        let (first, steps) = turn_of(byte);
        // who is done or blocked leaves the turn to the next
        for actor in (0..cast).map(|next| (first + next) % cast) {
            if move_on(&mut run, actor, steps, &mut bytes, &mut see)? > 0 {
                break;
            }
        }
        if run.broken.is_some() {
            return Ok(Walked { broken: run.broken, taken: run.taken });
        }
    }
    let most = run.taken.len() + MOST_LEFT;
    while run.broken.is_none() && run.taken.len() < most {
        let before = run.taken.len();
        for actor in 0..cast {
            move_on(&mut run, actor, LONG_TURN, &mut bytes, &mut see)?;
        }
        if run.taken.len() == before {
            run.deadlocks();
            break;
        }
    }
    run.starves()?;
    Ok(Walked { broken: run.broken, taken: run.taken })
}

/// One actor takes up to so many steps: how many it took.
fn move_on(
    run: &mut Run<'_>,
    actor: usize,
    steps: usize,
    bytes: &mut impl Iterator<Item = u8>,
    see: &mut impl FnMut(&Run<'_>),
) -> Result<usize, Error> {
    for taken in 0..steps {
        let choose = |answers| bytes.next().map_or(0, |byte| byte as usize % answers);
        if run.broken.is_some() || run.turn(actor, choose)? != Turn::Moved {
            return Ok(taken);
        }
        see(run);
    }
    Ok(steps)
}

/// Bits of a byte that say who moves; the others say how far.
const WHO: u32 = 3;

/// How many steps a turn has. Short ones come most often: measured over the seeded faults, that finds the hardest in
/// a third of the walks that 1 to 32 alike take, and in a tenth of those of one step a turn.
const STEPS: [u8; 1 << (u8::BITS - WHO)] =
    [1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 6, 6, 8, 12, 16, 32];

/// Who a byte lets move, counted from the sealer on and round the cast, and how many steps.
fn turn_of(byte: u8) -> (usize, usize) {
    (byte as usize & ((1 << WHO) - 1), STEPS[(byte >> WHO) as usize] as usize)
}

/// The bytes of a run: a walk along them takes the same steps.
///
/// # Errors
/// As [`Run::turn`].
pub fn schedule_of(scenario: &Scenario, taken: &[Step]) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mailboxes = Mailbox::of_cast(scenario);
    let mut run = Run::new(scenario, &mailboxes, &[]);
    let mut left = taken;
    while let Some(first) = left.first() {
        let same = left.iter().take_while(|step| step.actor == first.actor).count();
        let fits = |steps: &u8| *steps as usize <= same;
        let longest = STEPS.iter().rposition(fits).unwrap_or(0);
        bytes.push(first.actor | (longest as u8) << WHO);
        let (turn, rest) = left.split_at(STEPS[longest] as usize);
        for step in turn {
            let chosen = |_| {
                bytes.push(step.answer as u8);
                step.answer as usize
            };
            run.turn(step.actor as usize, chosen)?;
        }
        left = rest;
    }
    Ok(bytes)
}
