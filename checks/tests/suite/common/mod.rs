//! Helpers of several tests.

pub(crate) mod book;
pub(crate) mod browser;
pub(crate) mod moment;
pub(crate) mod quotes;
pub(crate) mod record;
pub(crate) mod shown;
pub(crate) mod skip;

use seal_checks::explore::Job;
use seal_checks::verdict::{self, Report};
use seal_model::claim::Claim;
use seal_model::scenario::Scenario;

/// The scenario of a one-line form.
pub(crate) fn scenario(text: &str) -> Scenario {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Explore a scenario for all claims that concern it.
pub(crate) fn decide(scenario: &Scenario) -> Report {
    let claims = Claim::concerning(scenario);
    let job = Job { claims: &claims, max_memory: 4 << 30, coverage: false, progress: None };
    verdict::decide(scenario, &job).unwrap_or_else(|error| panic!("{scenario}: {error}"))
}
