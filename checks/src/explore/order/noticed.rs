//! Which accesses a claim may notice.

use std::collections::HashSet;

use seal_model::access::Access;
use seal_model::claim::Claim;

use super::independent::Independence;
use super::quiet::Quiet;
use crate::explore::system::System;
use crate::explore::variables::Variables;

/// For each actor the accesses that may change whether one of these claims is true or one of their witnesses is seen, or
/// that a claim about steps may be untrue of. All others change none of it, in any state.
pub(crate) fn noticed(system: &System, claims: &[Claim]) -> Vec<HashSet<Access>> {
    let variables = Variables::new(system);
    let footprints = Independence::footprints(system, &variables);
    let quiet = Quiet::new(system, &variables, &footprints, claims);
    let law_is_asked = claims.contains(&Claim::CountLaw);
    let of_actor = |actor: usize| {
        let locations = 0..system.automata[actor].locations.len();
        locations.filter_map(|location| quiet.noticed(actor, location, law_is_asked)).collect()
    };
    (0..system.automata.len()).map(of_actor).collect()
}
