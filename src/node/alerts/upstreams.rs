//! What upstreams refuse over a time, and whether they have banned us.
//!
//! Sessions count since they were opened, and go; here their figures are summed up by upstream, so
//! that nothing is lost with a session.

use std::collections::{BTreeMap, VecDeque};

use crate::node::PoolSessionReport;

/// The figures of a session at the last look.
#[derive(Debug, Clone, Copy, Default)]
struct Figures {
    accepted: u64,
    refused: u64,
    bans: u64,
}

impl Figures {
    fn of(session: &PoolSessionReport) -> Self {
        let report = &session.report;
        let bans = |words: &BTreeMap<&'static str, u64>| words.get("ban").copied().unwrap_or(0);
        Self {
            accepted: report.accepted,
            refused: report.rejected.values().sum(),
            bans: bans(&report.rejected) + bans(&report.lost),
        }
    }

    /// What came since; everything where a session of this name began anew.
    fn since(self, before: Self) -> Self {
        let grown = |now: u64, then: u64| now.checked_sub(then).unwrap_or(now);
        Self {
            accepted: grown(self.accepted, before.accepted),
            refused: grown(self.refused, before.refused),
            bans: grown(self.bans, before.bans),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Ban {
    at_ms: u64,
    at_unix_ms: u64,
    /// Shares that it had taken by then.
    accepted: u64,
}

/// An upstream.
#[derive(Debug, Default)]
struct Upstream {
    accepted: u64,
    refused: u64,
    /// Sums at earlier looks, ms, the oldest first.
    past: VecDeque<(u64, u64, u64)>,
    ban: Option<Ban>,
}

/// What is seen of an upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UpstreamSeen {
    /// `host:port`.
    pub(super) name: String,
    /// Shares that it refused within the window.
    pub(super) refused: u64,
    /// Shares that it answered within the window.
    pub(super) answered: u64,
    /// It has banned us, and took nothing and let nobody in since.
    pub(super) banned: bool,
}

/// All upstreams.
#[derive(Debug, Default)]
pub(super) struct Upstreams {
    sessions: BTreeMap<String, Figures>,
    upstreams: BTreeMap<String, Upstream>,
}

impl Upstreams {
    /// Earlier looks that are remembered of a window.
    const LOOKS: u64 = 60;
    /// A ban of which nothing more was heard is taken for over.
    const BAN_MS: u64 = 3_600_000;
    /// Upstreams that are remembered: more than the settings take. One without a session gives way:
    /// reloads may have named many more by and by.
    const MOST: usize = 64;

    /// Looks at the sessions that are open.
    pub(super) fn look(
        &mut self,
        sessions: &[PoolSessionReport],
        window_ms: u64,
        now_ms: u64,
        now_unix_ms: u64,
    ) -> Vec<UpstreamSeen> {
        let mut open = BTreeMap::new();
        for session in sessions {
            let figures = Figures::of(session);
            let before = self.sessions.get(&session.name).copied();
            let came = figures.since(before.unwrap_or_default());
            open.insert(session.name.clone(), figures);
            let known = self.upstreams.contains_key(&session.upstream);
            if !known && self.upstreams.len() >= Self::MOST && !self.forget_one(sessions) {
                continue;
            }
            let upstream = self.upstreams.entry(session.upstream.clone()).or_default();
            upstream.accepted += came.accepted;
            upstream.refused += came.refused;
            if came.bans > 0 {
                upstream.ban = Some(Ban {
                    at_ms: now_ms,
                    at_unix_ms: now_unix_ms,
                    accepted: upstream.accepted,
                });
            } else if let Some(ban) = upstream.ban {
                let since = session.report.connected_since_unix_ms;
                let let_in = since.is_some_and(|since| since > ban.at_unix_ms);
                if let_in || upstream.accepted > ban.accepted {
                    upstream.ban = None;
                }
            }
        }
        self.sessions = open;
        let seen = self.upstreams.iter_mut().map(|(name, upstream)| {
            let (refused, answered) = upstream.within(window_ms, now_ms);
            let banned = |ban: Ban| now_ms.saturating_sub(ban.at_ms) < Self::BAN_MS;
            UpstreamSeen {
                name: name.clone(),
                refused,
                answered,
                banned: upstream.ban.is_some_and(banned),
            }
        });
        seen.collect()
    }

    /// Forgets an upstream that has no session; false where all have one.
    fn forget_one(&mut self, sessions: &[PoolSessionReport]) -> bool {
        let is_open = |name: &String| sessions.iter().any(|open| open.upstream == *name);
        let idle = self.upstreams.keys().find(|name| !is_open(name)).cloned();
        idle.is_some_and(|name| self.upstreams.remove(&name).is_some())
    }
}

impl Upstream {
    /// Refused and answered since the beginning of the window.
    fn within(&mut self, window_ms: u64, now_ms: u64) -> (u64, u64) {
        let apart = window_ms / Upstreams::LOOKS;
        let last = self.past.back().map(|(at, ..)| *at);
        if last.is_none_or(|last| now_ms.saturating_sub(last) >= apart) {
            // What came with the first look is within it.
            let sums = last.map_or((0, 0), |_| (self.accepted, self.refused));
            self.past.push_back((now_ms, sums.0, sums.1));
        }
        // The last look before the window begins is where it is counted from.
        let begins = now_ms.saturating_sub(window_ms);
        while self.past.get(1).is_some_and(|(at, ..)| *at <= begins) {
            self.past.pop_front();
        }
        let (_, accepted, refused) = self.past.front().copied().unwrap_or_default();
        let refused = self.refused - refused;
        (refused, refused + self.accepted - accepted)
    }
}

#[cfg(test)]
mod tests {
    use zartrux_actors::pool_session::PoolReport;

    use super::*;

    const WINDOW: u64 = 600_000;

    fn session(name: &str, accepted: u64, rejected: &[(&'static str, u64)]) -> PoolSessionReport {
        PoolSessionReport {
            name: name.to_owned(),
            upstream: "pool:1".to_owned(),
            serving: true,
            report: PoolReport {
                accepted,
                rejected: rejected.iter().copied().collect(),
                ..PoolReport::default()
            },
        }
    }

    fn look(upstreams: &mut Upstreams, s: u64, open: &[PoolSessionReport]) -> UpstreamSeen {
        let mut seen = upstreams.look(open, WINDOW, s * 1_000, 1_000_000 + s * 1_000);
        assert_eq!(seen.len(), 1);
        seen.remove(0)
    }

    #[test]
    fn what_sessions_that_are_gone_had_counted_is_not_lost_and_leaves_with_the_window() {
        let mut upstreams = Upstreams::default();
        let seen = look(&mut upstreams, 0, &[session("a", 90, &[("rig", 10)])]);
        assert_eq!((seen.refused, seen.answered), (10, 100));
        for s in 1..300 {
            look(&mut upstreams, s, &[session("a", 90, &[("rig", 10)])]);
        }
        let seen = look(&mut upstreams, 300, &[session("b", 50, &[])]);
        assert_eq!((seen.refused, seen.answered), (10, 150));
        for s in 301..700 {
            look(&mut upstreams, s, &[session("b", 50, &[])]);
        }
        let seen = look(&mut upstreams, 700, &[session("b", 50, &[])]);
        assert_eq!((seen.refused, seen.answered), (0, 50));
        for s in 701..2_000 {
            look(&mut upstreams, s, &[session("b", 50, &[])]);
            let kept = upstreams.upstreams["pool:1"].past.len() as u64;
            assert!(kept <= Upstreams::LOOKS + 2, "{kept}");
        }
        let seen = look(&mut upstreams, 2_000, &[session("b", 50, &[])]);
        assert_eq!((seen.refused, seen.answered), (0, 0));
    }

    #[test]
    fn however_many_upstreams_reloads_have_named_the_present_one_is_watched() {
        let mut upstreams = Upstreams::default();
        for number in 0..200 {
            let mut open = session("a", 0, &[("ban", number + 1)]);
            open.upstream = format!("pool-{number}:1");
            let name = open.upstream.clone();
            let seen = upstreams.look(&[open], WINDOW, number * 1_000, number * 1_000);
            assert!(seen.len() <= Upstreams::MOST);
            let present = seen.iter().find(|seen| seen.name == name).unwrap();
            assert!(present.banned, "{name}");
        }
    }

    #[test]
    fn a_ban_is_over_when_a_share_is_taken_or_a_session_let_in() {
        let mut upstreams = Upstreams::default();
        assert!(!look(&mut upstreams, 0, &[session("a", 5, &[])]).banned);
        assert!(look(&mut upstreams, 1, &[session("a", 5, &[("ban", 1)])]).banned);
        assert!(look(&mut upstreams, 2, &[session("a", 5, &[("ban", 1)])]).banned);
        assert!(!look(&mut upstreams, 3, &[session("a", 6, &[("ban", 1)])]).banned);
        assert!(look(&mut upstreams, 4, &[session("a", 6, &[("ban", 2)])]).banned);
        let mut again = session("b", 0, &[]);
        again.report.connected_since_unix_ms = Some(1_000_000 + 5_000);
        assert!(!look(&mut upstreams, 5, &[again]).banned);
    }
}
