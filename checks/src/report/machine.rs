//! Where and of what a report was made.

use std::fs;
use std::process::Command;
use std::thread;

/// A machine, and the state of the sources.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    /// The processor's name.
    pub(super) processor: String,
    /// How many cores may be used.
    pub(super) cores: usize,
    /// Memory in MiB, where that can be known.
    pub(super) memory: Option<usize>,
    /// The running kernel.
    pub(super) kernel: String,
    /// The commit of the checkout that the program ran in, if it did in one.
    pub(super) commit: Option<String>,
}

impl Machine {
    /// This one.
    pub(super) fn this() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let field = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let memory = field(&read("/proc/meminfo"), "MemTotal");
        let kib = memory.and_then(|memory| memory.split_whitespace().next()?.parse::<usize>().ok());
        let processor = field(&read("/proc/cpuinfo"), "model name");
        Machine {
            processor: processor.unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: thread::available_parallelism().map_or(1, Into::into),
            memory: kib.map(|kib| kib >> 10),
            kernel: format!("{} {}", std::env::consts::OS, read("/proc/sys/kernel/osrelease").trim()),
            commit: commit(),
        }
    }
}

/// What git says of the current directory, if it is a checkout of this project.
fn commit() -> Option<String> {
    if !fs::read_to_string("checks/manifest.toml")
        .is_ok_and(|text| text == crate::review::manifest::CHECKED_IN)
    {
        return None;
    }
    let output =
        Command::new("git").args(["describe", "--always", "--dirty", "--abbrev=12"]).output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| said.trim().to_owned()).filter(|said| !said.is_empty())
}
