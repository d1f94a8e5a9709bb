//! What the running kernel was told, which it is, and which calls it grants to this process.
//!
//! A call that fails for want of descriptors, memory or a privilege says nothing about the model. So each kind of call
//! is made once on a plain object, where it can't fail otherwise: what fails there is refused beforehand. An error that
//! the environment may give later is believed to be its own only if a plain call fails with it at that moment.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use seal_live::{Child, Errno, Memfd, Pins};
use seal_model::syscall::{By, HOLDS, MemfdNoexec, Operation, Program, Settings};

use super::running::Running;
use crate::error::Error;

/// What every program begins with, and what is looked at after each of its calls.
const CREATE: &str = "create noexec-seal; get-seals; read 0";

/// A program with a call of this kind, which succeeds wherever it is granted.
fn plain(operation: &Operation) -> &'static str {
    match operation {
        Operation::Create(_) | Operation::GetSeals | Operation::Read { .. } => CREATE,
        Operation::Reopen(By::WriteOnly) => "create noexec-seal; reopen wo",
        Operation::Reopen(_) => "create noexec-seal; reopen ro",
        Operation::Seal { .. } => "create noexec-seal; seal write",
        Operation::Map { shared: true, write: false, .. } => "create noexec-seal; map a shared r",
        Operation::Map { shared: true, .. } => "create noexec-seal; map a shared rw",
        Operation::Map { .. } => "create noexec-seal; map a private rw",
        Operation::Unmap(_) => "create noexec-seal; map a shared r; unmap a",
        Operation::Touch { .. } | Operation::Load { .. } => {
            "create noexec-seal; resize 0.5; map a shared r; load a 0"
        }
        Operation::Store { .. } => "create noexec-seal; resize 0.5; map a shared rw; store a 0",
        Operation::Mprotect { .. } => "create noexec-seal; map a private r; mprotect a rw",
        Operation::Mlock(_) => "create noexec-seal; resize 1.5; map a shared r; mlock a",
        Operation::DontNeed { .. } => "create noexec-seal; map a shared r; dontneed a 0",
        Operation::Remove { .. } => "create noexec-seal; map a shared rw; remove a 0",
        Operation::Fork | Operation::Exit | Operation::Kill => "create noexec-seal; fork; exit",
        Operation::Write { .. } => "create noexec-seal; write 0..0.5",
        Operation::Resize { .. } => "create noexec-seal; resize 0.5",
        Operation::Allocate { .. } => "create noexec-seal; allocate 0..0.5",
        Operation::Punch { .. } => "create noexec-seal; punch 0..1",
        Operation::Chmod { .. } => "create noexec-seal; chmod -x",
        Operation::Pin { .. } | Operation::Unpin(_) | Operation::Dma(_) => {
            "create noexec-seal; resize 0.5; map a shared rw; pin p a 0; dma p; unpin p"
        }
        Operation::Vmsplice { .. } => {
            "create noexec-seal; resize 0.5; map a shared r; vmsplice p a 0; drain p"
        }
        Operation::Splice { .. } | Operation::Drain(_) => {
            "create noexec-seal; resize 0.5; splice p 0; drain p"
        }
    }
}

/// A call that the environment does not grant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Refusal {
    pub(super) error: Errno,
    /// Why, and the way out.
    pub(super) reason: String,
}

impl Refusal {
    /// None: no environment explains such an error.
    pub(super) fn of(error: Errno, call: &str) -> Option<Refusal> {
        let reason = match error {
            Errno::MFILE => format!("no descriptor is left for `{call}` ({error}): raise `ulimit -n`"),
            Errno::NFILE => {
                format!("the machine has no file left for `{call}` ({error}): see /proc/sys/fs/file-max")
            }
            Errno::NOMEM => {
                format!("no memory is granted for `{call}` ({error}): raise `ulimit -v` and `ulimit -l`")
            }
            Errno::AGAIN => {
                format!("no process or thread is granted for `{call}` ({error}): raise `ulimit -u`")
            }
            Errno::FBIG => format!("RLIMIT_FSIZE forbids `{call}` ({error}): raise `ulimit -f`"),
            Errno::NOSPC => format!("no room is left for `{call}` ({error})"),
            Errno::NOENT if call.starts_with("reopen") => {
                format!("/proc/self/fd can't be opened ({error}): mount /proc")
            }
            Errno::PERM | Errno::NOSYS | Errno::ACCESS => {
                format!(
                    "`{call}` is forbidden here ({error}): a filter of system calls or a policy is at work"
                )
            }
            _ => return None,
        };
        Some(Refusal { error, reason })
    }

    /// An error that comes and goes with what is in use, so that a call may meet it which was granted before.
    pub(super) fn may_come(error: Errno) -> bool {
        let of_resources =
            [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::AGAIN, Errno::FBIG, Errno::NOSPC];
        of_resources.contains(&error)
    }
}

/// Which calls are granted, as far as they were asked for.
#[derive(Debug, Default)]
pub(super) struct Granted(BTreeMap<&'static str, Result<(), Refusal>>);

impl Granted {
    /// Whether a call of this kind is granted.
    pub(super) fn call(&mut self, operation: &Operation, pins: &mut Ring) -> Result<(), Refusal> {
        let text = plain(operation);
        self.0.entry(text).or_insert_with(|| make(text, pins)).clone()
    }
}

/// Why a call failed with an error that may come at any time: a plain call of its kind fails with it as well.
pub(super) fn explained(operation: &Operation, error: Errno) -> Option<String> {
    let refusal = make(plain(operation), &mut ring()).err()?;
    (refusal.error == error).then_some(refusal.reason)
}

/// A ring to pin pages by, or the reason why there is none.
pub(super) type Ring = Result<Pins, Refusal>;

pub(super) fn ring() -> Ring {
    Pins::new(HOLDS).map_err(refused_ring)
}

/// Why there is no ring.
fn refused_ring(error: Errno) -> Refusal {
    match error {
        Errno::PERM | Errno::NOSYS | Errno::ACCESS => {
            let reason =
                format!("io_uring is forbidden here ({error}): look at the sysctl kernel.io_uring_disabled");
            Refusal { error, reason }
        }
        _ => Refusal::of(error, "io_uring_setup()")
            .unwrap_or_else(|| Refusal { error, reason: format!("io_uring does not work here ({error})") }),
    }
}

/// Make the calls of a plain program. An error that no environment explains is none here: the comparison is to see it.
fn make(text: &str, ring: &mut Ring) -> Result<(), Refusal> {
    let program: Program = text.parse().unwrap_or_default();
    let mut running = Running::default();
    let made = program.0.iter().try_for_each(|operation| match (ring.as_mut(), operation) {
        (Err(refusal), Operation::Pin { .. }) => Err(refusal.clone()),
        (ring, operation) => {
            // a child that would outlive this process is none
            let first = if *operation == Operation::Fork { Child::probe() } else { Ok(()) };
            match first.err().or_else(|| running.make(operation, ring.ok())?.err()) {
                Some(error) => Refusal::of(error, &operation.to_string()).map_or(Ok(()), Err),
                None => Ok(()),
            }
        }
    });
    if let Ok(pins) = ring {
        running.unpin_all(pins);
    }
    made
}

/// What this kernel was told.
///
/// # Errors
/// Large folios, which the calls of the model do not know, or that this can't be found out.
pub(super) fn settings() -> Result<Settings, Error> {
    let memfd_noexec = match read("/proc/sys/vm/memfd_noexec")?.as_deref().map(str::trim) {
        Some("0") => MemfdNoexec::Exec,
        Some("1") => MemfdNoexec::NoexecSeal,
        Some("2") => MemfdNoexec::Enforced,
        _ => noexec_by_what_it_does()?,
    };
    const MM: &str = "/sys/kernel/mm";
    if !Path::new(MM).is_dir() {
        return Err(Error::Conform(format!(
            "{MM} is not there, so whether memfds get large folios is unknown: mount /sys"
        )));
    }
    let huge = format!("{MM}/transparent_hugepage");
    let whole = format!("{huge}/shmem_enabled");
    let of_sizes = std::fs::read_dir(&huge).into_iter().flatten().flatten();
    let of_sizes = of_sizes.map(|size| size.path().join("shmem_enabled").display().to_string());
    // read with the directory closed: there may be few descriptors
    let paths: Vec<String> = of_sizes.chain([whole.clone()]).collect();
    for path in paths {
        let value = read(&path)?.unwrap_or_default();
        let given = ["[always]", "[within_size]", "[force]"];
        if let Some(value) = given.into_iter().find(|given| value.contains(given)) {
            return Err(Error::Conform(format!(
                "{path} is {value}: a memfd gets large folios here, whose pages are held and taken away together, and \
                 the model's calls know small pages alone: set it to never or advise"
            )));
        }
    }
    let large_folios = read(&whole)?.unwrap_or_default().contains("[advise]");
    Ok(Settings { memfd_noexec, large_folios })
}

/// A file of the kernel; none if it has no such file.
fn read(path: &str) -> Result<Option<String>, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(cause) => {
            Err(Error::Conform(format!("{path} can't be read, and the calls depend on it: {cause}")))
        }
    }
}

/// Where `/proc` is not mounted.
fn noexec_by_what_it_does() -> Result<MemfdNoexec, Error> {
    const NOEXEC: u32 = 0x20;
    let seals = Memfd::create(0).and_then(|file| file.seals());
    match seals {
        Ok(seals) if seals & NOEXEC != 0 => Ok(MemfdNoexec::NoexecSeal),
        Ok(_) => Ok(MemfdNoexec::Exec),
        Err(Errno::ACCESS) => Ok(MemfdNoexec::Enforced),
        Err(error) => Err(Error::Conform(format!("memfd_create() fails here ({error})"))),
    }
}

/// `6.18.44-something` is 6.18.
pub(super) fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}
