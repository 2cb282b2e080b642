//! The pages of a connection: one where the pool sends blobs; where it sends templates, as many as
//! the planner wants, each with 256 leases. To the planner each is a pool session.
//!
//! What concerns the connection is counted once, with the page that leads: the first that is open.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use zartrux_models::stratum::ErrorClass;
use zartrux_models::work::{PoolKey, UpstreamJob};

use super::PoolStats;

#[derive(Debug)]
struct Page {
    stats: Arc<PoolStats>,
    /// Submits of it that wait for their verdicts.
    pending: usize,
    closing: bool,
}

/// The pages of one connection.
#[derive(Debug)]
pub(super) struct Pages {
    pages: BTreeMap<PoolKey, Page>,
    /// Where the connection is counted.
    lead: (PoolKey, Arc<PoolStats>),
    /// Pages heard of, to be compared with those asked for.
    opened: usize,
    asked: Arc<AtomicUsize>,
    /// Since when it is logged in, ms since 1970.
    logged_in_at: Option<u64>,
}

impl Pages {
    /// The first page.
    pub(super) fn new(first: PoolKey, stats: Arc<PoolStats>) -> Self {
        let mut pages = Self {
            pages: BTreeMap::new(),
            lead: (first, Arc::clone(&stats)),
            opened: 0,
            asked: Arc::new(AtomicUsize::new(1)),
            logged_in_at: None,
        };
        pages.open(first, stats);
        pages
    }

    /// Where pages that are on their way are counted: while there are any, the session stays.
    pub(super) fn asked(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.asked)
    }

    pub(super) fn open(&mut self, key: PoolKey, stats: Arc<PoolStats>) {
        self.opened += 1;
        if key != self.lead.0 {
            stats.follow(true);
            if let Some(at) = self.logged_in_at {
                stats.seen_logged_in(at);
            }
        }
        let page = Page {
            stats,
            pending: 0,
            closing: false,
        };
        self.pages.insert(key, page);
        self.choose_lead();
    }

    /// Whether there was such an open page.
    pub(super) fn close(&mut self, key: PoolKey) -> bool {
        let Some(page) = self.pages.get_mut(&key).filter(|page| !page.closing) else {
            return false;
        };
        page.closing = true;
        page.stats.left();
        self.choose_lead();
        self.forget_if_done(key);
        true
    }

    /// The last page that leads goes on to do so when all are closed.
    fn choose_lead(&mut self) {
        if self.is_open(self.lead.0) {
            return;
        }
        let next = self.pages.iter().find(|(_, page)| !page.closing);
        if let Some((key, page)) = next {
            page.stats.follow(false);
            self.lead = (*key, Arc::clone(&page.stats));
        }
    }

    fn forget_if_done(&mut self, key: PoolKey) {
        let done = |page: &Page| page.closing && page.pending == 0;
        if self.pages.get(&key).is_some_and(done) {
            self.pages.remove(&key);
        }
    }

    /// Whether there is a page, or one is on its way.
    pub(super) fn are_used(&self) -> bool {
        self.opened < self.asked.load(Ordering::Relaxed)
            || self.pages.values().any(|page| !page.closing)
    }

    pub(super) fn is_open(&self, key: PoolKey) -> bool {
        self.pages.get(&key).is_some_and(|page| !page.closing)
    }

    /// The open ones.
    pub(super) fn keys(&self) -> impl Iterator<Item = PoolKey> {
        let open = self.pages.iter().filter(|(_, page)| !page.closing);
        open.map(|(key, _)| *key)
    }

    /// Where the connection is counted.
    pub(super) fn connection(&self) -> &PoolStats {
        &self.lead.1
    }

    /// Where shares of a page are counted.
    pub(super) fn of(&self, key: PoolKey) -> &PoolStats {
        self.pages
            .get(&key)
            .map_or(&self.lead.1, |page| &page.stats)
    }

    pub(super) fn submitted(&mut self, key: PoolKey) {
        if let Some(page) = self.pages.get_mut(&key) {
            page.pending += 1;
            page.stats.pending(page.pending);
        }
    }

    /// A submit has ended.
    pub(super) fn ended(&mut self, key: PoolKey) {
        if let Some(page) = self.pages.get_mut(&key) {
            page.pending = page.pending.saturating_sub(1);
            page.stats.pending(page.pending);
        }
        self.forget_if_done(key);
    }

    pub(super) fn logged_in(&mut self, unix_ms: u64) {
        self.logged_in_at = Some(unix_ms);
        self.lead.1.logged_in(unix_ms);
        for page in self.following() {
            page.seen_logged_in(unix_ms);
        }
    }

    /// Logged in over a connection of the process before, where that was counted.
    pub(super) fn resumed(&mut self, unix_ms: u64) {
        self.logged_in_at = Some(unix_ms);
        self.lead.1.seen_logged_in(unix_ms);
    }

    pub(super) const fn logged_in_at(&self) -> Option<u64> {
        self.logged_in_at
    }

    pub(super) fn lost(&mut self, class: ErrorClass) {
        self.lead.1.lost(class);
        self.left();
    }

    /// Not logged in any more.
    pub(super) fn left(&mut self) {
        self.logged_in_at = None;
        self.lead.1.left();
        for page in self.following() {
            page.left();
        }
    }

    /// A new job of the connection.
    pub(super) fn job(&self, job: &UpstreamJob, unix_ms: u64) {
        self.lead.1.job(job, unix_ms);
        for page in self.following() {
            page.show_job(job, unix_ms);
        }
    }

    /// A page that came late has the connection's job too.
    pub(super) fn show_job(&self, key: PoolKey, job: &UpstreamJob, unix_ms: u64) {
        self.of(key).show_job(job, unix_ms);
    }

    fn following(&self) -> impl Iterator<Item = &PoolStats> {
        let others = self.pages.iter().filter(|(key, _)| **key != self.lead.0);
        others
            .filter(|(_, page)| !page.closing)
            .map(|(_, page)| &*page.stats)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: PoolKey = PoolKey(4);
    const SECOND: PoolKey = PoolKey(9);

    #[test]
    fn a_connection_is_counted_once_whichever_page_leads() {
        let stats = [
            Arc::new(PoolStats::default()),
            Arc::new(PoolStats::default()),
        ];
        let mut pages = Pages::new(FIRST, Arc::clone(&stats[0]));
        pages.logged_in(77);
        pages.asked().fetch_add(1, Ordering::Relaxed);
        pages.open(SECOND, Arc::clone(&stats[1]));
        pages.submitted(SECOND);
        let reports = || stats.each_ref().map(|stats| stats.report());
        assert_eq!(reports().map(|one| one.connections), [1, 0]);
        assert_eq!(reports().map(|one| one.shares_connection), [false, true]);
        assert_eq!(
            reports().map(|one| one.connected_since_unix_ms),
            [Some(77); 2]
        );
        assert_eq!(reports().map(|one| one.pending), [0, 1]);

        assert!(pages.close(FIRST) && !pages.close(FIRST));
        pages.lost(ErrorClass::Pool);
        let [first, second] = reports();
        assert!(first.lost.is_empty() && !second.shares_connection);
        assert_eq!(second.lost["pool"], 1);
        assert_eq!(second.connected_since_unix_ms, None);
    }

    #[test]
    fn a_page_on_its_way_keeps_the_session_and_a_verdict_outstanding_the_page() {
        let stats = Arc::new(PoolStats::default());
        let mut pages = Pages::new(FIRST, Arc::clone(&stats));
        pages.submitted(FIRST);
        pages.asked().fetch_add(1, Ordering::Relaxed);
        pages.close(FIRST);
        assert!(pages.are_used());
        pages.open(SECOND, Arc::new(PoolStats::default()));
        pages.close(SECOND);
        assert!(!pages.are_used());
        assert_eq!(pages.pages.len(), 1, "its verdict is waited for");
        pages.ended(FIRST);
        assert!(pages.pages.is_empty());
    }
}
