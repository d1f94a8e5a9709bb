//! The scenario of `check`: a strategy and options, or one line.

use clap::Args;
use seal_checks::error::Error;
use seal_model::scenario::{Actor, Scenario, Strategy};

#[derive(Args, Debug)]
pub(super) struct ScenarioArguments {
    /// A strategy: see `sealcheck list strategies`; or a whole scenario in one line, as `sealcheck check` prints it
    /// first, in quotes: its cast is the sealer and those that it names
    #[arg(value_name = "STRATEGY|SCENARIO")]
    strategy: String,
    /// A judge: see `sealcheck list judges` [default: the strategy's own]
    #[arg(long)]
    judge: Option<String>,
    /// Pages of the file, 1 to 4 [default: 1]
    #[arg(long)]
    pages: Option<u8>,
    /// An actor beside the sealer, with its page and program, N of them: `mapper`, `pinner=2`,
    /// `mapper@1:zap+fault` [default: pinner and mapper]
    #[arg(long = "with", value_name = "ACTOR[=N]")]
    actors: Vec<String>,
    /// References that a pin takes, 1 to 8 [default: 1]
    #[arg(long)]
    pin_weight: Option<u8>,
    /// The number of the last rescan, 0 to 8 [default: 4]
    #[arg(long)]
    last_scan: Option<u8>,
    /// The page allocator may fail
    #[arg(long)]
    enomem: bool,
    /// No fatal signal reaches the sealer
    #[arg(long)]
    no_signals: bool,
    /// munmap flushes the TLB before the count of writable mappings drops, as on x86; otherwise after it
    #[arg(long)]
    early_flush: bool,
    /// unmap_mapping_range() comes to a forked child before its parent; otherwise after it
    #[arg(long)]
    children_first: bool,
    /// The seal that is asked for: see `sealcheck list seals` [default: write]
    #[arg(long)]
    seal: Option<String>,
    /// Small pages that each page of the file stands for, 1 to 4: a large folio [default: 1]
    #[arg(long)]
    folio: Option<u8>,
    /// Where to start: `ACTOR:ACCESS+…`, everybody named about to make that access, the others not begun
    #[arg(long, value_name = "CUT")]
    from: Option<String>,
    /// A seeded fault: see `sealcheck list faults`
    #[arg(long)]
    fault: Option<String>,
}

/// The cast that a strategy is given which is named alone.
const USUAL: [&str; 2] = ["pinner", "mapper"];

/// What one text means, to every command that takes a scenario: a line with `;` is taken as it stands, and a strategy
/// alone stands for the usual cast, a pinner and a mapper. The command prints the scenario first, so that it says which.
pub(super) fn meant(text: &str) -> Result<Scenario, Error> {
    if text.contains(';') { Ok(text.parse()?) } else { with_cast(text, &[]) }
}

/// A strategy with these actors, `ACTOR=N` being N of them; the usual ones if there is none.
fn with_cast(strategy: &str, actors: &[String]) -> Result<Scenario, Error> {
    let strategy: Strategy = strategy.trim().parse()?;
    let usual = USUAL.map(str::to_owned);
    let actors = if actors.is_empty() { &usual } else { actors };
    let members = actors.iter().map(|text| members(text)).collect::<Result<Vec<_>, _>>()?;
    Ok(members.into_iter().flatten().fold(Scenario::new(strategy), Scenario::with))
}

impl ScenarioArguments {
    /// The scenario that is meant.
    pub(super) fn scenario(&self) -> Result<Scenario, Error> {
        if !self.strategy.contains(';') {
            return self.by_options();
        }
        let given = self.given();
        if given.is_empty() {
            return meant(&self.strategy);
        }
        Err(Error::Name(format!(
            "a whole scenario is given, and {} beside it: write that into the line, such as \
             `wait;judge=snapshot;with=mapper@0`, or give the strategy alone and all else by options",
            given.join(", ")
        )))
    }

    fn by_options(&self) -> Result<Scenario, Error> {
        let mut scenario = with_cast(&self.strategy, &self.actors)?;
        scenario.pages = self.pages.unwrap_or(scenario.pages);
        scenario.pin_weight = self.pin_weight.unwrap_or(scenario.pin_weight);
        scenario.last_scan = self.last_scan.unwrap_or(scenario.last_scan);
        scenario.folio = self.folio.unwrap_or(scenario.folio);
        scenario.allocation_may_fail = self.enomem;
        scenario.signals = !self.no_signals;
        scenario.early_flush = self.early_flush;
        scenario.children_first = self.children_first;
        if let Some(judge) = &self.judge {
            scenario.judge = judge.parse()?;
        }
        if let Some(fault) = &self.fault {
            scenario.fault = Some(fault.parse()?);
        }
        if let Some(seal) = &self.seal {
            scenario.seal = seal.parse()?;
        }
        if let Some(cut) = &self.from {
            scenario = scenario.starting_from(cut)?;
        }
        Ok(scenario.validate()?)
    }

    /// The options that were given.
    fn given(&self) -> Vec<&'static str> {
        let all = [
            ("--judge", self.judge.is_some()),
            ("--pages", self.pages.is_some()),
            ("--with", !self.actors.is_empty()),
            ("--pin-weight", self.pin_weight.is_some()),
            ("--last-scan", self.last_scan.is_some()),
            ("--enomem", self.enomem),
            ("--no-signals", self.no_signals),
            ("--early-flush", self.early_flush),
            ("--children-first", self.children_first),
            ("--seal", self.seal.is_some()),
            ("--folio", self.folio.is_some()),
            ("--from", self.from.is_some()),
            ("--fault", self.fault.is_some()),
        ];
        all.into_iter().filter_map(|(option, given)| given.then_some(option)).collect()
    }
}

/// `ACTOR=N` is N of them.
fn members(text: &str) -> Result<Vec<Actor>, Error> {
    let (actor, count) = text.split_once('=').unwrap_or((text, "1"));
    let wrong = || Error::Name(format!("`{text}` is no number of actors: give ACTOR=N with N from 1 to 7"));
    let count: usize = count.parse().map_err(|_| wrong())?;
    if !(1..=7).contains(&count) {
        return Err(wrong());
    }
    Ok(vec![actor.parse()?; count])
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;
    use seal_checks::review::command;
    use seal_checks::walk::case::{Case, Field};
    use seal_model::claim::Claim;

    use super::*;

    /// Every part of a scenario that differs from the usual one is among the options.
    #[test]
    fn the_command_of_a_scenario_is_read_as_that_scenario() {
        let (mut chance, mut alone, mut from) = (1u64, 0, 0);
        for _ in 0..4000 {
            let bytes: Vec<u8> = std::iter::repeat_with(|| {
                chance = chance.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                (chance >> 56) as u8
            })
            .take(80)
            .collect();
            let scenario = Case::decode(&bytes, Field::Small).scenario;
            let command = command(&scenario, Claim::CountLaw);
            let words = command.split(' ').map(|word| word.trim_matches('\''));
            let given = crate::cli::command().try_get_matches_from(words).expect("a command");
            let given = given.subcommand_matches("check").expect("of `check`");
            let read = ScenarioArguments::from_arg_matches(given).expect("its options").scenario();
            assert_eq!(read.expect("possible"), scenario, "{command}");
            alone += usize::from(scenario.cast().len() == 1);
            from += usize::from(!scenario.from.is_empty());
        }
        assert!(alone > 10 && from > 10, "{alone} of the sealer alone, {from} from a cut");
    }
}
