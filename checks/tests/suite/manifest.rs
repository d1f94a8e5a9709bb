//! The small scenarios of the manifest, in a second or two: the whole of it is `review`'s matter.

use std::collections::BTreeSet;

use seal_checks::review::casts::{ADDED, BASE};
use seal_checks::review::manifest::{CHECKED_IN, Manifest};
use seal_checks::review::plan::{Plan, Size};
use seal_checks::verdict::decide_all;
use seal_model::scenario::Actor;

/// A scenario with more states than this is left to the full review.
const SMALL: usize = 8_000;

#[test]
fn small_scenarios_come_out_as_the_manifest_expects() {
    let expected = Manifest::parse(CHECKED_IN).expect("the manifest is readable");
    let mut jobs = Plan::new(Size::Full).expect("the plan names possible scenarios").jobs();
    jobs.retain(|(scenario, _)| expected.states(scenario).is_some_and(|states| states <= SMALL));
    assert!(jobs.len() > 100, "only {} scenarios are small", jobs.len());
    let reports = decide_all(&jobs, 1 << 30, &|_| ()).expect("small scenarios fit into memory");
    let difference = Manifest::of(&reports).difference(&expected).expect("both can be written");
    assert!(difference.is_none(), "{}", difference.unwrap_or_default());
}

/// The review says of every actor which claims depend on it.
#[test]
fn every_actor_is_added_to_the_base_cast_or_is_in_it() {
    for (name, _) in Actor::VOCABULARY {
        let is_named = |text: &str| text.split([' ', '+', '@', ':', ';', '=']).any(|word| word == name);
        assert!(ADDED.iter().any(|added| is_named(added)) || is_named(BASE), "{name}");
    }
}

/// Nothing in the manifest is left that no review asks: what is not asked is compared with nothing.
#[test]
fn the_full_review_asks_every_entry_of_the_manifest() {
    let plan = Plan::new(Size::Full).expect("the plan names possible scenarios");
    let asked: BTreeSet<String> = plan.jobs().iter().map(|(scenario, _)| scenario.to_string()).collect();
    let entries =
        CHECKED_IN.lines().filter_map(|line| line.strip_prefix("[scenario.\"")?.strip_suffix("\"]"));
    let entries: BTreeSet<String> = entries.map(String::from).collect();
    assert!(entries.len() > 1000, "only {} entries", entries.len());
    assert_eq!(entries, asked);
}

#[test]
fn what_bless_writes_is_the_manifest() {
    let expected = Manifest::parse(CHECKED_IN).expect("the manifest is readable");
    assert!(
        expected.text().expect("it can be written") == CHECKED_IN,
        "`review --full --bless` writes another file"
    );
}

#[test]
fn a_manifest_that_disagrees_is_shown_as_a_diff() {
    let expected = Manifest::parse(CHECKED_IN).expect("the manifest is readable");
    let wrong = CHECKED_IN.replacen("depth = ", "depth = 1", 1);
    let wrong = Manifest::parse(&wrong).expect("still readable");
    let difference = expected.difference(&wrong).expect("both can be written").expect("they differ");
    assert!(difference.contains("-depth = 1") && difference.contains("+depth = "), "{difference}");
}
