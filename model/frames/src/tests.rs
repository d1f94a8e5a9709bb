//! The locals that each kind of statement lists, and the statements that are refused.

use crate::function::expand;

/// The locals of each frame of a function, in the order of its text; or why there are none.
fn listed(function: &str) -> Result<Vec<String>, String> {
    let tokens = function.parse().expect("tokens");
    let expanded = expand(Default::default(), tokens).map_err(|error| error.to_string())?;
    let text = expanded.to_string();
    let frames = text.split("frame . at (& [").skip(1);
    let locals = frames.map(|frame| frame.split(']').next().unwrap_or_default().replace(['&', ','], " "));
    Ok(locals.map(|locals| locals.split_whitespace().collect::<Vec<_>>().join(" ")).collect())
}

/// That each body, of a function with the parameters `a` and `b`, lists these.
fn lists(cases: &[(&str, &[&str])]) {
    for (body, expected) in cases {
        let found = listed(&format!("async fn f<M: Memory>(m: &M, a: u8, b: u8) -> u8 {{ {body} }}"));
        assert_eq!(found.expect(body), *expected, "{body}");
    }
}

/// That each body is refused in such words.
fn refuses(cases: &[(&str, &str)]) {
    for (body, why) in cases {
        let found = listed(&format!("async fn f<M: Memory>(m: &M, a: u8, b: u8) -> u8 {{ {body} }}"));
        let error = found.expect_err(body);
        assert!(error.contains(why), "{body}: {error}");
    }
}

#[test]
fn a_statement_lists_what_it_and_later_ones_name() {
    lists(&[
        ("x(m).await;", &[""]),
        ("x(m, a).await; b", &["a b"]),
        ("x(m, a).await; y(m, b).await;", &["a b", "b"]),
        ("let c = x(m).await; y(m, c).await; a + c", &["a", "a c"]),
        ("let c = a; x(m).await; c", &["c"]),
        ("let S { c, d: (e, _), .. } = x(m, a).await; y(m).await; c + e", &["a", "c e"]),
        ("let [c, .., ref d @ (1 | 2)] = x(m).await else { return 0 }; y(m).await; c + d", &["", "c d"]),
        ("let mut c: u8 = 1; c += x(m).await; y(m).await; c", &["c", "c"]),
        ("let mut c = 1; c = x(m).await; c", &["c"]),
        ("return x(m, a).await;", &["a"]),
        ("x(m, a).await?; b", &["a b"]),
        ("Ok(-(x(m, a).await.0 as u8))", &["a"]),
        ("y(a, x(m).await, b)", &["a b"]),
        ("let c = T { a, e: x(m).await }; c", &["a"]),
        ("[a, x(m).await]; (x(m).await, b); c[x(m).await]; a..x(m).await", &["a b", "a b", "a", "a"]),
    ]);
}

#[test]
fn what_is_no_longer_named_or_no_local_is_not_listed() {
    lists(&[
        ("drop(a); x(m).await;", &[""]),
        ("x(m).await; c.a + e::b", &["b"]),
        ("x(m).await; c.a", &[""]),
        ("if let None | Some(NONE) = c { x(m, NONE).await } else { b }", &[""]),
        ("{ let c = a; y(c); } x(m).await; c()", &[""]),
    ]);
}

#[test]
fn names_are_found_wherever_they_may_be() {
    lists(&[
        ("x(m).await; 0..a; ..=b", &["a b"]),
        ("x(m).await; S { a, ..b }", &["a b"]),
        ("x(m).await; format!(\"{a:?} {}\", b)", &["a b"]),
        ("x(m).await; assert!(y.iter().all(|c| c < a))", &["a"]),
        ("x(m).await; a.await", &["a", "a"]),
        ("x(m).await; r#a + c[b]", &["a b"]),
    ]);
}

#[test]
fn the_innermost_of_a_name_is_listed_once() {
    lists(&[
        ("let a = x(m, a).await; y(m).await; a", &["a", "a"]),
        ("{ let c = a; x(m, c).await; } x(m).await; a", &["a c", "a"]),
        ("{ let a = 1; x(m, a).await; } b", &["b a"]),
    ]);
}

#[test]
fn a_local_that_can_be_named_again_is_not_shadowed() {
    refuses(&[
        ("let c = 1; { let c = 2; x(m).await; } c", "shadowed local is still needed"),
        ("if let Some(a) = b { x(m).await } else { 0 }; a", "shadowed local is still needed"),
        ("match b { Some(a) if x(m).await => a, _ => a }", "shadowed local is still needed"),
        ("match b { Some(a) => x(m).await, _ => 1 }; a", "shadowed local is still needed"),
        ("loop { y(a); let a = 1; x(m).await; }", "shadowed local is still needed"),
        ("while y(a) { let a = 1; x(m).await; }", "shadowed local is still needed"),
        ("while let Some(a) = y(a) { x(m).await; }", "shadowed local is still needed"),
        ("for a in b { x(m).await; } a", "shadowed local is still needed"),
        ("for c in b { y(c); let c = 1; x(m).await; z(c) }", "shadowed local is still needed"),
        ("let c = || 1; { let c = 2; x(m, c).await; } c()", "shadowed local is still needed"),
    ]);
}

#[test]
fn branches_follow_their_condition() {
    lists(&[
        ("if x(m).await { a } else { b }", &["a b"]),
        ("if a == 1 { x(m, b).await; }", &["b"]),
        ("if x(m).await { y(m, a).await } else { z(m, b).await }", &["a b", "a", "b"]),
        ("if x(m).await { 1 } else if y(m).await { a } else { b }", &["a b", "a b"]),
        ("if a == 1 && x(m).await { 1 } else { b }", &["a b"]),
        ("x(m, a).await && y(m, b).await || z(m).await", &["a b", "b", ""]),
        ("if let Some(c) = x(m).await { y(m).await; c } else { a }", &["a", "c"]),
        (
            "if let Some(c) = x(m).await && let Some(d) = y(m).await && c == d { z(m).await; d } else { b }",
            &["b", "b c", "d"],
        ),
        ("if let Some(c) = a && x(m).await { c } else { b }", &["a b"]),
        ("let c = if a == 1 { x(m).await } else { 2 }; y(m).await; b + c", &["b", "b c"]),
        ("let Some(c) = x(m).await else { y(m, a).await; return b }; c", &["a b", "a b"]),
    ]);
}

#[test]
fn arms_have_frames_of_their_own() {
    lists(&[
        ("match x(m, a).await { Some(c) => y(m, c).await, None => { z(m).await; b } }", &["a b", "c", "b"]),
        ("match a { 0 => x(m).await, c if c < b => y(m, c).await, _ => b }", &["", "c"]),
        ("match a { c if x(m, c).await => c, _ => b }", &["b c"]),
        ("let c = match x(m).await { 0 => 1, d => y(m, d).await }; z(m).await; c + a", &["a", "a d", "a c"]),
        ("match a { c if let Some(d) = c => x(m, d).await, _ => b }", &["d"]),
    ]);
}

#[test]
fn a_loop_lists_what_the_next_round_names() {
    lists(&[
        ("loop { y(a); x(m).await; }", &["a"]),
        ("loop { let c = x(m, b).await; if c { break a; } }", &["a b"]),
        ("let mut c = 0; while c < a { c += 1; x(m).await; } b", &["a b c"]),
        ("while x(m, a).await { } b", &["a b"]),
        ("while let Some(c) = x(m, a).await { y(m).await; b } 1", &["a b", "a b c"]),
        ("'c: loop { loop { x(m).await; continue 'c; } y(a) }", &["a"]),
        ("for c in 0..a { x(m).await; } b", &["a b round3"]),
        ("for c in 0..2 { x(m, c).await; }", &["round3 c"]),
        ("for (c, d) in &a { for e in d { x(m).await; } y(c) }", &["a round3 c d round6 e"]),
        ("for c in x(m, a).await { y(c) } b", &["a b"]),
    ]);
}

#[test]
fn while_asks_again_in_every_round() {
    let expanded = expand(
        Default::default(),
        "async fn f(m: &M) { 'a: while x(m).await { continue 'a; } }".parse().expect("tokens"),
    );
    let text = expanded.expect("listed").to_string();
    assert!(
        text.contains(
            "'a : loop { frame . at (& []) ; if x (m) . await { continue 'a ; } else { break ; } }"
        )
    );
}

#[test]
fn a_closure_is_listed_by_what_it_was_made_of() {
    lists(&[
        ("let c = |d: u8| d + a; x(m).await; c(1)", &["a"]),
        ("let c = move |a: u8| a + b; x(m).await; c(1)", &["b"]),
        ("let c = || a; let d = || c() + b; x(m).await; d()", &["a b"]),
        ("let c = || a; c(); x(m).await;", &[""]),
    ]);
    refuses(&[
        ("let c = || a; let a = 1; x(m).await; c()", "made of `a`, which is shadowed"),
        ("let mut e = 1; let c = move || e; e = 2; x(m).await; c()", "made of `e`, which is `mut`"),
        ("let mut c = || 1; x(m).await; c()", "`mut` closure"),
    ]);
}

#[test]
fn the_sequence_of_a_loop_does_not_change() {
    refuses(&[
        ("for a in 0..a { x(m).await; }", "made of `a`, which is shadowed"),
        ("let mut c = a; for d in 0..c { c = 0; x(m).await; }", "made of `c`, which is `mut`"),
        ("for c in x(m).await { y(m).await; }", "second access"),
    ]);
}

#[test]
fn an_answer_without_a_name_is_refused() {
    refuses(&[
        ("x(m).await + y(m).await", "second access"),
        ("f(x(m).await, y(m).await)", "second access"),
        ("x(m, y(m).await).await", "second access"),
        ("x(m).await.y(m).await", "second access"),
        ("(if a == 1 { x(m).await } else { 0 }) + y(m).await", "second access"),
        ("a + match b { 0 => x(m).await, _ => 0 }", "has begun"),
        ("a + (x(m).await && y(m).await)", "has begun"),
        ("f(b, { x(m).await; 1 })", "has begun"),
        ("f(b, if a == 1 { x(m).await } else { 2 })", "has begun"),
        ("match a { c if x(m, c).await => c, 1 => 2, _ => b }", "only `_` may come after"),
        ("c[x(m).await] = a;", "can't be listed"),
    ]);
}

#[test]
fn whatever_hides_an_access_or_a_local_is_refused() {
    refuses(&[
        ("let c; x(m).await; c = 1;", "without a value"),
        ("async { x(m).await }.y()", "async block"),
        ("x(m).await; let c = async || 1;", "async block"),
        ("ask!(m); x(m).await;", "may hide in this macro"),
        ("assert!(x(m).await);", "hides in a macro"),
        ("const c: u8 = 1; x(m).await;", "an item may hide a local"),
        ("let m = a; x(m).await;", "the memory's name is taken"),
        ("let ref mut c = a; x(m).await;", "behind its name"),
        ("let known!(c) = a; x(m).await;", "hide in this"),
    ]);
}

#[test]
fn it_belongs_to_async_functions_with_a_memory() {
    let refused = |options: &str, item: &str| {
        let expanded = expand(options.parse().expect("tokens"), item.parse().expect("tokens"));
        expanded.expect_err(item).to_string()
    };
    assert!(refused("", "fn f(m: &M) {}").contains("belongs to an async fn"));
    assert!(refused("", "struct S;").contains("belongs to an async fn"));
    assert!(refused("a", "async fn f(m: &M) {}").contains("no options"));
    assert!(refused("", "async fn f(memory: &M) { x(memory).await }").contains("parameter `m`"));
}

#[test]
fn parameters_are_checked_to_be_values_even_if_nothing_names_them() {
    let expanded =
        expand(Default::default(), "async fn f(self, m: &M, a: u8) { x(m).await }".parse().expect("tokens"));
    let text = expanded.expect("listed").to_string();
    assert!(text.contains("let frame = crate :: memory :: Frame :: new (m , & [& self , & a]) ;"), "{text}");
    assert!(text.contains("# [deny (non_snake_case)]"), "{text}");
}

#[test]
fn a_function_without_accesses_stays_as_it_is() {
    let function = "async fn f (a : u8) -> u8 { let c ; c = a ; c }";
    let expanded = expand(Default::default(), function.parse().expect("tokens")).expect("nothing to list");
    assert_eq!(expanded.to_string(), function);
}
