//! `sealcheck conform` where the environment grants less than it takes: what can't be compared is skipped with its
//! reason, is part of the last line and of the exit code, and never counts as a disagreement or hides one.
use crate::common::skip;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use seal_checks::conform::Live;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

const SEALCHECK: &str = env!("CARGO_BIN_EXE_sealcheck");

/// Whether the running kernel can be asked when nothing is forbidden.
fn can_be_asked() -> bool {
    Live::new().map(drop).map_err(|reason| skip::skip("conform", reason)).is_ok()
}

/// What a command made of it.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    text: String,
    error: String,
}

impl Ended {
    fn of(output: std::process::Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ended { code: output.status.code(), text: text(&output.stdout), error: text(&output.stderr) }
    }

    fn last_line(&self) -> &str {
        self.text.lines().last().unwrap_or_default()
    }

    /// Some was skipped for this reason, and what was compared agrees.
    fn is_skipped(&self, reason: &str) {
        let last = self.last_line();
        let found: Vec<&str> =
            self.text.lines().filter(|line| line.contains("again: ") || line.contains(": at `")).collect();
        assert_eq!(self.code, Some(3), "{reason}: {last}\n{}\n{found:#?}", self.error);
        assert!(last.contains(" 0 disagree") && last.contains(" skipped: "), "{reason}: {last}");
        assert!(last.contains(reason), "{reason}: {last}");
        assert_eq!(self.error, "");
    }
}

/// `sealcheck conform` by a shell that lowers a limit first.
fn limited(limit: &str, arguments: &str) -> Ended {
    let command = format!("ulimit {limit} && exec {SEALCHECK} conform {arguments}");
    Ended::of(Command::new("bash").args(["-c", &command]).stdin(Stdio::null()).output().expect("a shell"))
}

/// A filter under which a call fails with an error; with the place and the value of an argument, only where it has that.
fn forbids(call: i64, argument: Option<(u8, u64)>, error: i32) -> BpfProgram {
    let rules = argument.map(|(place, value)| {
        let condition = SeccompCondition::new(place, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value);
        SeccompRule::new(vec![condition.expect("a condition")]).expect("a rule")
    });
    let rules = BTreeMap::from([(call, rules.into_iter().collect())]);
    let denied = SeccompAction::Errno(error as u32);
    let arch = std::env::consts::ARCH.try_into().expect("an architecture with filters");
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, denied, arch).expect("a filter");
    filter.try_into().expect("a program")
}

/// `sealcheck conform` under a filter, which a thread lays upon itself and its child inherits.
fn filtered(filter: BpfProgram, arguments: &str) -> Ended {
    let run = move || {
        let mut command = Command::new(SEALCHECK);
        command.arg("conform").args(arguments.split_whitespace()).stdin(Stdio::null());
        // files, since a pipe may be what is forbidden
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let name = format!("filtered-{:?}", thread::current().id()).replace(['(', ')'], "-");
        let (out, error) = (dir.join(format!("{name}out")), dir.join(format!("{name}error")));
        command.stdout(fs::File::create(&out).expect("writable"));
        command.stderr(fs::File::create(&error).expect("writable"));
        seccompiler::apply_filter(&filter).expect("an ordinary user may");
        let status = command.status().expect("sealcheck runs");
        let text = |path| fs::read_to_string(path).expect("it wrote text");
        Ended { code: status.code(), text: text(&out), error: text(&error) }
    };
    thread::scope(|scope| scope.spawn(run).join().expect("the thread ends"))
}

/// The whole table where limits are low.
#[test]
fn the_table_within_limits() {
    if !can_be_asked() {
        return;
    }
    let cases = [
        ("-n 4", "no descriptor is left for "),
        ("-n 6", "no descriptor is left for "),
        ("-n 8", "no descriptor is left for "),
        ("-f 4", "RLIMIT_FSIZE is 4096, and files have up to 8192 bytes: raise it by `ulimit -f`"),
        ("-f 0", "RLIMIT_FSIZE is 0"),
        ("-l 16", "RLIMIT_MEMLOCK is 16384"),
    ];
    thread::scope(|scope| {
        for (limit, reason) in cases {
            scope.spawn(move || limited(limit, "").is_skipped(reason));
        }
    });
}

/// Address space that suffices to begin suffices to agree; where a page of it is refused, that is no
/// disagreement.
#[test]
fn little_address_space() {
    if !can_be_asked() {
        return;
    }
    for limit in [32_768, 65_536] {
        let ended = limited(&format!("-v {limit}"), "--random 600");
        let last = ended.last_line();
        assert!(matches!(ended.code, Some(0 | 3)) && last.contains(" 0 disagree"), "{limit}: {last}");
        assert_eq!(ended.error, "");
    }
    // a limit that leaves room for the program and for no mapping depends on both, so a filter stands for it
    let shared = (3, libc::MAP_SHARED as u64);
    let full = filtered(forbids(libc::SYS_mmap, Some(shared), libc::ENOMEM), "--random 1500");
    full.is_skipped("no memory is granted for `map a shared r`");
    assert!(full.last_line().contains("raise `ulimit -v`"), "{}", full.last_line());
}

/// Only root can fill the file table of the machine, and for root it never is full, so filters stand for it.
#[test]
fn a_full_file_table() {
    if !can_be_asked() {
        return;
    }
    for (call, reason) in [
        (libc::SYS_memfd_create, "the machine has no file left for `create noexec-seal`"),
        (libc::SYS_pipe2, "the machine has no file left for `"),
        (libc::SYS_io_uring_setup, "the machine has no file left for `io_uring_setup()`"),
    ] {
        let full = filtered(forbids(call, None, libc::ENFILE), "--random 1500");
        full.is_skipped(reason);
        assert!(full.last_line().contains("/proc/sys/fs/file-max"), "{}", full.last_line());
    }
}

/// A table of which nothing is granted, or nothing but the creation of files.
#[test]
fn a_table_that_is_skipped_as_a_whole_says_so() {
    if !can_be_asked() {
        return;
    }
    let none = filtered(forbids(libc::SYS_memfd_create, None, libc::EPERM), "");
    none.is_skipped("forbidden here");
    assert!(none.last_line().starts_with("0 programs, 0 calls"), "{}", none.last_line());
    let none = filtered(forbids(libc::SYS_memfd_create, None, libc::ENOSYS), "--random 500 --json");
    assert_eq!(none.code, Some(3));
    let whole: serde_json::Value = serde_json::from_str(&none.text).expect("JSON");
    assert_eq!(whole["operations"], 0);
    let skipped = whole["skipped"].as_object().expect("reasons with numbers");
    assert!(
        skipped.keys().all(|reason| reason.contains("memfd") || reason.contains("create")),
        "{skipped:?}"
    );
    assert!(skipped.values().filter_map(serde_json::Value::as_u64).sum::<u64>() > 20, "{skipped:?}");
}

/// Every kind of call, forbidden by a filter in the ways that container engines do.
#[test]
fn forbidden_calls_are_skipped() {
    if !can_be_asked() {
        return;
    }
    let calls = [
        (libc::SYS_mlock, "`mlock a` is forbidden here"),
        (libc::SYS_io_uring_setup, "io_uring is forbidden here"),
        (libc::SYS_io_uring_register, "io_uring is forbidden here"),
        (libc::SYS_io_uring_enter, "`dma p` is forbidden here"),
        (libc::SYS_vmsplice, "`vmsplice p a 0` is forbidden here"),
        (libc::SYS_splice, "`splice p 0` is forbidden here"),
        (libc::SYS_pipe2, " 0` is forbidden here"),
        (libc::SYS_fallocate, "`allocate 0..0.5` is forbidden here"),
        (libc::SYS_ftruncate, "`resize 0.5` is forbidden here"),
        (libc::SYS_pwrite64, "`write 0..0.5` is forbidden here"),
        (libc::SYS_madvise, "`load a 0` is forbidden here"),
        (libc::SYS_fchmod, "`chmod -x` is forbidden here"),
        (libc::SYS_prctl, "`fork` is forbidden here"),
        (libc::SYS_kill, "`exit` is forbidden here"),
    ];
    thread::scope(|scope| {
        for (call, reason) in calls {
            scope.spawn(move || {
                for error in [libc::EPERM, libc::ENOSYS] {
                    filtered(forbids(call, None, error), "--random 1500").is_skipped(reason);
                }
            });
        }
    });
    let seals = forbids(libc::SYS_fcntl, Some((1, libc::F_ADD_SEALS as u64)), libc::EPERM);
    filtered(seals, "--random 1500").is_skipped("`seal write` is forbidden here");
    let populate_write = forbids(libc::SYS_madvise, Some((2, libc::MADV_POPULATE_WRITE as u64)), libc::EPERM);
    filtered(populate_write, "--random 1500").is_skipped("`store a 0` is forbidden here");
    // the loader takes write permission away, and never gives it
    let writable = (libc::PROT_READ | libc::PROT_WRITE) as u64;
    let mprotect = forbids(libc::SYS_mprotect, Some((2, writable)), libc::EPERM);
    filtered(mprotect, "--random 1500").is_skipped("`mprotect a rw` is forbidden here");
}

/// Without io_uring, the last line and the document say how many programs were not run, and the rest agrees.
#[test]
fn without_io_uring() {
    if !can_be_asked() {
        return;
    }
    let without = || forbids(libc::SYS_io_uring_setup, None, libc::ENOSYS);
    let table = filtered(without(), "--json");
    let whole: serde_json::Value = serde_json::from_str(&table.text).expect("JSON");
    let (reasons, cases) =
        (whole["skipped"].as_object().expect("reasons"), whole["cases"].as_array().expect("cases"));
    let skipped = cases.iter().filter(|case| case["skipped"].is_string()).count();
    let pins = |case: &&serde_json::Value| {
        let program = case["program"].as_str().expect("text");
        ["pin ", "dma "].iter().any(|word| program.contains(word))
    };
    assert_eq!(skipped, cases.iter().filter(pins).count());
    assert_eq!(reasons.values().filter_map(serde_json::Value::as_u64).sum::<u64>(), skipped as u64);
    assert_eq!(whole["disagreements"], serde_json::json!([]));
    assert_eq!(table.code, Some(3));
}

/// Errors that come and go: a call that is granted alone may want of descriptors later. What was compared before counts,
/// what comes after is not compared, and the row says so.
#[test]
fn a_want_that_comes_later_ends_the_comparison() {
    if !can_be_asked() {
        return;
    }
    let program =
        "create allow-sealing; write 0..1; splice p 0; splice q 0; splice r 0; seal write; get-seals";
    let ended = limited("-n 8", &format!("--program '{program}'"));
    ended.is_skipped("no descriptor is left for");
    assert!(ended.text.contains("Too many open files"), "{}", ended.text);
    assert!(ended.text.contains(": not compared: no descriptor is left"), "{}", ended.text);
    let json = limited("-n 8", &format!("--json --program '{program}'"));
    let whole: serde_json::Value = serde_json::from_str(&json.text).expect("JSON");
    let (operations, agreements, not) = (&whole["operations"], &whole["agreements"], &whole["not_compared"]);
    assert_eq!(operations, agreements);
    let count = |value: &serde_json::Value| value.as_u64().expect("a number");
    assert_eq!(count(operations) + count(not), 7, "{whole:#}");
    assert!(count(not) >= 3, "{whole:#}");
    let calls = whole["cases"][0]["calls"].as_array().expect("calls");
    assert!(calls.last().expect("some")["not_compared"].is_string());
    assert_eq!(json.code, Some(3));
}

/// A disagreement is one under any limit: a slip in the model is found though much is forbidden.
#[test]
fn nothing_that_is_wanting_hides_a_disagreement() {
    if !can_be_asked() {
        return;
    }
    let slip = "--random 3000 --fault grow-ignored";
    let found = |ended: Ended| {
        assert_eq!(ended.code, Some(1), "{}", ended.last_line());
        assert!(ended.text.contains("the model says 0, the kernel EPERM"), "{}", ended.text);
    };
    found(limited("-n 8", slip));
    found(filtered(forbids(libc::SYS_mlock, None, libc::ENOMEM), slip));
    found(filtered(forbids(libc::SYS_io_uring_setup, None, libc::EPERM), slip));
    // an error that the environment may give, where it does not give it
    let slip =
        limited("-n 64", "--program 'create; resize 1; map a shared r; mlock a' --fault mlock-beyond-end");
    assert_eq!(slip.code, Some(1), "{}", slip.text);
    assert!(slip.text.contains("the model says 0, the kernel ENOMEM"), "{}", slip.text);
}

/// Killed at any moment, it leaves no child behind.
#[test]
fn a_killed_comparison_leaves_no_child() {
    if !can_be_asked() {
        return;
    }
    let program =
        "create allow-sealing; write 0..1; fork; splice p 0; seal write; seal write; seal write; seal write";
    let command =
        Command::new(SEALCHECK).args(["conform", "--program", program]).stdout(Stdio::null()).spawn();
    let mut sealcheck = command.expect("sealcheck runs");
    let listed = format!("/proc/{0}/task/{0}/children", sealcheck.id());
    let began = Instant::now();
    let child = loop {
        let children = fs::read_to_string(&listed).unwrap_or_default();
        if let Some(child) = children.split_whitespace().next() {
            break child.to_owned();
        }
        assert!(began.elapsed() < Duration::from_secs(60), "it forks");
        thread::sleep(Duration::from_millis(1));
    };
    sealcheck.kill().expect("it runs");
    sealcheck.wait().expect("it was killed");
    let is_alive = || {
        let status = fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        let state = status.rsplit(") ").next().and_then(|rest| rest.chars().next());
        state.is_some_and(|state| !"ZX".contains(state))
    };
    while is_alive() {
        assert!(began.elapsed() < Duration::from_secs(60), "{child} outlived its parent");
        thread::sleep(Duration::from_millis(5));
    }
}
