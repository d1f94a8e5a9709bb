//! The kernel's side: the same calls on a memfd of the running kernel.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use seal_live::{Access, Child, Ended, Mapping, Memfd, Opened, Pins, Pipe};
use seal_model::Errno;
use seal_model::access::{
    Answer, SEAL_EXEC, SEAL_FUTURE_WRITE, SEAL_GROW, SEAL_SEAL, SEAL_SHRINK, SEAL_WRITE,
};
use seal_model::syscall::{
    By, Create, During, HOLDS, MemfdNoexec, Operation, PAGES, Program, SLOTS, Said, Settings, Slot,
    UNKNOWN_SEAL,
};

use super::{Heard, Outcome, Seen};
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

/// Each seal as the kernel numbers it. The last is none, and nobody plans it.
const SEALS: [(Answer, u32); 7] = [
    (SEAL_SEAL, 0x01),
    (SEAL_SHRINK, 0x02),
    (SEAL_GROW, 0x04),
    (SEAL_WRITE, 0x08),
    (SEAL_FUTURE_WRITE, 0x10),
    (SEAL_EXEC, 0x20),
    (UNKNOWN_SEAL, 0x4000_0000),
];

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

/// One program, under way.
#[derive(Debug, Default)]
struct Running {
    file: Option<Arc<Memfd>>,
    reopened: [Option<Arc<Memfd>>; 2],
    mappings: [Option<Mapping>; SLOTS],
    child: Option<Child>,
    holds: [Option<Held>; HOLDS],
}

#[derive(Debug)]
enum Held {
    Pin,
    Pipe(Pipe),
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
        for hold in 0..HOLDS {
            if let (Some(Held::Pin), Ok(pins)) = (&self.running.holds[hold], &mut self.pins) {
                let released = pins.release(hold);
                debug_assert!(released.is_ok(), "unregister: {released:?}");
            }
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
        let seen = self.running.file.as_ref().and_then(|file| seen(file).ok());
        Observed { outcome: Outcome { said, during, seen }, elapsed, late }
    }

    /// Seal, in another thread or, if it is to be killed, in a child; and let others in while it sleeps.
    fn seal(&mut self, seals: Answer, by: By, during: &[During]) -> (Heard, Vec<Heard>, bool) {
        let chosen = SEALS.iter().filter(|(model, _)| seals & model != 0);
        let seals = chosen.fold(0, |bits, (_, bit)| bits | bit);
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
        if let (Operation::Create(flags), None) = (operation, &self.running.file) {
            return match Memfd::create(create_flags(*flags)) {
                Ok(file) => {
                    self.running.file = Some(Arc::new(file));
                    Heard::Said(Said::Done)
                }
                Err(error) => Heard::failed(error),
            };
        }
        match self.running.make(operation, self.pins.as_mut().ok()) {
            None => Heard::Nothing,
            Some(Ok(said)) => Heard::Said(said),
            Some(Err(error)) => Heard::failed(error),
        }
    }
}

/// `MFD_ALLOW_SEALING`, `MFD_NOEXEC_SEAL`, `MFD_EXEC`, as the kernel numbers them.
fn create_flags(flags: Create) -> u32 {
    let bit = |set: bool, bit: u32| if set { bit } else { 0 };
    bit(flags.allow_sealing, 0x02) | bit(flags.noexec_seal, 0x08) | bit(flags.exec, 0x10)
}

/// What this kernel was told: files that no setting forbids are those of the default.
fn settings() -> Result<Settings, Error> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let memfd_noexec = match read("/proc/sys/vm/memfd_noexec").trim() {
        "1" => MemfdNoexec::NoexecSeal,
        "2" => MemfdNoexec::Enforced,
        _ => MemfdNoexec::Exec,
    };
    const HUGE: &str = "/sys/kernel/mm/transparent_hugepage";
    let of_sizes = std::fs::read_dir(HUGE).into_iter().flatten().flatten();
    let of_sizes = of_sizes.map(|size| size.path().join("shmem_enabled")).filter(|path| path.exists());
    let whole = format!("{HUGE}/shmem_enabled");
    for path in of_sizes.map(|path| path.display().to_string()).chain([whole.clone()]) {
        let given = ["[always]", "[within_size]", "[force]"];
        if let Some(value) = given.into_iter().find(|value| read(&path).contains(value)) {
            return Err(Error::Conform(format!(
                "{path} is {value}: a memfd gets large folios here, whose pages are held and taken away together, and \
                 the model's calls know small pages alone: set it to never or advise"
            )));
        }
    }
    let large_folios = read(&whole).contains("[advise]");
    Ok(Settings { memfd_noexec, large_folios })
}

/// `6.18.44-something` is 6.18.
fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn half_page() -> u64 {
    seal_live::page_size() as u64 / 2
}

/// Size, seals and the first bytes of the pages.
fn seen(file: &Memfd) -> seal_live::Result<Seen> {
    let set = file.seals()?;
    let model = SEALS.iter().filter(|(_, bit)| set & bit != 0).fold(0, |seals, (bit, _)| seals | bit);
    let mut bytes = [0; PAGES as usize];
    for (page, byte) in bytes.iter_mut().enumerate() {
        *byte = file.read_byte(2 * half_page() * page as u64)?.unwrap_or(0);
    }
    Ok(Seen { size: (file.size()? / half_page()) as u8, seals: model, bytes })
}

type Made = Option<seal_live::Result<Said>>;

impl Running {
    fn descriptor(&self, by: By) -> Option<Arc<Memfd>> {
        match by {
            By::ReadWrite => self.file.clone(),
            By::ReadOnly => self.reopened[0].clone(),
            By::WriteOnly => self.reopened[1].clone(),
        }
    }

    fn make(&mut self, operation: &Operation, pins: Option<&mut Pins>) -> Made {
        let file = self.file.clone()?;
        match *operation {
            Operation::Create(_) | Operation::Seal { .. } | Operation::Kill => None,
            Operation::Reopen(by) => self.reopen(&file, by),
            Operation::GetSeals => Some(seen(&file).map(|seen| Said::Seals(seen.seals))),
            Operation::Fork if self.child.is_none() => {
                Some(Child::idle().map(|child| self.child = Some(child)).map(done))
            }
            Operation::Fork => None,
            Operation::Exit => {
                self.child.take().map(|child| child.kill().and_then(|()| child.wait()).map(done))
            }
            Operation::Write { by, .. }
            | Operation::Read { by, .. }
            | Operation::Resize { by, .. }
            | Operation::Allocate { by, .. }
            | Operation::Punch { by, .. } => Some(by_descriptor(&*self.descriptor(by)?, &file, operation)),
            Operation::Chmod { executable } => {
                Some(file.chmod(if executable { 0o777 } else { 0o666 }).map(done))
            }
            Operation::Map { slot, shared, write, by } => {
                let descriptor = self.descriptor(by)?;
                let place = &mut self.mappings[slot.0 as usize];
                if place.is_some() {
                    return None;
                }
                let mapped = Mapping::new(&*descriptor, PAGES as usize, shared, access(write));
                Some(mapped.map(|mapping| *place = Some(mapping)).map(done))
            }
            Operation::Unmap(slot) => Some(self.mappings[slot.0 as usize].take()?.unmap().map(done)),
            Operation::Pin { .. }
            | Operation::Unpin(_)
            | Operation::Dma(_)
            | Operation::Vmsplice { .. }
            | Operation::Splice { .. }
            | Operation::Drain(_) => self.hold(operation, pins),
            _ => self.by_mapping(operation),
        }
    }

    fn reopen(&mut self, file: &Memfd, by: By) -> Made {
        let (place, opened) = match by {
            By::ReadWrite => return None,
            By::ReadOnly => (0, Opened::ReadOnly),
            By::WriteOnly => (1, Opened::WriteOnly),
        };
        if self.reopened[place].is_some() {
            return None;
        }
        Some(file.reopen(opened).map(|file| self.reopened[place] = Some(Arc::new(file))).map(done))
    }

    fn by_mapping(&self, operation: &Operation) -> Made {
        let mapping = |slot: Slot| self.mappings[slot.0 as usize].as_ref();
        Some(match *operation {
            Operation::Touch { slot, index } => mapping(slot)?.touch(index.0 as usize).map(done),
            Operation::Load { slot, index } => mapping(slot)?.load(index.0 as usize).map(Said::Byte),
            Operation::Store { slot, index } => mapping(slot)?.store(index.0 as usize).map(done),
            Operation::Mprotect { slot, write } => mapping(slot)?.protect(access(write)).map(done),
            Operation::Mlock(slot) => mapping(slot)?.mlock().map(done),
            Operation::DontNeed { slot, index } => mapping(slot)?.dontneed(index.0 as usize).map(done),
            Operation::Remove { slot, index } => mapping(slot)?.remove(index.0 as usize).map(done),
            _ => return None,
        })
    }

    fn hold(&mut self, operation: &Operation, pins: Option<&mut Pins>) -> Made {
        match *operation {
            Operation::Pin { hold, slot, index } => {
                let (mapping, place) =
                    (self.mappings[slot.0 as usize].as_ref()?, &mut self.holds[hold.0 as usize]);
                let (None, Some(pins)) = (&place, pins) else { return None };
                let pinned = pins.register(hold.0 as usize, mapping, index.0 as usize);
                Some(pinned.map(|()| *place = Some(Held::Pin)).map(done))
            }
            Operation::Unpin(hold) => {
                let (Some(Held::Pin), Some(pins)) = (&self.holds[hold.0 as usize], pins) else { return None };
                self.holds[hold.0 as usize] = None;
                Some(pins.release(hold.0 as usize).map(done))
            }
            Operation::Dma(hold) => {
                let (Some(Held::Pin), Some(pins)) = (&self.holds[hold.0 as usize], pins) else { return None };
                Some(pins.exchange(hold.0 as usize).map(Said::Byte))
            }
            Operation::Vmsplice { hold, slot, index } => {
                let mapping = self.mappings[slot.0 as usize].as_ref()?;
                into_pipe(&mut self.holds[hold.0 as usize], |pipe| pipe.vmsplice(mapping, index.0 as usize))
            }
            Operation::Splice { hold, index, by } => {
                let file = self.descriptor(by)?;
                into_pipe(&mut self.holds[hold.0 as usize], |pipe| pipe.splice(&*file, index.0 as usize))
            }
            Operation::Drain(hold) => {
                let Some(Held::Pipe(pipe)) = &self.holds[hold.0 as usize] else { return None };
                let drained = pipe.drain().map(|byte| byte.map_or(Said::Done, Said::Byte));
                self.holds[hold.0 as usize] = None;
                Some(drained)
            }
            _ => None,
        }
    }
}

/// Fill a new pipe; one that stays empty is given back.
fn into_pipe(place: &mut Option<Held>, fill: impl FnOnce(&Pipe) -> seal_live::Result<usize>) -> Made {
    if place.is_some() {
        return None;
    }
    let filled = Pipe::new().and_then(|pipe| Ok((fill(&pipe)?, pipe)));
    Some(filled.map(|(bytes, pipe)| {
        if bytes > 0 {
            *place = Some(Held::Pipe(pipe));
        }
        halves(bytes)
    }))
}

fn done<T>(_: T) -> Said {
    Said::Done
}

fn halves(bytes: usize) -> Said {
    Said::Halves((bytes as u64 / half_page()) as u8)
}

fn access(write: bool) -> Access {
    if write { Access::ReadWrite } else { Access::Read }
}

/// A call by one descriptor; `first` is the one that may read what a write is to flip.
fn by_descriptor(file: &Memfd, first: &Memfd, operation: &Operation) -> seal_live::Result<Said> {
    let at = |halves: u8| halves as u64 * half_page();
    match *operation {
        Operation::Write { from, to, .. } => {
            let mut bytes = vec![0; at(to - from) as usize];
            for start in (from..to).filter(|half| half % 2 == 0) {
                let old = first.read_byte(at(start))?.unwrap_or(0);
                bytes[at(start - from) as usize] = old ^ 1;
            }
            file.write(&bytes, at(from)).map(halves)
        }
        Operation::Read { index, .. } => {
            file.read_byte(at(2 * index.0)).map(|byte| byte.map_or(Said::Halves(0), Said::Byte))
        }
        Operation::Resize { size, .. } => file.resize(at(size)).map(done),
        Operation::Allocate { from, to, keep_size, .. } => {
            file.allocate(at(from), at(to - from), keep_size).map(done)
        }
        Operation::Punch { from, to, .. } => file.punch(at(2 * from.0), at(2 * (to.0 - from.0))).map(done),
        _ => Ok(Said::Done),
    }
}

impl Heard {
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
