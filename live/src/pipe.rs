//! A page in a pipe.

use std::os::fd::{AsFd, OwnedFd};

use rustix::pipe::{PipeFlags, SpliceFlags};

use crate::{Mapping, Result, last_error, page_size};

/// A pipe; what it holds is let go of when it is dropped.
#[derive(Debug)]
pub struct Pipe {
    reader: OwnedFd,
    writer: OwnedFd,
}

impl Pipe {
    /// `pipe2()`
    ///
    /// # Errors
    /// EMFILE.
    pub fn new() -> Result<Self> {
        let (reader, writer) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        Ok(Pipe { reader, writer })
    }

    /// `vmsplice()` of a mapped page: how many bytes are in the pipe.
    ///
    /// # Errors
    /// EFAULT where the page can't be brought in.
    pub fn vmsplice(&self, mapping: &Mapping, page: usize) -> Result<usize> {
        let vector = libc::iovec { iov_base: mapping.page(page), iov_len: page_size() };
        // SAFETY: one vector, of a page that is mapped; the kernel checks that it can be brought in, and takes a
        // reference of its own
        let spliced =
            unsafe { libc::vmsplice(self.raw_writer(), &raw const vector, 1, libc::SPLICE_F_NONBLOCK) };
        match spliced {
            -1 => Err(last_error()),
            bytes => Ok(bytes as usize),
        }
    }

    /// `splice()` of a page of a file: how many bytes are in the pipe.
    ///
    /// # Errors
    /// EBADF.
    pub fn splice(&self, file: impl AsFd, page: usize) -> Result<usize> {
        let mut offset = (page * page_size()) as u64;
        rustix::pipe::splice(file, Some(&mut offset), &self.writer, None, page_size(), SpliceFlags::NONBLOCK)
    }

    /// `read()` until it is empty: the first byte that was in it.
    ///
    /// # Errors
    /// None that a pipe gives.
    pub fn drain(&self) -> Result<Option<u8>> {
        let (mut first, mut buffer) = (None, vec![0; page_size()]);
        loop {
            match rustix::io::read(&self.reader, &mut buffer[..]) {
                Ok(0) | Err(rustix::io::Errno::AGAIN) => return Ok(first),
                Ok(_) => first = first.or(Some(buffer[0])),
                Err(error) => return Err(error),
            }
        }
    }

    fn raw_writer(&self) -> i32 {
        use std::os::fd::AsRawFd;
        self.writer.as_raw_fd()
    }
}
