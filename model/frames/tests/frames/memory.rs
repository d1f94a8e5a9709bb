//! A memory that answers from a log, and an audit by brute force: runs whose frames are equal go on alike.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt::Debug;
use std::future::{Future, poll_fn};
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// Every access answers one of these.
const ANSWERS: [u8; 3] = [0, 1, 2];
/// So many answers lead to the places that are compared.
const DEPTH: usize = 5;
/// So many more are given to see how they go on.
const BEYOND: usize = 4;

pub(crate) trait Local: Debug + UnwindSafe + RefUnwindSafe {}

impl<T: Debug + UnwindSafe + RefUnwindSafe + ?Sized> Local for T {}

type Frames = Vec<(&'static Location<'static>, String)>;

pub(crate) struct Memory {
    log: Vec<u8>,
    answered: Cell<usize>,
    asked: Cell<Option<u8>>,
    frames: RefCell<Frames>,
}

impl Memory {
    /// One access.
    pub(crate) fn ask(&self, what: u8) -> impl Future<Output = u8> {
        poll_fn(move |_| match self.log.get(self.answered.get()) {
            Some(&answer) => {
                self.answered.set(self.answered.get() + 1);
                Poll::Ready(answer)
            }
            None => {
                self.asked.set(Some(what));
                Poll::Pending
            }
        })
    }
}

pub(crate) struct Frame<'m> {
    memory: &'m Memory,
    entered: Cell<bool>,
}

impl<'m> Frame<'m> {
    pub(crate) fn new(memory: &'m Memory, _: &[&dyn Local]) -> Self {
        Frame { memory, entered: Cell::new(false) }
    }

    #[track_caller]
    pub(crate) fn at(&self, locals: &[&dyn Local]) {
        let mut frames = self.memory.frames.borrow_mut();
        if self.entered.replace(true) {
            frames.pop();
        }
        frames.push((Location::caller(), format!("{locals:?}")));
    }
}

impl Drop for Frame<'_> {
    fn drop(&mut self) {
        if self.entered.get() {
            self.memory.frames.borrow_mut().pop();
        }
    }
}

/// A function to be looked at.
pub(crate) type Function = fn(&Memory) -> Pin<Box<dyn Future<Output = u8> + '_>>;

/// The next thing that a function does after a log, an access or its return; and its frames.
fn after(function: Function, log: &[u8]) -> (Result<u8, u8>, Frames) {
    let memory = Memory {
        log: log.to_vec(),
        answered: Cell::new(0),
        asked: Cell::new(None),
        frames: RefCell::default(),
    };
    let mut future = function(&memory);
    let done = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    let frames = memory.frames.borrow().clone();
    match done {
        Poll::Ready(returned) => (Err(returned), frames),
        Poll::Pending => (Ok(memory.asked.get().expect("it asks")), frames),
    }
}

/// Everything that a function may do after a log, in so many accesses.
fn behaviour(function: Function, log: &mut Vec<u8>, accesses: usize) -> String {
    match after(function, log).0 {
        Err(returned) => format!("={returned}"),
        Ok(asked) if accesses == 0 => format!("{asked}"),
        Ok(asked) => {
            let ways = ANSWERS.map(|answer| {
                log.push(answer);
                let way = behaviour(function, log, accesses - 1);
                log.pop();
                way
            });
            format!("{asked}{ways:?}")
        }
    }
}

/// The number of logs that lead to a place which another has led to, or two logs with equal frames that go on in
/// different ways.
pub(crate) fn audit(function: Function) -> Result<usize, String> {
    let mut known: HashMap<Frames, (Vec<u8>, String)> = HashMap::new();
    let mut merged = 0;
    let mut logs = vec![Vec::new()];
    while let Some(mut log) = logs.pop() {
        let (Ok(_), frames) = after(function, &log) else { continue };
        let goes_on = behaviour(function, &mut log, BEYOND);
        match known.get(&frames) {
            Some((other, behaves)) if *behaves != goes_on => {
                return Err(format!("{other:?} and {log:?} meet at {frames:?}"));
            }
            Some(_) => merged += 1,
            None => {
                known.insert(frames, (log.clone(), goes_on));
            }
        }
        if log.len() < DEPTH {
            logs.extend(ANSWERS.map(|answer| log.iter().copied().chain([answer]).collect()));
        }
    }
    Ok(merged)
}
