//! States a second and bytes a state: this explorer beside a plain `HashSet` search, stateright and Spin, on the same
//! transition system, with the state counts asserted equal; and with each reduction, which has fewer states and must
//! come to the same verdict.
//!
//! Each figure comes from a process of its own, which says how much memory it took at its peak. Runs of the engines
//! alternate; the median is shown, of three runs, or of fewer where they take long.

mod engines;
mod spin;

use std::process::Command;
use std::str::FromStr;

use seal_checks::explore::reduce::Reduce;

/// The last one but one is that of `docs/src/export.md`.
const SCENARIOS: [&str; 4] = [
    "wait;with=pinner;with=mapper;with=mapper",
    "wait;pages=2;with=pinner;with=writer;with=mapper",
    "wait;pages=2;with=pinner@0;with=pinner@0;with=mapper@0;with=mapper@1",
    "wait;with=pinner;with=writer;with=mapper;with=mapper;with=reader",
];
const ROUNDS: usize = 3;
/// An engine that took so long for a scenario is not run once more.
const PATIENCE: f64 = 30.0;

/// One run of one engine.
#[derive(Clone, Debug)]
struct Figures {
    states: usize,
    seconds: f64,
    /// Growth of the resident memory, at its peak.
    peak: usize,
    /// What the engine itself counts for states and what finds them; 0 if it does not.
    counted: usize,
    /// What was found out about the claim, in a word.
    verdict: String,
}

impl Figures {
    fn as_line(&self) -> String {
        let Figures { states, seconds, peak, counted, verdict } = self;
        format!("{states} {seconds} {peak} {counted} {verdict}")
    }

    fn of_line(line: &str) -> Option<Self> {
        let [states, seconds, peak, counted, verdict] =
            line.split_whitespace().collect::<Vec<_>>().try_into().ok()?;
        Some(Figures {
            states: number(states)?,
            seconds: number(seconds)?,
            peak: number(peak)?,
            counted: number(counted)?,
            verdict: verdict.to_owned(),
        })
    }
}

fn number<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// An engine by its name.
struct Engine {
    name: String,
    /// It explores fewer states, and says the same.
    reduces: bool,
}

fn engines() -> Vec<Engine> {
    let whole = |name: &str| Engine { name: name.to_owned(), reduces: false };
    let ours = [Reduce::Nothing].into_iter().chain(Reduce::EACH).flat_map(|reduce| {
        [engines::on_one_thread(reduce), engines::on_all_threads(reduce)]
            .map(|name| Engine { name, reduces: reduce.leaves_out_states() })
    });
    ours.chain(["HashSet", "stateright", spin::NAME].map(whole)).collect()
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let engines = engines();
    if let [_, engine, scenario, ..] = arguments.as_slice()
        && engines.iter().any(|known| known.name == *engine)
    {
        println!("{}", engines::run(engine, scenario).as_line());
        return;
    }
    println!(
        "×: on every core; bytes a state: at the peak of the process, and as counted by the engine itself"
    );
    println!(
        "{:<21} {:>10} {:>8} {:>10} {:>7} {:>7}  scenario",
        "engine", "states", "seconds", "states/s", "peak", "counted"
    );
    SCENARIOS.iter().for_each(|scenario| compare(&engines, scenario));
}

fn compare(engines: &[Engine], scenario: &str) {
    let mut found: Vec<Vec<Figures>> = engines.iter().map(|_| Vec::new()).collect();
    let mut verifier = None;
    for _ in 0..ROUNDS {
        for (at, engine) in engines.iter().enumerate() {
            if found[at].iter().map(|run| run.seconds).sum::<f64>() > PATIENCE {
                continue;
            }
            let run = match engine.name.as_str() {
                spin::NAME => {
                    let states = found[0][0].states;
                    verifier.get_or_insert_with(|| spin::Verifier::of(scenario, states)).run()
                }
                ours => Ok(in_a_process(ours, scenario)),
            };
            match run {
                Ok(figures) => found[at].push(figures),
                Err(why) if found[at].is_empty() => verifier = Some(spin::Verifier::without(why)),
                Err(why) => panic!("{}: {why}", engine.name),
            }
        }
    }
    for (engine, runs) in engines.iter().zip(&found) {
        agree(engine, runs, &found[0][0], scenario);
        match runs.is_empty() {
            true => println!(
                "{:<21} skipped: {}  {scenario}",
                engine.name,
                verifier.as_ref().map_or("", |v| v.why_not())
            ),
            false => show(engine, median(runs), scenario),
        }
    }
}

/// All count the same, or come to the same where they count less.
fn agree(engine: &Engine, runs: &[Figures], first: &Figures, scenario: &str) {
    for run in runs {
        let name = &engine.name;
        if engine.reduces {
            assert!(run.states <= first.states, "{name} makes {scenario} larger: {run:?}");
            assert_eq!(run.verdict, first.verdict, "{name} says something else of {scenario}");
        } else {
            assert_eq!(run.states, first.states, "{name} counts differently on {scenario}");
        }
    }
}

fn median(runs: &[Figures]) -> &Figures {
    let mut runs: Vec<&Figures> = runs.iter().collect();
    runs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    runs[runs.len() / 2]
}

fn show(engine: &Engine, figures: &Figures, scenario: &str) {
    let Figures { states, seconds, peak, counted, .. } = figures;
    let rate = *states as f64 / seconds;
    let each = |bytes: usize| match bytes {
        0 => "-".to_owned(),
        bytes => format!("{:.1}", bytes as f64 / *states as f64),
    };
    println!(
        "{:<21} {states:>10} {seconds:>8.2} {rate:>10.0} {:>7} {:>7}  {scenario}",
        engine.name,
        each(*peak),
        each(*counted),
    );
}

fn in_a_process(engine: &str, scenario: &str) -> Figures {
    let myself = std::env::current_exe().expect("a benchmark has a file");
    let output = Command::new(myself).args([engine, scenario]).output().expect("a benchmark runs itself");
    let figures = Figures::of_line(&String::from_utf8_lossy(&output.stdout));
    figures.unwrap_or_else(|| panic!("{engine} failed on {scenario}: {output:?}"))
}
