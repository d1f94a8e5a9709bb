//! What a search needs to go on after it was killed: its trail and what it found, in one file.
//!
//! No state is written down: the states follow from the trail, so going on costs one expansion for each of them, and a
//! file takes about a byte for each. What is read is never trusted: a checksum covers every byte, and a trail that does
//! not fit the scenario is an error.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use seal_model::claim::{Claim, Witness};
use serde::{Deserialize, Serialize};

use super::reduce::Reduce;
use super::system::{Step, System};
use crate::error::Error;
use crate::lock::Lock;
use crate::whole::{self, checksum};

/// The file in the directory that was given.
const NAME: &str = "checkpoint";
/// What every such file begins with: the last character numbers the format.
pub(crate) const MAGIC: &[u8] = b"sealcheck checkpoint 4\n";

/// Where checkpoints are written, and how often.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// A directory for the search alone; it is created.
    pub directory: PathBuf,
    /// At least so long from one to the next. They are written between rounds, which are parts of a level.
    pub every: Duration,
}

impl Checkpoint {
    /// Returns whether there is one to go on from, or to refuse.
    pub(super) fn is_begun(&self) -> bool {
        self.directory.join(NAME).exists()
    }
}

/// What is asked: a search goes on with nothing else.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Question {
    version: String,
    /// Of the automata and the layout: another version of the model may have the same number.
    model: u64,
    scenario: String,
    claims: Vec<String>,
    /// By what it is reduced, in words.
    reduced: String,
}

impl Question {
    pub(super) fn new(system: &System, claims: &[Claim], reduce: Reduce) -> Self {
        let model = format!("{:?} {:?}", system.automata, system.layout);
        Question {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: checksum(&[model.as_bytes()]),
            scenario: system.scenario.to_string(),
            claims: claims.iter().map(|claim| claim.name().to_owned()).collect(),
            reduced: reduce.to_string(),
        }
    }
}

/// A search between two rounds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Progress {
    /// States that were expanded: for each the trail has a record, and the others wait in their order.
    pub(super) expanded: usize,
    pub(super) known: usize,
    pub(super) transitions: usize,
    /// Refuted claims, by which state, and what follows from there.
    pub(super) refuted: Vec<(Claim, usize, Vec<Step>)>,
    pub(super) witnessed: Vec<Witness>,
}

/// The first part of the file, as one line.
#[derive(Serialize, Deserialize)]
struct Header {
    question: Question,
    expanded: usize,
    known: usize,
    transitions: usize,
    refuted: Vec<(String, usize, Steps)>,
    witnessed: Vec<usize>,
}

/// Actors and answers.
type Steps = Vec<(u8, i16)>;

/// The file of a search.
pub(super) struct Keeper {
    path: PathBuf,
    every: Duration,
    last: Instant,
    question: Question,
    /// Why the last one could not be written.
    failed: Option<Error>,
    /// Of the directory; none if there is no file.
    lock: Option<Lock>,
}

impl Keeper {
    /// Use a directory, which is created, and which no other process may use meanwhile.
    pub(super) fn new(checkpoint: &Checkpoint, question: Question) -> Result<Self, Error> {
        let Checkpoint { directory, every } = checkpoint;
        let lock = Some(Lock::take(directory)?);
        let path = directory.join(NAME);
        Ok(Keeper { path, every: *every, last: Instant::now(), question, failed: None, lock })
    }

    /// No file: only what it is asked.
    #[cfg(feature = "full")]
    pub(super) fn without_file(question: Question) -> Self {
        let (path, last) = (PathBuf::from(NAME), Instant::now());
        Keeper { path, every: Duration::MAX, last, question, failed: None, lock: None }
    }

    /// Whether it is time for the next one.
    pub(super) fn is_due(&self) -> bool {
        self.last.elapsed() >= self.every
    }

    /// Write one. The search goes on where that fails: what it finds is worth more, and the next one may succeed.
    pub(super) fn write(&mut self, progress: &Progress, trail: &[u8]) {
        let unwritten = |cause: io::Error| {
            Error::Checkpoint(format!(
                "{} can't be written: {cause}; what is found does not depend on it, but a run that is broken off goes on \
                 from the last one that was: make room there, or give another directory with --checkpoint",
                self.path.display()
            ))
        };
        if self.lock.is_none() {
            return;
        }
        let written = head(&self.question, progress)
            .and_then(|head| whole::write(&self.path, &head, trail).map_err(unwritten));
        self.failed = written.err();
        self.last = Instant::now();
    }

    /// Why the last one could not be written, if it could not.
    pub(super) fn failed(&mut self) -> Option<Error> {
        self.failed.take()
    }

    /// The bytes of the last one, if there is one.
    pub(super) fn read(&self) -> Result<Option<Vec<u8>>, Error> {
        match fs::read(&self.path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(file(&self.path, cause)),
        }
    }

    /// The bytes of one that would be written.
    #[cfg(feature = "full")]
    pub(super) fn bytes(&self, progress: &Progress, trail: &[u8]) -> Result<Vec<u8>, Error> {
        let head = head(&self.question, progress)?;
        Ok([&head, trail, &whole::tail(&head, trail)].concat())
    }

    /// What was found by then, and the trail.
    pub(super) fn parse<'b>(&self, bytes: &'b [u8]) -> Result<(Progress, &'b [u8]), Error> {
        let (question, progress, trail) = parse(bytes).ok_or_else(|| self.damaged())?;
        if question != self.question {
            return Err(self.refused(&question));
        }
        Ok((progress, trail))
    }

    /// It can't be gone on with.
    pub(super) fn damaged(&self) -> Error {
        Error::Checkpoint(format!(
            "{} is damaged; nothing was changed: give another directory, or remove the file to start anew",
            self.path.display()
        ))
    }

    fn refused(&self, found: &Question) -> Error {
        let wanted = &self.question;
        let (what, theirs, ours) = if found.scenario != wanted.scenario {
            ("scenario", found.scenario.clone(), wanted.scenario.clone())
        } else if found.claims != wanted.claims {
            ("set of claims", found.claims.join(" "), wanted.claims.join(" "))
        } else if found.reduced != wanted.reduced {
            ("reduction", found.reduced.clone(), wanted.reduced.clone())
        } else {
            (
                "version",
                format!("{} {:x}", found.version, found.model),
                format!("{} {:x}", wanted.version, wanted.model),
            )
        };
        Error::Checkpoint(format!(
            "{} is of another {what}: {theirs}, not {ours}; nothing was changed: ask the same as before, or give \
             another directory",
            self.path.display()
        ))
    }
}

fn file(path: &Path, cause: io::Error) -> Error {
    Error::File { path: path.display().to_string(), cause }
}

/// What a file begins with.
fn head(question: &Question, progress: &Progress) -> Result<Vec<u8>, Error> {
    let steps = |steps: &[Step]| steps.iter().map(|step| (step.actor, step.answer)).collect();
    let refuted = progress.refuted.iter();
    let place = |witness: &Witness| Witness::ALL.iter().position(|other| other == witness);
    let header = Header {
        question: question.clone(),
        expanded: progress.expanded,
        known: progress.known,
        transitions: progress.transitions,
        refuted: refuted.map(|(claim, at, then)| (claim.name().to_owned(), *at, steps(then))).collect(),
        witnessed: progress.witnessed.iter().filter_map(place).collect(),
    };
    whole::head(MAGIC, &header).map_err(|cause| Error::Checkpoint(cause.to_string()))
}

/// What was asked, what was found, and the trail; none if that is no whole file.
fn parse(bytes: &[u8]) -> Option<(Question, Progress, &[u8])> {
    let (header, trail) = whole::read(MAGIC, bytes)?;
    let Header { question, expanded, known, transitions, refuted, witnessed } = header;
    let steps = |steps: Steps| steps.into_iter().map(|(actor, answer)| Step { actor, answer }).collect();
    let refutation = |(claim, at, then): (String, usize, _)| {
        Some((claim.parse().ok()?, at, steps(then))).filter(|_| at < known)
    };
    let refuted = refuted.into_iter().map(refutation).collect::<Option<_>>()?;
    let witnessed = witnessed.into_iter().map(|at| Witness::ALL.get(at).copied()).collect::<Option<_>>()?;
    Some((question, Progress { expanded, known, transitions, refuted, witnessed }, trail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keeper(claims: &[Claim]) -> Keeper {
        let scenario = "wait;with=reader".parse().expect("a possible scenario");
        let system = System::new(&scenario).expect("compiles");
        Keeper::without_file(Question::new(&system, claims, Reduce::Nothing))
    }

    fn written(keeper: &Keeper) -> (Progress, Vec<u8>) {
        let progress = Progress {
            expanded: 4,
            known: 9,
            transitions: 12,
            refuted: vec![(Claim::NoDeadlock, 8, vec![Step { actor: 1, answer: -2 }])],
            witnessed: vec![Witness::Mapped],
        };
        let trail = [3, 131, 1, 0, 0];
        let bytes = keeper.bytes(&progress, &trail).expect("written");
        (progress, bytes)
    }

    #[test]
    fn what_was_written_is_read() {
        let keeper = keeper(&[Claim::NoDeadlock]);
        let (progress, bytes) = written(&keeper);
        assert_eq!(keeper.parse(&bytes).expect("whole"), (progress, &[3, 131, 1, 0, 0][..]));
    }

    /// Whatever happened to it, it is an error and no other search.
    #[test]
    fn any_change_of_a_file_is_noticed() {
        let keeper = keeper(&[Claim::NoDeadlock]);
        let (_, whole) = written(&keeper);
        for length in 0..whole.len() {
            assert!(matches!(keeper.parse(&whole[..length]), Err(Error::Checkpoint(_))), "{length}");
        }
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut bytes = whole.clone();
                bytes[at] ^= 1 << bit;
                assert!(matches!(keeper.parse(&bytes), Err(Error::Checkpoint(_))), "byte {at}, bit {bit}");
            }
        }
        assert!(matches!(keeper.parse(&[&whole[..], &[0]].concat()), Err(Error::Checkpoint(_))));
    }

    /// The states are counted from 0.
    #[test]
    fn a_claim_is_refuted_by_a_state_that_there_is() {
        let keeper = keeper(&[Claim::NoDeadlock]);
        let (progress, _) = written(&keeper);
        for (at, whole) in [(8, true), (9, false)] {
            let refuted = vec![(Claim::NoDeadlock, at, Vec::new())];
            let bytes = keeper.bytes(&Progress { refuted, ..progress.clone() }, &[]).expect("written");
            assert_eq!(keeper.parse(&bytes).is_ok(), whole, "{at}");
        }
    }

    /// Only where there is no file may a search begin anew: it writes its own there.
    #[test]
    fn a_file_that_cant_be_read_is_an_error() {
        let nothing = Keeper { path: PathBuf::from("no-such-directory/checkpoint"), ..keeper(&[]) };
        assert!(matches!(nothing.read(), Ok(None)));
        let a_directory = Keeper { path: PathBuf::from(env!("CARGO_MANIFEST_DIR")), ..keeper(&[]) };
        assert!(matches!(a_directory.read(), Err(Error::File { .. })));
    }

    #[test]
    fn other_claims_are_refused_with_both_named() {
        let (_, bytes) = written(&keeper(&[Claim::NoDeadlock]));
        let refused = keeper(&[Claim::NoLeak]).parse(&bytes).expect_err("asked before");
        let text = refused.to_string();
        assert!(text.contains("another set of claims: no-deadlock, not no-leak"), "{text}");
    }
}
