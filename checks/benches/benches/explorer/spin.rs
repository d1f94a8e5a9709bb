//! Spin's verifier for the same product, exported with what a run reaches. It is made once a scenario; what it prints is
//! what is shown.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use seal_checks::export::{Product, promela};
use seal_model::scenario::Scenario;

use super::{Figures, number};

/// Its name among the engines.
pub(super) const NAME: &str = "Spin";

/// The deepest run that it can follow, as in the book.
const DEPTH: &str = "-m1000000";

/// A verifier that was made, or why there is none.
pub(super) struct Verifier(Result<Made, String>);

struct Made {
    directory: PathBuf,
    /// The size of its hash table, as an argument.
    table: String,
}

impl Verifier {
    /// Export, generate and compile, for so many states.
    pub(super) fn of(scenario: &str, states: usize) -> Self {
        Verifier(made(scenario, states))
    }

    /// None, for this reason.
    pub(super) fn without(why: String) -> Self {
        Verifier(Err(why))
    }

    /// Why there is none.
    pub(super) fn why_not(&self) -> &str {
        self.0.as_ref().err().map_or("", String::as_str)
    }

    /// Let it count the states.
    pub(super) fn run(&self) -> Result<Figures, String> {
        let Made { directory, table } = self.0.as_ref().map_err(Clone::clone)?;
        let pan = directory.join("pan");
        let said = output(directory, &pan.to_string_lossy(), &[DEPTH, table])?;
        figures(&said).ok_or_else(|| format!("what it says can't be read: {said}"))
    }
}

fn made(scenario: &str, states: usize) -> Result<Made, String> {
    for (command, argument) in [("spin", "-V"), ("cc", "--version")] {
        output(Path::new("."), command, &[argument])?;
    }
    let scenario: Scenario = scenario.parse().map_err(|error| format!("{error}"))?;
    let product = Product::new(&scenario, &[], Some(8 << 30)).map_err(|error| error.to_string())?;
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-spin");
    fs::create_dir_all(&directory).map_err(|error| error.to_string())?;
    fs::write(directory.join("model.pml"), promela(&product)).map_err(|error| error.to_string())?;
    let _ = fs::remove_file(directory.join("pan"));
    output(&directory, "spin", &["-a", "model.pml"])?;
    let arguments = ["-O2", "-w", "-DSAFETY", "-DNOREDUCE", "-DMEMLIM=16000", "-o", "pan", "pan.c"];
    output(&directory, "cc", &arguments)?;
    // between two and four places for each state
    let table = format!("-w{}", usize::BITS - states.leading_zeros() + 1);
    Ok(Made { directory, table })
}

/// What a command prints, if it is there and succeeds.
fn output(directory: &Path, command: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(command).args(arguments).current_dir(directory).output();
    let output = output.map_err(|error| format!("`{command}` does not run: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    Err(format!("`{command}` failed: {said}{}", String::from_utf8_lossy(&output.stderr)))
}

/// The states that are stored, the seconds, and the memory in all and for states.
fn figures(said: &str) -> Option<Figures> {
    let before = |words: &str| {
        let line = said.lines().find(|line| line.contains(words))?;
        line.split(words).next()?.split_whitespace().last()
    };
    let bytes = |words| Some((number::<f64>(before(words)?)? * f64::from(1 << 20)) as usize);
    let seconds = said.lines().find_map(|line| line.strip_prefix("pan: elapsed time "))?;
    let states = number(before("states, stored")?)?;
    let errors = said.lines().find_map(|line| line.split("errors: ").nth(1))?;
    Some(Figures {
        states,
        seconds: number(seconds.split_whitespace().next()?)?,
        peak: bytes("total actual memory usage")?,
        counted: bytes("actual memory usage for states").or_else(|| bytes("memory usage for states"))?,
        verdict: format!("{}-errors", errors.trim()),
    })
}
