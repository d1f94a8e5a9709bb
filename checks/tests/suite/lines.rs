//! One scenario, one line: whatever can be built is what its line says, in whatever order the line says it.

use seal_checks::review::plan::{Plan, Size};
use seal_checks::walk::case::{Case, Field};
use seal_model::fault::{CallFault, Fault};
use seal_model::scenario::{
    Actor, BatchOrder, GupGuard, Place, Program, ReclaimProgram, Scenario, ScenarioError, Seal, Strategy,
    WriterProgram,
};
use seal_model::sealer::judge::Judge;

/// splitmix64: the same numbers in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((mixed ^ (mixed >> 31)) >> 32) as usize) % end
    }
}

/// Every actor with every program at every page, and some that no line can say: the types allow them.
fn actors() -> Vec<Actor> {
    let mut programs = vec![Program::ForEver, Program::Hold, Program::Mlock, Program::Force];
    for operations in 0..=5 {
        programs.extend([false, true].map(|mapped| Program::InTurn { operations, mapped }));
    }
    let mut actors = vec![Actor::Sealer];
    for at in [None, Some(0), Some(1), Some(2), Some(3), Some(4), Some(255)] {
        actors.extend(programs.iter().map(|&program| Actor::Mapper { program, at }));
        actors.extend([
            Actor::BatchedMapper { order: BatchOrder::MapsFirst, at },
            Actor::BatchedMapper { order: BatchOrder::RefsFirst, at },
            Actor::Forker { at },
            Actor::Writer { program: WriterProgram::Store, at },
            Actor::Writer { program: WriterProgram::Mprotect, at },
            Actor::StaleWriter { at },
            Actor::Pinner { at },
            Actor::FastPinner { guard: GupGuard::Recheck, at },
            Actor::FastPinner { guard: GupGuard::InterruptsOff, at },
            Actor::LookupPinner { locked: true, at },
            Actor::LookupPinner { locked: false, at },
            Actor::Reader { at },
            Actor::Recipient { at },
            Actor::FileWriter { at },
            Actor::LruBatch { local: false, at },
            Actor::LruBatch { local: true, at },
            Actor::Reclaim { program: ReclaimProgram::Once, at },
            Actor::Reclaim { program: ReclaimProgram::Freeze, at },
            Actor::Reclaim { program: ReclaimProgram::ForEver, at },
            Actor::Truncate { at },
        ]);
    }
    actors
}

/// Read, written, and read again, with every part in another place: the same.
fn is_its_line(scenario: &Scenario, chance: &mut Chance) {
    let line = scenario.to_string();
    let read = line.parse::<Scenario>().unwrap_or_else(|error| panic!("{line}: {error}"));
    assert_eq!(read, *scenario, "{line}");
    assert_eq!(read.to_string(), line);
    let other = in_another_order(&line, chance);
    let read = other.parse::<Scenario>().unwrap_or_else(|error| panic!("{other}: {error}"));
    assert_eq!(read, *scenario, "{other}");
}

/// The parts of a line in another order, the members of the cast among themselves in theirs: they are numbered by it.
fn in_another_order(line: &str, chance: &mut Chance) -> String {
    let (strategy, parts) = line.split_once(';').expect("a judge at least");
    let mut cast = parts.split(';').filter(|part| part.starts_with("with="));
    let mut parts: Vec<&str> = parts.split(';').collect();
    for left in (1..parts.len()).rev() {
        parts.swap(left, chance.below(left + 1));
    }
    let placed = parts
        .into_iter()
        .map(|part| if part.starts_with("with=") { cast.next().expect("as many as before") } else { part });
    format!("{strategy};{}", placed.collect::<Vec<_>>().join(";"))
}

/// Numbers beyond their ranges among them, and places of nobody: what is refused has no line.
fn built(actors: &[Actor], chance: &mut Chance) -> Scenario {
    let mut scenario = Scenario::new(Strategy::ALL[chance.below(Strategy::ALL.len())]);
    if chance.below(2) == 0 {
        scenario.judge = Judge::ALL[chance.below(Judge::ALL.len())];
    }
    let judges: Vec<Judge> =
        Judge::ALL.into_iter().filter(|judge| scenario.strategy.allows(*judge)).collect();
    if chance.below(4) > 0 {
        scenario.judge = judges[chance.below(judges.len())];
    }
    scenario.pages = 1 + chance.below(4) as u8;
    for _ in 0..chance.below(5) {
        scenario = scenario.with(actors[chance.below(actors.len())]);
    }
    if chance.below(3) == 0 {
        scenario.folio = chance.below(6) as u8;
    }
    if chance.below(3) == 0 {
        scenario.pin_weight = chance.below(10) as u8;
        scenario.last_scan = chance.below(10) as u8;
    }
    scenario.seal = Seal::ALL[chance.below(Seal::ALL.len())];
    let mut flag = || chance.below(2) == 0;
    (scenario.allocation_may_fail, scenario.signals) = (flag(), flag());
    (scenario.early_flush, scenario.children_first) = (flag(), flag());
    if chance.below(2) == 0 {
        scenario = scenario.with_fault(Fault::ALL[chance.below(Fault::ALL.len())]);
    }
    scenario.call_fault = CallFault::ALL.get(chance.below(CallFault::ALL.len() * 30)).copied();
    let kinds = ["page-count", "slot", "set-pte", "page-count", "lock-page", "", "Slot", "a;b", "a+b"];
    for _ in 0..chance.below(8).saturating_sub(5) {
        let actor = chance.below(scenario.cast().len() + 1) as u8;
        let before = kinds[chance.below(kinds.len())].to_owned();
        scenario.from.push(Place { actor, before, nth: chance.below(4) as u8 });
    }
    scenario
}

#[test]
fn every_scenario_that_is_possible_is_its_line() {
    let (actors, mut chance) = (actors(), Chance(1));
    let (mut possible, mut refused) = (0, 0);
    for _ in 0..60_000 {
        match built(&actors, &mut chance).validate() {
            Ok(scenario) => {
                possible += 1;
                is_its_line(&scenario, &mut chance);
            }
            Err(error) => {
                refused += 1;
                assert!(!error.to_string().is_empty());
            }
        }
    }
    assert!(possible > 5_000 && refused > 5_000, "{possible} possible, {refused} refused");
}

/// Each actor by itself, behind a writer, so that it may be a thread of one, in files and folios of every size.
#[test]
fn every_actor_that_is_possible_is_in_its_line() {
    let mut chance = Chance(2);
    let mut possible = std::collections::BTreeSet::new();
    for actor in actors() {
        for (pages, folio) in (1..=4).flat_map(|pages| (1..=4).map(move |folio| (pages, folio))) {
            let writer = Actor::Writer { program: WriterProgram::Store, at: None };
            let mut scenario = Scenario::new(Strategy::Wait).with(writer).with(actor);
            (scenario.pages, scenario.folio) = (pages, folio);
            if let Ok(scenario) = scenario.validate() {
                is_its_line(&scenario, &mut chance);
                possible.insert(scenario.cast()[2]);
            }
        }
    }
    // 12 programs of a mapper and 20 others at each of four pages; at any page all but those that have one at the
    // start: four mappers that zap first, hold, mlock, the forker and two batches; and the sealer
    assert_eq!(possible.len(), 4 * (12 + 20) + (12 + 20 - 9) + 1, "{possible:?}");
}

#[test]
fn every_scenario_of_the_plan_and_of_the_faults_is_its_line() {
    let mut chance = Chance(3);
    let plan = Plan::new(Size::Full).expect("the plan names possible scenarios");
    let jobs = plan.jobs();
    assert!(jobs.len() > 1_000);
    jobs.iter().for_each(|(scenario, _)| is_its_line(scenario, &mut chance));
    for fault in Fault::ALL {
        let scenario: Scenario = fault.slip().shown_in.parse().expect("a possible scenario");
        is_its_line(&scenario.with_fault(fault), &mut chance);
    }
}

#[test]
fn every_scenario_of_bytes_is_its_line() {
    let mut chance = Chance(4);
    for field in [Field::All, Field::Repaired] {
        for _ in 0..5_000 {
            let bytes: Vec<u8> = (0..24).map(|_| chance.below(256) as u8).collect();
            is_its_line(&Case::decode(&bytes, field).scenario, &mut chance);
        }
    }
}

/// The size of folios follows from the cast where none is given; and one that is given is what it says.
#[test]
fn a_folio_is_what_the_line_says_wherever_it_says_it() {
    let read = |text: &str| text.parse::<Scenario>();
    for (given, folio) in [("", 2), ("folio=2", 2), ("folio=3", 3)] {
        for line in [
            format!("wait;{given};with=pinner;with=batched-mapper"),
            format!("wait;with=pinner;{given};with=batched-mapper"),
            format!("wait;with=pinner;with=batched-mapper;{given}"),
        ] {
            let line = line.replace(";;", ";");
            assert_eq!(read(line.trim_end_matches(';')).map(|read| read.folio), Ok(folio), "{line}");
        }
    }
    let batch = Actor::BatchedMapper { order: BatchOrder::MapsFirst, at: None };
    for line in ["wait;folio=1;with=batched-mapper", "wait;with=batched-mapper;folio=1"] {
        assert_eq!(read(line), Err(ScenarioError::BatchOfOne(batch)), "{line}");
    }
    let mut small = Scenario::new(Strategy::Wait).with(batch);
    assert_eq!(small.folio, 2);
    small.folio = 1;
    assert_eq!(small.validate(), Err(ScenarioError::BatchOfOne(batch)));
}

#[test]
fn what_is_said_twice_or_not_at_all_is_refused() {
    let all = "wait;judge=snapshot;pages=2;seal=exec;folio=2;pin-weight=2;last-scan=1;enomem;no-signals;early-flush;\
               children-first;fault=skip-deny;from=sealer:slot";
    assert!(all.parse::<Scenario>().is_ok());
    for part in all.split(';').skip(1) {
        let key = part.split('=').next().unwrap_or_default();
        let twice = format!("{all};{part}");
        assert_eq!(twice.parse::<Scenario>(), Err(ScenarioError::Twice(key.to_owned())), "{twice}");
    }
    for (line, error) in [
        ("wait;", "no empty part"),
        ("wait;;pages=1", "no empty part"),
        (";wait", "no strategy is named ``"),
        ("wait; pages=1", "can't hold ` pages=1`"),
        ("wait;pages= 1", "can't hold `pages= 1`"),
        ("wait;pages=", "can't hold `pages=`"),
        ("wait;pages=01", "can't hold `pages=01`"),
        ("wait;pages=+1", "can't hold `pages=+1`"),
        ("wait;pages", "can't hold `pages`"),
        ("wait;enomem=1", "can't hold `enomem=1`"),
        ("wait;enomem=", "can't hold `enomem=`"),
        ("wait;=1", "can't hold `=1`"),
        ("wait;judge=", "no judge is named ``"),
        ("wait;fault=", "no fault is named ``"),
        ("wait;seal=", "no seal is named ``"),
        ("wait;with=", "no actor is written ``"),
        ("wait;with", "can't hold `with`"),
        ("wait;with=mapper:", "a mapper can't run ``"),
        ("wait;with=mapper:fault+zap:loop", "a mapper can't run `fault+zap:loop`"),
        ("wait;with=mapper:hold+mlock", "a mapper can't run `hold+mlock`"),
        ("wait;with=mapper@0@0", "no actor is written `mapper@0@0`"),
        ("wait;with=mapper@", "no actor is written `mapper@`"),
        ("wait;with=mapper@00", "no actor is written `mapper@00`"),
        ("wait;with=mapper:hold@0", "a mapper can't run `hold@0`"),
        ("wait;with=reclaim:freeze:loop", "no actor is written `reclaim:freeze:loop`"),
        ("wait;from=", "`` is no place"),
        ("wait;from=sealer:slot*01", "is no place"),
    ] {
        let said = line.parse::<Scenario>().map(|read| read.to_string()).expect_err(line).to_string();
        assert!(said.contains(error), "{line}: {said}");
    }
}
