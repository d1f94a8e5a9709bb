//! The tutorials are true: their diffs apply one after the other to a copy of the source, the result compiles, and
//! the changed program says what they show.
//!
//! It takes `git` for `git apply`, and is skipped where there is none. The copy and what is built of it stay below
//! the target directory, so that only the first run compiles the dependencies.

use crate::common::skip;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

use crate::common::book::{Block, blocks, commands, root};

/// What the changed program is built from.
const COPIED: [&str; 6] = ["Cargo.toml", "Cargo.lock", "model", "checks", "live", "docs"];

/// How a command of the changed program begins.
const OF_THE_CHANGED: [&str; 4] = ["cargo", "run", "--release", "--"];

/// One tutorial at a time: they share the copy.
static COPY: Mutex<()> = Mutex::new(());

const CHAPTERS: [&str; 3] =
    ["docs/src/adding-a-claim.md", "docs/src/adding-a-strategy.md", "docs/src/adding-an-actor.md"];

#[test]
fn adding_a_claim() {
    follow(CHAPTERS[0]);
}

#[test]
fn adding_a_strategy() {
    follow(CHAPTERS[1]);
}

#[test]
fn adding_an_actor() {
    follow(CHAPTERS[2]);
}

/// A command of a changed program is shown in a chapter that a test follows.
#[test]
fn no_other_chapter_changes_the_program() {
    let changed = OF_THE_CHANGED.join(" ");
    for chapter in fs::read_dir(root().join("docs/src")).expect("the book") {
        let page = format!("docs/src/{}", chapter.expect("a chapter").file_name().to_string_lossy());
        if !page.ends_with(".md") || CHAPTERS.contains(&page.as_str()) {
            continue;
        }
        let blocks = blocks(&page);
        let shown = blocks.iter().filter(|block| block.language == "console").flat_map(commands);
        let changes = shown.map(|command| command.line).find(|line| line.text.starts_with(&changed));
        assert!(changes.is_none(), "{}: follow {page}", changes.map(|line| line.place()).unwrap_or_default());
    }
}

/// Apply the diffs of a chapter, and run its commands where they stand between them.
fn follow(chapter: &str) {
    let _alone = COPY.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if !skip::has("git", &["--version"]) {
        return;
    }
    let tree = Tree::new();
    let (mut applied, mut shown) = (0, 0);
    for block in blocks(chapter) {
        match block.language.as_str() {
            "diff" => {
                tree.apply(chapter, &block);
                applied += 1;
            }
            "console" => {
                let program = tree.build(chapter);
                for command in commands(&block) {
                    let words = command.words();
                    let arguments = words.strip_prefix(OF_THE_CHANGED.map(String::from).as_slice());
                    let Some(arguments) = arguments else { continue };
                    command.assert_printed(&run(&program, chapter, arguments));
                    shown += command.shown.len();
                }
            }
            _ => {}
        }
    }
    tree.build(chapter);
    assert!(
        applied > 0 && shown > 0,
        "{chapter} has {applied} diffs, and shows {shown} lines of their results"
    );
}

/// A copy of the source, and where it is built.
struct Tree {
    root: PathBuf,
    target: PathBuf,
}

impl Tree {
    /// The source as it is checked out.
    fn new() -> Self {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tutorials");
        let tree = Tree { root: place.join("source"), target: place.join("target") };
        if tree.root.exists() {
            fs::remove_dir_all(&tree.root).expect("the last copy goes");
        }
        fs::create_dir_all(&tree.root).expect("the target directory is writable");
        for name in COPIED {
            copy(&root().join(name), &tree.root.join(name));
        }
        tree
    }

    /// `git apply` as a reader would, at the root of the source.
    fn apply(&self, chapter: &str, diff: &Block) {
        let mut git = Command::new("git")
            .args(["apply", "--whitespace=error", "-"])
            // below another repository `git apply` would look for the files there
            .env("GIT_CEILING_DIRECTORIES", self.root.parent().expect("it has one"))
            .current_dir(&self.root)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("git runs");
        let text: String = diff.lines.iter().map(|line| format!("{}\n", line.text)).collect();
        git.stdin.take().expect("piped").write_all(text.as_bytes()).expect("git reads it");
        let place = diff.lines.first().expect("a diff has lines").place();
        check(chapter, &format!("the diff at {place}"), &git.wait_with_output().expect("git ends"));
    }

    /// Compile what the diffs made of it: the program.
    fn build(&self, chapter: &str) -> PathBuf {
        let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "--offline", "--locked", "--package", "seal-checks", "--bin", "sealcheck"])
            .args([
                "--config",
                "profile.dev.debug=false",
                "--message-format=json-render-diagnostics",
                "--target-dir",
            ])
            .arg(&self.target)
            .current_dir(&self.root)
            .output()
            .expect("cargo runs");
        check(chapter, "what its diffs make of the source", &output);
        let messages = String::from_utf8_lossy(&output.stdout);
        let messages =
            messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let mut programs = messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from));
        programs.next().expect("cargo says where the program is")
    }
}

/// What the changed program prints. It may refute, or decide nothing.
fn run(program: &Path, chapter: &str, arguments: &[String]) -> String {
    let output = Command::new(program).args(arguments).output().expect("sealcheck runs");
    let (code, error) = (output.status.code(), String::from_utf8_lossy(&output.stderr));
    assert!(matches!(code, Some(0 | 1 | 3)), "{chapter}: sealcheck {}: {error}", arguments.join(" "));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn check(chapter: &str, what: &str, output: &Output) {
    assert!(output.status.success(), "{chapter}: {what}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A file, or a directory with all that is in it.
fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        fs::copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
        return;
    }
    fs::create_dir_all(to).expect("the target directory is writable");
    for entry in fs::read_dir(from).expect("the checkout is readable") {
        let name = entry.expect("a name").file_name();
        copy(&from.join(&name), &to.join(&name));
    }
}
