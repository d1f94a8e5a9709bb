//! Where a run starts, if not at the beginning: a cut through the run.

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

impl Scenario {
    /// The same, started from a cut: `pinner:device-writes+sealer:page-count*2`. Whoever is not named has not begun.
    ///
    /// # Errors
    /// Somebody who is not in the cast, or is named twice; a text that can't be read.
    pub fn starting_from(mut self, cut: &str) -> Result<Self, ScenarioError> {
        let mut places: Vec<Place> = Vec::new();
        for part in cut.split('+') {
            let place = self.place(part)?;
            if places.iter().any(|other| other.actor == place.actor) {
                return Err(ScenarioError::Place(part.to_owned()));
            }
            places.push(place);
        }
        places.sort_by_key(|place| place.actor);
        self.from = places;
        Ok(self)
    }

    /// `ACTOR:KIND`, or `ACTOR:KIND*N`.
    fn place(&self, text: &str) -> Result<Place, ScenarioError> {
        let wrong = || ScenarioError::Place(text.to_owned());
        let (name, place) = text.split_once(':').ok_or_else(wrong)?;
        let (before, nth) = place.split_once('*').unwrap_or((place, "1"));
        let named = |actor: &usize| self.actor_name(*actor) == name;
        let actor = (0..self.cast().len()).find(named).ok_or_else(wrong)? as u8;
        let nth = nth.parse().ok().filter(|nth| *nth > 0).ok_or_else(wrong)?;
        // whether there is such an access is for the engines to say
        if before.is_empty() || !before.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-') {
            return Err(wrong());
        }
        Ok(Place { actor, before: before.to_owned(), nth })
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
