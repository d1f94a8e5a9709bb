//! `fcntl(F_ADD_SEALS)`: deny writable mappings, settle pins, set the seal.

mod isolate;
pub mod judge;
mod two_phase;
mod wait;

use crate::Result;
use crate::access::{Answer, IMPLIED_BY_EXEC, SEAL_FUTURE_WRITE, SEAL_WRITE};
use crate::fault::Fault;
use crate::mapping::{
    inode_lock, inode_unlock, mapping_allow_writable, mapping_deny_writable, set_seals, write_sealed,
};
use crate::memory::{Memory, MemoryExt};
use crate::scenario::{Method, Seal};
use isolate::shmem_isolate_pins;
use two_phase::shmem_isolate_pins_two_phase;
use wait::shmem_wait_for_pins;

/// `shmem_add_seals()`, one call (RFC v3; merged in 3.17; `memfd_add_seals()` from 4.18).
///
/// # Abstractions
/// The checks of FMODE_WRITE, of unknown bits and of F_SEAL_SEAL are left out: nobody in the cast changes what
/// they read, so they are passed once and for all. That over-approximates nothing and hides nothing.
pub async fn shmem_add_seals<M: Memory>(m: &M) -> Result {
    inode_lock(m).await; // mutex_lock(&inode->i_mutex)
    let result = add_seals(m).await;
    if !m.has(Fault::UnlockBeforeSeal) || result.is_err() {
        inode_unlock(m).await; // mutex_unlock(&inode->i_mutex)
    }
    result
}

/// The part of `shmem_add_seals()` under the inode lock.
async fn add_seals<M: Memory>(m: &M) -> Result {
    let seals = implied(m);
    if seals & SEAL_WRITE != 0 && !write_sealed(m).await {
        seal_write(m).await?;
    }
    if m.has(Fault::UnlockBeforeSeal) {
        inode_unlock(m).await;
    }
    set_seals(m, implied_by_exec(m, seals)).await; // info->seals |= seals
    Ok(())
}

/// The seals asked for. F_SEAL_EXEC on an executable memfd asks for those against writing as well (6.3).
fn implied<M: Memory>(m: &M) -> Answer {
    match m.scenario().seal {
        Seal::Write => SEAL_WRITE,
        Seal::FutureWrite => SEAL_FUTURE_WRITE,
        Seal::Exec if m.has(Fault::ExecImpliesLate) => 0,
        Seal::Exec => IMPLIED_BY_EXEC,
    }
}

/// c4f75bc8bd6b added the implied seals here, behind the code that denies and waits.
fn implied_by_exec<M: Memory>(m: &M, seals: Answer) -> Answer {
    if m.has(Fault::ExecImpliesLate) { IMPLIED_BY_EXEC } else { seals }
}

/// What F_SEAL_WRITE takes: no writable mapping from here on, and no pin.
async fn seal_write<M: Memory>(m: &M) -> Result {
    let deny_late = m.has(Fault::DenyAfterScan);
    if !deny_late && !m.has(Fault::SkipDeny) {
        mapping_deny_writable(m).await?; // mapping_deny_writable(): EBUSY
    }
    if m.has(Fault::SealBeforeWait) {
        set_seals(m, SEAL_WRITE).await;
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
    Ok(())
}

/// What to do about pages that a driver still holds: the question of 2014.
async fn settle_pins<M: Memory>(m: &M) -> Result {
    let strategy = m.scenario().strategy;
    match strategy.method() {
        Method::Wait => shmem_wait_for_pins(m).await,
        Method::Isolate if strategy.allocates_first() => shmem_isolate_pins_two_phase(m).await,
        Method::Isolate => shmem_isolate_pins(m).await,
    }
}
