//! The tests of the crate, one module a subject, in one program: linked once, and its threads share the cores to the end.

mod account;
mod agree;
mod checkpoint;
mod claims;
mod cli;
mod cluster;
mod commands;
mod common;
mod compiler;
#[cfg(target_os = "linux")]
mod conform;
#[cfg(target_os = "linux")]
mod conform_limits;
mod coverage;
mod docs;
mod engines;
mod explorer;
mod export;
mod fair;
mod faults;
mod formats;
mod fuzz;
mod ghost;
mod graph;
#[cfg(unix)]
mod interrupt;
mod kills;
mod law;
mod limits;
mod lines;
mod loom;
mod machine;
mod manifest;
mod order;
mod output;
mod ranges;
mod report;
mod review;
mod rooms;
mod scenario;
mod store;
mod symmetry;
mod threads;
mod traces;
mod tutorials;
mod verdicts;
mod walk;
