//! A run as one line: `SCENARIO;run=pinner*4,sealer*3,pinner=1,…`.
//!
//! `NAME*N` is N steps of an actor; `NAME=A` is a step that the model leaves open, with its answer; `NAME~A` is a load that
//! a weak memory answered with the older value A. A run may end with `;alone=…`, the steps of the sealer while no other
//! actor moves, or with `;for-ever=…`, the steps that repeat; none of them if no actor moves any more.

use std::fmt;
use std::str::FromStr;

use seal_model::access::Answer;
use seal_model::scenario::Scenario;

use crate::error::Error;

/// A step of an actor, and what is given of its answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Move {
    /// The actor's number in the cast.
    pub actor: usize,
    /// Its answer, as far as memory does not say it.
    pub given: Given,
}

/// What a schedule says about the answer of a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Given {
    /// It follows from memory.
    Nothing,
    /// The answer of a step that the model leaves open.
    Choice(Answer),
    /// The older value that a weak memory answered a load with.
    Older(Answer),
}

/// A scenario and a run of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// What runs.
    pub scenario: Scenario,
    /// In which order.
    pub moves: Vec<Move>,
    /// From this move on only the sealer is let move, to see what it does. Not beside `cycle_from`.
    pub alone_from: Option<usize>,
    /// From this move on they repeat for ever.
    pub cycle_from: Option<usize>,
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (once, then) = self.parts();
        write!(f, "{};run={}", self.scenario, self.in_short(once))?;
        if self.alone_from.is_some() {
            write!(f, ";alone={}", self.in_short(then))?;
        }
        if self.cycle_from.is_some() {
            write!(f, ";for-ever={}", self.in_short(then))?;
        }
        Ok(())
    }
}

impl Schedule {
    /// A run that simply ends.
    pub fn of(scenario: Scenario, moves: Vec<Move>) -> Self {
        Schedule { scenario, moves, alone_from: None, cycle_from: None }
    }

    /// The moves before the sealer is alone, or a cycle begins; and those from there on.
    pub(crate) fn parts(&self) -> (&[Move], &[Move]) {
        self.moves.split_at(self.alone_from.or(self.cycle_from).unwrap_or(self.moves.len()))
    }

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
            let same = rest.iter().take_while(|step| **step == first && first.given == Given::Nothing);
            let same = same.count();
            let name = self.scenario.actor_name(first.actor);
            parts.push(match (first.given, same) {
                (Given::Choice(answer), _) => format!("{name}={answer}"),
                (Given::Older(answer), _) => format!("{name}~{answer}"),
                (Given::Nothing, 1) => name,
                (Given::Nothing, _) => format!("{name}*{same}"),
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
        let mut parts = run.split(';');
        let once = parts.next().unwrap_or_default();
        let (mut alone, mut repeated) = (None, None);
        for part in parts {
            match part.split_once('=') {
                Some(("alone", steps)) if alone.is_none() => alone = Some(steps),
                Some(("for-ever", steps)) if repeated.is_none() => repeated = Some(steps),
                _ => return Err(misplaced(part)),
            }
        }
        if alone.is_some() && repeated.is_some() {
            return Err(Error::Schedule(
                "a run ends with `;alone=` or with `;for-ever=`, not with both".into(),
            ));
        }
        let then = alone.or(repeated);
        let mut moves = Vec::new();
        // what follows may do so from the beginning on
        if !once.is_empty() || then.is_none() {
            add_moves(&mut moves, &scenario, once)?;
        }
        let from = moves.len();
        if let Some(then) = then.filter(|then| !then.is_empty()) {
            add_moves(&mut moves, &scenario, then)?;
        }
        let (alone_from, cycle_from) = (alone.map(|_| from), repeated.map(|_| from));
        Ok(Schedule { scenario, moves, alone_from, cycle_from })
    }
}

/// A part behind `;run=` that can't be there.
fn misplaced(part: &str) -> Error {
    let key = part.split('=').next().unwrap_or_default();
    Error::Schedule(match key {
        "run" | "alone" | "for-ever" => format!("a run has one `;{key}=`, and this one names it twice"),
        _ => format!(
            "`{part}` stands behind `;run=`: the scenario ends there, and only `;alone=` or `;for-ever=` follows"
        ),
    })
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
    if part.is_empty() {
        return Err(Error::Schedule("it has no step where one should be: give ACTOR, or ACTOR*N".into()));
    }
    let actor = |name: &str| {
        let found = (0..scenario.cast().len()).find(|&actor| scenario.actor_name(actor) == name);
        found.ok_or_else(|| Error::Schedule(format!("`{name}` is not in the cast")))
    };
    for (sign, given) in [('=', Given::Choice as fn(Answer) -> Given), ('~', Given::Older)] {
        if let Some((name, answer)) = part.split_once(sign) {
            let given = given(answer.parse().map_err(|_| damaged())?);
            return Ok((Move { actor: actor(name)?, given }, 1));
        }
    }
    let (name, count) = part.split_once('*').unwrap_or((part, "1"));
    let count = count.parse().ok().filter(|&count| count > 0).ok_or_else(damaged)?;
    Ok((Move { actor: actor(name)?, given: Given::Nothing }, count))
}
