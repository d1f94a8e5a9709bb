//! Do checkpoints list every live local? Two logs that met at one must go on alike.

use std::collections::HashSet;

use seal_model::access::Answer;

use super::replay::{Key, Source, probe_after};
use super::{Met, Unfolded};
use crate::error::Error;

#[cfg(test)]
mod tests;

/// Follow every log that was merged beside the location it was merged into: up to the next checkpoints, or,
/// when `deep`, through every location that can be reached from there.
pub(super) fn audit(source: Source<'_>, unfolded: &Unfolded, deep: bool) -> Result<(), Error> {
    let auditor = Auditor { source, unfolded, deep };
    unfolded.met.iter().try_for_each(|met| auditor.follow(met))
}

struct Auditor<'a> {
    source: Source<'a>,
    unfolded: &'a Unfolded,
    deep: bool,
}

impl Auditor<'_> {
    fn follow(&self, met: &Met) -> Result<(), Error> {
        let into = met.location;
        let mut seen = HashSet::new();
        let mut to_do: Vec<(Vec<Answer>, Key, u32)> = vec![(met.log.clone(), met.before.clone(), into)];
        while let Some((log, before, location)) = to_do.pop() {
            if !seen.insert(location) {
                continue;
            }
            let here = self.compare(&log, &before, location, into)?;
            let node = &self.unfolded.nodes[location as usize];
            let ends = location != into && node.probe.key.is_some() && !self.deep;
            for (&answer, &child) in node.answers.iter().zip(&node.children).filter(|_| !ends) {
                let mut log = log.clone();
                log.push(answer);
                to_do.push((log, here.clone(), child));
            }
        }
        Ok(())
    }

    /// The checkpoints after a log, which is as good as the one that leads to `location`.
    fn compare(&self, log: &[Answer], before: &Key, location: u32, into: u32) -> Result<Key, Error> {
        let expected = &self.unfolded.nodes[location as usize].probe;
        let found = probe_after(self.source, log, before);
        let alike = found.access == expected.access
            && found.returned == expected.returned
            && found.ghost == expected.ghost
            && found.key == expected.key;
        if alike {
            return Ok(found.checkpoints);
        }
        let checkpoint = self.unfolded.nodes[into as usize].probe.key.clone().unwrap_or_default();
        let difference = format!(
            "one run goes on with {:?} at {:?}, another with {:?} at {:?}",
            expected.access, expected.key, found.access, found.key
        );
        Err(Error::CheckpointLosesLocals {
            actor: self.source.scenario.actor_name(self.source.actor),
            checkpoint: checkpoint.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" > "),
            difference,
        })
    }
}
