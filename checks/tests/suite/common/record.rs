//! The file that keeps the skips of one `cargo test`, for the tests and for the summary after them.

use std::path::{Path, PathBuf};

/// The path of the file. All test programs of one `cargo test` are its children, so its process names the run.
pub(crate) fn record() -> PathBuf {
    #[cfg(unix)]
    let run = std::os::unix::process::parent_id();
    #[cfg(not(unix))]
    let run = 0;
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("skipped").join(run.to_string())
}
