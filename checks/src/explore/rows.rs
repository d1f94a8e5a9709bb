//! An automaton as the hot loop reads it.

use seal_model::access::{Access, Answer};

use crate::compile::{Automaton, NOWHERE};

/// One small row a location, and all successors in one array.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
    next: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) access: Option<Access>,
    pub(super) first_answer: Answer,
    pub(super) answers: u16,
    start: u32,
}

impl Table {
    pub(super) fn new(automaton: &Automaton) -> Self {
        let mut table = Table { rows: Vec::new(), next: Vec::new() };
        for location in &automaton.locations {
            let start = table.next.len() as u32;
            let answers = location.next.len() as u16;
            table.rows.push(Row {
                access: location.access,
                first_answer: location.first_answer,
                answers,
                start,
            });
            table.next.extend(&location.next);
        }
        table
    }

    /// How many steps are possible at a location, at most: one, but for a choice.
    pub(super) fn most_steps(&self) -> usize {
        let choice = |row: &Row| matches!(row.access, Some(Access::Choose(_)));
        self.rows.iter().filter(|row| choice(row)).map(|row| row.answers as usize).max().unwrap_or(1)
    }

    #[inline]
    pub(super) fn after(&self, row: Row, answer: Answer) -> Option<u32> {
        let offset = answer.wrapping_sub(row.first_answer) as u16;
        let next = (offset < row.answers).then(|| self.next[row.start as usize + offset as usize])?;
        (next != NOWHERE).then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::system::System;

    /// An answer beside those that were declared is an error of the model, and no other step.
    #[test]
    fn only_declared_answers_lead_anywhere() {
        let line = "isolate-2014;pages=2;with=pinner;with=mapper";
        let system = System::new(&line.parse().expect("a possible scenario")).expect("compiles");
        let mut beside = 0;
        for (table, automaton) in system.tables.iter().zip(&system.automata) {
            for (row, location) in table.rows.iter().zip(&automaton.locations) {
                let answers = (row.first_answer..).zip(&location.next);
                for (answer, next) in answers {
                    assert_eq!(table.after(*row, answer), (*next != NOWHERE).then_some(*next));
                }
                let behind = row.first_answer + location.next.len() as Answer;
                assert_eq!(
                    (table.after(*row, row.first_answer - 1), table.after(*row, behind)),
                    (None, None)
                );
                beside += 1;
            }
        }
        assert!(beside > 20);
    }
}
