//! How many executions until the fuzzer finds what is known to be broken: with each kind of feedback, and by random
//! bytes without a fuzzer. The median of some seeds.
//!
//! `SEEDS=N` takes another number of them; `MUTATE=bytes` leaves changes to libFuzzer.
//!
//! `cargo fuzz build -s none hunt && cargo run --release --manifest-path fuzz/Cargo.toml --example hunts -- PATH/TO/hunt [NAME]…`

use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use seal_checks::chance::mix;
use seal_checks::fuzz::feedback::{Blind, Kind};
use seal_checks::fuzz::hunt::{Prey, one};
use seal_checks::trace::table::align;

/// Seeds of each, where the variable does not say.
const SEEDS: u64 = 5;
/// Executions after which a hunt is given up.
const MOST: u64 = 1_000_000;
/// Bytes of a schedule.
const LENGTH: u64 = 64;
/// Columns: random bytes, and each kind of feedback.
const COLUMNS: usize = 1 + Kind::ALL.len();

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let hunt = arguments.next().ok_or("name the program `hunt` that `cargo fuzz build` made")?;
    let names: Vec<String> = arguments.collect();
    let wanted = |prey: &Prey| names.is_empty() || names.iter().any(|name| name == prey.name);
    let preys: Vec<Prey> = Prey::all()?.into_iter().filter(wanted).collect();
    if !Path::new(&hunt).is_file() {
        return Err(format!(
            "{hunt} is no file: it is in fuzz/target/TRIPLE/release, when `cargo fuzz build` made it"
        )
        .into());
    }
    let seeds = std::env::var("SEEDS").map_or(Ok(SEEDS), |seeds| seeds.parse())?;
    let found = hunted(Path::new(&hunt), &preys, seeds);

    let mut head = ["", "hunted", "random", "", "", "", ""].map(str::to_owned);
    Kind::ALL.iter().zip(&mut head[3..]).for_each(|(kind, name)| *name = kind.name().to_owned());
    let (mut rows, mut logs, mut missed) = (vec![head], [0.0; COLUMNS], [0; COLUMNS]);
    for (prey, found) in preys.iter().zip(found) {
        let mut row: [String; 7] = Default::default();
        row[1] = prey.name.to_owned();
        for (column, mut executions) in found.into_iter().enumerate() {
            executions.sort_unstable();
            let median = executions[executions.len() / 2];
            logs[column] += (median as f64).ln();
            missed[column] += executions.iter().filter(|&&executions| executions >= MOST).count();
            row[2 + column] = median.to_string();
        }
        rows.push(row);
    }
    let mut means: [String; 7] = Default::default();
    means[1] = "geometric mean".into();
    let mean = |log: f64| format!("{:.1}", (log / preys.len() as f64).exp());
    means[2..].iter_mut().zip(logs).for_each(|(text, log)| *text = mean(log));
    let mut given_up: [String; 7] = Default::default();
    given_up[1] = "given up".into();
    given_up[2..].iter_mut().zip(missed).for_each(|(text, missed)| *text = missed.to_string());
    rows.extend([means, given_up]);
    print!("{}", align(&rows));
    Ok(())
}

/// For each prey and column the executions of every seed.
fn hunted(hunt: &Path, preys: &[Prey], seeds: u64) -> Vec<[Vec<u64>; COLUMNS]> {
    let found = Mutex::new(vec![[const { Vec::new() }; COLUMNS]; preys.len()]);
    let (next, jobs) = (AtomicUsize::new(0), preys.len() * COLUMNS * seeds as usize);
    let work = || {
        loop {
            let job = next.fetch_add(1, Ordering::Relaxed);
            if job >= jobs {
                return;
            }
            let (seed, rest) = (job as u64 % seeds + 1, job / seeds as usize);
            let (column, prey) = (rest % COLUMNS, rest / COLUMNS);
            let executions = match column {
                0 => at_random(&preys[prey], seed),
                _ => by_fuzzer(hunt, &preys[prey], Kind::ALL[column - 1], seed),
            };
            found.lock().expect("nobody panics")[prey][column].push(executions);
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    found.into_inner().expect("nobody panics")
}

fn at_random(prey: &Prey, seed: u64) -> u64 {
    let byte = |case: u64, place: u64| (mix(mix(mix(seed) ^ case) ^ place) >> 56) as u8;
    let case = |case: u64| (0..LENGTH).map(|place| byte(case, place)).collect::<Vec<u8>>();
    let breaks = |number: &u64| one(prey, &case(*number), &mut Blind).is_err();
    (1..MOST).find(breaks).unwrap_or(MOST)
}

fn by_fuzzer(hunt: &Path, prey: &Prey, kind: Kind, seed: u64) -> u64 {
    let output = Command::new(hunt)
        .env("HUNT", prey.name)
        .env("FEEDBACK", kind.name())
        .env("RUST_BACKTRACE", "0")
        .args([format!("-seed={seed}"), format!("-max_len={LENGTH}"), format!("-runs={MOST}")])
        // schedules of all lengths from the beginning
        .args(["-len_control=0", "-print_final_stats=1", "-exact_artifact_path=/dev/null"])
        .stdout(Stdio::null())
        .output()
        .expect("the program that was named can be run");
    let text = String::from_utf8_lossy(&output.stderr);
    let units = text.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    units
        .and_then(|units| units.trim().parse().ok())
        .unwrap_or_else(|| panic!("{} says nothing: {text}", hunt.display()))
}
