//! The review as text.

use std::collections::BTreeMap;
use std::fmt::Write;

use seal_model::claim::Claim;
use seal_model::scenario::{Scenario, Strategy};

use super::casts::{ADDED, BASE, CHOICES, FULL, MOVERS, QUICK, WITH_RECLAIM, WITH_RECLAIM_FULL};
use super::digest::{Found, in_short};
use super::plan::{Group, Size};
use super::{Review, changes, command, smallest_cast, told};
use crate::error::Error;
use crate::explore::Refutation;
use crate::trace::fill::fill;
use crate::trace::table::align;
use crate::verdict::{Report, Verdict};

/// The matrix, the judges, what depends on choices and on the cast, and for each refuted cell what happens.
///
/// # Errors
/// As [`told`].
pub fn text(review: &Review) -> Result<String, Error> {
    let mut text = String::from("Sealing a shared-memory file against writing: what holds.\n\n");
    matrix(&mut text, review);
    text.push_str("\nWhat happens, in the shortest run:\n");
    for broken in review.broken() {
        tell(&mut text, broken.report, broken.claim, broken.refutation)?;
    }
    judges(&mut text, review);
    text.push_str("\nHow each unsound judge is deceived, in the shortest run:\n");
    for (report, refutation) in review.deceptions() {
        tell(&mut text, report, Claim::NoWritablePin, refutation)?;
    }
    if review.plan.is_full() {
        found(&mut text, review)?;
        comparisons(&mut text, review);
        additions(&mut text, review);
        smallest_casts(&mut text, review)?;
    }
    totals(&mut text, review);
    unfit(&mut text, review);
    Ok(text)
}

fn tell(text: &mut String, report: &Report, claim: Claim, refutation: &Refutation) -> Result<(), Error> {
    let (scenario, steps) = (&report.scenario, refutation.steps.len());
    let who = format!("{} {}", scenario.strategy.name(), scenario.judge.name());
    let _ = writeln!(text, "\n  {who}, {}, {steps} steps:", claim.name());
    if let Some(sentence) = told(report, claim)? {
        fill(text, &sentence, ["    "; 2], "", 100);
    }
    let _ = writeln!(text, "    {}", command(scenario, claim));
    Ok(())
}

/// What only the casts show that a fuzzer asked for.
fn found(text: &mut String, review: &Review) -> Result<(), Error> {
    text.push_str("\nWhat a fuzzer asked, and no other cast shows:\n");
    for Found { report, alone } in review.found() {
        for claim in alone {
            if let Some(Verdict::Refuted(refutation)) = report.verdict(claim) {
                tell(text, report, claim, refutation)?;
            }
        }
    }
    Ok(())
}

/// Claims against strategies; and those that reclaim makes false.
fn matrix(text: &mut String, review: &Review) {
    let names = review.plan.groups.iter().map(|group| group.strategy.name().to_owned());
    let head = row_of("claim", names);
    let mut table = vec![head.clone()];
    let mut changed = vec![head];
    for claim in Claim::ALL {
        let cells = |casts: fn(&Group) -> &[Scenario]| {
            let verdicts = review.plan.groups.iter().map(move |group| review.verdict(casts(group), claim));
            verdicts.map(|found| found.map_or("-".into(), |(_, verdict)| in_short(verdict)))
        };
        table.push(row_of(claim.name(), cells(|group| &group.scenarios)));
        let with_reclaim = row_of(claim.name(), cells(|group| &group.with_reclaim));
        let news = review.plan.groups.iter().any(|group| reclaim_refutes(review, group, claim));
        changed.extend(news.then_some(with_reclaim));
    }
    text.push_str(&align(&table));
    text.push_str(
        "\n  proved: exhaustive in the bounds below, under every judge that the strategy leaves open, and with the\n  \
         fairness it takes: (alone) whoever else stops anywhere, (weak), (strong).  refuted N: the shortest\n  \
         counterexample has N steps.  -: the claim says nothing about this strategy.\n\n\
         Where reclaim is at work, beside pins with and without a mapping, these are no longer proved:\n\n",
    );
    text.push_str(&align(&changed));
}

fn reclaim_refutes(review: &Review, group: &Group, claim: Claim) -> bool {
    let refuted = |found: (&Report, &Verdict)| matches!(found.1, Verdict::Refuted(_));
    review.proved(group, claim) && review.verdict(&group.with_reclaim, claim).is_some_and(refuted)
}

fn row_of(name: &str, cells: impl Iterator<Item = String>) -> [String; 10] {
    let mut cells = cells;
    std::array::from_fn(|column| match column {
        0 => String::new(),
        1 => name.to_owned(),
        _ => cells.next().unwrap_or_default(),
    })
}

fn judges(text: &mut String, review: &Review) {
    text.push_str("\nJudges: is no-writable-pin kept while others do this beside a pin?\n\n");
    let head = ["", "for", "judge"].into_iter().chain(MOVERS.map(|(name, _)| name));
    let mut table = vec![collect(head.map(str::to_owned))];
    for row in &review.plan.judges {
        let verdicts = row.scenarios.iter().map(|scenario| {
            judged(review.report(scenario).and_then(|report| report.verdict(Claim::NoWritablePin)))
        });
        let names = ["".to_owned(), row.strategy.name().to_owned(), row.judge.name().to_owned()];
        table.push(collect(names.into_iter().chain(verdicts)));
    }
    text.push_str(&align(&table));
    text.push_str(
        "\n  sound: no-writable-pin proved.  N: deceived in N steps.  f: fault, z: zap; a comma separates two \
         mappers.\n  reclaim is beside a pin that came without a mapping, stale beside a thread that stores \
         through its TLB.\n",
    );
}

fn collect(cells: impl Iterator<Item = String>) -> [String; 17] {
    let mut cells = cells;
    std::array::from_fn(|_| cells.next().unwrap_or_default())
}

fn judged(verdict: Option<&Verdict>) -> String {
    match verdict {
        Some(Verdict::Proved(_) | Verdict::Held) => "sound".into(),
        Some(Verdict::Refuted(refutation)) => refutation.steps.len().to_string(),
        Some(Verdict::Vacuous(_)) => "never seals".into(),
        Some(Verdict::Undecided(_)) | None => "undecided".into(),
    }
}

/// What depends on how an open choice is made.
fn comparisons(text: &mut String, review: &Review) {
    text.push_str("\nWhat the sources leave open, and which verdicts depend on it:\n");
    for choice in &CHOICES {
        let [one, other] = choice.ways;
        let _ = writeln!(text, "\n  {}: {one}, or {other}", choice.name);
        let made = review.plan.comparisons.iter().filter(|comparison| comparison.choice == choice);
        say_changes(text, review, made.map(|comparison| (comparison.strategy, &comparison.scenarios)));
    }
}

/// Which actor matters to which claim.
fn additions(text: &mut String, review: &Review) {
    let _ = writeln!(text, "\nWho matters to what: added to {BASE},");
    for added in ADDED {
        let _ = writeln!(text, "\n  {added}");
        let additions = review.plan.additions.iter().filter(|addition| addition.added == added);
        say_changes(text, review, additions.map(|addition| (addition.strategy, &addition.scenarios)));
    }
}

/// One line for each claim that changes and each way it does, with the strategies.
fn say_changes<'p>(
    text: &mut String,
    review: &Review,
    pairs: impl Iterator<Item = (Strategy, &'p [Scenario; 2])>,
) {
    let mut said: BTreeMap<(Claim, String), Vec<&str>> = BTreeMap::new();
    for (strategy, scenarios) in pairs {
        for (claim, one, other) in changes(review, scenarios) {
            let kind = |verdict: String| verdict.split(" (").next().unwrap_or_default().to_owned();
            let change = format!("{} -> {}", kind(one), kind(other));
            said.entry((claim, change)).or_default().push(strategy.name());
        }
    }
    if said.is_empty() {
        text.push_str("    changes no verdict\n");
    }
    for ((claim, change), strategies) in said {
        let _ = writeln!(text, "    {} {change}: {}", claim.name(), strategies.join(", "));
    }
}

/// The members of the cast without whom a claim would not be refuted.
fn smallest_casts(text: &mut String, review: &Review) -> Result<(), Error> {
    text.push_str("\nThe smallest cast that refutes a claim, found by leaving members out:\n\n");
    let mut rows = Vec::new();
    for group in &review.plan.groups {
        for claim in Claim::ALL {
            let all: Vec<Scenario> = group.scenarios.iter().chain(&group.with_reclaim).cloned().collect();
            if let Some((report, Verdict::Refuted(_))) = review.verdict(&all, claim) {
                let (scenario, steps) = smallest_cast(report, claim)?;
                let cast: Vec<_> = scenario.cast()[1..].iter().map(ToString::to_string).collect();
                let names = [group.strategy.name(), claim.name()].map(str::to_owned);
                let [strategy, claim] = names;
                rows.push([String::new(), strategy, claim, cast.join(" + "), format!("{steps} steps")]);
            }
        }
    }
    text.push_str(&align(&rows));
    Ok(())
}

fn unfit(text: &mut String, review: &Review) {
    let lines: Vec<String> = review.unfit().map(|report| format!("  {}\n", report.scenario)).collect();
    if !lines.is_empty() {
        let _ = write!(text, "\nUndecided, because memory ended first:\n{}", lines.concat());
    }
}

fn totals(text: &mut String, review: &Review) {
    let (states, transitions) = review.totals();
    let (size, larger): (_, [&[&str]; 2]) = match review.plan.size {
        Size::Quick => ("quick", [&[], &[]]),
        Size::Full => ("full", [&FULL, &WITH_RECLAIM_FULL]),
    };
    let _ = writeln!(
        text,
        "\nBounds ({size} review): LAST_SCAN 4, one page, pin weight 1 and a late TLB flush where nothing else is \
         said,\nsignals may come, and each of these casts beside the sealer:"
    );
    for cast in [&QUICK[..], &WITH_RECLAIM].into_iter().chain(larger).flatten() {
        let _ = writeln!(text, "  {cast}");
    }
    let _ = writeln!(
        text,
        "{} scenarios, {states} states, {transitions} transitions, {:.1} s.",
        review.reports.len(),
        review.elapsed.as_secs_f64()
    );
}
