//! A process that forks.

use super::which_index;
use crate::Result;
use crate::access::{Question, Vma};
use crate::mapping::{fork_page, zap_page};
use crate::memory::{Memory, MemoryExt, frames};

/// Has the page mapped in a private mapping that has copied pages as well, so that fork copies its PTEs, and
/// forks once. The child may zap.
///
/// # Abstractions
/// The parent does nothing more; what else it might do, mappers do. Without a copied page in the VMA,
/// `copy_page_range()` copies nothing and the child faults, which is a mapper.
#[frames]
pub(super) async fn forker<M: Memory>(m: &M, vma: Vma, at: Option<u8>) -> Result {
    let index = which_index(m, at).await;
    let copied = fork_page(m, vma, index).await; // copy_one_pte(), without the page lock
    if copied && m.choose(Question::ChildZaps).await {
        zap_page(m, vma.child(), index).await; // exit_mmap()
    }
    Ok(())
}
