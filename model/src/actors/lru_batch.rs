//! A CPU that has a fresh page of the file in its LRU batch.

use super::which_index;
use crate::Result;
use crate::access::Page;
use crate::memory::{Memory, frames};

/// The page is in the batch at the start, and the batch holds a reference. It drains by itself at any time:
/// when it is full, or when the CPU runs `lru_add_drain()` for its own reasons.
///
/// # Abstractions
/// The batch holds one page of the file. Others in it are nobody's here.
#[frames]
pub(super) async fn lru_batch<M: Memory>(m: &M, at: Option<u8>) -> Result {
    let index = which_index(m, at).await;
    Page(index.0).lru_add_drain_cpu(m).await; // pagevec_lru_move_fn()
    Ok(())
}
