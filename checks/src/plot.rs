//! A plot of counts on a logarithmic scale, with a table of the same for who can't see it.

use maud::{Markup, html};

/// Counts over small whole numbers.
#[derive(Clone, Debug)]
pub struct Series {
    /// What grows.
    pub name: String,
    /// Counts, each with its number.
    pub states: Vec<(usize, usize)>,
}

const LEFT: f64 = 70.0;
const TOP: f64 = 16.0;
const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 300.0;
/// Told apart by their marks as well as by their colours.
/// Inside a report its colours are used.
const MARKS: [(&str, &str); 5] = [
    ("var(--m, #218bff)", "●"),
    ("var(--p, #cf222e)", "■"),
    ("var(--t, #bf8700)", "▲"),
    ("var(--d, #8250df)", "◆"),
    ("var(--good, #116329)", "✚"),
];

/// What a drawing looks like that stands alone.
const STYLE: &str = ".plot{font:12px system-ui,sans-serif;color-scheme:light dark;background:#fff}\
.plot .grid{stroke:#d1d9e0}.plot .dim{fill:#59636e}\
@media(prefers-color-scheme:dark){.plot{background:#0d1117}.plot text{fill:#e6edf3}.plot .grid{stroke:#30363d}}";

/// Lines over small whole numbers, as a document of its own.
pub fn drawing(across: &str, up: &str, series: &[Series]) -> String {
    lines(across, up, series, true).into_string()
}

fn lines(across: &str, up: &str, series: &[Series], alone: bool) -> Markup {
    let points = series.iter().flat_map(|series| &series.states);
    let last = points.clone().map(|(n, _)| *n).max().unwrap_or(1).max(1);
    let decades = points.map(|(_, count)| (*count as f64).log10()).fold(1.0, f64::max).ceil();
    let x = |n: usize| LEFT + WIDTH * n as f64 / last as f64;
    let y = |count: usize| TOP + HEIGHT * (1.0 - (count.max(1) as f64).log10() / decades);
    let legend = LEFT + WIDTH + 26.0;
    html! {
        svg.plot xmlns="http://www.w3.org/2000/svg" role="img" aria-label=(format!("{up} over {across}"))
            viewBox="0 0 900 372" width="900" height="372" {
            @if alone { style { (maud::PreEscaped(STYLE)) } }
            @for decade in 0..=decades as u32 {
                @let at = y(10usize.pow(decade));
                line.grid x1=(LEFT) y1=(at) x2=(LEFT + WIDTH) y2=(at) {}
                text x=(LEFT - 8.0) y=(at + 4.0) text-anchor="end" { (if decade < 4 { 10u32.pow(decade).to_string() } else { format!("10^{decade}") }) }
            }
            @for n in 0..=last { text x=(x(n)) y=(TOP + HEIGHT + 20.0) text-anchor="middle" { (n) } }
            text.dim x=(LEFT + WIDTH / 2.0) y=(TOP + HEIGHT + 42.0) text-anchor="middle" { (across) }
            text.dim x="14" y=(TOP + HEIGHT / 2.0) text-anchor="middle" transform=(format!("rotate(-90 14 {})", TOP + HEIGHT / 2.0)) { (up) }
            @for (number, series) in series.iter().enumerate() {
                @let (colour, mark) = MARKS[number % MARKS.len()];
                @let line: Vec<String> = series.states.iter().map(|(n, count)| format!("{:.1},{:.1}", x(*n), y(*count))).collect();
                polyline points=(line.join(" ")) fill="none" stroke-width="2" style=(format!("stroke:{colour}")) {}
                @for (n, count) in &series.states {
                    text x=(x(*n)) y=(y(*count) + 5.0) text-anchor="middle" style=(format!("fill:{colour}")) {
                        title { (count) } (mark)
                    }
                }
                @let at = TOP + 14.0 + 24.0 * number as f64;
                text x=(legend) y=(at) style=(format!("fill:{colour}")) { (mark) }
                text x=(legend + 18.0) y=(at) { (series.name) }
            }
        }
    }
}

/// The same with a table of its numbers.
pub(super) fn plot(across: &str, up: &str, series: &[Series]) -> Markup {
    let points = series.iter().flat_map(|series| &series.states);
    let last = points.map(|(n, _)| *n).max().unwrap_or(1).max(1);
    html! {
        (lines(across, up, series, false))
        div.wide { table {
            thead { tr { th scope="col" { (across) } @for n in 0..=last { th.number scope="col" { (n) } } } }
            tbody { @for series in series { tr {
                th.mono scope="row" { (series.name) }
                @for n in 0..=last {
                    td.number { @if let Some((_, count)) = series.states.iter().find(|(at, _)| *at == n) { (count) } }
                }
            } } }
        } }
    }
}
