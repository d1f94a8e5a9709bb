//! Whether the sealer returns in every fair run, and under which fairness.

use super::fair::{Fairness, starving};
use super::graph::Graph;
use super::search_back::{Target, search_back};
use super::system::{State, Step, System};
use super::{Job, Progress, Search};
use crate::error::Error;

/// A run without end: the stem once, then the cycle for ever.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lasso {
    /// The shortest run from the initial state to the cycle.
    pub stem: Vec<Step>,
    /// What is repeated. Without a step: nobody moves any more.
    pub cycle: Vec<Step>,
}

/// What is known about progress.
#[derive(Debug)]
pub struct Progressed {
    /// The weakest fairness asked under which the sealer returns in every run. None is no proof of anything when
    /// it was `stopped`.
    pub holds_under: Option<Fairness>,
    /// The strongest fairness asked under which it need not return, and a fair run in which it never does.
    pub lasso: Option<(Fairness, Lasso)>,
    /// The last figures.
    pub figures: Progress,
    /// Why it ended early, if it did: then nothing is decided.
    pub stopped: Option<Error>,
}

/// Whether the sealer returns in every run that is fair. The claims of the job are not asked.
///
/// # Errors
/// What makes the scenario impossible to explore. Running out of memory is no error here: it is part of the
/// result.
pub fn progress(system: &System, job: &Job<'_>, fairness: Fairness) -> Result<Progressed, Error> {
    decide(system, job, &[fairness])
}

/// The weakest fairness under which the sealer returns in every run, and the run that refutes the next weaker
/// one. One exploration and one graph serve all of them.
///
/// # Errors
/// As [`progress`].
pub fn weakest_fairness(system: &System, job: &Job<'_>) -> Result<Progressed, Error> {
    decide(system, job, &Fairness::ALL)
}

fn decide(system: &System, job: &Job<'_>, asked: &[Fairness]) -> Result<Progressed, Error> {
    let job = Job { claims: &[], ..job.clone() };
    match system.layout.words {
        0 | 1 => Search::<1>::progressed(system, &job, asked),
        2 => Search::<2>::progressed(system, &job, asked),
        3 => Search::<3>::progressed(system, &job, asked),
        _ => Search::<4>::progressed(system, &job, asked),
    }
}

impl<'a, const W: usize> Search<'a, W> {
    fn progressed(system: &'a System, job: &'a Job<'a>, asked: &[Fairness]) -> Result<Progressed, Error> {
        let mut search = Search::<W>::new(system, job)?;
        search.unseen.clear(); // nobody asks for witnesses either
        let graph = match search.complete()? {
            Some(stopped) => Err(stopped),
            None => search.graph(),
        };
        match graph {
            Ok(graph) => search.ask(&graph, asked),
            Err(stopped @ Error::OutOfMemory { .. }) => {
                let figures = search.progress();
                Ok(Progressed { holds_under: None, lasso: None, figures, stopped: Some(stopped) })
            }
            Err(error) => Err(error),
        }
    }

    fn graph(&self) -> Result<Graph, Error> {
        let returned =
            |state: &State<W>| self.system.view(state, |world| world.actors[0].returned.is_some());
        Graph::of(self.system, &self.store, self.transitions, returned)
    }

    /// From the weakest fairness on, until there is no run left to rule out.
    fn ask(&self, graph: &Graph, asked: &[Fairness]) -> Result<Progressed, Error> {
        let (mut starvation, mut holds_under) = (None, None);
        for &fairness in asked {
            let Some(found) = starving(graph, fairness) else {
                holds_under = Some(fairness);
                break;
            };
            starvation = Some((fairness, found));
        }
        let lasso = starvation.map(|(fairness, found)| {
            // the sealer does not come back once it has returned, so the shortest way avoids the goal
            let target = Target::State(found.stem_to as usize);
            let mut stems = search_back(self.system, self.store.states(), &self.levels, &[target])?;
            let stem = stems.pop().unwrap_or_default();
            Ok((fairness, Lasso { stem, cycle: found.cycle }))
        });
        let mut figures = self.progress();
        figures.bytes += Graph::bytes_needed(graph.len(), self.transitions);
        Ok(Progressed { holds_under, lasso: lasso.transpose()?, figures, stopped: None })
    }
}
