//! Memory that ends before all scenarios are decided: what is known is printed, and the rest is not taken for decided.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::thread;

use seal_checks::faults::{self, Killed};
use seal_checks::review::json::{ReviewDocument, print};
use seal_checks::review::manifest::{CHECKED_IN, Manifest};
use seal_checks::review::plan::{Plan, Size};
use seal_checks::review::run;
use seal_checks::verdict::{Exit, Verdict, unfit};
use serde_json::Value;

/// MiB: every core gets one, which suffices for most scenarios of the quick review.
fn too_little() -> usize {
    thread::available_parallelism().map_or(1, Into::into)
}

fn sealcheck(arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_sealcheck"));
    program
        .args(arguments)
        .args(["--max-memory", &too_little().to_string()])
        .output()
        .expect("sealcheck runs")
}

/// Exit code 3, one line that names a scenario and the option, and whatever was decided.
fn says_what_is_known(arguments: &[&str]) -> String {
    let output = sealcheck(arguments);
    let (text, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(3), "{arguments:?}: {text}{error}");
    assert!(error.starts_with("sealcheck: ") && error.lines().count() == 1, "{error}");
    assert!(error.contains(";judge=") && error.contains("more scenarios do not fit"), "{error}");
    assert!(error.contains("give more with --max-memory"), "{error}");
    text.into_owned()
}

#[test]
fn a_review_shows_what_was_decided() {
    let text = says_what_is_known(&["review"]);
    let (_, unfit) = text.split_once("Undecided, because memory ended first:\n").expect("a list");
    assert!(unfit.lines().count() > 1 && unfit.lines().all(|line| line.contains(";judge=")), "{unfit}");
    assert!(text.contains("proved") && text.contains("refuted 21") && text.contains("undecided"), "{text}");
    assert!(!text.contains("as the manifest expects"), "{text}");
}

/// Memory may end before a fault is refuted, or before it is proved that nothing is without it: then neither is said.
#[test]
fn a_fault_may_be_undecided() {
    let run = |bytes: usize| faults::run(too_little() * bytes, &|_| ()).expect("explored as far as it fits");
    let ended = |killed: &[Killed]| {
        [Exit::AsAsked, Exit::Undecided, Exit::NotSo]
            .map(|exit| killed.iter().filter(|killed| killed.exit() == exit).count())
    };
    let reports = |killed: &[Killed]| {
        unfit(killed.iter().flat_map(|killed| [&killed.with, &killed.without])).map(|error| error.to_string())
    };
    let [few, enough] = [FEW, 1 << 20].map(run);
    let all = few.len();
    assert_eq!((ended(&enough), reports(&enough)), ([all, 0, 0], None));
    let [as_said, undecided, not_so] = ended(&few);
    assert!(undecided > 0 && not_so == 0, "{as_said} as said, {undecided} undecided, {not_so} not so");
    assert!(reports(&few).is_some_and(|error| error.contains("more scenarios do not fit")));
}

/// Bytes for each core: too little for all.
const FEW: usize = 1 << 17;

#[test]
fn a_report_shows_what_was_decided() {
    let site = Path::new(env!("CARGO_TARGET_TMPDIR")).join("undecided-site");
    let _ = fs::remove_dir_all(&site);
    says_what_is_known(&["report", site.to_str().expect("a path of letters")]);
    let index = fs::read_to_string(site.join("index.html")).expect("it is written");
    assert!(index.contains("Not all of it was decided: "), "{index}");
}

/// A verdict that was reached although memory ended later is compared, and the others are not.
#[test]
fn what_is_not_expected_is_a_difference_although_memory_ended() {
    let expected = Manifest::parse(CHECKED_IN).expect("the manifest is readable");
    let plan = Plan::new(Size::Quick).expect("the plan names possible scenarios");
    let mut review = run(plan, too_little() << 20, &|_| ()).expect("explored as far as it fits");
    assert!(unfit(&review.reports).is_some());
    assert_eq!(review.difference(&expected).expect("it can be written"), None);
    let document =
        ReviewDocument::of(&review).and_then(|document| print(&document)).expect("it can be written");
    let document: Value = serde_json::from_str(&document).expect("a document is JSON");
    let scenarios = document["scenarios"].as_array().expect("a list");
    assert_eq!(scenarios.len(), review.reports.len());
    assert_eq!(
        scenarios.iter().filter(|scenario| !scenario["limit"].is_null()).count(),
        review.unfit().count()
    );

    let refuted = |verdict: &Verdict| matches!(verdict, Verdict::Refuted(_));
    let unfit = |report: &&mut seal_checks::verdict::Report| {
        report.stopped.is_some() && report.verdicts.iter().any(|(_, verdict)| refuted(verdict))
    };
    let report = review.reports.iter_mut().find(unfit).expect("some claims are refuted early");
    let (claim, verdict) = report.verdicts.iter_mut().find(|(_, verdict)| refuted(verdict)).expect("one");
    *verdict = Verdict::Proved(None);
    let line = format!("{}: {} is proved, not refuted ", report.scenario, claim.name());
    let difference = review.difference(&expected).expect("it can be written").expect("it differs");
    assert!(difference.starts_with(&line), "{difference}");
}
