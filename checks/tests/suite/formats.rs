//! Every form that a review and a trace are written in, held against its schema.

use crate::common::skip;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use seal_checks::review::json::{ReviewDocument, ScenarioDocument, TraceDocument, print, schemas};
use seal_checks::review::manifest::{CHECKED_IN, Manifest};
use seal_checks::review::plan::{Plan, Size};
use seal_checks::review::{Review, junit, mail, markdown, run, sarif};
use seal_checks::schedule::Schedule;
use seal_checks::trace::Trace;
use seal_checks::trace::itf::itf;
use seal_checks::trace::svg::svg;
use seal_checks::verdict::Verdict;
use seal_model::claim::Claim;
use serde_json::Value;

/// The quick review, run once.
fn review() -> &'static Review {
    static REVIEW: OnceLock<Review> = OnceLock::new();
    REVIEW.get_or_init(|| {
        let plan = Plan::new(Size::Quick).expect("the plan names possible scenarios");
        run(plan, 4 << 30, &|_| ()).expect("the review fits into memory")
    })
}

fn expected() -> Manifest {
    Manifest::parse(CHECKED_IN).expect("a readable manifest")
}

/// A manifest that expects another verdict on one claim of one scenario.
fn changed() -> Manifest {
    let line = "no-writable-pin = 21\n";
    assert!(CHECKED_IN.contains(line), "no counterexample has 21 steps");
    Manifest::parse(&CHECKED_IN.replace(line, "no-writable-pin = 20\n")).expect("a readable manifest")
}

fn schema_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schema").join(name)
}

fn schema(name: &str) -> Value {
    let text = fs::read_to_string(schema_file(&format!("{name}.json"))).expect("a schema of the checkout");
    serde_json::from_str(&text).expect("a schema is JSON")
}

/// Complaints about a document.
fn complaints(schema: &Value, document: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(document).expect("the document is JSON");
    let validator = jsonschema::validator_for(schema).expect("a valid schema");
    let errors = validator.iter_errors(&document);
    errors.map(|error| format!("{}: {error}", error.instance_path())).take(5).collect()
}

fn trace(line: &str) -> Trace {
    Trace::of(line.parse::<Schedule>().expect("a schedule")).expect("it fits its scenario")
}

/// Runs of every kind: one that ends, one without end, one that nobody moves in any more, one from a cut.
fn runs() -> Vec<Trace> {
    let broken = review().broken();
    let steps = broken.iter().map(|broken| Trace::of_refutation(&broken.report.scenario, broken.refutation));
    let mut runs: Vec<Trace> = steps.collect::<Result<_, _>>().expect("every counterexample can be shown");
    for report in &review().reports {
        if let Some((_, run)) = &report.starves_under {
            runs.push(Trace::of_refutation(&report.scenario, run).expect("a run"));
        }
    }
    let ends_early = "wait;with=mapper;run=sealer*2,sealer=1".parse().expect("a schedule");
    runs.push(Trace::as_far_as_it_fits(ends_early).expect("it can be begun"));
    assert!(runs.iter().any(|run| run.ended.is_some()), "every run fits its scenario");
    assert!(runs.iter().any(|run| run.schedule.cycle_from.is_some()), "no run is without end");
    runs
}

#[test]
fn the_published_schemas_are_those_of_the_types() {
    for (name, schema) in schemas() {
        let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n";
        let file = schema_file(&format!("{name}.json"));
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&file, &text).expect("the checkout is writable");
        }
        let published = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            published == text,
            "docs/schema/{name}.json: UPDATE_EXPECT=1 cargo test --release --test suite -- formats::"
        );
    }
}

#[test]
fn json_is_as_its_schemas_say() {
    let document = print(&ReviewDocument::of(review()).expect("it can be told")).expect("JSON");
    assert_eq!(complaints(&schema("review"), &document), [""; 0]);
    let report = review().broken()[0].report;
    let refuted = report.verdicts.iter().filter_map(|(claim, verdict)| match verdict {
        Verdict::Refuted(refutation) => {
            Some((*claim, Trace::of_refutation(&report.scenario, refutation).expect("a run")))
        }
        _ => None,
    });
    let traces: Vec<(Claim, Trace)> = refuted.collect();
    let document = print(&ScenarioDocument::of(report, &[], &traces).expect("it can be told")).expect("JSON");
    assert_eq!(complaints(&schema("check"), &document), [""; 0]);
    for trace in runs() {
        let document = print(&TraceDocument::of(&trace, None)).expect("JSON");
        assert_eq!(complaints(&schema("replay"), &document), [""; 0], "{}", trace.schedule);
    }
}

#[test]
fn a_schema_refuses_what_is_none() {
    let document = print(&ReviewDocument::of(review()).expect("it can be told")).expect("JSON");
    let other = document.replace("\"verdict\": \"proved\"", "\"verdict\": \"believed\"");
    assert_ne!(complaints(&schema("review"), &other), [""; 0]);
}

#[test]
fn a_trace_is_in_the_informal_trace_format() {
    for trace in runs() {
        let document = itf(&trace);
        assert_eq!(complaints(&schema("itf"), &document.to_string()), [""; 0], "{}", trace.schedule);
        let states = document["states"].as_array().expect("states");
        assert_eq!(states.len(), trace.steps.len() + 1);
        let names = document["vars"].as_array().expect("variables");
        for state in states {
            let state = state.as_object().expect("an object");
            assert!(names.iter().all(|name| state.contains_key(name.as_str().expect("a name"))));
            assert_eq!(state.len(), names.len() + 1, "a state has other variables");
        }
        assert_eq!(document.get("loop").is_some(), trace.schedule.cycle_from.is_some());
    }
}

/// A state's variables are what the model's memory holds after that step.
#[test]
fn the_states_of_a_trace_are_its_memory() {
    let line = "wait-2014;with=pinner;with=mapper:fault+zap;run=sealer*2,pinner*9";
    let document = itf(&trace(line));
    let at = |step: usize, name: &str| document["states"][step][name].clone();
    assert_eq!(
        [at(0, "C0"), at(4, "C0"), at(9, "C0")].map(|count| count.as_i64()),
        [Some(1), Some(2), Some(3)]
    );
    assert_eq!([at(8, "P0"), at(9, "P0")].map(|pins| pins.as_i64()), [Some(0), Some(1)]);
    assert_eq!(at(5, "lock0"), "pinner");
    assert_eq!((at(0, "i_mutex"), at(1, "i_mutex")), ("free".into(), "sealer".into()));
    assert_eq!(at(7, "pte_pinner"), "page0");
}

/// The system that is built for.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host").to_owned()
}

/// SARIF's own schema is part of the library that holds its types.
fn sarif_schema() -> Value {
    // the host's packages are there, for this test was built from them; those of other systems may not be
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--filter-platform", &host()])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&metadata.stdout).expect("metadata");
    let packages = metadata["packages"].as_array().expect("packages");
    let package = packages.iter().find(|package| package["name"] == "serde-sarif").expect("a dependency");
    let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
    let text = fs::read_to_string(manifest.with_file_name("src").join("schema.json")).expect("the schema");
    let mut schema: Value = serde_json::from_str(&text).expect("a schema is JSON");
    // a pattern that this dialect of regular expressions does not take, of a property that is not written
    for place in ["run", "toolComponent"] {
        schema["definitions"][place]["properties"].as_object_mut().expect("properties").remove("language");
    }
    schema
}

#[test]
fn sarif_is_as_its_schema_says() {
    let document = sarif::review(review(), &expected()).expect("it can be told");
    assert_eq!(complaints(&sarif_schema(), &document), [""; 0]);
    let typed: serde_sarif::sarif::Sarif = serde_json::from_str(&document).expect("the types take it");
    let results = typed.runs[0].results.as_ref().expect("results");
    assert_eq!(results.len(), review().broken().len());
    for result in results {
        let flow = &result.code_flows.as_ref().expect("a flow")[0].thread_flows[0];
        assert!(flow.locations.len() > 5, "a run of few steps");
    }
    assert!(!document.contains("\"level\": \"error\""), "the manifest expects everything");
}

#[test]
fn what_the_manifest_does_not_expect_fails() {
    let document = sarif::review(review(), &changed()).expect("it can be told");
    assert!(document.contains("\"level\": \"error\""));
    let document = junit::review(review(), &changed()).expect("it can be told");
    assert!(document.contains("refuted 21; the manifest expects refuted 20"), "{document}");
}

#[test]
fn junit_has_a_case_for_every_claim_of_every_scenario() {
    let document = junit::review(review(), &expected()).expect("it can be told");
    let read = quick_junit::Report::deserialize_from_str(&document).expect("JUnit XML");
    assert_eq!(read.test_suites.len(), review().reports.len());
    let cases: usize = review().reports.iter().map(|report| report.verdicts.len()).sum();
    assert_eq!((read.tests, read.failures, read.errors), (cases, 0, 0));
}

#[test]
fn xmllint_takes_what_is_written_as_xml() {
    if !skip::has("xmllint", &["--version"]) {
        return;
    }
    let xmllint = |arguments: &[&str], name: &str, text: &str| {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&file, text).expect("writable");
        let output = Command::new("xmllint").arg("--noout").args(arguments).arg(&file).output();
        let output = output.expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let schema = schema_file("junit.xsd");
    let schema = schema.to_str().expect("a path of letters");
    let document = junit::review(review(), &expected()).expect("it can be told");
    xmllint(&["--schema", schema], "review.xml", &document);
    for run in runs().iter().take(4) {
        xmllint(&[], "run.svg", &svg(run));
    }
}

/// Names and places that are longer than a line may stand alone in one.
fn fits(line: &str) -> bool {
    line.chars().count() <= mail::WIDTH || !line.trim().contains(' ')
}

#[test]
fn mail_is_plain_and_fits_into_72_columns() {
    let mut texts = vec![mail::review(review()).expect("it can be told")];
    texts.extend(runs().iter().map(mail::trace));
    for text in texts {
        assert!(text.is_ascii(), "{text}");
        for line in text.lines() {
            assert!(fits(line), "{line}");
            assert_eq!(line, line.trim_end(), "a line ends with blanks");
        }
    }
}

#[test]
fn mail_says_every_verdict() {
    let text = mail::review(review()).expect("it can be told");
    assert_eq!(text.matches("\nrefuted: ").count(), review().broken().len());
    assert_eq!(text.matches("\nproved: ").count(), review().plan.groups.len());
}

#[test]
fn markdown_has_the_matrix_and_every_refutation() {
    let text = markdown::review(review()).expect("it can be told");
    assert_eq!(text.matches("\n### ").count(), review().broken().len());
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let columns: Vec<usize> = rows.map(|row| row.matches('|').count()).collect();
    assert!(columns.len() > Claim::ALL.len());
    assert!(columns.iter().all(|columns| *columns == review().plan.groups.len() + 2), "{columns:?}");
}

#[test]
fn a_picture_is_a_document_with_every_step() {
    for run in &runs() {
        let picture = svg(run);
        let marks = picture.matches("<circle").count() + picture.matches("class=\"load\"").count();
        assert_eq!(marks, run.steps.len(), "{}", run.schedule);
    }
}
