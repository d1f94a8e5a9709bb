//! A memfd, and what is done by descriptor.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{FallocateFlags, MemfdFlags, Mode, OFlags, SealFlags};

use crate::Result;

/// A memfd, or another descriptor of it.
#[derive(Debug)]
pub struct Memfd {
    fd: OwnedFd,
}

/// How a memfd is opened again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Opened {
    /// O_RDONLY
    ReadOnly,
    /// O_WRONLY
    WriteOnly,
}

impl Memfd {
    /// `memfd_create()` with flags as the kernel numbers them.
    ///
    /// # Errors
    /// EINVAL, or EACCES where `vm.memfd_noexec` forbids it; ENOSYS or EPERM where the call is forbidden.
    pub fn create(flags: u32) -> Result<Self> {
        let flags = MemfdFlags::from_bits_retain(flags) | MemfdFlags::CLOEXEC;
        Ok(Memfd { fd: rustix::fs::memfd_create("sealcheck", flags)? })
    }

    /// Another descriptor of the same file, by `/proc/self/fd`.
    ///
    /// # Errors
    /// ENOENT where `/proc` is not mounted.
    pub fn reopen(&self, opened: Opened) -> Result<Self> {
        use std::os::fd::AsRawFd;
        let flags = match opened {
            Opened::ReadOnly => OFlags::RDONLY,
            Opened::WriteOnly => OFlags::WRONLY,
        };
        let path = format!("/proc/self/fd/{}", self.fd.as_raw_fd());
        Ok(Memfd { fd: rustix::fs::open(path, flags | OFlags::CLOEXEC, Mode::empty())? })
    }

    /// `fcntl(F_ADD_SEALS)`, with seals as the kernel numbers them.
    ///
    /// # Errors
    /// EPERM, EINVAL, EBUSY.
    pub fn add_seals(&self, seals: u32) -> Result<()> {
        rustix::fs::fcntl_add_seals(&self.fd, SealFlags::from_bits_retain(seals))
    }

    /// `fcntl(F_GET_SEALS)`
    ///
    /// # Errors
    /// EINVAL for a file without seals.
    pub fn seals(&self) -> Result<u32> {
        Ok(rustix::fs::fcntl_get_seals(&self.fd)?.bits())
    }

    /// `fstat()`: the size in bytes.
    ///
    /// # Errors
    /// None that a memfd gives.
    pub fn size(&self) -> Result<u64> {
        Ok(rustix::fs::fstat(&self.fd)?.st_size as u64)
    }

    /// `pread()` of one byte; none at the end of the file.
    ///
    /// # Errors
    /// EBADF.
    pub fn read_byte(&self, offset: u64) -> Result<Option<u8>> {
        let mut byte = [0];
        let read = rustix::io::pread(&self.fd, &mut byte, offset)?;
        Ok((read == 1).then_some(byte[0]))
    }

    /// `pwrite()`: how many bytes were written.
    ///
    /// # Errors
    /// EBADF, EPERM.
    pub fn write(&self, bytes: &[u8], offset: u64) -> Result<usize> {
        rustix::io::pwrite(&self.fd, bytes, offset)
    }

    /// `ftruncate()`
    ///
    /// # Errors
    /// EINVAL, EPERM.
    pub fn resize(&self, size: u64) -> Result<()> {
        rustix::fs::ftruncate(&self.fd, size)
    }

    /// `fallocate()`, with FALLOC_FL_KEEP_SIZE or without.
    ///
    /// # Errors
    /// EBADF, EPERM.
    pub fn allocate(&self, offset: u64, length: u64, keep_size: bool) -> Result<()> {
        let flags = if keep_size { FallocateFlags::KEEP_SIZE } else { FallocateFlags::empty() };
        rustix::fs::fallocate(&self.fd, flags, offset, length)
    }

    /// `fallocate(FALLOC_FL_PUNCH_HOLE)`
    ///
    /// # Errors
    /// EBADF, EPERM.
    pub fn punch(&self, offset: u64, length: u64) -> Result<()> {
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        rustix::fs::fallocate(&self.fd, flags, offset, length)
    }

    /// `fchmod()`
    ///
    /// # Errors
    /// EPERM.
    pub fn chmod(&self, mode: u32) -> Result<()> {
        rustix::fs::fchmod(&self.fd, Mode::from_bits_retain(mode))
    }
}

impl AsFd for Memfd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
