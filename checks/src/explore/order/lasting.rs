//! The parts of a state that an invisible step must leave as they are, and the variables that decide them.

use seal_model::access::Page;
use seal_model::claim::{Claim, Kind, Look, Witness};

use crate::explore::system::System;
use crate::table::{TooLarge, Tree, Variable};

/// A fact that a quiet step must leave true, once it is true.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Lasting {
    /// The claim is untrue.
    Untrue(Claim),
    /// The counts of one page are wrong.
    Unlawful(Page),
    /// The sealer alone must succeed from here on.
    StartsAlone(Claim),
    /// The witness is seen.
    Seen(Witness),
}

impl Lasting {
    /// All that these claims ask, and the law of counts, which is asked for in any case.
    pub(super) fn asked(system: &System, claims: &[Claim]) -> Vec<Lasting> {
        let pages = system.scenario.all_pages();
        let mut lasting: Vec<Lasting> = pages.map(Lasting::Unlawful).collect();
        for &claim in claims {
            match claim.kind() {
                Kind::State if claim == Claim::CountLaw => {}
                Kind::State => lasting.push(Lasting::Untrue(claim)),
                Kind::Alone => lasting.push(Lasting::StartsAlone(claim)),
                // decided elsewhere
                Kind::Step | Kind::Progress => {}
            }
            lasting.extend(claim.witnesses().iter().copied().map(Lasting::Seen));
        }
        lasting
    }

    /// Returns whether runs that differ only in the order of steps on different words may differ in it.
    #[cfg(feature = "full")]
    pub(super) fn depends_on_order(self, scenario: &seal_model::scenario::Scenario) -> bool {
        match self {
            // at the end of a run, which all of these share
            Lasting::Untrue(Claim::NoLeak | Claim::MemcgCharge | Claim::NoDeadlock) => false,
            // a law of sums, each term of which changes with the page's own counts: the first step that breaks it does
            // so in any order. Debts alone may be paid before they are seen
            Lasting::Unlawful(_) => scenario.folio > 1,
            // others are seen when one actor has made a step, and whoever else moves does not undo it first
            Lasting::Seen(witness) => matches!(
                witness,
                Witness::ReturnedUnderPin
                    | Witness::MappedReadOnly
                    | Witness::ReadInFlight
                    | Witness::ReadDuringCall
                    | Witness::ScanBeganFree
            ),
            _ => true,
        }
    }

    pub(super) fn is_so(self, world: &impl Look) -> bool {
        match self {
            Lasting::Untrue(claim) => !claim.holds(world),
            Lasting::Unlawful(page) => !Claim::CountLaw.holds_of_page(world, page),
            Lasting::StartsAlone(claim) => claim.starts_alone(world),
            Lasting::Seen(witness) => witness.seen(world),
        }
    }
}

/// The variables that somebody looks at.
#[derive(Clone, Debug)]
pub(super) enum LookedAt {
    These(Vec<Variable>),
    /// Too many to tell.
    Any,
}

impl LookedAt {
    pub(super) fn of(tree: Result<Tree<bool>, TooLarge>) -> Self {
        let Ok(tree) = tree else { return LookedAt::Any };
        let mut found = Vec::new();
        tree.variables(&mut found);
        LookedAt::These(found)
    }

    pub(super) fn and(self, other: LookedAt) -> Self {
        let (LookedAt::These(mut all), LookedAt::These(more)) = (self, other) else { return LookedAt::Any };
        more.into_iter().for_each(|variable| {
            if !all.contains(&variable) {
                all.push(variable);
            }
        });
        LookedAt::These(all)
    }
}
