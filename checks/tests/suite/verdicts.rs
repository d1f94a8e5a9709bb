//! Exit codes, documents and options are the same matter of every engine.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// From here on the repaired `wait` holds against a zap, whatever the memory: every execution is soon run.
const HOLDS: &str = "wait;last-scan=0;no-signals;with=pinner;with=mapper@0:zap;\
                     from=pinner:device-writes+sealer:lock-page*2";
/// From here on a zap deceives the counts.
const DECEIVED: &str = "wait-2014;judge=maps-then-refs;last-scan=0;no-signals;with=pinner;with=mapper@0:zap;\
                        from=pinner:device-writes+sealer:inode-lock";

/// 359,400 states.
const TOO_LARGE: &str = "wait;with=pinner;with=mapper;with=mapper";

const ENGINES: [&str; 5] = ["explicit", "cluster", "loom", "shuttle", "threads"];

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealcheck"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LOOM_") {
            command.env_remove(name);
        }
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

fn sealcheck(arguments: &[&str]) -> Output {
    program(arguments).output().expect("sealcheck runs")
}

fn check(scenario: &str, options: &str) -> Output {
    sealcheck(&[&["check", scenario], &options.split_whitespace().collect::<Vec<_>>()[..]].concat())
}

fn error_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A run that was cut short never passes, nor does one by chance, nor a claim that says nothing.
#[test]
fn the_exit_code_follows_from_the_verdicts() {
    let nobody_pins = "wait;with=reader";
    for (scenario, options, code, said) in [
        (HOLDS, "--claim no-writable-pin", 0, "proved"),
        (HOLDS, "--engine loom --claim no-writable-pin", 0, "held"),
        (DECEIVED, "--claim no-writable-pin", 1, "refuted ("),
        (DECEIVED, "--engine cluster --claim no-writable-pin", 1, "refuted ("),
        (DECEIVED, "--engine loom --claim no-writable-pin", 1, "refuted ("),
        (DECEIVED, "--engine shuttle --claim no-writable-pin", 1, "refuted ("),
        (nobody_pins, "--claim no-writable-pin", 1, "vacuous: never seen"),
        (nobody_pins, "", 0, "vacuous: never seen"),
        (
            nobody_pins,
            "--engine shuttle --executions 9 --claim no-writable-pin",
            3,
            "undecided: 9 executions",
        ),
        (TOO_LARGE, "--max-memory 2M --claim no-leak", 3, "undecided: memory"),
        (TOO_LARGE, "--engine cluster --workers 1 --max-memory 1M --claim no-leak", 3, "undecided: memory"),
        (
            "wait-2014",
            "--engine shuttle --executions 0 --claim no-writable-pin",
            3,
            "undecided: 0 executions",
        ),
        ("wait-2014", "--engine shuttle --seconds 0 --claim no-writable-pin", 3, "undecided: 0 s"),
        (
            "wait-2014",
            "--engine shuttle --scheduler pct --executions 2 --claim no-leak",
            3,
            "undecided: 2 exec",
        ),
        ("wait-2014", "--engine loom --executions 3 --claim no-writable-pin", 3, "undecided: 3 executions"),
        ("wait-2014", "--engine loom --seconds 0 --claim no-writable-pin", 3, "undecided: 0 s"),
        (HOLDS, "--engine loom --preemptions 0 --claim no-writable-pin", 3, "undecided: 0 preemptions"),
        (HOLDS, "--engine loom --preemptions 1 --claim no-writable-pin", 3, "undecided: 1 preemptions"),
        // a bound within each execution leaves them undecided as well, and nothing is refuted that lies behind it
        (HOLDS, "--engine loom --steps 3 --claim no-writable-pin", 3, "undecided: 3 steps, which"),
        (DECEIVED, "--engine loom --steps 3 --claim no-writable-pin", 3, "undecided: 3 steps, which"),
        (HOLDS, "--engine shuttle --scheduler dfs --steps 3 --claim no-leak", 3, "undecided: 3 steps, which"),
        (
            HOLDS,
            "--engine threads --steps 0 --executions 2",
            3,
            "0  sealer=-EBUSY pinner=0 mapper=0    allowed, not seen\n\
             0  sealer=0 pinner=0 mapper=0 sealed  allowed, not seen\n",
        ),
        // of several verdicts the refuted one counts
        (DECEIVED, "--engine shuttle --executions 2000", 1, "undecided: 2000 executions"),
        ("wait", "--engine threads --executions 3", 3, "allowed, not seen"),
    ] {
        let output = check(scenario, options);
        let text = String::from_utf8_lossy(&output.stdout);
        let shown = format!("{scenario} {options}: {text}{}", error_of(&output));
        assert_eq!(output.status.code(), Some(code), "{shown}");
        assert!(text.contains(said), "`{said}` is not in {shown}");
    }
}

/// Refused before anything runs, with the engines that can.
#[test]
fn a_claim_that_an_engine_cant_judge_is_refused_if_it_is_named() {
    for (engine, claim, able) in [
        ("loom", "returns", "use --engine explicit\n"),
        ("shuttle", "seals-once-free", "use --engine explicit or cluster\n"),
        ("cluster", "returns", "use --engine explicit\n"),
        ("threads", "no-writable-pin", "use --engine explicit or cluster or loom or shuttle\n"),
    ] {
        let output = check("wait-2014", &format!("--engine {engine} --claim no-leak --claim {claim}"));
        let error = error_of(&output);
        assert_eq!(output.status.code(), Some(2), "{engine}: {error}");
        assert!(output.stdout.is_empty());
        let named = if engine == "threads" { "no-leak" } else { claim };
        assert!(error.starts_with(&format!("sealcheck: {named} is not for --engine {engine}: ")), "{error}");
        assert!(error.ends_with(able) && error.lines().count() == 1, "{error}");
    }
    // those that are not named are left out, and that is said
    let output = check(DECEIVED, "--engine shuttle --executions 20");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("left to --engine explicit: "), "{text}");
    assert!(!text.contains("  returns  "), "{text}");
}

fn document(engine: &str, scenario: &str, options: &str) -> Value {
    let output = check(scenario, &format!("--engine {engine} --json {options}"));
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{engine}: {error}: {}", error_of(&output)))
}

fn fields(value: &Value) -> BTreeSet<String> {
    value.as_object().expect("an object").keys().cloned().collect()
}

/// One document, whichever engine: the same fields, and as the published schema says.
#[test]
fn the_documents_of_all_engines_have_the_same_fields() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schema/check.json");
    let schema = std::fs::read_to_string(schema).expect("a schema of the checkout");
    let schema: Value = serde_json::from_str(&schema).expect("a schema is JSON");
    let schema = jsonschema::validator_for(&schema).expect("a valid schema");
    let few = |engine| if matches!(engine, "shuttle" | "threads") { "--executions 300" } else { "" };
    // loom would make 612,447 executions, and refutes what it can in the first of them
    let fewer = |engine| if engine == "loom" { "--executions 5000" } else { few(engine) };
    let expected = document("explicit", DECEIVED, "");
    for (engine, scenario, options) in ENGINES
        .iter()
        .flat_map(|engine| [(*engine, DECEIVED, fewer(*engine)), (*engine, HOLDS, few(*engine))])
        .chain([("loom", "wait-2014", "--executions 2"), ("explicit", TOO_LARGE, "--max-memory 2M")])
    {
        let found = document(engine, scenario, options);
        let errors: Vec<String> =
            schema.iter_errors(&found).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(errors, [""; 0], "{engine} {scenario}");
        let mut same = fields(&found);
        // counterexamples are there where a claim is refuted
        same.insert("traces".into());
        assert_eq!(same, fields(&expected), "{engine} {scenario}");
        assert_eq!(fields(&found["figures"]), fields(&expected["figures"]), "{engine}");
        assert_eq!(found["engine"], engine);
    }
    let pin = |found: &Value| {
        let verdicts = found["verdicts"].as_array().expect("a list");
        verdicts.iter().find(|verdict| verdict["claim"] == "no-writable-pin").expect("it was asked").clone()
    };
    let loom = pin(&document("loom", DECEIVED, "--claim no-writable-pin"));
    assert_eq!(fields(&loom), fields(&pin(&expected)));
    assert!(loom["first_execution"].as_u64() >= Some(1), "{loom}");
    let shuttle = document("shuttle", HOLDS, "--executions 7");
    assert_eq!(
        (&pin(&shuttle)["verdict"], &pin(&shuttle)["by"]),
        (&"undecided".into(), &"7 executions".into())
    );
    assert_eq!(shuttle["limit"], "7 executions");
    assert!(shuttle["not_judged"].as_array().is_some_and(|claims| claims.contains(&"returns".into())));
    let threads = document("threads", "wait", "--executions 5");
    let ends = threads["ends"].as_array().expect("a list");
    assert!(ends.iter().all(|end| end["allowed"] == true), "{threads}");
    assert_eq!(ends.iter().filter_map(|end| end["times"].as_u64()).sum::<u64>(), 5);
}

/// The command of a refutation in a document, as a shell runs it, shows it again.
#[test]
fn the_command_of_a_document_gives_its_verdict() {
    for (engine, options) in [
        ("explicit", ""),
        ("cluster", "--workers 1"),
        ("loom", ""),
        ("loom", "--preemptions 2"),
        ("shuttle", "--seed 7 --scheduler pct=2 --executions 2000"),
        ("shuttle", "--scheduler dfs"),
    ] {
        let found = document(engine, DECEIVED, &format!("{options} --claim no-writable-pin"));
        let refuted = &found["verdicts"][0];
        assert_eq!(refuted["verdict"], "refuted", "{engine} {options}");
        let command = refuted["command"].as_str().expect("a text");
        let words: Vec<&str> = command.split(' ').map(|word| word.trim_matches('\'')).collect();
        assert_eq!(words[0], "sealcheck");
        let output = sealcheck(&[&words[1..], &["--json"]].concat());
        let again: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{command}: {error}: {}", error_of(&output)));
        assert_eq!(
            [&again["scenario"], &again["engine"]],
            [&found["scenario"], &found["engine"]],
            "{command}"
        );
        assert_eq!(again["verdicts"], found["verdicts"], "{command}");
    }
}

/// Each option with a value, and the engines that it belongs to.
const OPTIONS: [(&str, &[&str]); 16] = [
    ("--preemptions=2", &["loom"]),
    ("--executions=2", &["loom", "shuttle", "threads"]),
    ("--steps=9", &["loom", "shuttle", "threads"]),
    ("--seconds=1", &["loom", "shuttle", "threads"]),
    ("--seed=1", &["shuttle", "threads"]),
    ("--scheduler=random", &["shuttle"]),
    ("--threads=1", &["explicit"]),
    ("--reduce=none", &["explicit"]),
    ("--checkpoint=DIRECTORY", &["explicit", "cluster"]),
    ("--checkpoint-every=60", &["explicit"]),
    ("--max-memory=64M", &["explicit", "cluster"]),
    ("--estimate", &["explicit"]),
    ("--workers=1", &["cluster"]),
    ("--hosts=/no/such/file", &["cluster"]),
    ("--process=0", &["cluster"]),
    ("--join-within=1", &["cluster"]),
];

/// Options that mean something only beside another one.
fn with_others(option: &str) -> Vec<&str> {
    match option.split('=').next() {
        Some("--checkpoint-every") => vec![option, "--checkpoint=DIRECTORY"],
        Some("--hosts") => vec![option, "--process=0"],
        Some("--process") => vec![option, "--hosts=/no/such/file"],
        Some("--join-within") => vec![option, "--hosts=/no/such/file", "--process=0"],
        _ => vec![option],
    }
}

/// Every option beside every engine: what belongs to another one is refused, also with the value that it has unasked.
#[test]
fn an_option_of_another_engine_is_refused() {
    let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (number, (option, engines)) in OPTIONS.iter().enumerate() {
        for engine in ENGINES {
            let directory = tmp.join(format!("option-{number}-{engine}"));
            let _ = std::fs::remove_dir_all(&directory);
            let given: Vec<String> = with_others(option)
                .iter()
                .map(|option| option.replace("DIRECTORY", &directory.display().to_string()))
                .collect();
            // the sealer alone has one execution
            let scenario = "wait-2014;last-scan=0;no-signals";
            let few = ["loom", "shuttle", "threads"].contains(&engine) && !option.starts_with("--executions");
            let mut command = program(&["check", scenario, "--engine", engine]);
            command.args(&given).args(few.then_some("--executions=2"));
            let output = command.output().expect("sealcheck runs");
            let error = error_of(&output);
            let name = option.split('=').next().unwrap_or_default();
            let expected = engines.join(" or ");
            let refused =
                format!("sealcheck: {name} belongs to --engine {expected}, and this is --engine {engine}:");
            if engines.contains(&engine) {
                assert!(!error.contains("belongs to"), "{engine} {option}: {error}");
                continue;
            }
            // beside others it may be the other one that is named
            let others = with_others(option).len() > 1 && error.contains("belongs to --engine");
            assert!(error.starts_with(&refused) || others, "{engine} {option}: {error}");
            assert_eq!(
                (output.status.code(), error.lines().count()),
                (Some(2), 1),
                "{engine} {option}: {error}"
            );
            assert!(output.stdout.is_empty() && !directory.exists(), "{engine} {option}");
        }
    }
}

/// Nor is an option left out without a word that means something only beside another one.
#[test]
fn an_option_that_would_do_nothing_is_refused() {
    let line = "wait-2014;judge=refs-then-maps;pages=1;run=sealer";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/schedule");
    let mut seeds = std::fs::read_dir(file).expect("a directory of the checkout");
    let seed = seeds.next().expect("it has seeds").expect("readable").path();
    let seed = seed.to_str().expect("a path of letters");
    for (arguments, said) in [
        (&["conform", "--seed", "3"][..], "--random"),
        (&["conform", "--seed", "3", "--program", "create"], "--program"),
        (&["campaign", "--scenario", "wait", "--seed", "3"], "--random"),
        (&["campaign", "--scenario", "wait", "--random", "3", "--target", "hunt"], "--target"),
        (&["replay", line, "--target", "hunt"], "--target"),
        (&["replay", seed, "--format", "svg"], "leave out --format"),
        (&["replay", seed, "--json"], "leave out --format"),
        (&["check", "wait", "--checkpoint-every", "9"], "--checkpoint"),
        (&["check", "wait", "--engine", "shuttle", "--scheduler", "dfs", "--seed", "9"], "leave out --seed"),
        (&["export", "promela", "wait", "--max-memory", "1G"], "--reached"),
        (&["review", "--engines", "--full"], "--full"),
        (&["review", "--engines", "--json"], "--json"),
    ] {
        let output = sealcheck(arguments);
        let error = error_of(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(said) && output.stdout.is_empty(), "{arguments:?}: {error}");
    }
}

/// No option of `check` is forgotten here: each is in the table, or is one of those that every engine takes.
#[test]
fn every_option_of_check_is_in_the_table() {
    let of_all = "--judge --pages --with --pin-weight --last-scan --enomem --no-signals --early-flush \
                  --children-first --seal --folio --from --fault --claim --engine --save --json --help";
    let help = String::from_utf8(sealcheck(&["check", "--help"]).stdout).expect("text");
    let there = help.lines().filter_map(|line| {
        let line = line.trim_start();
        let option = line.strip_prefix("-h, ").unwrap_or(line);
        option.starts_with("--").then(|| option.split([' ', ',']).next().unwrap_or_default())
    });
    let in_table = OPTIONS.iter().map(|(option, _)| option.split('=').next().unwrap_or_default());
    let known: BTreeSet<&str> = of_all.split_whitespace().chain(in_table).collect();
    assert_eq!(there.collect::<BTreeSet<_>>(), known);
}

#[test]
fn variables_of_loom_and_shuttle_are_refused_with_the_option_to_use() {
    for (engine, name, way_out) in [
        ("loom", "LOOM_MAX_PREEMPTIONS", "use --preemptions N"),
        ("loom", "LOOM_MAX_PERMUTATIONS", "use --executions N"),
        ("loom", "LOOM_MAX_DURATION", "use --seconds N"),
        ("loom", "LOOM_MAX_BRANCHES", "unset it"),
        ("loom", "LOOM_CHECKPOINT_FILE", "unset it"),
        ("loom", "LOOM_CHECKPOINT_INTERVAL", "unset it"),
        ("loom", "LOOM_LOG", "unset it"),
        ("loom", "LOOM_LOCATION", "unset it"),
        ("shuttle", "SHUTTLE_RANDOM_SEED", "use --seed N"),
        ("shuttle", "SHUTTLE_ALWAYS_PERSIST_SEED", "unset it"),
    ] {
        let scenario = "wait-2014;last-scan=0;no-signals";
        let run = |engine: &str| {
            let mut command = program(&["check", scenario, "--engine", engine]);
            let few = ["loom", "shuttle", "threads"].contains(&engine).then_some("--executions=2");
            command.env(name, "1").args(few).output().expect("sealcheck runs")
        };
        let output = run(engine);
        let error = error_of(&output);
        assert_eq!((output.status.code(), error.lines().count()), (Some(2), 1), "{name}: {error}");
        assert!(error.starts_with(&format!("sealcheck: {name} is set")), "{error}");
        assert!(error.contains(way_out), "{error}");
        // other engines never read it
        assert_ne!(run("explicit").status.code(), Some(2), "{name}");
    }
}
