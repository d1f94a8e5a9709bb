//! A scenario as one line, and the names of its parts.

use std::fmt;
use std::str::FromStr;

use super::{Scenario, ScenarioError, Seal, Strategy};
use crate::fault::Fault;
use crate::sealer::judge::Judge;

/// The one-line form: `wait-2014;judge=refs-then-maps;pages=1;with=pinner;with=mapper:fault+zap`.
impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let usual = Scenario::new(self.strategy);
        write!(f, "{};judge={};pages={}", self.strategy.name(), self.judge.name(), self.pages)?;
        if self.seal != usual.seal {
            write!(f, ";seal={}", self.seal.name())?;
        }
        if self.folio != usual.folio {
            write!(f, ";folio={}", self.folio)?;
        }
        if self.pin_weight != usual.pin_weight {
            write!(f, ";pin-weight={}", self.pin_weight)?;
        }
        if self.last_scan != usual.last_scan {
            write!(f, ";last-scan={}", self.last_scan)?;
        }
        if self.allocation_may_fail {
            write!(f, ";enomem")?;
        }
        if !self.signals {
            write!(f, ";no-signals")?;
        }
        if self.early_flush {
            write!(f, ";early-flush")?;
        }
        if self.children_first {
            write!(f, ";children-first")?;
        }
        if let Some(fault) = self.fault {
            write!(f, ";fault={}", fault.name())?;
        }
        for actor in &self.cast[1..] {
            write!(f, ";with={actor}")?;
        }
        if !self.from.is_empty() {
            write!(f, ";from={}", self.cut())?;
        }
        Ok(())
    }
}

impl FromStr for Scenario {
    type Err = ScenarioError;

    fn from_str(text: &str) -> Result<Self, ScenarioError> {
        let mut parts = text.trim().split(';');
        let mut scenario = Scenario::new(parts.next().unwrap_or_default().parse()?);
        let mut from = None;
        for part in parts {
            let syntax = || ScenarioError::Syntax(part.to_owned());
            let number = |value: &str| value.parse::<u8>().map_err(|_| syntax());
            match part.split_once('=') {
                Some(("judge", value)) => scenario.judge = value.parse()?,
                Some(("pages", value)) => scenario.pages = number(value)?,
                Some(("seal", value)) => scenario.seal = value.parse()?,
                Some(("folio", value)) => scenario.folio = number(value)?,
                Some(("pin-weight", value)) => scenario.pin_weight = number(value)?,
                Some(("last-scan", value)) => scenario.last_scan = number(value)?,
                Some(("fault", value)) => scenario.fault = Some(value.parse()?),
                Some(("from", value)) => from = Some(value),
                Some(("with", value)) => scenario = scenario.with(value.parse()?),
                None if part == "enomem" => scenario.allocation_may_fail = true,
                None if part == "no-signals" => scenario.signals = false,
                None if part == "early-flush" => scenario.early_flush = true,
                None if part == "children-first" => scenario.children_first = true,
                _ => return Err(syntax()),
            }
        }
        // names are those of the whole cast
        match from {
            Some(from) => scenario.starting_from(from)?.validate(),
            None => scenario.validate(),
        }
    }
}

impl FromStr for Strategy {
    type Err = ScenarioError;
    fn from_str(text: &str) -> Result<Self, ScenarioError> {
        let found = Strategy::ALL.into_iter().find(|strategy| strategy.name() == text);
        found.ok_or_else(|| ScenarioError::UnknownStrategy(text.to_owned()))
    }
}

impl FromStr for Seal {
    type Err = ScenarioError;
    fn from_str(text: &str) -> Result<Self, ScenarioError> {
        let found = Seal::ALL.into_iter().find(|seal| seal.name() == text);
        found.ok_or_else(|| ScenarioError::UnknownSeal(text.to_owned()))
    }
}

impl FromStr for Judge {
    type Err = ScenarioError;
    fn from_str(text: &str) -> Result<Self, ScenarioError> {
        let found = Judge::ALL.into_iter().find(|judge| judge.name() == text);
        found.ok_or_else(|| ScenarioError::UnknownJudge(text.to_owned()))
    }
}

impl FromStr for Fault {
    type Err = ScenarioError;
    fn from_str(text: &str) -> Result<Self, ScenarioError> {
        let found = Fault::ALL.into_iter().find(|fault| fault.name() == text);
        found.ok_or_else(|| ScenarioError::UnknownFault(text.to_owned()))
    }
}
