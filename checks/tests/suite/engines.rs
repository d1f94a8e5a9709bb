//! shuttle and threads: what chance finds, and that no thread of this machine does what is not allowed.

use std::fmt::Write;
use std::time::Duration;

use crate::common::quotes::assert_shown;
use seal_checks::engine::{Engine, Limits, Scheduler, run};
use seal_checks::explore::system::{MOST_WORDS, State, System};
use seal_checks::outcome::allowed;
use seal_checks::review::behaviours::{BEHAVIOURS, Behaviour};
use seal_checks::review::engines::EngineReview;
use seal_checks::trace::Trace;
use seal_checks::verdict::Verdict;
use seal_model::claim::Claim;
use seal_model::scenario::Scenario;

fn scenario(text: &str) -> Scenario {
    text.parse().expect("a possible scenario")
}

/// The refutations that the manifest says PCT finds, it finds again, with a run that the source makes.
#[test]
fn pct_finds_what_the_manifest_says() {
    let limits = Limits { executions: Some(20_000), scheduler: Scheduler::Pct(3), ..Limits::default() };
    let expected = EngineReview::checked_in().expect("a readable manifest");
    for behaviour in BEHAVIOURS {
        let scenario = behaviour.scenario().expect("a possible scenario");
        let found = run(Engine::Shuttle, &scenario, &[behaviour.claim], &limits).expect("shuttle can run it");
        let refuted = matches!(found.verdict(behaviour.claim), Verdict::Refuted(_));
        assert_eq!(expected.verdicts(behaviour.name)["pct"] == "refuted", refuted, "{}", behaviour.name);
        for broken in &found.broken {
            let trace = Trace::of_steps(&scenario, &broken.steps)
                .expect("shuttle's memory is sequentially consistent");
            assert!(trace.steps.iter().any(|step| step.breaks.contains(&broken.claim)));
        }
    }
}

/// Executions of a scheduler and a seed, of a behaviour that is refuted; of one that holds, a tenth.
const MOST: usize = 20_000;
const SEEDS: [u64; 3] = [1, 2, 3];

/// The first executions that refute a behaviour, one for each seed; or none.
fn firsts(behaviour: &Behaviour, scheduler: Scheduler, most: usize) -> Vec<Option<usize>> {
    let scenario = behaviour.scenario().expect("a possible scenario");
    let first = |seed| {
        let limits = Limits { seed, scheduler, executions: Some(most), ..Limits::default() };
        let found = run(Engine::Shuttle, &scenario, &[behaviour.claim], &limits).expect("shuttle can run it");
        found.broken.first().map(|broken| broken.first)
    };
    SEEDS.into_iter().map(first).collect()
}

/// The table of the book: schedulers beside each other on every behaviour.
#[test]
#[ignore = "a minute: 20,000 executions wherever a scheduler finds nothing"]
fn schedulers_beside_each_other() {
    let schedulers = [Scheduler::Random, Scheduler::Uniform, Scheduler::Pct(3)];
    let names = schedulers.map(|scheduler| format!("`{}`", scheduler.name()));
    let mut table = format!("| behaviour | {} |\n|---|---|---|---|", names.join(" | "));
    let expected = EngineReview::checked_in().expect("a readable manifest");
    for behaviour in BEHAVIOURS {
        let refuted = expected.verdicts(behaviour.name)["explicit"] == "refuted";
        let most = if refuted { MOST } else { MOST / 10 };
        let found = schedulers.map(|scheduler| firsts(&behaviour, scheduler, most));
        if !refuted {
            assert!(found.iter().flatten().all(Option::is_none), "{}: {found:?}", behaviour.name);
            continue;
        }
        let cell = |firsts: &Vec<Option<usize>>| {
            let texts =
                firsts.iter().map(|first| first.map_or_else(|| "-".to_owned(), |first| first.to_string()));
            texts.collect::<Vec<_>>().join(", ")
        };
        let _ = write!(
            table,
            "\n| {} | {} |",
            behaviour.name.replace('_', " "),
            found.each_ref().map(cell).join(" | ")
        );
    }
    assert_shown("docs/src/engines.md", "schedulers", &table);
}

/// Both strategies as posted, from the start: no cut helps.
#[test]
fn pct_refutes_both_strategies_as_posted_from_the_start() {
    for strategy in ["wait-2014", "isolate-2014"] {
        let scenario = scenario(&format!("{strategy};with=pinner;with=mapper:fault"));
        let limits = Limits { executions: Some(50_000), scheduler: Scheduler::Pct(3), ..Limits::default() };
        let found =
            run(Engine::Shuttle, &scenario, &[Claim::NoWritablePin], &limits).expect("shuttle can run it");
        assert_eq!(found.broken.len(), 1, "{strategy}");
    }
}

/// The same seed, the same run; another one, another.
#[test]
fn a_seed_decides() {
    let scenario =
        scenario("wait-2014;with=pinner;with=mapper:fault;from=pinner:device-writes+sealer:inode-lock");
    let first = |seed| {
        let limits = Limits { seed, executions: Some(50_000), ..Limits::default() };
        let found =
            run(Engine::Shuttle, &scenario, &[Claim::NoWritablePin], &limits).expect("shuttle can run it");
        found.broken.first().map(|broken| (broken.first, broken.steps.clone()))
    };
    assert!(first(1).is_some());
    assert_eq!(first(1), first(1));
    assert_ne!(first(1), first(2));
    // everybody in turn: what is left to chance is what the model leaves open
    let ends = |seed| {
        let limits =
            Limits { seed, executions: Some(40), scheduler: Scheduler::RoundRobin, ..Limits::default() };
        run(Engine::Shuttle, &scenario, &[], &limits).expect("shuttle can run it").outcomes
    };
    assert_eq!(ends(1), ends(1));
    assert_ne!(ends(1), ends(2));
}

const CHANCE: [Scheduler; 4] =
    [Scheduler::Random, Scheduler::Uniform, Scheduler::Pct(3), Scheduler::RoundRobin];

/// A search by chance never holds, however long, and however few actors there are to choose from.
#[test]
fn chance_never_holds() {
    let one = "wait;last-scan=0;no-signals;with=sealer;from=sealer1:inode-unlock+sealer2:inode-lock";
    for text in ["wait;with=mapper:fault", "isolate;last-scan=0;no-signals;with=reader@0", one] {
        for scheduler in CHANCE {
            let limits = Limits { executions: Some(200), scheduler, ..Limits::default() };
            let found = run(Engine::Shuttle, &scenario(text), &[Claim::CountLaw], &limits)
                .expect("shuttle can run it");
            assert_eq!(found.bounded.as_deref(), Some("200 executions"), "{text} {scheduler:?}");
            assert_eq!((found.executions, found.broken.len()), (200, 0), "{text} {scheduler:?}");
        }
    }
}

/// The runs that there are from a state on, by the automata.
fn runs(system: &System, state: &State<MOST_WORDS>) -> usize {
    let mut ahead = Vec::new();
    system.successors(state, |_, next| ahead.push(next)).expect("within bounds");
    ahead.iter().map(|next| runs(system, next)).sum::<usize>().max(1)
}

/// One after the other, shuttle makes every run once, whatever the model leaves open: as many as the automata have.
/// Then a claim holds. One execution less, and it does not.
#[test]
fn depth_first_makes_every_run_once() {
    for text in [
        "wait;last-scan=0;no-signals;with=reader;from=sealer:seals-set+reader:put-page",
        "wait;last-scan=1;with=sealer;from=sealer1:seals+sealer2:inode-lock",
        "isolate;enomem;with=pinner;from=pinner:device-writes+sealer:unlock-page",
        "wait;last-scan=0;no-signals;with=mapper:fault;from=sealer:unlock-page+mapper:lock-page",
        "wait;last-scan=0;no-signals;with=file-writer;with=reader;from=sealer:inode-unlock+reader:read-page",
    ] {
        let scenario = scenario(text);
        let system = System::new(&scenario).expect("small");
        let expected = runs(&system, &system.initial().expect("a start"));
        let limits = Limits { scheduler: Scheduler::DepthFirst, ..Limits::default() };
        let claims = [Claim::CountLaw, Claim::NoDeadlock];
        let found = run(Engine::Shuttle, &scenario, &claims, &limits).expect("shuttle can run it");
        assert_eq!((found.executions, &found.bounded), (expected, &None), "{text}");
        let limits = Limits { executions: Some(expected - 1), ..limits };
        let found = run(Engine::Shuttle, &scenario, &claims, &limits).expect("shuttle can run it");
        assert_eq!(found.bounded, Some(format!("{} executions", expected - 1)), "{text}");
    }
}

/// A step is one access: of two stores none is lost, and no claim is looked at while an actor is in the middle of one.
#[test]
fn shuttle_refutes_nothing_that_is_proved() {
    for (text, claim) in [
        ("wait;with=writer;with=writer", Claim::ReadsSeeWrites),
        ("wait;with=lookup-pinner:unlocked", Claim::IoLands),
        ("wait;with=forker;with=forker", Claim::NoDeadlock),
    ] {
        for (scheduler, executions) in CHANCE.into_iter().zip([1_000, 200, 200, 200]) {
            let limits = Limits { executions: Some(executions), scheduler, ..Limits::default() };
            let found = run(Engine::Shuttle, &scenario(text), &[claim], &limits).expect("shuttle can run it");
            assert!(found.broken.is_empty(), "{text} {scheduler:?}: {:?}", found.broken);
        }
    }
}

/// Every refutation is a run of the source under sequential consistency, and its last step breaks the claim.
#[test]
fn what_shuttle_refutes_is_a_run_that_breaks_it() {
    let mut refuted = 0;
    for text in [
        "isolate-2014;with=pinner;with=mapper:fault+zap",
        "wait-2014;with=lookup-pinner:unlocked;with=reader",
        "isolate;fault=forget-unlock;with=pinner;with=mapper:fault",
        "wait;fault=skip-deny;with=writer;with=sealer",
    ] {
        let scenario = scenario(text);
        let asked: Vec<Claim> =
            Claim::concerning(&scenario).into_iter().filter(|&claim| Engine::Shuttle.judges(claim)).collect();
        let limits = Limits { executions: Some(1_500), ..Limits::default() };
        let found = run(Engine::Shuttle, &scenario, &asked, &limits).expect("shuttle can run it");
        for broken in &found.broken {
            let trace = Trace::of_steps(&scenario, &broken.steps).expect("one access is one step");
            let last = trace.steps.last().expect("it has steps");
            let breaks = last.breaks.contains(&broken.claim);
            assert!(
                breaks || (broken.claim == Claim::NoDeadlock && trace.deadlock),
                "{text}: {}",
                broken.claim.name()
            );
            refuted += 1;
        }
    }
    assert!(refuted > 5, "{refuted} refutations");
}

/// A program that never ends is cut short, by steps or by time, and the verdict says so.
#[test]
fn a_program_without_end_is_cut_short() {
    let scenario = scenario("wait;with=mapper:loop");
    for scheduler in CHANCE.into_iter().chain([Scheduler::DepthFirst]) {
        let limits = Limits { executions: Some(3), steps: 500, scheduler, ..Limits::default() };
        let found = run(Engine::Shuttle, &scenario, &[Claim::CountLaw], &limits).expect("shuttle can run it");
        assert_eq!(found.bounded.as_deref(), Some("3 executions"));
        let limits =
            Limits { executions: None, steps: usize::MAX, time: Some(Duration::from_millis(50)), ..limits };
        let found = run(Engine::Shuttle, &scenario, &[Claim::CountLaw], &limits).expect("shuttle can run it");
        assert_eq!(found.bounded.as_deref(), Some("0.05 s, after 1 executions"), "{scheduler:?}");
    }
    // the search is complete, and each of its runs was cut short
    let few = "wait;last-scan=0;no-signals;with=reader;from=sealer:seals-set+reader:put-page";
    let limits = Limits { steps: 2, scheduler: Scheduler::DepthFirst, ..Limits::default() };
    let found = run(Engine::Shuttle, &few.parse().expect("a possible scenario"), &[Claim::CountLaw], &limits)
        .expect("short");
    assert_eq!(found.bounded.as_deref(), Some("2 steps, which 3 executions took"));
}

/// Threads of this machine come to allowed ends only, wherever x86 or a stronger machine runs this.
#[test]
fn threads_come_to_allowed_ends_only() {
    let mut seen = 0;
    for behaviour in BEHAVIOURS {
        let scenario = behaviour.scenario().expect("a possible scenario");
        let limits = Limits { executions: Some(2_000), ..Limits::default() };
        let found = run(Engine::Threads, &scenario, &[], &limits).expect("threads can run it");
        let allowed = allowed(&scenario).expect("small");
        for outcome in found.outcomes.keys() {
            let weak = behaviour.name.ends_with("where_loads_are_reordered") && !cfg!(target_arch = "x86_64");
            assert!(weak || allowed.contains(outcome), "{}: {outcome}", behaviour.name);
        }
        assert_eq!(found.outcomes.values().sum::<usize>(), 2_000);
        seen += found.outcomes.len();
    }
    assert!(seen > BEHAVIOURS.len(), "threads that never interfere show nothing");
}
