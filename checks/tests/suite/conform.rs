//! The calls of the model beside those of the running kernel. Where this kernel forbids them, that is a skip.
use crate::common::skip;
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use seal_checks::conform::campaign::{Disagreement, Summary, Tried, run_cases, run_random};
use seal_checks::conform::{
    Bytes, Case, Compared, Heard, Live, Observed, Predictor, Slip, compare, decode, random_bytes, run,
    shrink, sleeps, table,
};
use seal_model::fault::{CallFault, Fault};
use seal_model::syscall::{FORMS, MemfdNoexec, Operation, Program, Said, Settings, seals_text};

/// The running kernel, or the reason why it can't be asked.
fn live() -> Option<Live> {
    Live::new().map_err(|reason| skip::skip("conform", reason)).ok()
}

fn program(text: &str) -> Program {
    text.parse().expect("a program")
}

/// The table agrees; and the kernel, as it was seen then, contradicts every slip in the calls of the model, by an
/// answer or by what it leaves in the file: the model's own law of counts is left out.
#[test]
fn the_table_agrees_and_contradicts_every_slip_in_a_call() {
    let Some(mut live) = live() else { return };
    let cases = table(live.settings).expect("the table is readable");
    assert!(cases.len() > 400, "only {} cases", cases.len());
    let (tried, summary) = run_cases(&mut live, cases, None, &|_| ()).expect("the model ends every call");
    assert_eq!(told(&summary), []);
    for (reason, programs) in &summary.skipped {
        skip::skip("conform", format_args!("{programs} cases of the table: {reason}"));
    }
    let left_out = slips_left_out(&tried, live.settings);
    assert!(left_out.is_empty() || !summary.skipped.is_empty(), "nothing was skipped, and yet {left_out:?}");
    if !left_out.is_empty() {
        skip::skip(
            "conform",
            format_args!("{} slips, whose cases can't be run: {left_out:?}", left_out.len()),
        );
    }

    // the same where pins are forbidden: what only they show is left out by name, and everything else is asserted
    let without_pins = tried.into_iter().map(|Tried { case, run }| {
        let pins = case.program.0.iter().any(|operation| matches!(operation, Operation::Pin { .. }));
        Tried { case, run: if pins { Err("no pins".into()) } else { run } }
    });
    let left_out = slips_left_out(&without_pins.collect::<Vec<_>>(), live.settings);
    assert_eq!(left_out, ["pin-of-read-only", "pin-forgets-reference", "fork-moves-pinned"]);
}

/// The slips that no case contradicts because those that would can't be run here; any other has to be contradicted.
fn slips_left_out(tried: &[Tried], settings: Settings) -> Vec<&'static str> {
    let differs = |case: &Case, slip, observed| {
        let run = compare(&case.program, settings, Some(slip), observed).expect("it ends");
        run.difference().is_some_and(|difference| !difference.starts_with("the model's counts"))
    };
    let contradicted = |slip| {
        tried.iter().any(|Tried { case, run }| {
            let lines = run.as_ref().map_or(&[][..], |run| &run.lines);
            differs(case, slip, lines.iter().map(|line| line.observed.clone()).collect())
        })
    };
    // what the model says of a case that was not run stands for the kernel
    let would_be = |slip| {
        let not_run =
            tried.iter().filter(|tried| tried.run.as_ref().map_or(true, |run| run.not_compared().is_some()));
        not_run.map(|tried| &tried.case).any(|case| differs(case, slip, as_predicted(case, settings)))
    };
    let mut slips: Vec<(Slip, &str)> =
        CallFault::ALL.iter().map(|fault| (Slip::Call(*fault), fault.name())).collect();
    // this is what a kernel does whose mappings allow large folios
    slips.retain(|(slip, _)| *slip != Slip::Call(CallFault::GrowRefusesAll) || !settings.large_folios);
    // what goes wrong only where two move at once is the explorer's; these go wrong alone as well
    let alone = [Fault::ForgetAllow, Fault::SkipDeny, Fault::ExecImpliesLate, Fault::KillBreaksLoop];
    slips.extend(alone.map(|fault| (Slip::Protocol(fault), fault.name())));
    slips.retain(|(slip, _)| !contradicted(*slip));
    let never: Vec<_> = slips.iter().filter(|(slip, _)| !would_be(*slip)).map(|(_, name)| *name).collect();
    assert_eq!(never, [] as [&str; 0], "no case of the table contradicts these");
    slips.into_iter().map(|(_, name)| name).collect()
}

/// A kernel that does what the model says.
fn as_predicted(case: &Case, settings: Settings) -> Vec<Observed> {
    let mut predictor = Predictor::new(settings, None);
    let observed = |operation| {
        let predicted = predictor.step(operation).expect("it ends");
        let elapsed = sleeps(predicted.rescan);
        Observed { outcome: predicted.outcome, elapsed, late: false, environment: None }
    };
    case.program.0.iter().map(observed).collect()
}

/// Where the two sides disagree.
fn told(summary: &Summary) -> Vec<(String, Option<String>)> {
    let told = |found: &Disagreement| (found.program.to_string(), found.run.difference());
    summary.disagreements.iter().map(told).collect()
}

#[test]
fn random_programs_agree() {
    let Some(mut live) = live() else { return };
    let summary = run_random(&mut live, 20, 20_000, None, &|_| ()).expect("the model ends every call");
    assert_eq!(told(&summary), []);
}

/// A program that disagrees is told as short as it can be.
#[test]
fn a_disagreement_is_shrunk() {
    let Some(mut live) = live() else { return };
    let long = program(
        "create allow-sealing; get-seals; write 0..2; map b private r; touch b 0; seal grow; unmap b; read 0; resize 2; \
         allocate 0..1; write 1..2; resize 1; read 1; resize 2; get-seals",
    );
    let slip = Some(Slip::Call(CallFault::GrowIgnored));
    let (short, run) = shrink(&mut live, &long, slip).expect("it ends");
    assert_eq!(short.to_string(), "create allow-sealing; seal grow; resize 1");
    assert_eq!(run.lines.last().expect("three calls").observed.outcome.said.to_string(), "EPERM");
    assert!(run.difference().is_some_and(|told| told.contains("the model says 0, the kernel EPERM")));
}

/// A thousand programs, and everything is as before: descriptors, mappings, memory, children.
#[test]
fn nothing_is_left_behind() {
    let Some(mut live) = live() else { return };
    // a pin, pipes, a child and descriptors are held when it ends
    let program = program(
        "create allow-sealing; reopen ro; reopen wo; write 0..2; map a shared rw; map b private rw; store b 0; pin p a 0; \
         vmsplice q a 1; splice r 0; mlock a; fork; punch 0..1; seal grow",
    );
    if let Some(reason) = live.refuses(&program) {
        skip::skip("conform", reason);
        return;
    }
    let lines = |path: &str| fs::read_to_string(path).expect("/proc is mounted").lines().count();
    let memory = || {
        let status = fs::read_to_string("/proc/self/status").expect("/proc is mounted");
        let of = |name: &str| -> u64 {
            let line = status.lines().find(|line| line.starts_with(name)).expect("the kernel says it");
            line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number")
        };
        of("VmLck:") + of("VmPin:") + of("RssShmem:")
    };
    let descriptors = || fs::read_dir("/proc/self/fd").expect("/proc is mounted").count();
    for _ in 0..10 {
        live.run(&program);
    }
    // other tests of this file run beside this one, though none beside its programs: what they hold comes and goes
    let before = (descriptors(), lines("/proc/self/maps"), memory());
    for _ in 0..1_000 {
        live.run(&program);
    }
    let after = (descriptors(), lines("/proc/self/maps"), memory());
    assert!(after.0 <= before.0 + 16, "descriptors: {before:?}, then {after:?}");
    assert!(after.1 <= before.1 + 16, "mappings: {before:?}, then {after:?}");
    assert!(after.2 <= before.2 + 2_048, "KiB locked, pinned and shared: {before:?}, then {after:?}");
}

/// The time of a call that waits is at least that of the sleeps which the model counts.
#[test]
fn a_held_page_is_waited_for() {
    let Some(mut live) = live() else { return };
    let text = "create allow-sealing; write 0..1; splice p 0; seal write while drain p @";
    for rescan in 1..=4u8 {
        let run = run(&mut live, &program(&format!("{text}{rescan}")), None).expect("it ends");
        assert_eq!(run.difference(), None);
        let line = run.lines.last().expect("it sealed");
        assert_eq!(line.predicted.rescan, rescan);
        assert_eq!(line.observed.outcome.said, line.predicted.outcome.said);
        // an answer that comes before the sleeps can have ended is a disagreement
        let mut early = line.clone();
        early.observed.elapsed /= 1_000;
        assert!(matches!(early.compared(), Compared::Differs(told) if told.contains("already")));
        // one that took as long as for another rescan says nothing, but for the last
        let mut late = line.clone();
        late.observed.elapsed = sleeps(4) + sleeps(4);
        let not_compared =
            matches!(late.compared(), Compared::NotCompared(told) if told.contains("waits longer"));
        assert_eq!(not_compared, rescan < 4);
    }
}

/// Every answer that a call of the model gives in random programs, by any descriptor, is given in the table as well.
#[test]
fn every_answer_of_a_call_has_a_case() {
    let settings = Settings::default();
    let answers = |programs: &mut dyn Iterator<Item = Program>| -> BTreeSet<String> {
        let of_program = |program: Program| {
            let mut predictor = Predictor::new(settings, None);
            let answer = move |operation: Operation| {
                let said = predictor.step(&operation).expect("it ends").outcome.said;
                // of seals, that there are some
                match said {
                    Heard::Said(Said::Seals(_)) => kind(&operation),
                    said => format!("{} = {said}", kind(&operation)),
                }
            };
            program.0.into_iter().map(answer).collect::<Vec<_>>()
        };
        programs.flat_map(of_program).filter(|answer| !answer.ends_with("= -")).collect()
    };
    let in_table = answers(&mut table(settings).expect("readable").into_iter().map(|case| case.program));
    let at_random =
        answers(&mut random_bytes(1).take(30_000).map(|bytes| decode(Bytes::new(&bytes), settings)));
    assert!(at_random.len() > 100, "{at_random:?}");
    assert_eq!(at_random.difference(&in_table).collect::<Vec<_>>(), [] as [&String; 0]);
}

/// A call without the names of slots and holds, pages, sizes and seals; with the descriptor that it uses.
fn kind(operation: &Operation) -> String {
    let text = operation.to_string();
    let (text, _) = text.split_once(" while ").unwrap_or((&text, ""));
    let kinds = ["shared", "private", "r", "rw", "by", "ro", "wo", "keep-size", "+x", "-x"];
    let words = text.split(' ').enumerate().filter(|(place, word)| *place == 0 || kinds.contains(word));
    // of holds, `r` is a name
    let named = |place: usize| place == 1 && !text.starts_with("reopen");
    words.filter(|(place, _)| !named(*place)).map(|(_, word)| word).collect::<Vec<_>>().join(" ")
}

#[test]
fn programs_are_read_as_they_are_written() {
    let mut words = BTreeSet::new();
    let mut programs: Vec<Program> =
        table(Settings::default()).expect("readable").into_iter().map(|case| case.program).collect();
    programs.extend((0..=255u8).map(|seed| {
        let bytes: Vec<u8> = (0..200u16).map(|place| (place * 31 % 251) as u8 ^ seed).collect();
        decode(Bytes::new(&bytes), Settings::default())
    }));
    assert_eq!(program("create; seal write+write"), program("create; seal write"));
    let twice = "create allow-sealing; map a shared rw; seal write while unmap a @2, mlock a @2";
    programs.push(program(twice));
    for program in programs {
        let text = program.to_string();
        assert_eq!(text.parse(), Ok(program.clone()), "{text}");
        let word = |operation: &Operation| operation.to_string().split(' ').next().map(str::to_owned);
        words.extend(program.0.iter().filter_map(word));
    }
    let forms = FORMS.map(|(form, _)| form.split(' ').next().expect("a word").to_owned());
    let never: Vec<_> = forms.iter().filter(|form| !words.contains(*form)).map(String::as_str).collect();
    // these two are no operations of their own
    assert_eq!(never, ["kill", "#"], "operations that no program makes");
}

#[test]
fn damaged_programs_are_refused_with_a_reason() {
    let wrong = [
        ("", "`create …` first"),
        ("seal write", "`create …` first"),
        ("create; create", "one `create`"),
        ("create; kill", "behind `while` only"),
        ("create; frobnicate", "sealcheck list operations"),
        ("create; seal wrote", "seals joined by `+`"),
        ("create; map e shared r", "a slot"),
        ("create; map a shared w", "`r` or `rw`"),
        ("create; resize 3", "0 to 2"),
        ("create; resize 1.25", "0 to 2"),
        ("create; write 1..1", "a range"),
        ("create; punch 0..0.5", "whole pages"),
        ("create; read 0 0", "nothing more"),
        ("create; read 0 while read 1 @2", "`while` behind `seal` only"),
        ("create; seal write while read 0", "`@1` to `@4`"),
        ("create; seal write while read 0 @5", "a rescan"),
        ("create; seal write while read 0 @2, read 0 @1", "their order"),
        ("create; seal write while kill @1, read 0 @2", "nothing behind `kill`"),
        ("create; seal write while fork @1", "no `create`"),
    ];
    for (text, expected) in wrong {
        let refused = text.parse::<Program>().expect_err(text).to_string();
        assert!(refused.contains(expected), "{text}: {refused}");
    }
    assert_eq!(program("create # a file\nresize 1\n\n# and\nread 0").to_string(), "create; resize 1; read 0");
}

/// What a call there is nothing to make on answers, on both sides.
#[test]
fn a_call_on_nothing_is_none() {
    let Some(mut live) = live() else { return };
    // the first number of calls is on something
    for (text, on_something) in [
        ("create; unmap a; drain p; exit; read 0 by ro; store b 1; unpin q; splice p 0 by wo; pin p a 0", 1),
        ("create; resize 1; reopen ro; splice p 0 by ro; splice p 0; reopen ro; vmsplice p a 0", 4),
        (
            "create; resize 1; map a shared rw; vmsplice p a 0; map a shared r; vmsplice p a 0; pin p a 0; dma p",
            4,
        ),
    ] {
        let run = run(&mut live, &program(text), None).expect("it ends");
        assert_eq!(run.difference(), None);
        let nothing: Vec<bool> =
            run.lines.iter().map(|line| line.observed.outcome.said == Heard::Nothing).collect();
        let expected: Vec<bool> = (0..text.split(';').count()).map(|call| call >= on_something).collect();
        assert_eq!(nothing, expected, "{text}");
    }
}

fn conform(arguments: &[&str]) -> (Option<i32>, String, String) {
    let sealcheck = Command::new(env!("CARGO_BIN_EXE_sealcheck")).arg("conform").args(arguments).output();
    let output = sealcheck.expect("sealcheck runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// 0: all agrees; 1: a disagreement, with a program that shows it again; 2: bad usage; 3: something is not compared.
#[test]
fn exit_codes_and_reproducers() {
    let (code, _, error) = conform(&["--program", "create; seal wrote"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("seals joined by `+`"), "{error}");
    assert_eq!(conform(&["--fault", "no-such-fault"]).0, Some(2));
    assert_eq!(conform(&["--random", "0"]).0, Some(2));
    if live().is_none() {
        assert_eq!(conform(&["--program", "create"]).0, Some(3));
        return;
    }
    let (code, text, _) = conform(&["--program", "create allow-sealing; seal grow; resize 1"]);
    assert_eq!(code, Some(0));
    assert!(text.contains("resize 1              EPERM      EPERM"), "{text}");
    assert!(
        text.contains("1 programs, 3 calls on Linux") && text.contains("3 agree, 0 disagree, 0 not compared"),
        "{text}"
    );

    let (code, text, _) = conform(&["--random", "2000", "--fault", "grow-ignored"]);
    assert_eq!(code, Some(1));
    let again =
        text.split("again: sealcheck conform --program '").nth(1).and_then(|rest| rest.split('\'').next());
    let again = again.expect("a program that shows it again");
    assert_eq!(conform(&["--program", again]).0, Some(0), "without the slip it agrees");
    let (code, text, _) = conform(&["--program", again, "--fault", "grow-ignored"]);
    assert_eq!(code, Some(1));
    assert!(text.contains("The model's accesses in it:") && text.contains("info->seals ="), "{text}");
}

#[test]
fn everything_as_json() {
    if live().is_none() {
        return;
    }
    let program = "create allow-sealing; write 0..1; splice p 0; seal write while drain p @2";
    let (code, text, _) = conform(&["--program", program, "--json"]);
    assert_eq!(code, Some(0));
    let whole: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&whole["operations"], &whole["agreements"]), (&4.into(), &4.into()));
    let sealing = &whole["cases"][0]["calls"][3];
    assert_eq!((&sealing["predicted"], &sealing["rescan"]), (&"0, byte 1".into(), &2.into()));
    assert_eq!(sealing["predicted"], sealing["observed"]);
    assert_eq!(whole["disagreements"], serde_json::json!([]));
}

/// `vm.memfd_noexec` at each of its values, as kernels were seen to answer under it.
#[test]
fn the_sysctl_decides_what_a_memfd_is() {
    use MemfdNoexec::{Enforced, Exec, NoexecSeal};
    let created = |memfd_noexec, text: &str| {
        let settings = Settings { memfd_noexec, ..Settings::default() };
        let outcome = Predictor::new(settings, None).step(&program(text).0[0]).expect("it ends").outcome;
        outcome.seen.map_or_else(|| outcome.said.to_string(), |seen| seals_text(seen.seals))
    };
    for (noexec, expected) in [
        (Exec, ["seal", "none", "seal", "none", "exec"]),
        (NoexecSeal, ["exec", "exec", "seal", "none", "exec"]),
        (Enforced, ["exec", "exec", "EACCES", "EACCES", "exec"]),
    ] {
        let flags = ["", "allow-sealing", "exec", "allow-sealing exec", "noexec-seal"];
        assert_eq!(flags.map(|flags| created(noexec, &format!("create {flags}"))), expected, "{noexec:?}");
        assert_eq!(created(noexec, "create exec noexec-seal"), "EINVAL");
    }
}
