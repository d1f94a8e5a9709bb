//! A line on standard error while something takes long; nothing when that is no terminal.

use std::sync::OnceLock;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use seal_checks::explore::Progress;

/// Nothing is shown before this.
pub(super) const QUIET: Duration = Duration::from_secs(1);

fn line() -> &'static ProgressBar {
    static LINE: OnceLock<ProgressBar> = OnceLock::new();
    LINE.get_or_init(|| {
        let style = ProgressStyle::with_template("{elapsed_precise} {msg}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
        ProgressBar::new_spinner().with_style(style)
    })
}

/// How far an exploration is.
pub(super) fn exploring(progress: &Progress) {
    if progress.elapsed < QUIET {
        return;
    }
    let rate = progress.states as f64 / progress.elapsed.as_secs_f64() / 1e6;
    line().set_message(format!(
        "{} states, {} transitions, depth {}, {rate:.1} million states/s, {} MiB",
        progress.states,
        progress.transitions,
        progress.depth,
        progress.bytes >> 20
    ));
    line().tick();
}

/// How many scenarios of a review are done.
pub(super) fn reviewing(done: usize) {
    if line().elapsed() < QUIET {
        return;
    }
    line().set_message(format!("{done} scenarios"));
    line().tick();
}

/// How many programs have been run on both sides.
#[cfg(target_os = "linux")]
pub(super) fn conforming(done: usize) {
    if line().elapsed() < QUIET {
        return;
    }
    line().set_message(format!("{done} programs"));
    line().tick();
}

/// How many scenarios have been compared.
#[cfg(feature = "full")]
pub(super) fn agreeing(done: usize) {
    if line().elapsed() < QUIET {
        return;
    }
    line().set_message(format!(
        "{done} scenarios compared, {:.0} a second",
        done as f64 / line().elapsed().as_secs_f64()
    ));
    line().tick();
}

/// Something to be read above the line, which stays.
pub(super) fn say(text: &str) {
    line().println(text);
}

/// Whether anybody sees it.
pub(super) fn is_seen() -> bool {
    !line().is_hidden()
}

/// The work is over.
pub(super) fn over() {
    line().finish_and_clear();
}
