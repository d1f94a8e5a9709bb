//! The fuzz targets: what they run, their seeds, and what a campaign saw. Here and not in `fuzz/`, so that stable Rust
//! tests it, and replays what was found. All but the targets' names takes the feature `full`.

#[cfg(feature = "full")]
pub mod campaign;
#[cfg(feature = "full")]
mod case;
#[cfg(all(feature = "full", target_os = "linux"))]
mod conform;
#[cfg(feature = "full")]
pub mod corpus;
#[cfg(feature = "full")]
mod engines;
#[cfg(feature = "full")]
pub mod feedback;
#[cfg(feature = "full")]
mod files;
#[cfg(feature = "full")]
pub mod hunt;
#[cfg(feature = "full")]
mod input;
#[cfg(feature = "full")]
pub mod known;
#[cfg(feature = "full")]
pub mod mutate;
mod target;

#[cfg(feature = "full")]
use case::told;
#[cfg(feature = "full")]
pub use case::{Trouble, alone, run, show};
pub use target::Target;
