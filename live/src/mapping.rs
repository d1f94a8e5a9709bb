//! A mapping of a whole file.

use std::ffi::c_void;
use std::os::fd::AsFd;
use std::ptr;

use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags};

use crate::{Result, page_size};

/// PROT_READ alone, or with PROT_WRITE.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// PROT_READ
    Read,
    /// PROT_READ | PROT_WRITE
    ReadWrite,
}

/// Some pages of a file, from its beginning on; unmapped when dropped.
#[derive(Debug)]
pub struct Mapping {
    start: *mut c_void,
    length: usize,
}

impl Mapping {
    /// `mmap()` of so many pages.
    ///
    /// # Errors
    /// EACCES, EPERM.
    pub fn new(file: impl AsFd, pages: usize, shared: bool, access: Access) -> Result<Self> {
        let prot = match access {
            Access::Read => ProtFlags::READ,
            Access::ReadWrite => ProtFlags::READ | ProtFlags::WRITE,
        };
        let flags = if shared { MapFlags::SHARED } else { MapFlags::PRIVATE };
        let length = pages * page_size();
        // SAFETY: a new mapping where the kernel likes; nothing that exists is touched
        let start = unsafe { rustix::mm::mmap(ptr::null_mut(), length, prot, flags, file, 0)? };
        Ok(Mapping { start, length })
    }

    /// Where a page of it starts.
    pub(crate) fn page(&self, page: usize) -> *mut c_void {
        assert!(page < self.length / page_size(), "page {page} is not mapped");
        // SAFETY: inside the mapping, as was just checked
        unsafe { self.start.byte_add(page * page_size()) }
    }

    fn advise(&self, page: usize, advice: Advice) -> Result<()> {
        // SAFETY: the range is inside the mapping; what its bytes are is nobody's promise
        unsafe { rustix::mm::madvise(self.page(page), page_size(), advice) }
    }

    /// `madvise(MADV_POPULATE_READ)`
    ///
    /// # Errors
    /// EFAULT where a load would be SIGBUS.
    pub fn touch(&self, page: usize) -> Result<()> {
        self.advise(page, Advice::LinuxPopulateRead)
    }

    /// The same, and a load of the page's first byte.
    ///
    /// # Errors
    /// As [`touch`](Mapping::touch).
    pub fn load(&self, page: usize) -> Result<u8> {
        self.touch(page)?;
        // SAFETY: the page is mapped and was just faulted in
        Ok(unsafe { self.page(page).cast::<u8>().read_volatile() })
    }

    /// `madvise(MADV_POPULATE_WRITE)`, and a store to the page's first byte, which flips it between 0 and 1.
    ///
    /// # Errors
    /// EINVAL without PROT_WRITE, EFAULT where the store would be SIGBUS.
    pub fn store(&self, page: usize) -> Result<()> {
        self.advise(page, Advice::LinuxPopulateWrite)?;
        let byte = self.page(page).cast::<u8>();
        // SAFETY: the page is mapped, was just faulted in for writing, and no reference to it exists
        unsafe { byte.write_volatile(byte.read_volatile() ^ 1) };
        Ok(())
    }

    /// `madvise(MADV_DONTNEED)`
    ///
    /// # Errors
    /// EINVAL in an mlocked mapping.
    pub fn dontneed(&self, page: usize) -> Result<()> {
        self.advise(page, Advice::LinuxDontNeed)
    }

    /// `madvise(MADV_REMOVE)`
    ///
    /// # Errors
    /// EINVAL in an mlocked mapping, EACCES in one that may not be written, EPERM.
    pub fn remove(&self, page: usize) -> Result<()> {
        self.advise(page, Advice::LinuxRemove)
    }

    /// `mprotect()`
    ///
    /// # Errors
    /// EACCES.
    pub fn protect(&self, access: Access) -> Result<()> {
        let prot = match access {
            Access::Read => MprotectFlags::READ,
            Access::ReadWrite => MprotectFlags::READ | MprotectFlags::WRITE,
        };
        // SAFETY: the whole mapping, to which no reference exists
        unsafe { rustix::mm::mprotect(self.start, self.length, prot) }
    }

    /// `mlock()`
    ///
    /// # Errors
    /// ENOMEM where a page can't be brought in.
    pub fn mlock(&self) -> Result<()> {
        // SAFETY: the whole mapping
        unsafe { rustix::mm::mlock(self.start, self.length) }
    }

    /// `munmap()`
    ///
    /// # Errors
    /// None that a whole mapping gives.
    pub fn unmap(self) -> Result<()> {
        let (start, length) = (self.start, self.length);
        std::mem::forget(self);
        // SAFETY: the whole mapping, which nobody can name any more
        unsafe { rustix::mm::munmap(start, length) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the whole mapping, which nobody can name any more
        let unmapped = unsafe { rustix::mm::munmap(self.start, self.length) };
        debug_assert!(unmapped.is_ok(), "munmap: {unmapped:?}");
    }
}
