//! The review as Markdown.

use std::fmt::Write;

use seal_model::claim::Claim;
use seal_model::scenario::Scenario;

use super::digest::{Broken, in_short};
use super::plan::Group;
use super::{Review, command, told};
use crate::error::Error;

/// The matrix, what reclaim adds to it, and for each refuted cell what happens.
///
/// # Errors
/// As [`told`].
pub fn review(review: &Review) -> Result<String, Error> {
    let (states, transitions) = review.totals();
    let mut text = format!(
        "# Sealing a shared-memory file against writing: what holds\n\n{} scenarios, {states} states, {transitions} \
         transitions, {:.1} s.\n\n",
        review.reports.len(),
        review.elapsed.as_secs_f64()
    );
    table(&mut text, review, &Claim::ALL, |group| &group.scenarios);
    text.push_str("\nWhere reclaim is at work, these are no longer proved:\n\n");
    table(&mut text, review, &review.claims_by_reclaim(), |group| &group.with_reclaim);
    text.push_str("\n## What happens, in the shortest run\n");
    for broken in review.broken() {
        tell(&mut text, &broken)?;
    }
    Ok(text)
}

fn table(text: &mut String, review: &Review, claims: &[Claim], casts: fn(&Group) -> &[Scenario]) {
    let strategies = review.plan.groups.iter().map(|group| format!(" {} |", group.strategy.name()));
    let _ = writeln!(text, "| claim |{}", strategies.collect::<String>());
    let _ = writeln!(text, "|---|{}", "---|".repeat(review.plan.groups.len()));
    for claim in claims {
        let cells = review.plan.groups.iter().map(|group| {
            let verdict = review.verdict(casts(group), *claim);
            format!(" {} |", verdict.map_or("-".into(), |(_, verdict)| in_short(verdict)))
        });
        let _ = writeln!(text, "| `{}` |{}", claim.name(), cells.collect::<String>());
    }
}

fn tell(text: &mut String, broken: &Broken<'_>) -> Result<(), Error> {
    let Broken { strategy, claim, report, refutation, by_reclaim } = *broken;
    let reclaim = if by_reclaim { ", where reclaim is at work" } else { "" };
    let (strategy, steps) = (strategy.name(), refutation.steps.len());
    let sentence = told(report, claim)?.unwrap_or_default();
    let _ = writeln!(text, "\n### {strategy}: {} is refuted in {steps} steps{reclaim}\n", claim.name());
    let _ = writeln!(text, "{sentence}.\n\n```sh\n{}\n```", command(&report.scenario, claim));
    Ok(())
}
