//! Every command that the README, the book, CONTRIBUTING and the help show is run as it stands: here, or by the test or
//! the step of CI that [`ELSEWHERE`] names.

use crate::common::{book, skip};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::common::shown::{
    console, help, in_help, in_messages, in_prose, in_shell, is_form, is_name, program,
};

/// What runs a command that is not run here.
enum Where {
    /// A test, by its file and its function.
    Test(&'static str, &'static str),
    /// A line of `.ci/run`, by a part of it.
    Step(&'static str),
    /// A line of `.ci/long`, by a part of it: what takes too long for every run of CI.
    Long(&'static str),
}
use Where::{Long, Step, Test};

/// Commands that are run elsewhere, by their beginning. The first that fits counts.
const ELSEWHERE: [(&str, Where); 26] = [
    ("sealcheck review --engines", Long("review --engines")),
    ("sealcheck review --full --bless", Test("manifest", "what_bless_writes_is_the_manifest")),
    ("sealcheck review --full", Test("review", "every_result_is_as_the_manifest_expects")),
    ("sealcheck conform --random 100000", Test("conform", "random_programs_agree")),
    (
        "sealcheck check wait --pages 2 --with pinner=2 --with mapper=2 --engine cluster",
        Test("cluster", "processes_on_this_machine_say_the_same"),
    ),
    ("cat hosts", Test("cluster", "processes_on_this_machine_say_the_same")),
    ("java -cp tla2tools.jar", Test("export", "tlc_finds_the_same_states")),
    ("git apply", Test("tutorials", "adding_a_claim")),
    ("bash .ci/run", Step("/steps")),
    ("bash .ci/long", Long("/steps")),
    ("UPDATE_EXPECT=1 cargo test", Step("cargo test --release --locked")),
    ("cargo test", Step("cargo test --release --locked")),
    ("cargo install --path checks --locked", Step("cargo install --path checks --locked")),
    ("cargo install cargo-fuzz --locked", Long("cargo_tool fuzz")),
    ("mkdir -p fuzz/corpus/schedule", Long("mkdir -p \"fuzz/corpus/$target\"")),
    ("cargo fuzz run -s none", Long("cargo fuzz run -s none \"$target\"")),
    ("cargo fuzz build -s none", Long("cargo fuzz build -s none")),
    ("cargo +nightly fuzz run", Long("cargo +nightly fuzz run")),
    ("cargo install cargo-mutants --locked", Long("cargo_tool mutants")),
    ("cargo mutants --list --json", Long("cargo mutants --list --json")),
    ("cargo mutants", Long("cargo mutants \"$@\" --list")),
    (
        "cargo build --release --manifest-path fuzz/Cargo.toml",
        Long("cargo build --release --manifest-path fuzz/"),
    ),
    ("cargo run --release --manifest-path fuzz/Cargo.toml", Long("--example hunts")),
    ("cargo bench --bench explorer", Long("cargo bench")),
    ("cargo bench --bench walk", Long("cargo bench")),
    ("cargo bench", Long("cargo bench")),
];

#[test]
fn what_is_run_elsewhere_is_run_there() {
    let read = |path: &str| {
        fs::read_to_string(book::root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    let (ci, long) = (read(".ci/run"), read(".ci/long"));
    let is_line = |script: &str, part| {
        script.lines().any(|line| !line.trim_start().starts_with('#') && line.contains(part))
    };
    for (command, place) in &ELSEWHERE {
        match place {
            Test(file, function) => {
                let test = read(&format!("checks/tests/suite/{file}.rs"));
                assert!(
                    test.contains(&format!("#[test]\nfn {function}()")),
                    "{command}: {file} has no {function}"
                );
            }
            Step(part) => assert!(is_line(&ci, part), "{command}: .ci/run has no line with {part}"),
            Long(part) => assert!(is_line(&long, part), "{command}: .ci/long has no line with {part}"),
        }
    }
}

/// A copy of the checkout in which a command may write: what is there is reached by links, and only what is new stays.
struct Checkout(PathBuf);

impl Checkout {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("commands").join(name.replace('/', "-"));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the target directory is writable");
        let root = fs::canonicalize(book::root()).expect("the checkout");
        for entry in fs::read_dir(&root).expect("the checkout is readable") {
            let name = entry.expect("a name").file_name();
            if name != "target" && name != "out" {
                symlink(root.join(&name), path.join(&name)).expect("a link");
            }
        }
        Checkout(path)
    }

    /// What a command does here.
    fn run(&self, line: &str) -> Output {
        let program = Path::new(env!("CARGO_BIN_EXE_sealcheck")).parent().expect("it has one").to_owned();
        let path = std::env::var("PATH").unwrap_or_default();
        let shell = Command::new("sh")
            .args(["-euc", line])
            .current_dir(&self.0)
            .env("PATH", format!("{}:{path}", program.display()))
            .output();
        shell.expect("a shell")
    }
}

/// A command may refute or decide nothing, and may lack something here and say what: that is no error of it.
fn assert_runs(command: &book::Command, output: &Output) {
    let (code, error) = (output.status.code(), String::from_utf8_lossy(&output.stderr));
    let forbidden = command.line.text.contains("sealcheck conform") && matches!(code, Some(2 | 3));
    if forbidden {
        skip::skip("the kernel", format_args!("{}: {}", command.line.text, error.trim()));
    }
    let ran = matches!(code, Some(0 | 1 | 3));
    assert!(ran || forbidden, "{}: {}: {code:?} {error}", command.line.place(), command.line.text);
}

/// Every command of a block, of prose and of the help, with what is shown below it.
#[test]
fn every_command_shown_runs_and_prints_what_is_shown() {
    let (mut run, mut used) = (0, [false; ELSEWHERE.len()]);
    let mut advised = in_help();
    advised.retain(|command| !is_name(&command.line.text));
    let help = (String::from("--help"), advised);
    let all = book::pages().into_iter().map(|page| {
        let mut prose = in_prose(&page);
        prose.retain(|command| !is_name(&command.line.text));
        let commands = [console(&page), in_shell(&page), prose].concat();
        (page, commands)
    });
    for (page, commands) in all.chain([help]) {
        let checkout = Checkout::new(&page);
        for command in commands {
            let text = &command.line.text;
            if let Some(entry) = ELSEWHERE.iter().position(|(start, _)| text.starts_with(start)) {
                used[entry] = true;
                continue;
            }
            if is_form(text) {
                continue;
            }
            let place = command.line.place();
            assert!(
                text.contains("sealcheck") || program(text) == "spin",
                "{place}: run `{text}`, or say in ELSEWHERE where"
            );
            let missing = tools(text).into_iter().find(|tool| !skip::has(tool, &[version(tool)]));
            if missing.is_none() {
                let output = checkout.run(text);
                assert_runs(&command, &output);
                command.assert_printed(&String::from_utf8_lossy(&output.stdout));
                run += 1;
            }
        }
    }
    assert!(run > 120, "only {run} commands are shown");
    let unused = ELSEWHERE.iter().zip(used).filter(|(_, used)| !used).map(|((start, _), _)| start);
    assert_eq!(unused.collect::<Vec<_>>(), [&""; 0], "nothing shows what is run elsewhere");
}

/// Programs that a line of shell calls, beside ours and those that it made.
fn tools(text: &str) -> BTreeSet<&str> {
    let calls = text.split('|').flat_map(|part| part.split("&&"));
    // a name between quotes is no call
    let names =
        calls.map(program).filter(|name| name.starts_with(|letter: char| letter.is_ascii_lowercase()));
    names.filter(|name| *name != "sealcheck" && !name.contains(['\'', '='])).collect()
}

/// How a tool is asked whether it is there.
fn version(tool: &str) -> &'static str {
    match tool {
        "spin" | "dot" => "-V",
        _ => "--version",
    }
}

/// A form, such as `sealcheck check STRATEGY [--pages N]`, and what an error advises, name commands and options that are.
#[test]
fn every_form_names_options_that_are() {
    let mut seen = 0;
    for command in book::pages().iter().flat_map(|page| in_prose(page)).chain(in_help()).chain(in_messages())
    {
        let text = &command.line.text;
        if program(text) != "sealcheck" {
            continue;
        }
        let words = text.split([' ', '[', ']', '\\', '|']).filter(|word| !word.is_empty());
        let words: Vec<&str> = words.collect();
        let sub: Vec<&str> = words[1..]
            .iter()
            .take_while(|word| word.starts_with(|letter: char| letter.is_ascii_lowercase()))
            .copied()
            .collect();
        let sub = &sub[..if sub.first() == Some(&"export") { sub.len() } else { sub.len().min(1) }];
        let help = help_of(sub)
            .unwrap_or_else(|| panic!("{}: `{text}`: there is no such command", command.line.place()));
        for option in words.iter().filter(|word| word.starts_with("--")) {
            let known = help
                .split(|letter: char| !letter.is_alphanumeric() && letter != '-')
                .any(|word| word == *option);
            assert!(known, "{}: `{text}`: {option} is no option of it", command.line.place());
            seen += 1;
        }
    }
    assert!(seen > 50, "only {seen} options are shown");
}

/// The help of a command, or of a choice of several of `export`.
fn help_of(sub: &[&str]) -> Option<String> {
    match sub {
        [export, first, rest @ ..] => {
            let all = [first].into_iter().chain(rest).map_while(|form| help(&[export, form]));
            Some(all.collect::<String>()).filter(|help| !help.is_empty())
        }
        _ => help(sub),
    }
}

/// Modules of tests that a page names behind `--test suite --` exist.
#[test]
fn every_test_named_is_there() {
    let mut named = 0;
    for command in book::pages().iter().flat_map(|page| in_prose(page)) {
        let words: Vec<&str> = command.line.text.split(' ').collect();
        let Some(at) = words.iter().position(|word| *word == "--test") else { continue };
        assert_eq!(
            words[at + 1..at + 3],
            ["suite", "--"],
            "{}: the tests are in one program",
            command.line.place()
        );
        for name in words[at + 3..].iter().filter(|word| !word.starts_with('-')) {
            let module = name.split("::").next().unwrap_or(name);
            let path = book::root().join(format!("checks/tests/suite/{module}.rs"));
            assert!(path.exists(), "{}: there is no test {name}", command.line.place());
            named += 1;
        }
    }
    assert!(named > 5, "only {named} tests are named");
}

/// Cargo runs test programs by their names: after the summary nothing may be skipped, and nothing is skipped without it.
#[test]
fn every_skip_is_in_the_summary() {
    let files = |directory| {
        let entries = fs::read_dir(book::root().join(directory)).expect("the tests");
        let paths = entries.map(|entry| entry.expect("a name").path()).filter(|path| path.is_file());
        paths.collect::<BTreeSet<PathBuf>>()
    };
    let programs = files("checks/tests");
    let names: Vec<_> = programs.iter().filter_map(|path| path.file_stem()).collect();
    assert_eq!(names, ["zz_skipped"], "one program beside suite/, which comes before it");
    for path in files("checks/tests/suite") {
        let text = fs::read_to_string(&path).expect("a source");
        let prints =
            |line: &&str| line.contains("print") && line.contains("\"skipped") && !line.contains("contains(");
        assert_eq!(text.lines().find(prints), None, "{}: say it by `skip`", path.display());
    }
}
