//! Where output can't be written: one message and exit code 2, whatever the command; a reader that went away is no
//! error; and standard error that fails too makes no panic.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_sealcheck");

/// A run of `wait-2014` that breaks nothing yet.
const RUN: &str = "wait-2014;judge=refs-then-maps;pages=1;run=sealer*2";

/// 359,400 states.
const TOO_LARGE: &str = "wait;with=pinner;with=mapper;with=mapper";

/// Commands that are soon done, in each of their forms, with their exit codes.
const QUICK: [(&[&str], i32); 19] = [
    (&["--help"], 0),
    (&["check", "--help"], 0),
    (&["--version"], 0),
    (&["list"], 0),
    (&["check", "wait-2014", "--claim", "no-writable-pin"], 1),
    (&["check", "wait-2014;with=reader", "--claim", "no-leak"], 0),
    (&["check", "wait-2014;with=reader", "--claim", "no-leak", "--json"], 0),
    (&["check", "wait-2014;with=reader", "--claim", "no-leak", "--engine", "cluster"], 0),
    (&["check", "wait;with=reader", "--engine", "shuttle", "--executions", "3", "--claim", "no-leak"], 3),
    (&["check", "wait;with=reader", "--engine", "threads", "--executions", "3", "--json"], 3),
    (&["check", TOO_LARGE, "--max-memory", "2M", "--claim", "no-leak"], 3),
    (&["replay", RUN], 0),
    (&["replay", RUN, "--format", "svg"], 0),
    (&["replay", RUN, "--format", "itf"], 0),
    (&["export", "promela", "wait-2014;with=reader"], 0),
    (&["export", "dot", "wait-2014;with=reader"], 0),
    (&["scale", "wait-2014;with=reader"], 0),
    (&["scale", "wait-2014;with=reader", "--svg"], 0),
    (&["campaign", "--scenario", "wait-2014;with=reader", "--random", "3"], 0),
];

/// Commands that take longer, or that write files as well: whether output can be written is asked before they begin.
const LONG: [&[&str]; 13] = [
    &["review"],
    &["review", "--format", "text"],
    &["review", "--format", "markdown"],
    &["review", "--format", "json"],
    &["review", "--format", "junit"],
    &["review", "--format", "sarif"],
    &["review", "--engines"],
    &["report", "DIRECTORY"],
    &["agree", "--random", "1"],
    &["faults"],
    &["conform", "--program", "create"],
    &["corpus", "DIRECTORY"],
    &["export", "tla", "wait-2014;with=reader", "--dir", "DIRECTORY"],
];

/// For each command arguments that are refused.
const WRONG: [&[&str]; 14] = [
    &["hope"],
    &["list", "hope"],
    &["check", "hope"],
    &["check", "wait", "--engine", "loom", "--reduce", "all"],
    &["replay", "hope"],
    &["export", "promela", "hope"],
    &["scale", "hope"],
    &["review", "--max-memory", "hope"],
    &["report"],
    &["agree", "--seed", "hope"],
    &["faults", "--max-memory", "hope"],
    &["conform", "--program", "hope"],
    &["corpus"],
    &["campaign"],
];

fn directory() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("output-nothing")
}

/// The command, with a directory that is not there.
fn sealcheck(arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    let directory = directory();
    let argument = |argument: &&str| match *argument {
        "DIRECTORY" => directory.clone().into_os_string(),
        other => OsStr::new(other).to_owned(),
    };
    command.args(arguments.iter().map(argument)).stdin(Stdio::null());
    command
}

fn full() -> File {
    File::options().write(true).open("/dev/full").expect("a device of every Linux")
}

fn error_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The commands of this program, as its help has them.
fn commands() -> Vec<String> {
    let output = sealcheck(&["--help"]).output().expect("sealcheck runs");
    let help = String::from_utf8(output.stdout).expect("text");
    let listed =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    listed.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn every_command_is_in_these_tables() {
    let written = QUICK.iter().map(|(arguments, _)| *arguments).chain(LONG);
    let written: Vec<&str> = written.map(|arguments| arguments[0]).collect();
    let commands = commands();
    assert!(commands.len() > 10, "{commands:?}");
    for command in commands.iter().filter(|command| *command != "help") {
        assert!(written.contains(&command.as_str()), "{command}");
        assert!(WRONG.iter().any(|arguments| arguments[0] == command), "{command}");
    }
}

/// A full disk, a stream that is open for reading only, and none at all.
#[test]
fn what_cant_be_written_is_one_error() {
    let all = QUICK.iter().map(|(arguments, _)| *arguments).chain(LONG);
    for arguments in all {
        let read_only = File::open("/dev/null").expect("a device of every Linux");
        let mut closed = Command::new("sh");
        closed.args(["-c", r#"exec "$0" "$@" >&-"#]).arg(PROGRAM).args(sealcheck(arguments).get_args());
        for (why, command) in [
            ("No space left on device", sealcheck(arguments).stdout(full())),
            ("Bad file descriptor", sealcheck(arguments).stdout(read_only)),
            ("it is closed", &mut closed),
        ] {
            let output = command.output().expect("sealcheck runs");
            let error = error_of(&output);
            assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
            assert!(
                error.starts_with("sealcheck: standard output can't be written: "),
                "{arguments:?}: {error}"
            );
            assert!(error.contains(why), "{arguments:?}: {error}");
            assert_eq!(error.lines().count(), 1, "{arguments:?}: {error}");
        }
    }
    assert!(!directory().exists(), "something was written before that was asked");
}

/// A disk that becomes full, which shows only with the first byte: a limit on the size of files does the same.
#[test]
fn a_disk_that_gets_full_is_one_error() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("output-full");
    for (arguments, _) in QUICK {
        let mut limited = Command::new("sh");
        limited.args(["-c", r#"trap "" XFSZ; ulimit -f 0; exec "$0" "$@""#]).arg(PROGRAM).args(arguments);
        let output = limited.stdout(File::create(&file).expect("a file")).output().expect("sealcheck runs");
        let error = error_of(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        let last = error.lines().last().unwrap_or_default();
        let expected = "sealcheck: standard output can't be written: File too large (os error 27)";
        assert_eq!(last, expected, "{arguments:?}: {error}");
    }
}

/// The verdict is what it was.
#[test]
fn a_reader_that_went_away_is_no_error() {
    for (arguments, code) in QUICK {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = sealcheck(arguments).stdout(writer).output().expect("sealcheck runs");
        let error = error_of(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
        let said = if arguments.contains(&"--max-memory") { 1 } else { 0 };
        assert_eq!(error.lines().count(), said, "{arguments:?}: {error}");
    }
}

#[test]
fn standard_error_that_fails_makes_no_panic() {
    for arguments in WRONG {
        let output = sealcheck(arguments).stderr(full()).output().expect("sealcheck runs");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    let no_memory = ["check", TOO_LARGE, "--estimate", "--max-memory", "2M", "--claim", "no-leak"];
    for (arguments, code) in QUICK.into_iter().chain([(&no_memory[..], 3)]) {
        let output = sealcheck(arguments).stderr(full()).output().expect("sealcheck runs");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(!output.stdout.is_empty(), "{arguments:?}");
    }
    let both = sealcheck(&["list"]).stdout(full()).stderr(full()).output().expect("sealcheck runs");
    assert_eq!(both.status.code(), Some(2));
}

/// A verdict that was reached is said, though a file that was asked for beside it can't be written.
#[test]
fn a_schedule_that_cant_be_saved_loses_no_verdict() {
    let arguments = ["check", "wait-2014", "--claim", "no-writable-pin", "--save", "/dev/full"];
    let output = sealcheck(&arguments).output().expect("sealcheck runs");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(error_of(&output), "sealcheck: /dev/full: No space left on device (os error 28)\n");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("no-writable-pin  refuted (24 steps)"), "{text}");
    // nor do those files that a report or an export consists of
    let nowhere = fs::canonicalize("/dev/null").expect("a device").join("none");
    for arguments in [&["report"][..], &["export", "tla", "wait-2014;with=reader", "--dir"]] {
        let output = sealcheck(arguments).arg(&nowhere).output().expect("sealcheck runs");
        assert_eq!((output.status.code(), error_of(&output).lines().count()), (Some(2), 1), "{arguments:?}");
    }
}
