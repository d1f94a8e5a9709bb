//! Statements and expressions, in the order in which they are run.
//!
//! A step is what is run in one go from a place where a frame can stand: a statement, the body of an arm, the right
//! side of `&&`. It makes one access at most; what it did before is then a function of the locals in its frame.

use proc_macro2::Span;
use quote::ToTokens;
use syn::{
    BinOp, Block, Expr, ExprIf, ExprMatch, ExprWhile, Local, Pat, Stmt, parse_quote, parse_quote_spanned,
};

use crate::names::{Names, and, awaits, names};
use crate::scope::Scope;

/// How far a step is.
#[derive(Default)]
struct Step {
    /// An access was made, in the step itself or in what is inside.
    awaited: bool,
    /// One is made in the step itself, so that a frame has to stand before it.
    wants_frame: bool,
}

const SECOND: &str =
    "a second access in one expression: give the first answer a name by `let`, so that it can be listed";
const PENDING: &str =
    "an access inside of an expression that has begun: give the value before it a name by `let`";

/// The place where an expression begins.
fn start(part: &impl ToTokens) -> Span {
    part.to_token_stream().into_iter().next().map_or_else(Span::mixed_site, |token| token.span())
}

/// Statements one after the other. `later` is named after the block.
pub(crate) fn block(scope: &mut Scope, block: &mut Block, later: &Names) {
    let mark = scope.begin(later);
    let mut after = vec![later.clone()];
    for statement in block.stmts.iter().rev() {
        let names = and(after.last().unwrap_or(later), names(statement));
        after.push(names);
    }
    after.pop();
    for mut statement in std::mem::take(&mut block.stmts) {
        let later = after.pop().unwrap_or_default();
        let needed = and(&later, names(&statement));
        let at = start(&statement);
        let mut step = Step::default();
        match &mut statement {
            Stmt::Local(local) => initialise(scope, local, &later, &mut step),
            Stmt::Expr(expr, _) if awaits(expr) => walk(scope, expr, &later, &mut step, false),
            Stmt::Expr(..) | Stmt::Macro(_) => {}
            Stmt::Item(item) => scope.refuse(item, "an item may hide a local: move it out of the function"),
        }
        if step.wants_frame {
            let frame = scope.frame(needed, at);
            block.stmts.push(parse_quote!(#frame));
        }
        if let Stmt::Local(local) = &statement {
            declare(scope, local);
        }
        block.stmts.push(statement);
    }
    scope.end(mark);
}

/// The right side of `let`, and its `else`.
fn initialise(scope: &mut Scope, local: &mut Local, later: &Names, step: &mut Step) {
    let Some(init) = &mut local.init else {
        scope.refuse(local, "a local without a value can't be listed: give it one here");
        return;
    };
    let diverge = init.diverge.as_mut().map(|(_, diverge)| diverge);
    if awaits(&init.expr) {
        let later = and(later, diverge.as_ref().map(names).unwrap_or_default());
        walk(scope, &mut init.expr, &later, step, false);
    }
    if let Some(diverge) = diverge
        && awaits(diverge)
    {
        inside(scope, diverge, later);
    }
}

/// The locals of a `let`, once it is done.
fn declare(scope: &mut Scope, local: &Local) {
    match local.init.as_ref().map(|init| &*init.expr) {
        Some(Expr::Closure(closure)) => scope.add_closure(&local.pat, closure),
        _ => scope.bind(&local.pat),
    }
}

/// An expression that begins a step of its own, with a frame before it if it takes one.
fn inside(scope: &mut Scope, expr: &mut Expr, later: &Names) {
    if let Expr::Block(inner) = expr {
        block(scope, &mut inner.block, later);
        return;
    }
    let (needed, at) = (and(later, names(expr)), start(expr));
    let mut step = Step::default();
    walk(scope, expr, later, &mut step, false);
    if step.wants_frame {
        let frame = scope.frame(needed, at);
        *expr = parse_quote_spanned!(Span::mixed_site()=> { #frame #expr });
    }
}

/// An expression with an access in it. `later` is named after it; a value may be `pending` that was made before it,
/// in the same expression.
fn walk(scope: &mut Scope, expr: &mut Expr, later: &Names, step: &mut Step, pending: bool) {
    match expr {
        Expr::Await(await_) if awaits(&await_.base) || step.awaited => scope.refuse(await_, SECOND),
        Expr::Await(_) => *step = Step { awaited: true, wants_frame: true },
        Expr::Paren(inner) => walk(scope, &mut inner.expr, later, step, pending),
        Expr::Group(inner) => walk(scope, &mut inner.expr, later, step, pending),
        Expr::Cast(inner) => walk(scope, &mut inner.expr, later, step, pending),
        Expr::Field(inner) => walk(scope, &mut inner.base, later, step, pending),
        Expr::Try(inner) => walk(scope, &mut inner.expr, later, step, pending),
        Expr::Unary(inner) => walk(scope, &mut inner.expr, later, step, pending),
        Expr::Reference(inner) => walk(scope, &mut inner.expr, later, step, pending),
        Expr::Return(inner) => operands(scope, inner.expr.as_deref_mut(), later, step, pending),
        Expr::Break(inner) => operands(scope, inner.expr.as_deref_mut(), later, step, pending),
        Expr::Array(list) => operands(scope, &mut list.elems, later, step, pending),
        Expr::Tuple(list) => operands(scope, &mut list.elems, later, step, pending),
        Expr::Struct(made) => {
            let fields = made.fields.iter_mut().map(|field| &mut field.expr);
            operands(scope, fields.chain(made.rest.as_deref_mut()), later, step, pending);
        }
        Expr::Call(call) => {
            // what is called may be a local, and is called after all
            let later = and(later, names(&call.func));
            operands(scope, std::iter::once(&mut *call.func).chain(&mut call.args), &later, step, pending);
        }
        Expr::MethodCall(call) => {
            let all = std::iter::once(&mut *call.receiver).chain(&mut call.args);
            operands(scope, all, later, step, pending);
        }
        Expr::Index(index) => operands(scope, [&mut *index.expr, &mut *index.index], later, step, pending),
        Expr::Range(range) => {
            let ends = range.start.as_deref_mut().into_iter().chain(range.end.as_deref_mut());
            operands(scope, ends, later, step, pending);
        }
        Expr::Assign(assign) if !awaits(&assign.left) => {
            walk(scope, &mut assign.right, &and(later, names(&assign.left)), step, pending);
        }
        Expr::Binary(binary) if matches!(binary.op, BinOp::And(_) | BinOp::Or(_)) => {
            condition(scope, expr, later, step, pending);
        }
        Expr::Binary(binary) => {
            operands(scope, [&mut *binary.left, &mut *binary.right], later, step, pending)
        }
        Expr::If(branches) => branch(scope, branches, later, step, pending),
        Expr::Match(arms) => choose(scope, arms, later, step, pending),
        // statements inside have frames of their own, which know nothing of a value that is pending
        other if pending => scope.refuse(other, PENDING),
        Expr::Block(inner) => {
            step.awaited = true;
            block(scope, &mut inner.block, later);
        }
        Expr::Loop(inner) => {
            step.awaited = true;
            let later = and(later, names(&inner.body));
            block(scope, &mut inner.body, &later);
        }
        Expr::While(_) => {
            step.awaited = true;
            repeat(scope, expr, later);
        }
        Expr::ForLoop(_) => {
            for_each(scope, expr, later, step);
        }
        other => {
            scope.refuse(other, "an access in this place can't be listed: give its answer a name by `let`")
        }
    }
}

/// Expressions that are evaluated one after the other, before something is made of all their values.
fn operands<'e>(
    scope: &mut Scope,
    all: impl IntoIterator<Item = &'e mut Expr>,
    later: &Names,
    step: &mut Step,
    mut pending: bool,
) {
    let mut rest: Vec<&mut Expr> = all.into_iter().collect();
    rest.reverse();
    while let Some(expr) = rest.pop() {
        let stays = !matches!(expr, Expr::Lit(_)) && !is_item(expr);
        if awaits(expr) {
            let later = rest.iter().fold(later.clone(), |all, expr| and(&all, names(expr)));
            walk(scope, expr, &later, step, pending);
        }
        pending |= stays;
    }
}

/// Returns whether an expression is the path of an item, such as `Ok` or `Access::Slot`.
fn is_item(expr: &Expr) -> bool {
    let Expr::Path(path) = expr else { return false };
    path.path.segments.len() > 1
        || path.path.segments.iter().all(|segment| segment.ident.to_string().starts_with(char::is_uppercase))
}

/// A condition, its parts one after the other; what a part binds can be seen from there on. The right side of `&&`
/// is reached with no more than what the left side bound.
fn condition(scope: &mut Scope, expr: &mut Expr, later: &Names, step: &mut Step, pending: bool) {
    match expr {
        Expr::Binary(both) if matches!(both.op, BinOp::And(_) | BinOp::Or(_)) => {
            condition(scope, &mut both.left, &and(later, names(&both.right)), step, pending);
            if !step.awaited {
                condition(scope, &mut both.right, later, step, pending);
            } else if pending && awaits(&both.right) {
                scope.refuse(&both.right, PENDING);
            } else {
                part(scope, &mut both.right, later);
            }
        }
        Expr::Let(binding) => {
            if awaits(&binding.expr) {
                walk(scope, &mut binding.expr, later, step, pending);
            }
            scope.bind(&binding.pat);
        }
        expr if awaits(expr) => walk(scope, expr, later, step, pending),
        _ => {}
    }
}

/// A part of a condition that comes after an access.
fn part(scope: &mut Scope, expr: &mut Expr, later: &Names) {
    match expr {
        Expr::Let(binding) => {
            if awaits(&binding.expr) {
                inside(scope, &mut binding.expr, later);
            }
            scope.bind(&binding.pat);
        }
        expr if awaits(expr) => inside(scope, expr, later),
        _ => {}
    }
}

/// `if`, with its `else`.
fn branch(scope: &mut Scope, branches: &mut ExprIf, later: &Names, step: &mut Step, pending: bool) {
    let otherwise = branches.else_branch.as_mut().map(|(_, otherwise)| otherwise);
    let inner_awaits = awaits(&branches.then_branch) || otherwise.as_ref().is_some_and(awaits);
    if pending && inner_awaits {
        scope.refuse(branches, PENDING);
        return;
    }
    let mark = scope.begin(later);
    let mut needed = and(later, names(&branches.then_branch));
    needed.extend(otherwise.as_ref().map(names).unwrap_or_default());
    condition(scope, &mut branches.cond, &needed, step, pending);
    if awaits(&branches.then_branch) {
        block(scope, &mut branches.then_branch, later);
    }
    scope.end(mark);
    if let Some(otherwise) = otherwise
        && awaits(otherwise)
    {
        inside(scope, otherwise, later);
    }
    step.awaited |= inner_awaits;
}

/// `match`.
fn choose(scope: &mut Scope, choice: &mut ExprMatch, later: &Names, step: &mut Step, pending: bool) {
    let arms_await = choice.arms.iter().any(awaits);
    if pending && arms_await {
        scope.refuse(choice, PENDING);
        return;
    }
    if awaits(&choice.expr) {
        let needed = choice.arms.iter().fold(later.clone(), |all, arm| and(&all, names(arm)));
        walk(scope, &mut choice.expr, &needed, step, pending);
    }
    let mut rest: Vec<_> = choice.arms.iter_mut().rev().collect();
    while let Some(arm) = rest.pop() {
        let others = rest.iter().fold(later.clone(), |all, arm| and(&all, names(&arm.body)));
        let mark = scope.begin(if matches!(arm.pat, Pat::Guard(_)) { &others } else { later });
        scope.bind(&arm.pat);
        if let Pat::Guard(guarded) = &mut arm.pat {
            let last = matches!(rest.as_slice(), [last] if matches!(last.pat, Pat::Wild(_)));
            let needed = and(&others, names(&arm.body));
            guard(scope, &mut guarded.guard, &needed, last);
        }
        if awaits(&arm.body) {
            inside(scope, &mut arm.body, later);
        }
        scope.end(mark);
    }
    step.awaited |= arms_await;
}

/// The guard of an arm, which may bind locals as well.
fn guard(scope: &mut Scope, guard: &mut Expr, later: &Names, only_wild_comes: bool) {
    if !awaits(guard) {
        condition(scope, guard, later, &mut Step::default(), false);
    } else if !only_wild_comes || names(guard).contains("let") {
        // the next arm would look at a value that may have no name
        scope.refuse(guard, "an access in a guard: only `_` may come after its arm, and it may bind nothing");
    } else {
        inside(scope, guard, later);
    }
}

/// `while`: a frame before its condition, in each round.
fn repeat(scope: &mut Scope, expr: &mut Expr, later: &Names) {
    let Expr::While(ExprWhile { attrs, label, cond, body, .. }) = expr else { return };
    let mut needed = and(later, names(cond));
    needed.extend(names(body));
    let mark = scope.begin(&needed);
    let (at, mut step) = (start(cond), Step::default());
    condition(scope, cond, &needed, &mut step, false);
    if awaits(body) {
        block(scope, body, &needed);
    }
    scope.end(mark);
    if step.wants_frame {
        let frame = scope.frame(needed, at);
        *expr = parse_quote_spanned!(Span::mixed_site()=> #(#attrs)* #label loop {
            #frame
            if #cond #body else { break; }
        });
    }
}

/// `for`: its variable may have one value more than once, so its rounds are counted.
fn for_each(scope: &mut Scope, expr: &mut Expr, later: &Names, step: &mut Step) {
    let Expr::ForLoop(each) = expr else { return };
    if !awaits(&each.body) {
        walk(scope, &mut each.expr, &and(later, names(&each.body)), step, false);
        return;
    }
    if awaits(&each.expr) {
        scope.refuse(&each.expr, SECOND);
    }
    step.awaited = true;
    let mark = scope.begin(later);
    scope.add_sequence(&each.expr);
    let round = scope.add_counter();
    scope.bind(&each.pat);
    let needed = and(later, names(&each.body));
    block(scope, &mut each.body, &needed);
    scope.end(mark);
    let (pat, sequence) = (&each.pat, &each.expr);
    each.pat = parse_quote_spanned!(Span::mixed_site()=> (#round, #pat));
    each.expr = parse_quote_spanned!(Span::mixed_site()=>
        ::core::iter::Iterator::enumerate(::core::iter::IntoIterator::into_iter(#sequence)));
}
