//! The exploration of [`explore`](crate::explore) on many machines: states are divided among workers by their hash, and
//! all workers finish a level before the next begins, so runs stay the shortest. It stands on timely dataflow.
//!
//! A worker keeps the states of its part. What is found out is shared between levels, so that every process ends with
//! the same verdicts.

mod back;
mod forward;
mod framed;
pub(crate) mod kept;
mod levels;
mod load;
mod message;
mod part;
mod share;
mod sockets;

use std::any::Any;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use seal_model::claim::{Claim, Kind};
use seal_model::scenario::Scenario;
use timely::communication::Hooks;
use timely::communication::allocator::zero_copy::initialize::initialize_networking_from_sockets;
use timely::communication::allocator::{AllocatorBuilder, ProcessBuilder};
use timely::execute::execute_from;
use timely::worker::Worker;
use timely::{CommunicationConfig, WorkerConfig};

use crate::error::Error;
use crate::explore::system::System;
use crate::explore::{Exploration, Job, Progress, Refutation};
use crate::interrupt;
use crate::whole::checksum;
use part::{Found, Part};
use share::share;

/// Who works, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hosts {
    /// Workers of each process.
    pub workers: usize,
    /// `HOST:PORT` of each process, in their order; none if there is only this one.
    pub addresses: Vec<String>,
    /// Which of them this process is, from 0.
    pub process: usize,
    /// How long to wait for the others to be there.
    pub patience: Duration,
}

impl Hosts {
    /// This process alone.
    pub fn local(workers: usize) -> Self {
        Hosts { workers, addresses: Vec::new(), process: 0, patience: Duration::ZERO }
    }

    /// What carries messages between the workers.
    fn workers(&self, question: u64) -> Result<(Vec<AllocatorBuilder>, Box<dyn Any + Send>), Error> {
        if self.addresses.len() < 2 {
            return CommunicationConfig::Process(self.workers).try_build().map_err(Error::Engine);
        }
        let sockets = sockets::connect(self, question)?;
        let hooks = Hooks::default();
        let inside = ProcessBuilder::new_typed_vector(self.workers, hooks.refill.clone(), None);
        let network = initialize_networking_from_sockets(inside, sockets, self.process, self.workers, hooks);
        let (workers, guard) =
            network.map_err(|cause| Error::Engine(format!("the cluster can't begin: {cause}")))?;
        Ok((workers.into_iter().map(AllocatorBuilder::Tcp).collect(), Box::new(guard)))
    }
}

/// What every worker is told.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) system: System,
    claims: Vec<Claim>,
    /// Bytes for the states of one worker.
    most_bytes: usize,
    /// Where levels are kept, to go on from if the run is broken off.
    keep_in: Option<PathBuf>,
    started: Instant,
}

/// What timely calls a connection that broke: a process of the cluster is gone. Whoever runs a cluster looks for it in
/// a panic hook.
pub const CONNECTION_LOST: &str = "timely communication error";

/// The claims that a cluster can decide: whether the call returns is a question about the graph of all states.
pub fn decides(claim: Claim) -> bool {
    claim.kind() != Kind::Progress
}

/// Explore a scenario on all hosts; each of them is to be asked the same. A run whose levels are kept in a directory
/// goes on from there.
///
/// # Errors
/// What makes the scenario impossible; a host that can't listen; kept levels that are damaged or of another run.
/// Running out of memory is part of the result. A host that is lost is a panic with [`CONNECTION_LOST`].
pub fn explore(
    scenario: &Scenario,
    job: &Job<'_>,
    hosts: &Hosts,
    keep_in: Option<PathBuf>,
) -> Result<Exploration, Error> {
    let started = Instant::now();
    let system = System::new(scenario)?;
    let task = Task {
        system,
        claims: job.claims.iter().copied().filter(|claim| decides(*claim)).collect(),
        most_bytes: job.max_memory / hosts.workers,
        keep_in,
        started,
    };
    let (workers, guard) = hosts.workers(task.question(hosts))?;
    let work = move |worker: &mut Worker| match task.system.layout.words {
        0 | 1 => work::<1>(worker, &task),
        2 => work::<2>(worker, &task),
        3 => work::<3>(worker, &task),
        _ => work::<4>(worker, &task),
    };
    let guards = execute_from(workers, guard, WorkerConfig::default(), work).map_err(Error::Engine)?;
    // all workers come to the same result; one of this process is enough
    match guards.join().swap_remove(0) {
        Ok(result) => result,
        Err(panic) => Err(Error::Engine(format!("a worker of the cluster failed: {panic}"))),
    }
}

impl Task {
    /// The claims that are looked for: those asked for, and `count-law`, the precondition of all of them.
    fn watched(&self) -> impl Iterator<Item = Claim> {
        let law = Some(Claim::CountLaw).filter(|law| !self.claims.contains(law));
        self.claims.iter().copied().chain(law)
    }

    /// Of everything that all processes must agree on.
    fn question(&self, hosts: &Hosts) -> u64 {
        let System { scenario, automata, layout, .. } = &self.system;
        let claims: Vec<&str> = self.claims.iter().map(|claim| claim.name()).collect();
        let asked =
            format!("{scenario} {claims:?} {automata:?} {layout:?} {} {:?}", hosts.workers, hosts.addresses);
        checksum(&[env!("CARGO_PKG_VERSION").as_bytes(), asked.as_bytes()])
    }
}

/// What one worker does.
fn work<const W: usize>(worker: &mut Worker, task: &Task) -> Result<Exploration, Error> {
    let mut part = agreed(worker, Part::<W>::new(task, worker.index(), worker.peers()))?;
    forward::explore(worker, &mut part)?;
    let found = share(worker, &part.found)?.into_iter().fold(Found::default(), Found::join);
    let unkept = share(worker, &part.unkept)?.into_iter().flatten().next();
    let runs = back::runs(worker, task, &part, &found.refuted)?;
    let refuted = found.refuted.iter().zip(runs).map(|(broken, steps)| {
        let alone = broken.claim().filter(|claim| claim.kind() == Kind::Alone);
        let alone_from = alone.map(|_| steps.len() - broken.then().len());
        broken.claim().map(|claim| Refutation { claim, steps, alone_from, cycle_from: None })
    });
    let mut refuted: Vec<Refutation> = refuted.flatten().collect();
    refuted.sort_by_key(|refutation| task.watched().position(|claim| claim == refutation.claim));
    Ok(Exploration {
        refuted,
        witnessed: found.witnessed(),
        figures: Progress {
            states: found.states,
            stand_for: found.states,
            transitions: found.transitions,
            depth: found.depth,
            bytes: found.bytes,
            elapsed: task.started.elapsed(),
        },
        coverage: None,
        progressed: None,
        undecided: None,
        given_up: None,
        unkept: unkept.map(Error::Checkpoint),
        stopped: stopped_by(&found, (task.most_bytes * worker.peers()) >> 20),
    })
}

/// The limit that ended a run, if one did.
fn stopped_by(found: &Found, limit: usize) -> Option<Error> {
    if found.interrupted {
        let elsewhere = Error::Interrupted("a signal to another process");
        return Some(interrupt::check().err().unwrap_or(elsewhere));
    }
    let used = found.bytes >> 20;
    found.out_of_memory.then_some(Error::OutOfMemory { used, limit, states: found.states })
}

/// What every worker did without an error; or the first error of any, which is everybody's then.
fn agreed<T>(worker: &mut Worker, mine: Result<T, Error>) -> Result<T, Error> {
    let said = mine.as_ref().err().map(ToString::to_string);
    let others = share(worker, &said)?.into_iter().flatten().next();
    stopped(mine, others)
}

/// What a worker did, unless one of the others `said` that it can't go on.
fn stopped<T>(mine: Result<T, Error>, said: Option<String>) -> Result<T, Error> {
    match (mine, said) {
        (Ok(_), Some(other)) => Err(Error::Engine(format!("another worker of the cluster stopped: {other}"))),
        (mine, _) => mine,
    }
}
