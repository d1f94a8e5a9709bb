//! Bytes as a scenario with a schedule, and back.

use std::sync::LazyLock;

use arbitrary::{Arbitrary, Unstructured};
use seal_model::fault::Fault;
use seal_model::scenario::{Actor, Scenario, ScenarioError, Seal, Strategy};
use seal_model::sealer::judge::Judge;

use super::actors::Mailbox;
use super::{Run, Turn, schedule_of};
use crate::explore::system::Step;

/// Which strategies and judges bytes choose from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// The repaired ones, without faults.
    Repaired,
    /// All, with a fault or without.
    All,
    /// All, with a fault or without, but most of them of few states; some start from a cut.
    Small,
}

/// What a scenario is chosen from, beside its strategy: for each value of a byte, modulo the length.
struct Choices {
    seals: &'static [Seal],
    pages: &'static [u8],
    folio: &'static [u8],
    pin_weight: &'static [u8],
    last_scan: &'static [u8],
    /// Actors beside the sealer.
    members: &'static [usize],
    /// Values of a byte that choose an actor; those beyond the table leave its place empty.
    chairs: u8,
}

const WIDE: Choices = Choices {
    seals: &Seal::ALL,
    pages: &[1, 2, 3, 4],
    folio: &[1, 2, 3, 4],
    pin_weight: &[1, 2, 3, 4, 5, 6, 7, 8],
    last_scan: &[0, 1, 2, 3, 4, 5, 6, 7, 8],
    members: &[MEMBERS],
    chairs: 48,
};

/// Weighted by what explores in milliseconds; every value has its turn.
const NARROW: Choices = Choices {
    seals: &[
        Seal::Write,
        Seal::Write,
        Seal::Write,
        Seal::Write,
        Seal::Write,
        Seal::Write,
        Seal::FutureWrite,
        Seal::Exec,
    ],
    pages: &[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3],
    folio: &[1, 1, 1, 1, 1, 2, 3, 4],
    pin_weight: &[1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8],
    last_scan: &[0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 3, 4],
    members: &[0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3],
    chairs: WHO.len() as u8,
};

/// One scenario of [`Field::Small`] in as many starts from a cut.
const CUTS: u8 = 6;

impl Field {
    const REPAIRED: [Strategy; 3] = [Strategy::Wait, Strategy::Isolate, Strategy::IsolateTwoPhase];

    fn strategies(self) -> &'static [Strategy] {
        match self {
            Field::Repaired => &Field::REPAIRED,
            Field::All | Field::Small => &Strategy::ALL,
        }
    }

    fn choices(self) -> &'static Choices {
        match self {
            Field::Repaired | Field::All => &WIDE,
            Field::Small => &NARROW,
        }
    }

    fn judges(self, strategy: Strategy) -> Vec<Judge> {
        match self {
            Field::Repaired => vec![Judge::LockUnmapRefs],
            Field::All | Field::Small => {
                Judge::ALL.into_iter().filter(|judge| strategy.allows(*judge)).collect()
            }
        }
    }

    /// Nothing, and then every fault there is; among small scenarios every other has none.
    fn faults(self) -> Vec<Option<Fault>> {
        let (faults, without): (&[Fault], usize) = match self {
            Field::Repaired => (&[], 1),
            Field::All => (&Fault::ALL, 1),
            Field::Small => (&Fault::ALL, Fault::ALL.len()),
        };
        std::iter::repeat_n(None, without).chain(faults.iter().copied().map(Some)).collect()
    }
}

/// A case as bytes have it: every number is taken modulo the choices there are. The schedule is what is left.
#[derive(Clone, Copy, Debug, Arbitrary)]
struct Raw<'a> {
    strategy: u8,
    judge: u8,
    fault: u8,
    seal: u8,
    pages: u8,
    folio: u8,
    pin_weight: u8,
    last_scan: u8,
    switches: u8,
    members: [Member; MEMBERS],
    schedule: &'a [u8],
}

/// A place in the cast: nobody, or an actor with its program, and the page it uses.
#[derive(Clone, Copy, Debug, Default, Arbitrary)]
struct Member {
    who: u8,
    at: u8,
}

/// Places beside the sealer's.
const MEMBERS: usize = 7;
/// Bytes before the schedule.
pub const HEAD: usize = 9 + 2 * MEMBERS;

const ENOMEM: u8 = 1;
const NO_SIGNALS: u8 = 2;
const EARLY_FLUSH: u8 = 4;
const CHILDREN_FIRST: u8 = 8;
/// Values of the bits above, which say nothing else.
const SWITCHES: u8 = 16;

/// Every member of a cast, as name and program. Files that a fuzzer found name them by their number, so a new one comes
/// last.
const WHO: [(&str, &str); 34] = [
    ("pinner", ""),
    ("mapper", "fault+zap"),
    ("mapper", "zap+fault"),
    ("writer", ""),
    ("reader", ""),
    ("recipient", ""),
    ("file-writer", ""),
    ("forker", ""),
    ("lookup-pinner", ""),
    ("fast-pinner", ""),
    ("stale-writer", ""),
    ("lru-batch", ""),
    ("truncate", ""),
    ("batched-mapper", ""),
    ("sealer", ""),
    ("reclaim", ""),
    ("mapper", "fault"),
    ("mapper", "zap"),
    ("mapper", "fault+zap+fault"),
    ("mapper", "zap+fault+zap"),
    ("mapper", "fault+zap+fault+zap"),
    ("mapper", "zap+fault+zap+fault"),
    ("mapper", "hold"),
    ("mapper", "mlock"),
    ("mapper", "force"),
    ("mapper", "loop"),
    ("writer", "mprotect"),
    ("fast-pinner", "irq"),
    ("lookup-pinner", "unlocked"),
    ("lru-batch", "local"),
    ("batched-mapper", "refs-first"),
    ("reclaim", "freeze"),
    ("reclaim", "loop"),
    ("pinner", ""),
];

/// Each member, as name and program, in the order of the table.
pub fn members() -> impl Iterator<Item = (&'static str, &'static str)> {
    WHO.into_iter()
}

/// Any page, or one of four.
const PLACES: usize = 5;

/// Every member of the table at every place.
static ACTORS: LazyLock<Vec<[Option<Actor>; PLACES]>> = LazyLock::new(|| {
    let at = |(name, program): (&str, &str), place: usize| {
        let at = if place == 0 { String::new() } else { format!("@{}", place - 1) };
        let program = if program.is_empty() { String::new() } else { format!(":{program}") };
        format!("{name}{at}{program}").parse().ok()
    };
    WHO.iter().map(|&who| std::array::from_fn(|place| at(who, place))).collect()
});

/// A scenario, and the bytes that choose a run of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Case<'a> {
    /// What runs.
    pub scenario: Scenario,
    /// How: see [`walk`](super::walk).
    pub schedule: &'a [u8],
}

impl<'a> Case<'a> {
    /// What some bytes stand for. A member that does not fit, and one without a page where it takes one, is left out.
    pub fn decode(bytes: &'a [u8], field: Field) -> Self {
        // there is nothing that a number or a rest could refuse
        let raw = Raw::arbitrary_take_rest(Unstructured::new(bytes)).unwrap_or(Raw::NOTHING);
        let scenario = raw.scenario(field);
        match raw.schedule.split_first() {
            Some((cut, schedule)) if field == Field::Small && cut % CUTS == 0 => {
                Case { scenario: from_a_cut(&scenario, schedule).unwrap_or(scenario), schedule: &[] }
            }
            _ => Case { scenario, schedule: raw.schedule },
        }
    }
}

impl Raw<'_> {
    const NOTHING: Self = Raw {
        strategy: 0,
        judge: 0,
        fault: 0,
        seal: 0,
        pages: 0,
        folio: 0,
        pin_weight: 0,
        last_scan: 0,
        switches: 0,
        members: [Member { who: 0, at: 0 }; MEMBERS],
        schedule: &[],
    };

    fn scenario(&self, field: Field) -> Scenario {
        let choices = field.choices();
        let mut scenario = Scenario::new(pick(field.strategies(), self.strategy));
        scenario.judge = pick(&field.judges(scenario.strategy), self.judge);
        scenario.fault = pick(&field.faults(), self.fault);
        scenario.seal = pick(choices.seals, self.seal);
        scenario.pages = pick(choices.pages, self.pages);
        scenario.folio = pick(choices.folio, self.folio);
        scenario.pin_weight = pick(choices.pin_weight, self.pin_weight);
        scenario.last_scan = pick(choices.last_scan, self.last_scan);
        scenario.allocation_may_fail = self.switches & ENOMEM != 0;
        scenario.signals = self.switches & NO_SIGNALS == 0;
        scenario.early_flush = self.switches & EARLY_FLUSH != 0;
        scenario.children_first = self.switches & CHILDREN_FIRST != 0;
        let members = pick(choices.members, self.switches / SWITCHES);
        for member in &self.members[..members] {
            let Some(places) = ACTORS.get((member.who % choices.chairs) as usize) else { continue };
            let Some(actor) = places[(member.at % (scenario.pages + 1)) as usize] else { continue };
            let with = scenario.clone().with(actor).validate();
            // a thread of another actor's program comes with one, where every place counts
            let with = with.or_else(|error| match error {
                ScenarioError::NobodysThread(_) if field == Field::Small => {
                    scenario.clone().with(Actor::Pinner { at: None }).with(actor).validate()
                }
                other => Err(other),
            });
            scenario = with.unwrap_or(scenario);
        }
        scenario
    }
}

/// A scenario from where some of its cast are after a few steps, which bytes choose as well; the others have not begun.
/// None if there is no such place.
fn from_a_cut(scenario: &Scenario, bytes: &[u8]) -> Option<Scenario> {
    let (chosen, bytes) = bytes.split_first()?;
    let mailboxes = Mailbox::of_cast(scenario);
    let mut run = Run::new(scenario, &mailboxes, &[]);
    let named: Vec<usize> = (0..run.actors()).filter(|actor| chosen >> actor & 1 == 1).collect();
    let at = |run: &Run<'_>, actor| run.asks(actor).map(|(access, _)| access.kind());
    let mut passed: Vec<Vec<String>> =
        named.iter().map(|&actor| at(&run, actor).into_iter().collect()).collect();
    let mut bytes = bytes.iter();
    let mut cut = None;
    while let (Some(byte), false) = (bytes.next(), named.is_empty()) {
        let number = *byte as usize % named.len();
        let answer = |answers| bytes.next().map_or(0, |byte| *byte as usize % answers);
        match run.turn(named[number], answer) {
            Ok(Turn::Moved) => {}
            Ok(Turn::Blocked | Turn::Done) => continue,
            // a fault may count until there is no room
            Err(_) => break,
        }
        // only a place before an access can be named
        let Some(kind) = at(&run, named[number]) else { break };
        passed[number].push(kind);
        cut = Some(places(scenario, &named, &passed));
    }
    scenario.clone().starting_from(&cut?).ok()
}

/// The last place of each, by how often it came to an access of that kind.
fn places(scenario: &Scenario, named: &[usize], passed: &[Vec<String>]) -> String {
    let place = |(actor, passed): (&usize, &Vec<String>)| {
        let last = passed.last()?;
        let times = passed.iter().filter(|kind| *kind == last).count();
        Some(format!("{}:{last}*{times}", scenario.actor_name(*actor)))
    };
    named.iter().zip(passed).filter_map(place).collect::<Vec<_>>().join("+")
}

fn pick<T: Copy>(from: &[T], byte: u8) -> T {
    from[byte as usize % from.len()]
}

/// The bytes that stand for a run; none if its scenario is not among those that bytes choose from.
pub fn encode(scenario: &Scenario, taken: &[Step], field: Field) -> Option<Vec<u8>> {
    let place = |found: Option<usize>| found.map(|place| place as u8);
    let strategy = field.strategies().iter().position(|strategy| *strategy == scenario.strategy);
    let judge = field.judges(scenario.strategy).iter().position(|judge| *judge == scenario.judge);
    let fault = field.faults().iter().position(|fault| *fault == scenario.fault);
    let seal = Seal::ALL.iter().position(|seal| *seal == scenario.seal);
    let switch = |on: bool, bit: u8| if on { bit } else { 0 };
    let mut bytes = vec![
        place(strategy)?,
        place(judge)?,
        place(fault)?,
        place(seal)?,
        scenario.pages - 1,
        scenario.folio - 1,
        scenario.pin_weight - 1,
        scenario.last_scan,
        switch(scenario.allocation_may_fail, ENOMEM)
            | switch(!scenario.signals, NO_SIGNALS)
            | switch(scenario.early_flush, EARLY_FLUSH)
            | switch(scenario.children_first, CHILDREN_FIRST),
    ];
    for actor in &scenario.cast()[1..] {
        let at = |places: &[Option<Actor>; PLACES]| places.iter().position(|at| *at == Some(*actor));
        let (who, at) = ACTORS.iter().enumerate().find_map(|(who, places)| Some((who, at(places)?)))?;
        bytes.extend([who as u8, at as u8]);
    }
    // an empty place is nobody's
    while bytes.len() < HEAD {
        bytes.extend([WIDE.chairs - 1, 0]);
    }
    let same = Case::decode(&bytes, field).scenario == *scenario;
    bytes.extend(schedule_of(scenario, taken).ok()?);
    same.then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_can_choose_every_member_of_a_cast() {
        for member in Actor::members() {
            let at_each = ACTORS.iter().flatten().flatten();
            assert!(at_each.clone().any(|actor| *actor == member), "{member} is missing in WHO");
        }
    }
}
