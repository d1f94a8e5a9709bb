//! A trace as text.

use std::fmt::Write;

use super::ending::how;
use super::{Trace, heading};
use seal_model::claim::Claim;

/// The trace as a table; actors are told apart by their indentation as well as by their names.
pub fn table(trace: &Trace) -> String {
    let header =
        ["step", "actor", "in", "access and answer", "what changed", "model/src/"].map(str::to_owned);
    let mut rows = vec![header];
    for (number, step) in trace.steps.iter().enumerate() {
        if let Some(heading) = heading(trace, number) {
            rows.push([
                String::new(),
                heading.into(),
                String::new(),
                String::new(),
                String::new(),
                String::new(),
            ]);
        }
        rows.push([
            step.number.to_string(),
            format!("{}{}", "  ".repeat(step.actor), step.name),
            step.function.clone(),
            step.text.clone(),
            step.changes.join(", "),
            step.source.clone(),
        ]);
    }
    let mut text = align(&rows);
    for step in &trace.steps {
        for claim in &step.breaks {
            let _ = writeln!(text, "\nstep {} breaks {}: {}.", step.number, claim.name(), claim.statement());
        }
    }
    if trace.ended.is_none() && trace.schedule.cycle_from == Some(trace.steps.len() - trace.cut) {
        text.push_str("\nfrom here on nobody moves who is obliged to.\n");
    }
    if trace.deadlock {
        let claim = Claim::NoDeadlock;
        let _ = writeln!(text, "\nnobody can move: this breaks {}: {}.", claim.name(), claim.statement());
    }
    for claim in &trace.breaks {
        let _ = writeln!(text, "\n{}: this breaks {}: {}.", how(trace), claim.name(), claim.statement());
    }
    let Some(ended) = &trace.ended else {
        let _ = writeln!(text, "\nagain: sealcheck replay '{}'", trace.schedule);
        return text;
    };
    let so_far = if trace.broken().next().is_none() { "; no claim is broken so far" } else { "" };
    let _ = writeln!(text, "\n{ended}{so_far}.");
    if trace.steps.len() > trace.cut {
        let _ = writeln!(text, "\nthe steps before it: sealcheck replay '{}'", trace.fitting());
    }
    text
}

/// Rows in aligned columns, two spaces apart; the first column is aligned to the right.
pub fn align<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let pad = " ".repeat(widths[column] - cell.chars().count());
            let _ = if column == 0 { write!(line, "{pad}{cell}") } else { write!(line, "  {cell}{pad}") };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
