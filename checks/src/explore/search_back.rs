//! The shortest run to a state, found by searching back level by level: no state stores its predecessor.

use super::system::{State, Step, System};
use crate::error::Error;

/// The end of a run.
#[derive(Clone, Debug)]
pub struct Target {
    /// A state, by its number.
    pub state: usize,
    /// The steps that are taken from there.
    pub then: Vec<Step>,
}

/// A run that is being found, from its end.
struct Run<const W: usize> {
    level: usize,
    at: State<W>,
    reversed: Vec<Step>,
}

/// The shortest run to each target: at every level the first state in the order of discovery that leads on.
///
/// All targets are searched for together, in one pass over the levels.
pub(super) fn search_back<const W: usize>(
    system: &System,
    states: &[State<W>],
    levels: &[usize],
    targets: &[Target],
) -> Result<Vec<Vec<Step>>, Error> {
    let mut runs: Vec<Run<W>> = targets.iter().map(|target| start(states, levels, target)).collect();
    let deepest = runs.iter().map(|run| run.level).max().unwrap_or(0);
    for level in (0..deepest).rev() {
        let end = levels[level + 1];
        let mut wanted: Vec<&mut Run<W>> = runs.iter_mut().filter(|run| run.level == level + 1).collect();
        for state in &states[levels[level]..end] {
            if wanted.is_empty() {
                break;
            }
            let mut found: Vec<(Step, State<W>)> = Vec::new();
            system.successors(state, |step, next| {
                if wanted.iter().any(|run| run.at == next) {
                    found.push((step, next));
                }
            })?;
            wanted.retain_mut(|run| match found.iter().find(|(_, next)| *next == run.at) {
                Some((step, _)) => {
                    run.reversed.push(*step);
                    run.level = level;
                    run.at = *state;
                    false
                }
                None => true,
            });
        }
    }
    Ok(runs.into_iter().map(|run| run.reversed.into_iter().rev().collect()).collect())
}

fn start<const W: usize>(states: &[State<W>], levels: &[usize], target: &Target) -> Run<W> {
    let level = levels.partition_point(|&start| start <= target.state) - 1;
    Run { level, at: states[target.state], reversed: target.then.iter().rev().copied().collect() }
}
