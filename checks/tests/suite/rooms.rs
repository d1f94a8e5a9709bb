//! No room is in a circle. A room is a file or a folder at the top of a crate's source, and its imports say on which
//! others it stands.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::common::book::root;

/// For each room those that it names.
type Rooms = BTreeMap<String, BTreeSet<String>>;

/// The rooms of a crate, by its source.
fn rooms(source: &Path) -> Rooms {
    let names: BTreeSet<String> = entries(source).iter().map(|path| stem(path)).collect();
    let is_room = |name: &str| names.contains(name) && name != "lib" && name != "main";
    let mut rooms = Rooms::new();
    for path in entries(source).iter().filter(|path| is_room(&stem(path))) {
        let room = stem(path);
        let mut named = BTreeSet::new();
        for text in texts(path) {
            named.extend(imported(&text).into_iter().filter(|name| is_room(name) && *name != room));
        }
        rooms.entry(room).or_default().extend(named);
    }
    rooms
}

fn entries(directory: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    entries.map(|entry| entry.expect("a name").path()).collect()
}

fn stem(path: &Path) -> String {
    path.file_stem().expect("a name").to_string_lossy().into_owned()
}

/// The sources at and below a path.
fn texts(path: &Path) -> Vec<String> {
    if path.is_dir() {
        return entries(path).iter().flat_map(|path| texts(path)).collect();
    }
    let is_source = path.extension().is_some_and(|extension| extension == "rs");
    is_source.then(|| fs::read_to_string(path).expect("a source")).into_iter().collect()
}

/// The first names of paths that begin with `crate::`. Comments are left out, and so are unit tests, which may look at
/// anything.
fn imported(text: &str) -> BTreeSet<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or(text);
    let code: String = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let name = |text: &str| -> String {
        text.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect()
    };
    let mut names = BTreeSet::new();
    for path in code.split("crate::").skip(1) {
        match path.strip_prefix('{') {
            None => names.extend([name(path)]),
            // `crate::{one, other::{this, that}}`: of a list what stands at its top
            Some(list) => {
                let mut depth = 0;
                for part in list.split_inclusive([',', '{', '}']) {
                    if depth == 0 {
                        names.insert(name(part.trim_start()));
                    }
                    match part.chars().last() {
                        Some('{') => depth += 1,
                        Some('}') if depth == 0 => break,
                        Some('}') => depth -= 1,
                        _ => {}
                    }
                }
            }
        }
    }
    names
}

/// Rooms that stand on themselves: what is left once every room that stands on none of the others is taken away.
fn circle(mut rooms: Rooms) -> Rooms {
    loop {
        let there: BTreeSet<String> = rooms.keys().cloned().collect();
        rooms.values_mut().for_each(|named| named.retain(|name| there.contains(name)));
        let before = rooms.len();
        rooms.retain(|_, named| !named.is_empty());
        if rooms.len() == before {
            return rooms;
        }
    }
}

#[test]
fn no_room_is_in_a_circle() {
    for (source, most) in [("checks/src", 25), ("live/src", 6)] {
        let rooms = rooms(&root().join(source));
        assert!(rooms.len() >= most, "{source} has only {} rooms", rooms.len());
        assert_eq!(circle(rooms), Rooms::new(), "{source}");
    }
}

#[test]
fn a_circle_is_seen() {
    let rooms = |edges: &[(&str, &[&str])]| -> Rooms {
        let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        edges.iter().map(|(room, names)| ((*room).to_owned(), named(names))).collect()
    };
    let line = rooms(&[("a", &["b"]), ("b", &["c"]), ("c", &[])]);
    assert_eq!(circle(line), Rooms::new());
    let ring = rooms(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"]), ("d", &["a"])]);
    assert!(circle(ring).contains_key("b"));
    let text =
        "use crate::{one, other::{this, that}, third};\nfn f() { crate::fourth::g() }\n// crate::fifth\n";
    let found = imported(text);
    assert!(["one", "other", "third", "fourth"].iter().all(|name| found.contains(*name)), "{found:?}");
    assert!(!found.contains("fifth") && !found.contains("this"), "{found:?}");
}
