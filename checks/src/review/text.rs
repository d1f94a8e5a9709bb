//! The review as text.

use std::fmt::Write;

use seal_model::claim::Claim;

use super::plan::{Group, JudgeRow, MOVERS, Size};
use super::{Review, command, told};
use crate::error::Error;
use crate::verdict::{Report, Verdict};

/// The matrix, the judges, and for each refuted cell what happens.
///
/// # Errors
/// As [`told`].
pub fn text(review: &Review) -> Result<String, Error> {
    let mut text = String::from("Sealing a shared-memory file against writing: what holds.\n\n");
    matrix(&mut text, review);
    text.push_str("\nWhat happens, in the shortest run:\n");
    for group in &review.plan.groups {
        for claim in Claim::ALL {
            if let Some((report, Verdict::Refuted(refutation))) = review.verdict(&group.scenarios, claim) {
                tell(&mut text, report, claim, refutation.steps.len())?;
            }
        }
    }
    judges(&mut text, review);
    text.push_str("\nHow each unsound judge is deceived, in the shortest run:\n");
    for row in &review.plan.judges {
        let claim = Claim::NoWritablePin;
        if let Some((report, Verdict::Refuted(refutation))) = review.verdict(&row.scenarios, claim) {
            tell(&mut text, report, claim, refutation.steps.len())?;
        }
    }
    totals(&mut text, review);
    Ok(text)
}

fn tell(text: &mut String, report: &Report, claim: Claim, steps: usize) -> Result<(), Error> {
    let scenario = &report.scenario;
    let flush = if scenario.early_flush { ", early flush" } else { "" };
    let who = format!("{} {}{flush}", scenario.strategy.name(), scenario.judge.name());
    let _ = writeln!(text, "\n  {who}, {}, {steps} steps:", claim.name());
    if let Some(sentence) = told(report, claim)? {
        wrap(text, &sentence);
    }
    let _ = writeln!(text, "    {}", command(scenario, claim));
    Ok(())
}

/// Fill lines of at most 100 columns.
fn wrap(text: &mut String, sentence: &str) {
    let mut line = String::from("   ");
    for word in sentence.split(' ') {
        if line.chars().count() + word.chars().count() > 99 {
            let _ = writeln!(text, "{line}");
            line = String::from("   ");
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(text, "{line}");
}

/// When munmap flushes the TLB, and who does so.
const FLUSHES: [(bool, &str); 2] = [
    (false, "late, after the count of writable mappings dropped"),
    (true, "early, before it, as x86 does wherever a stale translation could still write"),
];

fn matrix(text: &mut String, review: &Review) {
    for half in 0..2 {
        let _ = write!(text, "{:<30}", ["strategy", "judge"][half]);
        for claim in Claim::ALL {
            let name = claim.name();
            let (first, second) = name.split_at(name.rfind('-').unwrap_or(name.len()));
            let _ = write!(text, " {:<12}", [first, second][half]);
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    for (early, when) in FLUSHES {
        let _ = writeln!(text, "munmap flushes the TLB {when}:");
        for group in review.plan.groups.iter().filter(|group| group.early_flush == early) {
            text.push_str(&matrix_row(review, group));
        }
    }
    text.push_str(
        "\n  proved: exhaustive in the bounds below.  refuted N: the shortest counterexample has N steps.\n  \
         -: the claim says nothing about this strategy.\n",
    );
}

fn matrix_row(review: &Review, group: &Group) -> String {
    let mut row = format!("{:<30}", format!("  {} {}", group.strategy.name(), group.judge.name()));
    for claim in Claim::ALL {
        let cell = review.verdict(&group.scenarios, claim).map_or("-".into(), |(_, verdict)| cell(verdict));
        let _ = write!(row, " {cell:<12}");
    }
    format!("{}\n", row.trim_end())
}

fn cell(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Proved => "proved".into(),
        Verdict::Refuted(refutation) => format!("refuted {}", refutation.steps.len()),
        Verdict::Vacuous(_) => "VACUOUS".into(),
        Verdict::Bounded(_) => "bounded".into(),
    }
}

fn judges(text: &mut String, review: &Review) {
    text.push_str("\nJudges: is no-writable-pin kept while mappers do this beside a pinner?\n\n");
    let _ = write!(text, "{:<30}", "for, judge");
    for (name, _) in MOVERS {
        let _ = write!(text, " {name:<12}");
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    for row in &review.plan.judges {
        text.push_str(&judge_line(review, row));
    }
    text.push_str(
        "\n  sound: no-writable-pin proved.  N: deceived in N steps.  `,` separates two mappers.\n",
    );
}

fn judge_line(review: &Review, row: &JudgeRow) -> String {
    let mut line = format!("{:<30}", format!("{} {}", row.strategy.name(), row.judge.name()));
    for scenario in &row.scenarios {
        let verdict = review.report(scenario).and_then(|report| report.verdict(Claim::NoWritablePin));
        let cell = match verdict {
            Some(Verdict::Proved) => "sound".into(),
            Some(Verdict::Refuted(refutation)) => refutation.steps.len().to_string(),
            Some(Verdict::Vacuous(_)) => "never seals".into(),
            Some(Verdict::Bounded(_)) | None => "bounded".into(),
        };
        let _ = write!(line, " {cell:<12}");
    }
    format!("{}\n", line.trim_end())
}

fn totals(text: &mut String, review: &Review) {
    let figures = review.reports.iter().map(|report| report.figures);
    let states: usize = figures.clone().map(|figures| figures.states).sum();
    let transitions: usize = figures.map(|figures| figures.transitions).sum();
    let size = if review.plan.size == Size::Full { "full" } else { "quick" };
    let _ = writeln!(
        text,
        "\nBounds ({size} review): LAST_SCAN 4, signals and ENOMEM may come, and each of these casts:"
    );
    if let Some(group) = review.plan.groups.first() {
        for scenario in &group.scenarios {
            let cast: Vec<_> = scenario.cast().iter().map(ToString::to_string).collect();
            let (pages, weight) = (scenario.pages, scenario.pin_weight);
            let _ = writeln!(text, "  {pages} page(s), pin weight {weight}: {}", cast.join(" + "));
        }
    }
    let _ = writeln!(
        text,
        "{} scenarios, {states} states, {transitions} transitions, {:.1} s.",
        review.reports.len(),
        review.elapsed.as_secs_f64()
    );
}
