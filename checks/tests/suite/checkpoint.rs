//! A search that was killed goes on where it was, and says the same in the end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const SCENARIO: [&str; 4] = ["check", "wait-2014", "--with=pinner", "--with=mapper=2"];

/// With it, levels of more than one round.
const WIDE: &str = "--with=pinner";

/// How often it is killed before it may come to its end.
const KILLS: u32 = 12;

fn asking(more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealcheck"));
    command
        .args(SCENARIO)
        .args(["--claim", "no-writable-pin", "--claim", "no-deadlock", "--json"])
        .args(more);
    command
}

fn sealcheck(directory: &Path, more: &[&str]) -> Command {
    let mut command = asking(more);
    command.arg("--checkpoint").arg(directory).args(["--checkpoint-every", "0"]);
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

/// The trail says of each state that was expanded how many new ones it led to, in the low bits of bytes of which the last
/// has no high one: so it says how long each level is, and whether the last one was left half done.
fn is_inside_a_level(file: &[u8]) -> bool {
    let behind_header = file.splitn(3, |&byte| byte == b'\n').nth(2).expect("two lines and a trail");
    let trail = &behind_header[..behind_header.len() - 8];
    let mut states = trail.split_inclusive(|byte| byte >> 7 == 0);
    let mut level = 1;
    while level > 0 {
        let expanded: Vec<&[u8]> = states.by_ref().take(level).collect();
        if expanded.len() < level {
            return !expanded.is_empty();
        }
        let bytes = expanded.into_iter().flatten();
        level = bytes.map(|byte| (byte & 0x7f).count_ones() as usize).sum();
    }
    false
}

/// Start it and kill it when what it has written is inside a level: what is there then, if it still is.
fn killed_inside_a_level(path: &Path) -> Option<Vec<u8>> {
    let _ = fs::remove_dir_all(path);
    let inside = || fs::read(path.join("checkpoint")).ok().filter(|file| is_inside_a_level(file));
    let mut child = sealcheck(path, &[WIDE, "--threads", "2"]);
    let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
    while child.try_wait().expect("a child").is_none() && inside().is_none() {
        thread::sleep(Duration::from_millis(1));
    }
    child.kill().expect("killed, or over already");
    child.wait().expect("gone");
    inside()
}

#[test]
fn killed_inside_a_level_it_says_the_same() {
    let path = directory("killed-inside");
    let expected = sealcheck(&directory("never-killed-inside"), &[WIDE]).output().expect("runs");
    // a level may be over before the signal comes
    let file = (0..KILLS).find_map(|_| killed_inside_a_level(&path)).expect("some rounds end no level");
    for threads in ["1", "3"] {
        fs::write(path.join("checkpoint"), &file).expect("written");
        let resumed = sealcheck(&path, &[WIDE, "--threads", threads]).output().expect("runs");
        assert_eq!(said(&resumed), said(&expected));
        assert_eq!(resumed.status.code(), expected.status.code());
    }
}

#[test]
fn where_memory_ended_inside_a_level_it_goes_on_with_more() {
    let path = directory("no-memory");
    let expected = sealcheck(&directory("enough-memory"), &[]).output().expect("runs");
    let stopped = sealcheck(&path, &["--max-memory", "1M"]).output().expect("runs");
    assert_eq!(stopped.status.code(), Some(1));
    assert!(is_inside_a_level(&fs::read(path.join("checkpoint")).expect("written")));
    let resumed = sealcheck(&path, &[]).output().expect("runs");
    assert_eq!(said(&resumed), said(&expected));
    assert_eq!(resumed.status.code(), expected.status.code());
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

/// Progress is decided by a second search where the first one is reduced. That one is written down nowhere.
#[test]
fn beside_a_reduction_progress_is_decided_anew() {
    let path = directory("reduced");
    // with more it would be explored without a reduction first
    let asked = ["--claim", "returns", "--reduce", "all", "--max-memory", "8M"];
    let [first, again] = [(); 2].map(|()| sealcheck(&path, &asked).output().expect("runs"));
    assert_eq!(said(&again), said(&first));
    assert!(said(&first).contains("returns"));
    assert_eq!(again.status.code(), first.status.code());
}

/// It is over before its tables would be made, so there is nothing to write down; but what is there is looked at.
#[test]
fn a_reduction_that_saves_nothing_is_not_begun_beside_a_checkpoint() {
    let path = directory("soon");
    let asked = ["--reduce", "partial-order"];
    let soon = sealcheck(&path, &asked).output().expect("runs");
    assert!(!path.exists());
    fs::create_dir_all(&path).expect("a directory");
    fs::write(path.join("checkpoint"), "of something else").expect("written");
    let refused = sealcheck(&path, &asked).output().expect("runs");
    let error = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(2) && error.contains("checkpoint is damaged"), "{error}");
    fs::remove_file(path.join("checkpoint")).expect("it is there");
    let whole = sealcheck(&path, &[]).output().expect("runs");
    assert_eq!((said(&soon), soon.status.code()), (said(&whole), whole.status.code()));
}

/// More states than are explored in a while.
const LONG: [&str; 4] = ["--pages", "2", "--with", "reader"];

#[test]
fn a_directory_is_for_one_process_at_a_time() {
    let path = directory("locked");
    let mut holder = sealcheck(&path, &LONG);
    let mut holder = holder.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
    let named = format!("process {}", holder.id());
    let holds = || fs::read_to_string(path.join("lock")).is_ok_and(|text| text.starts_with(&named));
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(120), "it never locks the directory");
        thread::sleep(Duration::from_millis(1));
    }
    let second = sealcheck(&path, &[]).output().expect("runs");
    let error = String::from_utf8_lossy(&second.stderr);
    assert!(
        error.contains(&format!("is in use by {named}")) && error.contains("another directory"),
        "{error}"
    );
    assert_eq!((second.status.code(), second.stdout.len()), (Some(2), 0), "{error}");
    // what is left of a process that was killed is in nobody's way
    holder.kill().expect("it runs");
    holder.wait().expect("gone");
    assert!(holds());
    let third = sealcheck(&path, &[]).output().expect("runs");
    let error = String::from_utf8_lossy(&third.stderr);
    assert!(!error.contains("in use"), "{error}");
}

/// As if the disk were full: nothing can be written where a file begins its life.
#[test]
fn what_is_found_is_said_though_it_cant_be_kept() {
    let expected = sealcheck(&directory("kept"), &[]).output().expect("runs");
    let path = directory("unkept");
    fs::create_dir_all(path.join("checkpoint.new")).expect("a directory in the way");
    let output = sealcheck(&path, &[]).output().expect("runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("checkpoint can't be written") && error.contains("make room"), "{error}");
    assert_eq!(said(&output), said(&expected));
    assert_eq!((expected.status.code(), output.status.code()), (Some(1), Some(2)));
    // the same of a cluster, whose levels are files
    let path = directory("unkept-level");
    fs::create_dir_all(path.join("worker1/level3.new")).expect("a directory in the way");
    let mut cluster = asking(&["--engine", "cluster", "--workers", "2", "--checkpoint"]);
    let output = cluster.arg(&path).output().expect("runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("worker1/level3 can't be written") && error.contains("make room"), "{error}");
    assert_eq!(output.status.code(), Some(2));
    let verdict = |output: &Output| said(output).matches("\"verdict\": \"refuted\"").count();
    assert_eq!((verdict(&output), verdict(&expected)), (1, 1));
}

/// By default no more memory is taken than the process may have.
#[cfg(target_os = "linux")]
#[test]
fn a_limit_of_the_process_is_a_limit_of_the_search() {
    let program = env!("CARGO_BIN_EXE_sealcheck");
    let check = "check wait --with pinner --with mapper --claim no-writable-pin --threads 1";
    let limited = format!("ulimit -v 3000000 && exec {program} {check}");
    let output = Command::new("sh").args(["-c", &limited]).output().expect("a shell");
    let (text, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{text}{error}");
}
