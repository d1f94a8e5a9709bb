//! Guards and predicates as text, in the operators of a language.

use super::names::{Sort, value};
use crate::explore::variables::Variables;
use crate::table::{Guard, Tree, Variable};

/// How a language writes formulas.
pub(super) struct Language<'a> {
    pub(super) equals: &'a str,
    pub(super) differs: &'a str,
    pub(super) and: &'a str,
    pub(super) or: &'a str,
    pub(super) name: &'a dyn Fn(Variable) -> String,
    pub(super) variables: &'a Variables,
}

/// A formula, as far as it is known.
pub(super) enum Formula {
    True,
    False,
    Text(String),
}

impl Language<'_> {
    /// A variable has one of these values.
    fn has_one_of(&self, variable: Variable, values: &[i16]) -> String {
        let all = self.variables.values(variable);
        let name = (self.name)(variable);
        let is = |number: &i16| format!("{name} {} {}", self.equals, value(variable, *number));
        let others: Vec<i16> = all.iter().filter(|other| !values.contains(other)).copied().collect();
        let ordered = Sort::of(variable) == Sort::Number;
        match (values, &others[..]) {
            ([one], _) => is(one),
            (_, [other]) => format!("{name} {} {}", self.differs, value(variable, *other)),
            ([first, .., last], _) if ordered && is_run(values, all) => {
                let (from, to) = (format!("{name} >= {first}"), format!("{name} <= {last}"));
                match (all.first() == Some(first), all.last() == Some(last)) {
                    (true, _) => to,
                    (_, true) => from,
                    _ => format!("{from}{}{to}", self.and),
                }
            }
            _ => format!("({})", values.iter().map(is).collect::<Vec<_>>().join(self.or)),
        }
    }

    /// All of these variables have one of these values; nothing if there are none.
    pub(super) fn guard(&self, guard: &Guard) -> Option<String> {
        let parts: Vec<_> =
            guard.iter().map(|(variable, values)| self.has_one_of(*variable, values)).collect();
        (!parts.is_empty()).then(|| parts.join(self.and))
    }

    /// A predicate is `wanted`. Lines after the first are indented so far.
    pub(super) fn predicate(&self, tree: &Tree<bool>, wanted: bool, indent: usize) -> Formula {
        let (on, cases) = match tree {
            Tree::Leaf(holds) if *holds == wanted => return Formula::True,
            Tree::Leaf(_) => return Formula::False,
            Tree::Branch { on, cases } => (*on, cases),
        };
        let part = |(values, tree): &(Vec<i16>, Tree<bool>)| {
            let case = self.has_one_of(on, values);
            match self.predicate(tree, wanted, indent + 2) {
                Formula::False => None,
                Formula::True => Some(case),
                Formula::Text(rest) => Some(format!("{case}{}{rest}", self.and)),
            }
        };
        let parts: Vec<String> = cases.iter().filter_map(part).collect();
        match &parts[..] {
            [] => Formula::False,
            [only] => Formula::Text(only.clone()),
            several => {
                let line = format!("{}\n{}", self.or.trim_end(), " ".repeat(indent + 1));
                let several: Vec<_> = several.iter().map(|part| format!("({part})")).collect();
                Formula::Text(format!("({})", several.join(&line)))
            }
        }
    }
}

/// Whether these are all values from the first to the last of them.
fn is_run(values: &[i16], all: &[i16]) -> bool {
    let start = all.iter().position(|value| Some(value) == values.first());
    start.is_some_and(|start| all[start..].starts_with(values))
}
