//! `sealcheck check --engine cluster`

#[cfg(not(feature = "full"))]
mod run {
    use seal_checks::error::Error;
    use seal_checks::explore::{Job, Means};
    use seal_checks::verdict::Report;
    use seal_model::scenario::Scenario;

    pub(crate) fn decide(
        _: &Scenario,
        _: &Job<'_>,
        _: &super::ClusterArguments,
        _: &Means,
    ) -> Result<Report, Error> {
        Err(Error::LeftOut("`--engine cluster`"))
    }
}
#[cfg(feature = "full")]
mod run;

use std::path::PathBuf;

use clap::Args;
pub(super) use run::decide;

/// Options of the cluster.
#[derive(Args, Debug)]
pub(super) struct ClusterArguments {
    /// cluster: workers of this process; every process has as many [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    workers: Option<u16>,
    /// cluster: a file with `HOST:PORT` of each process, one a line, the same for all [default: this process alone]
    #[arg(long, value_name = "FILE", requires = "process")]
    hosts: Option<PathBuf>,
    /// cluster: which line of the hosts file this process is, from 0
    #[arg(long, value_name = "N", requires = "hosts")]
    process: Option<usize>,
    /// cluster: how long to wait for the other processes to be there
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "hosts")]
    join_within: u64,
}
