//! The platform that an engine runs actors on: words of memory that several threads touch, fences, and a way to wait.

use std::sync::atomic::Ordering;

/// One word of shared memory.
pub(super) trait Word: Send + Sync + 'static {
    fn new(value: i16) -> Self;
    fn load(&self) -> i16;
    fn swap(&self, value: i16, order: Ordering) -> i16;
    fn fetch_add(&self, by: i16, order: Ordering) -> i16;
    fn fetch_or(&self, bits: i16, order: Ordering) -> i16;
    fn fetch_xor(&self, bits: i16, order: Ordering) -> i16;
    fn compare_exchange(&self, old: i16, new: i16, order: Ordering) -> Result<i16, i16>;
}

/// Threads, real or pretended.
pub(super) trait Platform: 'static {
    type Word: Word;
    type Thread: Send;
    /// True if one thread at a time runs, and others only while it is inside an operation of a [`Word`]. Then
    /// everything else that it does is in one step with the operation before.
    const IN_TURN: bool;
    /// A sequentially consistent fence.
    fn fence();
    fn current() -> Self::Thread;
    /// Wait until [`wake`](Platform::wake) was called, or for no reason.
    fn wait();
    fn wake(thread: &Self::Thread);
}

macro_rules! word {
    ($type:ty) => {
        impl Word for $type {
            fn new(value: i16) -> Self {
                <$type>::new(value)
            }
            fn load(&self) -> i16 {
                self.load(Ordering::Relaxed)
            }
            fn swap(&self, value: i16, order: Ordering) -> i16 {
                self.swap(value, order)
            }
            fn fetch_add(&self, by: i16, order: Ordering) -> i16 {
                self.fetch_add(by, order)
            }
            fn fetch_or(&self, bits: i16, order: Ordering) -> i16 {
                self.fetch_or(bits, order)
            }
            fn fetch_xor(&self, bits: i16, order: Ordering) -> i16 {
                self.fetch_xor(bits, order)
            }
            fn compare_exchange(&self, old: i16, new: i16, order: Ordering) -> Result<i16, i16> {
                self.compare_exchange(old, new, order, Ordering::Relaxed)
            }
        }
    };
}

word!(std::sync::atomic::AtomicI16);
word!(loom::sync::atomic::AtomicI16);

/// loom's threads and its C11 memory.
pub(super) struct Loom;

impl Platform for Loom {
    type Word = loom::sync::atomic::AtomicI16;
    type Thread = loom::thread::Thread;
    const IN_TURN: bool = true;
    fn fence() {
        loom::sync::atomic::fence(Ordering::SeqCst);
    }
    fn current() -> Self::Thread {
        loom::thread::current()
    }
    fn wait() {
        loom::thread::park();
    }
    fn wake(thread: &Self::Thread) {
        thread.unpark();
    }
}

/// Threads of the operating system.
pub(super) struct Machine;

impl Platform for Machine {
    type Word = std::sync::atomic::AtomicI16;
    type Thread = ();
    const IN_TURN: bool = false;
    fn fence() {
        std::sync::atomic::fence(Ordering::SeqCst);
    }
    fn current() {}
    fn wait() {
        std::thread::yield_now();
    }
    fn wake((): &()) {}
}
