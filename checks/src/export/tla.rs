//! TLA+, for TLC and Apalache: memory and locations as two records, each way on as one disjunct.

use std::fmt::Write;

use seal_model::access::{NONE, SWAP};
use seal_model::claim::Claim;

use super::Product;
use super::effect::{Choice, Outcome, Value};
use super::formula::{Formula, Language};
use super::names::{self, Sort};
use crate::explore::variables::held;
use crate::table::Variable;

/// The name of the module, and of the file that it must stand in.
pub const MODULE: &str = "Sealing";

/// A module, and what TLC is to do with it.
#[derive(Debug)]
pub struct Tla {
    /// `Sealing.tla`
    pub module: String,
    /// `Sealing.cfg`
    pub config: String,
}

/// The product as a TLA+ module.
///
/// Its states are the explorer's. What actors hold is an operator over their locations.
pub fn tla(product: &Product) -> Tla {
    let writer = Writer { product };
    let mut claims = product.asked.clone();
    claims.retain(|claim| *claim != Claim::NoDeadlock);
    let invariants: String = claims.iter().map(|claim| format!("    {}\n", operator(*claim))).collect();
    Tla {
        module: writer.module(&claims),
        config: format!("INIT Init\nNEXT Next\nINVARIANTS\n    TypeOK\n    InBounds\n{invariants}"),
    }
}

struct Writer<'a> {
    product: &'a Product,
}

impl Writer<'_> {
    fn module(&self, claims: &[Claim]) -> String {
        let mut text = format!("---- MODULE {MODULE} ----\n\\* {}\n", self.product.system.scenario);
        text.push_str(
            "\\* One step is one access. m is shared memory; at is where each actor stands in its automaton.\n\
             EXTENDS Integers\n\n",
        );
        text.push_str(&self.declarations());
        text.push_str(&self.init());
        text.push_str(&self.types());
        text.push_str(&self.holdings());
        (0..self.product.choices.len()).for_each(|actor| text.push_str(&self.actor(actor)));
        text.push_str(&self.next());
        text.push_str(&self.bounds());
        claims.iter().for_each(|claim| text.push_str(&self.claim(*claim)));
        text.push_str("====\n");
        text
    }

    fn name(&self, variable: Variable) -> String {
        let name = names::variable(&self.product.system.scenario, variable);
        if matches!(variable, Variable::Cell(_)) { format!("m.{name}") } else { name }
    }

    fn actor_name(&self, actor: usize) -> String {
        names::actor(&self.product.system.scenario, actor)
    }

    fn field(&self, cell: seal_model::machine::Cell) -> String {
        names::variable(&self.product.system.scenario, Variable::Cell(cell))
    }

    fn actors(&self) -> std::ops::Range<usize> {
        0..self.product.choices.len()
    }

    fn declarations(&self) -> String {
        let mut text = format!("none == {NONE}\nswapped == {SWAP}\n");
        for page in self.product.system.scenario.all_pages() {
            let _ = writeln!(text, "page{0} == {0}", page.0);
        }
        let cells: Vec<_> =
            self.product.cells().map(|(cell, _)| format!("{}: Int", self.field(cell))).collect();
        let actors: Vec<_> = self.actors().map(|actor| format!("{}: Int", self.actor_name(actor))).collect();
        let _ = write!(
            text,
            "\nVARIABLES\n    \\* @type: {{ {} }};\n    m,\n    \\* @type: {{ {} }};\n    at\n\n",
            cells.join(", "),
            actors.join(", ")
        );
        text
    }

    fn init(&self) -> String {
        let cell = |(cell, initial)| {
            format!("{} |-> {}", self.field(cell), names::value(Variable::Cell(cell), initial))
        };
        let cells: Vec<_> = self.product.cells().map(cell).collect();
        let place =
            |actor: usize| format!("{} |-> {}", self.actor_name(actor), self.product.starts_at[actor]);
        let places: Vec<_> = self.actors().map(place).collect();
        format!(
            "Init ==\n    /\\ m = [{}]\n    /\\ at = [{}]\n\n",
            cells.join(",\n            "),
            places.join(", ")
        )
    }

    fn types(&self) -> String {
        let cell = |(cell, _)| {
            let variable = Variable::Cell(cell);
            let values = self.product.variables.values(variable);
            let (low, high) = (values[0], values[values.len() - 1]);
            match Sort::of(variable) {
                Sort::Frame => {
                    let all: Vec<_> = values.iter().map(|value| names::value(variable, *value)).collect();
                    format!("{}: {{{}}}", self.field(cell), all.join(", "))
                }
                _ => format!("{}: {low}..{high}", self.field(cell)),
            }
        };
        let cells: Vec<_> = self.product.cells().map(cell).collect();
        let last = |actor: usize| self.product.choices[actor].len() - 1;
        let places = self.actors().map(|actor| format!("{}: 0..{}", self.actor_name(actor), last(actor)));
        let places: Vec<_> = places.collect();
        format!(
            "TypeOK ==\n    /\\ m \\in [{}]\n    /\\ at \\in [{}]\n\n",
            cells.join(",\n             "),
            places.join(", ")
        )
    }

    /// What actors hold, where a claim asks for it.
    fn holdings(&self) -> String {
        let mut text = String::new();
        for ghost in self.product.ghosts() {
            let shares: Vec<_> = match ghost {
                Variable::Of(actor, what) => vec![self.share(actor, what)],
                Variable::Sum(what) => self.actors().map(|actor| self.share(actor, what)).collect(),
                Variable::Cell(_) => continue,
            };
            let shares: Vec<_> = shares.into_iter().filter(|share| share != "0").collect();
            let sum = if shares.is_empty() { "0".into() } else { shares.join(" +\n    ") };
            let _ = write!(text, "{} ==\n    {sum}\n\n", self.name(ghost));
        }
        text
    }

    /// What an actor holds, by where it stands.
    fn share(&self, actor: usize, what: seal_model::ghost::Holding) -> String {
        let values = self.product.variables.values(Variable::Of(actor, what));
        let [usual, rest @ ..] = values else { return "0".into() };
        let name = self.actor_name(actor);
        let case = |value: &i16| {
            let locations = 0..self.product.choices[actor].len();
            let holding = locations.filter(|at| held(self.product.location(actor, *at), what) == *value);
            let holding: Vec<_> = holding.map(|at| at.to_string()).collect();
            format!("at.{name} \\in {{{}}} -> {value}", holding.join(", "))
        };
        match rest {
            [] => usual.to_string(),
            _ => {
                let cases: Vec<_> = rest.iter().map(case).collect();
                format!("(CASE {} [] OTHER -> {usual})", cases.join(" [] "))
            }
        }
    }

    fn actor(&self, actor: usize) -> String {
        let name = self.actor_name(actor);
        let mut text = String::new();
        let mut moving = Vec::new();
        for location in 0..self.product.choices[actor].len() {
            let steps = self.product.choices[actor][location].iter();
            let steps = steps.filter_map(|choice| self.step(actor, location, choice));
            let steps: String = steps.collect();
            if !steps.is_empty() {
                let _ =
                    write!(text, "{name}_{location} ==\n    /\\ at.{name} = {location}\n    /\\ {steps}\n");
                moving.push(location);
            }
        }
        let all: String = moving.iter().map(|location| format!("    \\/ {name}_{location}\n")).collect();
        let _ = write!(text, "{name} ==\n{}\n", if all.is_empty() { "    FALSE\n" } else { &all });
        text
    }

    /// A disjunct, in the column of the disjunction.
    fn step(&self, actor: usize, location: usize, choice: &Choice) -> Option<String> {
        let Outcome::Step { to, answers, writes } = &choice.outcome else { return None };
        let name = self.actor_name(actor);
        let mut text = format!("\\/ \\* {}\n", self.product.describe(actor, location, answers));
        if let Some(guard) = self.language(&|variable| self.name(variable)).guard(&choice.guard) {
            let _ = writeln!(text, "          /\\ {guard}");
        }
        let changes = writes.iter().filter(|(cell, value)| Value::Plus(**cell, 0) != **value);
        let change = |(cell, given): (&seal_model::machine::Cell, &Value)| {
            let variable = Variable::Cell(*cell);
            format!("!.{} = {}", self.field(*cell), names::given(variable, *given, &|of| self.name(of)))
        };
        let changes: Vec<_> = changes.map(change).collect();
        let memory = if changes.is_empty() {
            "m' = m".to_owned()
        } else {
            format!("m' = [m EXCEPT {}]", changes.join(", "))
        };
        let _ = writeln!(text, "          /\\ {memory}");
        let _ = write!(text, "          /\\ at' = [at EXCEPT !.{name} = {to}]\n       ");
        Some(text)
    }

    /// Somebody moves; or all are done, and stay so.
    fn next(&self) -> String {
        let mut text = String::from("Done ==\n");
        for actor in self.actors() {
            let done = (0..self.product.choices[actor].len())
                .filter(|&at| self.product.location(actor, at).access.is_none())
                .map(|at| at.to_string());
            let done: Vec<_> = done.collect();
            let _ = writeln!(text, "    /\\ at.{} \\in {{{}}}", self.actor_name(actor), done.join(", "));
        }
        text.push_str("    /\\ UNCHANGED <<m, at>>\n\nNext ==\n");
        for actor in self.actors() {
            let _ = writeln!(text, "    \\/ {}", self.actor_name(actor));
        }
        text.push_str("    \\/ Done\n\nSpec == Init /\\ [][Next]_<<m, at>>\n\n");
        text
    }

    /// No actor is about to leave the bounds of the model, or to do what exploration is said not to have seen.
    fn bounds(&self) -> String {
        let mut text = String::from("InBounds ==\n    /\\ TRUE\n");
        for (actor, location, choice) in self.ways() {
            if matches!(choice.outcome, Outcome::Wrong(_) | Outcome::LeftOut) {
                let _ = writeln!(text, "    /\\ ~({})", self.when(actor, location, choice));
            }
        }
        text.push('\n');
        text
    }

    fn ways(&self) -> impl Iterator<Item = (usize, usize, &Choice)> {
        let actors = self.product.choices.iter().enumerate();
        actors.flat_map(|(actor, locations)| {
            let locations = locations.iter().enumerate();
            locations.flat_map(move |(at, choices)| choices.iter().map(move |choice| (actor, at, choice)))
        })
    }

    /// A way on is open.
    fn when(&self, actor: usize, location: usize, choice: &Choice) -> String {
        let name = |variable| self.name(variable);
        let guard = self.language(&name).guard(&choice.guard);
        let guard = guard.map_or(String::new(), |guard| format!(" /\\ {guard}"));
        format!("at.{} = {location}{guard}", self.actor_name(actor))
    }

    fn claim(&self, claim: Claim) -> String {
        let name = |variable| self.name(variable);
        let language = self.language(&name);
        let wrong = |tree, indent| match language.predicate(tree, false, indent) {
            Formula::True => "TRUE".into(),
            Formula::False => "FALSE".into(),
            Formula::Text(text) => text,
        };
        let mut text = format!("\\* {}\n{} ==\n    /\\ TRUE\n", claim.name(), operator(claim));
        for (_, tree) in self.product.claims.iter().filter(|(asked, _)| *asked == claim) {
            let _ = writeln!(text, "    /\\ ~({})", wrong(tree, 10));
        }
        for judged in self.product.step_claims.iter().filter(|judged| judged.claim == claim) {
            let choice = &self.product.choices[judged.actor][judged.location][judged.choice];
            let when = self.when(judged.actor, judged.location, choice);
            let _ = writeln!(text, "    /\\ ~({when} /\\ {})", wrong(&judged.holds, 10));
        }
        text.push('\n');
        text
    }

    fn language<'a>(&'a self, name: &'a dyn Fn(Variable) -> String) -> Language<'a> {
        let variables = &self.product.variables;
        Language { equals: "=", differs: "#", and: " /\\ ", or: " \\/ ", name, variables }
    }
}

/// `no-writable-pin` is `NoWritablePin`.
fn operator(claim: Claim) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
    };
    claim.name().split('-').filter_map(capital).collect()
}
