//! The README and the book are up to date.

use crate::common::book;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::quotes::{assert_quoted, assert_shown};
use crate::common::{decide, scenario};
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

#[test]
fn every_chapter_is_listed_and_every_link_leads_somewhere() {
    let summary = fs::read_to_string(book::root().join("docs/src/SUMMARY.md")).expect("a page of text");
    for page in book::pages() {
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

/// Directories of the checkout that other files name, without those that are made.
const NAMED: [&str; 9] = [
    "model/src/",
    "checks/src/",
    "checks/tests/",
    "checks/benches/",
    "live/src/",
    "docs/",
    "fuzz/seeds/",
    "fuzz/found/",
    ".cargo/",
];

/// A path that a message, a comment or a page names is there. What the tutorials add is not, and stands in their diffs.
#[test]
fn every_path_that_is_named_exists() {
    let sources =
        ["model", "checks", "live", "fuzz/src", "fuzz/fuzz_targets", "fuzz/examples", ".cargo", ".ci"];
    let sources = sources.into_iter().flat_map(|directory| files(&book::root().join(directory)));
    let texts =
        sources.map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap_or_default()));
    let texts = texts.chain(book::pages().into_iter().map(|page| {
        let lines = prose(&page).into_iter().map(|line| line.text + "\n");
        (page, lines.collect())
    }));
    let mut seen = 0;
    for (file, text) in texts {
        for directory in NAMED {
            for path in paths(&text, directory) {
                // a name in capitals stands for any
                let any = path
                    .rsplit('/')
                    .next()
                    .is_some_and(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase()));
                let there = any || book::root().join(path).exists();
                assert!(there, "{file} names {path}, which is not there");
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "only {seen} paths are named");
}

/// The paths below a directory that a text names. One with a variable in it is followed up to there.
fn paths<'t>(text: &'t str, directory: &'t str) -> impl Iterator<Item = &'t str> {
    let part = |letter: char| letter.is_ascii_alphanumeric() || "_./-".contains(letter);
    let starts = text.match_indices(directory).map(|(at, _)| at);
    // part of another path, or of an address
    let starts = starts.filter(move |at| text[..*at].ends_with("../") || !text[..*at].ends_with(part));
    starts.map(move |at| {
        let path = text[at..].split(|letter: char| !part(letter)).next().unwrap_or(directory);
        let whole = !text[at + path.len()..].starts_with(['{', '*', '$', '<']);
        let path = if whole { path } else { &path[..path.rfind('/').map_or(0, |end| end + 1)] };
        path.trim_end_matches(['.', '-'])
    })
}

/// Every file below a directory.
fn files(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).expect("the checkout is readable");
    entries.flat_map(|entry| files(&entry.expect("a name").path())).collect()
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

#[test]
fn the_book_shows_what_the_engines_are_expected_to_say() {
    let expected = EngineReview::checked_in().expect("a readable manifest");
    assert_quoted("docs/src/engines.md", "engines", &expected.text());
    let from_the_beginning = expected.end_to_end().text().expect("rows that can be read");
    assert_quoted("docs/src/engines.md", "end-to-end", &from_the_beginning);
}
