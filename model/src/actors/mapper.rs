//! A mapping that can't be written through: MAP_PRIVATE, or MAP_SHARED of a read-only descriptor.

use super::which_index;
use crate::Result;
use crate::access::Vma;
use crate::mapping::{shmem_fault, zap_page};
use crate::memory::{Memory, MemoryExt};

/// Touches its page and lets it go again, `operations` times: a page that is not mapped is faulted in, one
/// that is mapped is zapped.
///
/// # Abstractions
/// `mmap()` and `munmap()` of such a mapping move no count of the file and are left out. A private write fault
/// is a zap to the file page's counts where the page was mapped (`do_wp_page()`), and nothing where it was not.
/// Fault-around takes the page lock by trylock and goes on without the page if it fails, which is a fault that
/// came later: nothing is lost.
pub(super) async fn mapper<M: Memory>(m: &M, vma: Vma, operations: u8, at: Option<u8>) -> Result {
    let index = which_index(m, at).await;
    for operation in 0..operations {
        let _here = m.checkpoint("mapper", &(index, operation));
        if vma.pte(m, index).await.is_none() {
            shmem_fault(m, vma, index).await; // handle_mm_fault()
        } else {
            zap_page(m, vma, index).await; // madvise(MADV_DONTNEED)
        }
    }
    Ok(())
}
