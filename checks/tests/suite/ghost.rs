//! The books beside the counts: what no exploration would notice at once if it were kept wrongly.

use seal_model::Errno;
use seal_model::access::{Access, Index, Page, SEAL_FUTURE_WRITE, SEAL_WRITE};
use seal_model::claim::Status;
use seal_model::ghost::{Ghost, Held, Own};
use seal_model::scenario::Scenario;

/// What a recipient learns from some seals and some reads.
fn recipient(seals: i16, reads: &[i16]) -> Ghost {
    let scenario: Scenario = "wait;with=recipient".parse().expect("a possible scenario");
    let mut ghost = Ghost::default();
    ghost.account(&scenario, 1, Access::Seals, seals);
    for content in reads {
        ghost.account(&scenario, 1, Access::ReadPage(Page(0)), *content);
    }
    ghost
}

#[test]
fn reads_differ_only_of_a_file_that_was_sealed_and_only_if_they_do() {
    assert!(recipient(SEAL_WRITE, &[0, 1]).own.read_differs);
    assert!(recipient(SEAL_WRITE | SEAL_FUTURE_WRITE, &[1, 1, 0, 0]).own.read_differs);
    assert!(!recipient(SEAL_WRITE, &[1, 1]).own.read_differs);
    assert!(!recipient(SEAL_FUTURE_WRITE, &[0, 1]).own.read_differs);
    assert!(!recipient(0, &[0, 1]).own.read_differs);
    assert_eq!(recipient(SEAL_WRITE, &[1, 0]).own.read, Some(1));
    assert_eq!(recipient(0, &[1, 0]).own.read, None);
}

#[test]
fn a_sum_has_what_each_holds() {
    let holds = |many: i8| Ghost {
        transient: [many; 8],
        deferred: [many + 1; 8],
        cache: [many + 2; 8],
        pins: [many + 3; 8],
        locked: [many + 4; 8],
        tags: [many + 5; 4],
        counted: many + 6,
        denied: many + 7,
        inode_locked: many + 8,
        replaced: many + 9,
        ..Ghost::default()
    };
    let mut sum = holds(2);
    sum.add(&holds(3));
    let expected = Ghost {
        transient: [5; 8],
        deferred: [7; 8],
        cache: [9; 8],
        pins: [11; 8],
        locked: [13; 8],
        tags: [15; 4],
        counted: 17,
        denied: 19,
        inode_locked: 21,
        replaced: 23,
        ..Ghost::default()
    };
    assert_eq!(sum, expected);
    sum.remove(&holds(3));
    assert_eq!(sum, holds(2));
}

#[test]
fn what_is_read_is_told_by_offset_and_page() {
    for (index, page) in [(0, 0), (0, 7), (1, 0), (2, 5), (3, 7)].map(|(i, p)| (Index(i), Page(p))) {
        let own = Own { reading: Some((index, page)), ..Own::default() };
        assert_eq!(Ghost { own, ..Ghost::default() }.reading(), Some((index, page)));
    }
    assert_eq!(Ghost::default().reading(), None);
}

#[test]
fn what_was_returned_is_told_as_it_is() {
    let errors = Errno::ALL.into_iter().map(|errno| Some(Err(errno)));
    for returned in errors.chain([None, Some(Ok(()))]) {
        assert_eq!(Status { ghost: &Ghost::default(), returned }.returned(), returned);
    }
}
