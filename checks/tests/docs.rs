//! The README and the book are up to date.

#[path = "common/book.rs"]
mod book;
mod common;
#[path = "common/quotes.rs"]
mod quotes;

use std::ffi::OsString;
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

/// Commands that are shown and not run here, by their beginning, each with the reason.
const LEFT_OUT: [(&str, &str); 11] = [
    ("cargo run --release -- ", "of a changed program: the test `tutorials` runs those of its chapters"),
    ("cargo run --release", "the quick review, which the first test compares"),
    ("cargo test --release", "this is it"),
    ("cargo install", "it asks the registry"),
    ("cargo +nightly fuzz", "it takes nightly Rust, cargo-fuzz and a C++ compiler"),
    ("cargo fuzz", "it takes cargo-fuzz and a C++ compiler"),
    ("cargo mutants", "it takes cargo-mutants, and hours"),
    ("sealcheck review --engines", "two minutes; its results are compared by the tests `loom` and `engines`"),
    ("sealcheck report", "the test `report` makes one and looks at every page"),
    ("sealcheck conform --random", "the test `conform` runs random programs"),
    ("sealcheck conform --fault", "the test `conform` holds the table against every slip"),
];

/// Every command that the README and the book show can be given as it stands, and prints what is shown below it.
#[test]
fn every_command_shown_runs_and_prints_what_is_shown() {
    let mut run = 0;
    let mut left_out = [false; LEFT_OUT.len()];
    for page in pages() {
        let blocks = book::blocks(&page);
        let console = blocks.iter().filter(|block| block.language == "console").flat_map(book::commands);
        for command in console.chain(replays(&page)) {
            match LEFT_OUT.iter().position(|(start, _)| command.line.text.starts_with(start)) {
                Some(reason) => left_out[reason] = true,
                None => {
                    command.assert_printed(&output_of(&command));
                    run += 1;
                }
            }
        }
    }
    assert!(run > 30, "only {run} commands are shown");
    let unused = LEFT_OUT.iter().zip(left_out).filter(|(_, used)| !used).map(|((start, _), _)| start);
    assert_eq!(unused.collect::<Vec<_>>(), [&""; 0], "nobody shows what is left out");
}

/// Every page, by its path below the root.
fn pages() -> Vec<String> {
    let chapters = fs::read_dir(book::root().join("docs/src")).expect("the book");
    let path = |name: OsString| format!("docs/src/{}", name.to_string_lossy());
    let mut pages: Vec<String> =
        chapters.map(|chapter| path(chapter.expect("a chapter").file_name())).collect();
    pages.retain(|page| page.ends_with(".md"));
    pages.push("README.md".into());
    pages.sort();
    pages
}

#[test]
fn every_chapter_is_listed_and_every_link_leads_somewhere() {
    let summary = fs::read_to_string(book::root().join("docs/src/SUMMARY.md")).expect("a page of text");
    for page in pages() {
        let chapter = page.strip_prefix("docs/src/").filter(|name| *name != "SUMMARY.md");
        let listed = chapter.is_none_or(|name| summary.contains(&format!("]({name})")));
        assert!(listed, "SUMMARY.md does not list {page}");
        let directory = Path::new(&page).parent().unwrap_or(Path::new(""));
        for line in prose(&page) {
            for link in links(&line.text) {
                let (file, heading) = link.split_once('#').unwrap_or((link, ""));
                let target = if file.is_empty() { page.clone().into() } else { directory.join(file) };
                assert!(book::root().join(&target).exists(), "{}: there is no {file}", line.place());
                let found = heading.is_empty() || headings(&target).contains(&heading.to_owned());
                assert!(found, "{}: {file} has no heading #{heading}", line.place());
            }
        }
    }
}

/// The lines of a page that are in no block.
fn prose(page: &str) -> Vec<book::Line> {
    let mut in_block = false;
    let mut lines = book::lines(page);
    lines.retain(|line| {
        let fence = line.text.starts_with("```");
        in_block ^= fence;
        !in_block && !fence
    });
    lines
}

/// Where the links of a line lead, from its page.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let ends = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    ends.map(|(link, _)| link).filter(|link| !link.contains("://"))
}

/// The headings of a page, as links name them.
fn headings(page: &Path) -> Vec<String> {
    let lines = prose(&page.to_string_lossy());
    let titles = lines.iter().filter(|line| line.text.starts_with('#'));
    let name = |title: &str| {
        let kept = title.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
        kept.collect::<String>().trim().to_lowercase().replace(' ', "-")
    };
    titles.map(|line| name(&line.text)).collect()
}

/// The last lines of the traces that a page shows: each replays its run.
fn replays(page: &str) -> Vec<book::Command> {
    let again = book::lines(page).into_iter().filter_map(|line| {
        let text = line.text.strip_prefix("again: ")?.to_owned();
        Some(book::Command { line: book::Line { text, ..line }, shown: Vec::new() })
    });
    again.collect()
}

/// What a command prints. It may refute or decide nothing, and a kernel may forbid what `conform` asks of it.
fn output_of(command: &book::Command) -> String {
    let words = command.words();
    let (program, arguments) = words.split_first().expect("a command has a word");
    assert_eq!(program, "sealcheck", "{}: run it, or say in LEFT_OUT why not", command.line.place());
    let output =
        Command::new(env!("CARGO_BIN_EXE_sealcheck")).args(arguments).current_dir(book::root()).output();
    let output = output.expect("sealcheck runs");
    let (code, error) = (output.status.code(), String::from_utf8_lossy(&output.stderr));
    let forbidden = arguments[0] == "conform" && code == Some(2);
    assert!(
        forbidden || matches!(code, Some(0 | 1 | 3)),
        "{}: {}: {error}",
        command.line.place(),
        command.line.text
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_book_shows_what_the_engines_are_expected_to_say() {
    let expected = EngineReview::checked_in().expect("a readable manifest");
    assert_quoted("docs/src/engines.md", "engines", &expected.text());
}
