//! Functions with the attribute, each followed through everything that it may do: where frames are equal, runs go on
//! alike. Those at the end are listed by hand, and forget something.

mod memory;

use memory::{Frame, Memory, audit};
use seal_frames::frames;

/// That what a function lists is enough for every place where two of its runs meet, and that some do.
macro_rules! enough {
    ($($function:path),* $(,)?) => {
        $(match audit(|m| Box::pin($function(m))) {
            Ok(merged) => assert!(merged > 0, "{}: no two runs meet", stringify!($function)),
            Err(error) => panic!("{}: {error}", stringify!($function)),
        })*
    };
}

#[frames]
async fn one_after_the_other(m: &Memory) -> u8 {
    let a = m.ask(1).await;
    let b = m.ask(2).await;
    m.ask(3).await;
    m.ask(a).await;
    b
}

#[frames]
async fn asks_twice(m: &Memory, what: u8) -> u8 {
    m.ask(what).await;
    m.ask(what).await
}

#[frames]
async fn calls_at_two_places(m: &Memory) -> u8 {
    let a = asks_twice(m, 1).await;
    let b = asks_twice(m, 1).await;
    a + b
}

#[frames]
async fn the_same_question_again_and_again(m: &Memory) -> u8 {
    (m.ask(1).await == 1 && asks_twice(m, 1).await == 1 || asks_twice(m, 1).await == 2) as u8
}

#[frames]
async fn branches(m: &Memory) -> u8 {
    let a = m.ask(1).await;
    let b = if a == 1 {
        m.ask(2).await
    } else if m.ask(2).await == 1 {
        asks_twice(m, 3).await
    } else {
        asks_twice(m, 3).await + 4
    };
    m.ask(5).await;
    b
}

#[frames]
async fn binds_on_the_way(m: &Memory) -> u8 {
    if let a @ 1..=2 = m.ask(1).await
        && let b = m.ask(2).await
        && asks_twice(m, a).await == b
    {
        m.ask(3).await;
        return a + b;
    }
    let 1 = m.ask(4).await else {
        m.ask(5).await;
        return 6;
    };
    7
}

#[frames]
async fn chooses(m: &Memory) -> u8 {
    let a = match m.ask(1).await {
        0 => asks_twice(m, 2).await,
        other if other == m.ask(2).await => asks_twice(m, other).await,
        _ => 3,
    };
    m.ask(4).await;
    a
}

#[frames]
async fn the_same_again_and_again(m: &Memory) -> u8 {
    for what in [1, 1, 2, 1] {
        if m.ask(what).await == 1 {
            m.ask(what).await;
            return what;
        }
    }
    3
}

#[frames]
async fn rounds_in_rounds(m: &Memory) -> u8 {
    let mut sum = 0;
    for _ in 0..2 {
        for _ in 0..2 {
            sum += m.ask(1).await;
        }
        m.ask(2).await;
    }
    sum
}

#[frames]
async fn counts(m: &Memory) -> u8 {
    let (mut a, mut b) = (0, 1);
    'rounds: while a < 3 {
        a += 1;
        b = loop {
            match m.ask(a).await {
                0 => continue 'rounds,
                1 => break a,
                _ => {}
            }
        };
        m.ask(9).await;
    }
    b
}

#[frames]
async fn asks_in_its_condition(m: &Memory) -> u8 {
    let mut sum = 0;
    while let a @ 1..=2 = m.ask(sum).await {
        sum = (sum + a) % 3;
        m.ask(7).await;
        if a == 2 {
            continue;
        }
        asks_twice(m, a).await;
    }
    sum
}

#[frames]
async fn shadows(m: &Memory) -> u8 {
    let a = m.ask(1).await;
    let a = a + m.ask(2).await;
    let b = {
        let c = m.ask(a).await;
        m.ask(c).await;
        c
    };
    let a = m.ask(b).await;
    m.ask(4).await;
    a
}

#[frames]
async fn closes_over(m: &Memory) -> u8 {
    let a = m.ask(1).await;
    let c = m.ask(2).await;
    let more = move |b: u8| a + b;
    let most = |b: u8| more(b) + c;
    m.ask(3).await;
    let d = m.ask(4).await;
    most(d)
}

#[frames]
async fn refers(m: &Memory) -> u8 {
    let mut list = Vec::new();
    while list.len() < 2 {
        list.push(m.ask(1).await);
    }
    let first = &list[0];
    m.ask(2).await;
    m.ask(*first).await;
    let text = format!("{first}");
    m.ask(3).await;
    text.len() as u8 + *first
}

#[frames]
async fn fails(m: &Memory) -> Result<u8, u8> {
    let a = m.ask(1).await;
    let b = may_fail(m, a).await?;
    let c = may_fail(m, b).await?;
    m.ask(2).await;
    Ok(c)
}

#[frames]
async fn may_fail(m: &Memory, a: u8) -> Result<u8, u8> {
    if m.ask(a).await == 1 { Err(a) } else { Ok(a + 1) }
}

#[frames]
async fn catches(m: &Memory) -> u8 {
    let a = fails(m).await.unwrap_or_else(|error| error);
    m.ask(5).await;
    a
}

#[derive(Clone, Copy, Debug)]
struct Pair {
    a: u8,
    b: u8,
}

impl Pair {
    #[frames]
    async fn asks(self, m: &Memory) -> u8 {
        m.ask(self.a).await;
        m.ask(1).await;
        let Pair { a, .. } = self;
        m.ask(a).await + self.b
    }
}

#[frames]
async fn has_methods(m: &Memory) -> u8 {
    let pair = Pair { b: m.ask(2).await, a: 1 };
    pair.asks(m).await
}

#[test]
fn runs_whose_frames_are_equal_go_on_alike() {
    enough! {
        one_after_the_other,
        calls_at_two_places,
        the_same_question_again_and_again,
        branches,
        binds_on_the_way,
        chooses,
        the_same_again_and_again,
        rounds_in_rounds,
        counts,
        asks_in_its_condition,
        shadows,
        closes_over,
        refers,
        catches,
        has_methods,
    }
}

/// Of 27 runs to the fourth access, 9 pairs of answers are still needed.
#[test]
fn no_more_is_listed_than_is_named_later() {
    assert_eq!(audit(|m| Box::pin(one_after_the_other(m))), Ok(27 - 9));
}

async fn forgets_a_local(m: &Memory) -> u8 {
    let frame = Frame::new(m, &[]);
    let a = m.ask(1).await;
    frame.at(&[]);
    m.ask(2).await;
    m.ask(a).await
}

async fn forgets_the_round(m: &Memory) -> u8 {
    let frame = Frame::new(m, &[]);
    for what in [1, 1, 2, 1] {
        frame.at(&[&what]);
        if m.ask(what).await == 1 {
            return what;
        }
    }
    3
}

async fn forgets_an_answer_without_a_name(m: &Memory) -> u8 {
    let frame = Frame::new(m, &[]);
    frame.at(&[]);
    m.ask(1).await + asks_twice(m, 1).await
}

async fn forgets_which_of_two_calls(m: &Memory) -> u8 {
    let frame = Frame::new(m, &[]);
    frame.at(&[]);
    asks_twice(m, 1).await;
    asks_twice(m, 1).await
}

#[test]
fn what_is_forgotten_shows() {
    let functions: [(&str, memory::Function); 4] = [
        ("a local", |m| Box::pin(forgets_a_local(m))),
        ("the round", |m| Box::pin(forgets_the_round(m))),
        ("an answer", |m| Box::pin(forgets_an_answer_without_a_name(m))),
        ("the call", |m| Box::pin(forgets_which_of_two_calls(m))),
    ];
    for (what, function) in functions {
        let error = audit(function).expect_err(what);
        assert!(error.contains("meet at"), "{error}");
    }
}
