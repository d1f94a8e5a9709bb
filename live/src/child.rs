//! Children that hold what they inherited, and one that seals.

use rustix::process::{Pid, Signal, WaitOptions};

use crate::{Errno, Memfd, Result, last_error};

/// A child; it is killed and waited for when it is dropped, and it is killed when this process ends.
#[derive(Debug)]
pub struct Child {
    pid: Option<Pid>,
}

/// How a child ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// By itself, with the result of its call.
    Returned(Result<()>),
    /// By SIGKILL.
    Killed,
    /// By another signal.
    Signaled(i32),
}

impl Child {
    /// `fork()`: a child that does nothing and has the same mappings and descriptors.
    ///
    /// # Errors
    /// EAGAIN, ENOMEM; EPERM where a filter of system calls forbids it.
    pub fn idle() -> Result<Self> {
        Child::fork(|| {
            loop {
                // SAFETY: pause() may be called between fork() and exit()
                unsafe { libc::pause() };
            }
        })
    }

    /// `fork()`: a child that adds seals and exits.
    ///
    /// # Errors
    /// As [`idle`](Child::idle).
    pub fn sealing(file: &Memfd, seals: u32) -> Result<Self> {
        Child::fork(|| file.add_seals(seals).map_or_else(Errno::raw_os_error, |()| 0))
    }

    /// Whether a child can be made that dies with its parent.
    ///
    /// # Errors
    /// As [`idle`](Child::idle); EPERM or ENOSYS where prctl() is forbidden.
    pub fn probe() -> Result<()> {
        match Child::fork(|| 0)?.wait()? {
            Ended::Returned(returned) => returned,
            Ended::Killed | Ended::Signaled(_) => Err(Errno::CHILD),
        }
    }

    fn fork(then: impl FnOnce() -> i32) -> Result<Self> {
        let parent = rustix::process::getpid();
        // SAFETY: the child makes system calls alone: it neither allocates nor locks, whatever other threads were at
        match unsafe { libc::fork() } {
            -1 => Err(last_error()),
            0 => {
                let status = outlived_by(parent).map_or_else(Errno::raw_os_error, |()| then());
                // SAFETY: the child ends here, without running what belongs to its parent
                unsafe { libc::_exit(status) }
            }
            pid => Ok(Child { pid: Pid::from_raw(pid) }),
        }
    }

    /// SIGKILL. It has ended once it is [waited for](Child::wait).
    ///
    /// # Errors
    /// None for a child that was not waited for.
    pub fn kill(&self) -> Result<()> {
        self.pid.map_or(Ok(()), |pid| rustix::process::kill_process(pid, Signal::KILL))
    }

    /// `waitpid()`: how it ended.
    ///
    /// # Errors
    /// None for a child.
    pub fn wait(mut self) -> Result<Ended> {
        let status = self.reap()?.ok_or(Errno::CHILD)?;
        Ok(match status.exit_status() {
            None if status.terminating_signal() == Some(Signal::KILL.as_raw()) => Ended::Killed,
            None => Ended::Signaled(status.terminating_signal().unwrap_or_default()),
            Some(0) => Ended::Returned(Ok(())),
            Some(error) => Ended::Returned(Err(Errno::from_raw_os_error(error))),
        })
    }

    fn reap(&mut self) -> Result<Option<rustix::process::WaitStatus>> {
        let Some(pid) = self.pid.take() else { return Ok(None) };
        Ok(rustix::process::waitpid(Some(pid), WaitOptions::empty())?.map(|(_, status)| status))
    }
}

/// In a child: it is to be killed when its parent ends, which may have happened already.
fn outlived_by(parent: Pid) -> Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    if rustix::process::getppid() == Some(parent) { Ok(()) } else { Err(Errno::CHILD) }
}

impl Drop for Child {
    fn drop(&mut self) {
        // one that can't be killed is not waited for: it ends with this process
        if self.kill().is_ok() {
            let _ = self.reap();
        }
    }
}
