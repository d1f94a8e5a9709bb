//! Text in lines of a given width.

/// Add words in lines of at most `width` columns: the first begins with `first`, the others with `rest`, and all
/// but the last end with `more`. A word that is too long for a line has one to itself.
pub fn fill(text: &mut String, words: &str, [first, rest]: [&str; 2], more: &str, width: usize) {
    let room = width - more.chars().count();
    let (mut line, mut empty) = (first.to_owned(), true);
    for word in words.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > room {
            text.push_str(&line);
            text.push_str(more);
            text.push('\n');
            (line, empty) = (rest.to_owned(), true);
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::fill;

    fn filled(words: &str, width: usize) -> String {
        let mut text = String::new();
        fill(&mut text, words, ["- ", "  "], " \\", width);
        text
    }

    #[test]
    fn lines_are_as_full_as_they_can_be() {
        assert_eq!(filled("a bb ccc", 20), "- a bb ccc\n");
        // `- a bb ccc` would fit, but not with what says that more comes
        assert_eq!(filled("a bb ccc d", 10), "- a bb \\\n  ccc d\n");
        assert_eq!(filled("a bb ccc d", 9), "- a bb \\\n  ccc d\n");
    }

    #[test]
    fn a_long_word_is_not_broken() {
        assert_eq!(filled("aaaaaaaaaaaa b", 8), "- aaaaaaaaaaaa \\\n  b\n");
    }

    #[test]
    fn no_words_are_the_beginning_alone() {
        assert_eq!(filled("", 8), "-\n");
    }
}
