//! Behaviours that every engine is run for: short scenarios, most of them from a cut that loom can finish.

use seal_model::claim::Claim;
use seal_model::scenario::Scenario;

use crate::error::Error;

/// A behaviour, with the scenario and the claim that show it.
#[derive(Clone, Copy, Debug)]
pub struct Behaviour {
    /// The statement, as the name of a test.
    pub name: &'static str,
    /// The claim.
    pub claim: Claim,
    /// The scenario, most of them from a cut that loom can finish.
    pub scenario: &'static str,
    /// For a behaviour that holds: a scenario from the same start, with another judge or a fault, that is refuted. So
    /// there is something to find behind the cut.
    pub twin: Option<&'static str>,
}

/// A behaviour that refutes `no-writable-pin`.
const fn pin(name: &'static str, scenario: &'static str) -> Behaviour {
    Behaviour { name, claim: Claim::NoWritablePin, scenario, twin: None }
}

/// A behaviour that holds, and its twin.
const fn holds(name: &'static str, scenario: &'static str, twin: &'static str) -> Behaviour {
    Behaviour { name, claim: Claim::NoWritablePin, scenario, twin: Some(twin) }
}

/// The behaviours, those that refute first.
pub const BEHAVIOURS: [Behaviour; 31] = [
    pin("a_fault_deceives_wait_2014", "wait-2014;last-scan=0;no-signals;with=pinner;with=mapper:fault"),
    pin("a_fault_deceives_isolate_2014", "isolate-2014;with=pinner;with=mapper:fault"),
    pin(
        "from_the_pin_on_a_fault_deceives_wait_2014",
        "wait-2014;last-scan=0;no-signals;with=pinner;with=mapper:fault;from=pinner:device-writes+sealer:inode-lock",
    ),
    pin(
        "from_the_pin_on_a_zap_deceives_wait_2014_with_maps_first",
        "wait-2014;judge=maps-then-refs;last-scan=0;no-signals;with=pinner;with=mapper@0:zap;\
         from=pinner:device-writes+sealer:inode-lock",
    ),
    pin(
        "from_the_pin_on_a_fault_deceives_isolate_2014",
        "isolate-2014;with=pinner;with=mapper:fault;from=pinner:device-writes+sealer:inode-lock",
    ),
    pin(
        "from_the_pin_on_a_zap_deceives_isolate_2014_with_maps_first",
        "isolate-2014;judge=maps-then-refs;with=pinner;with=mapper@0:zap;from=pinner:device-writes+sealer:inode-lock",
    ),
    pin(
        "strict_comparison_does_not_help",
        "wait-5.17;last-scan=0;no-signals;with=pinner;with=mapper:fault;from=pinner:device-writes+sealer:inode-lock",
    ),
    pin(
        "four_loads_do_not_help",
        "wait-6.18;last-scan=0;no-signals;with=pinner;with=mapper:fault;from=pinner:device-writes+sealer:inode-lock",
    ),
    pin(
        "a_zap_and_a_fault_deceive_maps_refs_maps",
        "wait;judge=maps-refs-maps;last-scan=0;no-signals;with=pinner;with=mapper@0:zap+fault;\
         from=pinner:device-writes+sealer:inode-lock",
    ),
    pin(
        "a_fault_and_a_zap_deceive_refs_maps_refs",
        "wait;judge=refs-maps-refs;last-scan=0;no-signals;with=pinner;with=mapper:fault+zap;\
         from=pinner:device-writes+sealer:inode-lock",
    ),
    pin(
        "a_large_folio_deceives_a_judge_by_its_map_counts",
        "wait;judge=refs-then-maps;last-scan=0;no-signals;with=pinner;with=batched-mapper;\
         from=pinner:device-writes+sealer:inode-lock",
    ),
    pin(
        "fork_deceives_locked_refs_then_maps",
        "wait;judge=locked-refs-then-maps;last-scan=0;no-signals;with=pinner;with=forker;\
         from=pinner:device-writes+sealer:lock-page",
    ),
    pin(
        "a_zap_deceives_locked_maps_then_refs",
        "wait;judge=locked-maps-then-refs;last-scan=0;no-signals;with=pinner;with=mapper@0:zap;\
         from=pinner:device-writes+sealer:lock-page",
    ),
    pin(
        "a_zap_deceives_locked_refs_then_maps_where_loads_are_reordered",
        "wait;judge=locked-refs-then-maps;last-scan=0;no-signals;with=pinner;with=mapper@0:zap;\
         from=pinner:device-writes+sealer:lock-page",
    ),
    pin(
        "reclaim_hides_a_pin_that_came_without_a_mapping",
        "wait;last-scan=0;no-signals;with=lookup-pinner;with=reclaim;\
         from=sealer:inode-lock+lookup-pinner:device-writes+reclaim:swap-out",
    ),
    holds(
        "the_count_alone_is_not_deceived_by_a_fault",
        "wait;judge=refs-alone;last-scan=0;no-signals;with=pinner;with=mapper:fault;from=pinner:device-writes+sealer:inode-lock",
        "wait;judge=refs-then-maps;last-scan=0;no-signals;with=pinner;with=mapper:fault;from=pinner:device-writes+sealer:inode-lock",
    ),
    holds(
        "repaired_wait_holds_against_a_fault",
        "wait;last-scan=0;no-signals;with=pinner;with=mapper:fault;from=pinner:unpin-page+sealer:tag-get",
        "wait;judge=refs-then-maps;last-scan=0;no-signals;with=pinner;with=mapper:fault;from=pinner:unpin-page+sealer:tag-get",
    ),
    holds(
        "repaired_wait_holds_against_a_zap",
        "wait;last-scan=0;no-signals;with=pinner;with=mapper@0:zap;from=pinner:device-writes+sealer:lock-page*2",
        "wait;judge=locked-maps-then-refs;last-scan=0;no-signals;with=pinner;with=mapper@0:zap;from=pinner:device-writes+sealer:lock-page*2",
    ),
    holds(
        "repaired_wait_holds_against_fork",
        "wait;last-scan=0;no-signals;with=pinner;with=forker;from=pinner:device-writes+sealer:lock-page*2",
        "wait;judge=locked-refs-then-maps;last-scan=0;no-signals;with=pinner;with=forker;from=pinner:device-writes+sealer:lock-page*2",
    ),
    holds(
        "repaired_wait_holds_against_a_large_folio",
        "wait;last-scan=0;no-signals;with=pinner;with=batched-mapper;from=pinner:device-writes+sealer:lock-page*2",
        "wait;last-scan=0;no-signals;with=pinner;with=batched-mapper;fault=last-scan-error-lost;from=pinner:device-writes+sealer:lock-page*2",
    ),
    holds(
        "repaired_wait_holds_against_reclaim_of_a_page_pinned_through_a_mapping",
        "wait;last-scan=0;no-signals;with=pinner;with=reclaim;from=pinner:device-writes+sealer:lock-page*2",
        "wait;last-scan=0;no-signals;with=pinner;with=reclaim;fault=last-scan-error-lost;from=pinner:device-writes+sealer:lock-page*2",
    ),
    Behaviour {
        name: "repaired_isolate_holds_against_a_fault",
        claim: Claim::ContentFrozen,
        scenario: "isolate;with=mapper:fault;with=pinner;from=mapper:lock-page+sealer:unlock-page*2+pinner:dma",
        twin: Some(
            "isolate;fault=no-mapping-recheck;with=mapper:fault;with=pinner;from=mapper:lock-page+sealer:unlock-page*2+pinner:dma",
        ),
    },
    holds(
        "repaired_isolate_holds_against_a_zap",
        "isolate;with=pinner;with=mapper@0:zap;from=pinner:device-writes+sealer:page-count*2+mapper:zap-pte",
        "isolate;judge=maps-then-refs;with=pinner;with=mapper@0:zap;from=pinner:device-writes+sealer:page-count*2+mapper:zap-pte",
    ),
    holds(
        "repaired_isolate_holds_against_fork",
        "isolate;with=pinner;with=forker;from=pinner:device-writes+sealer:page-count*2",
        "isolate;judge=refs-then-maps;with=pinner;with=forker;from=pinner:device-writes+sealer:page-count*2",
    ),
    Behaviour {
        name: "isolation_in_two_phases_holds_against_a_fault",
        claim: Claim::ContentFrozen,
        scenario: "isolate-two-phase;with=mapper:fault;with=pinner;from=mapper:lock-page+sealer:unlock-page*2+pinner:dma",
        twin: Some(
            "isolate-two-phase;fault=no-mapping-recheck;with=mapper:fault;with=pinner;from=mapper:lock-page+sealer:unlock-page*2+pinner:dma",
        ),
    },
    holds(
        "isolation_in_two_phases_holds_against_a_zap",
        "isolate-two-phase;with=pinner;with=mapper@0:zap;from=pinner:device-writes+sealer:page-count*2+mapper:zap-pte",
        "isolate-two-phase;judge=maps-then-refs;with=pinner;with=mapper@0:zap;from=pinner:device-writes+sealer:page-count*2+mapper:zap-pte",
    ),
    holds(
        "get_user_pages_meets_the_denial_of_2014_from_the_beginning",
        "wait-2014;last-scan=0;no-signals;with=pinner",
        "wait-2014;fault=deny-after-scan;last-scan=0;no-signals;with=pinner",
    ),
    holds(
        "repaired_wait_holds_where_get_user_pages_meets_the_denial",
        "wait;last-scan=0;no-signals;with=pinner;from=pinner:find-get-page+sealer:seals",
        "wait;fault=deny-after-scan;last-scan=0;no-signals;with=pinner;from=pinner:find-get-page+sealer:seals",
    ),
    holds(
        "repaired_isolate_holds_where_get_user_pages_meets_the_denial",
        "isolate;with=pinner;from=pinner:find-get-page+sealer:seals",
        "isolate;fault=deny-after-scan;with=pinner;from=pinner:find-get-page+sealer:seals",
    ),
    Behaviour {
        name: "an_early_flush_leaves_no_writable_translation",
        claim: Claim::NoWritableMapping,
        scenario: "wait;last-scan=0;no-signals;early-flush;with=writer;from=writer:zap-pte",
        twin: Some("wait;last-scan=0;no-signals;fault=seal-before-wait;with=writer;from=writer:zap-pte"),
    },
    Behaviour {
        name: "nothing_leaks_when_everybody_is_done",
        claim: Claim::NoLeak,
        scenario: "isolate;with=pinner;with=mapper:fault;from=pinner:device-writes+sealer:replace-slot",
        twin: Some(
            "isolate;fault=leak-batch;with=pinner;with=mapper:fault;from=pinner:device-writes+sealer:replace-slot",
        ),
    },
];

impl Behaviour {
    /// Its scenario.
    ///
    /// # Errors
    /// Never, unless the table itself names an impossible scenario.
    pub fn scenario(&self) -> Result<Scenario, Error> {
        Ok(self.scenario.parse()?)
    }

    /// Its twin, which is refuted.
    ///
    /// # Errors
    /// As [`Behaviour::scenario`].
    pub fn twin(&self) -> Result<Option<Scenario>, Error> {
        Ok(self.twin.map(str::parse).transpose()?)
    }
}
