//! Promela, for Spin: a process for each actor, its locations as labels, each access one `d_step`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use seal_model::access::{NONE, SWAP};
use seal_model::machine::Cell;

use super::effect::{Choice, Outcome, Value};
use super::formula::{Formula, Language};
use super::names::{self, Sort, value};
use super::{Product, StepClaim};
use crate::explore::variables::held;
use crate::table::{Guard, Variable};

/// The product as a Promela model.
///
/// Its states are the explorer's, and so are its transitions: a step of an actor is one transition of its process,
/// which stands at the label of its location. What actors hold is kept in variables where a claim asks for it; it is
/// a function of their locations, and so tells no two states apart.
pub fn promela(product: &Product) -> String {
    let ghosts = product.ghosts();
    let model = Promela { product, ghosts: ghosts.clone(), step: "d_step" }.model();
    if model.matches("d_step {").count() <= MOST_D_STEPS {
        return model;
    }
    Promela { product, ghosts, step: "atomic" }.model()
}

struct Promela<'a> {
    product: &'a Product,
    ghosts: Vec<Variable>,
    /// How several statements become one transition.
    step: &'static str,
}

/// Spin takes no more than 2048 of its faster kind of step.
const MOST_D_STEPS: usize = 2000;

/// One way on from a location.
struct Way<'a> {
    actor: usize,
    location: usize,
    number: usize,
    to: u32,
    writes: &'a BTreeMap<Cell, Value>,
}

/// Where a run ends that the model has no room for, or that exploration is said not to have.
const ENDS: [&str; 2] = ["out_of_bounds", "left_out"];

/// At which of them an outcome ends.
fn end(outcome: &Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Wrong(_) => Some(ENDS[0]),
        Outcome::LeftOut => Some(ENDS[1]),
        Outcome::Blocked | Outcome::Step { .. } => None,
    }
}

impl Promela<'_> {
    fn model(&self) -> String {
        let mut text = self.head();
        text.push_str(&self.declarations());
        (0..self.product.choices.len()).for_each(|actor| text.push_str(&self.actor(actor)));
        text.push_str(&self.monitor());
        text
    }

    fn head(&self) -> String {
        let claims: Vec<_> = self.product.asked.iter().map(|claim| claim.name()).collect();
        let judged = if claims.is_empty() {
            String::new()
        } else {
            format!(
                " * An assertion is violated where one of these claims is not true: {}.\n",
                claims.join(", ")
            )
        };
        format!(
            "/* {}\n *\n\
             \x20* One transition is one access. A label is a location of an actor's automaton; an actor that is done stays \
             at a\n * label that begins with end. An invalid end state is a deadlock.\n\
             {judged} *\n\
             \x20* spin -a FILE && cc -O2 -DSAFETY -DNOREDUCE -o pan pan.c && ./pan -m1000000\n */\n\n",
            self.product.system.scenario
        )
    }

    fn declarations(&self) -> String {
        let mut text = format!("#define none {}\n#define swapped {}\n", byte(NONE), byte(SWAP));
        for page in self.product.system.scenario.all_pages() {
            let _ = writeln!(text, "#define page{0} {0}", page.0);
        }
        text.push('\n');
        for (cell, initial) in self.product.cells() {
            let variable = Variable::Cell(cell);
            let _ = writeln!(text, "{}", self.declaration(variable, initial));
        }
        if !self.ghosts.is_empty() {
            text.push_str("\n/* what actors hold: no actor reads it */\n");
        }
        for &ghost in &self.ghosts {
            let places = self.product.starts_at.iter().enumerate();
            let initial = places.map(|(actor, at)| self.share(ghost, actor, *at as usize)).sum();
            let _ = writeln!(text, "{}", self.declaration(ghost, initial));
        }
        text
    }

    fn declaration(&self, variable: Variable, initial: i16) -> String {
        let values = self.product.variables.values(variable);
        let (low, high) = (values[0], values[values.len() - 1]);
        let kind = match Sort::of(variable) {
            Sort::Frame => "byte",
            _ if low >= 0 && high <= 1 => "bit",
            _ if low >= 0 && high <= i16::from(u8::MAX) => "byte",
            _ => "short",
        };
        format!("{kind} {} = {};", self.name(variable), value(variable, initial))
    }

    fn name(&self, variable: Variable) -> String {
        names::variable(&self.product.system.scenario, variable)
    }

    /// What an actor adds to a ghost variable by standing at a location.
    fn share(&self, ghost: Variable, actor: usize, location: usize) -> i16 {
        let location = self.product.location(actor, location);
        match ghost {
            Variable::Sum(what) => held(location, what),
            Variable::Of(of, what) if of == actor => held(location, what),
            _ => 0,
        }
    }

    fn actor(&self, actor: usize) -> String {
        let name = names::actor(&self.product.system.scenario, actor);
        let start = self.product.starts_at[actor];
        let mut text = format!("\nactive proctype {name}() {{\n\tgoto {};\n", self.label(actor, start));
        for location in self.named(actor) {
            text.push_str(&self.location(actor, location as usize));
        }
        let ended: Vec<_> =
            ENDS.into_iter().filter(|label| text.contains(&format!("goto {label}"))).collect();
        ended.iter().for_each(|label| text.push_str(&format!("{label}:\tassert(false);\n")));
        text.push_str("}\n");
        text
    }

    /// The locations of an actor that a step leads to, or that it starts in.
    fn named(&self, actor: usize) -> BTreeSet<u32> {
        let target = |choice: &Choice| match choice.outcome {
            Outcome::Step { to, .. } => Some(to),
            _ => None,
        };
        let targets = self.product.choices[actor].iter().flatten().filter_map(target);
        targets.chain([self.product.starts_at[actor]]).collect()
    }

    fn label(&self, actor: usize, location: u32) -> String {
        let done = self.product.location(actor, location as usize).access.is_none();
        format!("{}{location}", if done { "end" } else { "L" })
    }

    fn location(&self, actor: usize, location: usize) -> String {
        let label = self.label(actor, location as u32);
        let at = self.product.location(actor, location);
        let choices = &self.product.choices[actor][location];
        if at.access.is_none() {
            return format!("{label}:\tfalse; /* {} */\n", names::returned(at.returned));
        }
        let mut ways = String::new();
        for (number, choice) in choices.iter().enumerate() {
            if let Outcome::Step { to, answers, writes } = &choice.outcome {
                let way = self.way(Way { actor, location, number, to: *to, writes }, &choice.guard);
                let comment = self.product.describe(actor, location, answers);
                let _ = writeln!(ways, "\t:: {way} /* {comment} */");
            }
        }
        for label in ENDS {
            let when = choices.iter().filter(|choice| end(&choice.outcome) == Some(label));
            let when: Vec<_> = when.map(|choice| self.guard(&choice.guard)).collect();
            if !when.is_empty() {
                let _ = writeln!(ways, "\t:: {} -> goto {label}", when.join(" || "));
            }
        }
        if ways.is_empty() { format!("{label}:\tfalse;\n") } else { format!("{label}:\tif\n{ways}\tfi;\n") }
    }

    /// Parenthesised where it has several parts.
    fn guard(&self, guard: &Guard) -> String {
        let text = self.language(&|variable| self.name(variable)).guard(guard);
        let text = text.unwrap_or_else(|| "true".into());
        if text.contains(" && ") { format!("({text})") } else { text }
    }

    fn way(&self, way: Way<'_>, guard: &Guard) -> String {
        let judged = self.product.judged(way.actor, way.location, way.number);
        let mut effects: Vec<String> = judged.map(|claim| self.assertion(claim)).collect();
        let changes = way.writes.iter().filter(|(cell, value)| Value::Plus(**cell, 0) != **value);
        effects.extend(changes.map(|(cell, given)| {
            let variable = Variable::Cell(*cell);
            format!("{} = {}", self.name(variable), names::given(variable, *given, &|of| self.name(of)))
        }));
        let to = way.to as usize;
        effects
            .extend(self.ghosts.iter().filter_map(|ghost| self.ghost(*ghost, way.actor, way.location, to)));
        let next = self.label(way.actor, way.to);
        match (guard.is_empty(), &effects[..]) {
            (true, [only]) => format!("{only} -> goto {next}"),
            (_, []) => format!("{} -> goto {next}", self.guard(guard)),
            (true, several) => format!("{} {{ {} }}; goto {next}", self.step, several.join("; ")),
            (false, some) => {
                format!("{} {{ {} -> {} }}; goto {next}", self.step, self.guard(guard), some.join("; "))
            }
        }
    }

    /// How a step changes a ghost variable, if it does.
    fn ghost(&self, ghost: Variable, actor: usize, from: usize, to: usize) -> Option<String> {
        let (before, after) = (self.share(ghost, actor, from), self.share(ghost, actor, to));
        let name = self.name(ghost);
        let change = match ghost {
            Variable::Sum(_) if after > before => format!("{name} = {name} + {}", after - before),
            Variable::Sum(_) => format!("{name} = {name} - {}", before - after),
            _ => format!("{name} = {}", value(ghost, after)),
        };
        (before != after).then_some(change)
    }

    fn assertion(&self, judged: &StepClaim) -> String {
        let name = |variable| self.name(variable);
        let claim = judged.claim.name();
        match self.language(&name).predicate(&judged.holds, true, 0) {
            Formula::Text(text) => format!("assert({}) /* {claim} */", text.replace('\n', " ")),
            _ => format!("assert(false) /* {claim} */"),
        }
    }

    /// A process that can move only where a claim is not true, and asserts that this never is.
    fn monitor(&self) -> String {
        let name = |variable| self.name(variable);
        let mut options = String::new();
        for (claim, holds) in &self.product.claims {
            let said = claim.name();
            let wrong = match self.language(&name).predicate(holds, false, 11) {
                Formula::Text(text) => text,
                Formula::True => "true".into(),
                Formula::False => continue,
            };
            let _ = write!(
                options,
                "\t:: d_step {{ {wrong} ->\n\t\tprintf(\"{said} is not true\\n\"); assert(false) }}\n"
            );
        }
        if options.is_empty() {
            return options;
        }
        format!("\nactive proctype monitor() {{\nend:\tif\n{options}\tfi\n}}\n")
    }

    fn language<'a>(&'a self, name: &'a dyn Fn(Variable) -> String) -> Language<'a> {
        let variables = &self.product.variables;
        Language { equals: "==", differs: "!=", and: " && ", or: " || ", name, variables }
    }
}

/// A frame in a byte: no frame and a swap entry come last.
fn byte(frame: i16) -> i16 {
    frame & i16::from(u8::MAX)
}
