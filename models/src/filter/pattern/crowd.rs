//! Which rig was last seen with a nonce, and how many it had sent before.
//!
//! A rig that wants another accused can send made-up shares with all nonces from 0 upward: the
//! other's next share then falls on one of them. It cannot know on which. So only the first few
//! nonces of a partner in a job count, no more than about as many as the accused itself has sent
//! there: a copy has them all among these, and to someone honest they are so many lots in a draw.
//!
//! At its s-th share of a job, L = 2 + 2·s nonces of the partner count. A nonce that the accused
//! tries is a share with probability 1/D, whoever named it before, in whatever order and by
//! however many threads it scans. So the probability that its next share is one of them is at
//! most L/D in this job, and (1/D + 1/n)·4 for the first share of a later one, n being the nonces
//! that it tries in a job in the mean (see the bet on constant nonces). There is a bet only where
//! L ≤ D/128, hence D ≥ 512: the sum is at most 1/128 + 1/128 + 4/n, below the ceiling of 1/32 for
//! n ≥ 256.

use crate::filter::Observation;
use crate::share::RigKey;
use crate::work::{Difficulty, JobKey};

/// Nonces that are remembered of a lane: with 10,000 rigs and a share each half minute, those of
/// the last 50 seconds.
const PLACES: usize = 1 << 14;

/// One in so many of the nonces between two shares may be a partner's that counts.
const ONE_OF: u64 = 128;

/// How many of a partner's first nonces in a job count at a rig's share with this number in the
/// job, from 1; `None` where so many could be met by chance.
pub(super) fn most_that_count(share: u32, asked: Difficulty) -> Option<u8> {
    let most = u8::try_from(share.checked_mul(2)?.checked_add(2)?).ok()?;
    (u64::from(most) <= asked.get() / ONE_OF).then_some(most)
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    rig: RigKey,
    job: JobKey,
    counter: [u8; 3],
    /// Never 0, but where there is nobody.
    ordinal: u8,
}

/// A nonce of another rig.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Met {
    pub(super) rig: RigKey,
    /// The number of its share within the job, from 1.
    pub(super) ordinal: u8,
}

/// A lane's last nonces: each has one place, and a newer one takes it. 256 KiB from the first
/// share on, and never more.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    places: Vec<Entry>,
}

impl Crowd {
    /// The other rig that was seen last with this nonce in this job. A rig is never its own
    /// other: what it sends twice, or over two connections, is no coincidence. The nonce is noted
    /// with the number of the share within its job, if it can ever count.
    pub(super) fn meet(&mut self, seen: &Observation, share: u32) -> Option<Met> {
        if self.places.is_empty() {
            self.places = vec![NOBODY; PLACES];
        }
        let [low, middle, high, _] = seen.counter.to_le_bytes();
        let counter = [low, middle, high];
        let place = self.places.get_mut(place_of(seen.scan.job, seen.counter))?;
        let same = place.ordinal != 0 && place.job == seen.scan.job && place.counter == counter;
        let met = (same && place.rig != seen.rig).then_some(Met {
            rig: place.rig,
            ordinal: place.ordinal,
        });
        if let Ok(ordinal @ 1..) = u8::try_from(share) {
            *place = Entry {
                rig: seen.rig,
                job: seen.scan.job,
                counter,
                ordinal,
            };
        }
        met
    }
}

const NOBODY: Entry = Entry {
    rig: RigKey(0),
    job: JobKey(0),
    counter: [0; 3],
    ordinal: 0,
};

/// Multiplicative hashing (Knuth, The Art of Computer Programming 3, section 6.4): the top bits
/// of the product with 2⁶⁴ ÷ φ.
fn place_of(job: JobKey, counter: u32) -> usize {
    let both = u64::from(job.0) << 32 | u64::from(counter);
    let hash = both.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - PLACES.ilog2());
    usize::try_from(hash).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::simulated_xmrig::observation;

    fn seen(rig: u64, job: u32, counter: u32) -> Observation {
        Observation {
            rig: RigKey(rig),
            ..observation(job, counter, 1_000)
        }
    }

    fn met(rig: u64, ordinal: u8) -> Option<Met> {
        let rig = RigKey(rig);
        Some(Met { rig, ordinal })
    }

    #[test]
    fn a_nonce_is_met_by_another_rig_in_the_same_job_only() {
        let mut crowd = Crowd::default();
        assert_eq!(crowd.meet(&seen(1, 0, 0), 1), None, "nobody");
        assert_eq!(crowd.meet(&seen(1, 1, 77), 1), None);
        assert_eq!(crowd.meet(&seen(1, 1, 77), 2), None, "its own");
        assert_eq!(crowd.meet(&seen(2, 2, 77), 1), None, "another job");
        assert_eq!(crowd.meet(&seen(2, 1, 77), 7), met(1, 2));
        assert_eq!(crowd.meet(&seen(3, 1, 77), 1), met(2, 7));
    }

    #[test]
    fn a_share_that_can_never_count_takes_nobodys_place() {
        let mut crowd = Crowd::default();
        crowd.meet(&seen(1, 1, 77), 3);
        assert_eq!(crowd.meet(&seen(2, 1, 77), 256), met(1, 3));
        assert_eq!(crowd.meet(&seen(3, 1, 77), 1), met(1, 3));
    }

    #[test]
    fn nonces_count_only_where_they_are_few_among_those_tried() {
        let most = |share, difficulty| most_that_count(share, Difficulty::new(difficulty));
        assert_eq!(most(1, 511), None);
        assert_eq!(most(1, 512), Some(4));
        assert_eq!(most(2, 512), None);
        assert_eq!(most(100, 1 << 20), Some(202));
        assert_eq!(most(126, u64::MAX), Some(254));
        assert_eq!(most(127, u64::MAX), None);
        assert_eq!(most(u32::MAX, u64::MAX), None);
    }

    #[test]
    fn jobs_and_nonces_spread_over_all_places() {
        let mut hit = vec![0u32; PLACES];
        for job in 0..64 {
            for counter in 0..1_024 {
                hit[place_of(JobKey(job), counter * 31)] += 1;
            }
        }
        let most = hit.iter().max().copied().unwrap();
        assert!(most <= 24, "{most} of 65,536 in one of 16,384 places");
    }
}
