//! The attribute [`frames`](macro@frames): what a function of an actor knows before each of its accesses.

mod function;
mod names;
mod scope;
#[cfg(test)]
mod tests;
mod walk;

use proc_macro::TokenStream;

/// Puts a frame before every `.await` of an `async fn`: the locals in scope that are named later, or in a loop
/// around it.
///
/// Two runs of an actor whose frames are equal behave alike from there on, which is what a compiler of actors merges
/// them by. A frame that lists too much costs time, one that lists too little would be wrong. So whatever is in
/// doubt is listed, and whatever can't be listed is an error that names the way out.
///
/// # What it asks for
/// - The function is async, and takes its memory as a parameter `m`.
/// - Parameters, and locals that live across an access, are `Local` values: they can be written down, and nothing
///   else changes them. That leaves out `&mut`, cells, futures and opaque iterators.
/// - One access at a time: the answer of one has a name before the next is asked for. `a.await && b.await`,
///   branches, arms and loops follow one another, and are fine.
/// - A closure that lives across an access, or the sequence of a `for`, is made of locals that do not change and are
///   not shadowed while it lives.
/// - No items, async blocks or macros of one's own inside: accesses and locals may hide in them.
///
/// # What it takes for granted
/// A value written down by `Debug` shows all of itself; atomics and locks are not among the locals. The function is
/// written out, not made by a macro: frames differ by their places in the source. Functions that it awaits bear the
/// attribute as well, or make one access.
///
/// # Errors
/// Anything that can't be listed is a compile error at its place.
#[proc_macro_attribute]
pub fn frames(options: TokenStream, item: TokenStream) -> TokenStream {
    function::framed(options.into(), item.into()).into()
}
