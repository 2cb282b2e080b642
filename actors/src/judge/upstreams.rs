//! The ways to the pool sessions, and how each upstream counts before it bans.

use std::collections::HashMap;

use zartrux_models::judge::{BanRisk, BanRule, BanWindow};
use zartrux_models::keyed_hash::KeyedHash;
use zartrux_models::work::PoolKey;

use super::messages::Verdict;
use crate::messaging::Post;
use crate::pool_session::ForwardShare;
use crate::share_ticket::ShareTicket;

/// Sessions by key, windows by upstream: all sessions of an upstream share its window, because a
/// pool counts by address and wallet.
#[derive(Debug)]
pub(super) struct Upstreams {
    windows: Vec<BanWindow>,
    sessions: HashMap<PoolKey, Session, KeyedHash>,
}

#[derive(Debug)]
struct Session {
    upstream: usize,
    /// `None` once it is closed.
    forward: Option<Post<ForwardShare>>,
    /// Forwarded and not settled: a closed session is remembered until there are none.
    under_way: usize,
}

impl Upstreams {
    /// One window for each rule, by place of the upstream in the list.
    pub(super) fn new(rules: &[BanRule]) -> Self {
        Self {
            windows: rules.iter().copied().map(BanWindow::new).collect(),
            sessions: HashMap::default(),
        }
    }

    /// Other rules, and more places. A window whose rule stays goes on; another begins anew, but for
    /// what is under way: that is settled in it like all of its upstream's shares.
    pub(super) fn replace_rules(&mut self, rules: &[BanRule]) {
        for (place, rule) in rules.iter().enumerate() {
            match self.windows.get_mut(place) {
                Some(window) => window.follow(*rule),
                None => self.windows.push(BanWindow::new(*rule)),
            }
        }
    }

    pub(super) fn opened(&mut self, pool: PoolKey, upstream: usize, forward: Post<ForwardShare>) {
        let under_way = self
            .sessions
            .get(&pool)
            .map_or(0, |session| session.under_way);
        self.sessions.insert(
            pool,
            Session {
                upstream,
                forward: Some(forward),
                under_way,
            },
        );
    }

    pub(super) fn closed(&mut self, pool: PoolKey) {
        if let Some(session) = self.sessions.get_mut(&pool) {
            session.forward = None;
        }
        self.forget_if_done(pool);
    }

    fn forget_if_done(&mut self, pool: PoolKey) {
        let done = |session: &Session| session.forward.is_none() && session.under_way == 0;
        if self.sessions.get(&pool).is_some_and(done) {
            self.sessions.remove(&pool);
        }
    }

    /// Place in the list of a session's upstream.
    pub(super) fn of(&self, pool: PoolKey) -> Option<usize> {
        self.sessions.get(&pool).map(|session| session.upstream)
    }

    /// What a bad share would cost at an upstream now.
    pub(super) fn risk(&self, upstream: Option<usize>) -> BanRisk {
        upstream
            .and_then(|upstream| self.windows.get(upstream))
            .map_or(BanRisk::Bearable, BanWindow::risk)
    }

    /// Hands a share to the session that brought its job.
    ///
    /// # Errors
    /// The session is closed; the share comes back.
    pub(super) fn forward(&mut self, mut ticket: ShareTicket) -> Result<(), ShareTicket> {
        let Some(session) = self.sessions.get_mut(&ticket.share.job.origin.pool) else {
            return Err(ticket);
        };
        let Some(forward) = &session.forward else {
            return Err(ticket);
        };
        session.under_way += 1;
        if let Some(window) = self.windows.get_mut(session.upstream) {
            window.forwarded();
        }
        ticket.forwarded = true;
        forward.send(ForwardShare(ticket));
        Ok(())
    }

    /// A forwarded share ended.
    pub(super) fn verdict(&mut self, pool: PoolKey, verdict: Verdict) {
        let Some(session) = self.sessions.get_mut(&pool) else {
            return;
        };
        session.under_way = session.under_way.saturating_sub(1);
        if let Some(window) = self.windows.get_mut(session.upstream) {
            match verdict {
                Verdict::Good => window.settled(true),
                Verdict::Bad => window.settled(false),
                Verdict::None => window.lost(),
            }
        }
        self.forget_if_done(pool);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POOL: PoolKey = PoolKey(7);

    fn upstreams() -> Upstreams {
        let mut upstreams = Upstreams::new(&[BanRule::None, BanRule::NodejsPool]);
        upstreams.opened(POOL, 1, Post::to_fn(drop));
        upstreams
    }

    fn note_forwarded(upstreams: &mut Upstreams) {
        let session = upstreams.sessions.get_mut(&POOL).unwrap();
        session.under_way += 1;
        upstreams.windows[session.upstream].forwarded();
    }

    #[test]
    fn a_verdict_moves_the_window_of_its_own_upstream() {
        let mut upstreams = upstreams();
        assert_eq!(upstreams.risk(Some(1)), BanRisk::Certain);
        note_forwarded(&mut upstreams);
        upstreams.verdict(POOL, Verdict::Good);
        assert_eq!(upstreams.risk(Some(1)), BanRisk::Bearable);
        assert_eq!(upstreams.risk(Some(0)), BanRisk::Bearable);
        assert_eq!(upstreams.risk(None), BanRisk::Bearable);
    }

    #[test]
    fn a_window_whose_rule_stays_goes_on_and_another_begins_anew() {
        let mut upstreams = upstreams();
        note_forwarded(&mut upstreams);
        upstreams.verdict(POOL, Verdict::Good);
        upstreams.replace_rules(&[BanRule::NodejsPool, BanRule::NodejsPool, BanRule::None]);
        assert_eq!(upstreams.risk(Some(0)), BanRisk::Certain, "none good yet");
        assert_eq!(upstreams.risk(Some(1)), BanRisk::Bearable);
        assert_eq!(upstreams.risk(Some(2)), BanRisk::Bearable);
        assert_eq!(upstreams.windows[1].counted(), (1, 0));
    }

    #[test]
    fn a_closed_session_is_remembered_until_its_last_share_is_settled() {
        let mut upstreams = upstreams();
        note_forwarded(&mut upstreams);
        note_forwarded(&mut upstreams);
        upstreams.closed(POOL);
        upstreams.verdict(POOL, Verdict::Good);
        assert_eq!(upstreams.of(POOL), Some(1));
        upstreams.verdict(POOL, Verdict::None);
        assert_eq!(upstreams.of(POOL), None);
        assert_eq!(upstreams.windows[1].counted(), (1, 0));
    }
}
