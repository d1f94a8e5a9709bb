//! What all targets share: one case, its feedback, and what is said of a finding. What a case is, is in
//! `seal_checks::fuzz`.
//!
//! - `FEEDBACK=code|switches|counts|states`: what counts as news beside code
//! - `SCENARIO=LINE`: bytes are schedules of this scenario and nothing else (`schedule`)
//! - `MUTATE=bytes`: changes are those that libFuzzer makes by itself, and none that knows what a case is
//! - `HUNT=NAME`: bytes are schedules of one thing that is known to be broken; the first that breaks it ends the run
//!   (`hunt`)

use std::env::var;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

use seal_checks::fuzz::feedback::{Features, Kind};
use seal_checks::fuzz::hunt::Prey;
use seal_checks::fuzz::mutate::mutate;
use seal_checks::fuzz::{Target, Trouble, alone, hunt, run};
use seal_model::scenario::Scenario;

/// A power of two: libFuzzer looks at all of them after each case.
const COUNTERS: usize = 1 << 15;

/// libFuzzer finds these by the name of their section, clears them before a case, and takes each that is not 0 after
/// it for a feature, as if it were an edge of the code.
// The attribute is unsafe because a section may mean something to whoever reads it: this one means bytes that
// are counters, which atomics of one byte are; libFuzzer touches them only while no case runs.
// Nothing here reads them, so without `used` they would be left out.
#[used]
#[unsafe(link_section = "__libfuzzer_extra_counters")]
static SEEN: [AtomicU8; COUNTERS] = [const { AtomicU8::new(0) }; COUNTERS];

fn see(feature: u64) {
    SEEN[feature as usize % COUNTERS].store(1, Ordering::Relaxed);
}

/// What the variable says, or nothing; one that can't be read ends the process.
fn variable<T>(name: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
    let text = var(name).ok()?;
    match read(&text) {
        Ok(value) => Some(value),
        Err(error) => {
            eprintln!("{name}: {error}");
            std::process::exit(2);
        }
    }
}

static KIND: LazyLock<Kind> = LazyLock::new(|| {
    let kind = |text: &str| {
        let names = Kind::ALL.map(Kind::name).join(", ");
        let found = Kind::ALL.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| format!("`{text}` is no feedback: one of {names}"))
    };
    variable("FEEDBACK", kind).unwrap_or(Kind::USUAL)
});

static SCENARIO: LazyLock<Option<Scenario>> =
    LazyLock::new(|| variable("SCENARIO", |text| text.parse().map_err(|error| format!("{error}"))));

static PREY: LazyLock<Option<Prey>> =
    LazyLock::new(|| variable("HUNT", |text| text.parse().map_err(|error| format!("{error}"))));

/// Run one case; what it finds is a crash.
pub fn case(target: Target, bytes: &[u8]) {
    let mut feedback = Features::new(*KIND, see);
    let done = match (target, &*SCENARIO, &*PREY) {
        (Target::Schedule, Some(scenario), _) => alone(scenario, bytes, &mut feedback),
        (Target::Hunt, _, Some(prey)) => hunt::one(prey, bytes, &mut feedback),
        _ => run(target, bytes, &mut feedback),
    };
    match done {
        Ok(()) => {}
        Err(Trouble::Finding(text)) => panic!("{text}"),
        Err(Trouble::Skipped(reason)) => return skip(target, &reason),
    }
    SOME_RAN.store(true, Ordering::Relaxed);
}

/// Cases that are skipped from the beginning on before it is clear that none can be run.
const PATIENCE: usize = 1000;

static SOME_RAN: AtomicBool = AtomicBool::new(false);
static SKIPPED: AtomicUsize = AtomicUsize::new(0);

/// A case that can't be run here is said once, and is no finding. Where none can be run, that is an error.
fn skip(target: Target, reason: &str) {
    let skipped = SKIPPED.fetch_add(1, Ordering::Relaxed);
    if skipped == 0 {
        eprintln!("{}: skipped where it takes it: {reason}", target.name());
    }
    if skipped == PATIENCE && !SOME_RAN.load(Ordering::Relaxed) {
        eprintln!("{}: nothing can be run here: {reason}", target.name());
        std::process::exit(2);
    }
}

static BY_BYTES: LazyLock<bool> = LazyLock::new(|| {
    let bytes = |text: &str| match text {
        "bytes" => Ok(true),
        _ => Err(format!("`{text}` is no way to change a case: bytes, or nothing")),
    };
    variable("MUTATE", bytes).unwrap_or(false)
});

/// Change a case: `size` bytes of `data`, which become as many as are returned.
pub fn change(target: Target, data: &mut [u8], size: usize, seed: u32) -> usize {
    let usual = |bytes: &mut [u8], size| libfuzzer_sys::fuzzer_mutate(bytes, size, bytes.len());
    let schedules = SCENARIO.is_some() || PREY.is_some();
    match target.head() {
        Some(head) if !*BY_BYTES => mutate(data, size, if schedules { 0 } else { head }, seed, usual),
        _ => usual(data, size),
    }
}
