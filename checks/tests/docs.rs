//! What the README and the book quote is what the program prints. `UPDATE_EXPECT=1` brings it up to date.

mod common;

use std::fs;
use std::path::Path;

use common::{decide, scenario};
use seal_checks::review::plan::{Plan, Size};
use seal_checks::review::{run, text};
use seal_checks::trace::Trace;
use seal_checks::trace::table::table;
use seal_checks::verdict::Verdict;
use seal_model::claim::Claim;

const CLAIMS: &str = include_str!("../../docs/src/claims.md");

/// The block of text after `<!-- quoted: NAME -->` in a file of the checkout.
fn assert_quoted(file: &str, name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let page = fs::read_to_string(&path).expect("the file is part of the checkout");
    let mark = format!("<!-- quoted: {name} -->\n```text\n");
    let (before, rest) = page.split_once(&mark).unwrap_or_else(|| panic!("{file} quotes no {name}"));
    let (quoted, after) = rest.split_once("\n```").expect("the block ends");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, format!("{before}{mark}{text}\n```{after}")).expect("the checkout is writable");
    } else {
        assert_eq!(quoted, text, "{file} is out of date: UPDATE_EXPECT=1 cargo test --release --test docs");
    }
}

#[test]
fn the_readme_shows_the_matrix_of_the_quick_review() {
    let plan = Plan::new(Size::Quick).expect("the plan names possible scenarios");
    let review = run(plan, 4 << 30, &|_| ()).expect("the review fits into memory");
    let text = text::text(&review).expect("it can be told");
    let (matrix, _) = text.split_once("\nWhat happens").expect("the matrix comes first");
    let (_, matrix) = matrix.split_once("\n\n").expect("after a headline");
    assert_quoted("README.md", "matrix", matrix.trim_end());
}

#[test]
fn the_readme_and_the_book_show_the_trace_of_wait_2014() {
    let report = decide(&scenario("wait-2014;with=pinner;with=mapper"));
    let Some(Verdict::Refuted(refutation)) = report.verdict(Claim::NoWritablePin) else { panic!("it holds") };
    let trace =
        Trace::of_steps(&report.scenario, &refutation.steps).expect("the source takes the same steps");
    let shown = table(&trace);
    assert_quoted("README.md", "trace", shown.trim_end());
    assert_quoted("docs/src/traces.md", "trace", shown.trim_end());
}

#[test]
fn the_book_names_every_claim_and_its_faults() {
    use seal_model::fault::Fault;
    let row = |claim: Claim| CLAIMS.lines().find(|line| line.starts_with(&format!("| `{}` |", claim.name())));
    for fault in Fault::ALL {
        let row = row(fault.breaks()).unwrap_or_else(|| panic!("{} has no row", fault.breaks().name()));
        assert!(
            row.contains(&format!("`{}`", fault.name())),
            "{} is not in the row of its claim",
            fault.name()
        );
    }
    assert!(Claim::ALL.into_iter().all(|claim| row(claim).is_some()));
}
