//! How Linux seals a shared-memory file against writing: a minimal concurrent model.
//!
//! The protocol is written once, as straight-line `async` Rust over the [`memory::Memory`] trait. One `.await`
//! is one indivisible access to shared memory and the only place where another actor can run. Names are the
//! kernel's own.
//!
//! Where to look first:
//! - [`sealer`]: `shmem_add_seals()` and its two strategies, and the judges that say whether a page is clean
//! - [`actors`]: who else moves a page's counts
//! - [`claim`]: what a recipient may trust and a caller may expect, each claim a named function
//! - [`syscall`]: the calls of a program, run one at a time, as the live kernel is held against them
//! - [`fault`]: the slips that refute them, those of real kernels first
//! - [`machine`]: what each access does to memory
//!
//! Sources: the patch "shm: isolate pinned pages when sealing files" (RFC v3 7/7, June 2014) with the code it
//! removes; Linux 4.1.15 (sealing as merged in 3.17), 6.1.192, 6.12.117, and `mm/memfd.c` of 6.18.

pub mod access;
pub mod actors;
pub mod claim;
pub mod fault;
pub mod file;
pub mod ghost;
pub mod machine;
pub mod mapping;
pub mod memory;
pub mod page;
pub mod scenario;
pub mod sealer;
pub mod source;
pub mod swap;
pub mod syscall;

/// How a system call fails.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(clippy::upper_case_acronyms, reason = "the kernel's own names")]
pub enum Errno {
    /// Writable mappings are denied.
    EPERM,
    /// A writable mapping is counted, or a page is still pinned after the last scan.
    EBUSY,
    /// No page to copy to.
    ENOMEM,
    /// The slot no longer holds the page that was to be replaced.
    ENOENT,
    /// The mapping may never become writable.
    EACCES,
    /// A pin for writing through this mapping is refused.
    EFAULT,
    /// The driver does not take a file with these seals; a call that makes no sense.
    EINVAL,
    /// The descriptor is not open for that.
    EBADF,
}

impl Errno {
    /// Every error, in the order of their definition here.
    pub const ALL: [Errno; 8] = [
        Errno::EPERM,
        Errno::EBUSY,
        Errno::ENOMEM,
        Errno::ENOENT,
        Errno::EACCES,
        Errno::EFAULT,
        Errno::EINVAL,
        Errno::EBADF,
    ];
}

/// What a system call returns: 0 or an error.
pub type Result<T = ()> = std::result::Result<T, Errno>;
