//! What is told of a node to each of its pages.

use std::sync::Arc;

use zartrux_models::work::{JobOrigin, PoolKey, UpstreamJob, Work};

use super::NodeSession;
use crate::pool_session::{JobReplaced, PoolState, PoolStateChanged, PoolStats};

/// 256 leases of each template.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) stats: Arc<PoolStats>,
    /// Blocks of it that wait for their verdicts.
    pub(super) pending: usize,
    pub(super) closing: bool,
}

impl NodeSession {
    pub(super) fn open_page(&mut self, key: PoolKey, stats: Arc<PoolStats>) {
        stats.attempt();
        let page = Page {
            stats,
            pending: 0,
            closing: false,
        };
        self.pages.insert(key, page);
        if self.core.has_jobs() {
            self.tell_page(key, &PoolState::LoggedIn);
            if self.state == PoolState::Unresponsive {
                self.tell_page(key, &PoolState::Unresponsive);
            }
            self.give_job(key);
        } else {
            self.tell_page(key, &self.state);
        }
    }

    pub(super) fn close_page(&mut self, key: PoolKey) {
        if let Some(page) = self.pages.get_mut(&key) {
            page.closing = true;
            page.stats.left();
        }
        self.forget_page_if_done(key);
    }

    pub(super) fn forget_page_if_done(&mut self, key: PoolKey) {
        let done = |page: &Page| page.closing && page.pending == 0;
        if self.pages.get(&key).is_some_and(done) {
            self.pages.remove(&key);
        }
    }

    pub(super) fn tell_pages(&self, state: &PoolState) {
        for key in self.pages.keys() {
            self.tell_page(*key, state);
        }
    }

    fn tell_page(&self, key: PoolKey, state: &PoolState) {
        let Some(page) = self.pages.get(&key).filter(|page| !page.closing) else {
            return;
        };
        match state {
            PoolState::LoggedIn => page.stats.logged_in(self.clock.unix_millis()),
            PoolState::Lost { class, .. } => page.stats.lost(*class),
            PoolState::Connecting => page.stats.attempt(),
            PoolState::Unresponsive => {}
        }
        for post in &self.posts.state {
            post.send(PoolStateChanged {
                pool: key,
                connection: self.connection,
                state: state.clone(),
            });
        }
    }

    pub(super) fn give_jobs(&self) {
        for key in self.pages.keys() {
            self.give_job(*key);
        }
    }

    fn give_job(&self, key: PoolKey) {
        let page = self.pages.get(&key).filter(|page| !page.closing);
        let (Some(page), Some(job)) = (page, self.core.job()) else {
            return;
        };
        let job = turned(job, key);
        page.stats.job(&job, self.clock.unix_millis());
        for post in &self.posts.job {
            post.send(JobReplaced {
                origin: JobOrigin {
                    pool: key,
                    connection: self.connection,
                },
                job: job.clone(),
            });
        }
    }
}

/// The job with its template turned to a page: numbers of pages are not used twice in a lane.
pub(crate) fn turned(job: &UpstreamJob, key: PoolKey) -> UpstreamJob {
    let work = match &job.work {
        Work::Template(page) => Work::Template(page.turned_to(key.0)),
        Work::Sliced(blob) => Work::Sliced(blob.clone()),
    };
    UpstreamJob {
        work,
        ..job.clone()
    }
}
