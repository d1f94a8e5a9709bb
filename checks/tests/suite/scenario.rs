//! Scenarios: their limits, their one-line form, and what follows from them.

use seal_model::access::{Index, Page, Vma};
use seal_model::scenario::{Actor, Scenario, Strategy};

/// The scenario of a one-line form.
fn scenario(text: &str) -> Scenario {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn accepted(text: &str) -> bool {
    text.parse::<Scenario>().is_ok()
}

#[test]
fn limits_are_where_they_are_said_to_be() {
    for (within, beyond) in [
        ("wait;pages=4", "wait;pages=5"),
        ("wait;pages=1", "wait;pages=0"),
        ("wait;folio=4", "wait;folio=5"),
        ("wait;folio=1", "wait;folio=0"),
        ("wait;pin-weight=8", "wait;pin-weight=9"),
        ("wait;pin-weight=1", "wait;pin-weight=0"),
        ("wait;last-scan=8", "wait;last-scan=9"),
        ("isolate;pages=4", "isolate;pages=4;with=truncate"),
        ("isolate;pages=2;with=sealer;with=truncate", "isolate;pages=3;with=sealer"),
        ("wait;pages=2;with=mapper@1", "wait;pages=2;with=mapper@2"),
        ("wait;with=mapper:zap+fault+zap+fault", "wait;with=mapper:zap+fault+zap+fault+zap"),
        ("wait;with=mapper:fault+zap+fault", "wait;with=mapper:fault+fault"),
        ("wait;with=sealer", "wait;with=sealer@0"),
        ("wait;children-first", "wait;children-last"),
        ("wait;from=sealer:page-count", "wait;from=sealer:"),
        ("wait;from=sealer:page-count*2", "wait;from=sealer:page-count*0"),
        ("wait;from=sealer:page-count", "wait;from=sealer:Page_Count"),
        ("wait;with=reader;from=sealer:slot+reader:slot", "wait;with=reader;from=reader:slot+reader:slot"),
        ("wait;with=reader;from=reader:slot", "wait;from=reader:slot"),
        ("wait;with=writer;with=stale-writer", "wait;with=stale-writer;with=writer"),
        ("wait;with=pinner;with=fast-pinner:irq", "wait;with=fast-pinner:irq"),
        ("wait-5.17;judge=maps-then-refs-strict", "wait-5.17;judge=maps-then-refs"),
    ] {
        assert!(accepted(within), "{within}");
        assert!(!accepted(beyond), "{beyond}");
    }
    let eight = format!("wait{}", ";with=reader".repeat(7));
    assert!(accepted(&eight));
    assert!(!accepted(&format!("{eight};with=reader")));
}

#[test]
fn the_one_line_form_is_read_as_it_is_written() {
    for text in [
        "wait-2014;judge=maps-then-refs;pages=1;with=pinner;with=mapper:fault+zap",
        "isolate;judge=snapshot;pages=2;folio=2;pin-weight=3;last-scan=1;enomem;no-signals;early-flush;\
         children-first;fault=put-twice;with=batched-mapper@1:refs-first;with=forker@0",
        "wait;judge=lock-unmap-refs;pages=1;seal=exec;with=writer:mprotect;with=fast-pinner:irq;\
         with=lookup-pinner:unlocked;with=lru-batch@0:local;with=reclaim:freeze;with=truncate",
        "wait;judge=lock-unmap-refs;pages=1;seal=future-write;with=mapper:loop;with=mapper@0:hold;\
         with=mapper@0:mlock;with=mapper:force;with=reclaim:loop;with=sealer;with=recipient",
        "wait;judge=lock-unmap-refs;pages=1;with=mapper:fault+zap+fault+zap;with=mapper@0:zap+fault+zap",
        "wait;judge=lock-unmap-refs;pages=1;with=reader;with=reader;from=sealer:page-count*2+reader2:read-page",
        "wait;judge=lock-unmap-refs;pages=1;with=file-writer;with=reader;with=stale-writer@0",
    ] {
        let text = text.replace(";with=stale-writer", ";with=writer;with=stale-writer");
        assert_eq!(scenario(&text).to_string(), text);
    }
}

#[test]
fn a_member_can_be_left_out_but_not_the_sealer() {
    let all = scenario("wait;with=pinner;with=reader");
    assert_eq!(all.clone().without(1), scenario("wait;with=reader"));
    assert_eq!(all.clone().without(2), scenario("wait;with=pinner"));
    assert_eq!(all.clone().without(0), all);
}

#[test]
fn whoever_starts_mapped_is_mapped_somewhere() {
    for program in ["zap", "zap+fault", "hold", "mlock"] {
        let cast = scenario(&format!("wait;with=mapper:{program}"));
        assert_eq!(cast, scenario(&format!("wait;with=mapper@0:{program}")));
        assert_eq!(cast.starts_mapped(Vma(1)), Some(Page(0)), "{program}");
    }
    for elsewhere in ["wait;with=mapper", "wait;with=reader", "wait;with=mapper:loop"] {
        assert_eq!(scenario(elsewhere).starts_mapped(Vma(1)), None, "{elsewhere}");
    }
}

#[test]
fn whoever_maps_large_folios_makes_them_large() {
    assert_eq!(scenario("wait;with=batched-mapper").folio, 2);
    assert_eq!(scenario("wait;folio=3;with=batched-mapper").folio, 3);
    let large = scenario("wait;folio=3;with=batched-mapper;with=mapper");
    assert_eq!((large.map_weight(Vma(1)), large.map_weight(Vma(2))), (3, 1));
    assert_eq!((large.cache_references(), large.max_mapcount()), (3, 4));
    // three caches of 3, a batch, 3 for the sealer, a lookup for each of two, and four PTEs
    assert_eq!(large.max_count(), 9 + 1 + 3 + 2 + 4);
    // two pinners of weight 3, two sealers
    let heavy = scenario("wait;pin-weight=3;with=pinner;with=lookup-pinner;with=sealer");
    assert_eq!(heavy.max_count(), 3 + 1 + 6 + 2 + 1 + 6);
}

#[test]
fn frames_and_mappings_follow_from_the_cast() {
    let two = scenario("isolate;pages=2;with=forker@1;with=pinner;with=stale-writer;with=truncate");
    assert_eq!(two.frames(), 6);
    assert_eq!(two.pages_of(Index(1)).collect::<Vec<_>>(), [Page(1), Page(3), Page(5)]);
    assert_eq!(two.index_of(Page(4)), Index(0));
    assert_eq!(two.vmas().collect::<Vec<_>>(), [Vma(1), Vma(2), Vma(1).child()]);
    assert_eq!(two.vmas_to_unmap(), [Vma(1), Vma(2), Vma(1).child()]);
    let mut children_first = two.clone();
    children_first.children_first = true;
    assert_eq!(children_first.vmas_to_unmap(), [Vma(1).child(), Vma(1), Vma(2)]);
    assert_eq!(two.writable_vmas().collect::<Vec<_>>(), [Vma(2)]);
    assert!(two.writable(Vma(2)) && !two.writable(Vma(1)) && !two.writable(Vma(2).child()));
    assert_eq!((two.shared_vma(3), two.shared_vma(1)), (Vma(2), Vma(1)));
    assert_eq!((two.starts_mapped(Vma(1)), two.starts_mapped(Vma(1).child())), (Some(Page(1)), None));
    let walked = scenario("wait;with=writer;with=pinner;with=fast-pinner:irq;with=writer;with=fast-pinner");
    let without_irqs = walked.vmas().filter(|vma| walked.walked_without_irqs(*vma));
    assert_eq!(without_irqs.collect::<Vec<_>>(), [Vma(2)]);
    let forks = two.vmas().filter(|vma| two.forks(*vma));
    assert_eq!(forks.collect::<Vec<_>>(), [Vma(1)]);
    assert!(two.has_holes() && two.has_batches() && !two.has_swap());
    assert_eq!(two.actor_name(2), "pinner");
    assert_eq!(scenario("wait;with=reader;with=reader").actor_name(2), "reader2");
}

#[test]
fn kernels_differ_in_what_they_are_said_to_differ_in() {
    let strategies = |holds: fn(Strategy) -> bool| -> Vec<&str> {
        Strategy::ALL.into_iter().filter(|strategy| holds(*strategy)).map(Strategy::name).collect()
    };
    assert_eq!(strategies(Strategy::drains_first), ["wait-3.17", "wait-5.17", "wait-6.18"]);
    assert_eq!(strategies(Strategy::allocates_first), ["isolate-two-phase"]);
    let looks = |text: &str| scenario(text).mmap_looks_at_seals();
    assert!(looks("wait-6.18") && looks("wait;seal=exec") && !looks("wait-5.17"));
    assert_eq!(scenario("wait;with=sealer").cast()[1], Actor::Sealer);
    assert_eq!(scenario("wait;with=sealer").sealers(), 2);
}
