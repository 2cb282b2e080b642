//! Which upstream serves: the first in order that is fresh, with hysteresis on the way back.

use std::time::{Duration, Instant};

/// When an upstream counts as good enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailoverPolicy {
    /// A job older than this is not fresh.
    pub job_timeout: Duration,
    /// How long a preferred upstream must have been good before miners go back to it.
    pub failback_after: Duration,
}

/// What is known of one upstream, in order of preference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UpstreamView {
    /// When its last job came, if a session with a job is connected and answers.
    pub job_at: Option<Instant>,
    /// Since when it has been good without a break.
    pub good_since: Option<Instant>,
}

impl UpstreamView {
    /// Whether it can serve now.
    #[must_use]
    pub fn is_fresh(&self, policy: &FailoverPolicy, now: Instant) -> bool {
        self.job_at
            .is_some_and(|at| now.saturating_duration_since(at) <= policy.job_timeout)
    }

    /// Keeps [`UpstreamView::good_since`] up to date.
    pub fn observe(&mut self, policy: &FailoverPolicy, now: Instant) {
        if !self.is_fresh(policy, now) {
            self.good_since = None;
        } else if self.good_since.is_none() {
            self.good_since = Some(now);
        }
    }
}

/// The upstream that should serve, given the one that does.
///
/// An upstream that fails is left at once for the first fresh one; a preferred one is returned to
/// only when it has been good for [`FailoverPolicy::failback_after`]. Where none is fresh, one that
/// still answers, with an old job, is better than none: blocks are sometimes half an hour apart.
/// `None`: nobody can serve.
#[must_use]
pub fn choose(
    upstreams: &[UpstreamView],
    serving: Option<usize>,
    policy: &FailoverPolicy,
    now: Instant,
) -> Option<usize> {
    let fresh = |index: &usize| upstreams[*index].is_fresh(policy, now);
    let Some(serving) = serving
        .filter(|index| *index < upstreams.len())
        .filter(fresh)
    else {
        let answers = |index: &usize| upstreams[*index].job_at.is_some();
        return (0..upstreams.len())
            .find(fresh)
            .or_else(|| {
                serving
                    .filter(|index| *index < upstreams.len())
                    .filter(answers)
            })
            .or_else(|| (0..upstreams.len()).find(answers));
    };
    let proven = |index: &usize| {
        upstreams[*index]
            .good_since
            .is_some_and(|since| now.saturating_duration_since(since) >= policy.failback_after)
    };
    (0..serving)
        .find(|index| fresh(index) && proven(index))
        .or(Some(serving))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: FailoverPolicy = FailoverPolicy {
        job_timeout: Duration::from_secs(600),
        failback_after: Duration::from_secs(60),
    };

    #[expect(
        clippy::disallowed_methods,
        reason = "any instant will do as the origin"
    )]
    fn origin() -> Instant {
        Instant::now()
    }

    fn view(job_at: Option<Instant>, good_since: Option<Instant>) -> UpstreamView {
        UpstreamView { job_at, good_since }
    }

    #[test]
    fn the_first_fresh_upstream_serves() {
        let now = origin();
        let ups = [
            view(None, None),
            view(Some(now), None),
            view(Some(now), None),
        ];
        assert_eq!(choose(&ups, None, &POLICY, now), Some(1));
        assert_eq!(choose(&ups[..1], None, &POLICY, now), None);
    }

    #[test]
    fn an_upstream_that_is_connected_but_silent_is_left() {
        let start = origin();
        let now = start + Duration::from_secs(601);
        let ups = [view(Some(start), Some(start)), view(Some(now), None)];
        assert_eq!(choose(&ups, Some(0), &POLICY, now), Some(1));
    }

    #[test]
    fn with_nothing_fresher_an_upstream_that_answers_is_kept() {
        let start = origin();
        let now = start + Duration::from_secs(1_800);
        let old = view(Some(start), Some(start));
        assert_eq!(
            choose(&[view(None, None), old, old], Some(2), &POLICY, now),
            Some(2)
        );
        assert_eq!(
            choose(&[view(None, None), old], None, &POLICY, now),
            Some(1)
        );
    }

    #[test]
    fn miners_go_back_once_and_only_after_the_preferred_upstream_proved_itself() {
        let start = origin();
        let mut ups = [view(Some(start), None), view(Some(start), None)];
        let at = |seconds| start + Duration::from_secs(seconds);
        ups[0].observe(&POLICY, at(1));
        assert_eq!(choose(&ups, Some(1), &POLICY, at(30)), Some(1));
        // A break starts the time anew.
        ups[0].job_at = None;
        ups[0].observe(&POLICY, at(40));
        ups[0].job_at = Some(at(50));
        ups[0].observe(&POLICY, at(50));
        assert_eq!(choose(&ups, Some(1), &POLICY, at(100)), Some(1));
        assert_eq!(choose(&ups, Some(1), &POLICY, at(110)), Some(0));
        assert_eq!(choose(&ups, Some(0), &POLICY, at(111)), Some(0));
    }
}
