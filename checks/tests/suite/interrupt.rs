//! SIGINT and SIGTERM: what is known is printed, what is to be kept is kept, and the exit code names the signal.
use std::fs;
use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, Signal, kill_process};

/// More states than are explored in a minute or two.
const LONG: &str = "isolate-2014;pages=2;with=pinner;with=pinner;with=mapper;with=mapper;with=reader";

/// Some hundred thousand states.
const SHORTER: &str = "wait;with=pinner;with=mapper;with=mapper";

fn start(arguments: &[&str], checkpoint: Option<&Path>) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealcheck"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    if let Some(directory) = checkpoint {
        command.arg("--checkpoint").arg(directory);
    }
    command.spawn().expect("sealcheck runs")
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).expect("it runs, or waits to be asked how it ended");
}

fn ended(child: Child) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = child.wait_with_output().expect("it ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (status.code(), text(&stdout), text(&stderr))
}

fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    path
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(300), "{what}");
        sleep(Duration::from_millis(5));
    }
}

/// What is refuted stays refuted, with its run; nothing else is said.
#[test]
fn what_is_known_is_printed() {
    let path = directory("interrupted-known");
    let asked =
        ["check", LONG, "--claim", "no-needless-copy", "--claim", "no-deadlock", "--checkpoint-every", "0"];
    let child = start(&asked, Some(&path));
    wait_until("a needless copy is soon found", || {
        let file = fs::read(path.join("checkpoint")).unwrap_or_default();
        String::from_utf8_lossy(&file).contains(r#""refuted":[["no-needless-copy""#)
    });
    send(&child, Signal::TERM);
    let (code, text, error) = ended(child);
    assert_eq!(code, Some(143), "{text}{error}");
    assert!(
        text.contains("no-needless-copy  refuted (") && text.contains("again: sealcheck replay"),
        "{text}"
    );
    assert!(text.contains("no-deadlock       undecided: interrupted after "), "{text}");
    assert!(error.contains("SIGTERM came before the end"), "{error}");
}

/// What it says, but for the time it took.
fn said(text: &str) -> String {
    text.lines().filter(|line| !line.contains("bytes/state")).map(|line| format!("{line}\n")).collect()
}

/// Interrupted at some moment of its search: where it then is, in states.
fn interrupted(path: &Path, after: Duration, more: &[&str]) -> Option<String> {
    let child = start(&[&["check", SHORTER, "--claim", "no-writable-pin"], more].concat(), Some(path));
    sleep(after);
    send(&child, Signal::INT);
    let (code, text, _) = ended(child);
    text.contains("undecided: interrupted").then(|| {
        assert_eq!(code, Some(130), "{text}");
        text
    })
}

/// Without a signal nothing is written within a minute. With one the run goes on from there.
#[test]
fn a_checkpoint_is_written_and_gone_on_with() {
    for more in [&["--threads", "2"][..], &["--engine", "cluster", "--workers", "2"]] {
        let asked = [&["check", SHORTER, "--claim", "no-writable-pin"], more].concat();
        let begun = Instant::now();
        let (code, expected, _) = ended(start(&asked, None));
        assert_eq!(code, Some(0), "{expected}");
        let whole = begun.elapsed();
        let path = directory("interrupted-kept");
        let stopped = (2..9).find_map(|tenths| interrupted(&path, whole * tenths / 10, more));
        assert!(stopped.is_some(), "a signal in the middle of {whole:?} never came in time");
        assert!(path.join("checkpoint").exists() || path.join("worker0/level1").exists());
        let (code, text, error) = ended(start(&asked, Some(&path)));
        assert_eq!(code, Some(0), "{text}{error}");
        assert_eq!(said(&text), said(&expected));
    }
}

/// Every long command ends in order and says so.
#[test]
fn every_long_command_ends_in_order() {
    let site = directory("interrupted-site");
    let site = site.display().to_string();
    for (arguments, says) in [
        (&["review", "--full"][..], "scenarios were decided before that"),
        (&["review", "--full", "--json"], "scenarios were decided before that"),
        (&["faults"], "SIGINT came before the end"),
        (&["report", &site, "--full"], "SIGINT came before the end"),
        (&["scale", LONG, "--most-states", "100000000"], "SIGINT came before the end"),
        (&["check", LONG, "--engine", "cluster"], "interrupted after"),
    ] {
        let child = start(arguments, None);
        sleep(Duration::from_millis(300));
        send(&child, Signal::INT);
        let (code, text, error) = ended(child);
        assert_eq!(code, Some(130), "{arguments:?}: {text}{error}");
        assert!(text.contains(says) || error.contains(says), "{arguments:?}: {text}{error}");
        assert!(!error.contains("panicked"), "{error}");
        assert!(!text.contains("scenarios") || arguments.len() < 3, "no document with gaps: {text}");
    }
}

/// Whether a process has a handler for SIGTERM.
fn is_watching(child: &Child) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    caught.is_some_and(|mask| mask & (1 << (Signal::TERM.as_raw() - 1)) != 0)
}

/// A pipe that holds no further byte.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = pipe().expect("a pipe");
    let flags = fcntl_getfl(&writer).expect("flags");
    fcntl_setfl(&writer, flags | OFlags::NONBLOCK).expect("flags");
    while writer.write(&[b'.'; 4096]).is_ok() {}
    fcntl_setfl(&writer, flags).expect("flags");
    (reader, writer)
}

/// The first signal is being served for as long as nobody reads what is known; the second one ends that.
#[test]
fn a_second_signal_ends_at_once() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let (mut reader, writer) = full_pipe();
        let mut command = Command::new(env!("CARGO_BIN_EXE_sealcheck"));
        command.args(["check", SHORTER, "--threads", "1"]).stdout(writer).stderr(Stdio::null());
        let mut child = command.spawn().expect("sealcheck runs");
        drop(command);
        wait_until("the program watches signals", || is_watching(&child));
        send(&child, signal);
        // it has nothing to compute, and waits for the pipe
        let sleeps = || {
            let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
            status.contains("State:\tS")
        };
        wait_until("the first signal is served", || {
            (0..20).all(|_| {
                sleep(Duration::from_millis(2));
                sleeps()
            })
        });
        assert!(child.try_wait().expect("a child").is_none(), "it waits for a reader");
        send(&child, signal);
        wait_until("the second signal is served", || child.try_wait().expect("a child").is_some());
        assert_eq!(child.wait().expect("it ended").code(), Some(code));
        let mut text = String::new();
        reader.read_to_string(&mut text).expect("what filled the pipe");
        assert!(text.bytes().all(|byte| byte == b'.'), "{text}");
    }
}

/// Engines that run the actors stop as at their other limits.
#[test]
fn runs_of_the_actors_end_as_well() {
    for engine in ["loom", "shuttle", "threads"] {
        let child = start(&["check", SHORTER, "--engine", engine, "--seconds", "600"], None);
        wait_until("the program watches signals", || is_watching(&child));
        send(&child, Signal::TERM);
        let (code, text, error) = ended(child);
        assert_eq!(code, Some(143), "{engine}: {text}{error}");
        assert!(text.contains("interrupted after "), "{engine}: {text}{error}");
    }
}
