//! A directory for one process at a time. The kernel gives the lock back when its holder is gone, however that ended, so
//! a file that is left over blocks nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use crate::error::Error;

/// The file in the directory that is locked. It names its last holder.
const NAME: &str = "lock";

/// A directory that is locked for as long as this lives.
#[derive(Debug)]
pub(crate) struct Lock {
    /// Closing it gives the lock back.
    _file: File,
}

impl Lock {
    /// Lock a directory, which is created.
    ///
    /// # Errors
    /// When another process holds it, or when it can't be made or locked.
    pub(crate) fn take(directory: &Path) -> Result<Self, Error> {
        let path = directory.join(NAME);
        let named = |cause| Error::File { path: path.display().to_string(), cause };
        fs::create_dir_all(directory)
            .map_err(|cause| Error::File { path: directory.display().to_string(), cause })?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(named)?;
        if !lock(&file).map_err(named)? {
            let mut holder = String::new();
            let read = file.read_to_string(&mut holder);
            return Err(in_use(directory, holder.trim().to_owned(), read.is_ok()));
        }
        // a name that can't be written is missed by the message alone
        let _ = file.set_len(0).and_then(|()| write!(file, "{}", name_of_this_process()));
        Ok(Lock { _file: file })
    }
}

fn in_use(directory: &Path, holder: String, known: bool) -> Error {
    let holder = if known && !holder.is_empty() { holder } else { "another process".to_owned() };
    Error::Checkpoint(format!(
        "{} is in use by {holder}: wait until that run has ended, or give another directory with --checkpoint",
        directory.display()
    ))
}

/// Whether the file is locked now; if not, another process has locked it.
#[cfg(unix)]
fn lock(file: &File) -> io::Result<bool> {
    use rustix::fs::{FlockOperation, flock};
    use rustix::io::Errno;

    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(cause) => Err(cause.into()),
    }
}

/// Elsewhere a directory is not locked: it is to be given to one process only.
#[cfg(not(unix))]
fn lock(_: &File) -> io::Result<bool> {
    Ok(true)
}

fn name_of_this_process() -> String {
    let process = std::process::id();
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if host.trim().is_empty() {
        format!("process {process}")
    } else {
        format!("process {process} on {}", host.trim())
    }
}
