//! Which rig was last seen with a nonce.

use crate::filter::Observation;
use crate::share::RigKey;
use crate::work::JobKey;

/// Nonces that are remembered of a lane: with 10,000 rigs and a share each half minute, those of
/// the last 50 seconds.
const PLACES: usize = 1 << 14;

#[derive(Debug, Clone, Copy)]
struct Entry {
    job: JobKey,
    counter: u32,
    rig: RigKey,
}

/// A lane's last nonces: each has one place, and a newer one takes it. 256 KiB from the first
/// share on, and never more.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    places: Vec<Entry>,
}

impl Crowd {
    /// The other rig that was seen last with this nonce in this job. A rig is never its own
    /// other: what it sends twice, or over two connections, is no coincidence.
    pub(super) fn meet(&mut self, seen: &Observation) -> Option<RigKey> {
        if self.places.is_empty() {
            // Every place is taken by an entry that stands elsewhere, so it is met by none.
            self.places = vec![NOBODY; PLACES];
        }
        let place = self.places.get_mut(place_of(seen.scan.job, seen.counter))?;
        let same = place.job == seen.scan.job && place.counter == seen.counter;
        let other = (same && place.rig != seen.rig).then_some(place.rig);
        *place = Entry {
            job: seen.scan.job,
            counter: seen.counter,
            rig: seen.rig,
        };
        other
    }
}

/// No counter is as high as this one's: they have 24 bits.
const NOBODY: Entry = Entry {
    job: JobKey(0),
    counter: u32::MAX,
    rig: RigKey(0),
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

    #[test]
    fn a_nonce_is_met_by_another_rig_in_the_same_job_only() {
        let mut crowd = Crowd::default();
        assert_eq!(crowd.meet(&seen(1, 1, 77)), None);
        assert_eq!(crowd.meet(&seen(1, 1, 77)), None, "its own");
        assert_eq!(crowd.meet(&seen(2, 2, 77)), None, "another job");
        assert_eq!(crowd.meet(&seen(2, 1, 77)), Some(RigKey(1)));
        assert_eq!(crowd.meet(&seen(3, 1, 77)), Some(RigKey(2)));
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
