//! One scenario in every way.

use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, Instant};

use seal_model::claim::{Claim, Kind};
use seal_model::scenario::Scenario;

use super::course::{Course, WIDE, Way, courses, is_endless, is_wide};
use super::engines::{Answer, Ask, Ends};
use super::plain::Plain;
use super::replay::{Shown, replay};
use super::summary::{Counts, Difference};
use super::{MOST_LOCATIONS, MOST_STATES, MOST_STATES_WIDE};
use crate::engine::Engine;
use crate::error::Error;
use crate::explore::Refutation;
use crate::explore::system::System;
use crate::verdict::Verdict;

/// Why a scenario is not compared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Skip {
    /// More than [`MOST_STATES`].
    States,
    /// More than [`MOST_LOCATIONS`].
    Locations,
    /// More bits than the explorer has words for.
    StateTooWide,
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Skip::States => {
                write!(f, "more than {MOST_STATES} states, or {MOST_STATES_WIDE} of one in {WIDE}")
            }
            Skip::Locations => write!(f, "an actor with more than {MOST_LOCATIONS} locations"),
            Skip::StateTooWide => f.write_str("a state that is too wide for the explorer"),
        }
    }
}

/// What became of a scenario.
#[derive(Default, Debug)]
pub struct Checked {
    /// Why it was not compared, if it was not.
    pub skipped: Option<Skip>,
    /// For each way what it said, and how long that took.
    pub counts: Vec<(String, Counts, Duration)>,
    /// Refutations that were replayed; the same run of the same claim once.
    pub replayed: usize,
    /// Refutations that only a weak memory has, by loads that got older values.
    pub weaker: usize,
    /// Where the ways differ.
    pub differences: Vec<Difference>,
    /// Time in which it was compiled.
    pub compiling: Duration,
    /// Time in which its states were counted.
    pub counting: Duration,
}

/// Decide the scenario of a number in every way that the number takes.
pub fn check(scenario: &Scenario, number: usize, ask: &dyn Ask) -> Checked {
    let most_states = if is_wide(number) { MOST_STATES_WIDE } else { MOST_STATES };
    check_by(scenario, most_states, &|claims| courses(number, scenario, claims), ask)
}

/// Decide a scenario by these courses, which depend on the claims that concern it.
pub fn check_by(
    scenario: &Scenario,
    most_states: usize,
    courses: &dyn Fn(&[Claim]) -> Vec<Course>,
    ask: &dyn Ask,
) -> Checked {
    let mut comparison =
        Comparison { scenario, most_states, checked: Checked::default(), replayed: Vec::new() };
    match comparison.run(courses, ask) {
        Ok(skipped) => comparison.checked.skipped = skipped,
        Err(error) => comparison.differs(&Course::REFERENCE, None, "a verdict", format!("an error: {error}")),
    }
    comparison.checked
}

struct Comparison<'s> {
    scenario: &'s Scenario,
    most_states: usize,
    checked: Checked,
    /// Runs that were replayed already, and break what they are for.
    replayed: Vec<Refutation>,
}

/// What is known of a scenario when a way is gone.
#[derive(Clone, Copy)]
struct Known<'k> {
    system: &'k System,
    claims: &'k [Claim],
    plain: Option<&'k Plain>,
    reference: &'k Answer,
}

impl Comparison<'_> {
    /// Why it is skipped, if it is.
    fn run(
        &mut self,
        courses: &dyn Fn(&[Claim]) -> Vec<Course>,
        ask: &dyn Ask,
    ) -> Result<Option<Skip>, Error> {
        self.line();
        let started = Instant::now();
        let system = System::within(self.scenario, MOST_LOCATIONS);
        self.checked.compiling = started.elapsed();
        let system = match system {
            Ok(system) => system,
            Err(Error::StateTooWide { .. }) => return Ok(Some(Skip::StateTooWide)),
            Err(Error::TooManyLocations { .. }) => return Ok(Some(Skip::Locations)),
            Err(error) => return Err(error),
        };
        let claims = Claim::concerning(self.scenario);
        // a fault may count until there is no room; the reference stops where counts are wrong
        let started = Instant::now();
        let plain = Plain::of(&system, &claims, self.most_states);
        self.checked.counting = started.elapsed();
        let plain = match plain {
            Ok(None) => return Ok(Some(Skip::States)),
            Ok(plain) => plain,
            Err(_) if self.scenario.fault.is_some() => None,
            Err(error) => return Err(error),
        };
        let started = Instant::now();
        let reference = ask.ask(&system, &Course::REFERENCE, &claims)?;
        self.count(&Course::REFERENCE, &reference, started.elapsed());
        if let Some(plain) = &plain {
            self.plain(plain, &reference);
        }
        self.replays(&system, &Course::REFERENCE, &reference);
        let known = Known { system: &system, claims: &claims, plain: plain.as_ref(), reference: &reference };
        for course in courses(&claims) {
            self.course(&known, &course, ask);
        }
        Ok(None)
    }

    fn differs(
        &mut self,
        course: &Course,
        claim: Option<Claim>,
        expected: impl ToString,
        found: impl ToString,
    ) {
        self.checked.differences.push(Difference {
            scenario: self.scenario.clone(),
            course: *course,
            claim,
            expected: expected.to_string(),
            found: found.to_string(),
        });
    }

    /// The line of the scenario is read as it is written.
    fn line(&mut self) {
        let line = self.scenario.to_string();
        match line.parse::<Scenario>() {
            Ok(read) if read == *self.scenario => {}
            Ok(read) => {
                self.differs(&Course::REFERENCE, None, line, format!("read as another scenario: {read}"))
            }
            Err(error) => self.differs(&Course::REFERENCE, None, line, format!("not read: {error}")),
        }
    }

    /// The reference against the plain search.
    fn plain(&mut self, plain: &Plain, reference: &Answer) {
        if refutes(reference, Claim::CountLaw) {
            // nothing is explored beyond a state whose counts are wrong
            return;
        }
        let course = Course::REFERENCE;
        for (claim, verdict) in &reference.verdicts {
            let broken = plain.broken.iter().find(|(broken, _)| broken == claim).map(|(_, steps)| *steps);
            let found = match verdict {
                Verdict::Refuted(refutation) => Some(refutation.steps.len()),
                _ => None,
            };
            if matches!(claim.kind(), Kind::State | Kind::Step) && broken != found {
                let expected =
                    broken.map_or("not broken".to_owned(), |steps| format!("broken in {steps} steps"));
                self.differs(&course, Some(*claim), format!("{expected} by a plain search"), verdict);
            }
        }
        let found = reference.figures.map(|figures| [figures.states, figures.transitions, figures.depth]);
        let expected = [plain.states, plain.transitions, plain.depth];
        if found != Some(expected) {
            self.differs(&course, None, figures(expected), found.map_or(String::new(), figures));
        }
    }

    fn course(&mut self, known: &Known<'_>, course: &Course, ask: &dyn Ask) {
        let Known { system, claims, plain, reference } = *known;
        let asked = course.claims(claims);
        let started = Instant::now();
        let answer = ask.ask(system, course, &asked);
        let time = started.elapsed();
        let answer = match answer {
            Ok(answer) => answer,
            // beyond a state whose counts are wrong they may count until there is no room
            Err(Error::AnswerOutOfRange { .. } | Error::CellOutOfRange(_))
                if refutes(reference, Claim::CountLaw) =>
            {
                return;
            }
            Err(error) => {
                return self.differs(course, course.alone, "a verdict", format!("an error: {error}"));
            }
        };
        let older = self.replays(system, course, &answer);
        for (claim, verdict) in &answer.verdicts {
            if let Some(expected) = reference.verdict(*claim)
                && !agree(expected, verdict, course)
                && !older.contains(claim)
            {
                self.differs(course, Some(*claim), expected, verdict);
            }
        }
        self.figures(course, reference, &answer);
        if let (Some(plain), Some(ends)) = (plain, &answer.ends) {
            self.ends(course, &plain.ends, ends);
        }
        self.count(course, &answer, time);
    }

    /// Runs end as they may, and where all were run, in each such way. A weak memory may have other ends.
    fn ends(&mut self, course: &Course, allowed: &BTreeSet<String>, ends: &Ends) {
        let forbidden = ends.seen.iter().find(|end| !allowed.contains(*end));
        if let (Some(end), false) = (forbidden, is_weak(course) || is_endless(self.scenario)) {
            self.differs(course, None, "ends that are allowed", format!("the end `{end}`"));
        }
        let missed = allowed.iter().find(|end| !ends.seen.contains(*end));
        if let (Some(end), true) = (missed, ends.all) {
            self.differs(course, None, format!("the end `{end}`"), "all runs, and none with that end");
        }
    }

    /// Figures that must be the same in every way, and those that must not be more.
    fn figures(&mut self, course: &Course, reference: &Answer, answer: &Answer) {
        let (Some(expected), Some(found)) = (reference.figures, answer.figures) else { return };
        // what counts are watched for decides where a search ends
        if refutes(reference, Claim::CountLaw) && course.alone.is_some() {
            return;
        }
        let wanted = [expected.states, expected.transitions, expected.depth];
        let had = [found.states, found.transitions, found.depth];
        let agrees = if leaves_out_states(course) { had[0] <= wanted[0] } else { had == wanted };
        if !agrees {
            self.differs(course, None, figures(wanted), figures(had));
        }
    }

    /// Replay every refutation: the claims that are broken by older values alone.
    fn replays(&mut self, system: &System, course: &Course, answer: &Answer) -> Vec<Claim> {
        let mut older = Vec::new();
        for (claim, verdict) in &answer.verdicts {
            let Verdict::Refuted(refutation) = verdict else { continue };
            if self.replayed.contains(refutation) {
                continue;
            }
            self.checked.replayed += 1;
            match replay(system, refutation, is_weak(course)) {
                Shown::Broken => self.replayed.push(refutation.clone()),
                Shown::ByOlderValues => older.push(*claim),
                Shown::Nothing(why) => self.differs(course, Some(*claim), "a run that breaks the claim", why),
            }
        }
        self.checked.weaker += older.len();
        older
    }

    fn count(&mut self, course: &Course, answer: &Answer, time: Duration) {
        let mut counts = Counts::default();
        answer.verdicts.iter().for_each(|(_, verdict)| counts.add(verdict));
        self.checked.counts.push((course.to_string(), counts, time));
    }
}

fn figures([states, transitions, depth]: [usize; 3]) -> String {
    format!("{states} states, {transitions} transitions, depth {depth}")
}

fn refutes(answer: &Answer, claim: Claim) -> bool {
    matches!(answer.verdict(claim), Some(Verdict::Refuted(_)))
}

fn leaves_out_states(course: &Course) -> bool {
    matches!(course.way, Way::Explicit { reduce, .. } if reduce.leaves_out_states())
}

/// Whether loads may get older values.
fn is_weak(course: &Course) -> bool {
    matches!(course.way, Way::Run { engine: Engine::Loom, .. })
}

/// Whether a run of this way is as short as that of the reference.
fn is_shortest(course: &Course) -> bool {
    match course.way {
        Way::Explicit { reduce, .. } => !reduce.by_partial_order(),
        Way::Resumed | Way::Cluster { .. } => true,
        Way::Run { .. } => false,
    }
}

/// Whether two verdicts can both be true.
fn agree(expected: &Verdict, found: &Verdict, course: &Course) -> bool {
    match (expected, found) {
        (Verdict::Undecided(_), _) | (_, Verdict::Undecided(_)) => true,
        (Verdict::Proved(_), Verdict::Held) => true,
        (Verdict::Proved(one), Verdict::Proved(other)) => one == other,
        (Verdict::Vacuous(one), Verdict::Vacuous(other)) => one == other,
        (Verdict::Refuted(one), Verdict::Refuted(other)) => {
            let steps = |refutation: &Refutation| {
                refutation.alone_from.or(refutation.cycle_from).unwrap_or(refutation.steps.len())
            };
            !is_shortest(course) || steps(one) == steps(other)
        }
        _ => false,
    }
}
