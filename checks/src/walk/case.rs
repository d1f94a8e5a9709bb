//! Bytes as a scenario with a schedule, and back.

use std::sync::LazyLock;

use arbitrary::{Arbitrary, Unstructured};
use seal_model::fault::Fault;
use seal_model::scenario::{Actor, Scenario, Seal, Strategy};
use seal_model::sealer::judge::Judge;

use super::schedule_of;
use crate::explore::system::Step;

/// Which strategies and judges bytes choose from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// The repaired ones, without faults.
    Repaired,
    /// All, with a fault or without.
    All,
}

impl Field {
    const REPAIRED: [Strategy; 3] = [Strategy::Wait, Strategy::Isolate, Strategy::IsolateTwoPhase];

    fn strategies(self) -> &'static [Strategy] {
        match self {
            Field::Repaired => &Field::REPAIRED,
            Field::All => &Strategy::ALL,
        }
    }

    fn judges(self, strategy: Strategy) -> Vec<Judge> {
        match self {
            Field::Repaired => vec![Judge::LockUnmapRefs],
            Field::All => Judge::ALL.into_iter().filter(|judge| strategy.allows(*judge)).collect(),
        }
    }

    /// Nothing, and then every fault there is.
    fn faults(self) -> Vec<Option<Fault>> {
        let faults: &[Fault] = if self == Field::All { &Fault::ALL } else { &[] };
        std::iter::once(None).chain(faults.iter().copied().map(Some)).collect()
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

/// Everybody who may be in a cast, as name and program.
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
/// Of so many values of a byte those beyond the table are nobody.
const CHAIRS: u8 = 48;
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
        Case { scenario: raw.scenario(field), schedule: raw.schedule }
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
        let mut scenario = Scenario::new(pick(field.strategies(), self.strategy));
        scenario.judge = pick(&field.judges(scenario.strategy), self.judge);
        scenario.fault = pick(&field.faults(), self.fault);
        scenario.seal = pick(&Seal::ALL, self.seal);
        scenario.pages = self.pages % 4 + 1;
        scenario.folio = self.folio % 4 + 1;
        scenario.pin_weight = self.pin_weight % 8 + 1;
        scenario.last_scan = self.last_scan % 9;
        scenario.allocation_may_fail = self.switches & ENOMEM != 0;
        scenario.signals = self.switches & NO_SIGNALS == 0;
        scenario.early_flush = self.switches & EARLY_FLUSH != 0;
        scenario.children_first = self.switches & CHILDREN_FIRST != 0;
        for member in self.members {
            let Some(places) = ACTORS.get((member.who % CHAIRS) as usize) else { continue };
            let Some(actor) = places[(member.at % (scenario.pages + 1)) as usize] else { continue };
            let with = scenario.clone().with(actor);
            scenario = with.validate().unwrap_or(scenario);
        }
        scenario
    }
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
        bytes.extend([CHAIRS - 1, 0]);
    }
    let same = Case::decode(&bytes, field).scenario == *scenario;
    bytes.extend(schedule_of(scenario, taken).ok()?);
    same.then_some(bytes)
}
