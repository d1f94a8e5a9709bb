//! The program as a user meets it: exit codes, and one clear error for bad input.

use std::process::{Command, Output};

fn sealcheck(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_sealcheck");
    Command::new(program).args(arguments).output().expect("sealcheck runs")
}

/// Run the line again that a trace ends with.
fn replay(text: &str) -> Output {
    let schedule = text.split("sealcheck replay '").nth(1).and_then(|rest| rest.split('\'').next());
    sealcheck(&["replay", schedule.expect("a replay line")])
}

fn code(arguments: &[&str]) -> Option<i32> {
    sealcheck(arguments).status.code()
}

#[test]
fn a_proved_scenario_exits_with_0() {
    assert_eq!(
        code(&["check", "wait", "--with", "pinner", "--with", "mapper=2", "--claim", "no-writable-pin"]),
        Some(0)
    );
}

#[test]
fn a_refuted_claim_exits_with_1_and_shows_its_trace() {
    let output = sealcheck(&["check", "isolate-2014", "--claim", "content-frozen"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("content-frozen  refuted (27 steps)"), "{text}");
    assert!(text.contains("DMA write to page0") && text.contains("again: sealcheck replay '"), "{text}");
}

#[test]
fn the_printed_replay_line_replays() {
    let output = sealcheck(&["check", "wait-2014", "--claim", "no-writable-pin"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let again = replay(&text);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stdout).contains("breaks no-writable-pin"));
}

#[test]
fn a_vacuous_claim_fails_if_it_was_asked() {
    assert_eq!(code(&["check", "wait", "--with", "mapper@0:hold"]), Some(0));
    assert_eq!(code(&["check", "wait", "--with", "mapper@0:hold", "--claim", "no-writable-pin"]), Some(1));
}

#[test]
fn a_lasso_replays() {
    let output = sealcheck(&["check", "wait", "--with", "mapper:loop", "--claim", "returns"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("proved (strong)") && text.contains("and then for ever:"), "{text}");
    let again = replay(&text);
    assert_eq!(again.status.code(), Some(1));
    let again = String::from_utf8_lossy(&again.stdout);
    assert!(again.contains("and then for ever:"), "{again}");
    assert!(again.contains("for ever, and fair (weak): this breaks returns"), "{again}");
}

/// What a run of another strategy shows as far as it fits, and why it ends: in every form, and nothing is lost.
#[test]
fn a_run_that_does_not_fit_is_shown_up_to_where_it_ends() {
    let ends = "wait;judge=snapshot;pages=1;with=pinner;run=pinner,sealer*9";
    let broken =
        "wait-2014;with=pinner;with=mapper;run=sealer*2,pinner*9,sealer*2,pinner*2,sealer,mapper*5,sealer*5";
    let (why, first) = ("the run ends at step 6: the sealer has returned EBUSY", "mapping_map_writable()");
    let (other, claim) = ("the run ends at step 26: the sealer has returned 0", "breaks no-writable-pin");
    for format in ["terminal", "text", "json", "svg", "itf"] {
        let words = |text: &[u8]| {
            let text = String::from_utf8_lossy(text).into_owned();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let output = sealcheck(&["replay", ends, "--format", format]);
        let (text, error) = (words(&output.stdout), words(&output.stderr));
        assert_eq!(output.status.code(), Some(2), "{format}: {text}");
        assert!(error.starts_with(&format!("sealcheck: {why}")), "{format}: {error}");
        let [said, also] =
            if format == "json" { ["has returned EBUSY", "\"step\": 6"] } else { [why, first] };
        assert!(text.contains(said) && text.contains(also), "{format}: {text}");
        let output = sealcheck(&["replay", broken, "--format", format]);
        let text = words(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{format}: {}", words(&output.stderr));
        assert!(output.stderr.is_empty(), "{format}");
        let [said, also] =
            if format == "json" { ["has returned 0", "\"no-writable-pin\""] } else { [other, claim] };
        let breaks = format == "text" && text.contains("This breaks no-writable-pin");
        assert!(text.contains(said) && (text.contains(also) || breaks), "{format}: {text}");
    }
}

#[test]
fn json_is_json() {
    let output = sealcheck(&["check", "wait-2014", "--json"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).expect("valid JSON");
    assert_eq!(value["verdicts"][0]["verdict"], "refuted");
    assert_eq!(value["traces"][0]["steps"][0]["actor"], "sealer");
    assert_eq!(
        value["verdicts"][0]["steps"].as_u64(),
        value["traces"][0]["steps"].as_array().map(|s| s.len() as u64)
    );
}

/// Each option has its place in the line, and the line is all there is: nobody is in its cast unasked.
#[test]
fn a_scenario_line_is_checked_as_its_options_are() {
    let printed = |arguments: &[&str]| {
        let output =
            sealcheck(&[&["check"], arguments, &["--claim", "no-writable-pin", "--threads", "1"]].concat());
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(text.contains("no-writable-pin"), "{}", String::from_utf8_lossy(&output.stderr));
        let timed = text.lines().map(|line| line.split(" bytes/state, ").next().map(str::to_owned));
        (output.status.code(), timed.collect::<Vec<_>>())
    };
    let few = ["wait-2014", "--pages", "2", "--with", "pinner@0", "--with", "mapper@1=2", "--no-signals"];
    assert_eq!(
        printed(&["wait-2014;pages=2;no-signals;with=pinner@0;with=mapper@1;with=mapper@1"]),
        printed(&few)
    );
    let many = "wait --judge snapshot --fault skip-deny --pin-weight 2 --last-scan 1 --enomem --early-flush \
                --children-first --folio 2 --with pinner --from sealer:inode-lock";
    let many: Vec<&str> = many.split_whitespace().collect();
    let line = "wait;judge=snapshot;fault=skip-deny;pin-weight=2;last-scan=1;enomem;early-flush;children-first;folio=2;\
                with=pinner;from=sealer:inode-lock";
    assert_eq!(printed(&[line]), printed(&many));
    // what is printed first is such a line
    let (_, text) = printed(&many);
    let first = text.first().and_then(Option::as_deref).expect("a line");
    assert_eq!(printed(&[first]), printed(&many));
    assert_eq!(printed(&["wait;judge=snapshot"]).1[0].as_deref(), Some("wait;judge=snapshot;pages=1"));
}

/// A strategy alone has the same cast in every command, and each says which; a line has the cast that it names.
#[test]
fn a_strategy_alone_means_the_same_in_every_command() {
    let directory = std::env::temp_dir().join(format!("sealcheck-{}-alone", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory for a module");
    let dir = directory.to_str().expect("a path of letters");
    let (usual, alone) = ("wait-2014;judge=refs-then-maps;pages=1", ";with=pinner;with=mapper:fault+zap");
    let claim = ["--claim", "no-writable-pin"];
    for (scenario, cast) in [("wait-2014", alone), ("wait-2014;with=reader", ";with=reader")] {
        let line = format!("{usual}{cast}");
        for (command, first) in [
            ([&["check", scenario][..], &claim].concat(), line.clone()),
            (vec!["scale", scenario, "--most-states", "1000"], line.clone()),
            (vec!["scale", scenario, "--most-states", "1000", "--svg"], format!("<!-- {line} -->")),
            ([&["export", "tla", scenario, "--dir", dir][..], &claim].concat(), line.clone()),
            (vec!["export", "dot", scenario], format!("// {line}")),
        ] {
            let text = String::from_utf8(sealcheck(&command).stdout).expect("text");
            assert_eq!(text.lines().next(), Some(first.as_str()), "{command:?}");
        }
        let module = std::fs::read_to_string(directory.join("Sealing.tla")).expect("a module");
        assert!(module.contains(&format!("\\* {line}\n")), "{module}");
        for command in [
            [&["export", "promela", scenario][..], &claim].concat(),
            vec!["scale", scenario, "--most-states", "1000", "--json"],
            [&["check", scenario, "--json"][..], &claim].concat(),
        ] {
            let text = String::from_utf8(sealcheck(&command).stdout).expect("text");
            assert!(text.contains(&line), "{command:?}: {text}");
        }
    }
    let _ = std::fs::remove_dir_all(directory);
}

/// The verdict on a printed line is the verdict that was printed with it.
#[test]
fn a_folio_of_one_with_a_batch_is_refused_in_every_order() {
    for line in [
        "wait;judge=snapshot;with=pinner;with=batched-mapper;folio=1",
        "wait;judge=snapshot;folio=1;with=pinner;with=batched-mapper",
    ] {
        let output = sealcheck(&["check", line, "--claim", "no-writable-pin"]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{line}: {error}");
        assert!(error.contains("a folio of 1 is no large one"), "{line}: {error}");
    }
    let by_options = ["check", "wait", "--judge", "snapshot", "--with", "batched-mapper", "--folio", "1"];
    assert_eq!(code(&by_options), Some(2));
}

#[test]
fn an_option_beside_a_scenario_line_is_refused() {
    let options = "--judge=snapshot --pages=1 --with=mapper --pin-weight=1 --last-scan=4 --enomem --no-signals \
                   --early-flush --children-first --seal=write --folio=1 --from=sealer:inode-lock --fault=skip-deny";
    for option in options.split_whitespace() {
        let output = sealcheck(&["check", "wait;with=pinner", option]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        let name = option.split('=').next().unwrap_or_default();
        let expected =
            format!("sealcheck: a whole scenario is given, and {name} beside it: write that into the line");
        assert!(error.starts_with(&expected), "{option}: {error}");
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
    }
    let output = sealcheck(&["check", "wait;with=pinner", "--with", "mapper", "--pages", "2"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("and --pages, --with beside it"), "{error}");
}

/// Said before, on standard error; nobody who reads JSON or a pipe meets it unasked.
#[test]
fn an_estimate_says_what_a_check_will_cost_and_whether_it_fits() {
    let cast = ["check", "wait", "--with", "pinner", "--with", "mapper=3", "--claim", "no-writable-pin"];
    let said = |more: &[&str]| {
        let output = sealcheck(&[&cast[..], more].concat());
        let [out, error] =
            [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        (output.status.code(), out, error)
    };
    // 359,400 states with two of the mappers
    let (code, out, error) = said(&["--estimate", "--json", "--max-memory", "2M"]);
    assert_eq!(code, Some(3), "{error}");
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&out).expect("JSON")["claims"],
        serde_json::Value::Null
    );
    let does_not_fit = "does not fit into the 2.0 MiB of --max-memory\nit begins all the same";
    assert!(
        error.starts_with("estimate, without a reduction: about ") && error.contains(does_not_fit),
        "{error}"
    );
    assert!(error.contains("--reduce") && error.contains("--engine cluster"), "{error}");
    let (code, _, error) = said(&["--max-memory", "2M"]);
    assert_eq!(code, Some(3));
    assert!(!error.contains("estimate"), "{error}");
    // what is small is no guess
    let small = ["check", "wait-2014", "--with", "reader=2", "--estimate", "--max-memory", "1G"];
    let output = sealcheck(&small);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{error}");
    let exact = "estimate, without a reduction: 2172 states, 0.0 MiB at most; that fits into the 1.0 GiB of --max-memory\n";
    assert_eq!(error, exact);
}

#[test]
fn bad_input_gets_one_clear_error_and_exit_code_2() {
    let cases: [(&[&str], &str); 28] = [
        (
            &["check", "wait", "--engine", "loom", "--estimate"],
            "--estimate belongs to --engine explicit, and this is --engine loom: leave out --estimate",
        ),
        (&["check", "hope"], "no strategy is named `hope`: see `sealcheck list strategies`"),
        (&["check", "hope;with=pinner"], "no strategy is named `hope`"),
        (&["check", "wait;pages=9"], "a file of 9 pages is out of range: give 1 to 4"),
        (&["check", "wait;with=mapper;hope"], "`hope`"),
        (&["check", "wait;pages=1;pages=2"], "a scenario has one `pages`, and this one names it twice"),
        (&["scale", "wait;enomem;enomem"], "a scenario has one `enomem`, and this one names it twice"),
        (&["export", "promela", "wait;"], "a scenario has no empty part"),
        (&["scale", "hope"], "no strategy is named `hope`"),
        (&["check", "wait", "--judge", "dredd"], "no judge is named `dredd`"),
        (&["check", "wait", "--with", "painter"], "no actor is written `painter`"),
        (
            &["check", "wait", "--with", "stale-writer"],
            "another thread of a writer or a pinner: name one before it",
        ),
        (&["check", "wait", "--seal", "shrink"], "no seal is named `shrink`: see `sealcheck list seals`"),
        (&["check", "wait", "--folio", "9"], "a folio of 9 pages is out of range"),
        (&["check", "isolate", "--pages", "4", "--with", "truncate"], "12 page frames are too many"),
        (&["check", "wait", "--with", "mapper:zap+zap"], "a mapper can't run `zap+zap`"),
        (&["check", "wait", "--with", "mapper@1"], "a page that a file of 1 does not have"),
        (&["check", "wait", "--with", "mapper=9"], "give ACTOR=N"),
        (&["check", "wait", "--with", "mapper=7", "--with", "pinner"], "too many"),
        (&["check", "wait", "--pages", "9"], "give 1 to 4"),
        (&["check", "wait", "--claim", "peace"], "no claim is named `peace`"),
        (&["check", "wait", "--claim", "replace-unmapped"], "speaks of strategies that replace pages"),
        (&["check", "wait-2014", "--judge", "snapshot"], "use `wait`"),
        (&["replay", "wait;run=nobody"], "the schedule is damaged"),
        (&["export", "promela", "hope"], "no strategy is named `hope`"),
        (
            &["export", "promela", "wait;with=mapper", "--claim", "returns"],
            "returns is no predicate of one state",
        ),
        (&["export", "tla", "wait", "--dir", "/no/such/place"], "/no/such/place/Sealing.tla: No such file"),
        (&["export", "dot", "wait;with=mapper", "--actor", "painter"], "the cast: it is sealer, mapper"),
    ];
    for (arguments, cause) in cases {
        let output = sealcheck(arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.starts_with("sealcheck: ") && error.contains(cause), "{arguments:?}: {error}");
        assert_eq!(error.trim().lines().count(), 1, "{error}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn too_little_memory_is_said_and_loses_nothing() {
    let output = sealcheck(&[
        "check",
        "wait-2014",
        "--pages",
        "2",
        "--with",
        "pinner",
        "--with",
        "mapper=2",
        "--max-memory",
        "8M",
    ]);
    let (text, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1));
    assert!(error.contains("the limit of 8 MiB: give more with --max-memory"), "{error}");
    assert!(text.contains("no-writable-pin         refuted") && text.contains("undecided: memory"), "{text}");
    assert!(!text.contains("proved"), "{text}");
}

#[test]
fn the_vocabulary_is_listed_with_its_sources() {
    let text = String::from_utf8_lossy(&sealcheck(&["list"]).stdout).into_owned();
    for name in ["wait-2014", "lock-unmap-refs", "no-writable-pin", "pinner", "put-twice"] {
        assert!(text.contains(name), "{name} is not listed");
    }
}

const CUT: [&str; 12] = [
    "check",
    "wait-2014",
    "--last-scan",
    "0",
    "--no-signals",
    "--with",
    "pinner",
    "--with",
    "mapper:fault",
    "--claim",
    "no-writable-pin",
    "--from",
];

fn from(cut: &str, more: &[&str]) -> Output {
    sealcheck(&[&CUT[..], &[cut], more].concat())
}

#[test]
fn a_run_from_a_cut_replays_from_the_line_and_from_a_file() {
    let file = std::env::temp_dir().join(format!("sealcheck-{}.schedules", std::process::id()));
    let path = file.to_str().expect("a path of letters");
    for engine in ["explicit", "loom", "shuttle"] {
        let output = from("pinner:device-writes+sealer:inode-lock", &["--engine", engine, "--save", path]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(1), "{engine}: {text}");
        assert!(text.contains("from the cut on:"), "{engine}: {text}");
        for again in [replay(&text), sealcheck(&["replay", path])] {
            assert_eq!(again.status.code(), Some(1), "{engine}");
            assert!(String::from_utf8_lossy(&again.stdout).contains("breaks no-writable-pin"), "{engine}");
        }
    }
    let _ = std::fs::remove_file(file);
}

#[test]
fn bad_cuts_and_engines_are_one_clear_error() {
    let said = |output: Output| {
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    for (cut, expected) in [
        ("pinner", "is no place to start from"),
        ("reader:page-count", "is no place to start from"),
        ("sealer:page-count+sealer:slot", "is no place to start from"),
        ("sealer:page-count*0", "is no place to start from"),
        ("sealer:nap", "sealer never comes to `nap`; it comes to allow-writable, "),
        ("sealer:page-count*99", "no run comes to"),
    ] {
        let text = said(from(cut, &[]));
        assert!(text.contains(expected), "{cut}: {text}");
    }
    let cut = "sealer:inode-lock";
    let text = said(from(cut, &["--engine", "spin"]));
    assert!(text.contains("no engine is named `spin`: see `sealcheck list engines`"), "{text}");
    let text = said(from(cut, &["--engine", "shuttle", "--scheduler", "pct=0"]));
    assert!(text.contains("no scheduler is named `pct=0`"), "{text}");
    let text = said(sealcheck(&["check", "wait", "--with", "mapper=5", "--engine", "loom"]));
    assert!(text.contains("loom runs at most 5 actors at once"), "{text}");
    let text = said(sealcheck(&["check", "wait", "--judge", "snapshot", "--engine", "loom"]));
    assert!(text.contains("`snapshot` reads two words at one instant"), "{text}");
    let text = said(sealcheck(&["replay", "no-such-file"]));
    assert!(text.contains("no-such-file is neither a schedule nor a file with one"), "{text}");
}

#[test]
fn an_older_value_that_was_never_there_does_not_replay() {
    let run = "wait;judge=refs-alone;pages=1;with=mapper:fault;run=sealer*3,sealer~5";
    let output = sealcheck(&["replay", run]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("it was never there"), "{text}");
}

#[test]
fn threads_count_outcomes() {
    let output =
        sealcheck(&["check", "wait", "--with", "mapper:fault", "--engine", "threads", "--executions", "50"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("sealer=0 mapper=0 sealed"), "{text}");
}
