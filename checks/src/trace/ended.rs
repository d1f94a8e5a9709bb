//! Why a step can't be taken, in words.

use seal_model::access::{Access, Answer};
use seal_model::ghost::Ghost;
use seal_model::machine::apply;

use super::simulation::Simulation;
use crate::schedule::Given;

impl Simulation<'_> {
    /// The answer of the access that an actor asks for. Memory changes if it is the one to answer.
    ///
    /// # Errors
    /// Why the access has no such answer.
    pub(super) fn answered(&mut self, actor: usize, access: Access, given: Given) -> Result<Answer, String> {
        let who = self.who(actor);
        match (access, given) {
            (Access::Choose(_), Given::Choice(answer)) => {
                let answers = access.answers(self.scenario);
                let wrong = || format!("{who} can't choose {answer}: give {}", in_words(access, &answers));
                if answers.contains(&answer) { Ok(answer) } else { Err(wrong()) }
            }
            (Access::Choose(_), _) => {
                let answers = in_words(access, &access.answers(self.scenario));
                Err(format!("{who} has a choice, and none is given: give {answers}"))
            }
            (_, Given::Choice(_)) => {
                Err(format!("{who} now asks {}, there is no choice to make", asked(access)))
            }
            (_, Given::Older(_)) if !access.is_load() => {
                Err(format!("{who} now asks {}, and no older value answers that", asked(access)))
            }
            (_, Given::Older(older)) => {
                let was_there = self.past.iter().any(|cells| self.answer(cells, access) == Some(older));
                let never =
                    || format!("{who} can't have loaded {older} by {}: it was never there", asked(access));
                if was_there { Ok(older) } else { Err(never()) }
            }
            (_, Given::Nothing) => match apply(&mut self.cells, self.scenario, access) {
                Some(answer) => Ok(answer),
                None => Err(format!("{who} waits for {}", self.awaited(access))),
            },
        }
    }

    /// An actor that takes no step any more.
    pub(super) fn is_done(&self, actor: usize) -> String {
        let returned = match self.returned(actor) {
            Some(Err(errno)) => format!("{errno:?}"),
            _ => "0".to_owned(),
        };
        format!("{} has returned {returned}", self.who(actor))
    }

    fn who(&self, actor: usize) -> String {
        let name = self.scenario.actor_name(actor);
        if name == "sealer" { "the sealer".to_owned() } else { name }
    }

    /// What blocks an access.
    fn awaited(&self, access: Access) -> String {
        let holder = |holds: &dyn Fn(&Ghost) -> bool| {
            let holder = self.probes.iter().position(|probe| holds(&probe.ghost));
            holder.map_or(String::new(), |actor| format!(", which {} holds", self.who(actor)))
        };
        match access {
            Access::InodeLock => format!("the inode lock{}", holder(&|ghost| ghost.inode_locked > 0)),
            Access::LockPage(page) => {
                let holder = holder(&|ghost| ghost.locked[page.0 as usize] > 0);
                format!("the page lock of {page:?}{holder}")
            }
            Access::FlushTlb(_) => "an actor that walks the page tables with interrupts off".to_owned(),
            _ => format!("a page-table lock, to go on with {}", asked(access)),
        }
    }
}

/// An access without its answer.
fn asked(access: Access) -> String {
    let text = access.describe(0);
    let end = [" = ", ": "].into_iter().filter_map(|sign| text.find(sign)).min();
    text[..end.unwrap_or(text.len())].to_owned()
}

/// The answers of a choice, each with its meaning.
fn in_words(access: Access, answers: &[Answer]) -> String {
    let meant = answers.iter().map(|&answer| format!("={answer} ({})", access.describe(answer)));
    meant.collect::<Vec<_>>().join(" or ")
}
