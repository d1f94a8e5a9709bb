//! Where a run starts, if not at the beginning: a cut through the run.

use super::text::number;
use super::{Scenario, ScenarioError};

/// One actor of a cut, and where it stands.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Place {
    /// Its number in the cast.
    pub actor: u8,
    /// The [kind](crate::access::Access::kind) of the access that it is about to make.
    pub before: String,
    /// The how-manieth access of this kind it is, from 1 on.
    pub nth: u8,
}

impl Place {
    /// Whether it can be written: whether there is such an access is for the engines to say.
    fn is_possible(&self, cast: usize) -> bool {
        let is_legal = |letter: char| letter.is_ascii_lowercase() || letter == '-';
        let kind = !self.before.is_empty() && self.before.chars().all(is_legal);
        kind && self.nth > 0 && (self.actor as usize) < cast
    }
}

impl Scenario {
    /// The same, started from a cut: `pinner:device-writes+sealer:page-count*2`. Whoever is not named has not begun.
    ///
    /// # Errors
    /// Somebody who is not in the cast, or is named twice; a text that can't be read.
    pub fn starting_from(mut self, cut: &str) -> Result<Self, ScenarioError> {
        let mut places: Vec<Place> = Vec::new();
        for part in cut.split('+') {
            let place = self.place(part)?;
            let twice = places.iter().any(|other| other.actor == place.actor);
            if twice || !place.is_possible(self.cast().len()) {
                return Err(ScenarioError::Place(part.to_owned()));
            }
            places.push(place);
        }
        self.from = places;
        self.places_in_order()
    }

    /// `ACTOR:KIND`, or `ACTOR:KIND*N`.
    fn place(&self, text: &str) -> Result<Place, ScenarioError> {
        let wrong = || ScenarioError::Place(text.to_owned());
        let (name, place) = text.split_once(':').ok_or_else(wrong)?;
        let (before, nth) = place.split_once('*').unwrap_or((place, "1"));
        let named = |actor: &usize| self.actor_name(*actor) == name;
        let actor = (0..self.cast().len()).find(named).ok_or_else(wrong)? as u8;
        let nth = number(nth).ok_or_else(wrong)?;
        Ok(Place { actor, before: before.to_owned(), nth })
    }

    /// The places in the order of the cast, each of an actor that is in it and is named once.
    pub(super) fn places_in_order(mut self) -> Result<Self, ScenarioError> {
        self.from.sort_by_key(|place| place.actor);
        let is_named_twice = |pair: &&[Place]| pair[0].actor == pair[1].actor;
        let twice = self.from.windows(2).find(is_named_twice).map(|pair| &pair[1]);
        let impossible = self.from.iter().find(|place| !place.is_possible(self.cast().len()));
        match twice.or(impossible) {
            Some(Place { actor, before, nth }) => {
                let name = if (*actor as usize) < self.cast().len() {
                    self.actor_name(*actor as usize)
                } else {
                    format!("actor {actor}")
                };
                Err(ScenarioError::Place(format!("{name}:{before}*{nth}")))
            }
            None => Ok(self),
        }
    }

    /// The cut as text; empty if a run starts at the beginning.
    pub fn cut(&self) -> String {
        let place = |place: &Place| {
            let nth = if place.nth > 1 { format!("*{}", place.nth) } else { String::new() };
            format!("{}:{}{nth}", self.actor_name(place.actor as usize), place.before)
        };
        self.from.iter().map(place).collect::<Vec<_>>().join("+")
    }
}
