//! The shortest run to a state, found by searching back level by level, each worker among its own states.

use timely::worker::Worker;

use super::part::{Broken, Part};
use super::share::share;
use super::{Task, agreed};
use crate::error::Error;
use crate::explore::system::{State, Step};

/// A predecessor: the words of a state, and the step from it, as actor and answer.
type Before = (Vec<u64>, (u8, i16));

/// A run that is being found, from its end.
struct Run {
    level: usize,
    at: Vec<u64>,
    reversed: Vec<Step>,
}

/// A run to each state that refutes a claim, with what follows from there. Of several predecessors the one with the
/// least words is taken, so the run does not depend on who keeps what.
pub(super) fn runs<const W: usize>(
    worker: &mut Worker,
    task: &Task,
    part: &Part<'_, W>,
    refuted: &[Broken],
) -> Result<Vec<Vec<Step>>, Error> {
    let start = |broken: &Broken| Run {
        level: broken.level,
        at: broken.words.clone(),
        reversed: broken.then().into_iter().rev().collect(),
    };
    let mut runs: Vec<Run> = refuted.iter().map(start).collect();
    let deepest = runs.iter().map(|run| run.level).max().unwrap_or(0);
    for level in (0..deepest).rev() {
        let mine = agreed(worker, before(task, &part.levels[level], &runs, level))?;
        let told = share(worker, &mine)?;
        for (number, run) in runs.iter_mut().enumerate().filter(|(_, run)| run.level == level + 1) {
            let first = told.iter().filter_map(|before| before.get(number)?.as_ref()).min();
            let (words, (actor, answer)) = first.ok_or(Error::StateLost)?;
            run.reversed.push(Step { actor: *actor, answer: *answer });
            (run.level, run.at) = (level, words.clone());
        }
    }
    Ok(runs.into_iter().map(|run| run.reversed.into_iter().rev().collect()).collect())
}

/// Of each run that has come to the next level, the first of these states that leads there.
fn before<const W: usize>(
    task: &Task,
    states: &[State<W>],
    runs: &[Run],
    level: usize,
) -> Result<Vec<Option<Before>>, Error> {
    let mut found: Vec<Option<Before>> = vec![None; runs.len()];
    for state in states {
        task.system.successors(state, |step, next| {
            for (run, found) in runs.iter().zip(&mut found) {
                if run.level == level + 1 && run.at == next {
                    let before = (state.to_vec(), (step.actor, step.answer));
                    if found.as_ref().is_none_or(|other| before < *other) {
                        *found = Some(before);
                    }
                }
            }
        })?;
    }
    Ok(found)
}
