//! Do checkpoints list every live local? Two logs that met at one must go on alike.

use std::collections::HashSet;

use seal_model::access::Answer;
use seal_model::scenario::Scenario;

use super::Unfolded;
use super::replay::probe;
use crate::error::Error;

/// Follow every log that was merged beside the location it was merged into: up to the next checkpoints, or,
/// when `deep`, through every location that can be reached from there.
pub(super) fn audit(scenario: &Scenario, actor: usize, unfolded: &Unfolded, deep: bool) -> Result<(), Error> {
    for (log, location) in &unfolded.met {
        let auditor = Auditor { scenario, actor, unfolded, deep };
        auditor.follow(log, *location)?;
    }
    Ok(())
}

struct Auditor<'a> {
    scenario: &'a Scenario,
    actor: usize,
    unfolded: &'a Unfolded,
    deep: bool,
}

impl Auditor<'_> {
    fn follow(&self, merged: &[Answer], into: u32) -> Result<(), Error> {
        let mut seen = HashSet::new();
        let mut to_do: Vec<(Vec<Answer>, u32)> = vec![(merged.to_vec(), into)];
        while let Some((log, location)) = to_do.pop() {
            if !seen.insert(location) {
                continue;
            }
            self.compare(&log, location, into)?;
            let node = &self.unfolded.nodes[location as usize];
            for (&answer, &child) in node.answers.iter().zip(&node.children) {
                let ends = self.unfolded.nodes[child as usize].probe.key.is_some() && !self.deep;
                let mut log = log.clone();
                log.push(answer);
                if ends {
                    self.compare(&log, child, into)?;
                } else {
                    to_do.push((log, child));
                }
            }
        }
        Ok(())
    }

    fn compare(&self, log: &[Answer], location: u32, into: u32) -> Result<(), Error> {
        let expected = &self.unfolded.nodes[location as usize].probe;
        let found = probe(self.scenario, self.actor, log);
        let alike = found.access == expected.access
            && found.returned == expected.returned
            && found.ghost == expected.ghost
            && found.key == expected.key;
        if alike {
            return Ok(());
        }
        let checkpoint = self.unfolded.nodes[into as usize].probe.key.clone().unwrap_or_default();
        let difference = format!(
            "one run goes on with {:?} at {:?}, another with {:?} at {:?}",
            expected.access, expected.key, found.access, found.key
        );
        Err(Error::CheckpointLosesLocals {
            actor: self.scenario.actor_name(self.actor),
            checkpoint: checkpoint.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" > "),
            difference,
        })
    }
}
