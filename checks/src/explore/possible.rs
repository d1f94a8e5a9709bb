//! Witnesses worth looking for: not those that are seen in no state whatever, such as a page replaced by a strategy that
//! replaces none.

use seal_model::claim::Witness;

use super::system::System;
use crate::explore::predicate::Asker;
use crate::explore::variables::Variables;
use crate::table::{Told, always};

/// Runs that it may take to find that a witness is never seen. Beyond, it is looked for.
const MOST_RUNS: usize = 256;

/// The witnesses that values of cells, and of what actors may hold, can show.
pub(super) fn possible(system: &System) -> Vec<Witness> {
    let variables = Variables::new(system);
    let asker = Asker { scenario: &system.scenario, variables: &variables, most_runs: MOST_RUNS };
    let values = |variable| variables.values(variable).to_vec();
    let never = |witness: &Witness| {
        let unseen = |told: &Told<'_>| !asker.seen(told, None, |world| witness.seen(world));
        always(&mut { MOST_RUNS }, &values, &unseen).unwrap_or(false)
    };
    Witness::ALL.into_iter().filter(|witness| !never(witness)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_actor_does_is_not_looked_for() {
        let possible =
            |text: &str| possible(&System::new(&text.parse().expect("possible")).expect("compiles"));
        let wait = possible("wait;with=pinner;with=mapper");
        assert!(
            [Witness::Sealed, Witness::ReturnedError, Witness::Mapped].iter().all(|seen| wait.contains(seen))
        );
        assert!(![Witness::PageReplaced, Witness::ReadInFlight].iter().any(|unseen| wait.contains(unseen)));
        assert!(possible("isolate;with=pinner;with=mapper").contains(&Witness::PageReplaced));
    }
}
