//! shuttle and threads: what chance finds, and that no thread of this machine does what is not allowed.

use seal_checks::engine::{Engine, Limits, Scheduler, run};
use seal_checks::outcome::allowed;
use seal_checks::review::behaviours::BEHAVIOURS;
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

/// A search by chance never holds, however long.
#[test]
fn chance_never_holds() {
    let scenario = scenario("wait;with=mapper:fault");
    for scheduler in [Scheduler::Random, Scheduler::Pct(2), Scheduler::RoundRobin, Scheduler::DepthFirst] {
        let limits = Limits { executions: Some(200), scheduler, ..Limits::default() };
        let found = run(Engine::Shuttle, &scenario, &[Claim::CountLaw], &limits).expect("shuttle can run it");
        assert!(matches!(found.verdict(Claim::CountLaw), Verdict::Undecided(_)), "{scheduler:?}");
        assert!(found.executions > 0, "{scheduler:?}");
    }
    // nor one that tried every order: what the model leaves open was chosen by chance
    let few: Scenario = "wait;last-scan=0;no-signals;with=reader;from=sealer:seals-set+reader:put-page"
        .parse()
        .expect("a possible scenario");
    let limits = Limits { executions: Some(20_000), scheduler: Scheduler::DepthFirst, ..Limits::default() };
    let found = run(Engine::Shuttle, &few, &[Claim::CountLaw], &limits).expect("shuttle can run it");
    assert!((1..20_000).contains(&found.executions), "{} executions", found.executions);
    assert_eq!(
        found.verdict(Claim::CountLaw),
        Verdict::Undecided(format!("{} executions", found.executions))
    );
}

/// What threads of this machine come to is allowed, wherever x86 or a stronger machine runs this.
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
