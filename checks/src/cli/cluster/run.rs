//! The hosts of a cluster, and an exploration on all of them.

use std::fs;
use std::panic;
use std::process;
use std::thread;
use std::time::Duration;

use seal_checks::cluster::{CONNECTION_LOST, Hosts, explore};
use seal_checks::engine::Engine;
use seal_checks::error::Error;
use seal_checks::explore::{Job, Means};
use seal_checks::verdict::{Report, report};
use seal_model::scenario::Scenario;

use super::ClusterArguments;
use crate::cli::output::complain;

impl ClusterArguments {
    fn hosts(&self) -> Result<Hosts, Error> {
        let cores = || thread::available_parallelism().map_or(1, Into::into);
        let workers = self.workers.map_or_else(cores, usize::from);
        let (Some(file), Some(process)) = (&self.hosts, self.process) else {
            return Ok(Hosts::local(workers));
        };
        let named = |cause| Error::File { path: file.display().to_string(), cause };
        let text = fs::read_to_string(file).map_err(named)?;
        let addresses: Vec<String> =
            text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        if process >= addresses.len() {
            let (file, lines) = (file.display(), addresses.len());
            return Err(Error::Name(format!(
                "{file} has {lines} lines, so there is no process {process}: give one from 0 to {}",
                lines.saturating_sub(1)
            )));
        }
        Ok(Hosts { workers, addresses, process, patience: Duration::from_secs(self.join_within) })
    }
}

/// Decide a scenario on all hosts.
pub(crate) fn decide(
    scenario: &Scenario,
    job: &Job<'_>,
    arguments: &ClusterArguments,
    means: &Means,
) -> Result<Report, Error> {
    let hosts = arguments.hosts()?;
    let keep_in = means.checkpoint.as_ref().map(|checkpoint| checkpoint.directory.clone());
    if hosts.addresses.len() > 1 {
        end_when_a_host_is_lost(keep_in.is_some());
    }
    let exploration = explore(scenario, job, &hosts, keep_in)?;
    Ok(Report { engine: Engine::Cluster, ..report(scenario, job, exploration) })
}

/// A connection that breaks is a panic in a thread of its own, and the workers would wait for ever.
fn end_when_a_host_is_lost(kept: bool) {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| {
        let said = panicked.payload().downcast_ref::<String>();
        if !said.is_some_and(|said| said.starts_with(CONNECTION_LOST)) {
            return usual(panicked);
        }
        let how = if kept {
            "start every process again, the same way, to go on from the last level that all have kept"
        } else {
            "start every process again; with --checkpoint DIR it would go on from where it was"
        };
        complain(&format!("sealcheck: another process of the cluster is gone: {how}"));
        process::exit(2);
    }));
}
