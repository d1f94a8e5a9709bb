//! The locals that can be seen at a place, and what a frame there lists.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Error, ExprClosure, Pat};

use crate::names::{Names, names, plain};

/// A local.
struct Local {
    name: String,
    ident: Ident,
    number: usize,
    mutable: bool,
    kind: Kind,
}

enum Kind {
    /// Listed where its name is still needed.
    Value,
    /// Listed wherever it can be seen.
    Counter,
    /// Not to be written down; what it was made of is, in its place.
    Closure(Vec<Capture>),
}

/// A local that something else was made of.
#[derive(Clone)]
pub(crate) struct Capture {
    name: String,
    number: usize,
    /// The thing that was made of it, in words.
    by: &'static str,
}

/// The locals that can be seen, the innermost last.
pub(crate) struct Scope {
    locals: Vec<Local>,
    /// The locals that the sequences of the `for` loops around a place were made of.
    sequences: Vec<Capture>,
    /// The scopes around a place: the number of locals from before each, and the names that are used after it.
    around: Vec<(usize, Names)>,
    counted: usize,
    /// The parameter that is the memory.
    memory: Ident,
    /// The complaint.
    errors: Vec<Error>,
}

/// How much a scope held.
#[derive(Clone, Copy)]
pub(crate) struct Mark(usize, usize, usize);

impl Scope {
    pub(crate) fn new(memory: Ident) -> Self {
        Scope {
            locals: Vec::new(),
            sequences: Vec::new(),
            around: Vec::new(),
            counted: 0,
            memory,
            errors: Vec::new(),
        }
    }

    pub(crate) fn refuse(&mut self, at: &impl ToTokens, why: &str) {
        self.errors.push(Error::new_spanned(at, why));
    }

    /// Everything that is wrong.
    pub(crate) fn errors(self) -> Option<Error> {
        self.errors.into_iter().reduce(|mut all, more| {
            all.combine(more);
            all
        })
    }

    /// A scope begins; `later` is named after its end.
    pub(crate) fn begin(&mut self, later: &Names) -> Mark {
        let mark = Mark(self.locals.len(), self.sequences.len(), self.around.len());
        self.around.push((self.locals.len(), later.clone()));
        mark
    }

    /// The scope that began at `mark` ends.
    pub(crate) fn end(&mut self, mark: Mark) {
        self.locals.truncate(mark.0);
        self.sequences.truncate(mark.1);
        self.around.truncate(mark.2);
    }

    fn add(&mut self, ident: Ident, mutable: bool, kind: Kind) {
        if ident == self.memory {
            self.refuse(&ident, "the memory's name is taken: give this local another");
        }
        self.counted += 1;
        self.locals.push(Local { name: plain(&ident), ident, number: self.counted, mutable, kind });
    }

    /// `self`, as a parameter.
    pub(crate) fn add_self(&mut self, ident: Ident) {
        self.add(ident, false, Kind::Value);
    }

    /// The counter of a `for` loop's rounds: its variable may have one value more than once.
    pub(crate) fn add_counter(&mut self) -> Ident {
        let ident = Ident::new(&format!("round{}", self.counted + 1), Span::mixed_site());
        self.add(ident.clone(), false, Kind::Counter);
        ident
    }

    /// A closure with a name.
    pub(crate) fn add_closure(&mut self, pat: &Pat, closure: &ExprClosure) {
        let Pat::Ident(name) = pat else {
            self.refuse(pat, "a closure needs a name of its own");
            return;
        };
        if name.mutability.is_some() {
            self.refuse(pat, "what a `mut` closure holds can't be listed: make it a function and a local");
        }
        let mut captures = self.captures(closure, "a closure");
        let own: Names = closure.inputs.iter().flat_map(names).collect();
        captures.retain(|capture| !own.contains(&capture.name));
        self.add(name.ident.clone(), false, Kind::Closure(captures));
    }

    /// The sequence of a `for` loop lives from here on.
    pub(crate) fn add_sequence(&mut self, sequence: &impl ToTokens) {
        let captures = self.captures(sequence, "the sequence of a `for` loop");
        self.sequences.extend(captures);
    }

    fn captures(&self, part: &impl ToTokens, by: &'static str) -> Vec<Capture> {
        let of = |name: String| self.find(&name).map(|local| Capture { number: local.number, name, by });
        names(part).into_iter().filter_map(of).collect()
    }

    fn find(&self, name: &str) -> Option<&Local> {
        self.locals.iter().rfind(|local| local.name == name)
    }

    /// The locals that a pattern binds.
    pub(crate) fn bind(&mut self, pat: &Pat) {
        match pat {
            Pat::Ident(pat) => {
                // the compiler's lint is an error here: what begins in upper case is a constant
                let constant = plain(&pat.ident).starts_with(char::is_uppercase);
                if pat.by_ref.is_some() && pat.mutability.is_some() {
                    self.refuse(
                        pat,
                        "`ref mut` changes a local behind its name: assign to the local instead",
                    );
                } else if !constant {
                    self.add(pat.ident.clone(), pat.mutability.is_some(), Kind::Value);
                }
                if let Some((_, inner)) = &pat.subpat {
                    self.bind(inner);
                }
            }
            Pat::Or(pat) => {
                // each case binds the same names
                if let Some(case) = pat.cases.first() {
                    self.bind(case);
                }
            }
            Pat::Guard(pat) => self.bind(&pat.pat),
            Pat::Paren(pat) => self.bind(&pat.pat),
            Pat::Reference(pat) => self.bind(&pat.pat),
            Pat::Slice(pat) => pat.elems.iter().for_each(|pat| self.bind(pat)),
            Pat::Struct(pat) => pat.fields.iter().for_each(|field| self.bind(&field.pat)),
            Pat::Tuple(pat) => pat.elems.iter().for_each(|pat| self.bind(pat)),
            Pat::TupleStruct(pat) => pat.elems.iter().for_each(|pat| self.bind(pat)),
            Pat::Type(pat) => self.bind(&pat.pat),
            Pat::Const(_) | Pat::Lit(_) | Pat::Path(_) | Pat::Range(_) | Pat::Rest(_) | Pat::Wild(_) => {}
            other => self.refuse(other, "locals may hide in this pattern: write it out"),
        }
    }

    /// The locals that can be seen, for the check that each parameter is a value.
    pub(crate) fn idents(&self) -> Vec<Ident> {
        self.locals.iter().map(|local| local.ident.clone()).collect()
    }

    /// A frame of what is `needed` from `at` on.
    pub(crate) fn frame(&mut self, mut needed: Names, at: Span) -> TokenStream {
        let mut captures = self.sequences.clone();
        // a closure may be made of closures that are older
        for local in self.locals.iter().rev() {
            if let Kind::Closure(made_of) = &local.kind
                && needed.contains(&local.name)
            {
                needed.extend(made_of.iter().map(|capture| capture.name.clone()));
                captures.extend(made_of.iter().cloned());
            }
        }
        needed.extend(captures.iter().map(|capture| capture.name.clone()));
        captures.iter().for_each(|capture| self.check(capture, at));
        self.check_shadowed(at);
        let seen = |at: usize, local: &Local| self.shadowed_by(at, local).is_none();
        let listed = self.locals.iter().enumerate().filter(|(at, local)| match local.kind {
            Kind::Value => needed.contains(&local.name) && seen(*at, local),
            Kind::Counter => true,
            Kind::Closure(_) => false,
        });
        // an error about a local points at its beginning
        let listed = listed.map(|(_, Local { ident, .. })| quote_spanned!(ident.span()=> &#ident));
        let frame = frame_ident(at);
        let list = quote!(&[#(#listed),*]);
        // the place is that of the source, by which frames differ
        quote_spanned!(at=> #frame.at(#list);)
    }

    /// The local that hides the one with this index.
    fn shadowed_by(&self, index: usize, local: &Local) -> Option<usize> {
        (index + 1..self.locals.len()).find(|&inner| self.locals[inner].name == local.name)
    }

    /// A local that can't be named here must not be needed where it can be named again.
    fn check_shadowed(&mut self, at: Span) {
        let is_needed = |(index, local): (usize, &Local)| {
            let inner = self.shadowed_by(index, local)?;
            let back = |(before, later): &(usize, Names)| {
                (index + 1..=inner).contains(before) && later.contains(&local.name)
            };
            self.around.iter().any(back).then(|| local.name.clone())
        };
        let needed: Vec<String> = self.locals.iter().enumerate().filter_map(is_needed).collect();
        self.errors.extend(needed.into_iter().map(|name| {
            let why = "an access while a shadowed local is still needed: give one of the two another name";
            Error::new(at, format!("{why}: `{name}`"))
        }));
    }

    /// A local that something else was made of must still be what it was.
    fn check(&mut self, capture: &Capture, at: Span) {
        let Some(local) = self.find(&capture.name) else { return };
        let why = if local.number != capture.number {
            "is shadowed: give one of the two another name"
        } else if local.mutable {
            "is `mut`: bind it once more, without `mut`, before"
        } else {
            return;
        };
        let Capture { name, by, .. } = capture;
        self.errors.push(Error::new(
            at,
            format!("an access while {by} lives that was made of `{name}`, which {why}"),
        ));
    }
}

/// The guard of a function's frames.
pub(crate) fn frame_ident(at: Span) -> Ident {
    Ident::new("frame", Span::mixed_site().located_at(at))
}
