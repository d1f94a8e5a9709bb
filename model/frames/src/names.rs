//! Names in source text: every one that might be a local's.

use std::collections::HashSet;

use proc_macro2::{Delimiter, Ident, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

/// Some names.
pub(crate) type Names = HashSet<String>;

/// Every name in `part` that may be that of a local, and maybe others: too many do no harm.
pub(crate) fn names(part: &impl ToTokens) -> Names {
    let mut found = Names::new();
    collect(part.to_token_stream(), &mut |name| {
        found.insert(name);
    });
    found
}

/// The names of both.
pub(crate) fn and(names: &Names, more: Names) -> Names {
    names.iter().cloned().chain(more).collect()
}

/// Returns whether an access is made in `part`.
pub(crate) fn awaits(part: &impl ToTokens) -> bool {
    names(part).contains("await")
}

fn collect(tokens: TokenStream, found: &mut impl FnMut(String)) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(ident) if ident == "await" || !is_member(&tokens[..at]) => found(plain(ident)),
            TokenTree::Group(group) => collect(group.stream(), found),
            // `{name}` in the text of a format
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let words = text.split(|c: char| c != '_' && !c.is_alphanumeric());
                words.filter(|word| !word.is_empty()).for_each(|word| found(word.to_owned()));
            }
            _ => {}
        }
    }
}

/// A name without the `r#` that it may need.
pub(crate) fn plain(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

/// Returns whether a name after these tokens is that of a field or a method: it follows one dot, not the two of a range.
fn is_member(before: &[TokenTree]) -> bool {
    let dot = |token: Option<&TokenTree>, spacing: Option<Spacing>| {
        matches!(token, Some(TokenTree::Punct(punct))
            if punct.as_char() == '.' && spacing.is_none_or(|spacing| punct.spacing() == spacing))
    };
    let second = before.len().checked_sub(2).and_then(|at| before.get(at));
    dot(before.last(), None) && !dot(second, Some(Spacing::Joint))
}

/// Macros that hide neither an access nor a local.
const KNOWN_MACROS: [&str; 15] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "format",
    "matches",
    "panic",
    "print",
    "println",
    "todo",
    "unimplemented",
    "unreachable",
    "vec",
];

/// Words after which `!` negates.
const KEYWORDS: [&str; 9] = ["if", "while", "match", "return", "break", "in", "else", "as", "mut"];

/// The first token in which accesses or locals may hide, and why.
pub(crate) fn hiding_place(tokens: TokenStream) -> Option<(TokenTree, &'static str)> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let found = match token {
            TokenTree::Ident(ident) if ident == "async" => Some((
                token.clone(),
                "an async block or closure hides its locals: make it an async fn with #[frames]",
            )),
            TokenTree::Ident(name) => match (tokens.get(at + 1), tokens.get(at + 2)) {
                (Some(TokenTree::Punct(bang)), Some(TokenTree::Group(group)))
                    if bang.as_char() == '!'
                        && group.delimiter() != Delimiter::None
                        && !KEYWORDS.iter().any(|word| name == word) =>
                {
                    hidden_in_macro(name, group.stream()).map(|why| (token.clone(), why))
                }
                _ => None,
            },
            TokenTree::Group(group) => hiding_place(group.stream()),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn hidden_in_macro(name: &Ident, tokens: TokenStream) -> Option<&'static str> {
    if !KNOWN_MACROS.iter().any(|known| name == known) {
        return Some(
            "accesses and locals may hide in this macro: write out what it does, or call a function",
        );
    }
    awaits(&tokens).then_some("an access hides in a macro: give its answer a name by `let` first")
}
