//! Pages pinned for writing: registered buffers of an io_uring.

use std::os::fd::AsRawFd;
use std::ptr;

use io_uring::{IoUring, opcode, squeue, types};

use crate::{Errno, Mapping, Memfd, Result, errno, page_size};

/// A ring with room for some registered buffers of one page each. What is registered is let go of when it is dropped.
pub struct Pins {
    ring: IoUring,
    /// Where each buffer was mapped when it was registered.
    starts: Vec<*mut u8>,
    /// What a device would be: bytes go from here into a page, and from a page to here.
    scratch: Memfd,
}

impl std::fmt::Debug for Pins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pins").field("starts", &self.starts).finish_non_exhaustive()
    }
}

impl Pins {
    /// `io_uring_setup()`, and an empty table of buffers.
    ///
    /// # Errors
    /// ENOSYS, or EPERM where `kernel.io_uring_disabled` or a filter of system calls forbids it.
    pub fn new(buffers: usize) -> Result<Self> {
        let ring = IoUring::new(2).map_err(|error| errno(&error))?;
        ring.submitter().register_buffers_sparse(buffers as u32).map_err(|error| errno(&error))?;
        Ok(Pins { ring, starts: vec![ptr::null_mut(); buffers], scratch: Memfd::create(0)? })
    }

    /// Register the page of a mapping: it is pinned until it is [released](Pins::release), whatever becomes of the
    /// mapping.
    ///
    /// # Errors
    /// EFAULT where the mapping can't be written or the page can't be brought in; ENOMEM beyond RLIMIT_MEMLOCK.
    pub fn register(&mut self, buffer: usize, mapping: &Mapping, page: usize) -> Result<()> {
        let start = mapping.page(page);
        let vector = libc::iovec { iov_base: start, iov_len: page_size() };
        // SAFETY: the kernel pins the page, so that the buffer stays valid whatever happens to the mapping
        unsafe { self.ring.submitter().register_buffers_update(buffer as u32, &[vector], None) }
            .map_err(|error| errno(&error))?;
        self.starts[buffer] = start.cast();
        Ok(())
    }

    /// Unregister a buffer: the page is unpinned before this returns.
    ///
    /// # Errors
    /// None that a registered buffer gives.
    pub fn release(&mut self, buffer: usize) -> Result<()> {
        let nothing = libc::iovec { iov_base: ptr::null_mut(), iov_len: 0 };
        // SAFETY: an empty buffer refers to nothing
        unsafe { self.ring.submitter().register_buffers_update(buffer as u32, &[nothing], None) }
            .map_err(|error| errno(&error))
    }

    /// A device reads the first byte of a pinned page, and writes it back flipped: what it was.
    ///
    /// # Errors
    /// EIO where the ring transfers nothing.
    pub fn exchange(&mut self, buffer: usize) -> Result<u8> {
        let (file, start) = (types::Fd(self.scratch_fd()), self.starts[buffer]);
        self.transfer(opcode::WriteFixed::new(file, start, 1, buffer as u16).build())?;
        let before = self.scratch.read_byte(0)?.ok_or(Errno::IO)?;
        self.scratch.write(&[before ^ 1], 0)?;
        self.transfer(opcode::ReadFixed::new(file, start, 1, buffer as u16).build())?;
        Ok(before)
    }

    fn scratch_fd(&self) -> i32 {
        use std::os::fd::AsFd;
        self.scratch.as_fd().as_raw_fd()
    }

    /// One request, from its submission to its completion.
    fn transfer(&mut self, entry: squeue::Entry) -> Result<()> {
        // SAFETY: the kernel takes the address as an offset into the registered page alone, which is pinned
        unsafe { self.ring.submission().push(&entry) }.map_err(|_| Errno::AGAIN)?;
        self.ring.submit_and_wait(1).map_err(|error| errno(&error))?;
        let completed = self.ring.completion().next().ok_or(Errno::IO)?;
        match completed.result() {
            1 => Ok(()),
            error if error < 0 => Err(Errno::from_raw_os_error(-error)),
            _ => Err(Errno::IO),
        }
    }
}
