//! The review as JUnit XML: a test case for each claim of each scenario, which passes if the verdict is the one
//! that the manifest expects.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use super::digest::in_short;
use super::manifest::Manifest;
use super::{Review, command, told};
use crate::error::Error;
use crate::verdict::{Report, Verdict};

/// A suite for each scenario.
///
/// # Errors
/// As [`told`]; or [`Error::Document`], which would be a bug.
pub fn review(review: &Review, expected: &Manifest) -> Result<String, Error> {
    let mut document = Junit::new("sealcheck review");
    document.set_time(review.elapsed);
    for report in &review.reports {
        document.add_test_suite(suite(report, expected)?);
    }
    document.to_string().map(|text| text + "\n").map_err(|error| Error::Document(error.to_string()))
}

fn suite(report: &Report, expected: &Manifest) -> Result<TestSuite, Error> {
    let mut suite = TestSuite::new(report.scenario.to_string());
    suite.set_time(report.figures.elapsed);
    for (claim, verdict) in &report.verdicts {
        let found = in_short(verdict);
        let expects = expected.says(&report.scenario, *claim);
        let status = match expects {
            Some(expects) if expects == found => as_expected(verdict),
            _ if matches!(verdict, Verdict::Undecided(_)) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
                status.set_type("limit").set_message(verdict.to_string());
                status
            }
            expects => {
                let expects = expects.unwrap_or_else(|| "nothing".into());
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_type("verdict").set_message(format!("{found}; the manifest expects {expects}"));
                status
            }
        };
        let mut case = TestCase::new(claim.name(), status);
        case.set_classname(report.scenario.strategy.name()).set_time(Duration::ZERO);
        let sentence = told(report, *claim)?
            .map(|sentence| format!("{sentence}\n{}", command(&report.scenario, *claim)));
        case.set_system_out(sentence.map_or(found.clone(), |sentence| format!("{found}: {sentence}")));
        suite.add_test_case(case);
    }
    Ok(suite)
}

/// A claim of which nothing was seen is no test.
fn as_expected(verdict: &Verdict) -> TestCaseStatus {
    match verdict {
        Verdict::Vacuous(_) => {
            let mut skipped = TestCaseStatus::skipped();
            skipped.set_message(verdict.to_string());
            skipped
        }
        _ => TestCaseStatus::success(),
    }
}
