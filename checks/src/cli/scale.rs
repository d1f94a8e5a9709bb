//! `sealcheck scale`

use clap::Args;
use seal_checks::error::Error;
use seal_checks::explore::Means;
use seal_checks::interrupt;
use seal_checks::scale::{Cost, Part, scale};
use seal_checks::trace::table::align;
use seal_checks::verdict::Exit;
use seal_model::scenario::Scenario;
use serde_json::json;

use super::scenario::meant;
use super::{Outcome, memory, most_of_free_memory};

#[derive(Args, Debug)]
pub(super) struct ScaleArguments {
    /// A scenario in one line, as `sealcheck check` prints it first; or a strategy, with a pinner and a mapper
    scenario: String,
    /// Explore what is likely to have at most so many states, and project the rest
    #[arg(long, value_name = "N", default_value_t = 3_000_000)]
    most_states: usize,
    /// At most this much memory, such as 512M or 8G [default: most of what is free]
    #[arg(long, value_parser = memory)]
    max_memory: Option<usize>,
    /// Everything as JSON
    #[arg(long)]
    json: bool,
    /// A plot, as SVG
    #[arg(long, conflicts_with = "json")]
    svg: bool,
}

pub(super) fn scale_of(arguments: &ScaleArguments) -> Result<Outcome, Error> {
    if arguments.svg && cfg!(not(feature = "full")) {
        return Err(Error::LeftOut("`--svg`"));
    }
    let max_memory = arguments.max_memory.unwrap_or_else(most_of_free_memory);
    let threads = std::thread::available_parallelism().map_or(1, Into::into);
    let means = Means { threads, ..Means::default() };
    let scenario = meant(&arguments.scenario)?;
    let mut by_pages = Vec::new();
    for pages in 1..=scenario.pages.max(2) {
        let mut of_pages = scenario.clone();
        of_pages.pages = pages;
        // an actor may need a page that is not there yet
        if let Ok(of_pages) = of_pages.validate() {
            match scale(&of_pages, arguments.most_states, &means, max_memory) {
                Err(Error::Interrupted(_)) if !by_pages.is_empty() => break,
                parts => by_pages.push((pages, parts?)),
            }
        }
    }
    let text = match (arguments.json, arguments.svg) {
        (true, _) => as_json(&scenario, &by_pages),
        (_, true) => as_plot(&scenario, &by_pages),
        _ => format!("{scenario}\n\n{}", as_text(&by_pages)),
    };
    let signal = interrupt::check().err();
    let exit = if signal.is_some() { Exit::Undecided } else { Exit::AsAsked };
    Ok(Outcome { text, error: signal, exit })
}

fn as_text(by_pages: &[(u8, Vec<Part>)]) -> String {
    let head = ["pages", "members", "added", "states", "MiB", "seconds"].map(str::to_owned);
    let mut rows = vec![head];
    for (pages, parts) in by_pages {
        for (before, part) in parts.iter().enumerate() {
            let mib = |states: f64| states * part.bytes_of_a_state as f64 / 1048576.0;
            let [states, bytes, seconds] = match part.cost {
                Cost::Explored { states, bytes, elapsed } => [
                    states.to_string(),
                    round(bytes as f64 / 1048576.0),
                    format!("{:.2}", elapsed.as_secs_f64()),
                ],
                Cost::Projected { least, likely, most } => [
                    format!("about {} ({} to {})", round(likely), round(least), round(most)),
                    format!("about {} ({} to {})", round(mib(likely)), round(mib(least)), round(mib(most))),
                    String::new(),
                ],
            };
            let members = (before + 1).to_string();
            rows.push([pages.to_string(), members, part.added.clone(), states, bytes, seconds]);
        }
    }
    align(&rows)
}

/// Two digits that mean something; a small number whole.
pub(super) fn round(number: f64) -> String {
    if number < 100.0 { format!("{number:.1}") } else { format!("{number:.1e}") }
}

fn as_json(scenario: &Scenario, by_pages: &[(u8, Vec<Part>)]) -> String {
    let groups = by_pages.iter().map(|(pages, parts)| json!({ "pages": pages, "parts": parts }));
    format!("{:#}\n", json!({ "scenario": scenario.to_string(), "scale": groups.collect::<Vec<_>>() }))
}

#[cfg(not(feature = "full"))]
fn as_plot(_: &Scenario, _: &[(u8, Vec<Part>)]) -> String {
    String::new()
}

#[cfg(feature = "full")]
fn as_plot(scenario: &Scenario, by_pages: &[(u8, Vec<Part>)]) -> String {
    use seal_checks::plot::{Series, drawing};

    let series = by_pages.iter().map(|(pages, parts)| Series {
        name: if *pages == 1 { "1 page".into() } else { format!("{pages} pages") },
        states: parts.iter().enumerate().map(|(before, part)| (before + 1, part.states() as usize)).collect(),
    });
    let plot = drawing("members of the cast", "states", &series.collect::<Vec<_>>());
    format!("<!-- {scenario} -->\n{plot}\n")
}
