//! Under loom: every interleaving, in C11's memory model.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use loom::model::Builder;
use seal_model::access::{Access, Answer, Question};
use seal_model::claim::Claim;

use super::log::Log;
use super::memory::{Board, Chooser, Noticed};
use super::platform::Loom;
use super::sequence;
use super::tally::{End, Tally};
use super::{Engine, Findings, Limits, variables};
use super::{gave_up, no_thread};
use crate::error::Error;
use crate::explore::order::noticed::noticed;
use crate::explore::system::System;
use crate::outcome::outcome;
use crate::pool::locked;
use crate::trace::start::Cut;

/// Operations of one access, waiting included: loom takes an execution with more for endless.
const MOST_OPERATIONS: usize = 20;

/// The same of one execution: loom keeps room for so many.
const MOST_BRANCHES: usize = 1 << 20;

/// Logs that wait to be looked at.
const MOST_LOGS: usize = 64;

/// Ends loom's search from inside.
struct Stop;

/// Answers of the actors to open questions in one search: for each the answers to its first ones, and 0 to those
/// after them.
#[derive(Clone, Default)]
struct Answers(Vec<Vec<Answer>>);

/// How often each actor was asked at most, and what.
type Asked = Vec<Vec<Question>>;

pub(super) fn run(cut: &Arc<Cut>, claims: &[Claim], limits: &Limits) -> Result<Findings, Error> {
    let actors = cut.ghosts.len();
    if actors > loom::MAX_THREADS {
        return Err(Error::Engine(format!(
            "loom runs at most {} actors at once, the sealer included, and this cast has {actors}: use fewer, or \
             `--engine shuttle`",
            loom::MAX_THREADS
        )));
    }
    variables::refuse(Engine::Loom)?;
    let tally = Arc::new(Mutex::new(Tally::new(claims, limits)));
    let noticed = match claims {
        [] => None,
        _ => Some(Arc::new(noticed(&System::new(&cut.scenario)?, claims))),
    };
    let (sender, logs) = sync_channel(MOST_LOGS);
    let searched = std::thread::scope(|scope| {
        let judge = || logs.into_iter().for_each(|log| judge(cut, claims, &log, &tally));
        std::thread::Builder::new().spawn_scoped(scope, judge).map_err(|cause| no_thread(&cause))?;
        searches(&Search { cut, noticed, judge: sender, tally: &tally })
    });
    searched?;
    let mut findings = locked(&tally).findings(Engine::Loom)?;
    if let (Some(most), None, false) = (limits.preemptions, &findings.bounded, findings.refuted_all) {
        findings.bounded = Some(format!("{most} preemptions"));
    }
    Ok(findings)
}

/// Look at a run that is over.
fn judge(cut: &Arc<Cut>, claims: &[Claim], log: &Log, tally: &Mutex<Tally>) {
    let Some(mut books) = sequence::explain(cut, claims, &log.made()) else {
        return locked(tally).unexplained();
    };
    let mut left = log.left().peekable();
    if left.peek().is_some() && left.all(|access| books.answer(access).is_none()) {
        books.deadlocks();
    }
    let mut tally = locked(tally);
    books.error.take().into_iter().for_each(|error| tally.fails(error));
    tally.add(&books.broken, &books.seen, End::Outcome(books.view(outcome)));
}

/// Parts that the searches of one run share.
struct Search<'a> {
    cut: &'a Arc<Cut>,
    noticed: Option<Arc<Noticed>>,
    judge: SyncSender<Log>,
    tally: &'a Arc<Mutex<Tally>>,
}

/// Every search, one for each way to answer open questions.
fn searches(common: &Search<'_>) -> Result<(), Error> {
    let actors = common.cut.ghosts.len();
    let mut searches = vec![(Answers(vec![Vec::new(); actors]), 0)];
    while let Some((answers, first_open)) = searches.pop() {
        let asked = Arc::new(Mutex::new(vec![Vec::new(); actors]));
        if !search(common, &answers, &asked)? {
            return Ok(());
        }
        let asked = locked(&asked).clone();
        searches.extend(others(common.cut, &answers, first_open, &asked));
    }
    locked(common.tally).exhausted();
    Ok(())
}

/// The searches that are left to be made beside one: an answer that is not 0 to a question that was 0 by default.
/// Actors before `first_open` were varied already.
fn others(cut: &Cut, answers: &Answers, first_open: usize, asked: &Asked) -> Vec<(Answers, usize)> {
    let mut searches = Vec::new();
    for (actor, questions) in asked.iter().enumerate().skip(first_open) {
        let given = &answers.0[actor];
        for (number, question) in questions.iter().enumerate().skip(given.len()) {
            let possible = Access::Choose(*question).answers(&cut.scenario);
            for answer in possible.into_iter().filter(|answer| *answer != 0) {
                let mut other = answers.clone();
                other.0[actor].resize(number, 0);
                other.0[actor].push(answer);
                searches.push((other, actor));
            }
        }
    }
    searches
}

/// One search with fixed answers. False: a limit was hit, or there is nothing left to refute.
fn search(common: &Search<'_>, answers: &Answers, asked: &Arc<Mutex<Asked>>) -> Result<bool, Error> {
    let Search { cut, noticed, judge, tally } = common;
    let mut builder = Builder::new();
    builder.max_threads = loom::MAX_THREADS;
    let limits = locked(tally).limits;
    builder.max_branches = limits.steps.saturating_mul(MOST_OPERATIONS).clamp(MOST_OPERATIONS, MOST_BRANCHES);
    builder.preemption_bound = limits.preemptions;
    // loom takes its own limits for success: none of them
    builder.max_permutations = None;
    builder.max_duration = None;
    builder.checkpoint_file = None;
    let chooser = chooser(answers.clone(), Arc::clone(asked));
    let (cut, noticed, tally_inside) = (Arc::clone(cut), noticed.clone(), Arc::clone(tally));
    let judge = Mutex::new(judge.clone());
    let execution = move || {
        if !locked(&tally_inside).goes_on() {
            resume_unwind(Box::new(Stop));
        }
        locked(&tally_inside).begin();
        let board = Arc::new(Board::<Loom>::new(
            &cut,
            Arc::clone(&chooser),
            noticed.as_ref(),
            Some(locked(&judge).clone()),
            &tally_inside,
        ));
        let mut moving = cut.moving();
        let first = moving.next();
        for actor in moving {
            let board = Arc::clone(&board);
            loom::thread::spawn(move || board.run(actor));
        }
        first.into_iter().for_each(|actor| board.run(actor));
    };
    match catch_unwind(AssertUnwindSafe(|| builder.check(execution))) {
        Ok(()) => Ok(true),
        Err(payload) if payload.is::<Stop>() => Ok(false),
        Err(payload) => Err(gave_up("loom", &*payload)),
    }
}

fn chooser(answers: Answers, asked: Arc<Mutex<Asked>>) -> Arc<Chooser> {
    Arc::new(move |actor, question, number| {
        let mut asked = locked(&asked);
        if asked[actor].len() == number {
            asked[actor].push(question);
        }
        answers.0[actor].get(number).copied().unwrap_or(0)
    })
}
