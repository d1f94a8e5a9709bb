//! What exploration has decided already: which claims a repaired strategy keeps, and which casts are known to break
//! which. It is read off the manifest; nothing is written here by hand.

use std::collections::HashMap;
use std::sync::LazyLock;

use seal_model::claim::Claim;
use seal_model::scenario::{Actor, Scenario, Strategy};
use seal_model::sealer::judge::Judge;

use crate::error::Error;
use crate::review::manifest::{CHECKED_IN, Manifest};
use crate::review::plan::{Plan, Size};

/// The manifest, as a walk asks it.
#[derive(Debug, Default)]
pub struct Known {
    /// Claims that hold in every cast without reclaim that the review's matrix is made of.
    kept: HashMap<(Strategy, Judge), Vec<Claim>>,
    /// Casts that break them all the same: with reclaim, or with somebody whom only a comparison asks of.
    broken: HashMap<(Strategy, Judge), Vec<Breaks>>,
}

/// A cast, and the claims that it breaks.
#[derive(Clone, Debug)]
struct Breaks {
    cast: Cast,
    claims: Vec<Claim>,
}

/// What matters of a scenario when a larger one is held against it.
#[derive(Clone, Debug)]
struct Cast {
    allocation_may_fail: bool,
    large_folios: bool,
    members: Vec<String>,
}

static KNOWN: LazyLock<Result<Known, String>> = LazyLock::new(|| {
    let manifest = Manifest::parse(CHECKED_IN).map_err(|error| error.to_string())?;
    let plan = Plan::new(Size::Full).map_err(|error| error.to_string())?;
    Ok(Known::of(&plan, &manifest))
});

impl Known {
    /// That of the checked-in manifest.
    ///
    /// # Errors
    /// [`Error::Manifest`] if it can't be read: without it a walk would ask nothing.
    pub fn checked_in() -> Result<&'static Known, Error> {
        KNOWN.as_ref().map_err(|cause| Error::Manifest(cause.clone()))
    }

    fn of(plan: &Plan, manifest: &Manifest) -> Self {
        let mut known = Known::default();
        for scenario in plan.groups.iter().flat_map(|group| &group.scenarios) {
            let key = (scenario.strategy, scenario.judge);
            let kept = known.kept.entry(key).or_insert_with(|| Claim::ALL.to_vec());
            let refuted = manifest.refuted(scenario);
            kept.retain(|claim| !refuted.contains(claim));
        }
        for (scenario, _) in plan.jobs() {
            let key = (scenario.strategy, scenario.judge);
            let Some(kept) = known.kept.get(&key) else { continue };
            let mut claims = manifest.refuted(&scenario);
            claims.retain(|claim| kept.contains(claim));
            if !claims.is_empty() {
                known.broken.entry(key).or_default().push(Breaks { cast: Cast::of(&scenario), claims });
            }
        }
        known
    }

    /// The claims that nothing known breaks in a scenario: what a walk may take for granted.
    pub fn kept(&self, scenario: &Scenario) -> Vec<Claim> {
        let key = (scenario.strategy, scenario.judge);
        let Some(kept) = self.kept.get(&key) else { return Vec::new() };
        let here = Cast::of(scenario);
        let part = self.broken.get(&key).into_iter().flatten().filter(|breaks| breaks.cast.is_part_of(&here));
        let broken: Vec<Claim> = part.flat_map(|breaks| breaks.claims.iter().copied()).collect();
        let wanted = |claim: &Claim| kept.contains(claim) && !broken.contains(claim);
        Claim::concerning(scenario).into_iter().filter(wanted).collect()
    }
}

impl Cast {
    fn of(scenario: &Scenario) -> Self {
        let mut members: Vec<String> = scenario.cast().iter().map(part_of).collect();
        members.sort();
        Cast { allocation_may_fail: scenario.allocation_may_fail, large_folios: scenario.folio > 1, members }
    }

    /// Whether whoever is here is there as well: what breaks a claim here may do so there.
    fn is_part_of(&self, other: &Cast) -> bool {
        let mut there = other.members.iter();
        let found = self.members.iter().all(|member| there.any(|other| other == member));
        found
            && self.allocation_may_fail <= other.allocation_may_fail
            && self.large_folios <= other.large_folios
    }
}

/// The part that a member plays, wherever and for however long.
fn part_of(actor: &Actor) -> String {
    let text = actor.to_string();
    let (name, program) = text.split_once(':').unwrap_or((&text, ""));
    let moves = ["fault", "zap", "loop"].iter().any(|what| program.contains(what));
    let name = name.split('@').next().unwrap_or(name);
    if moves || program.is_empty() { name.to_owned() } else { format!("{name}:{program}") }
}
