//! Files that a run goes on from: checkpoints, and the levels of a cluster. Any bytes are tried, and real files that were
//! damaged. A checksum tells all damage, so each is tried again with a checksum that fits, lest nothing behind it is
//! ever reached. Then no file tells all that was changed; but it is refused, or the run goes on among the states that
//! there are, and every trace that it shows is one.

use std::sync::LazyLock;

use seal_model::claim::{Claim, Kind};
use seal_model::scenario::Scenario;

use super::input::refused;
use crate::cluster::{self, Task};
use crate::error::Error;
use crate::explore::reduce::Reduce;
use crate::explore::system::{MOST_WORDS, State, System};
use crate::explore::{Exploration, Job, Means, Refutation, checkpoint, explore_system_with, kept};
use crate::whole::mended;

/// Small ones, of one word and of two, with refuted claims of states, of steps and of what the sealer does alone; the
/// last three each with another reduction.
const SCENARIOS: [(&str, Reduce); 5] = [
    ("isolate-2014;with=pinner", Reduce::Nothing),
    ("wait;last-scan=0;no-signals;fault=skip-deny;with=mapper", Reduce::Nothing),
    ("wait-2014;last-scan=0;no-signals;with=reader;with=reader", Reduce::Symmetry),
    ("isolate;pages=2;with=mapper", Reduce::SleepSets),
    ("wait-2014;last-scan=0;with=pinner;with=mapper", Reduce::All),
];

/// Bytes for states: many times what they take.
const MOST_BYTES: usize = 16 << 20;

/// Rounds of a search, without those that end with their level: many, so that most are inside one.
const ROUNDS: usize = 100;

/// Changes of one file.
const MOST_CHANGES: usize = 8;

/// A search, what it comes to, and what is kept of it.
struct Search {
    task: Task,
    claims: Vec<Claim>,
    means: Means,
    whole: Exploration,
    /// What it writes after each of its rounds: inside levels, and between them.
    checkpoints: Vec<Vec<u8>>,
    /// Each of its levels, as a worker keeps it.
    levels: Vec<Vec<u8>>,
    /// The states and transitions that these lead to.
    all: (usize, usize),
}

static SEARCHES: LazyLock<Vec<Result<Search, String>>> = LazyLock::new(|| {
    let search = |&(line, reduce): &_| Search::new(line, reduce).map_err(|error| error.to_string());
    SCENARIOS.iter().map(search).collect()
});

/// The search that a byte chooses.
fn search(choice: u8) -> Result<&'static Search, String> {
    SEARCHES[choice as usize % SCENARIOS.len()].as_ref().map_err(Clone::clone)
}

impl Search {
    fn new(line: &str, reduce: Reduce) -> Result<Self, Error> {
        let scenario: Scenario = line.parse()?;
        let means = Means { reduce, ..Means::default() };
        // progress is decided by another search than the one that is reduced
        let is_asked = |claim: &Claim| !(reduce.leaves_out_states() && claim.kind() == Kind::Progress);
        let claims: Vec<Claim> = Claim::concerning(&scenario).into_iter().filter(is_asked).collect();
        let task = cluster::kept::task(System::new(&scenario)?, &claims, MOST_BYTES);
        let job = job(&claims);
        let whole = explore_system_with(&task.system, &job, &means)?;
        let round = whole.figures.states.div_ceil(ROUNDS);
        let checkpoints = kept::written(&task.system, &job, &means, None, round)?;
        let levels = cluster::kept::written(&task)?;
        let all = cluster::kept::gone_on(&task, &[&levels[0]])?;
        Ok(Search { task, claims, means, whole, checkpoints, levels, all })
    }

    /// A file as it is, and with a checksum that fits.
    fn try_checkpoint(&self, file: Vec<u8>) -> Result<(), String> {
        let is_real = |file: &Vec<u8>| self.checkpoints.contains(file);
        self.checkpoint(&file, !is_real(&file), false)?;
        let mended = mended(checkpoint::MAGIC, file);
        mended.map_or(Ok(()), |file| self.checkpoint(&file, !is_real(&file), true))
    }

    /// A file of a level among those up to the last one.
    fn try_level(&self, level: usize, last: u8, file: Vec<u8>) -> Result<(), String> {
        let last = level + last as usize % (self.levels.len() - level);
        let run = |file: &[u8], fits: bool| {
            let mut levels: Vec<&[u8]> = self.levels[..=last].iter().map(Vec::as_slice).collect();
            levels[level] = file;
            self.levels(&levels, self.levels[level] != file, fits)
        };
        run(&file, false)?;
        mended(cluster::kept::MAGIC, file).map_or(Ok(()), |file| run(&file, true))
    }

    /// Go on from a checkpoint that was `changed` and may have a checksum that fits all the same.
    fn checkpoint(&self, bytes: &[u8], changed: bool, fits: bool) -> Result<(), String> {
        let found = kept::gone_on(&self.task.system, &job(&self.claims), &self.means, bytes);
        match found {
            Err(error @ Error::Checkpoint(_)) if changed => refused(Some(error)),
            Err(error) => Err(format!("it is not refused as damaged: {error}")),
            Ok(_) if changed && !fits => Err("a search goes on from damage".into()),
            Ok(found) if !changed && essence(&found) != essence(&self.whole) => {
                Err(format!("going on comes to {:?}, not {:?}", essence(&found), essence(&self.whole)))
            }
            Ok(found) => self.is_possible(&found),
        }
    }

    /// Whatever a file said, what is found are states and runs that there are.
    fn is_possible(&self, found: &Exploration) -> Result<(), String> {
        let (states, most) = (found.figures.states, self.whole.figures.states);
        if states > most {
            return Err(format!("{states} states are found, of {most}"));
        }
        found.refuted.iter().try_for_each(|refutation| self.is_shown(refutation))
    }

    fn is_shown(&self, refutation: &Refutation) -> Result<(), String> {
        let Refutation { claim, steps, alone_from, .. } = refutation;
        let system = &self.task.system;
        let shown = |at: usize| -> Result<bool, Error> {
            let (before, then) = steps.split_at(at);
            let mut state: State<MOST_WORDS> = system.initial()?;
            for step in before {
                state = system.after(&state, *step)?.ok_or(Error::StateLost)?;
            }
            system.refutes(&state, *claim, then)
        };
        // the state itself, or the step before the end
        let ends = [alone_from.unwrap_or(steps.len()), steps.len().saturating_sub(1)];
        let ends = ends.map(|at| shown(at).map_err(|error| error.to_string()));
        match ends {
            [Ok(true), _] | [_, Ok(true)] => Ok(()),
            others => Err(format!("{} is said to be refuted by {steps:?}: {others:?}", claim.name())),
        }
    }

    /// Go on from levels of which one was changed.
    fn levels(&self, levels: &[&[u8]], changed: bool, fits: bool) -> Result<(), String> {
        let found = cluster::kept::gone_on(&self.task, levels);
        match found {
            // states that nobody reaches may lead out of the range of a cell
            Err(error) if changed => refused(Some(error)),
            Err(error) => Err(format!("it is refused: {error}")),
            Ok(_) if changed && !fits => Err("a run goes on from damage".into()),
            Ok(found) if !changed && found != self.all => Err(format!("{found:?}, not {:?}", self.all)),
            Ok(_) => Ok(()),
        }
    }
}

/// A search by a byte, and bytes for a file of it.
pub(super) fn checkpoint(bytes: &[u8]) -> Result<(), String> {
    let Some((&choice, file)) = bytes.split_first() else { return Ok(()) };
    search(choice)?.try_checkpoint(file.to_vec())
}

/// A search and a round by a byte each, and changes of what is written after that round.
pub(super) fn damaged_checkpoint(bytes: &[u8]) -> Result<(), String> {
    let Some((&[choice, round], changes)) = bytes.split_first_chunk() else { return Ok(()) };
    let search = search(choice)?;
    let file = &search.checkpoints[round as usize % search.checkpoints.len()];
    search.try_checkpoint(damaged(file, changes))
}

/// A search, a level, and how many levels there are, by a byte each, and bytes for the file of that level.
pub(super) fn level(bytes: &[u8]) -> Result<(), String> {
    let Some((&[choice, level, last], file)) = bytes.split_first_chunk() else { return Ok(()) };
    let search = search(choice)?;
    search.try_level(level as usize % search.levels.len(), last, file.to_vec())
}

/// The same, and changes of that file.
pub(super) fn damaged_level(bytes: &[u8]) -> Result<(), String> {
    let Some((&[choice, level, last], changes)) = bytes.split_first_chunk() else { return Ok(()) };
    let search = search(choice)?;
    let level = level as usize % search.levels.len();
    search.try_level(level, last, damaged(&search.levels[level], changes))
}

/// A file after some changes, of four bytes each: what, where (two bytes), and a byte.
fn damaged(file: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    for change in changes.chunks_exact(4).take(MOST_CHANGES) {
        let [what, low, high, byte] = [change[0], change[1], change[2], change[3]];
        // never behind the end
        let at = (u16::from_le_bytes([low, high]) as usize * file.len()) >> 16;
        match what % 4 {
            _ if file.is_empty() => {}
            0 => file[at] ^= byte,
            1 => drop(file.drain(at..file.len().min(at + 1 + byte as usize))),
            2 => file.insert(at, byte),
            _ => file.truncate(at),
        }
    }
    file
}

fn job(claims: &[Claim]) -> Job<'_> {
    Job { claims, max_memory: MOST_BYTES, coverage: false, progress: None }
}

/// What going on may not change.
fn essence(found: &Exploration) -> (usize, usize, usize, Vec<(Claim, usize)>, usize) {
    let refuted = found.refuted.iter().map(|refutation| (refutation.claim, refutation.steps.len()));
    let figures = found.figures;
    (figures.states, figures.transitions, figures.depth, refuted.collect(), found.witnessed.len())
}

/// Real files, and real ones that are to be damaged.
pub(super) fn seeds() -> Result<Vec<(&'static str, Vec<u8>)>, Error> {
    let mut seeds = Vec::new();
    for choice in 0..SCENARIOS.len() as u8 {
        let search = search(choice).map_err(Error::Engine)?;
        let (checkpoint, level) = (search.checkpoints.len() / 2, search.levels.len() / 2);
        seeds.push(("checkpoint", [&[choice][..], &search.checkpoints[checkpoint]].concat()));
        seeds.push(("level", [&[choice, level as u8, 1][..], &search.levels[level]].concat()));
        // a bit, a byte too few, a byte too many, an end, each in its quarter
        let changes = [0, 0, 160, 1, 1, 0, 192, 0, 2, 0, 96, b'9', 3, 0, 224, 0];
        for change in changes.chunks_exact(4) {
            seeds.push(("damaged-checkpoint", [&[choice, checkpoint as u8][..], change].concat()));
            seeds.push(("damaged-level", [&[choice, level as u8, 1][..], change].concat()));
        }
    }
    Ok(seeds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices() -> impl Iterator<Item = (u8, &'static Search)> {
        (0..SCENARIOS.len() as u8).map(|choice| (choice, search(choice).expect("small")))
    }

    /// Places in a file that are tried, at most.
    const MOST_PLACES: usize = 300;

    /// Changes of a file: a bit of a byte, and an end before it, at all of its places, or evenly in a long one.
    fn changes(length: usize) -> impl Iterator<Item = [u8; 4]> {
        // the least that comes to this place
        let place = move |at: usize| ((at << 16).div_ceil(length) as u16).to_le_bytes();
        (0..length).step_by(length.div_ceil(MOST_PLACES)).flat_map(move |at| {
            let [low, high] = place(at);
            [[0, low, high, 1 << (at % 7)], [3, low, high, 0]]
        })
    }

    #[test]
    fn a_byte_of_a_checkpoint_may_be_another_and_its_end_too_early() {
        for (choice, search) in choices() {
            let round = search.checkpoints.len() / 2;
            for change in changes(search.checkpoints[round].len()) {
                let case = [&[choice, round as u8][..], &change].concat();
                assert_eq!(damaged_checkpoint(&case), Ok(()), "{case:?}");
            }
        }
    }

    #[test]
    fn a_byte_of_a_level_may_be_another_and_its_end_too_early() {
        for (choice, search) in choices() {
            for level in [0, search.levels.len() / 2] {
                for change in changes(search.levels[level].len()) {
                    let case = [&[choice, level as u8, 1][..], &change].concat();
                    assert_eq!(damaged_level(&case), Ok(()), "{case:?}");
                }
            }
        }
    }

    /// No number in a header is taken for what memory or a loop is made of.
    #[test]
    fn any_number_of_a_header_may_be_another() {
        for (_, search) in choices() {
            for number in ["0", "1", "255", "1152921504606846976", "18446744073709551615", "-1", "1e400"] {
                for (at, file) in search.levels.iter().enumerate().skip(search.levels.len() - 1) {
                    for file in with_another(file, number) {
                        assert_eq!(search.try_level(at, 0, file), Ok(()), "{number}");
                    }
                }
                for file in with_another(&search.checkpoints[search.checkpoints.len() - 2], number) {
                    assert_eq!(search.try_checkpoint(file), Ok(()), "{number}");
                }
            }
        }
    }

    /// A file with this number instead of each of those in its header in turn.
    fn with_another(file: &[u8], number: &str) -> Vec<Vec<u8>> {
        let is_part = |at: usize| file[at].is_ascii_digit() && file[at - 1] != b'"';
        let header =
            file.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(1).map_or(0, |(at, _)| at);
        let starts = (1..header).filter(|&at| is_part(at) && !file[at - 1].is_ascii_digit());
        let changed = starts.map(|start| {
            let digits = file[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            [&file[..start], number.as_bytes(), &file[start + digits..]].concat()
        });
        changed.collect()
    }

    #[test]
    fn what_was_not_changed_is_gone_on_with() {
        for (_, search) in choices() {
            for file in &search.checkpoints {
                assert_eq!(search.checkpoint(file, false, true), Ok(()));
            }
            for last in 0..search.levels.len() {
                let levels: Vec<&[u8]> = search.levels[..=last].iter().map(Vec::as_slice).collect();
                assert_eq!(search.levels(&levels, false, true), Ok(()), "{last}");
            }
        }
    }

    #[test]
    fn the_searches_have_what_damage_may_hit() {
        let all: Vec<&Search> = choices().map(|(_, search)| search).collect();
        let words: Vec<usize> = all.iter().map(|search| search.task.system.layout.words).collect();
        assert!(words.contains(&1) && words.contains(&2), "{words:?}");
        let refuted = all.iter().flat_map(|search| &search.whole.refuted);
        let kinds: Vec<Kind> = refuted.map(|refutation| refutation.claim.kind()).collect();
        assert!([Kind::State, Kind::Step].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
        for search in all {
            let (files, levels) = (search.checkpoints.len(), search.whole.figures.depth + 1);
            // one before the first level and one after each; the others are inside, and a byte chooses among all
            assert!(files > levels + 20 && files <= 256, "{files} files of {levels} levels");
        }
    }
}
