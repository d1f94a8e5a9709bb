//! The review as plain text for a mailing list: ASCII, 72 columns, nothing that a reply would break.

use std::fmt::Write;

use seal_model::claim::Claim;
use seal_model::scenario::Scenario;

use super::digest::Broken;
use super::plan::Group;
use super::{Review, command, told};
use crate::error::Error;
use crate::explore::fair::Fairness;
use crate::trace::ending::how;
use crate::trace::fill::fill;
use crate::trace::{self, Trace};
use crate::verdict::Verdict;

/// Columns of a line. Only a name that is longer than this makes it longer.
pub const WIDTH: usize = 72;

/// What each strategy keeps and what not, with the runs that show it.
///
/// # Errors
/// As [`told`].
pub fn review(review: &Review) -> Result<String, Error> {
    let mut text = String::new();
    let (states, transitions) = review.totals();
    let size = if review.plan.is_full() { "full" } else { "quick" };
    let words = format!(
        "Sealing a shared-memory file against writing: what holds. The {size} review: {} scenarios, {states} states, \
         {transitions} transitions, {:.1} s. \"Proved\" is exhaustive in these scenarios, under sequential \
         consistency; \"refuted\" comes with the shortest run.",
        review.reports.len(),
        review.elapsed.as_secs_f64()
    );
    fill(&mut text, &words, ["", ""], "", WIDTH);
    let broken = review.broken();
    for group in &review.plan.groups {
        strategy(&mut text, review, group, &broken)?;
    }
    Ok(text)
}

fn strategy(text: &mut String, review: &Review, group: &Group, broken: &[Broken<'_>]) -> Result<(), Error> {
    let (name, about) = (group.strategy.name(), group.strategy.describe());
    let _ = writeln!(text, "\n{name}\n{}\n", "-".repeat(name.len()));
    fill(text, &format!("{about}."), ["", ""], "", WIDTH);
    let proved: Vec<String> =
        Claim::ALL.into_iter().filter_map(|claim| proved(review, group, claim)).collect();
    fill(text, &format!("{}.", proved.join(", ")), ["\nproved:  ", "         "], "", WIDTH);
    for broken in broken.iter().filter(|broken| broken.strategy == group.strategy) {
        let Broken { report, claim, refutation, by_reclaim, .. } = *broken;
        let reclaim = if by_reclaim { " where reclaim is at work" } else { "" };
        let words = format!("{}{reclaim}, in {} steps:", claim.name(), refutation.steps.len());
        fill(text, &words, ["\nrefuted: ", "         "], "", WIDTH);
        if let Some(sentence) = told(report, claim)? {
            fill(text, &format!("{sentence}."), ["  "; 2], "", WIDTH);
        }
        fill(text, &command(&report.scenario, claim), ["  $ ", "      "], " \\", WIDTH);
    }
    Ok(())
}

/// A claim that is kept, with what it takes.
fn proved(review: &Review, group: &Group, claim: Claim) -> Option<String> {
    match review.verdict(&group.scenarios, claim) {
        Some((_, Verdict::Proved(fairness))) => Some(match fairness.map(Fairness::name) {
            Some(fairness) => format!("{} {fairness}", claim.name()),
            None => claim.name().to_owned(),
        }),
        _ => None,
    }
}

/// A run, each step on lines of its own.
pub fn trace(trace: &Trace) -> String {
    let mut text = String::new();
    heading(&mut text, &trace.schedule.scenario);
    let name = trace.steps.iter().map(|step| step.name.len()).max().unwrap_or(0);
    for (number, step) in trace.steps.iter().enumerate() {
        if let Some(heading) = trace::heading(trace, number) {
            let _ = writeln!(text, "{heading}");
        }
        let first = format!("{:3}  {:name$}  ", step.number, step.name);
        let rest = " ".repeat(first.len() + 2);
        fill(&mut text, &step.text, [&first, &rest], "", WIDTH);
        if !step.changes.is_empty() {
            let changes = format!("({})", step.changes.join(", ").replace('→', "->"));
            fill(&mut text, &changes, [&rest, &rest], "", WIDTH);
        }
        for claim in &step.breaks {
            let broken = format!("This breaks {}: {}.", claim.name(), claim.statement());
            fill(&mut text, &broken, ["     ", "     "], "", WIDTH);
        }
    }
    if trace.deadlock {
        text.push_str("Nobody can move.\n");
    }
    for claim in &trace.breaks {
        let broken = format!("{}: this breaks {}: {}.", how(trace), claim.name(), claim.statement());
        fill(&mut text, &broken, ["     ", "     "], "", WIDTH);
    }
    if let Some(ended) = &trace.ended {
        fill(&mut text, &format!("{ended}."), ["     ", "     "], "", WIDTH);
    }
    text
}

fn heading(text: &mut String, scenario: &Scenario) {
    let cast: Vec<String> = scenario.cast().iter().map(ToString::to_string).collect();
    let words = format!("{}, {}: {}", scenario.strategy.name(), scenario.judge.name(), cast.join(" + "));
    fill(text, &words, ["", "  "], "", WIDTH);
    text.push('\n');
}
