//! dot, for Graphviz: each actor's automaton as a drawing.

use std::fmt::Write;
use std::sync::Arc;

use seal_model::access::Answer;
use seal_model::scenario::Scenario;

use super::{describe, names};
use crate::compile::{Automaton, Location, NOWHERE};

/// Some actors' automata, each a cluster: a node for each location, an edge for each access with its answers.
pub fn dot(scenario: &Scenario, automata: &[Arc<Automaton>], actors: &[usize]) -> String {
    let mut text =
        format!("// {scenario}\ndigraph sealing {{\n  node [shape=circle, fontname=\"monospace\"];\n");
    text.push_str("  edge [fontname=\"monospace\"];\n");
    for &actor in actors {
        let name = names::actor(scenario, actor);
        let _ = writeln!(text, "  subgraph cluster_{name} {{\n    label=\"{}\";", scenario.actor_name(actor));
        for (number, location) in automata[actor].locations.iter().enumerate() {
            text.push_str(&node(&name, number, location));
            text.push_str(&edges(&name, number, location));
        }
        text.push_str("  }\n");
    }
    text.push_str("}\n");
    text
}

fn node(actor: &str, number: usize, location: &Location) -> String {
    let look = match (number, location.access) {
        (_, None) => format!("shape=box, peripheries=2, label=\"{}\"", names::returned(location.returned)),
        (0, _) => "style=bold, label=\"0\"".into(),
        _ => format!("label=\"{number}\""),
    };
    format!("    {actor}_{number} [{look}];\n")
}

/// One edge for all answers that lead to the same location.
fn edges(actor: &str, number: usize, location: &Location) -> String {
    let Some(access) = location.access else { return String::new() };
    let mut edges: Vec<(u32, Vec<Answer>)> = Vec::new();
    for (answer, &to) in (location.first_answer..).zip(&location.next).filter(|(_, to)| **to != NOWHERE) {
        match edges.iter_mut().find(|(known, _)| *known == to) {
            Some((_, answers)) => answers.push(answer),
            None => edges.push((to, vec![answer])),
        }
    }
    let edge = |(to, answers): &(u32, Vec<Answer>)| {
        let label = describe(access, answers).replace(" or ", "\\n");
        format!("    {actor}_{number} -> {actor}_{to} [label=\"{label}\"];\n")
    };
    edges.iter().map(edge).collect()
}
