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

/// The parts may stand in any order, and each key is given once, but for `with`.
impl FromStr for Scenario {
    type Err = ScenarioError;

    fn from_str(text: &str) -> Result<Self, ScenarioError> {
        let mut parts = text.trim().split(';');
        let mut scenario = Scenario::new(parts.next().unwrap_or_default().parse()?);
        let (mut keys, mut folio, mut from) = (Vec::new(), None, None);
        for part in parts {
            let syntax = || ScenarioError::Syntax(part.to_owned());
            let size = |value: &str| number(value).ok_or_else(syntax);
            let (key, value) = part.split_once('=').map_or((part, None), |(key, value)| (key, Some(value)));
            if keys.contains(&key) {
                return Err(ScenarioError::Twice(key.to_owned()));
            }
            match (key, value) {
                ("", None) => return Err(ScenarioError::EmptyPart),
                ("judge", Some(value)) => scenario.judge = value.parse()?,
                ("pages", Some(value)) => scenario.pages = size(value)?,
                ("seal", Some(value)) => scenario.seal = value.parse()?,
                ("folio", Some(value)) => folio = Some(size(value)?),
                ("pin-weight", Some(value)) => scenario.pin_weight = size(value)?,
                ("last-scan", Some(value)) => scenario.last_scan = size(value)?,
                ("fault", Some(value)) => scenario.fault = Some(value.parse()?),
                ("from", Some(value)) => from = Some(value),
                ("with", Some(value)) => scenario = scenario.with(value.parse()?),
                ("enomem", None) => scenario.allocation_may_fail = true,
                ("no-signals", None) => scenario.signals = false,
                ("early-flush", None) => scenario.early_flush = true,
                ("children-first", None) => scenario.children_first = true,
                _ => return Err(syntax()),
            }
            if key != "with" {
                keys.push(key);
            }
        }
        // the size of a folio follows from the whole cast unless it is given; names are those of the whole cast
        scenario.folio = folio.unwrap_or(scenario.folio);
        match from {
            Some(from) => scenario.starting_from(from)?.validate(),
            None => scenario.validate(),
        }
    }
}

/// A number as it is printed: digits alone, and no zero before them.
pub(super) fn number(text: &str) -> Option<u8> {
    text.parse().ok().filter(|number: &u8| number.to_string() == text)
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
