//! Do frames list every live local? Two logs that met at one must go on alike.

use std::collections::{HashSet, VecDeque};

use seal_model::access::Answer;

use super::replay::{Key, Source, probe_after};
use super::{Met, Unfolded};
use crate::error::Error;

#[cfg(test)]
mod tests;

/// The number of accesses after a merge that are looked at, unless the audit is deep.
const AHEAD: usize = 1;

/// Follow every log that was merged beside the location it was merged into: for [`AHEAD`] accesses, or, when `deep`,
/// through every location that can be reached from there.
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
        let ahead = if self.deep { usize::MAX } else { AHEAD };
        // in the order of their distance: the first way to a location is the one that goes on furthest
        let start: (Vec<Answer>, Key, u32, usize) = (met.log.clone(), met.before.clone(), into, ahead);
        let mut to_do = VecDeque::from([start]);
        while let Some((log, before, location, ahead)) = to_do.pop_front() {
            if !seen.insert(location) {
                continue;
            }
            let here = self.compare(&log, &before, location, into)?;
            let node = &self.unfolded.nodes[location as usize];
            for (&answer, &child) in node.answers.iter().zip(&node.children).filter(|_| ahead > 0) {
                let mut log = log.clone();
                log.push(answer);
                to_do.push_back((log, here.clone(), child, ahead - 1));
            }
        }
        Ok(())
    }

    /// The frames after a log, which is as good as the one that leads to `location`.
    fn compare(&self, log: &[Answer], before: &Key, location: u32, into: u32) -> Result<Key, Error> {
        let expected = &self.unfolded.nodes[location as usize].probe;
        let found = probe_after(self.source, log, before);
        let alike = found.access == expected.access
            && found.returned == expected.returned
            && found.ghost == expected.ghost
            && found.key == expected.key;
        if alike {
            return Ok(found.frames);
        }
        let frames = self.unfolded.nodes[into as usize].probe.key.iter().flatten();
        let difference = format!(
            "one run goes on with {:?} at {:?}, another with {:?} at {:?}",
            expected.access, expected.key, found.access, found.key
        );
        Err(Error::FrameLosesLocals {
            actor: self.source.scenario.actor_name(self.source.actor),
            frame: frames.map(|(site, _)| site.to_string()).collect::<Vec<_>>().join(" > "),
            difference,
        })
    }
}
