//! The kernel's side: the same calls on a memfd of the running kernel.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use seal_live::{Child, Ended};
use seal_model::Errno;
use seal_model::access::Answer;
use seal_model::syscall::{By, During, Operation, PAGES, Program, Said, Settings};

use super::granted::{Granted, Refusal, Ring, explained, ring, settings, version};
use super::running::{Made, Running, STRANGE, seal_bits};
use super::{Heard, Outcome, half_page};
use crate::error::Error;

/// When others are let in: this long after the call began, so that it falls into the sleep before rescan 1, 2, 3, 4.
/// The sleeps last 10, 20, 40 and 80 ms, each a tick or so longer.
const MOMENTS: [Duration; 4] = millis([4, 20, 55, 115]);
/// A thread that is kept waiting for a processor as long as this says that others are as well.
const STALLED: Duration = Duration::from_millis(4);
/// Whoever was let in later than this may have missed the sleep.
const LATE: [Duration; 4] = millis([8, 26, 62, 140]);

const fn millis(numbers: [u64; 4]) -> [Duration; 4] {
    let [a, b, c, d] = numbers;
    [Duration::from_millis(a), Duration::from_millis(b), Duration::from_millis(c), Duration::from_millis(d)]
}

/// One at a time in a process: a child that one forks has the mappings of all.
static ALONE: Mutex<()> = Mutex::new(());

/// The running kernel, and what it grants.
#[derive(Debug)]
pub struct Live {
    _alone: MutexGuard<'static, ()>,
    ring: Ring,
    granted: Granted,
    /// What this kernel was told.
    pub settings: Settings,
    /// `uname -r`
    pub release: String,
    running: Running,
}

/// What the kernel did at one call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Observed {
    /// What it answered, and what can be seen then.
    pub outcome: Outcome,
    /// How long a sealer took.
    pub elapsed: Duration,
    /// This machine was too slow to let somebody in while the sealer slept.
    pub late: bool,
    /// What of the environment made a call fail: the answer says nothing about the model.
    pub environment: Option<String>,
}

/// What came of a seal.
#[derive(Default)]
struct Sealed {
    said: Option<Heard>,
    during: Vec<Heard>,
    late: bool,
    environment: Option<String>,
}

impl Live {
    /// Find out what this kernel grants, once nobody else in this process asks it anything. From here on a write beyond
    /// RLIMIT_FSIZE is an error and no signal.
    ///
    /// # Errors
    /// A kernel before 6.7, one that forbids memfds, and one whose settings are unknown or give memfds large folios.
    pub fn new() -> Result<Self, Error> {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        seal_live::survive_file_size_limit();
        let release = seal_live::kernel_release();
        if version(&release).is_none_or(|version| version < (6, 7)) {
            return Err(Error::Conform(format!(
                "this kernel is {release}, and the calls of the model are those of 6.7 and later: run it there"
            )));
        }
        let settings = settings()?;
        let (mut ring, mut granted) = (ring(), Granted::default());
        granted.call(&Operation::GetSeals, &mut ring).map_err(|refusal| Error::Conform(refusal.reason))?;
        Ok(Live { _alone: alone, ring, granted, settings, release, running: Running::default() })
    }

    /// Why this program can't be run here, if it can't.
    pub fn refuses(&mut self, program: &Program) -> Option<String> {
        program.0.iter().find_map(|operation| self.refuses_operation(operation).err())
    }

    fn refuses_operation(&mut self, operation: &Operation) -> Result<(), String> {
        within_limits(operation)?;
        self.granted.call(operation, &mut self.ring).map_err(|refusal| refusal.reason)?;
        let Operation::Seal { during, .. } = operation else { return Ok(()) };
        during.iter().try_for_each(|during| self.refuses_operation(&during.operation))
    }

    /// Make every call of a program, and give everything back.
    pub fn run(&mut self, program: &Program) -> Vec<Observed> {
        let observed = program.0.iter().map(|operation| self.step(operation)).collect();
        self.end();
        observed
    }

    fn end(&mut self) {
        if let Ok(pins) = &mut self.ring {
            self.running.unpin_all(pins);
        }
        self.running = Running::default();
    }

    fn step(&mut self, operation: &Operation) -> Observed {
        let started = Instant::now();
        let sealed = match operation {
            Operation::Seal { seals, by, during } if !during.is_empty() => self.seal(*seals, *by, during),
            _ => Sealed { said: Some(self.make(operation)), ..Sealed::default() },
        };
        let elapsed = started.elapsed();
        let Sealed { said, during, late, environment } = sealed;
        let outcome = Outcome { said: said.unwrap_or(Heard::Nothing), during, seen: self.running.seen() };
        let environment = environment.or_else(|| of_environment(operation, &outcome));
        Observed { outcome, elapsed, late, environment }
    }

    /// Seal, in another thread or, if it is to be killed, in a child; and let others in while it sleeps.
    fn seal(&mut self, seals: Answer, by: By, during: &[During]) -> Sealed {
        let seals = seal_bits(seals);
        let Some(file) = self.running.descriptor(by) else { return Sealed::default() };
        let started = Instant::now();
        if during.iter().any(|during| during.operation == Operation::Kill) {
            let child = match Child::sealing(&file, seals) {
                Ok(child) => child,
                Err(error) => return Sealed { said: Some(Heard::failed(error)), ..Sealed::default() },
            };
            let (heard, late) = self.let_in(during, started, &|| false, &|| child.kill());
            let said = match child.wait() {
                Ok(Ended::Killed) => Heard::Said(Said::Killed),
                Ok(Ended::Returned(returned)) => Heard::of_call(returned),
                Ok(Ended::Signaled(_)) => Heard::failed(STRANGE),
                Err(error) => Heard::failed(error),
            };
            return Sealed { said: Some(said), during: heard, late, environment: None };
        }
        thread::scope(|scope| {
            let sealer = thread::Builder::new()
                .spawn_scoped(scope, move || (started.elapsed(), file.add_seals(seals)));
            let sealer = match sealer {
                Ok(sealer) => sealer,
                Err(error) => {
                    let environment =
                        Some(format!("no thread is granted ({error}): raise `ulimit -u` and `ulimit -v`"));
                    return Sealed { environment, ..Sealed::default() };
                }
            };
            let (during, late) = self.let_in(during, started, &|| sealer.is_finished(), &|| Ok(()));
            let Ok((began, returned)) = sealer.join() else { return Sealed { during, ..Sealed::default() } };
            Sealed {
                said: Some(Heard::of_call(returned)),
                during,
                late: late || began > STALLED,
                environment: None,
            }
        })
    }

    /// Make calls while somebody seals, each in its sleep: what they answered, and whether one came too late.
    fn let_in(
        &mut self,
        during: &[During],
        started: Instant,
        sealed: &dyn Fn() -> bool,
        kill: &dyn Fn() -> seal_live::Result<()>,
    ) -> (Vec<Heard>, bool) {
        let (mut heard, mut late) = (Vec::new(), false);
        for During { rescan, operation } in during {
            let place = *rescan as usize - 1;
            while started.elapsed() < MOMENTS[place] && !sealed() {
                let before = Instant::now();
                thread::sleep(Duration::from_millis(1));
                late |= before.elapsed() > STALLED;
            }
            late |= !sealed() && started.elapsed() > LATE[place];
            heard.push(match operation {
                Operation::Kill => Heard::of_call(kill()),
                _ => self.make(operation),
            });
        }
        (heard, late)
    }

    fn make(&mut self, operation: &Operation) -> Heard {
        Heard::made(self.running.make(operation, self.ring.as_mut().ok()))
    }
}

/// Limits that a call is sure to meet.
fn within_limits(operation: &Operation) -> Result<(), String> {
    let end = match *operation {
        Operation::Write { to, .. } | Operation::Allocate { to, .. } => to as u64 * half_page(),
        Operation::Resize { size, .. } => size as u64 * half_page(),
        Operation::Dma(_) => 1, // what the device reads from
        _ => 0,
    };
    if let Some(limit) = seal_live::file_size_limit().filter(|&limit| limit < end) {
        return Err(format!(
            "RLIMIT_FSIZE is {limit}, and files have up to {} bytes: raise it by `ulimit -f`",
            PAGES as u64 * 2 * half_page()
        ));
    }
    let needed = 128 * half_page();
    let locks = matches!(operation, Operation::Mlock(_) | Operation::Pin { .. });
    match seal_live::memlock_limit().filter(|&limit| locks && limit < needed) {
        Some(limit) => {
            Err(format!("RLIMIT_MEMLOCK is {limit}, and {needed} bytes are needed: raise it by `ulimit -l`"))
        }
        None => Ok(()),
    }
}

/// What of the environment made this call fail, or one that was made meanwhile.
fn of_environment(operation: &Operation, outcome: &Outcome) -> Option<String> {
    let during: &[During] = match operation {
        Operation::Seal { during, .. } => during,
        _ => &[],
    };
    let meanwhile = during.iter().map(|during| &during.operation).zip(&outcome.during);
    let all = std::iter::once((operation, &outcome.said)).chain(meanwhile);
    let sealer_is_child = during.iter().any(|during| during.operation == Operation::Kill);
    all.filter_map(|(operation, heard)| Some((operation, heard.error().filter(|e| Refusal::may_come(*e))?)))
        .find_map(|(operation, error)| {
            let forks = sealer_is_child && matches!(operation, Operation::Seal { .. });
            explained(if forks { &Operation::Fork } else { operation }, error)
        })
}

/// Errors that the model knows, as the kernel numbers them.
const ERRORS: [(seal_live::Errno, Errno); 8] = [
    (seal_live::Errno::PERM, Errno::EPERM),
    (seal_live::Errno::BUSY, Errno::EBUSY),
    (seal_live::Errno::NOMEM, Errno::ENOMEM),
    (seal_live::Errno::NOENT, Errno::ENOENT),
    (seal_live::Errno::ACCESS, Errno::EACCES),
    (seal_live::Errno::FAULT, Errno::EFAULT),
    (seal_live::Errno::INVAL, Errno::EINVAL),
    (seal_live::Errno::BADF, Errno::EBADF),
];

impl Heard {
    fn made(made: Made) -> Self {
        match made {
            None => Heard::Nothing,
            Some(Ok(said)) => Heard::Said(said),
            Some(Err(error)) => Heard::failed(error),
        }
    }

    fn of_call(returned: seal_live::Result<()>) -> Self {
        returned.map_or_else(Heard::failed, |()| Heard::Said(Said::Done))
    }

    fn failed(error: seal_live::Errno) -> Self {
        let found = ERRORS.into_iter().find(|(kernel, _)| *kernel == error);
        found.map_or(Heard::Strange(error.raw_os_error()), |(_, model)| Heard::Failed(model))
    }

    /// The error as the kernel numbers it.
    pub(super) fn error(&self) -> Option<seal_live::Errno> {
        match *self {
            Heard::Failed(error) => {
                ERRORS.into_iter().find(|(_, model)| *model == error).map(|(kernel, _)| kernel)
            }
            Heard::Strange(number) => Some(seal_live::Errno::from_raw_os_error(number)),
            Heard::Nothing | Heard::Said(_) => None,
        }
    }
}
