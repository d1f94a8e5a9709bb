//! Every member that a cast may hold.

use super::{Actor, BatchOrder, GupGuard, Program, ReclaimProgram, WriterProgram};

impl Actor {
    /// Each actor of [`VOCABULARY`](Actor::VOCABULARY) with each of its programs: at page 0 where it takes a page, and
    /// elsewhere at any.
    pub fn members() -> impl Iterator<Item = Actor> {
        let named = Self::VOCABULARY.into_iter().filter_map(|(name, _)| name.parse::<Actor>().ok());
        named.flat_map(Actor::with_each_program).map(Actor::placed)
    }

    fn with_each_program(self) -> Vec<Actor> {
        match self {
            Actor::Mapper { at, .. } => {
                Program::each().map(|program| Actor::Mapper { program, at }).collect()
            }
            Actor::BatchedMapper { at, .. } => {
                let orders = [BatchOrder::MapsFirst, BatchOrder::RefsFirst];
                orders.map(|order| Actor::BatchedMapper { order, at }).into()
            }
            Actor::Writer { at, .. } => {
                let programs = [WriterProgram::Store, WriterProgram::Mprotect];
                programs.map(|program| Actor::Writer { program, at }).into()
            }
            Actor::FastPinner { at, .. } => {
                let guards = [GupGuard::Recheck, GupGuard::InterruptsOff];
                guards.map(|guard| Actor::FastPinner { guard, at }).into()
            }
            Actor::LookupPinner { at, .. } => {
                [true, false].map(|locked| Actor::LookupPinner { locked, at }).into()
            }
            Actor::LruBatch { at, .. } => [false, true].map(|local| Actor::LruBatch { local, at }).into(),
            Actor::Reclaim { at, .. } => {
                let programs = [ReclaimProgram::Once, ReclaimProgram::Freeze, ReclaimProgram::ForEver];
                programs.map(|program| Actor::Reclaim { program, at }).into()
            }
            other => vec![other],
        }
    }
}

impl Program {
    /// Each program that a line can name.
    fn each() -> impl Iterator<Item = Program> {
        let in_turn =
            (1..=4).flat_map(|operations| [false, true].map(|mapped| Program::InTurn { operations, mapped }));
        in_turn.chain([Program::ForEver, Program::Hold, Program::Mlock, Program::Force])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The programs that the vocabulary names stand behind a colon, in backquotes.
    #[test]
    fn every_actor_of_the_vocabulary_is_there_with_every_program_that_it_names() {
        let members: Vec<Actor> = Actor::members().collect();
        for (name, says) in Actor::VOCABULARY {
            let programs = says.split('`').filter_map(|part| part.strip_prefix(':'));
            let texts = programs.map(|program| format!("{name}:{program}")).chain([name.to_owned()]);
            for text in texts {
                let actor: Actor = text.parse().expect("an actor of the vocabulary");
                assert!(members.contains(&actor), "{text}");
            }
        }
    }

    #[test]
    fn no_member_is_named_twice_and_each_can_be_written() {
        let members: Vec<Actor> = Actor::members().collect();
        for (number, member) in members.iter().enumerate() {
            assert!(!members[..number].contains(member), "{member}");
            assert_eq!(member.to_string().parse(), Ok(*member));
        }
    }
}
