//! A long array in memory of its own, which takes pages only where it was touched.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use bytemuck::Pod;
use memmap2::{MmapMut, MmapOptions};

/// Zeroes at first; takes memory only where it was touched.
pub(super) struct Array<T> {
    memory: MmapMut,
    length: usize,
    of: PhantomData<T>,
}

impl<T: Pod> Array<T> {
    /// Room for `length` items; none if the kernel does not grant it.
    pub(super) fn zeroed(length: usize) -> Option<Self> {
        let bytes = length.checked_mul(size_of::<T>())?;
        let memory = MmapOptions::new().len(bytes.max(1)).no_reserve_swap().map_anon().ok()?;
        Some(Array { memory, length, of: PhantomData })
    }

    /// From here on pages that are touched for the first time are huge where the kernel has them: random access would
    /// otherwise spend more time in page walks than in the memory itself.
    pub(super) fn on_huge_pages(&self) {
        // only advice: without huge pages it is slower and just as right
        #[cfg(target_os = "linux")]
        let _ = self.memory.advise(memmap2::Advice::HugePage);
    }
}

impl<T: Pod> Deref for Array<T> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        bytemuck::cast_slice(&self.memory[..self.length * size_of::<T>()])
    }
}

impl<T: Pod> DerefMut for Array<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        bytemuck::cast_slice_mut(&mut self.memory[..self.length * size_of::<T>()])
    }
}
