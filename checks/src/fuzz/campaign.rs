//! What a campaign has seen: its corpus, its log, and for each scenario how many of the states there are.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use seal_model::scenario::Scenario;
use serde::Serialize;

use crate::chance::mix;
use crate::error::Error;
use crate::explore::system::{MOST_WORDS, State, System};
use crate::explore::{Job, explore_system};
use crate::walk::case::{Case, Field};
use crate::walk::walk;

/// Members beside the sealer, and pages, of a scenario whose states are counted: the automata of a larger one take long.
const SMALL: (usize, u8) = (3, 1);

/// Inputs of a campaign.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// Bytes choose a scenario from this field; or they are schedules of one.
    pub of: Of,
    /// Each input's bytes.
    pub bytes: Vec<Vec<u8>>,
}

/// What inputs stand for.
#[derive(Clone, Debug)]
pub enum Of {
    /// Scenario and schedule.
    Field(Field),
    /// A schedule of this scenario.
    Scenario(Box<Scenario>),
}

impl Inputs {
    /// Every file of some directories.
    ///
    /// # Errors
    /// A directory or a file that can't be read.
    pub fn read(of: Of, directories: &[PathBuf]) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        for directory in directories {
            let files = fs::read_dir(directory).map_err(|cause| file(directory, cause))?;
            for entry in files {
                let path = entry.map_err(|cause| file(directory, cause))?.path();
                if path.is_file() {
                    bytes.push(fs::read(&path).map_err(|cause| file(&path, cause))?);
                }
            }
        }
        // the order of a directory is anybody's
        bytes.sort();
        Ok(Inputs { of, bytes })
    }

    /// So many schedules of a scenario at random, each of `length` bytes.
    pub fn random(scenario: Scenario, number: usize, length: usize, seed: u64) -> Self {
        let byte = |case: usize, place: usize| mix(mix(seed ^ mix(case as u64)) ^ place as u64) as u8;
        let bytes = (0..number).map(|case| (0..length).map(|place| byte(case, place)).collect());
        Inputs { of: Of::Scenario(Box::new(scenario)), bytes: bytes.collect() }
    }

    fn case<'a>(&self, bytes: &'a [u8]) -> Case<'a> {
        match &self.of {
            Of::Field(field) => Case::decode(bytes, *field),
            Of::Scenario(scenario) => Case { scenario: (**scenario).clone(), schedule: bytes },
        }
    }
}

fn file(path: &Path, cause: std::io::Error) -> Error {
    Error::File { path: path.display().to_string(), cause }
}

/// What was seen of one scenario.
#[derive(Clone, Debug, Serialize)]
pub struct Covered {
    /// Which.
    pub scenario: String,
    /// Inputs that chose it.
    pub inputs: usize,
    /// Distinct states on their walks.
    pub seen: usize,
    /// Distinct states that there are, if exploration came to an end.
    pub states: Option<usize>,
    /// Why it did not.
    pub why_not: Option<String>,
}

/// What a log of libFuzzer says.
#[derive(Clone, Copy, Default, PartialEq, Debug, Serialize)]
pub struct Logged {
    /// Cases that were run.
    pub executions: u64,
    /// Seconds that it took.
    pub seconds: u64,
    /// Whether it ended with a finding.
    pub crashed: bool,
}

/// A campaign.
#[derive(Clone, Debug, Serialize)]
pub struct Campaign {
    /// Inputs of its corpus.
    pub inputs: usize,
    /// Their bytes.
    pub bytes: usize,
    /// Scenarios that they choose.
    pub scenarios: usize,
    /// Those of them whose states are not counted: more than three beside the sealer, or more than one page.
    pub too_large: usize,
    /// Steps of their walks.
    pub steps: usize,
    /// Of the others those that most inputs choose.
    pub covered: Vec<Covered>,
    /// What its logs say.
    pub logged: Vec<Logged>,
}

/// Look at the inputs of a campaign; of the scenarios that most of them choose, so many are counted.
///
/// # Errors
/// A bound of the model that a walk has left; no memory within `max_memory` bytes.
pub fn look_at(inputs: &Inputs, most: usize, max_memory: usize) -> Result<Campaign, Error> {
    let mut by_scenario: HashMap<Scenario, Vec<&[u8]>> = HashMap::new();
    for bytes in &inputs.bytes {
        let Case { scenario, schedule } = inputs.case(bytes);
        by_scenario.entry(scenario).or_default().push(schedule);
    }
    let mut campaign = Campaign {
        inputs: inputs.bytes.len(),
        bytes: inputs.bytes.iter().map(Vec::len).sum(),
        scenarios: by_scenario.len(),
        too_large: 0,
        steps: 0,
        covered: Vec::new(),
        logged: Vec::new(),
    };
    let mut by_scenario: Vec<_> = by_scenario.into_iter().collect();
    by_scenario.sort_by_cached_key(|(scenario, walks)| (usize::MAX - walks.len(), scenario.to_string()));
    for (scenario, schedules) in &by_scenario {
        let small = scenario.cast().len() <= SMALL.0 + 1 && scenario.pages <= SMALL.1;
        campaign.too_large += !small as usize;
        let counted = small && campaign.covered.len() < most;
        campaign.steps += covered(scenario, schedules, counted.then_some(max_memory), &mut campaign.covered)?;
    }
    Ok(campaign)
}

/// Walk the schedules of a scenario, and count what they see if that is asked: how many steps they take.
fn covered(
    scenario: &Scenario,
    schedules: &[&[u8]],
    counted: Option<usize>,
    into: &mut Vec<Covered>,
) -> Result<usize, Error> {
    let system = if counted.is_some() { Some(System::new(scenario)?) } else { None };
    let (mut steps, mut seen) = (0, HashSet::new());
    for schedule in schedules {
        let taken = walk(scenario, &[], schedule, |_| ())?.taken;
        steps += taken.len();
        let Some(system) = &system else { continue };
        let mut state: State<MOST_WORDS> = system.initial()?;
        seen.insert(state);
        for step in taken {
            state = system.after(&state, step)?.ok_or(Error::StateLost)?;
            seen.insert(state);
        }
    }
    let (Some(max_memory), Some(system)) = (counted, system) else { return Ok(steps) };
    let job = Job { claims: &[], max_memory, coverage: false, progress: None };
    let explored = explore_system(&system, &job)?;
    let states = if explored.stopped.is_none() { Some(explored.figures.states) } else { None };
    let why_not = explored.stopped.map(|limit| limit.to_string());
    let (scenario, inputs, seen) = (scenario.to_string(), schedules.len(), seen.len());
    into.push(Covered { scenario, inputs, seen, states, why_not });
    Ok(steps)
}

/// Read a log of libFuzzer, of one process or of many that it forked.
///
/// # Errors
/// A file that can't be read, or in which no process has ended.
pub fn read_log(path: &Path) -> Result<Logged, Error> {
    let text = fs::read(path).map_err(|cause| file(path, cause))?;
    let text = String::from_utf8_lossy(&text);
    let logged = logged(&text);
    logged.ok_or_else(|| {
        let cause = std::io::Error::other(
            "it has no line `Done … runs in … second(s)` nor a finding: is it libFuzzer's log?",
        );
        file(path, cause)
    })
}

fn logged(text: &str) -> Option<Logged> {
    let mut numbers: BTreeMap<&str, u64> = BTreeMap::new();
    for line in text.lines() {
        if let Some(("Done", rest)) = line.split_once(' ') {
            let words: Vec<&str> = rest.split(' ').collect();
            if let [runs, _, _, seconds, ..] = words[..] {
                *numbers.entry("runs").or_default() += runs.parse::<u64>().ok()?;
                *numbers.entry("seconds").or_default() += seconds.parse::<u64>().ok()?;
            }
        }
    }
    let crashed = text.contains("ERROR: libFuzzer:");
    // a process that found something says how many units it has run
    let units = || {
        let unit =
            |line: &str| line.strip_prefix("stat::number_of_executed_units:")?.trim().parse::<u64>().ok();
        text.lines().filter_map(unit).sum()
    };
    let runs = numbers.get("runs").copied();
    (runs.is_some() || crashed).then(|| Logged {
        executions: runs.unwrap_or_else(units),
        seconds: numbers.get("seconds").copied().unwrap_or(0),
        crashed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_says_how_many_cases_ran_for_how_long() {
        let text = "#1024\tpulse  cov: 3\nDone 4096 runs in 11 second(s)\n";
        assert_eq!(logged(text), Some(Logged { executions: 4096, seconds: 11, crashed: false }));
        let crashed = "==1== ERROR: libFuzzer: deadly signal\nstat::number_of_executed_units: 77\n";
        assert_eq!(logged(crashed), Some(Logged { executions: 77, seconds: 0, crashed: true }));
        assert_eq!(logged("nothing of the kind\n"), None);
    }
}
