//! The commands that are shown: in blocks, in prose, in the help, in messages.

use std::fs;
use std::process;

use super::book::{self, Block, Command, Line};

/// Chapters whose commands are those of a changed program, which the test `tutorials` builds and runs.
const OF_A_CHANGED_PROGRAM: [&str; 3] =
    ["docs/src/adding-a-claim.md", "docs/src/adding-a-strategy.md", "docs/src/adding-an-actor.md"];

/// Our program by the name that it has once it is installed.
const FROM_SOURCE: &str = "cargo run --release";
/// The tests have this feature.
const FULL: &str = " --features full";

fn command(line: &Line, text: &str) -> Command {
    // a comment begins with a blank and a `#`; between quotes there is none in what is shown
    let text = text.split(" #").next().unwrap_or(text).trim();
    let ours = text.strip_prefix(FROM_SOURCE).map(|rest| rest.strip_prefix(FULL).unwrap_or(rest));
    let ours = ours.filter(|rest| rest.is_empty() || rest.starts_with(" -- "));
    let text = ours.map_or(text.to_owned(), |rest| format!("sealcheck {}", rest.trim_start_matches(" -- ")));
    Command { line: Line { text: text.trim().to_owned(), ..line.clone() }, shown: Vec::new() }
}

fn of_blocks(page: &str, language: &str, commands: impl Fn(&Block) -> Vec<Command>) -> Vec<Command> {
    book::blocks(page).iter().filter(|block| block.language == language).flat_map(commands).collect()
}

/// Those of `console`, and the last lines of the traces that a page shows: each replays its run.
pub(crate) fn console(page: &str) -> Vec<Command> {
    let plain = |shown: Command| Command { shown: shown.shown, ..command(&shown.line, &shown.line.text) };
    let blocks = of_blocks(page, "console", |block| book::commands(block).into_iter().map(plain).collect());
    let lines = book::lines(page);
    let again = lines.iter().filter_map(|line| Some(command(line, line.text.strip_prefix("again: ")?)));
    let blocks = if OF_A_CHANGED_PROGRAM.contains(&page) { Vec::new() } else { blocks };
    blocks.into_iter().chain(again).collect()
}

/// Those of `sh`.
pub(crate) fn in_shell(page: &str) -> Vec<Command> {
    of_blocks(page, "sh", |block| {
        let lines = block.lines.iter().filter(|line| !line.text.is_empty() && !line.text.starts_with('#'));
        lines.map(|line| command(line, &line.text)).collect()
    })
}

/// Those between backticks in the running text.
pub(crate) fn in_prose(page: &str) -> Vec<Command> {
    let (mut in_block, mut found) = (false, Vec::new());
    for line in book::lines(page) {
        in_block ^= line.text.starts_with("```");
        if !in_block {
            found.extend(quoted(&line));
        }
    }
    found
}

/// The commands between the backticks of a line.
fn quoted(line: &Line) -> Vec<Command> {
    let spans = line.text.split('`').skip(1).step_by(2);
    spans.filter(|span| is_command(span)).map(|span| command(line, span)).collect()
}

/// It has one of the programs that are shown for its first word, and more words.
fn is_command(text: &str) -> bool {
    let names = ["sealcheck", "cargo", "bash", "git", "spin", "java", "dot", "cc", "mdbook"];
    names.contains(&program(text)) && text.trim().contains(' ')
}

/// The first word of a command behind its variables.
pub(crate) fn program(text: &str) -> &str {
    let is_variable =
        |word: &&str| word.contains('=') && word.starts_with(|letter: char| letter.is_ascii_uppercase());
    text.split_whitespace().find(|word| !is_variable(word)).unwrap_or_default()
}

/// A name in prose, such as `sealcheck replay`, is no command to be run. Some are whole with two words.
pub(crate) fn is_name(text: &str) -> bool {
    let whole = ["cargo bench", "cargo test"];
    ["sealcheck", "cargo"].contains(&program(text)) && text.split(' ').count() == 2 && !whole.contains(&text)
}

/// It stands for several: with something left out, with a choice, or with a name in capitals.
pub(crate) fn is_form(text: &str) -> bool {
    let capitals = |word: &str| {
        let option = word.starts_with('-');
        let word = word.trim_matches(|letter: char| !letter.is_alphanumeric());
        !option && !word.is_empty() && word.chars().all(|letter| letter.is_ascii_uppercase())
    };
    text.contains(['…', '[', '<']) || text.split([' ', '/']).any(capitals)
}

/// The help of a command; none if there is no such command.
pub(crate) fn help(command: &[&str]) -> Option<String> {
    let output = process::Command::new(env!("CARGO_BIN_EXE_sealcheck")).args(command).arg("--help").output();
    let output = output.expect("sealcheck runs");
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The commands that the help names.
pub(crate) fn in_help() -> Vec<Command> {
    let text = help(&[]).expect("help");
    let (_, commands) = text.split_once("Commands:").expect("commands");
    let names = commands.lines().skip(1).map_while(|line| line.strip_prefix("  ")?.split(' ').next());
    let help = names.filter(|name| *name != "help").map(|name| (name, help(&[name]).expect("help")));
    help.flat_map(|(name, text)| quoted_in(&format!("sealcheck {name} --help"), &text)).collect()
}

/// The commands that messages advise, by the source that holds them.
pub(crate) fn in_messages() -> Vec<Command> {
    let mut found = Vec::new();
    let mut open = vec![book::root().join("checks/src")];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).expect("readable").map(|entry| entry.expect("a name").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            // a message may go on in the next line of the source
            let text = fs::read_to_string(&path).expect("a source").replace("\\\n", "");
            let text = text.split_inclusive('\n').filter(|line| !line.trim_start().starts_with("//"));
            found.extend(quoted_in(&path.display().to_string(), &text.collect::<String>()));
        }
    }
    found
}

fn quoted_in(page: &str, text: &str) -> Vec<Command> {
    let line =
        |(before, text): (usize, &str)| Line { page: page.into(), number: before + 1, text: text.into() };
    text.lines().enumerate().map(line).flat_map(|line| quoted(&line)).collect()
}
