//! The small scenarios of the manifest cover every feature of a scenario, and every branch of the protocol. The
//! tables are a chapter of the book. Slips in single lines take minutes, and are asked for by name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use crate::common::quotes::assert_shown;
use seal_checks::branches::{Branch, Lined, Next, Notice, Place, notice};
use seal_checks::compile::slip::{How, Slip};
use seal_checks::explore::Job;
use seal_checks::faults;
use seal_checks::pool::map_all;
use seal_checks::review::manifest::{CHECKED_IN, Manifest};
use seal_checks::review::plan::{Plan, Size};
use seal_checks::verdict::{Report, decide};
use seal_model::access::NONE;
use seal_model::claim::Claim;
use seal_model::scenario::{Actor, Method, Scenario, Seal, Strategy};
use seal_model::sealer::judge::Judge;

const PAGE: &str = "docs/src/coverage.md";

/// As in the test `manifest`: a scenario with more states is left to the full review.
const SMALL: usize = 8_000;

/// Bytes for all explorations at one time.
const MEMORY: usize = 1 << 30;

/// Bytes for one exploration with a slip, which may have far more states than without.
const MEMORY_OF_SLIP: usize = 1 << 23;

/// Scenarios that are asked to notice a slip before it counts as unnoticed.
const MOST_TRIES: usize = 4;

/// The options of a scenario, as its line has them.
const OPTIONS: [&str; 17] = [
    "pages=1",
    "pages=2",
    "pages=3",
    "pages=4",
    "folio=1",
    "folio=2",
    "folio=3",
    "folio=4",
    "pin-weight=1",
    "pin-weight=3",
    "last-scan=0",
    "last-scan=1",
    "last-scan=4",
    "enomem",
    "no-signals",
    "early-flush",
    "children-first",
];

/// Features that only several members of a cast have.
const SEVERAL: [&str; 2] = ["two pinners, one page in the file", "two pinners, several pages in the file"];

/// A scenario of the manifest, and what it reaches if it is small.
struct Case {
    scenario: Scenario,
    report: OnceLock<Report>,
    states: usize,
    places: BTreeSet<Place>,
    possible: BTreeSet<Branch>,
    reached: BTreeSet<Branch>,
    slips: BTreeSet<(Place, Slip)>,
}

/// Small scenarios by their number of states.
fn cases() -> Vec<Case> {
    let expected = Manifest::parse(CHECKED_IN).expect("the manifest is readable");
    let jobs = Plan::new(Size::Full).expect("the plan names possible scenarios").jobs();
    let case = |(scenario, _): &(Scenario, Vec<Claim>), _| {
        let lined = Lined::new(scenario)?;
        let states = expected.states(scenario).unwrap_or(usize::MAX);
        let reached = if states <= SMALL { lined.reached()? } else { BTreeSet::new() };
        Ok(Case {
            scenario: scenario.clone(),
            report: OnceLock::new(),
            states,
            places: lined.places(),
            possible: lined.possible(),
            reached,
            slips: lined.slips().into_iter().filter(|(place, slip)| is_tried(place, *slip)).collect(),
        })
    };
    let mut cases = map_all(&jobs, MEMORY, &case).expect("every scenario of the plan compiles");
    cases.sort_by(|one, other| {
        (one.states, one.scenario.to_string()).cmp(&(other.states, other.scenario.to_string()))
    });
    cases
}

/// Returns whether a slip is wrong at all: a load that is left out is an answer that is misread, what holds a frame is no
/// yes or no, and some answers are read by nobody.
fn is_tried(place: &Place, slip: Slip) -> bool {
    match place.access.as_str() {
        "slot" | "find-get-page" | "pte" | "writable-pte" | "zap-pte" | "fork-get-page" | "pin-page" => {
            slip.how == How::TakenFor(NONE)
        }
        "add-new-page" | "swap-cache-alloc" | "swap-cache-get" => slip.how == How::TakenFor(NONE),
        "store" | "store-stale" => matches!(slip.how, How::LeftOut(_)),
        "read-page" => false,
        _ => true,
    }
}

fn is_small(case: &&Case) -> bool {
    case.states <= SMALL
}

/// The name of every place; numbered where a function makes an access of one kind in several lines.
fn names(cases: &[Case]) -> BTreeMap<Place, String> {
    let places: BTreeSet<&Place> = cases.iter().flat_map(|case| &case.places).collect();
    let mut of_name: BTreeMap<String, Vec<&Place>> = BTreeMap::new();
    for place in places {
        of_name.entry(place.name()).or_default().push(place);
    }
    let mut names = BTreeMap::new();
    for (name, places) in of_name {
        for (number, place) in places.iter().enumerate() {
            let number = if places.len() == 1 { String::new() } else { format!(" #{}", number + 1) };
            names.insert((*place).clone(), format!("{name}{number}"));
        }
    }
    names
}

fn next_name(names: &BTreeMap<Place, String>, next: &Next) -> String {
    match next {
        Next::Access(place) => names[place].clone(),
        Next::Returns(None) => "returns 0".into(),
        Next::Returns(Some(errno)) => format!("returns {errno:?}"),
        Next::Waits => "waits".into(),
    }
}

/// Every place, how many of the ways on from there are taken, and where that is seen first. Of a way on
/// that no small scenario takes the page says why, and of no other.
fn places(cases: &[Case], names: &BTreeMap<Place, String>, exceptions: &Exceptions) -> (String, Vec<String>) {
    let possible: BTreeSet<&Branch> = cases.iter().flat_map(|case| &case.possible).collect();
    let mut reached: BTreeMap<&Branch, &Case> = BTreeMap::new();
    for case in cases.iter().filter(is_small) {
        for branch in &case.reached {
            reached.entry(branch).or_insert(case);
        }
    }
    let mut text =
        String::from("| file, function, access | ways on | first in | states |\n|---|---|---|---|");
    for (place, name) in names {
        let from = |branch: &&&Branch| branch.from == *place;
        let (all, taken) = (
            possible.iter().filter(from).count(),
            reached.keys().filter(|branch| branch.from == *place && branch.next != Next::Waits).count(),
        );
        let first = reached
            .iter()
            .filter(|(branch, _)| branch.from == *place)
            .map(|(_, case)| case)
            .min_by_key(|case| case.states);
        let (scenario, states) = first.map_or(("nowhere".into(), String::new()), |case| {
            (format!("`{}`", case.scenario), case.states.to_string())
        });
        let _ = write!(text, "\n| {name} | {taken} of {all} | {scenario} | {states} |");
    }
    let cells = |branch: &Branch| format!("{} | {}", names[&branch.from], next_name(names, &branch.next));
    let mut wrong = exceptions.unknown(&possible.iter().map(|branch| cells(branch)).collect());
    for branch in possible {
        let cells = cells(branch);
        match (reached.contains_key(branch), exceptions.has(&cells)) {
            (false, false) => wrong.push(format!("no small scenario takes | {cells} |")),
            (true, true) => wrong.push(format!("a small scenario does take | {cells} |")),
            (true, false) | (false, true) => {}
        }
    }
    (text, wrong)
}

/// The rows of the page that say by hand what is not covered, and why: the cells before the reason.
struct Exceptions(Vec<String>);

impl Exceptions {
    fn of(page: &str, heading: &str) -> Self {
        let (_, section) = page.split_once(heading).unwrap_or_else(|| panic!("{PAGE} has no {heading}"));
        let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
        let row = |line: &str| {
            let cells = line.strip_prefix("| ")?.strip_suffix(" |")?;
            let (cells, why) = cells.rsplit_once(" | ")?;
            assert!(!why.trim().is_empty(), "{PAGE} gives no reason for {cells}");
            Some(cells.to_owned())
        };
        // the first row is the heading of the table
        Exceptions(section.lines().filter_map(row).skip(1).collect())
    }

    fn has(&self, cells: &str) -> bool {
        self.0.iter().any(|listed| listed == cells)
    }

    /// Rows that name nothing there is: they would except nothing, or something else one day.
    fn unknown(&self, known: &BTreeSet<String>) -> Vec<String> {
        let unknown = self.0.iter().filter(|cells| !known.contains(*cells));
        unknown.map(|cells| format!("there is no such thing as | {cells} |")).collect()
    }
}

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(PAGE)).expect("a chapter")
}

/// The findings without a slip.
fn report(case: &Case) -> &Report {
    let claims = Claim::concerning(&case.scenario);
    let job = Job { claims: &claims, max_memory: MEMORY, coverage: false, progress: None };
    case.report.get_or_init(|| decide(&case.scenario, &job).expect("small scenarios are explored"))
}

/// Returns whether a claim is refuted with a slip and not without it, or something leaves its declared range.
fn notices(case: &Case, slip: Slip) -> bool {
    let notice = notice(report(case), &Claim::concerning(&case.scenario), slip, MEMORY_OF_SLIP);
    matches!(notice, Notice::Refuted(_) | Notice::Error(_))
}

/// The scenarios to ask about a slip: one of each cast under each method, the smallest first.
fn candidates<'a>(cases: &'a [Case], both: &(Place, Slip)) -> impl Iterator<Item = &'a Case> {
    let mut asked = BTreeSet::new();
    cases.iter().filter(is_small).filter(move |case| {
        let line = case.scenario.to_string();
        let cast = line.splitn(3, ';').nth(2).unwrap_or_default().to_owned();
        case.slips.contains(both) && asked.insert((cast, case.scenario.strategy.method() == Method::Wait))
    })
}

/// The features of a scenario.
fn features(scenario: &Scenario) -> BTreeSet<String> {
    let others = &scenario.cast()[1..];
    let mut features: BTreeSet<String> =
        others.iter().map(|actor| without_page(&actor.to_string())).collect();
    features.insert(format!("strategy {}", scenario.strategy.name()));
    features.insert(format!("judge {}", scenario.judge.name()));
    features.insert(format!("seal {}", scenario.seal.name()));
    features.insert(format!("pages={}", scenario.pages));
    features.insert(format!("folio={}", scenario.folio));
    features.insert(format!("pin-weight={}", scenario.pin_weight));
    features.insert(format!("last-scan={}", scenario.last_scan));
    let flags = [
        (scenario.allocation_may_fail, "enomem"),
        (!scenario.signals, "no-signals"),
        (scenario.early_flush, "early-flush"),
        (scenario.children_first, "children-first"),
    ];
    features.extend(flags.iter().filter(|(set, _)| *set).map(|(_, name)| (*name).to_owned()));
    let pinners = others.iter().filter(|actor| actor.pins()).count();
    if pinners > 1 {
        let pages = if scenario.pages == 1 { "one page" } else { "several pages" };
        features.insert(format!("two pinners, {pages} in the file"));
    }
    features
}

/// A member without the page it uses: `mapper@0:zap` is `mapper:zap`.
fn without_page(member: &str) -> String {
    match member.split_once('@') {
        Some((name, rest)) => {
            format!("{name}{}", rest.trim_start_matches(|letter: char| letter.is_ascii_digit()))
        }
        None => member.to_owned(),
    }
}

/// The claims that a fault of the catalogue refutes in a scenario with a feature, by feature.
fn claims_refuted() -> BTreeMap<String, BTreeSet<&'static str>> {
    let mut refuted: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
    let faults = faults::run(MEMORY, &|_| ()).expect("the catalogue names possible scenarios");
    for killed in faults.iter().filter(|killed| killed.as_said()) {
        for feature in features(&killed.without.scenario) {
            refuted.entry(feature).or_default().insert(killed.fault.breaks().name());
        }
    }
    refuted
}

/// Every feature that a scenario can have.
fn all_features() -> Vec<String> {
    let mut all: Vec<String> = Strategy::ALL.iter().map(|it| format!("strategy {}", it.name())).collect();
    all.extend(Judge::ALL.iter().map(|it| format!("judge {}", it.name())));
    all.extend(Seal::ALL.iter().map(|it| format!("seal {}", it.name())));
    all.extend(OPTIONS.map(str::to_owned));
    all.extend(Actor::members().map(|member| without_page(&member.to_string())));
    all.extend(SEVERAL.map(str::to_owned));
    all
}

/// Every feature, the smallest scenario with it, and the claims that are refuted with it by a fault.
fn features_text(cases: &[Case], exceptions: &Exceptions) -> (String, Vec<String>) {
    let (all, refuted) = (all_features(), claims_refuted());
    let mut text = String::from(
        "| feature | scenarios | smallest | states | claims that a fault refutes with it |\n|---|---|---|---|---|",
    );
    let known: BTreeSet<String> = all.iter().cloned().collect();
    let mut wrong = exceptions.unknown(&known);
    let used: BTreeSet<String> = cases.iter().flat_map(|case| features(&case.scenario)).collect();
    wrong.extend(used.difference(&known).map(|feature| format!("the test does not know {feature}")));
    for feature in &all {
        let has = |case: &&Case| features(&case.scenario).contains(feature);
        let with: Vec<&Case> = cases.iter().filter(is_small).filter(has).collect();
        let smallest = with.first().map_or(("none".into(), String::new()), |case| {
            (format!("`{}`", case.scenario), case.states.to_string())
        });
        match (with.is_empty(), exceptions.has(feature)) {
            (true, false) => wrong.push(format!("no small scenario has | {feature} |")),
            (false, true) => wrong.push(format!("a small scenario does have | {feature} |")),
            (true, true) | (false, false) => {}
        }
        let claims: Vec<String> =
            refuted.get(feature).into_iter().flatten().map(|name| format!("`{name}`")).collect();
        let claims = if claims.is_empty() { "none".into() } else { claims.join(", ") };
        let (count, (scenario, states)) = (with.len(), smallest);
        let _ = write!(text, "\n| {feature} | {count} | {scenario} | {states} | {claims} |");
    }
    (text, wrong)
}

#[test]
fn every_feature_and_branch_has_a_small_scenario_or_a_reason() {
    let cases = cases();
    let names = names(&cases);
    let page = page();
    let (places, mut wrong) =
        places(&cases, &names, &Exceptions::of(&page, "\n## Branches that are not taken\n"));
    let (features, missing) =
        features_text(&cases, &Exceptions::of(&page, "\n## Features without a small scenario\n"));
    wrong.extend(missing);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_shown(PAGE, "features", &features);
    assert_shown(PAGE, "places", &places);
}

/// Prints every slip that no claim notices in the few scenarios that are asked. Some are right to be unnoticed, and
/// nothing says which; but if no slip of a kind is noticed, they are not made.
#[test]
#[ignore = "minutes: explores small scenarios with every slip in a line"]
fn slips_of_every_kind_are_noticed() {
    let cases = cases();
    let names = names(&cases);
    let all: BTreeSet<&(Place, Slip)> = cases.iter().filter(is_small).flat_map(|case| &case.slips).collect();
    let all: Vec<&(Place, Slip)> = all.into_iter().collect();
    let ask = |both: &&(Place, Slip), _| {
        let noticed = candidates(&cases, both).take(MOST_TRIES).any(|case| notices(case, both.1));
        if !noticed {
            println!("no claim notices {}: {}", names[&both.0], both.1.how.says());
        }
        Ok(noticed)
    };
    let noticed = map_all(&all, MEMORY, &ask).expect("every slip can be asked about");
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for ((_, slip), noticed) in all.iter().zip(noticed) {
        *kinds.entry(slip.how.says()).or_default() += usize::from(noticed);
    }
    println!("{} slips; noticed of each kind: {kinds:?}", all.len());
    assert!(kinds.values().all(|noticed| *noticed > 0), "{kinds:?}");
}
