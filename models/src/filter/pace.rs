//! Shares found against hashes tried: bets that shares are missing.
//!
//! Null hypothesis: every hash that the rig tries is a share with probability p = 1/D, D being
//! the difficulty asked, and it sends every share it finds. In a scan with h hashes tried and N
//! shares, and for any θ < 1,
//!
//! M = θᴺ · exp((1−θ)·h/D)
//!
//! is a supermartingale from the scan's start: one more hash multiplies it by θ·eˣ with
//! probability p and by eˣ otherwise, x = (1−θ)/D, so by eˣ(1−x) ≤ 1 in the mean. (It is the
//! likelihood ratio of a Poisson process of rate θ/D against one of 1/D, and needs no
//! approximation by one.) h is not known, but the nonces give a lower bound, see [`tried`]; with
//! it in place of h the value lies below M at every share, whatever happened in between. What is
//! gained after a scan's last share is left out, which is at least 1 for θ < 1.
//!
//! All this holds from the start of a scan only. So capital enters at a scan's first share at its
//! value at the start, a scan is bet on only if all of its shares were seen, and one in which the
//! target changed is left at that share.

mod rates;
mod scans;
#[cfg(test)]
mod tests;
mod tried;

use serde::{Deserialize, Serialize};

pub use self::rates::Rates;
use self::rates::ShareRate;
use self::scans::{Place, Scans};
use self::tried::tried_at_least;
use super::{Cause, EProcess, Evidence, Filter, Observation, RIG_STATE_LIMIT, Scanner, Stage};

/// Alternatives: the part of its shares that comes.
const THETAS: [f32; 4] = [1.0 / 2.0, 1.0 / 4.0, 1.0 / 16.0, 1.0 / 64.0];

/// The filter; all it knows is in its rigs.
#[derive(Debug, Default, Clone, Copy)]
pub struct Pace;

/// What is remembered of a rig.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PaceRig {
    capital: EProcess<4>,
    #[serde(skip)]
    scans: Scans,
    /// Hashes tried in the current scan, at least.
    #[serde(skip)]
    tried: u32,
    rate: ShareRate,
}

const _: () = assert!(size_of::<PaceRig>() <= RIG_STATE_LIMIT);

impl PaceRig {
    /// Its hash rate by the work of its shares, recently and as usual, at a time of the clock
    /// that its shares were seen with; `None` until that has been watched for
    /// [`Rates::WATCHED_S`]. For an operator's alert: a rig that slows down is no liar.
    #[must_use]
    pub fn rates(&self, at_ms: u64) -> Option<Rates> {
        self.rate.rates(at_ms)
    }

    /// Shares of this rig went by unseen: nothing is bet on until the first job after that of its
    /// next share.
    pub const fn note_gap(&mut self) {
        self.scans.lose();
    }

    fn bet(&mut self, seen: &Observation) {
        let place = self.scans.place(seen.scan);
        match place {
            Place::Begins => {
                self.tried = 0;
                self.capital.begin_game();
            }
            Place::GoesOn => {}
            Place::NotFollowed => return,
        }
        // With several targets nobody knows what a share stands for. The lowest would make more
        // of them due than are.
        if seen.target.is_none() {
            self.scans.leave();
            return;
        }
        let tried = tried_at_least(seen.counter).max(self.tried);
        let increase = tried - self.tried;
        self.tried = tried;
        #[expect(
            clippy::cast_precision_loss,
            reason = "a share in 10⁷ of what is due changes no bet"
        )]
        let due = increase as f32 / seen.asked.get() as f32;
        self.capital
            .multiply(THETAS.map(|theta| theta * ((1.0 - theta) * due).exp()));
    }
}

impl Filter for Pace {
    const STAGE: Stage = Stage::Pace;

    type Rig = PaceRig;

    fn look(&mut self, rig: &mut PaceRig, seen: &Observation) -> Evidence {
        rig.rate.note(seen.asked, seen.at_ms);
        match seen.scanner {
            Scanner::XmrigBlocks if !seen.late => rig.bet(seen),
            // What was won before stands: a rig cannot shed it by another name of its program.
            Scanner::Unknown if rig.capital.rounds() == 0 => return Evidence::NoOpinion,
            Scanner::XmrigBlocks | Scanner::Unknown => {}
        }
        Evidence::weighed(rig.capital.log_e(), Cause::FewerSharesThanHashes)
    }

    fn missed(&mut self, rig: &mut PaceRig) {
        rig.note_gap();
    }

    /// The game of the current scan ends with its last share, as each one does: what would be due
    /// after that is at least 1 and is left out. Nothing is bet on until the rig's second job in
    /// this run. While nobody was there to take shares the rig did not slow down, so that time
    /// counts for neither rate.
    fn resumed(&self, rig: &mut PaceRig) {
        rig.scans = Scans::default();
        rig.tried = 0;
        rig.rate.resume();
    }
}
