//! From an actor's source to its automaton: replay the function over logs of answers, cut at frames, merge
//! what behaves alike.

mod audit;
mod minimise;
pub mod replay;
pub mod slip;

use std::collections::HashMap;
use std::panic::Location as Line;
use std::sync::Arc;

use seal_model::access::{Access, Answer};
use seal_model::ghost::Ghost;
use seal_model::scenario::Scenario;

use crate::error::Error;
use replay::{Key, Probe, Source, probe_after};
use slip::Slip;

/// An actor that is somewhere new after more accesses than this is taken for endless.
const MOST_ACCESSES: usize = 400;

/// No location: an answer that the access can't have.
pub const NOWHERE: u32 = u32::MAX;

/// One actor as a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Automaton {
    /// All locations; the actor starts in the first.
    pub locations: Vec<Location>,
}

/// Where an actor stands between two accesses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The access it makes next; none when it is done.
    pub access: Option<Access>,
    /// What it holds.
    pub ghost: Ghost,
    /// What it returned, when it is done.
    pub returned: Option<seal_model::Result>,
    /// The least answer of the access.
    pub first_answer: Answer,
    /// Where each answer leads, from `first_answer` on; [`NOWHERE`] where there is no such answer.
    pub next: Vec<u32>,
}

/// How to compile.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Merge locations that behave alike.
    pub minimise: bool,
    /// Follow every merge to its end instead of for one access. Slow; for tests.
    pub deep_audit: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { minimise: true, deep_audit: false }
    }
}

/// Compile actor number `actor` of a scenario.
///
/// # Errors
/// An actor without end, or a frame that hides a live local.
pub fn compile(scenario: &Scenario, actor: usize, options: Options) -> Result<Automaton, Error> {
    compile_within(scenario, actor, options, usize::MAX)
}

/// The same, unless it has more than `most` locations before any are merged: no more of them are looked for.
fn compile_within(
    scenario: &Scenario,
    actor: usize,
    options: Options,
    most: usize,
) -> Result<Automaton, Error> {
    let source = Source { scenario, actor, slip: None };
    let unfolded = unfold_within(source, most)?;
    audit::audit(source, &unfolded, options.deep_audit)?;
    let automaton = unfolded.automaton();
    Ok(if options.minimise { minimise::minimise(&automaton) } else { automaton })
}

/// The line behind the access of each location of an actor; none where it is done.
pub type Lines = Vec<Option<&'static Line<'static>>>;

/// Compile an actor whose locations are not merged, so that each has the line behind its access.
///
/// # Errors
/// As [`compile`].
pub fn compile_lines(scenario: &Scenario, actor: usize) -> Result<(Automaton, Lines), Error> {
    let unfolded = unfold(Source { scenario, actor, slip: None })?;
    let lines = unfolded.nodes.iter().map(|node| node.probe.site).collect();
    Ok((unfolded.automaton(), lines))
}

/// A cast with a slip.
#[derive(Clone, Debug)]
pub struct Slipped {
    /// The actors.
    pub automata: Vec<Arc<Automaton>>,
    /// One of them takes references for ever: it is cut off where it holds too many, and stands still.
    pub cut_off: bool,
}

/// More references to one page than an actor of the model holds. One that holds more takes them in a loop.
const MOST_LEAKED: i8 = 6;

/// Compile every actor of a scenario with a slip in a line that they may run.
///
/// # Errors
/// As [`compile`].
pub fn compile_slip(scenario: &Scenario, slip: Slip) -> Result<Slipped, Error> {
    let mut slipped = Slipped { automata: Vec::new(), cut_off: false };
    for actor in 0..scenario.cast().len() {
        let source = Source { scenario, actor, slip: Some(slip) };
        // no audit: the locals that a frame lists are those of the source
        let unfolded = unfold(source)?;
        slipped.cut_off |= unfolded.nodes.iter().any(|node| leaks(source, &node.probe.ghost));
        slipped.automata.push(Arc::new(minimise::minimise(&unfolded.automaton())));
    }
    Ok(slipped)
}

/// Whether an actor with a slip holds so much that it is cut off.
fn leaks(source: Source<'_>, ghost: &Ghost) -> bool {
    source.slip.is_some() && ghost.transient.iter().chain(&ghost.locked).any(|held| held.abs() > MOST_LEAKED)
}

/// Compile every actor of a scenario.
///
/// # Errors
/// As [`compile`].
pub fn compile_cast(scenario: &Scenario) -> Result<Vec<Arc<Automaton>>, Error> {
    compile_cast_within(scenario, usize::MAX)
}

/// The same, unless an actor has more than `most` locations.
pub(crate) fn compile_cast_within(scenario: &Scenario, most: usize) -> Result<Vec<Arc<Automaton>>, Error> {
    (0..scenario.cast().len())
        .map(|actor| compile_within(scenario, actor, Options::default(), most).map(Arc::new))
        .collect()
}

/// The unfolded automaton, each location with one log that leads to it.
struct Unfolded {
    nodes: Vec<Node>,
    met: Vec<Met>,
}

/// A log that met a location which another log had reached first.
struct Met {
    log: Vec<Answer>,
    /// The frames one answer before.
    before: Key,
    location: u32,
}

struct Node {
    log: Vec<Answer>,
    probe: Probe,
    answers: Vec<Answer>,
    children: Vec<u32>,
}

fn unfold(source: Source<'_>) -> Result<Unfolded, Error> {
    unfold_within(source, usize::MAX)
}

fn unfold_within(source: Source<'_>, most: usize) -> Result<Unfolded, Error> {
    let mut unfolded = Unfolded { nodes: Vec::new(), met: Vec::new() };
    let mut at_key: HashMap<(Key, Ghost), u32> = HashMap::new();
    unfolded.add(source, Vec::new(), &Key::new(), &mut at_key)?;
    let mut next = 0;
    while next < unfolded.nodes.len() {
        let answers = unfolded.nodes[next].answers.clone();
        let before = unfolded.nodes[next].probe.frames.clone();
        for answer in answers {
            let mut log = unfolded.nodes[next].log.clone();
            log.push(answer);
            let child = unfolded.add(source, log, &before, &mut at_key)?;
            unfolded.nodes[next].children.push(child);
        }
        if unfolded.nodes.len() > most {
            let actor = source.scenario.actor_name(source.actor);
            return Err(Error::TooManyLocations { actor, most });
        }
        next += 1;
    }
    Ok(unfolded)
}

impl Unfolded {
    fn add(
        &mut self,
        source: Source<'_>,
        log: Vec<Answer>,
        before: &Key,
        at_key: &mut HashMap<(Key, Ghost), u32>,
    ) -> Result<u32, Error> {
        if log.len() > MOST_ACCESSES {
            return Err(Error::EndlessActor {
                actor: source.scenario.actor_name(source.actor),
                accesses: log.len(),
            });
        }
        let mut probe = probe_after(source, &log, before);
        if leaks(source, &probe.ghost) {
            probe.access = None;
        }
        let number = self.nodes.len() as u32;
        if let Some(key) = &probe.key {
            if let Some(&known) = at_key.get(&(key.clone(), probe.ghost)) {
                self.met.push(Met { log, before: before.clone(), location: known });
                return Ok(known);
            }
            at_key.insert((key.clone(), probe.ghost), number);
        }
        let answers = probe.access.map_or(Vec::new(), |access| access.answers(source.scenario));
        self.nodes.push(Node { log, probe, answers, children: Vec::new() });
        Ok(number)
    }

    fn automaton(&self) -> Automaton {
        Automaton { locations: self.nodes.iter().map(Node::location).collect() }
    }
}

impl Node {
    fn location(&self) -> Location {
        let first_answer = self.answers.first().copied().unwrap_or(0);
        let places = self.answers.last().map_or(0, |last| last - first_answer + 1);
        let mut next = vec![NOWHERE; places as usize];
        for (answer, child) in self.answers.iter().zip(&self.children) {
            next[(answer - first_answer) as usize] = *child;
        }
        let Probe { access, ghost, returned, .. } = self.probe;
        Location { access, ghost, returned, first_answer, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_accesses_as_allowed_are_followed_and_one_more_is_endless() {
        let scenario: Scenario = "wait;with=mapper".parse().expect("a possible scenario");
        let source = Source { scenario: &scenario, actor: 1, slip: None };
        let add = |accesses| {
            let mut unfolded = Unfolded { nodes: Vec::new(), met: Vec::new() };
            unfolded.add(source, vec![0; accesses], &Key::new(), &mut HashMap::new())
        };
        assert_eq!(add(MOST_ACCESSES).expect("allowed"), 0);
        let endless = add(MOST_ACCESSES + 1);
        assert!(
            matches!(endless, Err(Error::EndlessActor { accesses, .. }) if accesses == MOST_ACCESSES + 1)
        );
    }
}
