//! `fcntl(F_ADD_SEALS)`: deny writable mappings, settle pins, set the seal.

mod isolate;
pub mod judge;
mod two_phase;
mod wait;

use crate::access::{Answer, IMPLIED_BY_EXEC, SEAL_EXEC, SEAL_FUTURE_WRITE, SEAL_SEAL, SEAL_WRITE};
use crate::fault::{CallFault, Fault};
use crate::mapping::{
    inode_lock, inode_unlock, mapping_allow_writable, mapping_deny_writable, seals, set_seals,
};
use crate::memory::{Memory, MemoryExt, frames};
use crate::scenario::{Method, Seal};
use crate::{Errno, Result};
use isolate::shmem_isolate_pins;
use two_phase::shmem_isolate_pins_two_phase;
use wait::shmem_wait_for_pins;

/// One call of `fcntl(F_ADD_SEALS)`, of the seal that the scenario names.
///
/// # Abstractions
/// The file is executable. The checks of FMODE_WRITE and of unknown bits are passed once and for all: nobody in
/// the cast changes what they read. [`memfd_add_seals`](crate::syscall::memfd_add_seals) makes them.
#[frames]
pub(crate) async fn sealer<M: Memory>(m: &M) -> Result {
    let seals = match m.scenario().seal {
        Seal::Write => SEAL_WRITE,
        Seal::FutureWrite => SEAL_FUTURE_WRITE,
        Seal::Exec => SEAL_EXEC,
    };
    shmem_add_seals(m, seals, true).await
}

/// `shmem_add_seals()` (RFC v3; merged in 3.17; `memfd_add_seals()` from 4.18) of a file that is executable or not.
#[frames]
pub(crate) async fn shmem_add_seals<M: Memory>(m: &M, seals: Answer, executable: bool) -> Result {
    inode_lock(m).await; // mutex_lock(&inode->i_mutex)
    let result = add_seals(m, seals, executable).await;
    if !m.has(Fault::UnlockBeforeSeal) || result.is_err() {
        inode_unlock(m).await; // mutex_unlock(&inode->i_mutex)
    }
    result
}

/// The part of `shmem_add_seals()` under the inode lock.
#[frames]
async fn add_seals<M: Memory>(m: &M, asked: Answer, executable: bool) -> Result {
    let set = seals(m).await;
    if set & SEAL_SEAL != 0 && !m.slips(CallFault::SealSealIgnored) {
        return Err(Errno::EPERM);
    }
    // c4f75bc8bd6b added the implied seals behind the code that denies and waits
    let implies_late = m.has(Fault::ExecImpliesLate);
    let implies = asked & SEAL_EXEC != 0 && executable && !m.slips(CallFault::ExecImpliesNothing);
    let implied = if implies { IMPLIED_BY_EXEC } else { 0 };
    let checked = if implies_late { asked } else { asked | implied };
    if checked & SEAL_WRITE != 0 && set & SEAL_WRITE == 0 {
        seal_write(m).await?;
    }
    if m.has(Fault::UnlockBeforeSeal) {
        inode_unlock(m).await;
    }
    set_seals(m, asked | implied).await; // info->seals |= seals
    Ok(())
}

/// What F_SEAL_WRITE takes: no writable mapping from here on, and no pin.
#[frames]
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
#[frames]
async fn settle_pins<M: Memory>(m: &M) -> Result {
    let strategy = m.scenario().strategy;
    match strategy.method() {
        Method::Wait => shmem_wait_for_pins(m).await,
        Method::Isolate if strategy.allocates_first() => shmem_isolate_pins_two_phase(m).await,
        Method::Isolate => shmem_isolate_pins(m).await,
    }
}
