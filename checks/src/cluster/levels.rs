//! Levels on disk: what a worker needs to go on after its process, or another one, was killed.
//!
//! A file holds the states of one level that belong to one worker, and what that worker had found out by then. A run
//! goes on from the last level that all workers have kept.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Task;
use super::part::Found;
use crate::error::Error;
use crate::explore::system::State;
use crate::lock::Lock;
use crate::whole::{self, checksum};

/// What every such file begins with: the last character numbers the format.
pub(crate) const MAGIC: &[u8] = b"sealcheck level 2\n";

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
#[derive(Clone, Debug)]
pub(super) struct Levels {
    directory: PathBuf,
    question: Question,
    _lock: Option<Arc<Lock>>,
}

impl Levels {
    /// Use a directory, which is created; workers may share it, and each has a part of it to itself.
    pub(super) fn open(task: &Task, directory: &Path, worker: usize, peers: usize) -> Result<Self, Error> {
        let levels = Levels::without_files(task, directory, worker, peers);
        let _lock = Some(Arc::new(Lock::take(&levels.directory)?));
        Ok(Levels { _lock, ..levels })
    }

    /// No files: only what is asked, and where they would be.
    pub(super) fn without_files(task: &Task, directory: &Path, worker: usize, peers: usize) -> Self {
        let directory = directory.join(format!("worker{worker}"));
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
        Levels { directory, question, _lock: None }
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
        let (head, states) = self.parts(level, states, found)?;
        let file = self.file(level);
        whole::write(&file, &head, &states).map_err(|cause| {
            Error::Checkpoint(format!(
                "{} can't be written: {cause}; what is found does not depend on it, but a run that is broken off goes on \
                 from a level before: make room there, or give another directory with --checkpoint",
                file.display()
            ))
        })
    }

    /// The bytes of a level that would be written.
    pub(super) fn bytes<const W: usize>(
        &self,
        level: usize,
        states: &[State<W>],
        found: &Found,
    ) -> Result<Vec<u8>, Error> {
        let (head, states) = self.parts(level, states, found)?;
        Ok([&head[..], &states, &whole::tail(&head, &states)].concat())
    }

    /// The header and the body of a file.
    fn parts<const W: usize>(
        &self,
        level: usize,
        states: &[State<W>],
        found: &Found,
    ) -> Result<(Vec<u8>, Vec<u8>), Error> {
        let header = Header { question: self.question(level), states: states.len(), found: found.clone() };
        let head = whole::head(MAGIC, &header).map_err(|cause| Error::Engine(cause.to_string()))?;
        Ok((head, states.iter().flatten().flat_map(|word| word.to_le_bytes()).collect()))
    }

    /// The bytes of a level.
    pub(super) fn read(&self, level: usize) -> Result<Vec<u8>, Error> {
        let file = self.file(level);
        fs::read(&file).map_err(|cause| named(&file, cause))
    }

    /// The states of a level, and what the worker had found out.
    pub(super) fn parse<const W: usize>(
        &self,
        level: usize,
        bytes: &[u8],
    ) -> Result<(Vec<State<W>>, Found), Error> {
        let (question, found, states) = parse(bytes).ok_or_else(|| self.damaged(level))?;
        match self.question(level).differs(&question) {
            Some(what) => Err(self.refused(level, &what)),
            None => Ok((states, found)),
        }
    }

    /// It can't be gone on with.
    pub(super) fn damaged(&self, level: usize) -> Error {
        self.refused(level, "it is damaged")
    }

    fn refused(&self, level: usize, why: &str) -> Error {
        Error::Engine(format!(
            "{}: {why}; nothing was changed: ask the same of as many workers as before, or give another directory",
            self.file(level).display()
        ))
    }
}

impl Question {
    /// In what another one differs, if it does.
    fn differs(&self, other: &Question) -> Option<String> {
        if self == other {
            return None;
        }
        let place = |question: &Question| {
            let Question { worker, peers, level, .. } = question;
            format!("level {level} of worker {worker} of {peers}")
        };
        let model = |question: &Question| format!("{} {:x}", question.version, question.model);
        let told = [
            ("scenario", other.scenario.clone(), self.scenario.clone()),
            ("set of claims", other.claims.join(" "), self.claims.join(" ")),
            ("part", place(other), place(self)),
            ("version", model(other), model(self)),
        ];
        let (what, theirs, ours) = told.into_iter().find(|(_, theirs, ours)| theirs != ours)?;
        Some(format!("it is of another {what}: {theirs}, not {ours}"))
    }
}

/// The parts of a file; none if that is no whole file.
fn parse<const W: usize>(bytes: &[u8]) -> Option<(Question, Found, Vec<State<W>>)> {
    let (Header { question, states, found }, words) = whole::read(MAGIC, bytes)?;
    let word = |bytes: &[u8]| bytes.try_into().map(u64::from_le_bytes).unwrap_or_default();
    let state = |bytes: &[u8]| std::array::from_fn(|at| word(&bytes[at * 8..at * 8 + 8]));
    let whole = words.len() == states.checked_mul(W * size_of::<u64>())?;
    whole.then(|| (question, found, words.chunks_exact(W * size_of::<u64>()).map(state).collect()))
}

fn named(path: &Path, cause: io::Error) -> Error {
    Error::File { path: path.display().to_string(), cause }
}
