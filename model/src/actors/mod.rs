//! Everybody who moves a page's counts, its content or its place while the sealer works.

mod fast_pinner;
mod file_writer;
mod forker;
mod lookup_pinner;
mod lru_batch;
mod mapper;
mod pinner;
mod reader;
mod reclaim;
mod truncate;
mod writer;

use std::future::Future;
use std::pin::Pin;

use crate::Result;
use crate::access::{Access, Index, Question, Vma};
use crate::memory::{Memory, MemoryExt, frames};
use crate::scenario::Actor;
use crate::sealer::sealer;

/// Run actor number `me` of the scenario's cast, from its beginning to its end.
pub fn run<'m, M: Memory>(m: &'m M, me: u8) -> Pin<Box<dyn Future<Output = Result> + 'm>> {
    let actor = m.scenario().cast()[me as usize];
    let vma = Vma(me);
    let shared = m.scenario().shared_vma(me);
    match actor {
        Actor::Sealer => Box::pin(sealer(m)),
        Actor::Mapper { program, at } => Box::pin(mapper::mapper(m, vma, program, at)),
        Actor::BatchedMapper { order, at } => Box::pin(mapper::batched_mapper(m, vma, order, at)),
        Actor::Forker { at } => Box::pin(forker::forker(m, vma, at)),
        Actor::Writer { program, at } => Box::pin(writer::writer(m, vma, program, at)),
        Actor::StaleWriter { at } => Box::pin(writer::stale_writer(m, shared, at)),
        Actor::Pinner { at } => Box::pin(pinner::pinner(m, vma, at)),
        Actor::FastPinner { guard, at } => Box::pin(fast_pinner::fast_pinner(m, shared, guard, at)),
        Actor::LookupPinner { locked, at } => Box::pin(lookup_pinner::lookup_pinner(m, locked, at)),
        Actor::Reader { at } => Box::pin(reader::reader(m, at)),
        Actor::Recipient { at } => Box::pin(reader::recipient(m, at)),
        Actor::FileWriter { at } => Box::pin(file_writer::file_writer(m, at)),
        Actor::LruBatch { at, .. } => Box::pin(lru_batch::lru_batch(m, at)),
        Actor::Reclaim { program, at } => Box::pin(reclaim::reclaim(m, program, at)),
        Actor::Truncate { at } => Box::pin(truncate::truncate(m, at)),
    }
}

/// The page an actor uses: the one its program names, or any one.
#[frames]
async fn which_index<M: Memory>(m: &M, at: Option<u8>) -> Index {
    match at {
        Some(index) => Index(index),
        None if m.scenario().pages == 1 => Index(0),
        None => Index(m.access(Access::Choose(Question::WhichIndex)).await as u8),
    }
}
