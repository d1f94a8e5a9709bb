//! The kernel's side: the same calls on a memfd of the running kernel.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use seal_live::{Child, Ended, Memfd, Opened, Pins};
use seal_model::Errno;
use seal_model::access::Answer;
use seal_model::syscall::{By, Create, During, HOLDS, Operation, Program, Said, Settings};

use super::granted::{settings, version};
use super::running::{Made, Running, create_flags, seal_bits};
use super::{Heard, Outcome};
use crate::error::Error;

/// When others are let in: this long after the call began, so that it falls into the sleep before rescan 1, 2, 3, 4.
/// The sleeps last 10, 20, 40 and 80 ms, each a tick or so longer.
const MOMENTS: [Duration; 4] = millis([4, 20, 55, 115]);
/// Whoever was let in later than this may have missed the sleep.
const LATE: [Duration; 4] = millis([8, 26, 62, 140]);

const fn millis(numbers: [u64; 4]) -> [Duration; 4] {
    let [a, b, c, d] = numbers;
    [Duration::from_millis(a), Duration::from_millis(b), Duration::from_millis(c), Duration::from_millis(d)]
}

/// One at a time in a process: a child that one forks has the mappings of all.
static ALONE: Mutex<()> = Mutex::new(());

/// What the running kernel grants, found out once.
#[derive(Debug)]
pub struct Live {
    _alone: MutexGuard<'static, ()>,
    pins: Result<Pins, String>,
    proc: Result<(), String>,
    fork: Result<(), String>,
    memlock: Result<(), String>,
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
}

impl Live {
    /// Find out what this kernel grants, once nobody else in this process asks it anything.
    ///
    /// # Errors
    /// A kernel before 6.7, or one that forbids memfds.
    pub fn new() -> Result<Self, Error> {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let release = seal_live::kernel_release();
        if version(&release).is_none_or(|version| version < (6, 7)) {
            return Err(Error::Conform(format!(
                "this kernel is {release}, and the calls of the model are those of 6.7 and later: run it there"
            )));
        }
        let plain = Create { noexec_seal: true, ..Create::default() };
        let file = Memfd::create(create_flags(plain)).map_err(|error| {
            Error::Conform(format!(
                "memfd_create() is forbidden here ({error}): run it where memfds are allowed"
            ))
        })?;
        let settings = settings()?;
        let needed = 64 * seal_live::page_size() as u64;
        let memlock = match seal_live::memlock_limit() {
            Some(limit) if limit < needed => Err(format!(
                "RLIMIT_MEMLOCK is {limit}, and {needed} bytes are needed: raise it by `ulimit -l`"
            )),
            _ => Ok(()),
        };
        let pins = Pins::new(HOLDS).map_err(|error| {
            format!("io_uring is forbidden here ({error}): look at the sysctl kernel.io_uring_disabled")
        });
        let proc = file.reopen(Opened::ReadOnly).map(drop);
        let fork = Child::idle().map(drop);
        Ok(Live {
            _alone: alone,
            pins,
            proc: proc.map_err(|error| format!("/proc/self/fd can't be opened ({error}): mount /proc")),
            fork: fork.map_err(|error| format!("fork() is forbidden here ({error})")),
            memlock,
            settings,
            release,
            running: Running::default(),
        })
    }

    /// Why this program can't be run here, if it can't.
    pub fn refuses(&self, program: &Program) -> Option<String> {
        program.0.iter().find_map(|operation| self.refuses_operation(operation).err())
    }

    fn refuses_operation(&self, operation: &Operation) -> Result<(), String> {
        match operation {
            Operation::Pin { .. } => {
                self.memlock.clone()?;
                self.pins.as_ref().map(|_| ()).map_err(String::clone)
            }
            Operation::Mlock(_) => self.memlock.clone(),
            Operation::Reopen(_) => self.proc.clone(),
            Operation::Fork | Operation::Kill => self.fork.clone(),
            Operation::Seal { during, .. } => {
                during.iter().try_for_each(|during| self.refuses_operation(&during.operation))
            }
            _ => Ok(()),
        }
    }

    /// Make every call of a program, and give everything back.
    pub fn run(&mut self, program: &Program) -> Vec<Observed> {
        let observed = program.0.iter().map(|operation| self.step(operation)).collect();
        self.end();
        observed
    }

    fn end(&mut self) {
        if let Ok(pins) = &mut self.pins {
            self.running.unpin_all(pins);
        }
        self.running = Running::default();
    }

    fn step(&mut self, operation: &Operation) -> Observed {
        let started = Instant::now();
        let (said, during, late) = match operation {
            Operation::Seal { seals, by, during } => self.seal(*seals, *by, during),
            _ => (self.make(operation), Vec::new(), false),
        };
        let elapsed = started.elapsed();
        let seen = self.running.seen();
        Observed { outcome: Outcome { said, during, seen }, elapsed, late }
    }

    /// Seal, in another thread or, if it is to be killed, in a child; and let others in while it sleeps.
    fn seal(&mut self, seals: Answer, by: By, during: &[During]) -> (Heard, Vec<Heard>, bool) {
        let seals = seal_bits(seals);
        let Some(file) = self.running.descriptor(by) else { return (Heard::Nothing, Vec::new(), false) };
        let started = Instant::now();
        if during.is_empty() {
            return (Heard::of_call(file.add_seals(seals)), Vec::new(), false);
        }
        if during.iter().any(|during| during.operation == Operation::Kill) {
            let child = match Child::sealing(&file, seals) {
                Ok(child) => child,
                Err(error) => return (Heard::Strange(error.raw_os_error()), Vec::new(), false),
            };
            let (heard, late) = self.let_in(during, started, &|| false, &|| child.kill());
            let said = match child.wait() {
                Ok(Ended::Killed) => Heard::Said(Said::Killed),
                Ok(Ended::Returned(returned)) => Heard::of_call(returned),
                Err(error) => Heard::Strange(error.raw_os_error()),
            };
            return (said, heard, late);
        }
        thread::scope(|scope| {
            let sealer = scope.spawn(move || file.add_seals(seals));
            let (heard, late) = self.let_in(during, started, &|| sealer.is_finished(), &|| Ok(()));
            let said = sealer.join().map_or(Heard::Nothing, Heard::of_call);
            (said, heard, late)
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
                thread::sleep(Duration::from_millis(1));
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
        Heard::made(match operation {
            Operation::Create(flags) => self.running.create(*flags),
            _ => self.running.make(operation, self.pins.as_mut().ok()),
        })
    }
}

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
        let known = [
            (seal_live::Errno::PERM, Errno::EPERM),
            (seal_live::Errno::BUSY, Errno::EBUSY),
            (seal_live::Errno::NOMEM, Errno::ENOMEM),
            (seal_live::Errno::NOENT, Errno::ENOENT),
            (seal_live::Errno::ACCESS, Errno::EACCES),
            (seal_live::Errno::FAULT, Errno::EFAULT),
            (seal_live::Errno::INVAL, Errno::EINVAL),
            (seal_live::Errno::BADF, Errno::EBADF),
        ];
        let found = known.into_iter().find(|(kernel, _)| *kernel == error);
        found.map_or(Heard::Strange(error.raw_os_error()), |(_, model)| Heard::Failed(model))
    }
}
