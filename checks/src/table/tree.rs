//! Decision trees: what a function of a few variables answers, found by letting it ask for them one by one.
//!
//! Effects of accesses and claims are functions in Rust. Neither is written down a second time: each is run, told
//! the values that it asks for, and run again until it asks for nothing that it was not told.

use std::cell;

use seal_model::ghost::Holding;
use seal_model::machine::Cell;

/// Something that a state has a value of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Variable {
    /// A word of shared memory.
    Cell(Cell),
    /// What all actors hold together.
    Sum(Holding),
    /// What one actor holds, by its number in the cast.
    Of(usize, Holding),
}

/// A function, tabulated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tree<L> {
    /// What it answers.
    Leaf(L),
    /// It looks at a variable, and goes on by its value. The cases hold every value of the variable once.
    Branch {
        /// Which variable.
        on: Variable,
        /// Values, and what follows.
        cases: Vec<(Vec<i16>, Tree<L>)>,
    },
}

/// What the function has been told, and the first thing that it asked for beyond that.
pub(crate) struct Told<'a> {
    values: &'a [(Variable, i16)],
    asked: cell::Cell<Option<Variable>>,
}

impl Told<'_> {
    /// The cells that it has been told of.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Cell> {
        self.values.iter().filter_map(|(variable, _)| match variable {
            Variable::Cell(cell) => Some(*cell),
            Variable::Sum(_) | Variable::Of(..) => None,
        })
    }

    /// The value of a variable; `any` of its values if that is not known, and the run is for nothing then.
    pub(crate) fn value(&self, variable: Variable, any: i16) -> i16 {
        let known = self.values.iter().find(|(told, _)| *told == variable);
        known.map_or_else(
            || {
                self.asked.set(self.asked.get().or(Some(variable)));
                any
            },
            |(_, value)| *value,
        )
    }
}

/// The function has more cases than were allowed.
#[derive(Debug)]
pub(crate) struct TooLarge;

/// Tabulate a function in at most `budget` runs. `values` lists every value of a variable, at least one.
pub(crate) fn tabulate<L>(
    budget: &mut usize,
    values: &impl Fn(Variable) -> Vec<i16>,
    function: &impl Fn(&Told<'_>) -> L,
) -> Result<Tree<L>, TooLarge> {
    grow(&mut Vec::new(), budget, values, function)
}

fn grow<L>(
    path: &mut Vec<(Variable, i16)>,
    budget: &mut usize,
    values: &impl Fn(Variable) -> Vec<i16>,
    function: &impl Fn(&Told<'_>) -> L,
) -> Result<Tree<L>, TooLarge> {
    *budget = budget.checked_sub(1).ok_or(TooLarge)?;
    let told = Told { values: path, asked: cell::Cell::new(None) };
    let answer = function(&told);
    let Some(on) = told.asked.get() else { return Ok(Tree::Leaf(answer)) };
    let mut cases = Vec::new();
    for value in values(on) {
        path.push((on, value));
        cases.push((vec![value], grow(path, budget, values, function)?));
        path.pop();
    }
    Ok(Tree::Branch { on, cases })
}

/// Whether a predicate is true whatever it is told, found in at most `budget` runs.
pub(crate) fn always(
    budget: &mut usize,
    values: &impl Fn(Variable) -> Vec<i16>,
    predicate: &impl Fn(&Told<'_>) -> bool,
) -> Result<bool, TooLarge> {
    always_from(&mut Vec::new(), budget, values, predicate)
}

fn always_from(
    path: &mut Vec<(Variable, i16)>,
    budget: &mut usize,
    values: &impl Fn(Variable) -> Vec<i16>,
    predicate: &impl Fn(&Told<'_>) -> bool,
) -> Result<bool, TooLarge> {
    *budget = budget.checked_sub(1).ok_or(TooLarge)?;
    let told = Told { values: path, asked: cell::Cell::new(None) };
    let answer = predicate(&told);
    let Some(on) = told.asked.get() else { return Ok(answer) };
    for value in values(on) {
        path.push((on, value));
        let always = always_from(path, budget, values, predicate)?;
        path.pop();
        if !always {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a predicate is true of one of so many samples, spread over the values of what it asks for: the same ones each
/// time.
pub(crate) fn sometimes(
    samples: usize,
    budget: &mut usize,
    values: &impl Fn(Variable) -> Vec<i16>,
    predicate: &impl Fn(&Told<'_>) -> bool,
) -> Result<bool, TooLarge> {
    let mut drawn = 0usize;
    for _ in 0..samples {
        let mut path = Vec::new();
        loop {
            *budget = budget.checked_sub(1).ok_or(TooLarge)?;
            let told = Told { values: &path, asked: cell::Cell::new(None) };
            let answer = predicate(&told);
            match told.asked.get() {
                None if answer => return Ok(true),
                None => break,
                Some(on) => {
                    drawn = drawn.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
                    let values = values(on);
                    path.push((on, values[(drawn >> 33) % values.len()]));
                }
            }
        }
    }
    Ok(false)
}

/// What stands in a leaf, as far as cases can be told in one.
pub trait Leaf: Clone + PartialEq {
    /// One leaf for two cases of `on`, if there is one. `self` stands for `case`; if that is none, for several
    /// values already.
    fn merged(&self, on: Variable, case: Option<i16>, other: &Self, value: i16) -> Option<Self>;
}

impl Leaf for bool {
    fn merged(&self, _: Variable, _: Option<i16>, other: &Self, _: i16) -> Option<Self> {
        (self == other).then_some(*self)
    }
}

impl<L: Leaf> Tree<L> {
    /// The same function in fewer cases.
    pub(crate) fn compressed(self) -> Self {
        let Tree::Branch { on, cases } = self else { return self };
        let mut groups: Vec<(Vec<i16>, Tree<L>)> = Vec::new();
        for (values, tree) in cases {
            let tree = tree.compressed();
            // cases are compressed once: each has one value so far
            let value = values[0];
            let found = groups.iter_mut().find_map(|group| {
                let case = (group.0.len() == 1).then(|| group.0[0]);
                Some((group.1.merged(on, case, &tree, value)?, group))
            });
            match found {
                Some((merged, group)) => {
                    group.0.push(value);
                    group.1 = merged;
                }
                None => groups.push((vec![value], tree)),
            }
        }
        match groups.len() {
            1 => groups.remove(0).1,
            _ => Tree::Branch { on, cases: groups },
        }
    }

    fn merged(&self, on: Variable, case: Option<i16>, other: &Self, value: i16) -> Option<Self> {
        match (self, other) {
            (Tree::Leaf(own), Tree::Leaf(other)) => own.merged(on, case, other, value).map(Tree::Leaf),
            (Tree::Branch { on: own, cases }, Tree::Branch { on: others, cases: other }) => {
                if own != others || cases.len() != other.len() {
                    return None;
                }
                let pairs = cases.iter().zip(other);
                let merged = pairs.map(|((values, tree), (others, other))| {
                    let tree = (values == others).then(|| tree.merged(on, case, other, value))??;
                    Some((values.clone(), tree))
                });
                Some(Tree::Branch { on: *own, cases: merged.collect::<Option<_>>()? })
            }
            _ => None,
        }
    }

    /// How many leaves there are.
    pub(crate) fn leaves(&self) -> usize {
        match self {
            Tree::Leaf(_) => 1,
            Tree::Branch { cases, .. } => cases.iter().map(|(_, tree)| tree.leaves()).sum(),
        }
    }
}

impl<L> Tree<L> {
    /// The same with other leaves.
    pub(crate) fn map<M>(&self, change: &impl Fn(&L) -> M) -> Tree<M> {
        match self {
            Tree::Leaf(leaf) => Tree::Leaf(change(leaf)),
            Tree::Branch { on, cases } => {
                let cases = cases.iter().map(|(values, tree)| (values.clone(), tree.map(change)));
                Tree::Branch { on: *on, cases: cases.collect() }
            }
        }
    }

    /// What it answers where variables have these values.
    pub(crate) fn answer(&self, value: &impl Fn(Variable) -> i16) -> Option<&L> {
        match self {
            Tree::Leaf(leaf) => Some(leaf),
            Tree::Branch { on, cases } => {
                let value_of_it = value(*on);
                cases.iter().find(|(values, _)| values.contains(&value_of_it))?.1.answer(value)
            }
        }
    }

    /// Every leaf with what leads to it: a variable, and which of its values.
    pub fn paths(&self) -> Vec<(Guard, &L)> {
        let mut paths = Vec::new();
        self.add_paths(&mut Guard::new(), &mut paths);
        paths
    }

    fn add_paths<'t>(&'t self, guard: &mut Guard, paths: &mut Vec<(Guard, &'t L)>) {
        match self {
            Tree::Leaf(leaf) => paths.push((guard.clone(), leaf)),
            Tree::Branch { on, cases } => {
                for (values, tree) in cases {
                    guard.push((*on, values.clone()));
                    tree.add_paths(guard, paths);
                    guard.pop();
                }
            }
        }
    }

    /// The variables that it looks at.
    pub(crate) fn variables(&self, found: &mut Vec<Variable>) {
        if let Tree::Branch { on, cases } = self {
            if !found.contains(on) {
                found.push(*on);
            }
            cases.iter().for_each(|(_, tree)| tree.variables(found));
        }
    }
}

/// All of these variables have one of these values.
pub type Guard = Vec<(Variable, Vec<i16>)>;
