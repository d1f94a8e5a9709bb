//! A run that breaks a claim, made shorter by steps and by members of the cast, as long as it breaks the claim.

use seal_model::access::{Access, Answer, Question};
use seal_model::claim::Claim;
use seal_model::scenario::Scenario;

use super::{Mailbox, Run, Turn};
use crate::error::Error;
use crate::explore::{Job, Refutation};
use crate::verdict::{Verdict, decide};

/// A run as what can be left out of it: who makes an access, in which order. A choice is no access: it is made just
/// before the next one, so that it may be asked for or not.
#[derive(Clone, Debug, Default)]
struct Moves {
    accesses: Vec<usize>,
    choices: Vec<(usize, Question, Answer)>,
}

/// A claim that is broken, in the scenario that it is broken in.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// What runs.
    pub scenario: Scenario,
    /// How.
    pub refutation: Refutation,
}

/// What is left when steps, members and whatever is unusual are left out for as long as the claim is still broken. In a
/// small cast it is the shortest run there is.
///
/// # Errors
/// As [`Run::turn`].
pub fn shrink(scenario: &Scenario, refutation: &Refutation) -> Result<Shrunk, Error> {
    let claim = refutation.claim;
    let mut best = Shrunk { scenario: scenario.clone(), refutation: refutation.clone() };
    loop {
        let before = size(&best);
        fewer_steps(&mut best, claim)?;
        fewer_members(&mut best, claim)?;
        plainer(&mut best, claim)?;
        if size(&best) == before {
            break;
        }
    }
    shortest(&mut best, claim)?;
    Ok(best)
}

/// Members beside the sealer, and pages, of a scenario that is explored after that.
const SMALL: (usize, u8) = (3, 2);
/// Bytes that this may take.
const MEMORY: usize = 1 << 29;

/// What is small enough by now is explored, so that no run is shorter; with one page if that will do, and without
/// whoever can be left out.
fn shortest(best: &mut Shrunk, claim: Claim) -> Result<(), Error> {
    let (members, pages) = SMALL;
    if best.scenario.cast().len() > members + 1 || best.scenario.pages > pages {
        return Ok(());
    }
    let mut one_page = best.scenario.clone();
    one_page.pages = 1;
    let _ = explored(best, one_page, claim)? || explored(best, best.scenario.clone(), claim)?;
    for actor in (1..best.scenario.cast().len()).rev() {
        explored(best, best.scenario.clone().without(actor), claim)?;
    }
    Ok(())
}

/// Take a scenario instead, if exploration refutes the claim there.
fn explored(best: &mut Shrunk, scenario: Scenario, claim: Claim) -> Result<bool, Error> {
    let Some(scenario) = scenario.validate().ok().filter(|scenario| claim.concerns(scenario)) else {
        return Ok(false);
    };
    let job = Job { claims: &[claim], max_memory: MEMORY, coverage: false, progress: None };
    let report = decide(&scenario, &job)?;
    let Some(Verdict::Refuted(refutation)) = report.verdict(claim) else { return Ok(false) };
    *best = Shrunk { refutation: refutation.clone(), scenario };
    Ok(true)
}

fn size(shrunk: &Shrunk) -> (usize, usize, Scenario) {
    let Shrunk { scenario, refutation } = shrunk;
    (refutation.steps.len(), scenario.cast().len(), scenario.clone())
}

/// Leave out steps: half of them, a quarter, and so on to one at a time.
fn fewer_steps(best: &mut Shrunk, claim: Claim) -> Result<(), Error> {
    let mut moves = Moves::of(best)?;
    let mut length = moves.accesses.len().div_ceil(2);
    while length > 0 {
        let mut from = 0;
        while from < moves.accesses.len() {
            let mut fewer = moves.clone();
            fewer.accesses.drain(from..(from + length).min(fewer.accesses.len()));
            match broken_by(&best.scenario, claim, &fewer)? {
                Some(found) if found.steps.len() < best.refutation.steps.len() => {
                    best.refutation = found;
                    moves = Moves::of(best)?;
                }
                _ => from += length,
            }
        }
        length /= 2;
    }
    Ok(())
}

/// Leave out members of the cast.
fn fewer_members(best: &mut Shrunk, claim: Claim) -> Result<(), Error> {
    for actor in (1..best.scenario.cast().len()).rev() {
        let Ok(scenario) = best.scenario.clone().without(actor).validate() else { continue };
        let moves = Moves::of(best)?.without(actor);
        accept(best, scenario, claim, &moves)?;
    }
    Ok(())
}

/// Changes that make a scenario more usual. Not each of them leaves one that is possible.
pub(crate) const PLAINER: [fn(&mut Scenario); 8] = [
    |scenario| scenario.pages -= 1,
    |scenario| scenario.folio = 1,
    |scenario| scenario.pin_weight = 1,
    |scenario| scenario.last_scan = 4,
    |scenario| scenario.allocation_may_fail = false,
    |scenario| scenario.signals = true,
    |scenario| scenario.early_flush = false,
    |scenario| scenario.children_first = false,
];

/// Leave out what is unusual about the scenario.
fn plainer(best: &mut Shrunk, claim: Claim) -> Result<(), Error> {
    for change in PLAINER {
        let mut scenario = best.scenario.clone();
        change(&mut scenario);
        if scenario != best.scenario
            && let Ok(scenario) = scenario.validate()
        {
            let moves = Moves::of(best)?;
            accept(best, scenario, claim, &moves)?;
        }
    }
    Ok(())
}

/// Take a scenario instead, if the moves break the claim there as well.
fn accept(best: &mut Shrunk, scenario: Scenario, claim: Claim, moves: &Moves) -> Result<(), Error> {
    if claim.concerns(&scenario)
        && let Some(refutation) = broken_by(&scenario, claim, moves)?
    {
        *best = Shrunk { scenario, refutation };
    }
    Ok(())
}

impl Moves {
    /// Those of a run, but for what the sealer does by itself at its end.
    fn of(shrunk: &Shrunk) -> Result<Self, Error> {
        let Shrunk { scenario, refutation } = shrunk;
        let most = refutation.alone_from.or(refutation.cycle_from).unwrap_or(refutation.steps.len());
        let mailboxes = Mailbox::of_cast(scenario);
        let (mut run, mut moves) = (Run::new(scenario, &mailboxes, &[]), Moves::default());
        for step in &refutation.steps[..most] {
            let actor = step.actor as usize;
            match run.asks(actor) {
                Some((Access::Choose(question), _)) => moves.choices.push((actor, question, step.answer)),
                _ => moves.accesses.push(actor),
            }
            run.turn(actor, |_| step.answer as usize)?;
        }
        Ok(moves)
    }

    /// Without one member of the cast; those behind it move up.
    fn without(self, actor: usize) -> Self {
        let moved_up = |who: usize| who - (who > actor) as usize;
        let accesses = self.accesses.into_iter().filter(|who| *who != actor).map(moved_up).collect();
        let choices = self.choices.into_iter().filter(|(who, ..)| *who != actor);
        let choices = choices.map(|(who, question, answer)| (moved_up(who), question, answer)).collect();
        Moves { accesses, choices }
    }
}

/// The run that some moves make, if it breaks the claim. Whoever can't move is passed over.
fn broken_by(scenario: &Scenario, claim: Claim, moves: &Moves) -> Result<Option<Refutation>, Error> {
    let mailboxes = Mailbox::of_cast(scenario);
    let mut run = Run::new(scenario, &mailboxes, &[claim]);
    let mut choices = moves.choices.clone();
    for &actor in &moves.accesses {
        choose(&mut run, actor, &mut choices)?;
        run.turn(actor, |_| 0)?;
        if run.broken.is_some() {
            return Ok(run.broken);
        }
    }
    for actor in 0..run.actors() {
        choose(&mut run, actor, &mut choices)?;
    }
    run.deadlocks();
    run.starves()?;
    Ok(run.broken)
}

/// Make the choices that an actor stands before, as they were made before, or else the first there is.
fn choose(
    run: &mut Run<'_>,
    actor: usize,
    choices: &mut Vec<(usize, Question, Answer)>,
) -> Result<(), Error> {
    while let (Some((Access::Choose(question), _)), None) = (run.asks(actor), &run.broken) {
        let made = choices.iter().position(|(who, asked, _)| (*who, *asked) == (actor, question));
        let answer = made.map_or(0, |made| choices.remove(made).2);
        if run.turn(actor, |answers| answer as usize % answers)? != Turn::Moved {
            break;
        }
    }
    Ok(())
}
