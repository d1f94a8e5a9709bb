//! The manifest: the expected verdict, states and depth of every scenario of the review. Written by a run,
//! compared with every later one.

use std::collections::BTreeMap;

use seal_model::claim::Claim;
use seal_model::scenario::Scenario;
use serde::{Deserialize, Serialize};

use super::difference::difference;
use super::digest::in_short;
use crate::error::Error;
use crate::verdict::{Report, Verdict};

/// The checked-in manifest.
pub const CHECKED_IN: &str = include_str!("../../manifest.toml");

const HEAD: &str = "# Expected results of the review. Written by `sealcheck review --full --bless`; do not edit.\n\
                    # Steps are those of the shortest counterexample.\n\n";

/// Expected results, one for each scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// By the scenario's one-line form.
    #[serde(default)]
    scenario: BTreeMap<String, Expected>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    states: usize,
    depth: usize,
    proved: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    refuted: BTreeMap<String, usize>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    vacuous: Vec<String>,
}

impl From<&Report> for Expected {
    fn from(report: &Report) -> Self {
        let named = |wanted: fn(&Verdict) -> bool| {
            let found = report.verdicts.iter().filter(|(_, verdict)| wanted(verdict));
            found.map(|(claim, verdict)| named(*claim, verdict)).collect()
        };
        let refuted = report.verdicts.iter().filter_map(|(claim, verdict)| match verdict {
            Verdict::Refuted(refutation) => Some((claim.name().to_owned(), refutation.steps.len())),
            _ => None,
        });
        Expected {
            states: report.figures.states,
            depth: report.figures.depth,
            proved: named(Verdict::is_proved),
            refuted: refuted.collect(),
            vacuous: named(|verdict| matches!(verdict, Verdict::Vacuous(_))),
        }
    }
}

/// A claim with the fairness that its proof takes.
fn named(claim: Claim, verdict: &Verdict) -> String {
    match verdict {
        Verdict::Proved(Some(fairness)) => format!("{} {}", claim.name(), fairness.name()),
        _ => claim.name().to_owned(),
    }
}

impl Manifest {
    /// What a run found.
    pub fn of<'r>(reports: impl IntoIterator<Item = &'r Report>) -> Self {
        let found = |report: &Report| (report.scenario.to_string(), Expected::from(report));
        Manifest { scenario: reports.into_iter().map(found).collect() }
    }

    /// Each verdict of a scenario that was decided and is not the expected one, as a line.
    pub(super) fn contradicted_by(&self, report: &Report) -> Vec<String> {
        let decided = report.verdicts.iter().filter(|(_, verdict)| !matches!(verdict, Verdict::Undecided(_)));
        let differs = |(claim, verdict): &(Claim, Verdict)| {
            let (found, expected) = (in_short(verdict), self.says(&report.scenario, *claim));
            let expects = expected.as_deref().unwrap_or("nothing");
            let line = format!("{}: {} is {found}, not {expects}\n", report.scenario, claim.name());
            (found != expects).then_some(line)
        };
        decided.filter_map(differs).collect()
    }

    /// How many states a scenario is expected to have.
    pub fn states(&self, scenario: &Scenario) -> Option<usize> {
        self.scenario.get(&scenario.to_string()).map(|expected| expected.states)
    }

    /// The claims that a scenario refutes; none where it is not among those of the manifest.
    pub fn refuted(&self, scenario: &Scenario) -> Vec<Claim> {
        let found = self.scenario.get(&scenario.to_string()).map(|expected| &expected.refuted);
        found.into_iter().flatten().filter_map(|(claim, _)| claim.parse().ok()).collect()
    }

    /// What a scenario is expected to say about a claim, in the words of [`in_short`]; none where it is not asked.
    ///
    /// [`in_short`]: super::digest::in_short
    pub fn says(&self, scenario: &Scenario, claim: Claim) -> Option<String> {
        let Expected { proved, refuted, vacuous, .. } = self.scenario.get(&scenario.to_string())?;
        let fair = |name: &String| match name.strip_prefix(claim.name())? {
            "" => Some("proved".to_owned()),
            fairness => fairness.starts_with(' ').then(|| format!("proved{fairness}")),
        };
        let refuted = refuted.get(claim.name()).map(|steps| format!("refuted {steps}"));
        let vacuous = || vacuous.iter().any(|name| name == claim.name()).then(|| "VACUOUS".to_owned());
        refuted.or_else(|| proved.iter().find_map(fair)).or_else(vacuous)
    }

    /// Read a manifest.
    ///
    /// # Errors
    /// [`Error::Manifest`] with the line that can't be read.
    pub fn parse(text: &str) -> Result<Self, Error> {
        toml::from_str(text).map_err(|error| Error::Manifest(error.to_string()))
    }

    /// The manifest as a file.
    ///
    /// # Errors
    /// [`Error::Manifest`] if it can't be written as TOML.
    pub fn text(&self) -> Result<String, Error> {
        let body = toml::to_string(self).map_err(|error| Error::Manifest(error.to_string()))?;
        Ok(format!("{HEAD}{body}"))
    }

    /// Keep what another manifest says of scenarios that this one does not name.
    pub fn or(mut self, other: Manifest) -> Self {
        for (scenario, expected) in other.scenario {
            self.scenario.entry(scenario).or_insert(expected);
        }
        self
    }

    /// How this manifest, which a run made, differs from the expected one, section by section, or none. Scenarios
    /// that the run did not ask are left out.
    ///
    /// # Errors
    /// As [`Manifest::text`].
    pub fn difference(&self, expected: &Manifest) -> Result<Option<String>, Error> {
        let asked = |(scenario, _): &(&String, &Expected)| self.scenario.contains_key(*scenario);
        let asked = expected.scenario.iter().filter(asked);
        let expected =
            Manifest { scenario: asked.map(|(scenario, found)| (scenario.clone(), found.clone())).collect() };
        if *self == expected {
            return Ok(None);
        }
        Ok(Some(difference(&expected.text()?, &self.text()?)))
    }
}
