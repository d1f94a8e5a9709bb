//! Claims and witnesses on states made by hand: each part of what breaks a claim, or of what is seen, is needed, and
//! what excuses it does.

use crate::common::moment::{Change, Moment};
use seal_model::Errno;
use seal_model::access::{Access, Index, NONE, Page, SEAL_FUTURE_WRITE, SEAL_WRITE, Vma};
use seal_model::claim::{Claim, Witness};
use seal_model::ghost::{Ghost, Own};
use seal_model::machine::{Cell, LOCAL};

const PAGE: Page = Page(0);
/// Another frame than that of the first offset.
const OTHER: Page = Page(1);
const INDEX: Index = Index(0);
const VMA: Vma = Vma(1);
const SEALER: usize = 0;
const SECOND: usize = 1;

fn fails(moment: &mut Moment, actor: usize) {
    moment.returned[actor] = Some(Err(Errno::EBUSY));
}

fn succeeds(moment: &mut Moment, actor: usize) {
    moment.returned[actor] = Some(Ok(()));
}

fn own(moment: &mut Moment, actor: usize) -> &mut Own {
    &mut moment.ghosts[actor].own
}

/// What comes about in `scenario` by all of `parts` together, and by no less; and not with any of `excuses` beside.
struct Case<'a, T> {
    what: T,
    scenario: &'a str,
    parts: &'a [Change],
    excuses: &'a [Change],
}

impl<T: Copy + std::fmt::Debug> Case<'_, T> {
    fn decide(&self, comes_about: impl Fn(&Moment) -> bool) {
        let with = |changes: &mut dyn Iterator<Item = &Change>| {
            let mut moment = Moment::new(self.scenario);
            changes.for_each(|change| change(&mut moment));
            comes_about(&moment)
        };
        let Case { what, scenario, parts, excuses } = self;
        assert!(with(&mut parts.iter()), "{what:?} in {scenario}: all parts together");
        for missing in 0..parts.len() {
            let others = parts.iter().enumerate().filter(|(part, _)| *part != missing).map(|(_, part)| part);
            assert!(!with(&mut others.into_iter()), "{what:?} in {scenario}: without part {missing}");
        }
        for (number, excuse) in excuses.iter().enumerate() {
            let excused = with(&mut parts.iter().chain([excuse]));
            assert!(!excused, "{what:?} in {scenario}: excuse {number}");
        }
    }
}

const SEAL: Change = |m| m.set(Cell::Seals, SEAL_WRITE);
/// Another seal than that of the claims.
const OTHER_SEAL: Change = |m| m.set(Cell::Seals, SEAL_FUTURE_WRITE);
const MAPPED: Change = |m| m.set(Cell::Pte(VMA, INDEX), 0);
const CALL_FAILS: Change = |m| fails(m, SEALER);
const CALL_SUCCEEDS: Change = |m| succeeds(m, SEALER);
const ALL_RETURN: Change = |m| (0..m.returned.len()).for_each(|actor| succeeds(m, actor));
const BATCHED: Change = |m| m.set(Cell::Batch(OTHER), LOCAL);

/// Whatever is held of a page but a mapping: each alone keeps a page from being free.
const HOLDINGS: [Change; 6] = [
    |m| m.ghosts[SECOND].transient[1] = 1,
    |m| m.ghosts[SECOND].deferred[1] = 1,
    |m| m.ghosts[SECOND].cache[1] = 1,
    |m| m.ghosts[SECOND].pins[1] = 1,
    |m| m.ghosts[SECOND].locked[1] = 1,
    |m| m.ghosts[SECOND].transient[1] = -1,
];

#[test]
fn a_witness_is_seen_when_all_of_it_is_there() {
    let case = |what: Witness, scenario: &str, parts: &[Change], excuses: &[Change]| {
        Case { what, scenario, parts, excuses }.decide(|moment| moment.look(|world| what.seen(world)));
    };
    let pins: Change = |m| m.ghosts[SECOND].pins[1] = 1;
    let reads: Change = |m| own(m, SECOND).reading = Some((INDEX, OTHER));
    let denies: Change = |m| m.ghosts[SEALER].denied = 1;
    let scan_begins: Change = |m| own(m, SEALER).scan_begins = true;
    let pair = "isolate;with=pinner";
    case(Witness::Sealed, pair, &[SEAL], &[OTHER_SEAL]);
    case(Witness::Returned, pair, &[CALL_SUCCEEDS], &[|m| m.returned = vec![None, Some(Ok(()))]]);
    case(Witness::Returned, pair, &[CALL_FAILS], &[]);
    case(Witness::ReturnedError, pair, &[CALL_FAILS], &[CALL_SUCCEEDS]);
    case(Witness::ReturnedUnderPin, pair, &[CALL_SUCCEEDS, pins], &[]);
    case(Witness::PinOutlivedMapping, pair, &[pins], &[|m| m.ghosts[SECOND].counted = 1]);
    case(Witness::WritableMapped, "wait;with=writer", &[MAPPED], &[]);
    case(
        Witness::WritableMapped,
        "wait;with=writer:mprotect",
        &[MAPPED, |m| m.set(Cell::ReadOnly(VMA), 0)],
        &[],
    );
    case(Witness::Mapped, "wait;with=mapper", &[MAPPED], &[]);
    case(
        Witness::MappedReadOnly,
        "wait;with=writer:mprotect",
        &[SEAL, MAPPED],
        &[|m| m.set(Cell::ReadOnly(VMA), 0)],
    );
    case(Witness::ContentChanged, pair, &[|m| m.set(Cell::Content(OTHER), 1)], &[]);
    case(Witness::PageReplaced, pair, &[|m| m.ghosts[SEALER].replaced = 1], &[]);
    case(Witness::AllReturnedSealed, pair, &[SEAL, CALL_SUCCEEDS, |m| succeeds(m, SECOND)], &[]);
    case(Witness::ReadInFlight, "wait;with=reader", &[SEAL, reads], &[OTHER_SEAL]);
    let holds: Change = |m| m.ghosts[SECOND].transient[1] = 1;
    for reader in ["reader", "recipient"] {
        case(Witness::ReadDuringCall, &format!("isolate;with={reader}"), &[denies, holds], &[]);
    }
    case(Witness::ReadDuringCall, pair, &[denies, BATCHED], &[]);
    case(Witness::WriterRefused, pair, &[|m| fails(m, SECOND)], &[|m| succeeds(m, SECOND)]);
    let mut held = HOLDINGS.to_vec();
    held.push(BATCHED);
    case(Witness::ScanBeganFree, pair, &[scan_begins], &held);
    let other_than_a_reader = Moment {
        ghosts: vec![
            Ghost { denied: 1, ..Ghost::default() },
            Ghost { transient: [1; 8], ..Ghost::default() },
        ],
        ..Moment::new(pair)
    };
    assert!(!other_than_a_reader.look(|world| Witness::ReadDuringCall.seen(world)));
    let mut private = Moment::new("wait;with=mapper");
    private.set(Cell::Pte(VMA, INDEX), 0);
    assert!(!private.look(|world| Witness::WritableMapped.seen(world)));
    let mut failed = Moment::new(pair);
    fails(&mut failed, SEALER);
    assert!(!failed.look(|world| Witness::WriterRefused.seen(world)));
}

#[test]
fn a_claim_of_states_is_broken_by_all_parts_together() {
    let case = |what: Claim, scenario: &str, parts: &[Change], excuses: &[Change]| {
        Case { what, scenario, parts, excuses }.decide(|moment| moment.look(|world| !what.holds(world)));
    };
    let pair = "isolate;with=pinner";
    let reads: Change = |m| own(m, SECOND).reading = Some((INDEX, OTHER));
    let not_in_file: Change = |m| m.set(Cell::Slot(INDEX), 1);
    case(Claim::NoWritablePin, pair, &[SEAL, |m| m.ghosts[SECOND].pins[0] = 1], &[OTHER_SEAL, not_in_file]);
    for writable in [MAPPED, |m| m.set(Cell::Tlb(VMA, INDEX), 0)] {
        case(Claim::NoWritableMapping, pair, &[SEAL, writable], &[OTHER_SEAL, not_in_file]);
    }
    case(
        Claim::NoWritableMapping,
        "wait;with=writer:mprotect",
        &[SEAL, MAPPED, |m| m.set(Cell::ReadOnly(VMA), 0)],
        &[],
    );
    let changed: Change = |m| m.set(Cell::Content(PAGE), 1);
    let owed: Change = |m| m.set(Cell::Expected(INDEX), 1);
    case(Claim::ContentFrozen, pair, &[SEAL, changed], &[owed, OTHER_SEAL]);
    case(Claim::ContentFrozen, "wait;with=recipient", &[SEAL, |m| own(m, SECOND).read_differs = true], &[]);
    case(
        Claim::ContentFrozen,
        "isolate;with=mapper",
        &[SEAL, |m| m.set(Cell::Pte(VMA, INDEX), 1), |m| m.set(Cell::Content(OTHER), 1)],
        &[],
    );
    case(
        Claim::ContentFrozenInFlight,
        "isolate;with=reader;with=truncate",
        &[SEAL, reads, |m| m.set(Cell::Content(OTHER), 1)],
        &[owed, |m| m.set(Cell::Orphan(OTHER), 1)],
    );
    case(Claim::ReadsSeeWrites, "wait;with=writer", &[owed], &[SEAL, changed]);
    case(Claim::FailureAtomic, pair, &[CALL_FAILS, |m| m.ghosts[SEALER].tags[0] = 1], &[CALL_SUCCEEDS]);
    case(Claim::FailureAtomic, pair, &[CALL_FAILS, |m| m.ghosts[SEALER].replaced = 1], &[CALL_SUCCEEDS]);
    case(Claim::FailureAtomic, pair, &[CALL_FAILS, |m| m.ghosts[SEALER].denied = 1], &[CALL_SUCCEEDS]);
    let another_seals: Change = |m| succeeds(m, SECOND);
    case(
        Claim::FailureAtomic,
        "wait;with=sealer",
        &[CALL_FAILS, |m| fails(m, SECOND), SEAL],
        &[another_seals],
    );
    case(Claim::FailureAtomic, pair, &[CALL_FAILS, SEAL], &[CALL_SUCCEEDS, OTHER_SEAL]);
    case(
        Claim::FailureKeepsMappings,
        pair,
        &[CALL_FAILS, |m| own(m, SEALER).unmapped = true],
        &[CALL_SUCCEEDS],
    );
    case(
        Claim::MemcgCharge,
        pair,
        &[ALL_RETURN, |m| m.set(Cell::Charge(PAGE), 2)],
        &[|m| m.set(Cell::Count(PAGE), 0), |m| m.returned[SECOND] = None],
    );
    case(Claim::MemcgCharge, pair, &[ALL_RETURN, |m| m.set(Cell::Count(OTHER), 1)], &[]);
    let gone: Change = |m| m.set(Cell::Pte(VMA, INDEX), NONE);
    case(Claim::MlockResident, "wait;with=mapper:mlock", &[CALL_SUCCEEDS, gone], &[]);
    case(Claim::SealsUnderIo, pair, &[CALL_FAILS], &[CALL_SUCCEEDS, |m| own(m, SEALER).refused = true]);
    for never in [Claim::PrivateMapsDoNotBlock, Claim::PrivateMapsDoNotBlockWhileMoving] {
        case(never, "wait;with=mapper", &[CALL_FAILS], &[CALL_SUCCEEDS]);
    }
    let leaks: [Change; 7] = [
        HOLDINGS[0],
        HOLDINGS[1],
        HOLDINGS[2],
        HOLDINGS[4],
        |m| m.ghosts[SECOND].tags[0] = 1,
        |m| m.ghosts[SECOND].inode_locked = 1,
        |m| m.set(Cell::MmapWritable, 1),
    ];
    for leak in leaks {
        case(Claim::NoLeak, pair, &[ALL_RETURN, leak], &[|m| m.returned[SECOND] = None]);
    }
    for (counted, denied, writable) in [(1, 0, 1), (0, 1, -1), (3, 1, 2)] {
        let mut balanced = Moment::new(pair);
        ALL_RETURN(&mut balanced);
        balanced.set(Cell::MmapWritable, writable);
        balanced.ghosts[SECOND].counted = counted;
        balanced.ghosts[SEALER].denied = denied;
        assert!(balanced.look(|world| Claim::NoLeak.holds(world)), "{counted} counted, {denied} denied");
    }
}

#[test]
fn a_claim_of_steps_is_broken_by_all_parts_together() {
    let case = |what: Claim, actor, access, scenario: &str, parts: &[Change], excuses: &[Change]| {
        let after = Ghost::default();
        Case { what, scenario, parts, excuses }
            .decide(|moment| moment.look(|world| !what.holds_for_step(world, actor, access, &after)));
    };
    let pair = "isolate;with=pinner";
    let owed: Change = |m| m.set(Cell::Expected(INDEX), 1);
    let landed: Change = |m| m.set(Cell::Content(PAGE), 1);
    let asked: Change = |m| own(m, SECOND).saw_seals = Some(0);
    let denied: Change = |m| m.set(Cell::MmapWritable, -1);
    case(Claim::IoLands, SEALER, Access::SealsSet(SEAL_WRITE), pair, &[owed], &[landed]);
    for seal in [SEAL, OTHER_SEAL] {
        let new_writer = |access, scenario: &str, excuses: &[Change]| {
            case(Claim::NoNewWriter, SECOND, access, scenario, &[seal], excuses);
        };
        new_writer(Access::MapWritable, pair, &[asked, denied]);
        new_writer(Access::MapWritableAlways, pair, &[asked]);
        new_writer(Access::TryPin(PAGE), "wait;with=lookup-pinner", &[asked]);
        new_writer(Access::WritePage(PAGE), "wait;with=file-writer", &[asked]);
    }
    let maps_to_read = "wait-6.18;with=writer:mprotect";
    case(
        Claim::ReadOnlyMapAllowed,
        SECOND,
        Access::MapWritable,
        maps_to_read,
        &[SEAL, denied],
        &[asked, OTHER_SEAL],
    );

    let holds = |claim: Claim, access, scenario, changes: &[Change]| {
        let mut moment = Moment::new(scenario);
        changes.iter().for_each(|change| change(&mut moment));
        moment.look(|world| claim.holds_for_step(world, SECOND, access, &Ghost::default()))
    };
    assert!(holds(Claim::IoLands, Access::SealsSet(SEAL_FUTURE_WRITE), pair, &[owed]), "another seal");
    assert!(holds(Claim::IoLands, Access::Seals, pair, &[owed]), "no seal is set");
    for access in [Access::MapWritable, Access::MapWritableAlways] {
        assert!(holds(Claim::NoNewWriter, access, maps_to_read, &[SEAL]), "{access:?} of who reads");
    }
    assert!(holds(Claim::NoNewWriter, Access::TryPin(PAGE), pair, &[SEAL]), "who maps was counted before");
    assert!(holds(Claim::NoNewWriter, Access::ReadPage(PAGE), pair, &[SEAL]), "who reads");
    assert!(holds(Claim::ReadOnlyMapAllowed, Access::MapWritable, "wait-6.18;with=writer", &[SEAL, denied]));
    assert!(holds(Claim::ReadOnlyMapAllowed, Access::MapWritableAlways, maps_to_read, &[SEAL, denied]));

    let replaces = Access::ReplaceSlot { index: INDEX, old: PAGE, new: OTHER };
    let locks: Change = |m| m.ghosts[SECOND].locked[0] = 1;
    let maps: Change = |m| m.set(Cell::Mapcount(PAGE), 1);
    assert!(holds(Claim::ReplaceUnmapped, replaces, pair, &[locks]));
    assert!(!holds(Claim::ReplaceUnmapped, replaces, pair, &[]));
    assert!(!holds(Claim::ReplaceUnmapped, replaces, pair, &[locks, maps]));
    assert!(holds(Claim::ReplaceUnmapped, Access::Slot(INDEX), pair, &[maps]), "nothing is replaced");
}

#[test]
fn a_copy_is_needless_where_nothing_pins_the_page() {
    let judged = |page| Ghost { own: Own { judged_pinned: page, ..Own::default() }, ..Ghost::default() };
    let mut moment = Moment::new("isolate;with=pinner");
    let access = Access::PageCount(PAGE);
    let holds = |moment: &Moment, page| {
        moment.look(|world| Claim::NoNeedlessCopy.holds_for_step(world, SEALER, access, &judged(page)))
    };
    assert!(!holds(&moment, Some(PAGE)) && holds(&moment, None));
    moment.ghosts[SECOND].pins[0] = 1;
    assert!(holds(&moment, Some(PAGE)) && !holds(&moment, Some(OTHER)));
}

#[test]
fn a_call_starts_alone_when_it_scans_and_nothing_is_held() {
    let case = |what: Claim, parts: &[Change], excuses: &[Change]| {
        let case = Case { what, scenario: "isolate;with=pinner", parts, excuses };
        case.decide(|moment| moment.look(|world| what.starts_alone(world)));
    };
    let scan_begins: Change = |m| own(m, SEALER).scan_begins = true;
    let mut held = HOLDINGS.to_vec();
    case(Claim::ReadReferencesDoNotBlock, &[scan_begins], &held);
    held.push(BATCHED);
    case(Claim::SealsOnceFree, &[scan_begins], &held);
    let mut batched = Moment::new("isolate;with=pinner");
    scan_begins(&mut batched);
    BATCHED(&mut batched);
    assert!(batched.look(|world| Claim::ReadReferencesDoNotBlock.starts_alone(world)));
    assert!(!batched.look(|world| Claim::Returns.starts_alone(world)));
}

#[test]
fn a_claim_concerns_what_its_scope_says() {
    for (claim, concerned, others) in [
        (Claim::ReplaceUnmapped, &["isolate", "isolate-two-phase"] as &[&str], &["wait"] as &[&str]),
        (Claim::ContentFrozenInFlight, &["wait;with=pinner;with=reader"], &["wait;with=recipient"]),
        (
            Claim::ReadsSeeWrites,
            &["wait;with=writer", "wait;with=file-writer"],
            &["wait;with=reader", "wait;with=writer;with=pinner"],
        ),
        (
            Claim::NoNewWriter,
            &["wait;with=writer", "wait;with=file-writer", "wait;with=lookup-pinner"],
            &["wait;with=mapper"],
        ),
        (
            Claim::MlockResident,
            &["wait;with=mapper:mlock"],
            &["wait;with=mapper:hold", "wait;with=mapper:mlock;with=truncate"],
        ),
        (Claim::SealsUnderIo, &["wait;with=pinner"], &["wait;with=reader", "wait;with=pinner;enomem"]),
        (
            Claim::ReadReferencesDoNotBlock,
            &["wait;with=reader", "wait;with=recipient;with=mapper:hold", "wait;with=lru-batch;with=reclaim"],
            &["wait", "wait;with=mapper:hold", "wait;with=reader;with=mapper", "wait;with=reader;enomem"],
        ),
        (
            Claim::PrivateMapsDoNotBlock,
            &["wait;with=mapper:hold", "wait;with=mapper:mlock"],
            &[
                "wait",
                "wait;with=mapper",
                "wait;with=mapper:hold;with=reader",
                "wait;with=mapper:hold;enomem",
            ],
        ),
        (
            Claim::PrivateMapsDoNotBlockWhileMoving,
            &["wait;no-signals;with=mapper", "wait;no-signals;with=forker;with=batched-mapper"],
            &[
                "wait;no-signals",
                "wait;with=mapper",
                "wait;no-signals;with=mapper;enomem",
                "wait;no-signals;with=mapper:force",
                "wait;no-signals;with=reader",
                "wait;no-signals;with=writer",
            ],
        ),
        (
            Claim::ReadOnlyMapAllowed,
            &["wait-6.18;with=writer:mprotect", "wait;seal=exec;with=writer:mprotect"],
            &["wait-6.18;with=writer", "wait-5.17;with=writer:mprotect"],
        ),
        (Claim::CountLaw, &["wait", "isolate;with=reader"], &[]),
    ] {
        let concerns = |text: &&str| claim.concerns(&Moment::new(text).scenario);
        for text in concerned {
            assert!(concerns(text), "{claim:?} concerns {text}");
        }
        for text in others {
            assert!(!concerns(text), "{claim:?} does not concern {text}");
        }
    }
}
