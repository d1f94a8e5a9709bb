//! What a review asks: casts in the one-line form of scenarios, each explored with every strategy.

use seal_model::claim::{Claim, Kind};
use seal_model::scenario::{Scenario, ScenarioError, Strategy};
use seal_model::sealer::judge::Judge;

use super::casts::{
    ADDED, BASE, CHOICES, Choice, EDGES, EDGES_OF, FOUND, FULL, MOVERS, QUICK, WITH_RECLAIM,
    WITH_RECLAIM_FULL,
};

/// How much to ask.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Size {
    /// Seconds.
    Quick,
    /// Minutes: larger casts, modelling choices, and which actor matters to which claim.
    Full,
}

/// A strategy in several casts, with every judge that its source leaves open.
#[derive(Clone, Debug)]
pub struct Group {
    /// The strategy.
    pub strategy: Strategy,
    /// The scenarios it is explored in.
    pub scenarios: Vec<Scenario>,
    /// Those with reclaim.
    pub with_reclaim: Vec<Scenario>,
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

/// A modelling choice, with a strategy: what changes if it is made otherwise?
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What is chosen.
    pub choice: &'static Choice,
    /// The strategy.
    pub strategy: Strategy,
    /// The same cast, chosen one way and the other.
    pub scenarios: [Scenario; 2],
}

/// A strategy in a cast with one member more.
#[derive(Clone, Debug)]
pub struct Addition {
    /// Who is added.
    pub added: &'static str,
    /// The strategy.
    pub strategy: Strategy,
    /// Without and with.
    pub scenarios: [Scenario; 2],
}

/// All that a review asks.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How much.
    pub size: Size,
    /// Strategies against claims.
    pub groups: Vec<Group>,
    /// Judges against movers.
    pub judges: Vec<JudgeRow>,
    /// Modelling choices.
    pub comparisons: Vec<Comparison>,
    /// Members of the cast, one at a time.
    pub additions: Vec<Addition>,
    /// Casts that a fuzzer asked for.
    pub found: Vec<Scenario>,
    /// Small casts that reach what no other so small does.
    pub edges: Vec<Scenario>,
}

impl Plan {
    /// The plan of a size.
    ///
    /// # Errors
    /// Never, unless the plan itself names an impossible scenario.
    pub fn new(size: Size) -> Result<Self, ScenarioError> {
        let full = size == Size::Full;
        let groups = Strategy::ALL.into_iter().map(|strategy| group(strategy, size));
        let judges = [Strategy::Wait, Strategy::Isolate]
            .into_iter()
            .flat_map(|strategy| Judge::ALL.into_iter().map(move |judge| judge_row(strategy, judge)));
        let compared = CHOICES.iter().filter(|_| full).flat_map(|choice| {
            Strategy::ALL
                .into_iter()
                .map(move |strategy| compare(choice, strategy))
                .filter_map(Result::transpose)
        });
        let added = ADDED
            .iter()
            .filter(|_| full)
            .flat_map(|added| Strategy::ALL.into_iter().map(move |strategy| addition(added, strategy)));
        let found = FOUND.iter().filter(|_| full).flat_map(|cast| {
            Strategy::ALL.into_iter().map(move |strategy| scenario(strategy, strategy.default_judge(), cast))
        });
        let edges = EDGES.iter().filter(|_| full).flat_map(|cast| {
            Strategy::ALL.into_iter().map(move |strategy| scenario(strategy, strategy.default_judge(), cast))
        });
        let edges = edges.chain(EDGES_OF.iter().filter(|_| full).map(|line| line.parse()));
        Ok(Plan {
            size,
            edges: edges.collect::<Result<_, _>>()?,
            found: found.collect::<Result<_, _>>()?,
            groups: groups.collect::<Result<_, _>>()?,
            judges: judges.collect::<Result<_, _>>()?,
            comparisons: compared.collect::<Result<_, _>>()?,
            additions: added.collect::<Result<_, _>>()?,
        })
    }

    /// Whether the plan is that of the full review.
    pub fn is_full(&self) -> bool {
        self.size == Size::Full
    }

    /// Every scenario once, with the claims it is asked.
    pub fn jobs(&self) -> Vec<(Scenario, Vec<Claim>)> {
        let mut jobs: Vec<(Scenario, Vec<Claim>)> = Vec::new();
        let mut add = |scenario: &Scenario, asked: Vec<Claim>| match jobs
            .iter_mut()
            .find(|(known, _)| known == scenario)
        {
            Some((_, claims)) => claims.extend(asked),
            None => jobs.push((scenario.clone(), asked)),
        };
        let groups = self.groups.iter().flat_map(|group| group.scenarios.iter().chain(&group.with_reclaim));
        let comparisons = self.comparisons.iter().flat_map(|comparison| &comparison.scenarios);
        let additions = self.additions.iter().flat_map(|addition| &addition.scenarios);
        groups
            .chain(comparisons)
            .chain(additions)
            .chain(&self.found)
            .chain(&self.edges)
            .for_each(|scenario| add(scenario, asked(scenario)));
        let judged = self.judges.iter().flat_map(|row| &row.scenarios);
        judged.for_each(|scenario| add(scenario, JUDGED.to_vec()));
        for (_, claims) in &mut jobs {
            claims.sort();
            claims.dedup();
        }
        jobs
    }
}

/// What a judge is asked, and that its counts add up.
const JUDGED: [Claim; 2] = [Claim::NoWritablePin, Claim::CountLaw];

/// The claims that a scenario is asked: all that speak of it, but progress only of small casts. A larger one has
/// no other reasons to wait.
fn asked(scenario: &Scenario) -> Vec<Claim> {
    let small = scenario.cast().len() <= 3 && scenario.pages == 1;
    Claim::concerning(scenario).into_iter().filter(|claim| small || claim.kind() != Kind::Progress).collect()
}

/// A strategy with a judge in a cast.
fn scenario(strategy: Strategy, judge: Judge, cast: &str) -> Result<Scenario, ScenarioError> {
    format!("{};judge={};{cast}", strategy.name(), judge.name()).parse()
}

/// The judges that a kernel's source leaves open; of the others their own.
pub fn judges_of(strategy: Strategy) -> Vec<Judge> {
    if Judge::ALL.into_iter().all(|judge| strategy.allows(judge)) {
        return vec![strategy.default_judge()];
    }
    Judge::ALL.into_iter().filter(|judge| strategy.allows(*judge)).collect()
}

fn group(strategy: Strategy, size: Size) -> Result<Group, ScenarioError> {
    let scenarios = |casts: &[&[&str]]| {
        let mut scenarios = Vec::new();
        for cast in casts.iter().copied().flatten() {
            for judge in judges_of(strategy) {
                scenarios.push(scenario(strategy, judge, cast)?);
            }
        }
        Ok(scenarios)
    };
    Ok(match size {
        Size::Quick => {
            Group { strategy, scenarios: scenarios(&[&QUICK])?, with_reclaim: scenarios(&[&WITH_RECLAIM])? }
        }
        Size::Full => Group {
            strategy,
            scenarios: scenarios(&[&QUICK, &FULL])?,
            with_reclaim: scenarios(&[&WITH_RECLAIM, &WITH_RECLAIM_FULL])?,
        },
    })
}

fn judge_row(strategy: Strategy, judge: Judge) -> Result<JudgeRow, ScenarioError> {
    let scenarios = MOVERS.iter().map(|(_, cast)| scenario(strategy, judge, cast));
    Ok(JudgeRow { strategy, judge, scenarios: scenarios.collect::<Result<_, _>>()? })
}

/// None where the choice is none for this strategy.
fn compare(choice: &'static Choice, strategy: Strategy) -> Result<Option<Comparison>, ScenarioError> {
    let judges = judges_of(strategy);
    let (first, second) = match (choice.between_judges, judges.as_slice()) {
        (false, _) => (strategy.default_judge(), strategy.default_judge()),
        (true, [first, second]) => (*first, *second),
        (true, _) => return Ok(None),
    };
    let one = scenario(strategy, first, choice.casts[0])?;
    let other = scenario(strategy, second, choice.casts[1])?;
    Ok(Some(Comparison { choice, strategy, scenarios: [one, other] }))
}

fn addition(added: &'static str, strategy: Strategy) -> Result<Addition, ScenarioError> {
    let judge = strategy.default_judge();
    let without = scenario(strategy, judge, BASE)?;
    let with = scenario(strategy, judge, &format!("{BASE};with={}", added.replace(" + ", ";with=")))?;
    Ok(Addition { added, strategy, scenarios: [without, with] })
}
