//! A checkpoint as bytes and not as a file: what is written after some levels, and the search that goes on from there.
//! For those who damage it first.

use super::checkpoint::{Keeper, Question};
use super::search::Search;
use super::system::System;
use super::{Exploration, Job, Means};
use crate::error::Error;

/// What is written after so many levels, or at the end.
///
/// # Errors
/// As [`explore_system_with`](super::explore_system_with), and memory that ends.
pub(crate) fn written(
    system: &System,
    job: &Job<'_>,
    means: &Means,
    levels: usize,
) -> Result<Vec<u8>, Error> {
    match system.layout.words {
        0 | 1 => Search::<1>::written(system, job, means, levels),
        2 => Search::<2>::written(system, job, means, levels),
        3 => Search::<3>::written(system, job, means, levels),
        _ => Search::<4>::written(system, job, means, levels),
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
    fn written(system: &'a System, job: &'a Job<'a>, means: &Means, levels: usize) -> Result<Vec<u8>, Error> {
        let mut search = Search::<W>::new(system, job, means)?;
        search.begin()?;
        for _ in 0..levels {
            if search.next.len() > 0 {
                search.expand_level()?;
            }
        }
        keeper(system, job, means).bytes(&search.so_far(), search.trail.bytes())
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
    use super::*;
    use crate::explore::checkpoint::MAGIC;
    use crate::whole::mended;

    /// Without the byte, the states of the next level would be taken for those that are missing here; with bits that
    /// nobody reads, whoever counts bits counts others.
    #[test]
    fn a_trail_that_is_not_as_it_would_be_written_is_refused() {
        let scenario = "wait-2014;with=pinner".parse().expect("a possible scenario");
        let system = System::new(&scenario).expect("compiles");
        let (job, means) =
            (Job { claims: &[], max_memory: 1 << 24, coverage: false, progress: None }, Means::default());
        let ends_in_nothing = |file: &Vec<u8>| file[file.len() - 9] == 0;
        let files = (1..40).map(|levels| written(&system, &job, &means, levels).expect("fits"));
        let file = files.into_iter().find(ends_in_nothing).expect("some last state leads to nothing new");
        assert!(gone_on(&system, &job, &means, &file).is_ok());
        let trail = &file[..file.len() - 9];
        for end in
            [&[][..], &[0x80, 0], &[0, 0], &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40]]
        {
            let other = mended(MAGIC, [trail, end, &[0; 8]].concat()).expect("it has a header");
            let refused = gone_on(&system, &job, &means, &other);
            assert!(matches!(refused, Err(Error::Checkpoint(_))), "{end:?}: {refused:?}");
        }
    }
}
