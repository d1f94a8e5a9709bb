//! The full review, by its command: what it prints, and that it is as the manifest expects.

use std::process::Command;

use crate::common::quotes::assert_quoted;

/// The full review contains the quick one, so this compares every line of the manifest. Its last parts are in the book.
#[test]
fn every_result_is_as_the_manifest_expects() {
    let output = Command::new(env!("CARGO_BIN_EXE_sealcheck")).args(["review", "--full"]).output();
    let output = output.expect("sealcheck runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && text.ends_with("Every result is as the manifest expects.\n"),
        "{}{error}\nIf this is intended: cargo run --release -- review --full --bless",
        text.split_once("Not as the manifest expects:").map_or("", |(_, difference)| difference),
    );
    assert!(!text.contains("VACUOUS"), "a strategy and a claim of which no scenario says anything");

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
