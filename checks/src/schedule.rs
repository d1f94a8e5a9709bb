//! A run as one line: `SCENARIO;run=pinner*4,sealer*3,pinner=1,…`.
//!
//! `NAME*N` is N steps of an actor; `NAME=A` is a step that the model leaves open, with its answer, or a load
//! that a weak memory answered with the older value A. A run without end goes on with `;for-ever=…`: the steps that repeat, or nothing if nobody moves any more.

use std::fmt;
use std::str::FromStr;

use seal_model::access::Answer;
use seal_model::scenario::Scenario;

use crate::error::Error;

/// Who moves, and what is chosen where the model leaves it open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Move {
    /// The actor's number in the cast.
    pub actor: usize,
    /// The answer, where there is a choice; of a load in a weak memory, the older value that it got.
    pub chosen: Option<Answer>,
}

/// A scenario and a run of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// What runs.
    pub scenario: Scenario,
    /// In which order.
    pub moves: Vec<Move>,
    /// From this move on they repeat for ever.
    pub cycle_from: Option<usize>,
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (once, repeated) = self.moves.split_at(self.cycle_from.unwrap_or(self.moves.len()));
        write!(f, "{};run={}", self.scenario, self.in_short(once))?;
        if self.cycle_from.is_some() {
            write!(f, ";for-ever={}", self.in_short(repeated))?;
        }
        Ok(())
    }
}

impl Schedule {
    /// The schedules of a file: one a line, `#` begins a comment.
    ///
    /// # Errors
    /// A line that is none; a file without one.
    pub fn all_in(text: &str) -> Result<Vec<Self>, Error> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let schedules: Vec<Self> = lines.map(str::parse).collect::<Result<_, _>>()?;
        if schedules.is_empty() { Err(Error::Schedule("it holds none".into())) } else { Ok(schedules) }
    }

    fn in_short(&self, moves: &[Move]) -> String {
        let mut parts: Vec<String> = Vec::new();
        let mut rest = moves;
        while let Some(&first) = rest.first() {
            let same = rest.iter().take_while(|step| **step == first && first.chosen.is_none()).count();
            let name = self.scenario.actor_name(first.actor);
            parts.push(match (first.chosen, same) {
                (Some(answer), _) => format!("{name}={answer}"),
                (None, 1) => name,
                (None, _) => format!("{name}*{same}"),
            });
            rest = &rest[same.max(1)..];
        }
        parts.join(",")
    }
}

impl FromStr for Schedule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (scenario, run) =
            text.trim().split_once(";run=").ok_or_else(|| Error::Schedule("it has no `;run=`".into()))?;
        let scenario: Scenario = scenario.parse()?;
        let (once, repeated) = match run.split_once(";for-ever=") {
            Some((once, repeated)) => (once, Some(repeated)),
            None => (run, None),
        };
        let mut moves = Vec::new();
        // what repeats may do so from the beginning on
        if !once.is_empty() || repeated.is_none() {
            add_moves(&mut moves, &scenario, once)?;
        }
        let cycle_from = repeated.map(|_| moves.len());
        if let Some(repeated) = repeated.filter(|repeated| !repeated.is_empty()) {
            add_moves(&mut moves, &scenario, repeated)?;
        }
        Ok(Schedule { scenario, moves, cycle_from })
    }
}

/// Longest run that a schedule may hold: no shortest counterexample comes near it.
const MOST_MOVES: usize = 100_000;

/// Add what stands between commas.
fn add_moves(moves: &mut Vec<Move>, scenario: &Scenario, text: &str) -> Result<(), Error> {
    for part in text.split(',') {
        let (step, count) = moves_of(scenario, part)?;
        if count > MOST_MOVES - moves.len() {
            return Err(Error::Schedule(format!("`{part}` is no step: a run has at most {MOST_MOVES}")));
        }
        moves.resize(moves.len() + count, step);
    }
    Ok(())
}

/// A move, and how often it is made.
fn moves_of(scenario: &Scenario, part: &str) -> Result<(Move, usize), Error> {
    let damaged = || Error::Schedule(format!("`{part}` is no step"));
    let actor = |name: &str| {
        let found = (0..scenario.cast().len()).find(|&actor| scenario.actor_name(actor) == name);
        found.ok_or_else(|| Error::Schedule(format!("`{name}` is not in the cast")))
    };
    if let Some((name, answer)) = part.split_once('=') {
        let chosen = Some(answer.parse().map_err(|_| damaged())?);
        return Ok((Move { actor: actor(name)?, chosen }, 1));
    }
    let (name, count) = part.split_once('*').unwrap_or((part, "1"));
    let count = count.parse().ok().filter(|&count| count > 0).ok_or_else(damaged)?;
    Ok((Move { actor: actor(name)?, chosen: None }, count))
}
