//! Two generated TOML documents beside each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Lines that only one of two documents has, `-` those expected and `+` those found, each below the head of its section.
/// Empty if every section has the same lines.
pub(super) fn difference(expected: &str, found: &str) -> String {
    let (expected, found) = (sections(expected), sections(found));
    let heads: BTreeSet<&str> = expected.keys().chain(found.keys()).copied().collect();
    let (mut text, none) = (String::new(), BTreeSet::new());
    for head in heads {
        let (old, new) = (expected.get(head), found.get(head));
        if old == new {
            continue;
        }
        let sign = match (old, new) {
            (Some(_), None) => '-',
            (None, Some(_)) => '+',
            _ => ' ',
        };
        let _ = writeln!(text, "{sign}{head}");
        let (old, new) = (old.unwrap_or(&none), new.unwrap_or(&none));
        old.difference(new).for_each(|line| text.extend(["-", line, "\n"]));
        new.difference(old).for_each(|line| text.extend(["+", line, "\n"]));
    }
    text
}

/// Lines by the head of their section. Blank lines and comments are left out.
fn sections(text: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut sections = BTreeMap::<&str, BTreeSet<&str>>::new();
    let mut head = "";
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if line.starts_with('[') {
            head = line;
            sections.entry(head).or_default();
        } else {
            sections.entry(head).or_default().insert(line);
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "# generated\n\n[a]\nx = 1\ny = 2\n\n[b]\n\n[c]\nz = 3\n";

    #[test]
    fn the_same_lines_are_no_difference() {
        assert_eq!(difference(OLD, OLD), "");
        assert_eq!(difference(OLD, &OLD.replace("# generated\n\n", "")), "");
    }

    #[test]
    fn what_only_one_side_has_stands_below_its_head() {
        let new = "[a]\nx = 1\ny = 7\n[c]\nz = 3\n[d]\nw = 4\n";
        assert_eq!(difference(OLD, new), " [a]\n-y = 2\n+y = 7\n-[b]\n+[d]\n+w = 4\n");
    }
}
