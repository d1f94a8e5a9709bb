//! From an actor's source to its automaton: replay the function over logs of answers, cut at checkpoints, merge
//! what behaves alike.

mod audit;
mod minimise;
pub mod replay;

use std::collections::HashMap;
use std::sync::Arc;

use seal_model::access::{Access, Answer};
use seal_model::ghost::Ghost;
use seal_model::scenario::Scenario;

use crate::error::Error;
use replay::{Key, Probe, probe_after};

/// A run that makes more accesses than this between checkpoints is taken for endless.
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
    /// Follow every merge to its end instead of to the next checkpoint. Slow; for tests.
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
/// An actor without end, or a checkpoint that hides a live local.
pub fn compile(scenario: &Scenario, actor: usize, options: Options) -> Result<Automaton, Error> {
    let unfolded = unfold(scenario, actor)?;
    audit::audit(scenario, actor, &unfolded, options.deep_audit)?;
    let automaton = unfolded.automaton();
    Ok(if options.minimise { minimise::minimise(&automaton) } else { automaton })
}

/// Compile every actor of a scenario.
///
/// # Errors
/// As [`compile`].
pub fn compile_cast(scenario: &Scenario) -> Result<Vec<Arc<Automaton>>, Error> {
    (0..scenario.cast().len())
        .map(|actor| compile(scenario, actor, Options::default()).map(Arc::new))
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
    /// The checkpoints one answer before.
    before: Key,
    location: u32,
}

struct Node {
    log: Vec<Answer>,
    probe: Probe,
    answers: Vec<Answer>,
    children: Vec<u32>,
}

fn unfold(scenario: &Scenario, actor: usize) -> Result<Unfolded, Error> {
    let mut unfolded = Unfolded { nodes: Vec::new(), met: Vec::new() };
    let mut at_key: HashMap<(Key, Ghost), u32> = HashMap::new();
    unfolded.add(scenario, actor, Vec::new(), &Key::new(), &mut at_key)?;
    let mut next = 0;
    while next < unfolded.nodes.len() {
        let answers = unfolded.nodes[next].answers.clone();
        let before = unfolded.nodes[next].probe.checkpoints.clone();
        for answer in answers {
            let mut log = unfolded.nodes[next].log.clone();
            log.push(answer);
            let child = unfolded.add(scenario, actor, log, &before, &mut at_key)?;
            unfolded.nodes[next].children.push(child);
        }
        next += 1;
    }
    Ok(unfolded)
}

impl Unfolded {
    fn add(
        &mut self,
        scenario: &Scenario,
        actor: usize,
        log: Vec<Answer>,
        before: &Key,
        at_key: &mut HashMap<(Key, Ghost), u32>,
    ) -> Result<u32, Error> {
        if log.len() > MOST_ACCESSES {
            return Err(Error::EndlessActor { actor: scenario.actor_name(actor), accesses: log.len() });
        }
        let probe = probe_after(scenario, actor, &log, before);
        let number = self.nodes.len() as u32;
        if let Some(key) = &probe.key {
            if let Some(&known) = at_key.get(&(key.clone(), probe.ghost)) {
                self.met.push(Met { log, before: before.clone(), location: known });
                return Ok(known);
            }
            at_key.insert((key.clone(), probe.ghost), number);
        }
        let answers = probe.access.map_or(Vec::new(), |access| access.answers(scenario));
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
        let add = |accesses| {
            let mut unfolded = Unfolded { nodes: Vec::new(), met: Vec::new() };
            unfolded.add(&scenario, 1, vec![0; accesses], &Key::new(), &mut HashMap::new())
        };
        assert_eq!(add(MOST_ACCESSES).expect("allowed"), 0);
        let endless = add(MOST_ACCESSES + 1);
        assert!(
            matches!(endless, Err(Error::EndlessActor { accesses, .. }) if accesses == MOST_ACCESSES + 1)
        );
    }
}
