//! A fuzzer let loose on what is known to be broken: how long does it take? What exploration proves is there must be
//! found, and what is found must be there.

use std::str::FromStr;

use seal_model::claim::Claim;
use seal_model::fault::Fault;
use seal_model::scenario::{Scenario, Strategy};

use super::feedback::Feedback;
use super::{Trouble, told};
use crate::error::Error;
use crate::faults::shown_in;
use crate::walk::case::{Case, Field};
use crate::walk::walk;

/// Something that is known to be broken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prey {
    /// Its name: that of a fault, or of a strategy.
    pub name: &'static str,
    /// Where it shows.
    pub scenario: Scenario,
    /// The claim that it breaks.
    pub claim: Claim,
}

/// The cast that refutes the strategies of 2014 most quickly.
const PINNED: &str = "pages=1;with=pinner;with=mapper:fault+zap";

impl Prey {
    /// The two strategies of 2014, and every seeded fault.
    ///
    /// # Errors
    /// When the catalogue of faults names an impossible scenario.
    pub fn all() -> Result<Vec<Prey>, Error> {
        let mut all = Vec::new();
        for strategy in [Strategy::Wait2014, Strategy::Isolate2014] {
            let scenario = format!("{};{PINNED}", strategy.name()).parse()?;
            all.push(Prey { name: strategy.name(), scenario, claim: Claim::NoWritablePin });
        }
        for fault in Fault::ALL {
            let scenario = shown_in(fault)?.with_fault(fault);
            all.push(Prey { name: fault.name(), scenario, claim: fault.breaks() });
        }
        Ok(all)
    }
}

/// Walk along some bytes, which are a schedule and nothing else.
///
/// # Errors
/// The run that breaks the claim, if it does: what was hunted.
pub fn one(prey: &Prey, schedule: &[u8], feedback: &mut impl Feedback) -> Result<(), Trouble> {
    let walked = walk(&prey.scenario, &[prey.claim], schedule, |run| feedback.see(run))?;
    walked.broken.map_or(Ok(()), |broken| Err(Trouble::Finding(told(&prey.scenario, &broken)?)))
}

impl FromStr for Prey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Prey::all()?.into_iter().find(|prey| prey.name == text);
        let why = || {
            format!(
                "nothing to hunt is named `{text}`: a fault of `sealcheck list faults`, or a strategy of 2014"
            )
        };
        found.ok_or_else(|| Error::Name(why()))
    }
}

/// Any scenario with any fault: a claim that a walk breaks is broken in the trace as well, which runs without a
/// walk's shortcuts.
pub(super) fn case(bytes: &[u8], feedback: &mut impl Feedback) -> Result<(), Trouble> {
    let Case { scenario, schedule } = Case::decode(bytes, Field::All);
    let walked = match walk(&scenario, &Claim::concerning(&scenario), schedule, |run| feedback.see(run)) {
        Ok(walked) => walked,
        // a fault may count until a cell or an answer has no room for it
        Err(Error::CellOutOfRange(_) | Error::AnswerOutOfRange { .. }) if scenario.fault.is_some() => {
            return Ok(());
        }
        Err(error) => return Err(Trouble::Finding(format!("{error}\nin {scenario}"))),
    };
    let Some(broken) = walked.broken else { return Ok(()) };
    let told = told(&scenario, &broken)?;
    let said = format!("breaks {}", broken.claim.name());
    if told.contains(&said) {
        Ok(())
    } else {
        Err(Trouble::Finding(format!("no step {said} in the trace:\n{told}")))
    }
}
