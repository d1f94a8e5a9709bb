//! Options of `check` that belong to some engines only. One that is given beside another engine is refused, so that
//! nothing is left out that was asked for.

use clap::ArgMatches;
use clap::parser::ValueSource;
use seal_checks::engine::Engine;
use seal_checks::error::Error;

const RUN: &[Engine] = &[Engine::Loom, Engine::Shuttle, Engine::Threads];
const EXPLORE: &[Engine] = &[Engine::Explicit, Engine::Cluster];

/// Each option, by the name that it has here, with its engines. Every other one is for all of them.
const OPTIONS: [(&str, &[Engine]); 16] = [
    ("preemptions", &[Engine::Loom]),
    ("executions", RUN),
    ("steps", RUN),
    ("seconds", RUN),
    ("seed", &[Engine::Shuttle, Engine::Threads]),
    ("scheduler", &[Engine::Shuttle]),
    ("threads", &[Engine::Explicit]),
    ("reduce", &[Engine::Explicit]),
    ("checkpoint", EXPLORE),
    ("checkpoint_every", &[Engine::Explicit]),
    ("max_memory", EXPLORE),
    ("estimate", &[Engine::Explicit]),
    ("workers", &[Engine::Cluster]),
    ("hosts", &[Engine::Cluster]),
    ("process", &[Engine::Cluster]),
    ("join_within", &[Engine::Cluster]),
];

/// Refuse options of other engines.
///
/// # Errors
/// The first such option, and the engines that it belongs to.
pub(super) fn refuse_others(engine: Engine, given: &ArgMatches) -> Result<(), Error> {
    let is_given = |name: &str| given.value_source(name) == Some(ValueSource::CommandLine);
    let other = OPTIONS.iter().find(|(name, engines)| !engines.contains(&engine) && is_given(name));
    let Some((name, engines)) = other else { return Ok(()) };
    let engines: Vec<_> = engines.iter().copied().map(Engine::name).collect();
    let option = name.replace('_', "-");
    Err(Error::Name(format!(
        "--{option} belongs to --engine {}, and this is --engine {}: leave out --{option}, or choose another engine",
        engines.join(" or "),
        engine.name()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Options that every engine takes: the scenario, the question, the engine itself, the answer's form.
    const OF_ALL: [&str; 18] = [
        "strategy",
        "judge",
        "pages",
        "actors",
        "pin_weight",
        "last_scan",
        "enomem",
        "no_signals",
        "early_flush",
        "children_first",
        "seal",
        "folio",
        "from",
        "fault",
        "claims",
        "engine",
        "save",
        "json",
    ];

    /// A new option has to be put into one of the two lists.
    #[test]
    fn every_option_belongs_to_some_engines_or_to_all() {
        let command = crate::cli::command();
        let check = command.find_subcommand("check").expect("a command");
        let mut known: Vec<&str> = OPTIONS.iter().map(|(name, _)| *name).chain(OF_ALL).collect();
        let mut there: Vec<&str> = check.get_arguments().map(|argument| argument.get_id().as_str()).collect();
        known.sort_unstable();
        there.retain(|name| *name != "help");
        there.sort_unstable();
        assert_eq!(there, known);
    }
}
