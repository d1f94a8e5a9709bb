//! Texts and files for the parsers. Each is read or refused by a message; what is read is written the same way again,
//! and what is gone on with comes to an end.

use std::borrow::Cow;
use std::fmt::{Debug, Display};
use std::str::FromStr;

use seal_model::claim::Claim;
use seal_model::scenario::Scenario;
use seal_model::syscall::Program;

use super::{Trouble, files};
use crate::review::manifest::Manifest;
use crate::schedule::Schedule;
use crate::trace::Trace;

/// Moves of a schedule that are run: each replays its actor from the beginning.
const MOST_MOVES: usize = 64;

type Parser = fn(&[u8]) -> Result<(), String>;

/// What the first byte chooses.
pub(super) const PARSERS: [(&str, Parser); 9] = [
    ("scenario", |bytes| again::<Scenario>(&text(bytes)).map(drop)),
    ("schedule", |bytes| schedule(&text(bytes))),
    ("program", |bytes| again::<Program>(&text(bytes)).map(drop)),
    ("manifest", |bytes| manifest(&text(bytes))),
    ("claim", |bytes| refused(text(bytes).parse::<Claim>().err())),
    ("checkpoint", files::checkpoint),
    ("damaged-checkpoint", files::damaged_checkpoint),
    ("level", files::level),
    ("damaged-level", files::damaged_level),
];

pub(super) fn case(bytes: &[u8]) -> Result<(), Trouble> {
    let Some((first, rest)) = bytes.split_first() else { return Ok(()) };
    let (name, parse) = PARSERS[*first as usize % PARSERS.len()];
    parse(rest).map_err(|what| Trouble::Finding(format!("{name}: {what}\nin {:?}", text(rest))))
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// A message says something.
pub(super) fn refused(error: Option<impl Display>) -> Result<(), String> {
    let said = error.map(|error| error.to_string());
    match said {
        Some(said) if said.trim().is_empty() => Err("it is refused without a word".into()),
        _ => Ok(()),
    }
}

/// Read, written, and read again: the same.
fn again<T: FromStr<Err: Display> + Display + PartialEq + Debug>(text: &str) -> Result<Option<T>, String> {
    let read: T = match text.parse() {
        Ok(read) => read,
        Err(error) => return refused(Some(error)).map(|()| None),
    };
    let written = read.to_string();
    match written.parse::<T>() {
        Ok(same) if same == read => Ok(Some(read)),
        Ok(other) => Err(format!("written as {written}, it is read as {other:?} and not as {read:?}")),
        Err(error) => Err(format!("written as {written}, it is refused: {error}")),
    }
}

/// A schedule is also run.
fn schedule(text: &str) -> Result<(), String> {
    let Some(read) = again::<Schedule>(text)? else { return Ok(()) };
    if read.moves.len() > MOST_MOVES || !read.scenario.from.is_empty() {
        return Ok(());
    }
    refused(Trace::of(read).err())
}

fn manifest(text: &str) -> Result<(), String> {
    let read = match Manifest::parse(text) {
        Ok(read) => read,
        Err(error) => return refused(Some(error)),
    };
    let written = read.text().map_err(|error| error.to_string())?;
    match Manifest::parse(&written) {
        Ok(same) if same == read => Ok(()),
        _ => Err(format!("it is not read as it is written: {written}")),
    }
}
