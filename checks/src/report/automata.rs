//! What each actor's source was compiled to: an automaton as a listing, its jumps drawn beside it.

use maud::{Markup, html};
use seal_model::access::Access;
use seal_model::scenario::Scenario;

use super::page::Page;
use crate::compile::{Automaton, Location, NOWHERE, Options, compile};
use crate::error::Error;

const ROW: usize = 20;
const LANE: usize = 9;

/// One of each: who is drawn, in which scenario, as which member of its cast.
const DRAWN: [(&str, usize); 15] = [
    ("wait-2014;with=pinner;with=mapper", 0),
    ("isolate-2014;with=pinner;with=mapper", 0),
    ("wait;with=mapper:fault+zap", 1),
    ("wait;with=batched-mapper", 1),
    ("wait;with=forker", 1),
    ("wait;with=pinner", 1),
    ("wait;with=writer;with=fast-pinner", 2),
    ("wait;with=lookup-pinner", 1),
    ("wait;with=writer", 1),
    ("wait;with=writer;with=stale-writer", 2),
    ("wait;with=file-writer", 1),
    ("wait;with=reader", 1),
    ("wait;with=lru-batch", 1),
    ("wait;with=lookup-pinner;with=reclaim", 2),
    ("wait;with=truncate", 1),
];

pub(super) fn page() -> Result<Page, Error> {
    let mut drawn = Vec::new();
    for (line, actor) in DRAWN {
        let scenario: Scenario = line.parse()?;
        let automaton = compile(&scenario, actor, Options::default())?;
        drawn.push((format!("{} in {line}", scenario.actor_name(actor)), automaton, scenario));
    }
    let body = html! {
        h1 { "Automata" }
        p { "Each actor is straight-line source; this is what the compiler makes of it. A row is a place between two "
            "accesses, with the access that comes next and where each answer leads. Forward jumps are drawn on the left, "
            "backward ones in blue. " code { "sealcheck export dot" } " writes the same for Graphviz." }
        ul { @for (number, (name, automaton, _)) in drawn.iter().enumerate() {
            li { a href=(format!("#a{number}")) { (name) } ", " (automaton.locations.len()) " places" }
        } }
        @for (number, (name, automaton, scenario)) in drawn.iter().enumerate() {
            h2 id=(format!("a{number}")) { (name) }
            div.wide { (listing(name, automaton, scenario)) }
        }
    };
    Ok(Page::new("automata.html", "Automata", body))
}

/// A jump from a row to one that is not the next.
struct Jump {
    from: usize,
    to: usize,
    lane: usize,
}

fn listing(name: &str, automaton: &Automaton, scenario: &Scenario) -> Markup {
    let order = order(automaton);
    let jumps = jumps(automaton, &order);
    let lanes = jumps.iter().map(|jump| jump.lane + 1).max().unwrap_or(0);
    let left = 20 + lanes * LANE;
    let rows: Vec<String> = order.iter().map(|&place| says(automaton, &order, place, scenario)).collect();
    let longest = rows.iter().map(|row| row.chars().count()).max().unwrap_or(0);
    let (width, height) = (left + 70 + longest * 73 / 10, order.len() * ROW + 12);
    let y = |row: usize| row * ROW + 16;
    html! {
        svg.automaton xmlns="http://www.w3.org/2000/svg" role="img" aria-label=(format!("The automaton of {name}"))
            viewBox=(format!("0 0 {width} {height}")) width=(width) height=(height) {
            @for jump in &jumps {
                @let x = left - 8 - jump.lane * LANE;
                path class=[(jump.to <= jump.from).then_some("back")]
                    d=(format!("M{left} {} H{x} V{} H{left}", y(jump.from), y(jump.to))) {}
                path class=[(jump.to <= jump.from).then_some("back")]
                    d=(format!("M{} {} l6 3 l-6 3", left - 7, y(jump.to) - 3)) {}
            }
            @for (row, place) in order.iter().enumerate() {
                @let end = automaton.locations[*place].access.is_none();
                circle class=[end.then_some("end")] cx=(left + 6) cy=(y(row)) r="4" {}
                text.dim x=(left + 18) y=(y(row) + 4) { (row) }
                text x=(left + 48) y=(y(row) + 4) { (rows[row]) }
            }
        }
    }
}

/// The places in an order in which most follow the one they come from: depth first, the last answer first, for
/// that is mostly the way on.
fn order(automaton: &Automaton) -> Vec<usize> {
    let (mut order, mut seen) = (Vec::new(), vec![false; automaton.locations.len()]);
    let mut open = vec![0];
    while let Some(place) = open.pop() {
        if std::mem::replace(&mut seen[place], true) {
            continue;
        }
        order.push(place);
        open.extend(
            automaton.locations[place].next.iter().filter(|&&to| to != NOWHERE).map(|&to| to as usize),
        );
    }
    order
}

/// Answers of a place by where they lead.
fn ways(location: &Location) -> Vec<(usize, Vec<i16>)> {
    let mut ways: Vec<(usize, Vec<i16>)> = Vec::new();
    for (answer, &to) in (location.first_answer..).zip(&location.next) {
        if to == NOWHERE {
            continue;
        }
        match ways.iter_mut().find(|(known, _)| *known == to as usize) {
            Some((_, answers)) => answers.push(answer),
            None => ways.push((to as usize, vec![answer])),
        }
    }
    ways
}

fn row_of(order: &[usize], place: usize) -> usize {
    order.iter().position(|&other| other == place).unwrap_or(0)
}

/// Each jump in the nearest lane in which no other one is beside it.
fn jumps(automaton: &Automaton, order: &[usize]) -> Vec<Jump> {
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (from, &place) in order.iter().enumerate() {
        let to = ways(&automaton.locations[place]).into_iter().map(|(to, _)| row_of(order, to));
        pairs.extend(to.filter(|&to| to != from + 1).map(|to| (from, to)));
    }
    pairs.sort_by_key(|(from, to)| from.abs_diff(*to));
    let mut jumps: Vec<Jump> = Vec::new();
    for (from, to) in pairs {
        let (low, high) = (from.min(to), from.max(to));
        let taken = |lane: usize| {
            jumps.iter().any(|jump| {
                jump.lane == lane && jump.from.min(jump.to) <= high && jump.from.max(jump.to) >= low
            })
        };
        let lane = (0..).find(|&lane| !taken(lane)).unwrap_or(0);
        jumps.push(Jump { from, to, lane });
    }
    jumps
}

/// The access of a place, and where its answers lead.
fn says(automaton: &Automaton, order: &[usize], place: usize, scenario: &Scenario) -> String {
    let location = &automaton.locations[place];
    let Some(access) = location.access else {
        return match location.returned {
            Some(Ok(())) | None => "return 0".into(),
            Some(Err(error)) => format!("return -{error:?}"),
        };
    };
    let ways = ways(location);
    let row = row_of(order, place);
    if let [(to, answers)] = &ways[..] {
        let to = row_of(order, *to);
        let jump = if to == row + 1 { String::new() } else { format!(" → {to}") };
        let one = access.answers(scenario).len() == 1;
        return if one { access.describe(answers[0]) + &jump } else { format!("{}{jump}", bare(access)) };
    }
    let said = ways.iter().map(|(to, answers)| {
        let answers: Vec<String> = answers.iter().map(|&answer| said(access, answer)).collect();
        format!("{} → {}", answers.join(", "), row_of(order, *to))
    });
    format!("{}:  {}", bare(access), said.collect::<Vec<_>>().join(";  "))
}

/// What an access is called, without an answer.
fn bare(access: Access) -> String {
    let said = access.describe(0);
    match access {
        Access::Choose(question) => format!("{question:?}"),
        _ => said.split(" = ").next().unwrap_or(&said).to_owned(),
    }
}

/// An answer in words.
fn said(access: Access, answer: i16) -> String {
    let said = access.describe(answer);
    match said.split_once(" = ") {
        Some((_, answer)) => answer.to_owned(),
        None => said,
    }
}
