//! Windows: a few steps of everybody from many cuts, under loom and in the explicit engine. Together they have
//! every pair and every triple of accesses that could be made at the same time; each must come out alike.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use seal_model::access::Answer;
use seal_model::scenario::Scenario;
use seal_model::sealer::judge::Judge;

use super::{Limits, loom};
use crate::cut::{Seen, back_to_start};
use crate::error::Error;
use crate::explore::Job;
use crate::explore::coverage::{Coverage, Kinds, Marks};
use crate::explore::system::{MOST_WORDS, State, Step, System};
use crate::pool;
use crate::schedule::Schedule;
use crate::trace::Trace;
use crate::trace::start::Cut;

/// Accesses that each actor makes in a window.
pub const STEPS: usize = 2;

/// For each actor the answers that it got in a window.
pub(super) type Answers = Vec<Vec<Answer>>;

/// A cut, and what can happen in the next steps.
#[derive(Debug)]
pub struct Window {
    /// The scenario.
    pub scenario: Scenario,
    /// The run to the cut.
    pub steps: Vec<Step>,
    /// How it may end under sequential consistency.
    expected: BTreeSet<Answers>,
}

/// Windows that cover what a review explores.
#[derive(Debug)]
pub struct Windows {
    /// Accesses that could be made at the same time anywhere.
    pub universe: Coverage,
    /// A set of windows that has all of it at their cuts, not the smallest.
    pub windows: Vec<Window>,
    /// Accesses that they have together at their cuts.
    pub covered: Coverage,
}

/// The outcome of the windows.
#[derive(Clone, Debug, Default)]
pub struct Agreement {
    /// How many windows.
    pub windows: usize,
    /// Executions of loom in all.
    pub executions: usize,
    /// Windows with ends that only a weak memory has, by the loads that got older values.
    pub weaker: BTreeMap<String, usize>,
    /// Windows in which loom came to an end that has no run at all, or missed one that has: the run to the cut.
    pub wrong: Vec<String>,
    /// Ends under sequential consistency that loom did not come to.
    pub missed: usize,
}

impl Windows {
    /// Choose windows for the scenarios of a review: first those of few states, a window wherever something is
    /// enabled together that no window has yet.
    ///
    /// # Errors
    /// As [`System::new`].
    pub fn choose(scenarios: &[Scenario], max_memory: usize) -> Result<Self, Error> {
        // both counts at one instant have no meaning in a weak memory
        let kept: Vec<Scenario> = scenarios.iter().filter(|scenario| can_run(scenario)).cloned().collect();
        let covers = |scenario: &Scenario, memory| {
            let job = Job { claims: &[], max_memory: memory, coverage: true, progress: None };
            let found = crate::explore::explore(scenario, &job)?;
            Ok((found.figures.states, found.coverage.unwrap_or_default()))
        };
        let found = pool::map_all(&kept, max_memory, &covers)?;
        let mut by_size: Vec<_> = kept.iter().zip(&found).collect();
        by_size.sort_by_key(|(_, (states, _))| *states);
        let mut universe = Coverage::default();
        found.iter().for_each(|(_, coverage)| universe.add(coverage));
        let mut covered = Coverage::default();
        let mut windows = Vec::new();
        for (scenario, (_, coverage)) in by_size {
            choose_in(scenario, coverage, &mut covered, &mut windows)?;
        }
        Ok(Windows { universe, covered, windows })
    }

    /// Run every window under loom.
    ///
    /// # Errors
    /// As [`super::run`].
    pub fn run(&self) -> Result<Agreement, Error> {
        let run = |window: &Window, _| window.run();
        let results = pool::map_all(&self.windows, 0, &run)?;
        let mut agreement = Agreement { windows: self.windows.len(), ..Agreement::default() };
        for (window, (executions, ends)) in self.windows.iter().zip(results) {
            agreement.executions += executions;
            let missed = window.expected.difference(&ends).count();
            agreement.missed += missed;
            if missed > 0 {
                agreement.wrong.push(window.schedule()?);
            }
            let weaker: Vec<&Answers> = ends.difference(&window.expected).collect();
            if !weaker.is_empty() {
                match window.older(&weaker)? {
                    Some(loads) => *agreement.weaker.entry(loads).or_default() += 1,
                    None => agreement.wrong.push(window.schedule()?),
                }
            }
        }
        Ok(agreement)
    }
}

/// True if a scenario can be run in a weak memory.
pub(super) fn can_run(scenario: &Scenario) -> bool {
    scenario.judge != Judge::Snapshot && scenario.cast().len() <= ::loom::MAX_THREADS
}

impl Window {
    /// How many executions loom made, and how they ended.
    fn run(&self) -> Result<(usize, BTreeSet<Answers>), Error> {
        let cut = Arc::new(Cut::after(&self.scenario, &self.steps)?);
        let limits = Limits { window: Some(STEPS), ..Limits::default() };
        let findings = loom::run(&cut, &[], &limits)?;
        Ok((findings.executions, findings.answers))
    }

    /// The run to the cut, as a line.
    fn schedule(&self) -> Result<String, Error> {
        let schedule: Schedule = Trace::of_steps(&self.scenario, &self.steps)?.schedule;
        Ok(schedule.to_string())
    }

    /// The kinds of loads that got answers in these ends that they get in none under sequential consistency, or
    /// that come together in none; none if some other access did.
    fn older(&self, ends: &[&Answers]) -> Result<Option<String>, Error> {
        let mut loads = BTreeSet::new();
        let cut = Cut::after(&self.scenario, &self.steps)?;
        for end in ends {
            // the end that has most in common with this one
            let distance = |expected: &&Answers| differing(end, expected).len();
            let Some(nearest) = self.expected.iter().min_by_key(distance) else { return Ok(None) };
            for actor in differing(end, nearest) {
                let at = (0..end[actor].len()).find(|&at| end[actor].get(at) != nearest[actor].get(at));
                let log: Vec<Answer> =
                    cut.logs[actor].iter().chain(&end[actor][..at.unwrap_or(0)]).copied().collect();
                let access = crate::compile::replay::probe(&self.scenario, actor, &log).access;
                match access {
                    Some(access) if access.is_load() => loads.insert(access.kind()),
                    _ => return Ok(None),
                };
            }
        }
        Ok(Some(loads.into_iter().collect::<Vec<_>>().join(", ")))
    }
}

/// The actors whose answers differ.
fn differing(one: &Answers, other: &Answers) -> Vec<usize> {
    (0..one.len()).filter(|&actor| one[actor] != other[actor]).collect()
}

/// Add windows of one scenario until everything that it has is covered.
fn choose_in(
    scenario: &Scenario,
    coverage: &Coverage,
    covered: &mut Coverage,
    windows: &mut Vec<Window>,
) -> Result<(), Error> {
    let (pairs, triples) = coverage.within(covered);
    let mut left = coverage.pairs.len() - pairs + coverage.triples.len() - triples;
    if left == 0 {
        return Ok(());
    }
    let system = System::new(scenario)?;
    let kinds = Kinds::new(&system);
    let mut marks = kinds.marks(covered);
    let first = system.initial::<MOST_WORDS>()?;
    let mut seen = Seen::from([(first, None)]);
    let mut queue = VecDeque::from([first]);
    while let Some(state) = queue.pop_front() {
        let news = marks.mark(&kinds.free(&system, &state)?);
        if news > 0 {
            let steps = back_to_start(&seen, state);
            let mut ahead =
                Ahead { system: &system, kinds: &kinds, marks: &mut marks, news, ends: BTreeSet::new() };
            ahead.look(&state, &vec![Vec::new(); system.automata.len()])?;
            left = left.saturating_sub(ahead.news);
            let expected = ahead.ends;
            windows.push(Window { scenario: scenario.clone(), steps, expected });
        }
        if left == 0 {
            break;
        }
        system.successors(&state, |step, next| {
            seen.entry(next).or_insert_with(|| {
                queue.push_back(next);
                Some((state, step))
            });
        })?;
    }
    covered.add(&kinds.named(&marks));
    Ok(())
}

/// Everything that can happen while each actor makes at most [`STEPS`] accesses.
struct Ahead<'a> {
    system: &'a System,
    kinds: &'a Kinds,
    marks: &'a mut Marks,
    news: usize,
    ends: BTreeSet<Answers>,
}

impl Ahead<'_> {
    fn look(&mut self, state: &State<MOST_WORDS>, answers: &Answers) -> Result<(), Error> {
        // seen on the way is covered as well: loom comes by
        self.news += self.marks.mark(&self.kinds.free(self.system, state)?);
        let mut ahead = Vec::new();
        self.system.successors(state, |step, next| ahead.push((step, next)))?;
        ahead.retain(|(step, _)| answers[step.actor as usize].len() < STEPS);
        if ahead.is_empty() {
            self.ends.insert(answers.clone());
        }
        for (step, next) in ahead {
            let mut answers = answers.clone();
            answers[step.actor as usize].push(step.answer);
            self.look(&next, &answers)?;
        }
        Ok(())
    }
}
