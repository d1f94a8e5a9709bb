//! Explores the model of shared-memory sealing and says which claims hold, in which bounds, and why not.
//!
//! - [`agree`]: random scenarios decided in every way there is, and whether all say the same
//! - [`chance`]: numbers that follow from a seed
//! - [`compile`]: each actor alone becomes a small automaton
//! - `conform`: system calls of the model beside those of the running kernel (on Linux)
//! - [`cut`]: where a run starts, if not at the beginning
//! - [`explore`]: the product of the automata over shared memory, breadth first, exact states; runs without end
//! - [`export`]: the product for other tools: Promela, TLA+, dot
//! - [`cluster`]: the same exploration on many machines
//! - [`engine`]: the same actors under loom, under shuttle, on threads
//! - [`hash`]: one hash for states, tables and files
//! - [`interrupt`]: SIGINT and SIGTERM, looked at where other limits are
//! - [`memory`]: how much of it there is for states
//! - [`outcome`]: how runs end, and which ends are allowed
//! - [`verdict`]: what an exploration says about each claim
//! - [`schedule`] and [`trace`]: a counterexample as one line, and as a table
//! - [`table`]: accesses and claims as tables
//! - [`walk`]: bytes as scenario and schedule, walked on the actors themselves
//! - [`fuzz`]: what the fuzz targets run, their seeds and their feedback
//! - [`review`]: strategies against claims, and the manifest of expected results
//! - [`report`]: all of it as a site to look at
//! - [`scale`]: what a scenario will cost
//! - [`faults`]: every seeded fault against the claim that it breaks
//! - [`plot`]: growth as a drawing
//! - [`pool`]: many scenarios on all cores
//! - [`ranged`]: plain cells that notice what leaves its range
//!
//! [`agree`], [`cluster`], [`fuzz`], and what runs under other engines take the feature `full`.

// the program alone writes to standard output and standard error
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

#[cfg(feature = "full")]
pub mod agree;
pub mod branches;
pub mod chance;
#[cfg(feature = "full")]
pub mod cluster;
pub mod compile;
#[cfg(target_os = "linux")]
pub mod conform;
pub mod cut;
pub mod engine;
pub mod error;
pub mod explore;
pub mod export;
pub mod faults;
pub mod fuzz;
pub mod hash;
pub mod interrupt;
mod lock;
pub mod memory;
pub mod outcome;
#[cfg(feature = "full")]
pub mod plot;
pub mod pool;
pub mod ranged;
#[cfg(feature = "full")]
pub mod report;
pub mod review;
pub mod scale;
pub mod schedule;
pub mod table;
pub mod trace;
pub mod verdict;
pub mod walk;
mod whole;
