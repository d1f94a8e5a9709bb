//! The sealer: `fcntl(F_ADD_SEALS, F_SEAL_WRITE)`.

pub mod isolate;
pub mod judge;
pub mod wait;

use crate::Result;
use crate::fault::Fault;
use crate::mapping::{inode_lock, inode_unlock, mapping_allow_writable, mapping_deny_writable, set_seals};
use crate::memory::{Memory, MemoryExt};
use crate::scenario::Method;
use isolate::shmem_isolate_pins;
use wait::shmem_wait_for_pins;

/// `shmem_add_seals()` of F_SEAL_WRITE, one call (RFC v3; merged in 3.17).
///
/// # Abstractions
/// The checks of FMODE_WRITE, of unknown bits and of F_SEAL_SEAL are left out: nobody in the cast changes what
/// they read, so they are passed once and for all. That over-approximates nothing and hides nothing.
pub async fn shmem_add_seals<M: Memory>(m: &M) -> Result {
    inode_lock(m).await; // mutex_lock(&inode->i_mutex)
    let result = seal_write(m).await;
    inode_unlock(m).await; // mutex_unlock(&inode->i_mutex)
    result
}

/// The part of `shmem_add_seals()` under the inode lock.
async fn seal_write<M: Memory>(m: &M) -> Result {
    let deny_late = m.has(Fault::DenyAfterScan);
    if !deny_late && !m.has(Fault::SkipDeny) {
        mapping_deny_writable(m).await?; // mapping_deny_writable(): EBUSY
    }
    if m.has(Fault::SealBeforeWait) {
        set_seals(m).await;
    }
    if let Err(error) = settle_pins(m).await {
        if !m.has(Fault::ForgetAllow) {
            mapping_allow_writable(m).await; // mapping_allow_writable()
        }
        if m.has(Fault::AllowTwice) {
            mapping_allow_writable(m).await;
        }
        return Err(error);
    }
    if deny_late {
        mapping_deny_writable(m).await?;
    }
    set_seals(m).await; // info->seals |= seals
    Ok(())
}

/// What to do about pages that a driver still holds: the question of 2014.
async fn settle_pins<M: Memory>(m: &M) -> Result {
    match m.scenario().strategy.method() {
        Method::Wait => shmem_wait_for_pins(m).await,
        Method::Isolate => shmem_isolate_pins(m).await,
    }
}
