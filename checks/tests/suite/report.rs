//! The report: every page leads where it says, nothing comes from outside, and a browser steps through it.

use crate::common::skip;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::common::browser::Browser;
use seal_checks::report::{Evidence, File, gather, prepare, site, write};
use seal_checks::review::plan::Size;
use seal_checks::verdict::Verdict;
use seal_model::claim::Claim;
use serde_json::json;

/// The evidence of the quick review, and its site: made once.
fn made() -> &'static (Evidence, Vec<File>) {
    static MADE: OnceLock<(Evidence, Vec<File>)> = OnceLock::new();
    MADE.get_or_init(|| {
        let evidence = gather(Size::Quick, 4 << 30, &|_| ()).expect("the review fits into memory");
        let files = site(&evidence).expect("every counterexample can be shown");
        (evidence, files)
    })
}

fn text(name: &str) -> &'static str {
    let found = made().1.iter().find(|(file, _)| file == name);
    found.map_or_else(|| panic!("no file is named {name}"), |(_, text)| text)
}

/// The values of an attribute in a document.
fn attributes<'t>(text: &'t str, name: &str) -> impl Iterator<Item = &'t str> {
    let mark = format!(" {name}=\"");
    text.match_indices(&mark)
        .map(|(at, mark)| &text[at + mark.len()..])
        .filter_map(|rest| rest.split('"').next())
        .collect::<Vec<_>>()
        .into_iter()
}

#[test]
fn nothing_is_otherwise_than_it_should_be() {
    assert_eq!(made().0.complaints(), [""; 0]);
    assert!(!text("index.html").contains("Not as it should be"));
}

#[test]
fn every_way_leads_somewhere() {
    let files = &made().1;
    let places: BTreeMap<&str, BTreeSet<&str>> =
        files.iter().map(|(name, text)| (name.as_str(), attributes(text, "id").collect())).collect();
    for (name, text) in files.iter().filter(|(name, _)| name.ends_with(".html")) {
        for link in attributes(text, "href").filter(|link| !link.starts_with("https://")) {
            let (file, place) = link.split_once('#').unwrap_or((link, ""));
            let file = if file.is_empty() { name } else { file };
            if link == "data:," {
                continue;
            }
            let there =
                places.get(file).unwrap_or_else(|| panic!("{name} leads to {link}, which is no file"));
            assert!(place.is_empty() || there.contains(place), "{name} leads to {link}, where nothing is");
        }
    }
}

#[test]
fn every_chapter_of_the_book_is_a_page() {
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src");
    let mut chapters = 0;
    for chapter in fs::read_dir(book).expect("the book") {
        let name = chapter.expect("a chapter").file_name().to_string_lossy().into_owned();
        if let Some(name) = name.strip_suffix(".md").filter(|name| *name != "SUMMARY") {
            assert!(text(&format!("book-{name}.html")).contains("<h1>"), "{name} has no title");
            chapters += 1;
        }
    }
    assert!(chapters > 10, "only {chapters} chapters");
}

#[test]
fn nothing_is_loaded_from_outside() {
    for (name, text) in &made().1 {
        let loaded =
            attributes(text, "src").chain(attributes(text, "data")).chain(attributes(text, "srcset"));
        for source in loaded {
            assert!(!source.contains("//"), "{name} loads {source}");
        }
        assert!(!text.contains("@import") && !text.contains("url("), "{name} loads something by its style");
    }
}

#[test]
fn it_stays_under_five_mebibytes() {
    let bytes: usize = made().1.iter().map(|(name, text)| name.len() + text.len()).sum();
    assert!(bytes < 5 << 20, "{bytes} bytes");
}

#[test]
fn the_first_page_leads_to_the_run_of_every_refuted_cell() {
    let (evidence, _) = made();
    let index = text("index.html");
    let mut runs = 0;
    for group in &evidence.review.plan.groups {
        for claim in Claim::ALL {
            if let Some((_, Verdict::Refuted(refutation))) = evidence.review.verdict(&group.scenarios, claim)
            {
                let run = format!("run-{}-{}.html", group.strategy.name(), claim.name());
                let cell = format!("<a href=\"{run}\">refuted {}</a>", refutation.steps.len());
                assert!(index.contains(&cell), "{cell}");
                assert!(text(&run).contains(claim.statement()), "{run} says what is claimed");
                runs += 1;
            }
        }
    }
    assert!(runs > 40, "only {runs} cells are refuted");
}

#[test]
fn the_page_of_a_run_has_every_step_and_where_the_judge_errs() {
    let page = text("run-wait-2014-no-writable-pin.html");
    let steps = page.matches("data-step=").count();
    assert!(page.contains(&format!("refuted in {steps} steps")));
    assert_eq!(page.matches("class=\"load erred\"").count(), 1);
    assert!(page.contains("the judge calls page0 clean by page_count(page0) = "), "{page}");
}

fn scratch(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&directory);
    directory
}

#[test]
fn a_report_replaces_an_earlier_one_and_nothing_else() {
    let directory = scratch("replaced");
    let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    write(&directory, &[file("a.html", "1"), file("b.html", "1")]).expect("a new directory");
    fs::write(directory.join("mine"), "kept").expect("writable");
    write(&directory, &[file("a.html", "2")]).expect("an earlier report");
    assert_eq!(fs::read_to_string(directory.join("a.html")).ok().as_deref(), Some("2"));
    assert!(!directory.join("b.html").exists(), "a page of the earlier report is left");
    assert_eq!(fs::read_to_string(directory.join("mine")).ok().as_deref(), Some("kept"));
}

#[test]
fn a_directory_with_other_files_is_refused_and_keeps_them() {
    let directory = scratch("foreign");
    fs::create_dir_all(&directory).expect("a directory");
    fs::write(directory.join("index.html"), "mine").expect("writable");
    let error = prepare(&directory).expect_err("it is no report").to_string();
    assert!(error.contains("other files than a report") && error.contains("empty directory"), "{error}");
    assert!(write(&directory, &[("index.html".into(), "ours".into())]).is_err());
    assert_eq!(fs::read_to_string(directory.join("index.html")).ok().as_deref(), Some("mine"));
}

#[test]
fn contents_that_lead_elsewhere_remove_nothing() {
    let directory = scratch("contents");
    let outside = scratch("outside");
    fs::create_dir_all(&outside).expect("a directory");
    fs::write(outside.join("kept"), "").expect("writable");
    write(&directory, &[]).expect("a new directory");
    fs::write(directory.join("sealcheck-report.txt"), "../outside/kept\n.hidden\n\n").expect("writable");
    write(&directory, &[]).expect("an earlier report");
    assert!(outside.join("kept").exists());
}

#[test]
fn a_browser_loads_every_page_and_steps_through_a_run() {
    let Some(mut browser) = Browser::start(&scratch("browser")) else {
        skip::skip("chromium", "neither chromium nor google-chrome is installed");
        return;
    };
    let directory = scratch("site");
    write(&directory, &made().1).expect("a new directory");
    let url = |name: &str| format!("file://{}", directory.join(name).display());
    for (name, _) in made().1.iter().filter(|(name, _)| name.ends_with(".html") || name.ends_with(".svg")) {
        browser.open(&url(name));
        assert_eq!(browser.complaints(), [""; 0], "{name}");
        // nothing is wider than a narrow window but what scrolls by itself
        browser.call(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": true }),
        );
        let wide = browser.evaluate("document.documentElement.scrollWidth").as_i64();
        assert!(name.ends_with(".svg") || wide <= Some(400), "{name} is {wide:?} pixels wide");
        browser.call("Emulation.clearDeviceMetricsOverride", json!({}));
    }
    steps_through(&mut browser, &url("run-wait-2014-no-writable-pin.html"));
    pictures(&mut browser, &url);
}

fn steps_through(browser: &mut Browser, url: &str) {
    browser.open(url);
    let where_ = "document.getElementById('where').textContent";
    let title = "document.querySelector('#state h2').textContent";
    let law = "document.querySelector('#state .law .mono').textContent";
    let last = browser.evaluate("document.querySelectorAll('tr[data-step]').length").as_i64().expect("rows");
    assert_eq!(browser.evaluate(where_), json!(format!("step 0 of {last}")));
    assert_eq!(browser.evaluate(title), json!("Before the first step"));
    assert_eq!(
        browser.evaluate(law),
        json!("page0: C 2 = K + M + P + T \u{2212} D = 1 + 1 + 0 + 0 \u{2212} 0")
    );
    for (key, step) in [("ArrowRight", 1), ("j", 2), ("ArrowLeft", 1), ("End", last), ("Home", 0), ("k", 0)] {
        browser.press(key);
        assert_eq!(browser.evaluate(where_), json!(format!("step {step} of {last}")), "{key}");
    }
    browser.press("e");
    let said = browser.evaluate("document.querySelector('#state .note.err').textContent");
    assert!(said.as_str().is_some_and(|said| said.contains("calls page0 clean")), "{said}");
    let current = "document.querySelector('[aria-current=step]').classList.contains('erred')";
    assert_eq!(browser.evaluate(current), json!(true));
    browser.press("v");
    assert_eq!(browser.evaluate(where_), json!(format!("step {last} of {last}")));
    let seals = "[...document.querySelectorAll('#state dd.changed')].map(dd => dd.textContent).join()";
    assert_eq!(browser.evaluate(seals), json!("WRITE"), "what the last step changed is marked");
    let focus = "document.activeElement.dataset.step";
    assert_eq!(browser.evaluate(focus), json!(last.to_string()), "the keyboard's focus follows");
    browser.evaluate("document.querySelector('button[data-go=back]').click()");
    assert_eq!(browser.evaluate(where_), json!(format!("step {} of {last}", last - 1)));
    let spoken = browser.evaluate("document.getElementById('spoken').textContent");
    assert!(
        spoken.as_str().is_some_and(|spoken| spoken.starts_with(&format!("Step {}: ", last - 1))),
        "{spoken}"
    );
    assert_eq!(browser.complaints(), [""; 0]);
}

/// Pictures to be looked at, below the target directory.
fn pictures(browser: &mut Browser, url: &dyn Fn(&str) -> String) {
    let directory = scratch("pictures");
    fs::create_dir_all(&directory).expect("a directory");
    for name in ["index", "run-wait-2014-no-writable-pin", "judges", "growth", "automata", "strategy-wait"] {
        browser.open(&url(&format!("{name}.html")));
        for (width, scheme) in [(1400, "light"), (1400, "dark"), (420, "light"), (420, "dark")] {
            if name.starts_with("run-") {
                browser.press("e");
            }
            browser.look(width, 1000, scheme, &directory.join(format!("{name}-{width}-{scheme}.png")));
        }
    }
}
