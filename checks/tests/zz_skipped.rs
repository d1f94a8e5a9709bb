//! What the tests of this `cargo test` did not look at, and why. Cargo runs test programs in the order of their
//! names, so this one is the last of the package; without libtest's harness, so that its output is seen.

#[path = "suite/common/record.rs"]
mod record;

use std::collections::BTreeSet;
use std::fs;

fn main() {
    // a runner that asks for the names of tests gets none
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let text = fs::read_to_string(record::record()).unwrap_or_default();
    print!("{}", summary(&text));
    if let Some(records) = record::record().parent() {
        // those of runs that were broken off go with it
        let _ = fs::remove_dir_all(records);
    }
}

/// How many tests left something out, and each reason once.
fn summary(record: &str) -> String {
    let lines: BTreeSet<&str> = record.lines().collect();
    // TEST: what it needs: REASON
    let tests: BTreeSet<&str> = lines.iter().filter_map(|line| line.split(": ").next()).collect();
    let mut text = format!("\ntests that skipped something here: {}\n", tests.len());
    lines.iter().for_each(|line| text.push_str(&format!("  {line}\n")));
    text + "\n"
}
