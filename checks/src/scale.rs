//! What a scenario will cost before it is run: its cast grows one member at a time, and what is not explored is
//! projected from what is.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use seal_model::scenario::Scenario;
use serde::Serialize;

use crate::error::Error;
use crate::explore::system::{MOST_WORDS, System};
use crate::explore::{Job, Means, Progress, explore_system_with};
use crate::interrupt;

/// A projection may be wrong by so much, up or down, beyond what pairs of members say of it. The last of the tests below
/// compares projections of the review's casts with what they come to.
pub const SPREAD: f64 = 1.4;

/// What a part costs.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
#[serde(tag = "known", rename_all = "lowercase")]
pub enum Cost {
    /// It was explored to its end.
    Explored {
        /// Distinct states.
        states: usize,
        /// Bytes that they took.
        bytes: usize,
        /// Time it took.
        #[serde(skip)]
        elapsed: Duration,
    },
    /// It was not: about so many states, and the range in which they are likely to be.
    Projected {
        /// The lower end.
        least: f64,
        /// The projection.
        likely: f64,
        /// The upper end.
        most: f64,
    },
}

/// A scenario with the first members of its cast.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// The last of its members.
    pub added: String,
    /// The part.
    #[serde(serialize_with = "as_line")]
    pub scenario: Scenario,
    /// Bytes that a state takes at most, in table and trail.
    pub bytes_of_a_state: usize,
    /// What it costs.
    pub cost: Cost,
}

fn as_line<S: serde::Serializer>(scenario: &Scenario, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(scenario)
}

impl Part {
    /// States, as far as they are known.
    pub fn states(&self) -> f64 {
        self.cost.range()[1]
    }

    #[cfg(test)]
    fn is_explored(&self) -> bool {
        matches!(self.cost, Cost::Explored { .. })
    }
}

impl Cost {
    /// Least, likely, and most states.
    pub fn range(&self) -> [f64; 3] {
        match *self {
            Cost::Explored { states, .. } => [states as f64; 3],
            Cost::Projected { least, likely, most } => [least, likely, most],
        }
    }
}

/// Explore parts of a scenario, as long as the next is likely to have at most `most_states` states and fits into
/// `max_memory` bytes, and project the others: what its cast comes to, member by member.
///
/// # Errors
/// As [`System::new`]; memory that ends, or a signal that comes, before anything is known; a member that can't be without
/// one behind it. A signal that comes later leaves out the parts behind it.
pub fn scale(
    scenario: &Scenario,
    most_states: usize,
    means: &Means,
    max_memory: usize,
) -> Result<Vec<Part>, Error> {
    let mut scale = Scale { scenario, most_states, means, max_memory, until: None, known: BTreeMap::new() };
    let mut parts = Vec::new();
    for members in 1..=scenario.cast().len() {
        let all: Vec<usize> = (0..members).collect();
        let (part, system) = (scale.with(&all)?, System::new(&scale.with(&all)?)?);
        let cost = match scale.cost(&all) {
            Err(Error::Interrupted(_)) if !parts.is_empty() => break,
            cost => cost?.ok_or_else(|| scale.no_memory())?,
        };
        let added = scenario.cast()[members - 1].to_string();
        let bytes_of_a_state = bytes_of_a_state(system.layout.words_kept());
        parts.push(Part { added, scenario: part, bytes_of_a_state, cost });
    }
    Ok(parts)
}

/// Parts that an estimate begins with, and how much larger they are the next time.
const FIRST_PARTS: usize = 20_000;
const LARGER: usize = 4;

/// What all of a scenario costs, found out in about so much `time`: from small parts first, then from larger ones of up to
/// `most_states` states, which say more. Nothing if the time does not suffice for the small ones, or if they say nothing.
///
/// # Errors
/// As [`System::new`].
pub fn estimate(scenario: &Scenario, most_states: usize, time: Duration) -> Result<Option<Part>, Error> {
    let started = Instant::now();
    let (means, until, known) = (Means::default(), Some(started + time), BTreeMap::new());
    let mut scale = Scale { scenario, most_states: FIRST_PARTS, means: &means, max_memory: 0, until, known };
    let all: Vec<usize> = (0..scenario.cast().len()).collect();
    let mut found = None;
    loop {
        let round = Instant::now();
        // room for so many states of the widest kind: what takes more is projected
        scale.max_memory = scale.most_states * bytes_of_a_state(MOST_WORDS);
        let cost = scale.cost(&all)?;
        if scale.is_late() {
            break;
        }
        found = cost.or(found);
        let next = round.elapsed().saturating_mul(LARGER as u32);
        let is_exact = matches!(found, Some(Cost::Explored { .. }));
        if is_exact || scale.most_states >= most_states || started.elapsed() + next > time {
            break;
        }
        scale.most_states = most_states.min(LARGER * scale.most_states);
        scale.known.retain(|_, cost| matches!(cost, Some(Cost::Explored { .. })));
    }
    let Some(cost) = found else { return Ok(None) };
    let (added, scenario) = (scenario.cast()[all.len() - 1].to_string(), scenario.clone());
    let bytes_of_a_state = bytes_of_a_state(System::new(&scenario)?.layout.words_kept());
    Ok(Some(Part { added, scenario, bytes_of_a_state, cost }))
}

/// What parts of a scenario cost, each found out once.
struct Scale<'a> {
    scenario: &'a Scenario,
    most_states: usize,
    means: &'a Means,
    max_memory: usize,
    /// No part is explored after this.
    until: Option<Instant>,
    /// By their lines: parts with members that are alike are one.
    known: BTreeMap<String, Option<Cost>>,
}

impl Scale<'_> {
    /// The scenario with these members of its cast only.
    fn with(&self, members: &[usize]) -> Result<Scenario, Error> {
        let others = (1..self.scenario.cast().len()).rev().filter(|member| !members.contains(member));
        Ok(others.fold(self.scenario.clone(), Scenario::without).validate()?)
    }

    /// None of a part that can't be, or that can't be explored and not be projected either.
    fn cost(&mut self, members: &[usize]) -> Result<Option<Cost>, Error> {
        let Ok(part) = self.with(members) else { return Ok(None) };
        let line = part.to_string();
        if let Some(known) = self.known.get(&line) {
            return Ok(*known);
        }
        let projected = self.project(members)?;
        let too_many = projected.is_some_and(|cost| cost.range()[1] > self.most_states as f64);
        // one pair says too little, and parts of two are small
        let needs_exploring = members.len() <= 3;
        let explored = match too_many && !needs_exploring || self.is_late() {
            true => None,
            false => self.explored(&System::new(&part)?)?,
        };
        // an estimate looks at small parts first, and waits for larger ones before it believes one pair
        let believed = projected.filter(|_| !needs_exploring || self.until.is_none());
        let cost = explored.or(believed);
        self.known.insert(line, cost);
        Ok(cost)
    }

    fn is_late(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() > until)
    }

    /// None if memory ends before its states do.
    fn explored(&self, system: &System) -> Result<Option<Cost>, Error> {
        let job = Job { claims: &[], max_memory: self.max_memory, coverage: false, progress: None };
        let found = explore_system_with(system, &job, self.means)?;
        interrupt::check()?;
        let Progress { states, bytes, elapsed, .. } = found.figures;
        Ok(found.stopped.is_none().then_some(Cost::Explored { states, bytes, elapsed }))
    }

    /// Two members multiply the states of the others as each does without the other: that is wrong by as much as they
    /// get in each other's way, and every pair of members says it anew.
    fn project(&mut self, members: &[usize]) -> Result<Option<Cost>, Error> {
        let mut said = Vec::new();
        for (at, &one) in members.iter().enumerate().skip(1) {
            for &other in &members[at + 1..] {
                let without = |left_out: &[usize]| -> Vec<usize> {
                    members.iter().copied().filter(|member| !left_out.contains(member)).collect()
                };
                let parts = [without(&[one]), without(&[other]), without(&[one, other])];
                let [first, second, both] = parts.map(|part| self.cost(&part));
                if let (Some(first), Some(second), Some(both)) = (first?, second?, both?) {
                    let product = |at: usize| first.range()[at] * second.range()[at] / both.range()[1];
                    said.push([product(0), product(1), product(2)]);
                }
            }
        }
        if said.is_empty() {
            return Ok(None);
        }
        let mean = said.iter().map(|range| range[1].ln()).sum::<f64>() / said.len() as f64;
        Ok(Some(Cost::Projected {
            least: said.iter().map(|range| range[0]).fold(f64::INFINITY, f64::min) / SPREAD,
            likely: mean.exp(),
            most: said.iter().map(|range| range[2]).fold(0.0, f64::max) * SPREAD,
        }))
    }

    fn no_memory(&self) -> Error {
        let limit = self.max_memory >> 20;
        Error::OutOfMemory { used: limit, limit, states: 0 }
    }
}

/// A table grows by a fifth when 29 of 32 slots are taken, so this is what it takes at its emptiest, and a byte of the
/// trail.
fn bytes_of_a_state(words: usize) -> usize {
    (words.max(1) * size_of::<u64>() * 32 * 6).div_ceil(29 * 5) + 1
}

#[cfg(test)]
mod tests {
    use seal_model::scenario::Strategy;

    use super::*;
    use crate::review::casts::{FULL, QUICK, WITH_RECLAIM_FULL};
    use crate::review::manifest::{CHECKED_IN, Manifest};

    /// Scenarios of the review that have at least three members beside the sealer and are soon explored.
    fn known() -> Vec<(Scenario, usize)> {
        let manifest = Manifest::parse(CHECKED_IN).expect("a readable manifest");
        let casts = QUICK.iter().chain(&FULL).chain(&WITH_RECLAIM_FULL);
        let scenarios = casts.flat_map(|cast| {
            Strategy::ALL.map(|strategy| {
                let line = format!("{};judge={};{cast}", strategy.name(), strategy.default_judge().name());
                line.parse::<Scenario>().expect("a scenario of the review")
            })
        });
        let known = scenarios.filter_map(|scenario| Some((scenario.clone(), manifest.states(&scenario)?)));
        known.filter(|(scenario, states)| scenario.cast().len() > 3 && *states < 400_000).collect()
    }

    fn parts(scenario: &Scenario, most_states: usize) -> Vec<Part> {
        scale(scenario, most_states, &Means::default(), 2 << 30).expect("every part is possible")
    }

    #[test]
    fn what_is_explored_is_what_there_is() {
        let (scenario, states) = known().swap_remove(0);
        let all = parts(&scenario, usize::MAX);
        assert_eq!(all.len(), scenario.cast().len());
        assert!(all.iter().all(Part::is_explored));
        assert_eq!(
            all.last().map(|part| (part.states(), part.scenario.clone())),
            Some((states as f64, scenario))
        );
    }

    #[test]
    fn what_is_not_explored_is_projected() {
        let scenario: Scenario =
            "wait;with=pinner;with=mapper;with=mapper;with=mapper".parse().expect("possible");
        let some = parts(&scenario, 100_000);
        let explored: Vec<bool> = some.iter().map(Part::is_explored).collect();
        assert_eq!(explored, [true, true, true, false, false]);
        let [.., before, last] = &some[..] else { panic!("five parts") };
        assert!(before.cost.range()[0] < 359_400.0 && before.cost.range()[2] > 359_400.0, "{before:?}");
        // what is projected from a projection is less sure
        let spread = |part: &Part| part.cost.range()[2] / part.cost.range()[0];
        assert!(spread(last) > spread(before) && spread(before) > 1.0);
    }

    #[test]
    fn memory_that_ends_is_projected_too() {
        let scenario: Scenario = "wait;with=pinner;with=mapper;with=mapper".parse().expect("possible");
        let some = scale(&scenario, usize::MAX, &Means::default(), 3 << 20).expect("the first parts fit");
        assert!(some[1].is_explored() && !some[3].is_explored(), "{some:?}");
    }

    const LONG: Duration = Duration::from_secs(100_000);

    #[test]
    fn an_estimate_takes_its_time_and_no_more() {
        let scenario: Scenario =
            "wait;with=pinner;with=mapper;with=mapper;with=reader".parse().expect("possible");
        let known = parts(&scenario, usize::MAX).last().map(Part::states).expect("explored");
        let estimated = |most_states, time| estimate(&scenario, most_states, time).expect("possible");
        let part = estimated(500_000, LONG).expect("there is time");
        let [least, likely, most] = part.cost.range();
        assert!(least < known && known < most && likely < most, "{part:?}, not {known}");
        let [_, _, less_sure] = estimated(20_000, LONG).expect("there is time").cost.range();
        assert!(less_sure > most, "larger parts say no more: {less_sure} and {most}");
        assert!(estimated(80_000, Duration::ZERO).is_none());
        let exact = estimated(10_000_000, LONG).expect("there is time");
        assert_eq!(exact.cost.range(), [known; 3]);
    }

    /// How many casts come to what is projected, where parts of at most so many states are explored.
    fn held(most_states: usize, least_members: usize) -> (usize, usize) {
        let (mut held, mut all) = (0, 0);
        let known = known().into_iter().filter(|(scenario, _)| scenario.cast().len() >= least_members);
        for (scenario, states) in known {
            let (means, max_memory, until, known) = (Means::default(), 2 << 30, None, BTreeMap::new());
            let mut scale =
                Scale { scenario: &scenario, most_states, means: &means, max_memory, until, known };
            let members: Vec<usize> = (0..scenario.cast().len()).collect();
            let Some(projected) = scale.project(&members).expect("parts are explored") else { continue };
            let [least, likely, most] = projected.range().map(|projected| projected / states as f64);
            all += 1;
            held += usize::from(least <= 1.0 && most >= 1.0);
            println!("{least:6.2} {likely:6.2} {most:6.2} {scenario}");
        }
        println!("{held} of {all}");
        (held, all)
    }

    #[test]
    fn nine_of_ten_casts_of_the_review_come_to_what_is_projected() {
        let (held, all) = held(usize::MAX, 4);
        assert!(all >= 100 && held * 10 >= all * 9, "{held} of {all}");
    }

    #[test]
    fn so_do_those_that_are_projected_from_projections() {
        let (held, all) = held(0, 5);
        assert!(all >= 20 && held * 10 >= all * 9, "{held} of {all}");
    }
}
