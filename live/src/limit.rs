//! What limits this process was given.

use rustix::process::{Resource, getrlimit};

/// How many bytes this process may lock or pin: RLIMIT_MEMLOCK; none is no limit.
pub fn memlock_limit() -> Option<u64> {
    getrlimit(Resource::Memlock).current
}

/// How many bytes a file may have that this process writes: RLIMIT_FSIZE; none is no limit.
pub fn file_size_limit() -> Option<u64> {
    getrlimit(Resource::Fsize).current
}

/// From here on a write beyond RLIMIT_FSIZE fails with EFBIG, and no longer kills the process by SIGXFSZ.
pub fn survive_file_size_limit() {
    // SAFETY: SIG_IGN installs no handler, so no code ever runs because of it; nothing in this process waits for the
    // signal, and a signal number that exists can't be refused
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}
