//! Which scans of a rig may be bet on.

use crate::filter::ScanKey;
use crate::work::{JobKey, Slot};

/// What a share's scan is to those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The first share of a scan.
    Begins,
    /// The next share of the current scan.
    GoesOn,
    /// Of a scan that is over, was left, or may have begun unseen.
    NotFollowed,
}

/// The newest job of a rig, with the slots in which it was seen there. Jobs are numbered upward,
/// so a scan whose job is new, or whose slot is new to the job, is seen from its first share.
/// A rig may jump between scans (two connections under one name): one that it comes back to is
/// not followed any more, for its shares in between were not counted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scans {
    /// A bit for each slot.
    begun: [u64; Slot::COUNT / 64],
    following: Following,
}

#[derive(Debug, Clone, Copy, Default)]
enum Following {
    /// No job yet.
    #[default]
    Nothing,
    /// At this job when shares went by unseen, of it or of later ones.
    Gap(JobKey),
    /// A job of which shares may have gone by unseen.
    LostIn(JobKey),
    /// A job, and none of the slots begun.
    Between(JobKey),
    /// A job and the slot of the current scan.
    Scan(JobKey, Slot),
}

impl Scans {
    /// What a share's scan is, which is noted.
    pub(super) fn place(&mut self, scan: ScanKey) -> Place {
        let (job, current) = match self.following {
            Following::Nothing => {
                self.following = Following::LostIn(scan.job);
                return Place::NotFollowed;
            }
            Following::Gap(job) => {
                if scan.job >= job {
                    self.following = Following::LostIn(scan.job);
                }
                return Place::NotFollowed;
            }
            Following::LostIn(job) | Following::Between(job) => (job, None),
            Following::Scan(job, slot) => (job, Some(slot)),
        };
        if scan.job < job {
            return Place::NotFollowed;
        }
        if scan.job > job {
            self.begun = [0; Slot::COUNT / 64];
        } else if let Following::LostIn(_) = self.following {
            return Place::NotFollowed;
        } else if current == Some(scan.slot) {
            return Place::GoesOn;
        }
        let word = &mut self.begun[usize::from(scan.slot.0 / 64)];
        let bit = 1 << (scan.slot.0 % 64);
        if *word & bit != 0 {
            return Place::NotFollowed;
        }
        *word |= bit;
        self.following = Following::Scan(scan.job, scan.slot);
        Place::Begins
    }

    /// The current scan is not followed any more.
    pub(super) const fn leave(&mut self) {
        if let Following::Scan(job, _) = self.following {
            self.following = Following::Between(job);
        }
    }

    /// Shares went by unseen, perhaps of the next share's job: nothing is followed until one
    /// after that.
    pub(super) const fn lose(&mut self) {
        match self.following {
            Following::Scan(job, _)
            | Following::Between(job)
            | Following::LostIn(job)
            | Following::Gap(job) => self.following = Following::Gap(job),
            Following::Nothing => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Place::{Begins, GoesOn, NotFollowed};

    fn key(job: u32, slot: u8) -> ScanKey {
        ScanKey {
            job: JobKey(job),
            slot: Slot(slot),
        }
    }

    #[test]
    fn the_first_job_may_have_begun_unseen_and_later_ones_are_followed() {
        let mut scans = Scans::default();
        for (scan, place) in [
            (key(5, 1), NotFollowed),
            (key(5, 1), NotFollowed),
            (key(5, 2), NotFollowed),
            (key(4, 1), NotFollowed),
            (key(6, 1), Begins),
            (key(6, 1), GoesOn),
            (key(6, 255), Begins),
            (key(6, 255), GoesOn),
            (key(6, 1), NotFollowed),
            (key(6, 255), GoesOn),
            (key(5, 9), NotFollowed),
            (key(8, 1), Begins),
        ] {
            assert_eq!(scans.place(scan), place, "{scan:?}");
        }
    }

    #[test]
    fn a_scan_that_was_left_is_not_entered_again_and_its_job_may_have_others() {
        let mut scans = Scans::default();
        scans.place(key(1, 1));
        assert_eq!(scans.place(key(2, 1)), Begins);
        scans.leave();
        assert_eq!(scans.place(key(2, 1)), NotFollowed);
        assert_eq!(scans.place(key(2, 2)), Begins);
        scans.lose();
        assert_eq!(scans.place(key(2, 3)), NotFollowed);
        assert_eq!(scans.place(key(3, 3)), Begins);
    }

    #[test]
    fn after_a_gap_the_job_of_the_next_share_is_not_followed_and_the_one_after_is() {
        let mut scans = Scans::default();
        scans.place(key(1, 1));
        assert_eq!(scans.place(key(2, 1)), Begins);
        scans.lose();
        // What went by may have been the first shares of job 3.
        assert_eq!(scans.place(key(1, 1)), NotFollowed);
        assert_eq!(scans.place(key(3, 1)), NotFollowed);
        assert_eq!(scans.place(key(3, 2)), NotFollowed);
        assert_eq!(scans.place(key(4, 1)), Begins);
    }
}
