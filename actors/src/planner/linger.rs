//! How long a session that nobody sits on is kept.

use std::time::Duration;

use zartrux_models::judge::JudgePolicy;

use super::Planner;

impl Planner {
    /// From a miner's last share for a session that it left to that share's verdict, proof aside.
    const LINGER: Duration = Duration::from_secs(5);

    /// How long a session that nobody sits on any more must be kept where a share may wait for its
    /// proof until `deadline`, so that it still finds the session open.
    #[must_use]
    pub fn linger_for(deadline: Duration) -> Duration {
        Self::LINGER.max(deadline.saturating_add(Duration::from_secs(1)))
    }

    /// The same where the judge goes by this policy.
    ///
    /// Not for as long as a share of a rig in quarantine may wait for its proof: each session that is
    /// left would stay connected for half a minute beside those that took its place, for the sake of
    /// shares that most likely stay home anyway. One that is proved good after its session has closed
    /// is told `Block expired`.
    #[must_use]
    pub fn linger_after(judge: &JudgePolicy) -> Duration {
        Self::linger_for(judge.deadline_unknown.max(judge.deadline))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_that_is_left_lingers_for_longer_than_a_share_may_wait_for_its_proof() {
        let seconds = Duration::from_secs;
        assert_eq!(Planner::linger_for(Duration::ZERO), seconds(5));
        assert_eq!(Planner::linger_for(seconds(4)), seconds(5));
        assert_eq!(Planner::linger_for(seconds(20)), seconds(21));
        assert_eq!(Planner::linger_for(Duration::MAX), Duration::MAX);
    }
}
