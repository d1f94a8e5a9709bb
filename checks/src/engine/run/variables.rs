//! Variables by which users of loom and shuttle set what options set here. One that is set would be overruled without a
//! word, or would overrule an option, so it is refused.

use super::Engine;
use crate::error::Error;

/// Variables, each with the option that sets the same; none where there is no such option.
const OF_LOOM: [(&str, Option<&str>); 8] = [
    ("LOOM_MAX_PREEMPTIONS", Some("--preemptions N")),
    ("LOOM_MAX_PERMUTATIONS", Some("--executions N")),
    ("LOOM_MAX_DURATION", Some("--seconds N")),
    ("LOOM_MAX_BRANCHES", None),
    ("LOOM_CHECKPOINT_FILE", None),
    ("LOOM_CHECKPOINT_INTERVAL", None),
    ("LOOM_LOCATION", None),
    ("LOOM_LOG", None),
];
const OF_SHUTTLE: [(&str, Option<&str>); 2] =
    [("SHUTTLE_RANDOM_SEED", Some("--seed N")), ("SHUTTLE_ALWAYS_PERSIST_SEED", None)];

/// Refuse variables that are set for this engine.
///
/// # Errors
/// The first of them, and the option to use.
pub(super) fn refuse(engine: Engine) -> Result<(), Error> {
    let known: &[(&str, Option<&str>)] = match engine {
        Engine::Loom => &OF_LOOM,
        Engine::Shuttle => &OF_SHUTTLE,
        Engine::Explicit | Engine::Cluster | Engine::Threads => &[],
    };
    let Some((name, option)) = known.iter().find(|(name, _)| std::env::var_os(name).is_some()) else {
        return Ok(());
    };
    let way_out = match option {
        Some(option) => format!("unset it, and use {option}"),
        None => "nothing here does what it asks: unset it".to_owned(),
    };
    Err(Error::Engine(format!("{name} is set, which --engine {} would not follow: {way_out}", engine.name())))
}
