//! Commands that show a verdict again.

use seal_model::claim::Claim;
use seal_model::scenario::Scenario;

use crate::engine::{Engine, Limits, Scheduler};
use crate::verdict::Report;

/// The command that shows a report's verdict on a claim again: the scenario, the engine, and where its search by chance
/// starts.
pub fn command_of_report(report: &Report, claim: Claim) -> String {
    let mut command = command(&report.scenario, claim);
    if report.engine != Engine::Explicit {
        command.push_str(&format!(" --engine {}", report.engine.name()));
    }
    if let Some(ran) = &report.ran {
        command.push_str(&options(ran.engine, &ran.limits));
    }
    command
}

/// The options of an engine beside the scenario. A limit of time is left out: it depends on the machine.
fn options(engine: Engine, limits: &Limits) -> String {
    let by_chance =
        engine == Engine::Threads || engine == Engine::Shuttle && limits.scheduler != Scheduler::DepthFirst;
    let usual = Limits::default();
    let options = [
        limits.preemptions.filter(|_| engine == Engine::Loom).map(|most| format!(" --preemptions {most}")),
        limits.executions.map(|most| format!(" --executions {most}")),
        (by_chance && limits.seed != usual.seed).then(|| format!(" --seed {}", limits.seed)),
        (engine == Engine::Shuttle && limits.scheduler != usual.scheduler)
            .then(|| format!(" --scheduler {}", limits.scheduler.name())),
    ];
    options.into_iter().flatten().collect()
}

/// The command that shows a claim's counterexample.
pub fn command(scenario: &Scenario, claim: Claim) -> String {
    if scenario.cast().len() == 1 {
        // a strategy alone stands for a pinner and a mapper beside the sealer
        return format!("sealcheck check '{scenario}' --claim {}", claim.name());
    }
    let mut command = format!("sealcheck check {}", scenario.strategy.name());
    let usual = Scenario::new(scenario.strategy);
    let mut option = |differs: bool, text: String| {
        if differs {
            command.push(' ');
            command.push_str(&text);
        }
    };
    option(scenario.judge != usual.judge, format!("--judge {}", scenario.judge.name()));
    option(scenario.pages != usual.pages, format!("--pages {}", scenario.pages));
    option(scenario.pin_weight != usual.pin_weight, format!("--pin-weight {}", scenario.pin_weight));
    option(scenario.last_scan != usual.last_scan, format!("--last-scan {}", scenario.last_scan));
    option(scenario.allocation_may_fail, "--enomem".into());
    option(!scenario.signals, "--no-signals".into());
    option(scenario.early_flush, "--early-flush".into());
    option(scenario.children_first, "--children-first".into());
    option(scenario.seal != usual.seal, format!("--seal {}", scenario.seal.name()));
    option(scenario.folio != usual.folio, format!("--folio {}", scenario.folio));
    if let Some(fault) = scenario.fault {
        option(true, format!("--fault {}", fault.name()));
    }
    for actor in &scenario.cast()[1..] {
        option(true, format!("--with {actor}"));
    }
    option(!scenario.from.is_empty(), format!("--from '{}'", scenario.cut()));
    option(true, format!("--claim {}", claim.name()));
    command
}
