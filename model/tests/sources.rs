//! Rules for the sources of this crate that the compiler does not know.

use std::fs;
use std::path::{Path, PathBuf};

/// The sources below a folder, each with its path below `model/src/`.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut found, mut to_do) = (Vec::new(), vec![root.clone()]);
    while let Some(folder) = to_do.pop() {
        let entries = fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) = entries.partition(|path| path.is_dir());
        to_do.extend(folders);
        found.extend(files.into_iter().map(|file| {
            let path = file.strip_prefix(&root).expect("below").to_string_lossy().replace('\\', "/");
            (path, fs::read_to_string(&file).expect("text"))
        }));
    }
    assert!(found.len() > 40, "{}", found.len());
    found
}

/// The places of a text where an access may be made that no frame stands before: an async fn without the attribute,
/// or an async block with more than one `.await`, whose answers have no name.
fn without_frames(text: &str) -> Vec<usize> {
    let lines: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let bears = |at: usize| {
        let above = lines[..at].iter().rev().take_while(|line| line.trim_start().starts_with("#[")).count();
        lines[at - above..at].iter().any(|line| line.trim() == "#[frames]")
    };
    let is_bare = |at: &usize| {
        let line = lines[*at];
        let function = line.contains("async fn ") && !bears(*at);
        let block = line.contains("async move {") || line.contains("async {");
        function || block && line.matches(".await").count() != 1
    };
    (0..lines.len()).filter(is_bare).map(|at| at + 1).collect()
}

/// System calls are not compiled: they run one at a time.
#[test]
fn every_async_function_of_the_protocol_bears_frames() {
    for (path, text) in sources().into_iter().filter(|(path, _)| !path.starts_with("syscall/")) {
        assert_eq!(without_frames(&text), Vec::<usize>::new(), "lines of model/src/{path} without #[frames]");
    }
}

#[test]
fn a_function_without_frames_is_found() {
    assert_eq!(without_frames("#[frames]\n#[inline]\nasync fn f() {}\n"), []);
    assert_eq!(without_frames("#[frames]\nasync fn f() {}\nasync fn g() {}\n"), [3]);
    assert_eq!(without_frames("// async fn f\nlet a = async move { b.await == 1 };\n"), []);
    assert_eq!(without_frames("async move { a.await + b.await }\n"), [1]);
    assert_eq!(without_frames("async move {\n    a.await\n}\n"), [1]);
}
