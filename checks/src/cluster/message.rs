//! A state on its way to the worker that keeps it.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::ser::SerializeTuple;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::explore::system::State;

/// A packed state, written word by word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Message<const W: usize>(pub(super) State<W>);

impl<const W: usize> Serialize for Message<W> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut words = serializer.serialize_tuple(W)?;
        self.0.iter().try_for_each(|word| words.serialize_element(word))?;
        words.end()
    }
}

impl<'de, const W: usize> Deserialize<'de> for Message<W> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_tuple(W, Words)
    }
}

struct Words<const W: usize>;

impl<'de, const W: usize> Visitor<'de> for Words<W> {
    type Value = Message<W>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{W} words")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut words: A) -> Result<Message<W>, A::Error> {
        let mut state = [0; W];
        for (number, word) in state.iter_mut().enumerate() {
            *word = words.next_element()?.ok_or_else(|| A::Error::invalid_length(number, &self))?;
        }
        Ok(Message(state))
    }
}
