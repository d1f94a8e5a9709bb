//! The branches of the protocol: where an actor can go from each of its accesses, and which of that a scenario
//! reaches.

use std::collections::{BTreeSet, HashSet};
use std::panic::Location;
use std::sync::Arc;

use seal_model::Errno;
use seal_model::claim::{Claim, Kind};
use seal_model::scenario::Scenario;
use seal_model::source::line_at;

use crate::compile::slip::{How, Slip};
use crate::compile::{Automaton, Lines, NOWHERE, Slipped, compile_lines, compile_slip};
use crate::error::Error;
use crate::explore::system::{MOST_WORDS, State, System};
use crate::explore::{Job, explore_system};
use crate::verdict::{Report, Verdict, report};

/// A line that makes an access.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// The line.
    pub site: &'static Location<'static>,
    /// The kind of the access.
    pub access: String,
}

/// What follows on an access.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Next {
    /// The access of another line, or of the same again.
    Access(Place),
    /// The actor returns: success, or an error.
    Returns(Option<Errno>),
    /// The actor has to wait.
    Waits,
}

/// One way to go on from an access.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Branch {
    /// Where.
    pub from: Place,
    /// What comes next.
    pub next: Next,
}

/// A scenario whose actors know their lines.
#[derive(Debug)]
pub struct Lined {
    system: System,
    lines: Vec<Lines>,
}

impl Place {
    /// File, function and access; not the line, which moves.
    pub fn name(&self) -> String {
        let (file, function) = line_at(self.site).map_or(("?", "?"), |line| (line.file, line.function));
        format!("{file} {function}: {}", self.access)
    }
}

impl Lined {
    /// Compile a scenario.
    ///
    /// # Errors
    /// As [`System::new`].
    pub fn new(scenario: &Scenario) -> Result<Self, Error> {
        let compiled = (0..scenario.cast().len()).map(|actor| compile_lines(scenario, actor));
        let (automata, lines): (Vec<Automaton>, Vec<Lines>) =
            compiled.collect::<Result<Vec<_>, Error>>()?.into_iter().unzip();
        let system = System::of(scenario, automata.into_iter().map(Arc::new).collect())?;
        Ok(Lined { system, lines })
    }

    /// The access that an actor makes at a location, if it is not done there.
    fn place(&self, actor: usize, location: usize) -> Option<Place> {
        let access = self.system.automata[actor].locations[location].access?;
        Some(Place { site: self.lines[actor][location]?, access: access.kind() })
    }

    fn next(&self, actor: usize, location: usize) -> Next {
        let returned = self.system.automata[actor].locations[location].returned;
        let returns = || Next::Returns(returned.and_then(Result::err));
        self.place(actor, location).map_or_else(returns, Next::Access)
    }

    /// Every place that some answer leads to, whether the answer ever comes or not.
    pub fn places(&self) -> BTreeSet<Place> {
        let of = |actor: usize| {
            (0..self.lines[actor].len()).filter_map(move |location| self.place(actor, location))
        };
        (0..self.lines.len()).flat_map(of).collect()
    }

    /// Every slip that a line can have, with the access there.
    pub fn slips(&self) -> BTreeSet<(Place, Slip)> {
        let mut slips = BTreeSet::new();
        for (actor, automaton) in self.system.automata.iter().enumerate() {
            for (number, location) in automaton.locations.iter().enumerate() {
                let (Some(access), Some(place)) = (location.access, self.place(actor, number)) else {
                    continue;
                };
                let of_line = How::of(access, &self.system.scenario);
                slips.extend(of_line.into_iter().map(|how| (place.clone(), Slip { site: place.site, how })));
            }
        }
        slips
    }

    /// Every branch that some answer leads to, whether the answer ever comes or not.
    pub fn possible(&self) -> BTreeSet<Branch> {
        let mut branches = BTreeSet::new();
        for (actor, automaton) in self.system.automata.iter().enumerate() {
            for (number, location) in automaton.locations.iter().enumerate() {
                let Some(from) = self.place(actor, number) else { continue };
                for &to in location.next.iter().filter(|to| **to != NOWHERE) {
                    let next = self.next(actor, to as usize);
                    branches.insert(Branch { from: from.clone(), next });
                }
            }
        }
        branches
    }

    /// Every branch that a run takes.
    ///
    /// # Errors
    /// As [`System::successors`].
    pub fn reached(&self) -> Result<BTreeSet<Branch>, Error> {
        let start: State<MOST_WORDS> = self.system.initial()?;
        let (mut known, mut open) = (HashSet::from([start]), vec![start]);
        let mut taken: HashSet<(usize, usize, Option<usize>)> = HashSet::new();
        let location = |state: &State<MOST_WORDS>, actor| self.system.layout.location(state, actor);
        while let Some(state) = open.pop() {
            for actor in 0..self.lines.len() {
                let (from, mut moves) = (location(&state, actor), false);
                self.system.successors_of(&state, actor, &mut |_, next| {
                    moves = true;
                    taken.insert((actor, from, Some(location(&next, actor))));
                    if known.insert(next) {
                        open.push(next);
                    }
                })?;
                if !moves {
                    taken.insert((actor, from, None));
                }
            }
        }
        let branch = |(actor, from, to): (usize, usize, Option<usize>)| {
            let from = self.place(actor, from)?;
            let next = to.map_or(Next::Waits, |to| self.next(actor, to));
            Some(Branch { from, next })
        };
        Ok(taken.into_iter().filter_map(branch).collect())
    }
}

/// What a slip changes in a scenario of which it is known what is so without.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Notice {
    /// These claims are refuted, and are not without it.
    Refuted(Vec<Claim>),
    /// Something leaves its declared range, or never ends.
    Error(String),
    /// No claim is refuted that is not refuted without it, but other states are reached.
    States,
    /// Nothing.
    Nothing,
}

/// Explore a scenario with a slip, within so many bytes. `without` is the report without it.
pub fn notice(without: &Report, claims: &[Claim], slip: Slip, max_memory: usize) -> Notice {
    match explore_slip(without, claims, slip, max_memory) {
        Ok(notice) => notice,
        Err(error) => Notice::Error(error.to_string()),
    }
}

fn explore_slip(without: &Report, claims: &[Claim], slip: Slip, max_memory: usize) -> Result<Notice, Error> {
    let scenario = &without.scenario;
    let Slipped { automata, cut_off } = compile_slip(scenario, slip)?;
    // an actor that was cut off stands still, which is not its own doing
    let ends =
        |claim: &Claim| *claim == Claim::NoDeadlock || matches!(claim.kind(), Kind::Progress | Kind::Alone);
    let claims: Vec<Claim> = claims.iter().copied().filter(|claim| !(cut_off && ends(claim))).collect();
    let job = Job { claims: &claims, max_memory, coverage: false, progress: None };
    let with = report(scenario, &job, explore_system(&System::of(scenario, automata)?, &job)?);
    let refuted = |report: &Report, claim| matches!(report.verdict(claim), Some(Verdict::Refuted(_)));
    let news = claims.iter().filter(|claim| refuted(&with, **claim) && !refuted(without, **claim));
    let news: Vec<Claim> = news.copied().collect();
    let figures = |report: &Report| (report.figures.states, report.figures.transitions);
    Ok(match (news.is_empty(), cut_off) {
        (false, _) => Notice::Refuted(news),
        (true, true) => Notice::Error("an actor takes references for ever".into()),
        (true, false) if figures(&with) != figures(without) => Notice::States,
        (true, false) => Notice::Nothing,
    })
}
