//! Checkpoints as bytes and not as files: what is written after each round, and the search that goes on from there. For
//! those who damage it first.

use super::checkpoint::{Keeper, Question};
use super::search::Search;
use super::system::System;
use super::{Exploration, Job, Means};
use crate::error::Error;

/// What is written at the beginning, or where it goes on from, and after each round, of at most so many states.
///
/// # Errors
/// As [`gone_on`], and memory that ends.
pub(crate) fn written(
    system: &System,
    job: &Job<'_>,
    means: &Means,
    from: Option<&[u8]>,
    most: usize,
) -> Result<Vec<Vec<u8>>, Error> {
    match system.layout.words {
        0 | 1 => Search::<1>::written(system, job, means, from, most),
        2 => Search::<2>::written(system, job, means, from, most),
        3 => Search::<3>::written(system, job, means, from, most),
        _ => Search::<4>::written(system, job, means, from, most),
    }
}

/// The search that goes on from there.
///
/// # Errors
/// As [`explore_system_with`](super::explore_system_with); bytes that are no checkpoint of this search.
pub(crate) fn gone_on(
    system: &System,
    job: &Job<'_>,
    means: &Means,
    bytes: &[u8],
) -> Result<Exploration, Error> {
    match system.layout.words {
        0 | 1 => Search::<1>::gone_on(system, job, means, bytes),
        2 => Search::<2>::gone_on(system, job, means, bytes),
        3 => Search::<3>::gone_on(system, job, means, bytes),
        _ => Search::<4>::gone_on(system, job, means, bytes),
    }
}

fn keeper(system: &System, job: &Job<'_>, means: &Means) -> Keeper {
    Keeper::without_file(Question::new(system, job.claims, means.reduce))
}

impl<'a, const W: usize> Search<'a, W> {
    fn written(
        system: &'a System,
        job: &'a Job<'a>,
        means: &Means,
        from: Option<&[u8]>,
        most: usize,
    ) -> Result<Vec<Vec<u8>>, Error> {
        let mut search = Search::<W>::new(system, job, means)?;
        let keeper = keeper(system, job, means);
        let bytes = |search: &Self| keeper.bytes(&search.so_far(), search.trail.bytes());
        search.begin()?;
        from.map_or(Ok(()), |from| search.restore_from(&keeper, from))?;
        let mut written = vec![bytes(&search)?];
        while search.more_to_expand() {
            search.round(most)?;
            written.push(bytes(&search)?);
        }
        Ok(written)
    }

    fn gone_on(
        system: &'a System,
        job: &'a Job<'a>,
        means: &Means,
        bytes: &[u8],
    ) -> Result<Exploration, Error> {
        let mut search = Search::<W>::new(system, job, means)?;
        let keeper = keeper(system, job, means);
        let begun = search.begin().and_then(|()| search.restore_from(&keeper, bytes));
        search.keeper = Some(keeper);
        search.go_on(begun)
    }
}

#[cfg(test)]
mod tests {
    use seal_model::claim::Claim;

    use super::*;
    use crate::explore::checkpoint::MAGIC;
    use crate::explore::explore_system_with;
    use crate::explore::reduce::Reduce;
    use crate::whole::mended;

    /// All that does not speak of time or of memory.
    fn essence(found: &Exploration) -> String {
        let Exploration { refuted, witnessed, figures, coverage, progressed, undecided, stopped, .. } = found;
        let figures = (figures.states, figures.stand_for, figures.transitions, figures.depth);
        format!("{refuted:?} {witnessed:?} {figures:?} {coverage:?} {progressed:?} {undecided:?} {stopped:?}")
    }

    /// From every so many-th round, inside a level as between two. The rounds are no whole pieces.
    fn goes_on_from_every(nth: usize, line: &str, reduce: Reduce, threads: usize, most: usize) {
        let scenario = line.parse().expect("a possible scenario");
        let system = System::new(&scenario).expect("compiles");
        // progress is decided by another search than the one that is reduced
        let is_asked = |claim: &Claim| !reduce.leaves_out_states() || *claim != Claim::Returns;
        let claims: Vec<Claim> = Claim::concerning(&scenario).into_iter().filter(is_asked).collect();
        let job = Job {
            claims: &claims,
            max_memory: 1 << 28,
            coverage: !reduce.by_partial_order(),
            progress: None,
        };
        let means = Means { threads, reduce, ..Means::default() };
        let whole = explore_system_with(&system, &job, &means).expect("explored");
        let files = written(&system, &job, &means, None, most).expect("fits");
        let levels = whole.figures.depth + 1;
        assert!(files.len() > levels + 10, "{} files of {levels} levels: few inside one", files.len());
        for (round, file) in files.iter().enumerate().step_by(nth) {
            let found = gone_on(&system, &job, &means, file).expect("it fits");
            assert_eq!(essence(&found), essence(&whole), "round {round}");
            let rest = written(&system, &job, &means, Some(file), most).expect("fits");
            // each state is found by the same step
            assert!(rest == files[round..], "round {round}");
        }
    }

    #[test]
    fn gone_on_after_any_round_it_comes_to_the_same() {
        let line = "wait-2014;last-scan=0;with=pinner;with=mapper";
        for threads in [1, 3] {
            goes_on_from_every(1, line, Reduce::Nothing, threads, 37);
            goes_on_from_every(1, line, Reduce::SleepSets, threads, 37);
            goes_on_from_every(1, line, Reduce::All, threads, 17);
        }
    }

    /// What is not asked for is in the file as well: that counts are wrong, and where.
    #[test]
    fn wrong_counts_are_known_after_any_round() {
        let line = "isolate-two-phase;judge=snapshot;last-scan=0;no-signals;fault=put-twice;with=pinner";
        let system = System::new(&line.parse().expect("a possible scenario")).expect("compiles");
        let claims = &[Claim::NoWritablePin];
        let job = Job { claims, max_memory: 1 << 28, coverage: false, progress: None };
        let means = Means::default();
        let whole = explore_system_with(&system, &job, &means).expect("explored");
        assert_eq!(whole.refuted.iter().map(|found| found.claim).collect::<Vec<_>>(), [Claim::CountLaw]);
        for file in written(&system, &job, &means, None, 17).expect("fits") {
            let found = gone_on(&system, &job, &means, &file).expect("it fits");
            assert_eq!(essence(&found), essence(&whole));
        }
    }

    /// Wide enough that threads share a round.
    #[test]
    fn gone_on_inside_a_wide_level_it_comes_to_the_same() {
        let line = "wait;judge=snapshot;with=pinner;with=mapper;with=mapper;with=mapper";
        goes_on_from_every(24, line, Reduce::Nothing, 3, 10_001);
    }

    fn a_small_search() -> (System, Job<'static>, Means) {
        let scenario = "wait-2014;with=pinner".parse().expect("a possible scenario");
        let job = Job { claims: &[], max_memory: 1 << 24, coverage: false, progress: None };
        (System::new(&scenario).expect("compiles"), job, Means::default())
    }

    /// Without the byte, the states of the next level would be taken for those that are missing here; with bits that
    /// nobody reads, whoever counts bits counts others.
    #[test]
    fn a_trail_that_is_not_as_it_would_be_written_is_refused() {
        let (system, job, means) = a_small_search();
        let ends_in_nothing = |file: &Vec<u8>| file[file.len() - 9] == 0;
        let files = written(&system, &job, &means, None, usize::MAX).expect("fits");
        let file = files.into_iter().find(ends_in_nothing).expect("some last state leads to nothing new");
        assert!(gone_on(&system, &job, &means, &file).is_ok());
        let trail = &file[..file.len() - 9];
        for end in [
            &[][..],
            &[0x80, 0],
            &[0, 0],
            &[0x40],
            &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40],
        ] {
            let other = mended(MAGIC, [trail, end, &[0; 8]].concat()).expect("it has a header");
            let refused = gone_on(&system, &job, &means, &other);
            assert!(matches!(refused, Err(Error::Checkpoint(_))), "{end:?}: {refused:?}");
        }
    }

    /// With another header.
    fn saying(file: &[u8], other: impl FnOnce(String) -> String) -> Vec<u8> {
        let line = file[MAGIC.len()..].iter().position(|&byte| byte == b'\n').expect("a header");
        let (head, rest) = file.split_at(MAGIC.len() + line);
        let head = other(String::from_utf8_lossy(head).into_owned());
        mended(MAGIC, [head.as_bytes(), rest].concat()).expect("it has a header")
    }

    #[test]
    fn a_refutation_that_its_state_does_not_show_is_refused() {
        let (system, job, means) = a_small_search();
        let job = Job { claims: &[Claim::NoDeadlock], ..job };
        let file =
            written(&system, &job, &means, None, usize::MAX).expect("fits").pop().expect("a last round");
        assert!(gone_on(&system, &job, &means, &file).is_ok_and(|found| found.refuted.is_empty()));
        let other = saying(&file, |head| {
            assert!(head.contains("\"refuted\":[]"), "{head}");
            head.replace("\"refuted\":[]", "\"refuted\":[[\"no-deadlock\",3,[]]]")
        });
        let refused = gone_on(&system, &job, &means, &other);
        assert!(matches!(refused, Err(Error::Checkpoint(_))), "{refused:?}");
    }

    /// The states in the header, fewer by one; of those beyond it, the one that was found last, and what it led to.
    fn without_the_last(file: &[u8], states: usize) -> Vec<u8> {
        let line = file[MAGIC.len()..].iter().position(|&byte| byte == b'\n').expect("a header");
        let (head, trail) = file[..file.len() - 8].split_at(MAGIC.len() + line + 1);
        let mut head = String::from_utf8_lossy(head).into_owned();
        for field in ["expanded", "known"] {
            let said = |states| format!("\"{field}\":{states},");
            assert!(head.contains(&said(states)), "{head}");
            head = head.replace(&said(states), &said(states - 1));
        }
        let (nothing, others) = trail.split_last().expect("a state");
        assert_eq!(*nothing, 0);
        let mut others = others.to_vec();
        let found = others.iter_mut().rfind(|byte| **byte != 0).expect("it was found");
        *found ^= 1 << found.ilog2();
        mended(MAGIC, [head.as_bytes(), &others, &[0; 8]].concat()).expect("it has a header")
    }

    /// Nobody misses it but the graph, in which a step leads nowhere.
    #[test]
    fn a_state_that_is_left_out_is_missed_where_the_graph_is_asked_for() {
        let (system, job, means) = a_small_search();
        let states = explore_system_with(&system, &job, &means).expect("explored").figures.states;
        for (claims, missed) in [(&[][..], false), (&[Claim::Returns], true)] {
            let job = Job { claims, ..job.clone() };
            let file =
                written(&system, &job, &means, None, usize::MAX).expect("fits").pop().expect("a last round");
            assert!(gone_on(&system, &job, &means, &file).is_ok());
            let found = gone_on(&system, &job, &means, &without_the_last(&file, states));
            assert_eq!(matches!(found, Err(Error::Checkpoint(_))), missed, "{found:?}");
            assert!(missed || found.is_ok_and(|found| found.figures.states == states - 1));
        }
    }

    /// Every state but the first was come to by a transition, and no state has more than there are successors.
    #[test]
    fn as_many_transitions_as_no_search_takes_are_refused() {
        let (system, job, means) = a_small_search();
        let file =
            written(&system, &job, &means, None, usize::MAX).expect("fits").pop().expect("a last round");
        let whole = explore_system_with(&system, &job, &means).expect("explored").figures;
        let with = |transitions: usize| {
            let said = |transitions| format!("\"transitions\":{transitions},");
            let other = saying(&file, |head| {
                assert!(head.contains(&said(whole.transitions)), "{head}");
                head.replace(&said(whole.transitions), &said(transitions))
            });
            gone_on(&system, &job, &means, &other)
        };
        let (least, most) = (whole.states - 1, whole.states * system.most_successors);
        for transitions in [least, whole.transitions, most] {
            assert!(with(transitions).is_ok(), "{transitions}");
        }
        for transitions in [0, least - 1, most + 1, usize::MAX] {
            assert!(matches!(with(transitions), Err(Error::Checkpoint(_))), "{transitions}");
        }
    }
}
