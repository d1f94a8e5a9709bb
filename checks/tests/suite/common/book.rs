//! The README and the chapters of the book: their blocks, and the commands that they show.
//!
//! In a block of `console` a line that begins with `$` is a command, and the lines below it are some of what it
//! prints, in that order.

use std::fs;
use std::path::{Path, PathBuf};

/// A fenced block of a page.
pub(crate) struct Block {
    /// What stands behind the fence.
    pub(crate) language: String,
    /// Its lines.
    pub(crate) lines: Vec<Line>,
}

/// A line of a page, with its place.
#[derive(Clone)]
pub(crate) struct Line {
    /// The page, by its path below the root.
    pub(crate) page: String,
    /// Counted from 1.
    pub(crate) number: usize,
    /// Without what is blank at its end.
    pub(crate) text: String,
}

impl Line {
    /// Page and number.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.page, self.number)
    }

    /// The page shows this line instead.
    fn replace(&self, text: &str) {
        let path = root().join(&self.page);
        let page = fs::read_to_string(&path).expect("a page of text");
        let mut lines: Vec<&str> = page.split('\n').collect();
        lines[self.number - 1] = text;
        fs::write(&path, lines.join("\n")).expect("the checkout is writable");
    }
}

/// A command that a page shows.
#[derive(Clone)]
pub(crate) struct Command {
    /// The line, without its prompt.
    pub(crate) line: Line,
    /// What the page shows of its output.
    pub(crate) shown: Vec<Line>,
}

impl Command {
    /// The words of the command, as a shell takes them.
    pub(crate) fn words(&self) -> Vec<String> {
        words(&self.line.text)
    }

    /// Fail unless everything shown is among what was printed, in this order. With `UPDATE_EXPECT=1` a line that is
    /// not gives way to one that begins with the same word.
    pub(crate) fn assert_printed(&self, printed: &str) {
        let update = std::env::var_os("UPDATE_EXPECT").is_some();
        let mut lines = printed.lines().map(str::trim_end);
        for shown in &self.shown {
            if lines.any(|line| line == shown.text) {
                continue;
            }
            let word = |line: &str| line.split_whitespace().next().map(str::to_owned);
            let now = printed.lines().map(str::trim_end).find(|line| word(line) == word(&shown.text));
            match now.filter(|line| update && *line != shown.text) {
                Some(now) => shown.replace(now),
                None => panic!("{}: this is not printed here:\n{}\n{printed}", shown.place(), shown.text),
            }
        }
    }
}

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every page, by its path below the root.
pub(crate) fn pages() -> Vec<String> {
    let chapters = fs::read_dir(root().join("docs/src")).expect("the book");
    let chapters =
        chapters.map(|chapter| chapter.expect("a chapter").file_name().to_string_lossy().into_owned());
    let chapters = chapters.filter(|name| name.ends_with(".md")).map(|name| format!("docs/src/{name}"));
    let others = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "fuzz/README.md"].map(String::from);
    let mut pages: Vec<String> = chapters.chain(others).collect();
    pages.sort();
    pages
}

/// The lines of a page.
pub(crate) fn lines(page: &str) -> Vec<Line> {
    let text = fs::read_to_string(root().join(page)).expect("a page of text");
    let line = |(before, text): (usize, &str)| Line {
        page: page.to_owned(),
        number: before + 1,
        text: text.trim_end().to_owned(),
    };
    text.lines().enumerate().map(line).collect()
}

/// The fenced blocks of a page.
pub(crate) fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in lines(page) {
        match (open.take(), line.text.strip_prefix("```")) {
            (None, None) => {}
            (None, Some(language)) => open = Some(Block { language: language.to_owned(), lines: Vec::new() }),
            (Some(block), Some(_)) => blocks.push(block),
            (Some(mut block), None) => {
                block.lines.push(line);
                open = Some(block);
            }
        }
    }
    assert!(open.is_none(), "{page}: a block does not end");
    blocks
}

/// The commands of a block.
pub(crate) fn commands(block: &Block) -> Vec<Command> {
    let mut commands: Vec<Command> = Vec::new();
    for line in block.lines.iter().filter(|line| !line.text.is_empty()) {
        match (line.text.strip_prefix("$ "), commands.last_mut()) {
            (Some(text), _) => {
                let line = Line { text: text.to_owned(), ..line.clone() };
                commands.push(Command { line, shown: Vec::new() });
            }
            (None, Some(command)) => command.shown.push(line.clone()),
            (None, None) => panic!("{}: a block of `console` begins with `$ `", line.place()),
        }
    }
    commands
}

/// A command line in words. Single quotes hold a word together; a word that begins with `#` begins a comment.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quoted, mut begun) = (String::new(), false, false);
    for letter in line.chars() {
        match letter {
            '\'' => (quoted, begun) = (!quoted, true),
            ' ' if !quoted => {
                words.extend(begun.then(|| std::mem::take(&mut word)));
                begun = false;
            }
            '#' if !quoted && !begun => return words,
            _ => {
                word.push(letter);
                begun = true;
            }
        }
    }
    assert!(!quoted, "`{line}`: a quote does not end");
    words.extend(begun.then_some(word));
    words
}
