//! The scenario of `check`: a strategy and options, or one line.

use clap::Args;
use seal_checks::error::Error;
use seal_model::scenario::{Actor, Scenario, Strategy};

#[derive(Args, Debug)]
pub(super) struct ScenarioArguments {
    /// A strategy: see `sealcheck list strategies`; or a whole scenario in one line, as `sealcheck check` prints it
    /// first, in quotes
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

impl ScenarioArguments {
    /// The scenario that is meant.
    pub(super) fn scenario(&self) -> Result<Scenario, Error> {
        if !self.strategy.contains(';') {
            return self.by_options();
        }
        let given = self.given();
        if given.is_empty() {
            return Ok(self.strategy.parse()?);
        }
        Err(Error::Name(format!(
            "a whole scenario is given, and {} beside it: write that into the line, such as \
             `wait;judge=snapshot;with=mapper@0`, or give the strategy alone and all else by options",
            given.join(", ")
        )))
    }

    fn by_options(&self) -> Result<Scenario, Error> {
        let strategy: Strategy = self.strategy.parse()?;
        let mut scenario = Scenario::new(strategy);
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
        let usual = ["pinner".to_owned(), "mapper".to_owned()];
        let actors = if self.actors.is_empty() { &usual[..] } else { &self.actors };
        for text in actors {
            for actor in members(text)? {
                scenario = scenario.with(actor);
            }
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
