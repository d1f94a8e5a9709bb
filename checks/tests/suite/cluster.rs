//! The cluster comes to the same verdicts as one machine, whoever keeps which state; what it kept is gone on with, and a
//! host that is lost ends the run.

use std::fs;
use std::hash::Hasher;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use seal_checks::cluster::{Hosts, decides, explore};
use seal_checks::explore::{Exploration, Job, Refutation};
use seal_checks::hash::StateHasher;
use seal_checks::trace::Trace;
use seal_model::claim::Claim;
use seal_model::scenario::Scenario;

const SCENARIOS: [&str; 6] = [
    "wait-2014;with=pinner;with=mapper:fault+zap",
    "isolate-2014;enomem;with=pinner;with=mapper:fault+zap",
    "isolate-two-phase;pages=2;enomem;with=reader@0;with=lru-batch@1",
    "wait;with=lookup-pinner;with=reclaim",
    "wait-6.18;with=pinner;with=batched-mapper",
    // counts that are wrong: nothing is explored beyond them
    "isolate-2014;fault=put-twice;with=pinner;with=mapper",
];

fn scenario(line: &str) -> Scenario {
    line.parse().unwrap_or_else(|error| panic!("{line}: {error}"))
}

fn asked(scenario: &Scenario) -> Vec<Claim> {
    Claim::concerning(scenario).into_iter().filter(|claim| decides(*claim)).collect()
}

fn on(scenario: &Scenario, workers: usize, keep_in: Option<PathBuf>) -> Exploration {
    let claims = asked(scenario);
    let job = Job { claims: &claims, max_memory: 2 << 30, coverage: false, progress: None };
    explore(scenario, &job, &Hosts::local(workers), keep_in)
        .unwrap_or_else(|error| panic!("{scenario}: {error}"))
}

/// What must not depend on the workers.
fn essence(exploration: &Exploration) -> impl PartialEq + std::fmt::Debug + use<> {
    let steps = |refutation: &Refutation| (refutation.claim, refutation.steps.clone(), refutation.alone_from);
    let figures = exploration.figures;
    (
        exploration.refuted.iter().map(steps).collect::<Vec<_>>(),
        exploration.witnessed.clone(),
        (figures.states, figures.transitions, figures.depth),
    )
}

#[test]
fn it_finds_what_one_machine_finds() {
    for line in SCENARIOS {
        let scenario = scenario(line);
        let claims = asked(&scenario);
        let job = Job { claims: &claims, max_memory: 2 << 30, coverage: false, progress: None };
        let alone = seal_checks::explore::explore(&scenario, &job).expect("it can be explored");
        let found = on(&scenario, 2, None);
        let lengths = |exploration: &Exploration| {
            let refuted = exploration.refuted.iter();
            refuted.map(|refutation| (refutation.claim, refutation.steps.len())).collect::<Vec<_>>()
        };
        assert_eq!(lengths(&found), lengths(&alone), "{line}");
        assert_eq!(found.witnessed, alone.witnessed, "{line}");
        let figures = |exploration: &Exploration| {
            let figures = exploration.figures;
            (figures.states, figures.transitions, figures.depth)
        };
        assert_eq!(figures(&found), figures(&alone), "{line}");
        for refutation in &found.refuted {
            let trace = Trace::of_refutation(&scenario, refutation).expect("the source takes the same steps");
            let broken = trace.steps.iter().any(|step| step.breaks.contains(&refutation.claim));
            assert!(
                broken || trace.deadlock || refutation.alone_from.is_some(),
                "{line}: {}",
                trace.schedule
            );
        }
    }
}

#[test]
fn nothing_depends_on_the_number_of_workers() {
    for line in SCENARIOS {
        let scenario = scenario(line);
        let one = essence(&on(&scenario, 1, None));
        for workers in [2, 3, 5] {
            assert_eq!(essence(&on(&scenario, workers, None)), one, "{line}: {workers} workers");
        }
    }
}

#[test]
fn no_memory_left_is_part_of_the_result() {
    let scenario = scenario("wait;with=pinner;with=mapper:fault+zap;with=mapper:fault+zap");
    let claims = asked(&scenario);
    let job = Job { claims: &claims, max_memory: 1 << 20, coverage: false, progress: None };
    let found = explore(&scenario, &job, &Hosts::local(2), None).expect("it begins");
    assert!(found.stopped.is_some_and(|stopped| stopped.to_string().contains("--max-memory")));
}

fn scratch(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).expect("a directory");
    directory
}

#[test]
fn a_run_goes_on_from_the_last_level_that_all_have_kept() {
    let scenario = scenario(SCENARIOS[0]);
    let directory = scratch("cluster-levels");
    let whole = essence(&on(&scenario, 2, Some(directory.clone())));
    let kept = |worker: usize, level: usize| directory.join(format!("worker{worker}/level{level}"));
    assert!(kept(0, 20).is_file() && kept(1, 20).is_file());
    // one worker lost more than the other
    (20..).map(|level| kept(0, level)).take_while(|file| fs::remove_file(file).is_ok()).count();
    (25..).map(|level| kept(1, level)).take_while(|file| fs::remove_file(file).is_ok()).count();
    assert_eq!(essence(&on(&scenario, 2, Some(directory.clone()))), whole);
    // and once more, from the end
    assert_eq!(essence(&on(&scenario, 2, Some(directory))), whole);
}

/// The level that memory ended in is not complete, and none to go on from.
#[test]
fn a_run_that_memory_ended_goes_on_with_more() {
    let scenario = scenario("wait;with=pinner;with=mapper:fault+zap;with=mapper:fault+zap");
    let claims = asked(&scenario);
    let directory = scratch("cluster-more-memory");
    let with = |max_memory| {
        let job = Job { claims: &claims, max_memory, coverage: false, progress: None };
        explore(&scenario, &job, &Hosts::local(2), Some(directory.clone())).expect("it begins")
    };
    assert!(with(1 << 20).stopped.is_some());
    assert!(directory.join("worker0/level9").is_file(), "it got too little to keep anything");
    let more = with(2 << 30);
    assert!(more.stopped.is_none());
    assert_eq!(essence(&more), essence(&on(&scenario, 2, None)));
}

fn refused(scenario: &Scenario, workers: usize, directory: &Path) -> String {
    let claims = asked(scenario);
    let job = Job { claims: &claims, max_memory: 2 << 30, coverage: false, progress: None };
    let result = explore(scenario, &job, &Hosts::local(workers), Some(directory.to_owned()));
    result.err().map_or_else(|| panic!("it was taken"), |error| error.to_string())
}

#[test]
fn damaged_and_foreign_levels_are_refused_and_kept() {
    let scenario = scenario(SCENARIOS[0]);
    let directory = scratch("cluster-damaged");
    on(&scenario, 2, Some(directory.clone()));
    let foreign = self::scenario("wait;with=reader");
    let other = refused(&foreign, 2, &directory);
    assert!(other.contains("it is of another scenario: wait-2014;"), "{other}");
    let workers = refused(&scenario, 1, &directory);
    assert!(workers.contains("worker 0 of 2") && workers.contains("as many workers as before"), "{workers}");
    let file = directory.join("worker1/level7");
    let whole = fs::read(&file).expect("a level");
    for at in (0..whole.len()).step_by(whole.len() / 40 + 1) {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        fs::write(&file, &bytes).expect("writable");
        let error = refused(&scenario, 2, &directory);
        assert!(error.contains("level7: it is damaged"), "byte {at}: {error}");
        assert_eq!(fs::read(&file).ok(), Some(bytes), "a damaged level is changed");
    }
    fs::write(&file, &whole[..whole.len() - 1]).expect("writable");
    assert!(refused(&scenario, 2, &directory).contains("it is damaged"));
}

/// A file with so many addresses of this machine, whose ports were free a moment ago.
fn hosts(directory: &Path, processes: usize) -> PathBuf {
    let listeners: Vec<TcpListener> =
        (0..processes).map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port")).collect();
    let line = |listener: &TcpListener| format!("{}\n", listener.local_addr().expect("it has one"));
    let file = directory.join("hosts");
    fs::write(&file, listeners.iter().map(line).collect::<String>()).expect("writable");
    file
}

fn process(hosts: &Path, number: usize, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealcheck"));
    command.args(["check", "--engine", "cluster", "--process", &number.to_string(), "--hosts"]).arg(hosts);
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn start(hosts: &Path, number: usize, arguments: &[&str]) -> Child {
    process(hosts, number, arguments).spawn().expect("sealcheck runs")
}

/// The part of what is printed that is no measurement.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().filter(|line| !line.contains("bytes/state")).collect::<Vec<_>>().join("\n")
}

#[test]
fn processes_on_this_machine_say_the_same() {
    let directory = scratch("cluster-processes");
    let hosts = hosts(&directory, 3);
    let arguments = ["wait-2014", "--with", "pinner", "--with", "mapper", "--workers", "2"];
    let children: Vec<Child> = (0..3).map(|number| start(&hosts, number, &arguments)).collect();
    let outputs: Vec<Output> =
        children.into_iter().map(|child| child.wait_with_output().expect("it ends")).collect();
    for output in &outputs {
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(said(output), said(&outputs[0]));
    }
    let alone = process(&hosts, 0, &[]).get_program().to_owned();
    let alone = Command::new(alone).args(["check", "--engine", "cluster"]).args(arguments).output();
    assert_eq!(said(&alone.expect("it runs")), said(&outputs[0]));
}

/// About 360,000 states: long enough to be killed in.
const LONG: [&str; 9] =
    ["wait", "--with", "pinner", "--with", "mapper=2", "--workers", "1", "--claim", "no-writable-pin"];

#[test]
fn a_host_that_is_killed_ends_the_run_which_then_goes_on() {
    let directory = scratch("cluster-killed");
    let kept = |number: usize| directory.join(format!("kept{number}"));
    let run = |hosts: &Path, number: usize| {
        let kept = kept(number).display().to_string();
        start(hosts, number, &[&LONG[..], &["--checkpoint", &kept]].concat())
    };
    let first = hosts(&directory, 2);
    let (survivor, mut killed) = (run(&first, 0), run(&first, 1));
    let begun = Instant::now();
    while !kept(1).join("worker1/level12").is_file() {
        assert!(begun.elapsed() < Duration::from_secs(120), "nothing is kept");
        sleep(Duration::from_millis(1));
    }
    killed.kill().expect("it runs");
    let _ = killed.wait();
    let output = survivor.wait_with_output().expect("it ends");
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("another process of the cluster is gone: start every process again"), "{error}");
    let again = hosts(&directory, 2);
    let children = [run(&again, 0), run(&again, 1)];
    for output in children.map(|child| child.wait_with_output().expect("it ends")) {
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(text.contains("no-writable-pin  proved") && text.contains("359400 states"), "{text}");
    }
}

#[test]
fn a_host_that_is_not_there_or_asked_otherwise_is_named() {
    let directory = scratch("cluster-missing");
    let hosts = hosts(&directory, 2);
    let alone = |number| process(&hosts, number, &[&LONG[..], &["--join-within", "0"]].concat()).output();
    for number in [0, 1] {
        let output = alone(number).expect("it ends");
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(&format!("process {} at 127.0.0.1", 1 - number)), "{error}");
    }
    let other = ["wait", "--with", "reader", "--workers", "1"];
    let children = [start(&hosts, 0, &LONG), start(&hosts, 1, &other)];
    for output in children.map(|child| child.wait_with_output().expect("it ends")) {
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains("is asked something else"), "{error}");
    }
}

#[test]
fn bad_hosts_are_refused() {
    let directory = scratch("cluster-bad");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let file = directory.join("hosts");
    let address = taken.local_addr().expect("it has one");
    fs::write(&file, format!("{address}\n127.0.0.1:1\n")).expect("writable");
    for (number, cause) in [(0, "can't listen at"), (2, "so there is no process 2")] {
        let output = process(&file, number, &LONG).output().expect("it ends");
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(cause), "{error}");
    }
    let output = process(&directory.join("none"), 0, &LONG).output().expect("it ends");
    assert!(String::from_utf8_lossy(&output.stderr).contains("none: No such file"));
    let returns = ["wait", "--with", "mapper", "--claim", "returns"];
    let program = env!("CARGO_BIN_EXE_sealcheck");
    let output =
        Command::new(program).args(["check", "--engine", "cluster"]).args(returns).output().expect("it ends");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("use --engine explicit"));
    let reduced = ["wait", "--reduce", "symmetry"];
    let output =
        Command::new(program).args(["check", "--engine", "cluster"]).args(reduced).output().expect("it ends");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("leave out --reduce"));
}

/// What each process says first when it calls.
const MAGIC: &[u8] = b"sealchk2";

/// Everybody who may come to a port that is open: connections that are to be kept open.
fn strangers(address: &str) -> Vec<TcpStream> {
    let call = || {
        let stream = TcpStream::connect(address).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
        stream
    };
    drop(call()); // a port scan
    let mut kept: Vec<TcpStream> = (0..80).map(|_| call()).collect(); // silence
    let mut says = |bytes: &[u8]| {
        let mut stream = call();
        stream.write_all(bytes).expect("it is heard");
        kept.push(stream.try_clone().expect("a copy"));
        stream
    };
    says(b"GET / HTTP/1.0\r\n\r\n");
    says(&[u8::MAX; 4096]);
    says(MAGIC); // half a greeting
    says(&[MAGIC, &[1]].concat());
    // a greeting of the right form, and garbage where the proof is to be
    let mut other = says(&[MAGIC, &1u64.to_le_bytes(), &[7; 16]].concat());
    let mut answer = [0; 32];
    other.read_exact(&mut answer).expect("it answers who greets");
    assert!(answer.starts_with(MAGIC));
    // what is asked may be known from there: a greeting that is right in all but the proof
    let mut question = [0; 8];
    question.copy_from_slice(&answer[8..16]);
    other.write_all(&[9; 64]).expect("it is heard");
    for behind in [&[0; 8][..], &[9; 4096], &[]] {
        let mut stream = says(&[MAGIC, &1u64.to_le_bytes(), &question, &[7; 8]].concat());
        stream.read_exact(&mut answer).expect("it answers who greets");
        stream.write_all(behind).expect("it is heard");
    }
    kept
}

fn wait_for_listener(address: &str) {
    let begun = Instant::now();
    while TcpStream::connect(address).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(120), "nobody listens");
        sleep(Duration::from_millis(5));
    }
}

/// The answer by which a process proves that it heard.
fn proof(heard: &[u8]) -> [u8; 8] {
    let mut sum = StateHasher::default();
    for part in [MAGIC, heard] {
        sum.write_u64(part.len() as u64);
        sum.write(part);
    }
    sum.finish().to_le_bytes()
}

/// Greet as process 1 does, from the magic to the proof, and go on with other bytes.
fn greets_and_says(address: &str, behind: &[u8]) {
    let greets = |question: &[u8]| {
        let mut stream = TcpStream::connect(address).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
        stream.write_all(&[MAGIC, &1u64.to_le_bytes(), question, &[7; 8]].concat()).expect("it is heard");
        let mut answer = [0; 32];
        stream.read_exact(&mut answer).expect("it answers who greets");
        (stream, answer)
    };
    // what is asked is in every answer
    let question = greets(&[0; 8]).1[8..16].to_vec();
    let (mut stream, answer) = greets(&question);
    let proof = proof(&[&1u64.to_le_bytes(), &question[..], &answer[24..]].concat());
    stream.write_all(&[&proof[..], behind].concat()).expect("it is heard");
    // until it hangs up
    let _ = std::io::copy(&mut stream, &mut std::io::sink());
}

/// A process that greets well and then speaks otherwise is like one that is lost: one error, and what was kept stays.
#[test]
fn garbage_behind_a_greeting_ends_the_run_which_then_goes_on() {
    let arguments = ["wait-2014", "--with", "pinner", "--with", "mapper", "--workers", "1", "--checkpoint"];
    let directory = scratch("cluster-garbage");
    let kept = [0, 1].map(|number| directory.join(format!("kept{number}")).display().to_string());
    let run =
        |hosts: &Path, number: usize| start(hosts, number, &[&arguments[..], &[&kept[number]]].concat());
    let long = [&4u32.to_le_bytes()[..], &[0; 4], &[5; 8], b"body"].concat();
    for behind in [&b"GET / HTTP/1.0\r\n\r\n"[..], &[u8::MAX; 4096], &[0; 64], &long] {
        let hosts = hosts(&directory, 2);
        let address = fs::read_to_string(&hosts).expect("readable");
        let address = address.lines().next().expect("a line");
        let process = run(&hosts, 0);
        wait_for_listener(address);
        greets_and_says(address, behind);
        let output = process.wait_with_output().expect("it ends");
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.starts_with("sealcheck: another process of the cluster is gone: "), "{error}");
        assert!(error.lines().count() == 1 && output.stdout.is_empty(), "{error}");
    }
    let again = hosts(&directory, 2);
    let alone = on(&scenario("wait-2014;with=pinner;with=mapper"), 2, None);
    let states = format!("{} states", alone.figures.states);
    for output in [run(&again, 0), run(&again, 1)].map(|child| child.wait_with_output().expect("it ends")) {
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(text.contains(&states), "{text}");
    }
}

#[test]
fn strangers_neither_end_nor_block_a_cluster() {
    let directory = scratch("cluster-strangers");
    let hosts = hosts(&directory, 2);
    let address = fs::read_to_string(&hosts).expect("readable");
    let address = address.lines().next().expect("a line");
    let arguments = ["wait-2014", "--with", "pinner", "--with", "mapper", "--workers", "1"];
    let first = start(&hosts, 0, &arguments);
    wait_for_listener(address);
    let kept = strangers(address);
    let second = start(&hosts, 1, &arguments);
    for child in [first, second] {
        let output = child.wait_with_output().expect("it ends");
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.is_empty() && said(&output).contains("no-writable-pin"), "{error}");
    }
    drop(kept);
}

/// A port of another program, which answers whatever comes.
#[test]
fn another_program_at_an_address_is_no_process() {
    let directory = scratch("cluster-other-program");
    let hosts = hosts(&directory, 2);
    let address = fs::read_to_string(&hosts).expect("readable");
    let listener = TcpListener::bind(address.lines().next().expect("a line")).expect("a free port");
    std::thread::spawn(move || {
        for stream in listener.incoming().take(1000).flatten() {
            let _ = (&stream).write_all(&[b'x'; 100]);
        }
    });
    let output =
        process(&hosts, 1, &[&LONG[..], &["--join-within", "1"]].concat()).output().expect("it ends");
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("though something answers"), "{error}");
}
