//! System calls on memfds of the running kernel: the other side of `sealcheck conform`.
//!
//! Everything here touches only what it made itself: memfds, mappings of them, one ring, pipes, and children that do
//! nothing but hold what they inherited. It needs no privilege, races nothing, and gives everything back when it is
//! dropped.
//!
//! # Unsafe code
//! Mapped memory is reached by raw pointers alone, one byte at a time and volatile; no reference to it ever exists, so
//! neither a device that writes to it nor a file that changes breaks a promise made to the compiler. A page is faulted
//! in by `madvise()` before it is touched, so an access behind the end of the file is an error and no signal.
//! One function runs before `main`, and only asks whether standard output is open.
#![cfg(target_os = "linux")]

mod child;
mod limit;
mod mapping;
mod memfd;
mod pins;
mod pipe;
mod standard;

pub use child::{Child, Ended};
pub use limit::{file_size_limit, memlock_limit, survive_file_size_limit};
pub use mapping::{Access, Mapping};
pub use memfd::{Memfd, Opened};
pub use pins::Pins;
pub use pipe::Pipe;
pub use rustix::io::Errno;
pub use standard::standard_output_was_closed;

/// What a call returns.
pub type Result<T> = std::result::Result<T, Errno>;

/// Why the last call of this thread failed.
fn last_error() -> Errno {
    errno(&std::io::Error::last_os_error())
}

fn errno(error: &std::io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}

/// The size of a page.
pub fn page_size() -> usize {
    rustix::param::page_size()
}

/// `uname -r`: the release, such as `6.18.44`.
pub fn kernel_release() -> String {
    rustix::system::uname().release().to_string_lossy().into_owned()
}
