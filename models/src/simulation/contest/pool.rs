//! The pool at the other end, as strict as the strictest known one.

use crate::judge::{BanRisk, BanRule, BanWindow};

/// Rigs on one session of the pool: the leases of an upstream job.
pub const RIGS_PER_SESSION: usize = crate::work::Slot::COUNT;

/// A pool that checks every share and counts the bans that it would have given.
///
/// It bans by nodejs-pool's rule (see [`BanWindow`]) for each session; the farm mines on as if
/// nothing had happened, with a fresh window, so that one early ban doesn't hide the rest.
#[derive(Debug, Clone)]
pub struct Pool {
    sessions: Vec<BanWindow>,
    good: u64,
    bad: u64,
    bans: u64,
}

impl Pool {
    /// A pool with a session for each 256 rigs.
    #[must_use]
    pub fn for_rigs(rigs: usize) -> Self {
        let sessions = rigs.div_ceil(RIGS_PER_SESSION).max(1);
        Self {
            sessions: vec![BanWindow::new(BanRule::NodejsPool); sessions],
            good: 0,
            bad: 0,
            bans: 0,
        }
    }

    /// What one more bad share would cost on the session of the rig at this place.
    #[must_use]
    pub fn risk(&self, rig: usize) -> BanRisk {
        self.sessions
            .get(rig / RIGS_PER_SESSION)
            .map_or(BanRisk::Bearable, BanWindow::risk)
    }

    /// A share of the rig at this place came; its verdict goes out at once.
    pub fn receive(&mut self, rig: usize, is_good: bool) {
        let Some(window) = self.sessions.get_mut(rig / RIGS_PER_SESSION) else {
            return;
        };
        if is_good {
            self.good += 1;
        } else {
            self.bad += 1;
        }
        self.bans += u64::from(settle(window, is_good));
    }

    /// Good shares that came.
    #[must_use]
    pub const fn good(&self) -> u64 {
        self.good
    }

    /// Bad shares that came.
    #[must_use]
    pub const fn bad(&self) -> u64 {
        self.bad
    }

    /// Bans that it would have given.
    #[must_use]
    pub const fn bans(&self) -> u64 {
        self.bans
    }
}

/// Counts a verdict in a window and says whether it brings a ban, after which the window begins
/// anew (`checkBan` in nodejs-pool's `miners.js`).
pub(super) fn settle(window: &mut BanWindow, is_good: bool) -> bool {
    let (good, bad) = window.counted();
    window.forwarded();
    window.settled(is_good);
    let bad = bad + u32::from(!is_good);
    let counted = good + u32::from(is_good) + bad;
    let at_once = !is_good && good == 0;
    let at_the_end =
        counted >= BanWindow::LENGTH && bad.saturating_mul(BanWindow::ONE_IN) >= counted;
    let banned = at_once || at_the_end;
    if banned {
        *window = BanWindow::new(BanRule::NodejsPool);
    }
    banned
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(shares: impl IntoIterator<Item = bool>) -> Pool {
        let mut pool = Pool::for_rigs(1);
        for good in shares {
            pool.receive(0, good);
        }
        pool
    }

    /// A window of 30 with so many bad shares, the first of them not at its beginning.
    fn window(bad: usize) -> impl Iterator<Item = bool> {
        (0..30).map(move |place| place == 0 || place > bad)
    }

    #[test]
    fn a_bad_share_that_begins_a_window_is_a_ban() {
        assert_eq!(fed([false]).bans(), 1);
        assert_eq!(fed([true, false]).bans(), 0);
        assert_eq!(fed(window(0).chain([false])).bans(), 1);
    }

    #[test]
    fn a_quarter_of_a_window_is_a_ban() {
        assert_eq!(fed(window(7)).bans(), 0);
        assert_eq!(fed(window(8)).bans(), 1);
    }

    #[test]
    fn after_a_ban_the_window_begins_anew() {
        assert_eq!(fed([false, false, true, false]).bans(), 2);
    }

    #[test]
    fn sessions_are_counted_apart() {
        let mut pool = Pool::for_rigs(300);
        pool.receive(0, true);
        pool.receive(0, false);
        assert_eq!(pool.bans(), 0);
        assert_eq!(pool.risk(299), BanRisk::Certain, "nothing good came there");
        pool.receive(299, false);
        assert_eq!((pool.bans(), pool.good(), pool.bad()), (1, 1, 2));
    }
}
