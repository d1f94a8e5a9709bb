//! A scenario: strategy, judge, pages, and the cast. Everything that is fixed during a run.

use std::fmt;
use std::str::FromStr;

use crate::access::{Index, MAX_ACTORS, MAX_INDICES, Page, Vma};
use crate::fault::Fault;
use crate::sealer::judge::Judge;

/// What the sealer does about pages that are still held.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Strategy {
    /// `wait`, as in RFC v3 and as merged in 3.17.
    Wait2014,
    /// `isolate`, as posted in June 2014.
    Isolate2014,
    /// `wait` with a judge of your choice; the repaired one is `lock-unmap-refs`.
    Wait,
    /// `isolate` with a judge of your choice; the repaired one is `lock-unmap-refs`.
    Isolate,
}

/// The code path of a strategy.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Method {
    /// `shmem_wait_for_pins()`
    Wait,
    /// `shmem_isolate_pins()`
    Isolate,
}

impl Strategy {
    /// All strategies, in the order of the review.
    pub const ALL: [Strategy; 4] =
        [Strategy::Wait2014, Strategy::Isolate2014, Strategy::Wait, Strategy::Isolate];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Strategy::Wait2014 => "wait-2014",
            Strategy::Isolate2014 => "isolate-2014",
            Strategy::Wait => "wait",
            Strategy::Isolate => "isolate",
        }
    }

    /// One line for `sealcheck list strategies`, with the source.
    pub fn describe(self) -> &'static str {
        match self {
            Strategy::Wait2014 => "wait for pins, then EBUSY, as merged (RFC v3 of 2014, Linux 3.17)",
            Strategy::Isolate2014 => "copy pinned pages, as posted (RFC v3 7/7, June 2014)",
            Strategy::Wait => "wait, with any judge; repaired with lock-unmap-refs (this project)",
            Strategy::Isolate => "isolate, with any judge; repaired with lock-unmap-refs (this project)",
        }
    }

    /// Which code runs.
    pub fn method(self) -> Method {
        match self {
            Strategy::Wait2014 | Strategy::Wait => Method::Wait,
            Strategy::Isolate2014 | Strategy::Isolate => Method::Isolate,
        }
    }

    /// The judge when none is named: what gcc made of the code, or the repair.
    pub fn default_judge(self) -> Judge {
        match self {
            Strategy::Wait2014 | Strategy::Isolate2014 => Judge::RefsThenMaps,
            Strategy::Wait | Strategy::Isolate => Judge::LockUnmapRefs,
        }
    }

    /// Whether the strategy may run with this judge: the code of 2014 leaves only the order of its loads open.
    pub fn allows(self, judge: Judge) -> bool {
        match self {
            Strategy::Wait2014 | Strategy::Isolate2014 => {
                matches!(judge, Judge::RefsThenMaps | Judge::MapsThenRefs)
            }
            Strategy::Wait | Strategy::Isolate => true,
        }
    }
}

/// One member of the cast, with its program. `at` is the page it uses; none: any page, each is explored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Actor {
    /// `fcntl(F_ADD_SEALS, F_SEAL_WRITE)`. Always the first of the cast.
    Sealer,
    /// A read-only or private mapping: faults and zaps in turn.
    Mapper {
        /// How many operations, `1..=4`.
        operations: u8,
        /// Whether the page is mapped at the start, so that a zap comes first.
        mapped: bool,
        /// The page it uses.
        at: Option<u8>,
    },
    /// A shared writable mapping that stores and unmaps.
    Writer {
        /// The page it uses.
        at: Option<u8>,
    },
    /// A shared writable mapping whose page is pinned beyond munmap.
    Pinner {
        /// The page it uses.
        at: Option<u8>,
    },
    /// A read(2).
    Reader {
        /// The page it uses.
        at: Option<u8>,
    },
}

impl Actor {
    /// The names of the actors that a cast may hold beside the sealer, each with its source.
    pub const VOCABULARY: [(&'static str, &'static str); 5] = [
        ("sealer", "fcntl(F_ADD_SEALS, F_SEAL_WRITE): shmem_add_seals(); always in the cast"),
        (
            "mapper",
            "read-only or private mapping: fault and zap in turn; mapper:zap+fault says which (mm/memory.c)",
        ),
        ("writer", "shared writable mapping: stores, then munmap (mm/mmap.c, mm/memory.c)"),
        ("pinner", "shared writable mapping: get_user_pages, munmap, DMA, unpin or never (mm/gup.c)"),
        ("reader", "read(2): lookup, copy, put; may stall (shmem_file_read_iter)"),
    ];

    /// The name without the program.
    pub fn name(self) -> &'static str {
        match self {
            Actor::Sealer => "sealer",
            Actor::Mapper { .. } => "mapper",
            Actor::Writer { .. } => "writer",
            Actor::Pinner { .. } => "pinner",
            Actor::Reader { .. } => "reader",
        }
    }

    fn at(self) -> Option<u8> {
        match self {
            Actor::Sealer => None,
            Actor::Mapper { at, .. } | Actor::Writer { at } | Actor::Pinner { at } | Actor::Reader { at } => {
                at
            }
        }
    }

    fn has_vma(self) -> bool {
        matches!(self, Actor::Mapper { .. } | Actor::Writer { .. } | Actor::Pinner { .. })
    }

    fn is_writable(self) -> bool {
        matches!(self, Actor::Writer { .. } | Actor::Pinner { .. })
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        if let Some(at) = self.at() {
            write!(f, "@{at}")?;
        }
        if let Actor::Mapper { operations, mapped, .. } = *self {
            let name = |zap: bool| if zap { "zap" } else { "fault" };
            let program: Vec<_> = (0..operations).map(|op| name(mapped ^ (op % 2 == 1))).collect();
            write!(f, ":{}", program.join("+"))?;
        }
        Ok(())
    }
}

impl FromStr for Actor {
    type Err = ScenarioError;

    fn from_str(text: &str) -> Result<Self, ScenarioError> {
        let unknown = || ScenarioError::UnknownActor(text.to_owned());
        let (head, program) =
            text.split_once(':').map_or((text, None), |(head, program)| (head, Some(program)));
        let (name, at) = match head.split_once('@') {
            Some((name, at)) => (name, Some(at.parse().map_err(|_| unknown())?)),
            None => (head, None),
        };
        match (name, program) {
            ("mapper", program) => mapper(program.unwrap_or("fault+zap"), at),
            ("writer", None) => Ok(Actor::Writer { at }),
            ("pinner", None) => Ok(Actor::Pinner { at }),
            ("reader", None) => Ok(Actor::Reader { at }),
            ("sealer", _) => Err(ScenarioError::SealerNamed),
            _ => Err(unknown()),
        }
    }
}

fn mapper(program: &str, at: Option<u8>) -> Result<Actor, ScenarioError> {
    let operations: Vec<_> = program.split('+').collect();
    let known = operations.iter().all(|op| matches!(*op, "fault" | "zap"));
    let in_turn = operations.windows(2).all(|pair| pair[0] != pair[1]);
    if !known || !in_turn || operations.len() > 4 {
        return Err(ScenarioError::MapperProgram(program.to_owned()));
    }
    let mapped = operations[0] == "zap";
    // a mapper that starts mapped is mapped somewhere
    let at = if mapped { at.or(Some(0)) } else { at };
    Ok(Actor::Mapper { operations: operations.len() as u8, mapped, at })
}

/// What is wrong with a scenario, and what to change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ScenarioError {
    /// No strategy of this name.
    UnknownStrategy(String),
    /// No judge of this name.
    UnknownJudge(String),
    /// No actor of this name.
    UnknownActor(String),
    /// No fault of this name.
    UnknownFault(String),
    /// The sealer needs no naming.
    SealerNamed,
    /// A mapper's program that is none.
    MapperProgram(String),
    /// Pages out of range.
    Pages(u8),
    /// An actor that uses a page the file does not have.
    PageOutOfFile(Actor, u8),
    /// More actors than the model has room for.
    TooManyActors(usize),
    /// A judge that the strategy of 2014 does not leave open.
    JudgeNotPosted(Strategy, Judge),
    /// Pin weight out of range.
    PinWeight(u8),
    /// LAST_SCAN out of range.
    LastScan(u8),
    /// The text of a scenario that can't be read.
    Syntax(String),
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownStrategy(name) => {
                write!(f, "no strategy is named `{name}`: see `sealcheck list strategies`")
            }
            Self::UnknownJudge(name) => write!(f, "no judge is named `{name}`: see `sealcheck list judges`"),
            Self::UnknownActor(name) => {
                write!(f, "no actor is written `{name}`: see `sealcheck list actors`")
            }
            Self::UnknownFault(name) => write!(f, "no fault is named `{name}`: see `sealcheck list faults`"),
            Self::SealerNamed => write!(f, "the sealer is always in the cast: name only the others"),
            Self::MapperProgram(program) => write!(
                f,
                "a mapper can't run `{program}`: give one to four of `fault` and `zap` in turn, joined by `+`"
            ),
            Self::Pages(pages) => {
                write!(f, "a file of {pages} pages is out of range: give 1 to {MAX_INDICES}")
            }
            Self::PageOutOfFile(actor, pages) => {
                write!(f, "`{actor}` uses a page that a file of {pages} does not have: pages count from 0")
            }
            Self::TooManyActors(actors) => {
                write!(f, "{actors} actors with the sealer are too many: at most {MAX_ACTORS}")
            }
            Self::JudgeNotPosted(strategy, judge) => {
                let open = if strategy.method() == Method::Wait { "wait" } else { "isolate" };
                write!(
                    f,
                    "`{}` leaves only the order of its two loads open, so it can't run with `{}`: use `{open}`",
                    strategy.name(),
                    judge.name()
                )
            }
            Self::PinWeight(weight) => write!(f, "a pin weight of {weight} is out of range: give 1 to 8"),
            Self::LastScan(scan) => write!(f, "a LAST_SCAN of {scan} is out of range: give 0 to 8"),
            Self::Syntax(part) => write!(f, "a scenario can't hold `{part}`: expected STRATEGY;key=value;…"),
        }
    }
}

impl std::error::Error for ScenarioError {}

/// Everything that is fixed during a run.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Scenario {
    /// What the sealer does about pages that are still held.
    pub strategy: Strategy,
    /// How it judges a page clean.
    pub judge: Judge,
    /// Pages of the file, `1..=4`.
    pub pages: u8,
    /// References that one pin takes, `1..=8`: 1 is FOLL_GET; anything more stands for the 1024 of FOLL_PIN.
    pub pin_weight: u8,
    /// The number of the last rescan, `0..=8`; 4 in every kernel.
    pub last_scan: u8,
    /// Whether the page allocator may fail.
    pub allocation_may_fail: bool,
    /// Whether a fatal signal may reach the sealer.
    pub signals: bool,
    /// The seeded fault, if any.
    pub fault: Option<Fault>,
    cast: Vec<Actor>,
}

impl Scenario {
    /// A strategy with its own judge, one page, nobody but the sealer.
    pub fn new(strategy: Strategy) -> Self {
        Scenario {
            strategy,
            judge: strategy.default_judge(),
            pages: 1,
            pin_weight: 1,
            last_scan: 4,
            allocation_may_fail: false,
            signals: true,
            fault: None,
            cast: vec![Actor::Sealer],
        }
    }

    /// Add an actor.
    pub fn with(mut self, actor: Actor) -> Self {
        self.cast.push(actor);
        self
    }

    /// Check that the scenario is possible.
    ///
    /// # Errors
    /// The first thing that is out of range, with what to change.
    pub fn validate(self) -> Result<Self, ScenarioError> {
        if !(1..=MAX_INDICES as u8).contains(&self.pages) {
            return Err(ScenarioError::Pages(self.pages));
        }
        if let Some(&actor) = self.cast.iter().find(|actor| actor.at().is_some_and(|at| at >= self.pages)) {
            return Err(ScenarioError::PageOutOfFile(actor, self.pages));
        }
        if self.cast.len() > MAX_ACTORS {
            return Err(ScenarioError::TooManyActors(self.cast.len()));
        }
        if !self.strategy.allows(self.judge) {
            return Err(ScenarioError::JudgeNotPosted(self.strategy, self.judge));
        }
        if !(1..=8).contains(&self.pin_weight) {
            return Err(ScenarioError::PinWeight(self.pin_weight));
        }
        if self.last_scan > 8 {
            return Err(ScenarioError::LastScan(self.last_scan));
        }
        Ok(self)
    }

    /// The cast: the sealer first.
    pub fn cast(&self) -> &[Actor] {
        &self.cast
    }

    /// How an actor is called in traces: its name, numbered where there are several.
    pub fn actor_name(&self, actor: usize) -> String {
        let name = self.cast[actor].name();
        let namesake = |other: &&Actor| other.name() == name;
        if self.cast.iter().filter(namesake).count() == 1 {
            return name.to_owned();
        }
        format!("{name}{}", self.cast[..=actor].iter().filter(namesake).count())
    }

    /// The offsets of the file.
    #[inline]
    pub fn indices(&self) -> impl Iterator<Item = Index> + use<> {
        (0..self.pages).map(Index)
    }

    /// How many page frames there are: the file's, and under `isolate` one replacement for each.
    #[inline]
    pub fn frames(&self) -> u8 {
        match self.strategy.method() {
            Method::Wait => self.pages,
            Method::Isolate => 2 * self.pages,
        }
    }

    /// Every page frame.
    #[inline]
    pub fn all_pages(&self) -> impl Iterator<Item = Page> + use<> {
        (0..self.frames()).map(Page)
    }

    /// The pages that an LRU batch may hold: those that were added during the run.
    pub fn batched(&self) -> impl Iterator<Item = Page> + use<> {
        (self.pages..self.frames()).map(Page)
    }

    /// The VMAs that may map the file.
    pub fn vmas(&self) -> impl Iterator<Item = Vma> {
        self.numbered().filter(|(_, actor)| actor.has_vma()).map(|(vma, _)| vma)
    }

    /// The shared writable ones among them.
    pub fn writable_vmas(&self) -> impl Iterator<Item = Vma> {
        self.numbered().filter(|(_, actor)| actor.is_writable()).map(|(vma, _)| vma)
    }

    /// Whether a VMA is shared and writable.
    #[inline]
    pub fn writable(&self, vma: Vma) -> bool {
        self.cast[vma.0 as usize].is_writable()
    }

    /// The page that a VMA maps at the start.
    pub fn starts_mapped(&self, vma: Vma) -> Option<Page> {
        match self.cast[vma.0 as usize] {
            Actor::Mapper { mapped: true, at: Some(at), .. } => Some(Page(at)),
            _ => None,
        }
    }

    /// The greatest map count: every VMA maps the page.
    pub fn max_mapcount(&self) -> i16 {
        self.vmas().count() as i16
    }

    /// The greatest reference count: page cache, LRU batch, the sealer's lookup and gather and its reference in
    /// flight, and for everybody else one reference, and the pin's weight.
    pub fn max_count(&self) -> i16 {
        let others = self.cast.len() as i16 - 1;
        let pinners = self.cast.iter().filter(|actor| matches!(actor, Actor::Pinner { .. })).count() as i16;
        5 + others + pinners * self.pin_weight as i16
    }

    fn numbered(&self) -> impl Iterator<Item = (Vma, &Actor)> {
        self.cast.iter().enumerate().map(|(number, actor)| (Vma(number as u8), actor))
    }
}

/// The one-line form: `wait-2014;judge=refs-then-maps;pages=1;with=pinner;with=mapper:fault+zap`.
impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let usual = Scenario::new(self.strategy);
        write!(f, "{};judge={};pages={}", self.strategy.name(), self.judge.name(), self.pages)?;
        if self.pin_weight != usual.pin_weight {
            write!(f, ";pin-weight={}", self.pin_weight)?;
        }
        if self.last_scan != usual.last_scan {
            write!(f, ";last-scan={}", self.last_scan)?;
        }
        if self.allocation_may_fail {
            write!(f, ";enomem")?;
        }
        if !self.signals {
            write!(f, ";no-signals")?;
        }
        if let Some(fault) = self.fault {
            write!(f, ";fault={}", fault.name())?;
        }
        for actor in &self.cast[1..] {
            write!(f, ";with={actor}")?;
        }
        Ok(())
    }
}

impl FromStr for Scenario {
    type Err = ScenarioError;

    fn from_str(text: &str) -> Result<Self, ScenarioError> {
        let mut parts = text.trim().split(';');
        let mut scenario = Scenario::new(parts.next().unwrap_or_default().parse()?);
        for part in parts {
            let syntax = || ScenarioError::Syntax(part.to_owned());
            let number = |value: &str| value.parse::<u8>().map_err(|_| syntax());
            match part.split_once('=') {
                Some(("judge", value)) => scenario.judge = value.parse()?,
                Some(("pages", value)) => scenario.pages = number(value)?,
                Some(("pin-weight", value)) => scenario.pin_weight = number(value)?,
                Some(("last-scan", value)) => scenario.last_scan = number(value)?,
                Some(("fault", value)) => scenario.fault = Some(value.parse()?),
                Some(("with", value)) => scenario.cast.push(value.parse()?),
                None if part == "enomem" => scenario.allocation_may_fail = true,
                None if part == "no-signals" => scenario.signals = false,
                _ => return Err(syntax()),
            }
        }
        scenario.validate()
    }
}

impl FromStr for Strategy {
    type Err = ScenarioError;
    fn from_str(text: &str) -> Result<Self, ScenarioError> {
        let found = Strategy::ALL.into_iter().find(|strategy| strategy.name() == text);
        found.ok_or_else(|| ScenarioError::UnknownStrategy(text.to_owned()))
    }
}

impl FromStr for Judge {
    type Err = ScenarioError;
    fn from_str(text: &str) -> Result<Self, ScenarioError> {
        let found = Judge::ALL.into_iter().find(|judge| judge.name() == text);
        found.ok_or_else(|| ScenarioError::UnknownJudge(text.to_owned()))
    }
}

impl FromStr for Fault {
    type Err = ScenarioError;
    fn from_str(text: &str) -> Result<Self, ScenarioError> {
        let found = Fault::ALL.into_iter().find(|fault| fault.name() == text);
        found.ok_or_else(|| ScenarioError::UnknownFault(text.to_owned()))
    }
}
