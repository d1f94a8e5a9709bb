//! Accesses and claims as tables.
//!
//! What an access does and what a claim says are functions in Rust. Neither is written down a second time: each is
//! run over cells and holdings that it is told one by one, until it asks for nothing that it was not told. That is
//! how other tools come by them ([`export`](crate::export)), and how the explorer knows which accesses commute
//! ([`order`](crate::explore::order)).

pub(crate) mod recorder;
mod tree;

pub use tree::{Guard, Leaf, Tree, Variable};
pub(crate) use tree::{Told, TooLarge, always, sometimes, tabulate};
