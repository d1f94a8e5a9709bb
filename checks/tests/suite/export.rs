//! What is exported is what is explored: tables against the functions that they were made of, and the counts of
//! other tools against ours.

use crate::common::skip;
use std::collections::HashSet;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::common::quotes::assert_quoted;
use crate::common::{decide, scenario};
use seal_checks::compile::compile_cast;
use seal_checks::error::Error;
use seal_checks::explore::system::{MOST_WORDS, State, System};
use seal_checks::explore::{Exploration, Job, explore};
use seal_checks::export::{MODULE, Outcome, Product, dot, promela, tla};
use seal_checks::verdict::Verdict;
use seal_model::claim::{Claim, Kind};
use seal_model::machine::Cells;

/// Of every strategy's kind, and between them every access.
const SMALL: [&str; 9] = [
    "wait;with=pinner;with=mapper",
    "wait-2014;with=pinner;with=reader",
    "wait;judge=snapshot;with=batched-mapper",
    "wait;pages=2;with=lookup-pinner",
    "isolate;with=pinner",
    "isolate-two-phase;enomem;with=mapper:mlock",
    "wait;with=lookup-pinner;with=reclaim",
    "wait;with=truncate;with=file-writer",
    "wait-6.18;with=forker;with=writer:mprotect",
];

/// Every state that a scenario reaches.
fn states(system: &System) -> HashSet<State<MOST_WORDS>> {
    let start = system.initial().expect("a start");
    let mut seen = HashSet::from([start]);
    let mut open = vec![start];
    while let Some(state) = open.pop() {
        let keep = |_, next| {
            if seen.insert(next) {
                open.push(next);
            }
        };
        system.successors(&state, keep).expect("in range");
    }
    seen
}

fn product(text: &str, claims: &[Claim]) -> Product {
    Product::new(&scenario(text), claims, None).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Where an actor stands after a step, and every cell.
type After = (usize, usize, Vec<i16>);

fn after(system: &System, state: &State<MOST_WORDS>, actor: usize) -> After {
    let cells = |state| system.view(state, |world| values(system, world.cells));
    (actor, system.layout.location(state, actor), cells(state))
}

fn values(system: &System, cells: &impl Cells) -> Vec<i16> {
    system.layout.specs.iter().map(|spec| cells.get(spec.cell)).collect()
}

/// What the tables say that an actor may do.
fn tabulated(product: &Product, state: &State<MOST_WORDS>, actor: usize) -> Vec<After> {
    let system = product.system();
    let location = system.layout.location(state, actor);
    system.view(state, |world| {
        let before = |cell| world.cells.get(cell);
        let open = product.choices(actor, location).iter().filter(|choice| choice.is_open(before));
        let step = open.map(|choice| {
            let Outcome::Step { to, writes, .. } = &choice.outcome else {
                panic!("a state that is reached is at the bounds of the model");
            };
            let specs = system.layout.specs.iter();
            let value = |cell| writes.get(&cell).map_or_else(|| before(cell), |given| given.given(before));
            (actor, *to as usize, specs.map(|spec| value(spec.cell)).collect())
        });
        step.collect()
    })
}

#[test]
fn a_tabulated_step_is_the_step_that_is_taken() {
    for text in SMALL {
        let product = product(text, &[]);
        let system = product.system();
        for state in states(system) {
            let mut taken = Vec::new();
            system
                .successors(&state, |step, next| taken.push(after(system, &next, step.actor.into())))
                .expect("in range");
            let actors = 0..system.automata.len();
            let mut said: Vec<After> = actors.flat_map(|actor| tabulated(&product, &state, actor)).collect();
            taken.sort();
            said.sort();
            assert_eq!(said, taken, "{text}");
        }
    }
}

#[test]
fn what_no_run_reaches_is_left_out_and_nothing_else() {
    for text in SMALL {
        let product = Product::new(&scenario(text), &[], Some(1 << 30)).expect("small");
        let system = product.system();
        let mut unused: HashSet<(usize, usize, usize)> = HashSet::new();
        for (actor, automaton) in system.automata.iter().enumerate() {
            for location in 0..automaton.locations.len() {
                let steps = product.choices(actor, location).iter().enumerate();
                let steps = steps.filter(|(_, way)| matches!(way.outcome, Outcome::Step { .. }));
                unused.extend(steps.map(|(way, _)| (actor, location, way)));
            }
        }
        for state in states(system) {
            for actor in 0..system.automata.len() {
                // it panics where a way that was left out is open
                tabulated(&product, &state, actor);
                let location = system.layout.location(&state, actor);
                let open = |way: usize| {
                    let way = &product.choices(actor, location)[way];
                    system.view(&state, |world| way.is_open(|cell| world.cells.get(cell)))
                };
                (0..product.choices(actor, location).len()).filter(|way| open(*way)).for_each(|way| {
                    unused.remove(&(actor, location, way));
                });
            }
        }
        assert!(unused.is_empty(), "{text}: {unused:?} is never open, and was not left out");
    }
}

#[test]
fn a_tabulated_claim_is_the_claim() {
    for text in SMALL {
        let mut asked = Claim::concerning(&scenario(text));
        asked.retain(|claim| matches!(claim.kind(), Kind::State | Kind::Step));
        let product = product(text, &asked);
        let system = product.system();
        for state in states(system) {
            let of_state =
                asked.iter().filter(|claim| !system.holds(**claim, &state)).map(|claim| (*claim, None));
            let mut untrue: Vec<_> = of_state.collect();
            for actor in 0..system.automata.len() {
                let broken = system.broken_by_step(&asked, &state, actor).expect("in range");
                untrue.extend(broken.into_iter().map(|(claim, _)| (claim, Some(actor))));
            }
            let mut said = product.untrue(&state);
            untrue.sort();
            said.sort();
            // it may be untrue of several pages
            said.dedup();
            assert_eq!(said, untrue, "{text}");
        }
    }
}

#[test]
fn what_is_written_reads_like_the_kernel() {
    let text = promela(&product("wait;with=pinner;with=mapper", &[]));
    for part in [
        "i_mmap_writable = i_mmap_writable - 1 }; goto",
        "C0 = C0 + 1 }; goto",
        "/* mapping_deny_writable() = -EBUSY */",
        "pte_mapper = page0",
        "/* returned -EBUSY */",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn the_book_shows_a_mapper() {
    let scenario = scenario("wait;with=pinner;with=mapper:fault");
    let text = promela(&Product::new(&scenario, &[], Some(1 << 30)).expect("small"));
    let (_, mapper) = text.split_once("active proctype mapper").expect("it is in the cast");
    assert_quoted("docs/src/export.md", "mapper", &format!("active proctype mapper{mapper}"));
}

#[test]
fn claims_that_are_no_predicates_and_tables_without_bounds_are_refused() {
    let refused = |text: &str, claim| match Product::new(&scenario(text), &[claim], None) {
        Err(Error::Export(said)) => said,
        Err(other) => panic!("{text}: {other}"),
        Ok(_) => panic!("{text} is written"),
    };
    assert!(refused("wait;with=mapper", Claim::Returns).contains("returns is no predicate"));
    assert!(refused("wait;with=reader", Claim::SealsOnceFree).contains("seals-once-free is no predicate"));
    let wide = format!("wait-2014;last-scan=0;no-signals;pages=4{}", ";with=writer".repeat(7));
    let said = refused(&wide, Claim::ContentFrozen);
    assert!(said.contains("content-frozen needs a table that is too large"), "{said}");
}

/// A directory of this test's own.
struct Workshop(PathBuf);

impl Workshop {
    fn new(name: &str) -> Self {
        let dir = env::temp_dir().join(format!("sealcheck-export-{}-{name}", std::process::id()));
        fs::create_dir_all(&dir).expect("a directory for temporary files");
        Workshop(dir)
    }

    /// What a command prints.
    fn run(&self, command: &str, arguments: &[&str]) -> String {
        let output = Command::new(command).args(arguments).current_dir(&self.0).output();
        let output = output.unwrap_or_else(|error| panic!("{command}: {error}"));
        let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        format!("{out}{error}")
    }

    /// What Spin's verifier says of a model; none, which is a skip, where there is no Spin or no C compiler.
    fn pan(&self, model: &str) -> Option<String> {
        if !skip::has("spin", &["-V"]) || !skip::has("cc", &["--version"]) {
            return None;
        }
        fs::write(self.0.join("model.pml"), model).expect("writable");
        let said = self.run("spin", &["-a", "model.pml"]);
        assert!(self.0.join("pan.c").exists(), "spin made nothing: {said}");
        let arguments = ["-O0", "-w", "-DSAFETY", "-DNOREDUCE", "-DMEMLIM=4000", "-o", "pan", "pan.c"];
        let said = self.run("cc", &arguments);
        let pan = self.0.join("pan");
        assert!(pan.exists(), "the verifier does not compile: {said}");
        Some(self.run(pan.to_str().expect("a path of letters"), &["-m1000000"]))
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The number before some words in what a tool says.
fn number_before(said: &str, words: &str) -> usize {
    let line = said.lines().find(|line| line.contains(words)).unwrap_or_else(|| panic!("{words}: {said}"));
    let before = line.split(words).next().and_then(|before| before.split_whitespace().last());
    before.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{words}: {said}"))
}

fn explored(text: &str) -> Exploration {
    let job = Job { claims: &[], max_memory: 4 << 30, coverage: false, progress: None };
    explore(&scenario(text), &job).expect("explores")
}

/// Whole, and with what no run reaches left out.
#[test]
fn spin_counts_the_same_states_and_transitions() {
    for (text, reached) in [
        ("wait;with=pinner;with=mapper", false),
        ("isolate;with=pinner;with=mapper", false),
        ("wait;with=lookup-pinner;with=reclaim", false),
        ("wait;with=pinner;from=pinner:device-writes+sealer:inode-lock", false),
        ("wait;pages=2;with=pinner;with=mapper@0", true),
        ("wait;with=truncate;with=file-writer", true),
        ("wait;with=pinner;with=mapper;with=mapper", true),
    ] {
        let explore = reached.then_some(4 << 30);
        let product = Product::new(&scenario(text), &[], explore).expect("fits");
        let Some(said) = Workshop::new("counts").pan(&promela(&product)) else { return };
        let figures = explored(text).figures;
        assert!(said.contains("errors: 0"), "{text}: {said}");
        assert_eq!(number_before(&said, " states, stored"), figures.states, "{text}");
        // Spin counts coming to the first state as a transition
        assert_eq!(number_before(&said, " transitions (="), figures.transitions + 1, "{text}");
    }
}

#[test]
fn what_is_refuted_here_is_an_assertion_violated_there() {
    for (text, claim) in [
        ("wait;with=pinner;with=mapper", Claim::NoWritablePin),
        ("wait-2014;with=pinner;with=mapper", Claim::NoWritablePin),
        ("wait;with=pinner;with=mapper", Claim::CountLaw),
        ("wait;fault=put-twice;with=pinner;with=mapper", Claim::CountLaw),
        ("isolate;with=pinner", Claim::ReplaceUnmapped),
        ("isolate;with=pinner", Claim::IoLands),
        ("wait;with=pinner;with=writer", Claim::ContentFrozen),
        ("wait-2014;with=pinner;with=mapper", Claim::ContentFrozen),
    ] {
        let Some(said) = Workshop::new("claims").pan(&promela(&product(text, &[claim]))) else { return };
        let refuted = matches!(decide(&scenario(text)).verdict(claim), Some(Verdict::Refuted(_)));
        assert_eq!(said.contains("assertion violated"), refuted, "{text}: {}: {said}", claim.name());
        assert_eq!(said.contains("errors: 0"), !refuted, "{text}: {}: {said}", claim.name());
    }
}

#[test]
fn a_deadlock_is_an_invalid_end_state() {
    for text in [
        "isolate-two-phase;judge=snapshot;fault=forget-unlock;with=pinner;with=mapper",
        "isolate-two-phase;judge=snapshot;with=pinner;with=mapper",
    ] {
        let model = promela(&product(text, &[Claim::NoDeadlock]));
        let Some(said) = Workshop::new("deadlock").pan(&model) else { return };
        let refuted = matches!(decide(&scenario(text)).verdict(Claim::NoDeadlock), Some(Verdict::Refuted(_)));
        // its head says that such states are looked for
        assert_eq!(said.contains("invalid end state (at depth"), refuted, "{text}: {said}");
    }
}

/// TLC is not packaged: `TLA2TOOLS` says where its classes are.
#[test]
fn tlc_finds_the_same_states() {
    let Some(classes) = env::var("TLA2TOOLS").ok() else {
        skip::skip("TLC", "TLA2TOOLS does not name its class path");
        return;
    };
    for text in
        ["wait;with=pinner;with=mapper", "isolate;with=pinner;with=mapper", "wait;pages=2;with=pinner"]
    {
        let workshop = Workshop::new("tlc");
        let written = tla(&product(text, &[Claim::NoWritablePin, Claim::NoDeadlock]));
        fs::write(workshop.0.join(format!("{MODULE}.tla")), written.module).expect("writable");
        fs::write(workshop.0.join(format!("{MODULE}.cfg")), written.config).expect("writable");
        let said = workshop.run("java", &["-cp", &classes, "tlc2.TLC", MODULE]);
        assert!(said.contains("No error has been found"), "{text}: {said}");
        assert_eq!(
            number_before(&said, " distinct states found, 0 states left"),
            explored(text).figures.states,
            "{text}"
        );
    }
}

/// Every operator that a module uses is defined in it, and every bracket is closed.
#[test]
fn a_module_hangs_together() {
    for text in SMALL {
        let module = tla(&product(text, &[Claim::NoWritablePin, Claim::CountLaw])).module;
        for (open, close) in [('(', ')'), ('[', ']'), ('{', '}')] {
            assert_eq!(module.matches(open).count(), module.matches(close).count(), "{text}: {open}{close}");
        }
        let code: String = module
            .lines()
            .filter_map(|line| line.split("\\*").next())
            .fold(String::new(), |code, line| code + line + "\n");
        let known =
            ["Integers", "VARIABLES", "EXTENDS", "MODULE", MODULE, "EXCEPT", "UNCHANGED", "TRUE", "FALSE"];
        let more = ["CASE", "OTHER", "in", "m", "at"];
        let defined: HashSet<&str> = code.lines().filter_map(|line| line.split(" ==").next()).collect();
        let is_part =
            |letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '.' && letter != '!';
        for word in code.split(is_part).filter(|word| word.starts_with(char::is_alphabetic)) {
            let field = word.starts_with("m.") || word.starts_with("at.");
            let label = code.contains(&format!("{word} |->"));
            let is_known = known.contains(&word) || more.contains(&word) || defined.contains(word);
            assert!(field || label || is_known, "{text}: {word} is not defined");
        }
    }
}

#[test]
fn a_drawing_has_every_location_and_every_answer() {
    let scenario = scenario("wait;with=reader;with=mapper");
    let automata = compile_cast(&scenario).expect("compiles");
    let drawing = dot(&scenario, &automata, &[1]);
    let locations = &automata[1].locations;
    for (number, location) in locations.iter().enumerate() {
        assert_eq!(drawing.matches(&format!("    reader_{number} [")).count(), 1, "{drawing}");
        let leads: HashSet<u32> = location.next.iter().copied().collect();
        assert_eq!(drawing.matches(&format!("    reader_{number} -> ")).count(), leads.len(), "{drawing}");
    }
    for part in ["read page0 = 0\\nread page0 = 1", "returned 0", "find_get_entry(index0) = page0"] {
        assert!(drawing.contains(part), "{part} is not in\n{drawing}");
    }
    assert!(!drawing.contains("cluster_mapper"), "{drawing}");
}
