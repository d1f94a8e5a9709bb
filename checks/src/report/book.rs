//! The book, as pages of the report.

use maud::{PreEscaped, html};
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html as markdown};

use super::page::{Page, source_file};

/// A chapter and its text.
type Chapter = (&'static str, &'static str);

macro_rules! chapters {
    ($($name:literal),* $(,)?) => { [$(($name, include_str!(concat!("../../../docs/src/", $name, ".md")))),*] };
}

/// The contents, and every chapter.
const CHAPTERS: [Chapter; 22] = chapters![
    "SUMMARY",
    "claims",
    "findings",
    "objections",
    "sensitivity",
    "faults",
    "coverage",
    "mutation",
    "kernel",
    "abstractions",
    "traces",
    "report",
    "explorer",
    "export",
    "engines",
    "cluster",
    "fuzzing",
    "conform",
    "adding-an-actor",
    "adding-a-claim",
    "adding-a-strategy",
    "glossary",
];

pub(super) fn pages() -> impl Iterator<Item = Page> {
    CHAPTERS.into_iter().map(|(name, text)| {
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
        let events = relinked(Parser::new_ext(text, options));
        let mut body = String::new();
        markdown::push_html(&mut body, events);
        let title = text.lines().next().unwrap_or(name).trim_start_matches(['#', ' ']).to_owned();
        Page::new(chapter_file(name), title, html! { (PreEscaped(with_anchors(&body))) })
    })
}

fn chapter_file(name: &str) -> String {
    if name == "SUMMARY" { "book.html".into() } else { format!("book-{name}.html") }
}

/// Links between chapters, into the model and to the web, as they are in this site. What a link leads to
/// elsewhere in the checkout is named and no link.
fn relinked<'t>(events: impl Iterator<Item = Event<'t>>) -> impl Iterator<Item = Event<'t>> {
    let mut kept = Vec::new();
    events.filter_map(move |event| match event {
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let target = target(&dest_url);
            kept.push(target.is_some());
            let dest_url = CowStr::from(target?);
            Some(Event::Start(Tag::Link { link_type, dest_url, title, id }))
        }
        Event::End(TagEnd::Link) => kept.pop().unwrap_or(true).then_some(event),
        event => Some(event),
    })
}

/// Where a link leads in this site.
fn target(link: &str) -> Option<String> {
    if link.starts_with("https://") {
        return Some(link.to_owned());
    }
    let (path, place) = match link.split_once('#') {
        Some((path, place)) => (path, format!("#{place}")),
        None => (link, String::new()),
    };
    let chapter = path.strip_suffix(".md").filter(|name| CHAPTERS.iter().any(|(known, _)| known == name));
    let source = || path.strip_prefix("../../model/src/").filter(|file| is_source(file));
    match chapter {
        Some(name) => Some(chapter_file(name) + &place),
        None if path.is_empty() => Some(place),
        None => source().map(|file| source_file(file) + &place),
    }
}

fn is_source(file: &str) -> bool {
    seal_model::source::files().iter().any(|(known, _)| *known == file)
}

/// Every heading can be led to by its words, as where the book is read elsewhere; wide tables scroll by themselves.
fn with_anchors(body: &str) -> String {
    let body = body.replace("<table>", "<div class=\"wide\"><table>").replace("</table>", "</table></div>");
    let mut text = String::new();
    for line in body.lines() {
        let heading = (2..=4).find(|level| line.starts_with(&format!("<h{level}>")));
        match heading {
            Some(level) => {
                let words = line[4..].split("</h").next().unwrap_or_default();
                text.push_str(&format!("<h{level} id=\"{}\">{}", anchor(words), &line[4..]));
            }
            None => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

fn anchor(words: &str) -> String {
    let mut plain = String::new();
    let mut inside = false;
    for letter in words.chars() {
        match letter {
            '<' => inside = true,
            '>' => inside = false,
            ' ' if !inside => plain.push('-'),
            letter if !inside && (letter.is_alphanumeric() || letter == '-' || letter == '_') => {
                plain.extend(letter.to_lowercase());
            }
            _ => {}
        }
    }
    plain
}
