//! Levels as bytes and not as files: what a single worker keeps, and the run that goes on from there without a cluster.
//! For those who damage them first.

use std::path::Path;
use std::time::Instant;

use seal_model::claim::Claim;

use super::levels::Levels;
pub(crate) use super::levels::MAGIC;
use super::part::{Found, Part};
use super::{Task, decides};
use crate::error::Error;
use crate::explore::system::System;

/// A cluster of one.
pub(crate) fn task(system: System, claims: &[Claim], most_bytes: usize) -> Task {
    let claims = claims.iter().copied().filter(|claim| decides(*claim)).collect();
    Task { system, claims, most_bytes, keep_in: None, started: Instant::now() }
}

/// Every level of a task, as it would be kept.
///
/// # Errors
/// As [`explore`](super::explore), and memory that ends.
pub(crate) fn written(task: &Task) -> Result<Vec<Vec<u8>>, Error> {
    match task.system.layout.words {
        0 | 1 => all_levels::<1>(task),
        2 => all_levels::<2>(task),
        3 => all_levels::<3>(task),
        _ => all_levels::<4>(task),
    }
}

/// How many states and transitions there are in the end, if a run goes on from some levels.
///
/// # Errors
/// As [`explore`](super::explore); bytes that are no levels of this task.
pub(crate) fn gone_on(task: &Task, levels: &[&[u8]]) -> Result<(usize, usize), Error> {
    let found = match task.system.layout.words {
        0 | 1 => from_levels::<1>(task, levels),
        2 => from_levels::<2>(task, levels),
        3 => from_levels::<3>(task, levels),
        _ => from_levels::<4>(task, levels),
    };
    found.map(|found| (found.states, found.transitions))
}

fn levels(task: &Task) -> Levels {
    Levels::without_files(task, Path::new(""), 0, 1)
}

fn all_levels<const W: usize>(task: &Task) -> Result<Vec<Vec<u8>>, Error> {
    let mut part = Part::<W>::new(task, 0, 1)?;
    let mut written = Vec::new();
    part.begin()?;
    part.end_level()?;
    while let Some(level) = part.levels.last().filter(|level| !level.is_empty()) {
        written.push(levels(task).bytes(part.levels.len() - 1, level, &part.found)?);
        next_level(&mut part)?;
    }
    Ok(written)
}

fn from_levels<const W: usize>(task: &Task, kept: &[&[u8]]) -> Result<Found, Error> {
    let mut part = Part::<W>::new(task, 0, 1)?;
    part.load(&levels(task), kept.iter().map(|bytes| Ok(bytes.to_vec())))?;
    while part.levels.last().is_some_and(|level| !level.is_empty()) && !part.found.out_of_memory {
        next_level(&mut part)?;
    }
    Ok(part.found)
}

/// Expand the last level, as [`forward`](super::forward) does.
fn next_level<const W: usize>(part: &mut Part<'_, W>) -> Result<(), Error> {
    part.know(&part.found.clone());
    let number = part.levels.len() - 1;
    let states = std::mem::take(&mut part.levels[number]);
    let mut new = Vec::new();
    states.iter().try_for_each(|state| part.expand(number, state, |next| new.push(next)))?;
    part.levels[number] = states;
    new.into_iter().try_for_each(|state| part.discover(state))?;
    part.end_level()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::whole::mended;

    #[test]
    fn words_that_are_no_state_are_refused() {
        let scenario = "wait-2014;with=pinner".parse().expect("a possible scenario");
        let task = task(System::new(&scenario).expect("compiles"), &[], 1 << 24);
        let levels = written(&task).expect("fits");
        let whole = gone_on(&task, &[&levels[0], &levels[1]]).expect("it goes on");
        assert!(whole.0 > 600, "{whole:?}");
        // the last word of a level
        for word in [[u8::MAX; 8], [0, 0, 0, 0, 0, 0, 0, 0x80]] {
            let states = &levels[1][..levels[1].len() - 16];
            let other = mended(MAGIC, [states, &word, &[0; 8]].concat()).expect("it has a header");
            let refused = gone_on(&task, &[&levels[0], &other]).expect_err("no state").to_string();
            assert!(refused.contains("level1: it is damaged"), "{refused}");
        }
    }
}
