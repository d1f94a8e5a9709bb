//! Standard output as the program got it, which the program itself can't tell: before `main` the standard library puts
//! `/dev/null` where a standard stream is closed, so that no file takes its number.

use std::sync::atomic::{AtomicBool, Ordering};

static WAS_CLOSED: AtomicBool = AtomicBool::new(false);

extern "C" fn look() {
    // SAFETY: fcntl() with F_GETFD takes a number and changes nothing
    let closed = unsafe { libc::fcntl(libc::STDOUT_FILENO, libc::F_GETFD) } == -1;
    WAS_CLOSED.store(closed, Ordering::Relaxed);
}

/// The loader calls what stands in this section before `main`, and before the standard library's own beginning.
// SAFETY: the section holds pointers to functions that take nothing and return nothing, and this is one; it calls a
// function of libc that needs nothing to be set up, and stores a byte
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;

/// Whether standard output was closed when the program began.
pub fn standard_output_was_closed() -> bool {
    // a reference to it, so that the linker keeps it
    std::hint::black_box(&LOOK);
    WAS_CLOSED.load(Ordering::Relaxed)
}
