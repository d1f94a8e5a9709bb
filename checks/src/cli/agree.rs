//! `sealcheck agree`

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use clap::Args;
use seal_checks::agree::{Course, Difference, Engines, Options, Said, Summary, run};
use seal_checks::error::Error;
use seal_checks::trace::table::align;
use serde_json::{Value, json};

use super::{Outcome, progress};

/// Options of `agree`.
#[derive(Args, Debug)]
pub(super) struct AgreeArguments {
    /// Compare so many scenarios; those with too many states are skipped and do not count
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    random: u32,
    /// Random seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Begin no scenario after this time; stopped by it, the exit code is 3
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    seconds: Option<u32>,
    /// Everything as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn agree(arguments: &AgreeArguments) -> Result<Outcome, Error> {
    let options = Options {
        scenarios: arguments.random as usize,
        seed: arguments.seed,
        time: arguments.seconds.map(|seconds| Duration::from_secs(seconds.into())),
    };
    let summary = run(&options, &Engines, &progress::agreeing)?;
    progress::over();
    Ok(outcome(&summary, arguments.json))
}

fn outcome(summary: &Summary, json: bool) -> Outcome {
    let text = if json { as_json(summary) } else { as_text(summary) };
    Outcome { text, error: None, exit: summary.exit() }
}

fn as_text(summary: &Summary) -> String {
    let head = ["", "way", "scenarios", "proved", "held", "refuted", "vacuous", "undecided", "s"];
    let mut rows = vec![head.map(str::to_owned)];
    for (way, Said { scenarios, counts, time }) in &summary.ways {
        let numbers =
            [*scenarios, counts.proved, counts.held, counts.refuted, counts.vacuous, counts.undecided];
        let [scenarios, proved, held, refuted, vacuous, undecided] = numbers.map(|number| number.to_string());
        let seconds = format!("{:.1}", time.as_secs_f64());
        rows.push([
            String::new(),
            way.clone(),
            scenarios,
            proved,
            held,
            refuted,
            vacuous,
            undecided,
            seconds,
        ]);
    }
    let mut text = align(&rows) + "\n";
    for difference in &summary.differences {
        text.push_str(&told(difference));
    }
    if summary.different > summary.differences.len() {
        let rest = summary.different - summary.differences.len();
        let _ = writeln!(text, "{rest} more differences are not shown.\n");
    }
    let verdicts: usize = summary.ways.values().map(|said| said.counts.all()).sum();
    let seconds = summary.elapsed.as_secs_f64();
    let _ = writeln!(
        text,
        "seed {}: {} scenarios compared{}, {verdicts} verdicts, {} refutations replayed, {} of them by older values that \
         only a weak memory has: {}",
        summary.seed,
        summary.compared,
        if summary.cut_short { format!(" of {} before time was up", summary.asked) } else { String::new() },
        summary.replayed,
        summary.weaker,
        match summary.different {
            0 => "no difference".to_owned(),
            1 => "1 difference".to_owned(),
            different => format!("{different} differences"),
        },
    );
    for (reason, scenarios) in &summary.skipped {
        let _ = writeln!(text, "{scenarios} skipped: {reason}");
    }
    let _ = writeln!(
        text,
        "{seconds:.1} s, {:.0} scenarios a second",
        summary.compared as f64 / seconds.max(1e-9)
    );
    text
}

/// What differs, and how to see it again.
fn told(difference: &Difference) -> String {
    let Difference { scenario, course, claim, expected, found } = difference;
    let about = claim.map_or(String::new(), |claim| format!("{}: ", claim.name()));
    format!(
        "{scenario}\n  {about}{expected} by {}, {found} by {course}\n  {}\n  {}\n\n",
        Course { alone: course.alone, ..Course::REFERENCE },
        Course { alone: course.alone, ..Course::REFERENCE }.command(scenario, *claim),
        course.command(scenario, *claim),
    )
}

fn as_json(summary: &Summary) -> String {
    let ways = summary.ways.iter().map(|(way, Said { scenarios, counts, time })| {
        json!({ "way": way, "scenarios": scenarios, "verdicts": counts, "milliseconds": time.as_millis() })
    });
    let differences = summary.differences.iter().map(|difference| {
        let Difference { scenario, course, claim, expected, found } = difference;
        json!({
            "scenario": scenario.to_string(),
            "claim": claim.map(|claim| claim.name()),
            "expected": expected,
            "way": course.to_string(),
            "found": found,
            "again": [Course::REFERENCE.command(scenario, *claim), course.command(scenario, *claim)],
        })
    });
    let skipped = summary.skipped.iter().map(|(why, scenarios)| (why.to_string(), *scenarios));
    let value = json!({
        "seed": summary.seed,
        "asked": summary.asked,
        "compared": summary.compared,
        "skipped": skipped.collect::<BTreeMap<String, usize>>(),
        "cut_short": summary.cut_short,
        "replayed": summary.replayed,
        "weaker": summary.weaker,
        "compiling_milliseconds": summary.compiling.as_millis(),
        "counting_milliseconds": summary.counting.as_millis(),
        "different": summary.different,
        "milliseconds": summary.elapsed.as_millis(),
        "ways": ways.collect::<Vec<Value>>(),
        "differences": differences.collect::<Vec<Value>>(),
    });
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests {
    use seal_checks::agree::{Answer, Ask, Way};
    use seal_checks::explore::system::System;
    use seal_checks::verdict::{Exit, Verdict};
    use seal_model::claim::Claim;

    use super::*;

    /// The engines, but the explorer on threads says of nothing that it is proved.
    struct Planted;

    impl Ask for Planted {
        fn ask(&self, system: &System, course: &Course, claims: &[Claim]) -> Result<Answer, Error> {
            let mut answer = Engines.ask(system, course, claims)?;
            if matches!(course.way, Way::Explicit { threads: 2.., .. }) {
                let proved = answer.verdicts.iter_mut().filter(|(_, verdict)| verdict.is_proved());
                proved.for_each(|(_, verdict)| *verdict = Verdict::Vacuous(Vec::new()));
            }
            Ok(answer)
        }
    }

    #[test]
    fn a_difference_is_exit_code_1_and_comes_with_both_commands() {
        let options = Options { scenarios: 3, seed: 1, time: None };
        let summary = run(&options, &Planted, &|_| ()).expect("compared");
        let Outcome { text, exit, .. } = outcome(&summary, false);
        assert_eq!((exit, exit.code()), (Exit::NotSo, 1), "{text}");
        for command in [" --threads 1\n", " --threads 2\n"] {
            let shown = text.lines().any(|line| {
                line.starts_with("  sealcheck check '") && format!("{line}\n").ends_with(command)
            });
            assert!(shown, "{command} in {text}");
        }
        assert!(
            text.contains("proved by explicit, alone, vacuous: never seen:  by explicit, threads, alone"),
            "{text}"
        );
        assert!(outcome(&summary, true).text.contains("\"different\": "));
    }

    #[test]
    fn nothing_compared_is_exit_code_3() {
        let options = Options { scenarios: 3, seed: 1, time: Some(Duration::ZERO) };
        let summary = run(&options, &Engines, &|_| ()).expect("compared");
        assert_eq!(outcome(&summary, false).exit.code(), 3);
    }
}
