//! Levels on disk: what a worker needs to go on after its process, or another one, was killed.
//!
//! A file holds the states of one level that belong to one worker, and what that worker had found out by then. It is
//! written beside its place and put there in one step. A run goes on from the last level that all workers have kept.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Task;
use super::part::Found;
use crate::error::Error;
use crate::explore::checkpoint::checksum;
use crate::explore::system::State;

/// What every such file begins with: the last character numbers the format.
const MAGIC: &[u8] = b"sealcheck level 1\n";

/// What is asked, and by whom: a worker goes on with nothing else.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Question {
    version: String,
    /// Of the automata and the layout: another version of the model may have the same number.
    model: u64,
    scenario: String,
    claims: Vec<String>,
    worker: usize,
    peers: usize,
    level: usize,
}

/// The first part of a file, as one line.
#[derive(Serialize, Deserialize)]
struct Header {
    question: Question,
    states: usize,
    found: Found,
}

/// The files of one worker.
#[derive(Debug)]
pub(super) struct Levels {
    directory: PathBuf,
    question: Question,
}

impl Levels {
    /// Use a directory, which is created; workers may share it.
    pub(super) fn open(task: &Task, directory: &Path, worker: usize, peers: usize) -> Result<Self, Error> {
        let directory = directory.join(format!("worker{worker}"));
        fs::create_dir_all(&directory).map_err(|cause| named(&directory, cause))?;
        let model = format!("{:?} {:?}", task.system.automata, task.system.layout);
        let question = Question {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: checksum(&[model.as_bytes()]),
            scenario: task.system.scenario.to_string(),
            claims: task.claims.iter().map(|claim| claim.name().to_owned()).collect(),
            worker,
            peers,
            level: 0,
        };
        Ok(Levels { directory, question })
    }

    /// The last of the levels that are here without a gap.
    pub(super) fn last(&self) -> Option<usize> {
        (0..).take_while(|level| self.file(*level).is_file()).last()
    }

    fn file(&self, level: usize) -> PathBuf {
        self.directory.join(format!("level{level}"))
    }

    fn question(&self, level: usize) -> Question {
        Question { level, ..self.question.clone() }
    }

    /// Write a level down.
    pub(super) fn write<const W: usize>(
        &self,
        level: usize,
        states: &[State<W>],
        found: &Found,
    ) -> Result<(), Error> {
        let header = Header { question: self.question(level), states: states.len(), found: found.clone() };
        let line = serde_json::to_vec(&header).map_err(|cause| Error::Engine(cause.to_string()))?;
        let header = [MAGIC, &line, b"\n"].concat();
        let states: Vec<u8> = states.iter().flatten().flat_map(|word| word.to_le_bytes()).collect();
        let (file, new) = (self.file(level), self.directory.join("new"));
        let written = || {
            let mut file = File::create(&new)?;
            file.write_all(&header)?;
            file.write_all(&states)?;
            file.write_all(&checksum(&[&header, &states]).to_le_bytes())?;
            file.sync_all()
        };
        written().and_then(|()| fs::rename(&new, &file)).map_err(|cause| named(&file, cause))
    }

    /// Read a level: its states, and what the worker had found out.
    pub(super) fn read<const W: usize>(&self, level: usize) -> Result<(Vec<State<W>>, Found), Error> {
        let file = self.file(level);
        let bytes = fs::read(&file).map_err(|cause| named(&file, cause))?;
        let (question, found, states) = parse(&bytes).ok_or_else(|| refused(&file, "it is damaged"))?;
        if question != self.question(level) {
            let asked =
                format!("it is of {}, worker {} of {}", question.scenario, question.worker, question.peers);
            return Err(refused(&file, &asked));
        }
        Ok((states, found))
    }
}

/// The parts of a file; none if that is no whole file.
fn parse<const W: usize>(bytes: &[u8]) -> Option<(Question, Found, Vec<State<W>>)> {
    let (body, sum) = bytes.split_last_chunk()?;
    let rest = body.strip_prefix(MAGIC)?;
    let line = &rest[..rest.iter().position(|&byte| byte == b'\n')?];
    let (header, words) = body.split_at(MAGIC.len() + line.len() + 1);
    if u64::from_le_bytes(*sum) != checksum(&[header, words]) {
        return None;
    }
    let Header { question, states, found } = serde_json::from_slice(line).ok()?;
    let word = |bytes: &[u8]| bytes.try_into().map(u64::from_le_bytes).unwrap_or_default();
    let state = |bytes: &[u8]| std::array::from_fn(|at| word(&bytes[at * 8..at * 8 + 8]));
    let whole = words.len() == states.checked_mul(W * size_of::<u64>())?;
    whole.then(|| (question, found, words.chunks_exact(W * size_of::<u64>()).map(state).collect()))
}

fn refused(file: &Path, why: &str) -> Error {
    Error::Engine(format!(
        "{}: {why}; nothing was changed: ask the same of as many workers as before, or give another directory",
        file.display()
    ))
}

fn named(path: &Path, cause: io::Error) -> Error {
    Error::File { path: path.display().to_string(), cause }
}
