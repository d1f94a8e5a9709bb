//! Everybody who moves a page's counts while the sealer works.

mod mapper;
mod pinner;
mod reader;
mod writer;

use std::future::Future;
use std::pin::Pin;

use crate::Result;
use crate::access::{Access, Index, Question, Vma};
use crate::memory::{Memory, MemoryExt};
use crate::scenario::Actor;
use crate::sealer::shmem_add_seals;

/// Run actor number `me` of the scenario's cast, from its beginning to its end.
pub fn run<'m, M: Memory>(m: &'m M, me: u8) -> Pin<Box<dyn Future<Output = Result> + 'm>> {
    let actor = m.scenario().cast()[me as usize];
    let vma = Vma(me);
    match actor {
        Actor::Sealer => Box::pin(shmem_add_seals(m)),
        Actor::Mapper { operations, at, .. } => Box::pin(mapper::mapper(m, vma, operations, at)),
        Actor::Writer { at } => Box::pin(writer::writer(m, vma, at)),
        Actor::Pinner { at } => Box::pin(pinner::pinner(m, vma, at)),
        Actor::Reader { at } => Box::pin(reader::reader(m, at)),
    }
}

/// The page an actor uses: the one its program names, or any one.
async fn which_index<M: Memory>(m: &M, at: Option<u8>) -> Index {
    match at {
        Some(index) => Index(index),
        None if m.scenario().pages == 1 => Index(0),
        None => Index(m.access(Access::Choose(Question::WhichIndex)).await as u8),
    }
}
