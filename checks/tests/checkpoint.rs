//! A search that was killed goes on where it was, and says the same in the end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const SCENARIO: [&str; 4] = ["check", "wait-2014", "--with=pinner", "--with=mapper=2"];

/// How often it is killed before it may come to its end.
const KILLS: u32 = 12;

fn sealcheck(directory: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealcheck"));
    command.args(SCENARIO).args(["--claim", "no-writable-pin", "--claim", "no-deadlock", "--json"]);
    command.arg("--checkpoint").arg(directory).args(["--checkpoint-every", "0"]).args(more);
    command
}

fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    path
}

/// What it says, but for the time it took.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!text.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    text.lines().filter(|line| !line.contains("\"milliseconds\"")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn killed_at_any_moment_it_says_the_same() {
    let path = directory("killed");
    let started = Instant::now();
    let expected = sealcheck(&directory("never-killed"), &["--threads", "1"]).output().expect("runs");
    let whole = started.elapsed();
    // a little further each time, at moments that have nothing to do with levels
    for kill in 1..=KILLS {
        let after = whole * kill / KILLS * (kill * 7919 % 13 + 1) / 13 + Duration::from_micros(700);
        let mut child = sealcheck(&path, &["--threads", "2"]);
        let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
        thread::sleep(after);
        child.kill().expect("killed, or over already");
        child.wait().expect("gone");
    }
    assert!(path.join("checkpoint").exists(), "it was never killed after the first level");
    let resumed = sealcheck(&path, &[]).output().expect("runs");
    assert_eq!(said(&resumed), said(&expected));
    assert_eq!(resumed.status.code(), expected.status.code());
    // and from the last checkpoint once more
    assert_eq!(said(&sealcheck(&path, &["--threads", "3"]).output().expect("runs")), said(&expected));
}

#[test]
fn what_it_cant_go_on_from_is_refused_and_kept() {
    let path = directory("refused");
    assert_eq!(sealcheck(&path, &[]).output().expect("runs").status.code(), Some(1));
    let file = path.join("checkpoint");
    let whole = fs::read(&file).expect("written");
    let refused = |more: &[&str], why: &str| {
        let before = fs::read(&file).expect("there");
        let output = sealcheck(&path, more).output().expect("runs");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains(why) && error.contains("give another directory"), "{error}");
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        assert_eq!(fs::read(&file).expect("there"), before);
    };
    refused(&["--with", "reader"], "another scenario");
    refused(&["--claim", "no-leak"], "another set of claims");
    refused(&["--reduce", "symmetry"], "another reduction");
    for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
        fs::write(&file, &whole[..cut]).expect("written");
        refused(&[], "is damaged");
    }
    fs::write(&file, "sealcheck checkpoint 9\n").expect("written");
    refused(&[], "is damaged");
    fs::write(&file, whole).expect("written");
    assert_eq!(sealcheck(&path, &[]).output().expect("runs").status.code(), Some(1));
}

#[test]
fn a_directory_that_cant_be_is_named() {
    let path = directory("a-file");
    fs::write(&path, "").expect("written");
    let output = sealcheck(&path, &[]).output().expect("runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("a-file"), "{error}");
    assert_eq!(output.status.code(), Some(2));
}
