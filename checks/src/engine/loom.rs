//! Under loom: every interleaving, in C11's memory model.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex};

use loom::model::Builder;
use seal_model::access::{Access, Answer, Question};
use seal_model::claim::Claim;

use super::memory::{Board, Chooser};
use super::platform::Loom;
use super::tally::Tally;
use super::{Engine, Findings, Limits, gave_up};
use crate::cut::Cut;
use crate::error::Error;
use crate::pool::locked;

/// Operations in one execution, above which loom takes it for endless.
const MOST_BRANCHES: usize = 20_000;

/// Ends loom's search from inside.
struct Stop;

/// What the actors answer to open questions in one search: for each the answers to its first ones, and 0 to those
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
    let tally = Arc::new(Mutex::new(Tally::new(claims, limits)));
    let mut searches = vec![(Answers(vec![Vec::new(); actors]), 0)];
    while let Some((answers, first_open)) = searches.pop() {
        let asked = Arc::new(Mutex::new(vec![Vec::new(); actors]));
        if !search(cut, limits.preemptions, &answers, &asked, &tally)? {
            searches.clear();
            break;
        }
        let asked = locked(&asked).clone();
        searches.extend(others(cut, &answers, first_open, &asked));
        if searches.is_empty() {
            locked(&tally).exhausted();
        }
    }
    let mut findings = locked(&tally).findings(Engine::Loom)?;
    if let (Some(most), None) = (limits.preemptions, &findings.bounded) {
        findings.bounded = Some(format!("{most} preemptions"));
    }
    Ok(findings)
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
fn search(
    cut: &Arc<Cut>,
    preemptions: Option<usize>,
    answers: &Answers,
    asked: &Arc<Mutex<Asked>>,
    tally: &Arc<Mutex<Tally>>,
) -> Result<bool, Error> {
    let mut builder = Builder::new();
    builder.max_threads = loom::MAX_THREADS;
    builder.max_branches = MOST_BRANCHES;
    builder.preemption_bound = preemptions;
    // loom takes its own limits for success: none of them
    builder.max_permutations = None;
    builder.max_duration = None;
    builder.checkpoint_file = None;
    let chooser = chooser(answers.clone(), Arc::clone(asked));
    let (cut, tally_inside) = (Arc::clone(cut), Arc::clone(tally));
    let execution = move || {
        if !locked(&tally_inside).goes_on() {
            resume_unwind(Box::new(Stop));
        }
        locked(&tally_inside).begin();
        let board = Arc::new(Board::<Loom>::new(&cut, Arc::clone(&chooser), &tally_inside));
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
