//! What a review asks: the smallest casts that decide, and in the full review larger ones.

use seal_model::scenario::{Actor, Scenario, ScenarioError, Strategy};
use seal_model::sealer::judge::Judge;

/// How much to ask.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Size {
    /// Seconds.
    Quick,
    /// Minutes: two pages, larger casts.
    Full,
}

/// A strategy with a judge, in several casts.
#[derive(Clone, Debug)]
pub struct Group {
    /// The strategy.
    pub strategy: Strategy,
    /// Its judge.
    pub judge: Judge,
    /// Whether munmap flushes before the count of writable mappings drops.
    pub early_flush: bool,
    /// The casts it is explored with.
    pub scenarios: Vec<Scenario>,
}

/// A judge against every mover.
#[derive(Clone, Debug)]
pub struct JudgeRow {
    /// The strategy it judges for.
    pub strategy: Strategy,
    /// The judge.
    pub judge: Judge,
    /// One scenario for each of [`MOVERS`].
    pub scenarios: Vec<Scenario>,
}

/// The movers that every judge is tried against, each beside a pinner: what mappers do to the page meanwhile.
pub const MOVERS: [(&str, &[&str]); 8] = [
    ("fault", &["mapper:fault"]),
    ("zap", &["mapper:zap"]),
    ("fault+zap", &["mapper:fault+zap"]),
    ("zap+fault", &["mapper:zap+fault"]),
    ("fault, fault", &["mapper:fault", "mapper:fault"]),
    ("zap, zap", &["mapper:zap", "mapper:zap"]),
    ("zap, fault", &["mapper:zap", "mapper:fault"]),
    ("f+z, f+z", &["mapper:fault+zap", "mapper:fault+zap"]),
];

/// All that a review asks.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How much.
    pub size: Size,
    /// Strategies against claims.
    pub groups: Vec<Group>,
    /// Judges against movers.
    pub judges: Vec<JudgeRow>,
}

impl Plan {
    /// The plan of a size.
    ///
    /// # Errors
    /// Never, unless the plan itself names an impossible scenario.
    pub fn new(size: Size) -> Result<Self, ScenarioError> {
        let posted = [
            (Strategy::Wait2014, Judge::RefsThenMaps),
            (Strategy::Wait2014, Judge::MapsThenRefs),
            (Strategy::Isolate2014, Judge::RefsThenMaps),
            (Strategy::Isolate2014, Judge::MapsThenRefs),
            (Strategy::Wait, Judge::LockUnmapRefs),
            (Strategy::Isolate, Judge::LockUnmapRefs),
        ];
        let groups = [false, true].into_iter().flat_map(|early_flush| {
            posted.into_iter().map(move |(strategy, judge)| group(strategy, judge, early_flush, size))
        });
        let judges = [Strategy::Wait, Strategy::Isolate]
            .into_iter()
            .flat_map(|strategy| Judge::ALL.into_iter().map(move |judge| judge_row(strategy, judge)));
        Ok(Plan {
            size,
            groups: groups.collect::<Result<_, _>>()?,
            judges: judges.collect::<Result<_, _>>()?,
        })
    }

    /// Every scenario once, in the order of the plan.
    pub fn scenarios(&self) -> Vec<Scenario> {
        let mut scenarios: Vec<Scenario> = Vec::new();
        let groups = self.groups.iter().flat_map(|group| &group.scenarios);
        for scenario in groups.chain(self.judges.iter().flat_map(|row| &row.scenarios)) {
            if !scenarios.contains(scenario) {
                scenarios.push(scenario.clone());
            }
        }
        scenarios
    }
}

/// A cast of the review, with the pages and the weight of a pin that it is for.
struct Cast {
    pages: u8,
    pin_weight: u8,
    with: &'static [&'static str],
}

const fn one_page(with: &'static [&'static str]) -> Cast {
    Cast { pages: 1, pin_weight: 1, with }
}

const fn two_pages(with: &'static [&'static str]) -> Cast {
    Cast { pages: 2, pin_weight: 1, with }
}

const QUICK: [Cast; 7] = [
    one_page(&["pinner", "mapper"]),
    one_page(&["pinner", "mapper:zap+fault"]),
    one_page(&["pinner", "mapper", "mapper"]),
    one_page(&["pinner", "mapper", "writer"]),
    one_page(&["pinner", "mapper", "reader"]),
    Cast { pages: 1, pin_weight: 3, with: &["pinner", "mapper", "mapper"] },
    two_pages(&["pinner", "mapper"]),
];

const FULL: [Cast; 7] = [
    one_page(&["pinner", "pinner", "mapper"]),
    one_page(&["pinner", "mapper:fault+zap+fault", "mapper:zap+fault+zap", "reader"]),
    one_page(&["pinner", "writer", "mapper", "mapper"]),
    one_page(&["pinner", "pinner", "mapper", "reader"]),
    two_pages(&["pinner", "mapper", "reader"]),
    two_pages(&["pinner", "mapper", "mapper"]),
    two_pages(&["pinner", "writer", "mapper"]),
];

fn group(strategy: Strategy, judge: Judge, early_flush: bool, size: Size) -> Result<Group, ScenarioError> {
    let larger: &[Cast] = if size == Size::Full { &FULL } else { &[] };
    let scenario = |cast: &Cast| {
        let mut scenario = Scenario::new(strategy);
        scenario.judge = judge;
        scenario.pages = cast.pages;
        scenario.pin_weight = cast.pin_weight;
        scenario.allocation_may_fail = true;
        scenario.early_flush = early_flush;
        with(scenario, cast.with)
    };
    let scenarios = QUICK.iter().chain(larger).map(scenario).collect::<Result<_, _>>()?;
    Ok(Group { strategy, judge, early_flush, scenarios })
}

fn judge_row(strategy: Strategy, judge: Judge) -> Result<JudgeRow, ScenarioError> {
    let scenario = |(_, movers): &(&str, &[&str])| {
        let mut scenario = Scenario::new(strategy);
        scenario.judge = judge;
        with(scenario.with(Actor::Pinner { at: None }), movers)
    };
    Ok(JudgeRow { strategy, judge, scenarios: MOVERS.iter().map(scenario).collect::<Result<_, _>>()? })
}

fn with(scenario: Scenario, actors: &[&str]) -> Result<Scenario, ScenarioError> {
    let add = |scenario: Scenario, actor: &&str| Ok(scenario.with(actor.parse()?));
    actors.iter().try_fold(scenario, add)?.validate()
}
