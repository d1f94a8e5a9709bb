//! A trace as a sequence diagram: actors side by side, time downwards, and who holds each page after every step.

use maud::{Markup, html};

use super::ending::findings;
use super::erred::judged_wrong;
use super::moment::{Block, blocks};
use super::{Trace, TraceStep, heading};

/// Pixels: a row's height, a block of a page's account.
const ROW: usize = 22;
const BLOCK: usize = 11;
const TOP: usize = 58;
const MARGIN: usize = 14;

const STYLE: &str = "\
.d{font:12px ui-monospace,'DejaVu Sans Mono',monospace;color-scheme:light dark}\
.d text{fill:#1b1f24}.d .paper{fill:#fff}.d .dim{fill:#656d76}.d .life{stroke:#afb8c1;stroke-dasharray:3 3}\
.d .head{fill:#eaeef2;stroke:#afb8c1}.d .dot{fill:#24292f}.d .load{fill:#9a6700}\
.d .erred{fill:#fff1c9}.d .breaks{fill:#ffd9d6}.d .bold{font-weight:bold}\
.d .k{fill:#8c959f}.d .m{fill:#218bff}.d .p{fill:#cf222e}.d .t{fill:#bf8700}.d .o{fill:none;stroke:#8250df}\
@media(prefers-color-scheme:dark){.d text{fill:#e6edf3}.d .paper{fill:#0d1117}.d .dim{fill:#8d96a0}\
.d .head{fill:#21262d;stroke:#484f58}.d .life{stroke:#484f58}.d .dot{fill:#e6edf3}.d .load{fill:#e3b341}\
.d .erred{fill:#3a2d05}.d .breaks{fill:#4b1113}.d .k{fill:#8c959f}.d .p{fill:#ff6a69}}\
@media print{.d text{fill:#000}.d .paper{fill:#fff}}";

/// The width of so many letters.
fn wide(letters: usize) -> usize {
    letters * 73 / 10
}

/// Where the columns stand, in pixels.
struct Columns {
    /// Each actor's life line.
    actors: Vec<usize>,
    /// The accounts of pages.
    pages: Vec<(usize, usize)>,
    changes: usize,
    width: usize,
}

/// The diagram, as a document of its own.
pub fn svg(trace: &Trace) -> String {
    let columns = columns(trace);
    let last = trace.steps.len().saturating_sub(1);
    let height = TOP + (trace.steps.len() + headings_up_to(trace, last)) * ROW + 64;
    // the first claim that is broken, and where the run ends early
    let mut found = findings(trace);
    let last_words = if trace.ended.is_some() { found.pop() } else { None };
    let found: Vec<String> = found.into_iter().take(1).chain(last_words).collect();
    let title = format!("A run of {}", trace.schedule.scenario);
    let document = html! {
        svg xmlns="http://www.w3.org/2000/svg" class="d" role="img" aria-label=(title)
            viewBox=(format!("0 0 {} {height}", columns.width)) width=(columns.width) height=(height) {
            title { (title) }
            style { (maud::PreEscaped(STYLE)) }
            rect.paper width="100%" height="100%" {}
            (heads(trace, &columns, height - 60))
            @for (number, step) in trace.steps.iter().enumerate() {
                @let y = TOP + (number + headings_up_to(trace, number)) * ROW;
                @if let Some(heading) = heading(trace, number) {
                    text.dim x=(MARGIN) y=(y + 15 - ROW) { (heading) }
                }
                (row(trace, &columns, number, step, y))
            }
            (legend(height - 40))
            @if !found.is_empty() { text.bold x=(MARGIN) y=(height - 12) { (found.join("; ")) } }
        }
    };
    document.into_string()
}

fn headings_up_to(trace: &Trace, step: usize) -> usize {
    (0..=step).filter(|&number| heading(trace, number).is_some()).count()
}

fn columns(trace: &Trace) -> Columns {
    let mut x = MARGIN + wide(4);
    let mut actors = Vec::new();
    for actor in 0..trace.schedule.scenario.cast().len() {
        actors.push(x + 8);
        let steps = trace.steps.iter().filter(|step| step.actor == actor);
        let longest = steps.map(|step| step.text.chars().count()).max().unwrap_or(0);
        x += 38 + wide(longest.max(trace.schedule.scenario.actor_name(actor).len() + 2));
    }
    let mut pages = Vec::new();
    for page in trace.pages_used() {
        pages.push((page, x));
        let accounts = trace.moments().map(|moment| moment.pages[page]);
        let most = accounts.map(|account| blocks(&account).count()).max().unwrap_or(0);
        x += (most * BLOCK).max(wide(5)) + 24;
    }
    let changes = trace.steps.iter().map(|step| step.changes.join(", ").chars().count()).max().unwrap_or(0);
    Columns { actors, pages, changes: x, width: x + wide(changes.max(12)) + MARGIN }
}

fn heads(trace: &Trace, columns: &Columns, bottom: usize) -> Markup {
    html! {
        @for (actor, x) in columns.actors.iter().enumerate() {
            @let name = trace.schedule.scenario.actor_name(actor);
            line.life x1=(x) y1=(TOP - 16) x2=(x) y2=(bottom) {}
            rect.head x=(x - 8) y="14" width=(wide(name.len()) + 16) height="24" rx="4" {}
            text.bold x=(x) y="30" { (name) }
        }
        @for (page, x) in &columns.pages {
            text.bold x=(x) y="30" { "page" (page) }
        }
        text.bold x=(columns.changes) y="30" { "what changed" }
    }
}

fn row(trace: &Trace, columns: &Columns, number: usize, step: &TraceStep, y: usize) -> Markup {
    let x = columns.actors[step.actor];
    let wrong = judged_wrong(trace);
    let band = match () {
        () if !step.breaks.is_empty() => Some("breaks"),
        () if wrong.as_ref().is_some_and(|wrong| wrong.loads.last() == Some(&number)) => Some("erred"),
        () => None,
    };
    let load = wrong.is_some_and(|wrong| wrong.loads.contains(&number));
    html! {
        @if let Some(band) = band {
            rect class=(band) x="0" y=(y) width=(columns.width) height=(ROW) {}
        }
        text.dim x=(MARGIN) y=(y + 15) { (step.number) }
        @if load {
            rect.load x=(x - 5) y=(y + 6) width="10" height="10" transform=(format!("rotate(45 {x} {})", y + 11)) {}
        } @else {
            circle.dot cx=(x) cy=(y + 11) r="4" {}
        }
        text x=(x + 12) y=(y + 15) { (step.text) }
        @for (page, x) in &columns.pages {
            @for (place, block) in blocks(&step.after.pages[*page]).enumerate() {
                rect class=(block.class()) x=(x + place * BLOCK) y=(y + 6) width=(BLOCK - 2) height=(BLOCK - 1) {}
            }
        }
        text.dim x=(columns.changes) y=(y + 15) { (step.changes.join(", ")) }
    }
}

fn legend(y: usize) -> Markup {
    let terms = Block::ALL.map(|block| (block.class(), format!("{} {}", block.letter(), block.says())));
    let places = terms.iter().scan(MARGIN, |x, (_, words)| {
        let place = *x;
        *x += wide(words.len() + 5);
        Some(place)
    });
    html! {
        @for ((class, words), x) in terms.iter().zip(places.collect::<Vec<_>>()) {
            rect class=(class) x=(x) y=(y - 9) width=(BLOCK - 2) height=(BLOCK - 1) {}
            text.dim x=(x + BLOCK + 3) y=(y) { (words) }
        }
    }
}
