//! The site on disk. Nothing is touched that an earlier report did not write.

use std::fs;
use std::io;
use std::path::Path;

use super::File;
use crate::error::Error;

/// What the directory of a report is known by: the names of its files, one a line.
const CONTENTS: &str = "sealcheck-report.txt";

/// Write the site into a directory that is new, empty, or a report.
///
/// # Errors
/// [`Error::File`] where the directory holds anything else, or can't be written.
pub fn write(directory: &Path, files: &[File]) -> Result<(), Error> {
    prepare(directory)?;
    remove_earlier(directory)?;
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    put(directory, CONTENTS, &(names.join("\n") + "\n"))?;
    files.iter().try_for_each(|(name, text)| put(directory, name, text))
}

/// Make the directory, and see that it is one that a report may be written into.
///
/// # Errors
/// As [`write()`].
pub fn prepare(directory: &Path) -> Result<(), Error> {
    fs::create_dir_all(directory).map_err(|cause| named(directory, cause))?;
    let mut entries = fs::read_dir(directory).map_err(|cause| named(directory, cause))?;
    if entries.next().is_none() || directory.join(CONTENTS).is_file() {
        return Ok(());
    }
    let cause = io::Error::other("it holds other files than a report: name a new or an empty directory");
    Err(named(directory, cause))
}

fn remove_earlier(directory: &Path) -> Result<(), Error> {
    let contents = directory.join(CONTENTS);
    let names = match fs::read_to_string(&contents) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
        read => read.map_err(|cause| named(&contents, cause))?,
    };
    names.lines().filter(|name| is_plain(name)).try_for_each(|name| {
        let file = directory.join(name);
        match fs::remove_file(&file) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(named(&file, cause)),
            _ => Ok(()),
        }
    })
}

/// A name of a file beside the others, and nothing that leads elsewhere.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', '\\']) && !name.starts_with('.')
}

fn put(directory: &Path, name: &str, text: &str) -> Result<(), Error> {
    let file = directory.join(name);
    fs::write(&file, text).map_err(|cause| named(&file, cause))
}

fn named(path: &Path, cause: io::Error) -> Error {
    Error::File { path: path.display().to_string(), cause }
}
