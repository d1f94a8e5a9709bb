//! Slips in single lines of the protocol: an access that is left out, or an answer that is misread.
//!
//! A seeded fault (`seal_model::fault`) is a slip with a meaning of its own, written into the protocol. The slips
//! here are mechanical, one or more for every access of every line, so that each line can be asked which claim
//! would notice if it were wrong. They are made where a compiled actor gets its answers: the protocol has no
//! trace of them.

use std::panic::Location;

use seal_model::access::{Access, Answer, NONE};
use seal_model::scenario::Scenario;

/// One slip, in one line, for every actor that runs it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Slip {
    /// The line that asks for the access.
    pub site: &'static Location<'static>,
    /// What is wrong there.
    pub how: How,
}

/// What is wrong with an access.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum How {
    /// It is not made, and the actor goes on as if this had been its answer.
    LeftOut(Answer),
    /// It is made, and whatever it answers is taken for this.
    TakenFor(Answer),
    /// It is made, and its answer is taken for one more.
    OneMore,
    /// It is made, and its answer is taken for one less.
    OneLess,
}

impl How {
    /// The slips that an access can have: none where every answer is a choice of the model.
    pub fn of(access: Access, scenario: &Scenario) -> Vec<How> {
        let answers = access.answers(scenario);
        match (access, answers.as_slice()) {
            (Access::Choose(_) | Access::AllocPage(_), _) => Vec::new(),
            (Access::PageCount(_) | Access::PageMapcount(_) | Access::PageCounts(_), _) => {
                vec![How::OneMore, How::OneLess]
            }
            (Access::Seals, _) => vec![How::TakenFor(0), How::TakenFor(scenario.seal_bits())],
            (_, [only]) => vec![How::LeftOut(*only)],
            (_, [0, 1]) if access.is_load() => vec![How::TakenFor(0), How::TakenFor(1)],
            (_, [0, 1]) => vec![How::LeftOut(1), How::TakenFor(0), How::TakenFor(1)],
            _ => vec![How::TakenFor(NONE)],
        }
    }

    /// The slip in words.
    pub fn says(self) -> String {
        match self {
            How::LeftOut(0) => "left out".into(),
            How::LeftOut(taken) => format!("left out, taken for {taken}"),
            How::TakenFor(NONE) => "taken for none".into(),
            How::TakenFor(taken) => format!("taken for {taken}"),
            How::OneMore => "taken for one more".into(),
            How::OneLess => "taken for one less".into(),
        }
    }

    /// What the actor takes an answer for.
    pub(super) fn read(self, answer: Answer) -> Answer {
        match self {
            How::LeftOut(taken) | How::TakenFor(taken) => taken,
            How::OneMore => answer + 1,
            How::OneLess => answer - 1,
        }
    }
}
