//! The review agrees with the checked-in manifest.

use crate::common::quotes::assert_quoted;
use seal_checks::review::manifest::{CHECKED_IN, Manifest};
use seal_checks::review::plan::{Plan, Size};
use seal_checks::review::{self, Review, text};
use seal_checks::verdict::Verdict;
use seal_model::claim::Claim;

const MEMORY: usize = 8 << 30;

fn full() -> Review {
    let plan = Plan::new(Size::Full).expect("the plan names possible scenarios");
    review::run(plan, MEMORY, &|_| ()).expect("the review fits into memory")
}

/// The full review contains the quick one, so this compares every line of the manifest.
#[test]
fn every_result_is_as_the_manifest_expects() {
    let review = full();
    let found = Manifest::of(&review.reports);
    let expected = Manifest::parse(CHECKED_IN).expect("the manifest is readable");
    let difference = found.difference(&expected).expect("both can be written");
    assert!(
        found == expected,
        "{}\nIf this is intended: cargo run --release -- review --full --bless",
        difference.unwrap_or_else(|| "the manifest names scenarios that the review does not ask".into())
    );
    show(&review);
    for group in &review.plan.groups {
        for claim in Claim::ALL {
            let verdict = review.verdict(&group.scenarios, claim).map(|(_, verdict)| verdict);
            let strategy = group.strategy.name();
            assert!(!matches!(verdict, Some(Verdict::Vacuous(_))), "{strategy}: {} is vacuous", claim.name());
        }
    }
}

/// The parts that only the full review has are in the book.
fn show(review: &Review) {
    let text = text::text(review).expect("it can be told");
    let between = |start: &str, end: &str| {
        let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("the review says {start}"));
        let (part, _) = rest.split_once(end).unwrap_or_else(|| panic!("and then {end}"));
        format!("{start}{part}")
    };
    let page = "docs/src/sensitivity.md";
    assert_quoted(page, "choices", &between("What the sources leave open", "\nWho matters"));
    assert_quoted(page, "actors", &between("Who matters to what", "\nThe smallest cast"));
    assert_quoted(page, "smallest", &between("The smallest cast", "\nBounds"));
}
