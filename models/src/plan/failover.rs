//! Which upstream serves: the first in order that is fresh, with hysteresis on the way back, and
//! more of it for an upstream that was trusted and then answered no submits.

use std::time::{Duration, Instant};

/// An upstream that was left because it answered no submits is returned to after this time at the
/// latest, however often that happened; later only if the policy's own time is longer.
pub const LONGEST_FAILBACK: Duration = Duration::from_secs(3_600);

/// What doubles where the policy itself asks for no time.
const SHORTEST_PENALTY: Duration = Duration::from_secs(1);

/// When an upstream counts as good enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailoverPolicy {
    /// A job older than this is not fresh.
    pub job_timeout: Duration,
    /// How long a preferred upstream must have been good before miners go back to it.
    /// [`UpstreamView::failback_after`] says it of one upstream, with its penalties.
    pub failback_after: Duration,
}

/// What is known of one upstream, in order of preference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UpstreamView {
    /// When its last job came, if a session with a job is connected and answers.
    pub job_at: Option<Instant>,
    /// Since when it has been good without a break.
    pub good_since: Option<Instant>,
    /// Since when it has served without a break.
    serving_since: Option<Instant>,
    /// How often it was left because it answered no submits, since that was last forgiven.
    silences: u32,
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

    /// It served and was left because it answered no submits. An upstream that sends jobs looks
    /// good until it is sent shares, so the next trial is put off twice as long.
    pub const fn left_unanswered(&mut self) {
        self.silences = self.silences.saturating_add(1);
    }

    /// Keeps track of how long it has served without a break: for as long as it would have to be
    /// good to be returned to, and its silences are forgiven.
    pub fn observe_serving(&mut self, serves: bool, policy: &FailoverPolicy, now: Instant) {
        if !serves {
            self.serving_since = None;
            return;
        }
        let since = *self.serving_since.get_or_insert(now);
        if now.saturating_duration_since(since) >= self.failback_after(policy) {
            self.silences = 0;
        }
    }

    /// How long it must have been good before miners go back to it: the policy's time, doubled
    /// for each silence that is not forgiven, up to [`LONGEST_FAILBACK`].
    #[must_use]
    pub fn failback_after(&self, policy: &FailoverPolicy) -> Duration {
        if self.silences == 0 {
            return policy.failback_after;
        }
        let longest = LONGEST_FAILBACK.max(policy.failback_after);
        policy
            .failback_after
            .max(SHORTEST_PENALTY)
            .saturating_mul(2_u32.saturating_pow(self.silences))
            .min(longest)
    }
}

/// The upstream that should serve, given the one that does.
///
/// An upstream that fails is left at once for the first fresh one; a preferred one is returned to
/// only when it has been good for [`UpstreamView::failback_after`]. Where none is fresh, one that
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
        upstreams[*index].good_since.is_some_and(|since| {
            let needed = upstreams[*index].failback_after(policy);
            now.saturating_duration_since(since) >= needed
        })
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
        UpstreamView {
            job_at,
            good_since,
            ..UpstreamView::default()
        }
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

    #[test]
    fn an_upstream_left_because_it_answered_nothing_is_returned_to_after_twice_the_time() {
        let start = origin();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut ups = [view(Some(start), Some(start)), view(Some(start), None)];
        ups[0].left_unanswered();
        assert_eq!(choose(&ups, Some(1), &POLICY, at(119)), Some(1));
        assert_eq!(choose(&ups, Some(1), &POLICY, at(120)), Some(0));
        ups[0].left_unanswered();
        assert_eq!(choose(&ups, Some(1), &POLICY, at(239)), Some(1));
        assert_eq!(choose(&ups, Some(1), &POLICY, at(240)), Some(0));
    }

    #[test]
    fn the_time_doubles_up_to_a_limit_that_never_shortens_what_was_asked_for() {
        let mut view = UpstreamView::default();
        let mut times = Vec::new();
        for _ in 0..40 {
            times.push(view.failback_after(&POLICY).as_secs());
            view.left_unanswered();
        }
        assert_eq!(times[..7], [60, 120, 240, 480, 960, 1_920, 3_600]);
        assert!(times[7..].iter().all(|time| *time == 3_600));
        let with = |failback_after| FailoverPolicy {
            failback_after,
            ..POLICY
        };
        let patient = with(Duration::from_secs(7_200));
        assert_eq!(view.failback_after(&patient), patient.failback_after);
        let hasty = with(Duration::ZERO);
        assert_eq!(view.failback_after(&hasty), LONGEST_FAILBACK);
        assert_eq!(
            UpstreamView::default().failback_after(&hasty),
            Duration::ZERO
        );
    }

    #[test]
    fn silences_are_forgiven_after_serving_for_as_long_without_a_break() {
        let start = origin();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut view = UpstreamView::default();
        view.left_unanswered();
        view.observe_serving(true, &POLICY, at(0));
        view.observe_serving(true, &POLICY, at(119));
        // A break starts the time anew.
        view.observe_serving(false, &POLICY, at(119));
        view.observe_serving(true, &POLICY, at(120));
        view.observe_serving(true, &POLICY, at(239));
        assert_eq!(view.failback_after(&POLICY), Duration::from_secs(120));
        view.observe_serving(true, &POLICY, at(240));
        assert_eq!(view.failback_after(&POLICY), POLICY.failback_after);
    }
}
