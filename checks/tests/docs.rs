//! The README and the book are up to date.

mod common;
#[path = "common/quotes.rs"]
mod quotes;

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use common::{decide, scenario};
use quotes::{assert_quoted, assert_shown};
use seal_checks::faults;
use seal_checks::review::engines::EngineReview;
use seal_checks::review::plan::{Plan, Size};
use seal_checks::review::{run, text};
use seal_checks::trace::Trace;
use seal_checks::trace::table::table;
use seal_checks::verdict::Verdict;
use seal_model::claim::{Claim, Kind};
use seal_model::fault::{CallFault, Fault};
use seal_model::syscall::FORMS;

#[test]
fn the_readme_and_the_findings_show_the_quick_review() {
    let plan = Plan::new(Size::Quick).expect("the plan names possible scenarios");
    let review = run(plan, 4 << 30, &|_| ()).expect("the review fits into memory");
    let text = text::text(&review).expect("it can be told");
    let (matrix, rest) = text.split_once("\nWhat happens").expect("the matrix comes first");
    let (_, matrix) = matrix.split_once("\n\n").expect("after a headline");
    assert_quoted("README.md", "matrix", matrix);
    let (_, judges) = rest.split_once("\nJudges").expect("then the judges");
    let (judges, _) = judges.split_once("\nHow each").expect("then how they are deceived");
    assert_quoted("docs/src/findings.md", "judges", &format!("Judges{judges}"));
}

fn trace(text: &str, claim: Claim) -> String {
    let report = decide(&scenario(text));
    let run = match (report.verdict(claim), &report.starves_under) {
        (Some(Verdict::Refuted(refutation)), _) => refutation,
        (_, Some((_, lasso))) => lasso,
        _ => panic!("{text}: {} holds", claim.name()),
    };
    table(&Trace::of_refutation(&report.scenario, run).expect("the source takes the same steps"))
}

#[test]
fn the_readme_and_the_book_show_traces() {
    let shown = trace("wait-2014;with=pinner;with=mapper", Claim::NoWritablePin);
    assert_quoted("README.md", "trace", &shown);
    assert_quoted("docs/src/traces.md", "trace", &shown);
    assert_quoted("docs/src/findings.md", "lasso", &trace("wait;with=mapper:loop", Claim::Returns));
    let reclaimed = trace("wait;with=lookup-pinner;with=reclaim", Claim::NoWritablePin);
    assert_quoted("docs/src/findings.md", "reclaim", &reclaimed);
}

#[test]
fn the_book_lists_every_claim() {
    let mut rows = String::from(
        "| claim | says | judged | must have been seen | speaks of | faults that refute it |\n\
         |---|---|---|---|---|---|",
    );
    for claim in Claim::ALL {
        let judged = match claim.kind() {
            Kind::State => "in every state",
            Kind::Step => "at every step",
            Kind::Alone => "by letting the sealer run alone",
            Kind::Progress => "on the state graph",
        };
        let seen: Vec<_> = claim.witnesses().iter().map(|witness| witness.statement()).collect();
        let faults = Fault::ALL.into_iter().filter(|fault| fault.breaks() == claim);
        let faults: Vec<_> = faults.map(|fault| format!("`{}`", fault.name())).collect();
        let (name, says, scope) = (claim.name(), claim.statement(), claim.scope());
        let (seen, faults) = (seen.join("; "), faults.join(", "));
        let _ = write!(rows, "\n| `{name}` | {says} | {judged} | {seen} | {scope} | {faults} |");
    }
    assert_shown("docs/src/claims.md", "claims", &rows);
}

#[test]
fn the_book_lists_every_fault() {
    let mut rows = String::from(
        "| fault | what is wrong | provenance | kernels | breaks | steps | shown in |\n|---|---|---|---|---|---|---|",
    );
    for killed in faults::run(2 << 30, &|_| ()).expect("the catalogue names possible scenarios") {
        let slip = killed.fault.slip();
        let steps = killed.steps().expect("refuted");
        let _ = write!(
            rows,
            "\n| `{}` | {} | {} | {} | `{}` | {steps} | `{}` |",
            slip.name,
            slip.says,
            slip.provenance,
            slip.kernels,
            slip.breaks.name(),
            killed.without.scenario,
        );
    }
    assert_shown("docs/src/faults.md", "faults", &rows);
}

#[test]
fn the_book_lists_operations_and_the_slips_of_calls() {
    let row = |(name, says): (&str, &str)| format!("\n| `{}` | {says} |", name.replace('|', "\\|"));
    let operations: String = FORMS.into_iter().map(row).collect();
    let heading = "| operation | does |\n|---|---|";
    assert_shown("docs/src/conform.md", "operations", &format!("{heading}{operations}"));
    let slips: String = CallFault::ALL.into_iter().map(|fault| row((fault.name(), fault.says()))).collect();
    let heading = "| slip | what is wrong |\n|---|---|";
    assert_shown("docs/src/conform.md", "call-faults", &format!("{heading}{slips}"));
}

/// Every command that the README and the book show can be given as it stands.
#[test]
fn every_command_shown_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let pages =
        fs::read_dir(root.join("docs/src")).expect("the book").map(|page| page.expect("a page").path());
    let mut shown = 0;
    for page in pages.chain([root.join("README.md")]) {
        let text = fs::read_to_string(&page).expect("a page of text");
        let commands = text.lines().filter_map(|line| line.strip_prefix("$ sealcheck "));
        for command in commands.filter_map(|command| command.split(" #").next()) {
            let arguments: Vec<&str> = command.split_whitespace().collect();
            if arguments.first() != Some(&"check") {
                continue;
            }
            shown += 1;
            let output = Command::new(env!("CARGO_BIN_EXE_sealcheck"))
                .args(&arguments)
                // what an example writes is no part of the checkout
                .current_dir(std::env::temp_dir())
                .output();
            let output = output.expect("sealcheck runs");
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.code().is_some_and(|code| code < 2),
                "{}: {command}: {error}",
                page.display()
            );
        }
    }
    assert!(shown > 10, "only {shown} commands are shown");
}

#[test]
fn the_book_shows_what_the_engines_are_expected_to_say() {
    let expected = EngineReview::checked_in().expect("a readable manifest");
    assert_quoted("docs/src/engines.md", "engines", &expected.text());
}
