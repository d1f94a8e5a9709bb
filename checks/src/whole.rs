//! Files that are whole or refused: a line that names the format, a header as one line of JSON, a body, and a checksum
//! of every byte before it. A file is written beside the old one and takes its place in one step, so at any moment there
//! is one that is whole.
//!
//! The checksum tells damage, and no intent: who can write a file can write its checksum.

use std::fs::{self, File};
use std::hash::Hasher;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::hash::StateHasher;

/// What comes before the body. A header that can't be JSON is an error.
pub(crate) fn head(format: &[u8], header: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    Ok([format, &serde_json::to_vec(header)?, b"\n"].concat())
}

/// What comes behind the body.
pub(crate) fn tail(head: &[u8], body: &[u8]) -> [u8; 8] {
    checksum(&[head, body]).to_le_bytes()
}

/// Put a file in its place; until then it is beside it, under another name.
pub(crate) fn write(path: &Path, head: &[u8], body: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    file.write_all(head)?;
    file.write_all(body)?;
    file.write_all(&tail(head, body))?;
    file.sync_all()?;
    drop(file);
    fs::rename(&new, path)?;
    // the new name must outlast a loss of power too
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

/// The header and the body of a file; none if that is no whole file of the format.
pub(crate) fn read<'b, H: DeserializeOwned>(format: &[u8], bytes: &'b [u8]) -> Option<(H, &'b [u8])> {
    let (all, sum) = bytes.split_last_chunk()?;
    let (head, body) = split(format, all)?;
    if *sum != tail(head, body) {
        return None;
    }
    Some((serde_json::from_slice(&head[format.len()..]).ok()?, body))
}

/// A file with a checksum that fits it, whatever became of it: none if there is no header whose checksum it could be.
#[cfg(feature = "full")]
pub(crate) fn mended(format: &[u8], mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let all = bytes.len().checked_sub(size_of::<u64>())?;
    let (head, body) = split(format, &bytes[..all])?;
    let tail = tail(head, body);
    bytes[all..].copy_from_slice(&tail);
    Some(bytes)
}

fn split<'b>(format: &[u8], all: &'b [u8]) -> Option<(&'b [u8], &'b [u8])> {
    let rest = all.strip_prefix(format)?;
    let line = rest.iter().position(|&byte| byte == b'\n')?;
    Some(all.split_at(format.len() + line + 1))
}

/// Of parts one after the other. Where one part ends and the next begins is part of it.
pub(crate) fn checksum(parts: &[&[u8]]) -> u64 {
    let mut sum = StateHasher::default();
    for part in parts {
        sum.write_u64(part.len() as u64);
        sum.write(part);
    }
    sum.finish()
}
