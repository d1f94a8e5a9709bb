//! The law of counts on states made by hand: each term with its weight.

use crate::common::moment::{Change, Moment};
use seal_model::access::{Index, NONE, Page, Vma};
use seal_model::claim::{Account, Claim};
use seal_model::machine::{Cell, Cells, LOCAL};

const PAGE: Page = Page(0);
/// Another frame than that of the first offset.
const OTHER: Page = Page(1);
const INDEX: Index = Index(0);
const SEALER: usize = 0;
const SECOND: usize = 1;

#[test]
fn every_term_of_the_count_law_is_counted_with_its_weight() {
    const FOLIO: i16 = 3;
    const WEIGHT: i16 = 2;
    // each with how many references it is
    let terms: [(Change, i16); 8] = [
        (|m| m.ghosts[SECOND].transient[0] = 1, 1),
        (|m| m.ghosts[SECOND].deferred[0] = 1, -1),
        (|m| m.ghosts[SECOND].cache[0] = 1, FOLIO),
        (|m| m.ghosts[SECOND].pins[0] = 1, WEIGHT),
        (|m| m.set(Cell::Batch(PAGE), LOCAL), 1),
        (|m| m.set(Cell::SwapCache(INDEX), 0), FOLIO),
        (|m| m.set(Cell::Slot(INDEX), NONE), -FOLIO),
        (
            |m| {
                m.set(Cell::Pte(Vma(2), INDEX), 0);
                m.set(Cell::Mapcount(PAGE), FOLIO);
            },
            FOLIO,
        ),
    ];
    let start = || Moment::new("wait;folio=3;pin-weight=2;with=pinner;with=batched-mapper;with=reclaim");
    let holds = |moment: &Moment| moment.look(|world| Claim::CountLaw.holds(world));
    assert!(holds(&start()));
    let mut all = start();
    for (number, (term, references)) in terms.into_iter().enumerate() {
        let mut moment = start();
        term(&mut moment);
        assert!(!holds(&moment), "term {number} alone");
        moment.cells.add(Cell::Count(PAGE), references);
        let free = moment.cells.get(Cell::Count(PAGE)) == 0;
        assert_eq!(holds(&moment), !free || number == 6, "term {number} of {references} references");
        term(&mut all);
        all.cells.add(Cell::Count(PAGE), references);
    }
    assert!(holds(&all), "{:?}", all.look(|world| Account::of(world, PAGE)));
    all.set(Cell::Mapcount(PAGE), FOLIO - 1);
    assert!(!holds(&all), "a map count that is not that of the PTEs");
}

/// Where nobody refers to a page, it may be free; where somebody does, it may not, whatever the sum is.
#[test]
fn nobody_refers_to_a_free_page() {
    let free = || {
        let mut moment = Moment::new("isolate;with=pinner;with=reclaim");
        moment.set(Cell::Slot(INDEX), NONE);
        moment.set(Cell::Count(PAGE), 0);
        moment
    };
    let holds = |moment: &Moment| moment.look(|world| Claim::CountLaw.holds(world));
    assert!(holds(&free()));
    let balanced: [Change; 4] = [
        |m| (m.ghosts[SECOND].transient[0], m.ghosts[SECOND].deferred[0]) = (1, 1),
        |m| (m.ghosts[SECOND].cache[0], m.ghosts[SECOND].deferred[0]) = (1, 1),
        |m| (m.ghosts[SECOND].transient[0], m.ghosts[SECOND].cache[0]) = (-1, 1),
        |m| (m.ghosts[SECOND].transient[0], m.ghosts[SECOND].cache[0]) = (1, -1),
    ];
    for (number, change) in balanced.into_iter().enumerate() {
        let mut moment = free();
        change(&mut moment);
        assert!(!holds(&moment), "change {number} of a free page");
    }
    // the same of a page that is not free: nobody holds less than nothing
    for change in [balanced[2], balanced[3]] {
        let mut moment = free();
        moment.cells.add(Cell::Count(OTHER), 1);
        moment.set(Cell::Slot(INDEX), 0);
        moment.set(Cell::Count(PAGE), 1);
        moment.ghosts[SEALER].transient[1] = 1;
        assert!(holds(&moment));
        change(&mut moment);
        assert!(!holds(&moment));
    }
}

/// The law of counts is said of each page by itself, and all pages together are what it says of the state.
#[test]
fn a_claim_by_page_is_that_of_all_its_pages() {
    assert_eq!(
        Claim::ALL.into_iter().filter(|claim| claim.is_by_page()).collect::<Vec<_>>(),
        [Claim::CountLaw]
    );
    let mut moment = Moment::new("isolate;with=pinner");
    moment.cells.add(Cell::Count(OTHER), 1);
    for claim in Claim::ALL {
        let of_pages = moment.look(|world| [PAGE, OTHER].map(|page| claim.holds_of_page(world, page)));
        assert_eq!(of_pages, [true, claim != Claim::CountLaw], "{claim:?}");
    }
}
