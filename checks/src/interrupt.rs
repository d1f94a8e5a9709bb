//! SIGINT and SIGTERM as a flag: long work looks at it where it looks at its other limits, and ends with what is known.
//!
//! The program calls [`watch`] once, before it begins. Work that may take long calls [`requested`] or [`check`] between
//! two pieces of it (a round of states, an execution, a scenario): that is one load of an atomic. When a signal came, the
//! work stops as at any other limit: what was refuted stays refuted, the rest is undecided by
//! [`Error::Interrupted`], and a checkpoint is written if one was asked for. The
//! program prints what it got, and exits with [`exit_code`]. A second signal ends it at once.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::error::Error;

/// What shells add to a signal's number.
const BY_SIGNAL: i32 = 128;

/// The number of the last signal that came; 0 before the first.
static LAST: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);

/// From now on SIGINT and SIGTERM do no more than raise the flag, the first time.
///
/// # Errors
/// The kernel's, when it takes no handler.
pub fn watch() -> Result<(), Error> {
    let came = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        let registered = flag::register_conditional_shutdown(signal, BY_SIGNAL + signal, Arc::clone(&came))
            .and_then(|_| flag::register(signal, Arc::clone(&came)))
            .and_then(|_| flag::register_usize(signal, Arc::clone(&LAST), signal as usize));
        registered.map_err(|cause| Error::Engine(format!("signals can't be watched: {cause}")))?;
    }
    Ok(())
}

/// Whether work is to stop with what it has.
#[inline]
pub fn requested() -> bool {
    LAST.load(Ordering::Relaxed) != 0
}

/// Go on, unless work is to stop with what it has.
///
/// # Errors
/// [`Error::Interrupted`].
#[inline]
pub fn check() -> Result<(), Error> {
    if requested() { Err(Error::Interrupted(name())) } else { Ok(()) }
}

/// The exit code of a program that a signal ended: 128 and its number. None before a signal.
pub fn exit_code() -> Option<u8> {
    let signal = LAST.load(Ordering::Relaxed);
    (signal != 0).then_some((BY_SIGNAL + signal as i32) as u8)
}

fn name() -> &'static str {
    if LAST.load(Ordering::Relaxed) == SIGTERM as usize { "SIGTERM" } else { "SIGINT" }
}
