//! One function, from its parameters to its end.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Error, FnArg, ItemFn, Pat, parse_quote};

use crate::names::{Names, awaits, hiding_place};
use crate::scope::{Scope, frame_ident};
use crate::walk::block;

/// The function with its frames; with what is wrong, if something is.
pub(crate) fn framed(options: TokenStream, item: TokenStream) -> TokenStream {
    expand(options, item.clone()).unwrap_or_else(|error| {
        let error = error.into_compile_error();
        quote!(#error #item)
    })
}

/// The function with its frames.
///
/// # Errors
/// A refusal: something that can't be listed.
pub(crate) fn expand(options: TokenStream, item: TokenStream) -> Result<TokenStream, Error> {
    if !options.is_empty() {
        return Err(Error::new_spanned(options, "#[frames] takes no options"));
    }
    let Ok(mut function) = syn::parse2::<ItemFn>(item.clone()) else {
        return Err(Error::new_spanned(item, "#[frames] belongs to an async fn"));
    };
    if function.sig.asyncness.is_none() {
        return Err(Error::new_spanned(function.sig, "#[frames] belongs to an async fn"));
    }
    if let Some((token, why)) = hiding_place(function.block.to_token_stream()) {
        return Err(Error::new(token.span(), why));
    }
    if awaits(&function.block) {
        list(&mut function)?;
    }
    Ok(function.into_token_stream())
}

fn list(function: &mut ItemFn) -> Result<(), Error> {
    let memory = function.sig.inputs.iter().find_map(memory).ok_or_else(|| {
        Error::new_spanned(&function.sig, "#[frames] asks for the memory as a parameter `m`")
    })?;
    let mut scope = Scope::new(memory.clone());
    for input in &function.sig.inputs {
        match input {
            FnArg::Receiver(receiver) => scope.add_self(Ident::new("self", receiver.self_token.span)),
            FnArg::Typed(typed) if memory_of(&typed.pat).is_none() => scope.bind(&typed.pat),
            FnArg::Typed(_) => {}
        }
    }
    let parameters = scope.idents();
    block(&mut scope, &mut function.block, &Names::new());
    if let Some(error) = scope.errors() {
        return Err(error);
    }
    let frame = frame_ident(Span::mixed_site());
    // a caller's frame says nothing of what its callee changes behind its back: a parameter is a value, used or not
    let values = parameters.iter().map(|name| quote_spanned!(name.span()=> &#name));
    let guard = parse_quote!(let #frame = crate::memory::Frame::new(#memory, &[#(#values),*]););
    function.block.stmts.insert(0, guard);
    // patterns: what begins in upper case is a constant
    function.attrs.push(parse_quote!(#[deny(non_snake_case)]));
    Ok(())
}

fn memory(input: &FnArg) -> Option<Ident> {
    match input {
        FnArg::Typed(typed) => memory_of(&typed.pat),
        FnArg::Receiver(_) => None,
    }
}

fn memory_of(pat: &Pat) -> Option<Ident> {
    match pat {
        Pat::Ident(pat) if pat.ident == "m" => Some(pat.ident.clone()),
        _ => None,
    }
}
