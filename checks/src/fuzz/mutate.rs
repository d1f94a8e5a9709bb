//! How a case is changed into the next one. A small change of bytes, which is what a fuzzer makes by itself, turns all
//! that comes after it into another run. So a run is kept up to some point and goes on at random from there; or, half the
//! time, it is made anew, for in a small cast nothing finds more in as many executions.

use crate::chance::mix;

/// Bytes that a run goes on for, at most.
const GOES_ON: usize = 64;
/// One in so many changes is one of the scenario.
const SCENARIO: usize = 16;

/// Random numbers of one change.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = mix(self.0);
        (self.0 >> 32) as usize % end.max(1)
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.iter_mut().for_each(|byte| *byte = self.below(256) as u8);
    }
}

/// Change the first `size` bytes of `data`, of which `head` choose a scenario, and say how many they are now. `usual`
/// is what the fuzzer would do to some bytes by itself: it is given them, and their number.
pub fn mutate(
    data: &mut [u8],
    size: usize,
    head: usize,
    seed: u32,
    usual: impl FnOnce(&mut [u8], usize) -> usize,
) -> usize {
    let mut chance = Chance(seed.into());
    if head >= data.len() {
        return usual(data, size);
    }
    // what is missing of the scenario is zeroes, as it is decoded
    if size < head {
        data[size..head].fill(0);
    }
    let size = size.max(head);
    if head > 0 && chance.below(SCENARIO) == 0 {
        let changed = chance.below(head);
        data[changed] = chance.below(256) as u8;
        return size;
    }
    let (schedule, most) = (size - head, data.len() - head);
    let (kept, length) = match chance.below(8) {
        0 => return head + usual(&mut data[head..], schedule),
        1..=4 => (0, GOES_ON.min(most)),
        _ => {
            let kept = chance.below(schedule + 1);
            (kept, kept + chance.below(GOES_ON.min(most - kept) + 1))
        }
    };
    chance.fill(&mut data[head + kept..head + length]);
    head + length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_keeps_the_beginning_and_stays_inside() {
        let (mut scenarios, mut schedules, mut fresh, mut usual) = (0, 0, 0, 0);
        for seed in 0..4000 {
            let mut data: Vec<u8> = (0..100).collect();
            let size = mutate(&mut data, 60, 20, seed, |_, size| {
                usual += 1;
                size
            });
            assert!((20..=100).contains(&size), "{size}");
            let changed = (0..60).find(|&place| place >= size || data[place] != place as u8);
            match changed {
                Some(0..20) => scenarios += 1,
                Some(20) => fresh += 1,
                _ => schedules += 1,
            }
        }
        assert!([scenarios, schedules, fresh, usual].iter().all(|&times| times > 100));
        assert!(fresh > schedules && schedules > scenarios);
    }

    #[test]
    fn what_is_too_short_for_a_scenario_is_filled_up() {
        for seed in 0..100 {
            let mut data = vec![7; 50];
            let size = mutate(&mut data, 3, 20, seed, |_, size| size);
            assert!((20..=50).contains(&size));
            assert!(data[3..20].iter().filter(|&&byte| byte != 0).count() <= 1);
        }
        assert_eq!(mutate(&mut [1, 2, 3], 2, 20, 1, |_, size| size - 1), 1, "there is no room");
    }
}
