//! What the store takes: acknowledgements, how much is kept, which rigs should be there.

use zartrux_actors::messaging::Post;
use zartrux_actors::store::registry::{ExpectRigs, NameUpstreams};
use zartrux_actors::store::{ReplaceRetention, StoreLink};
use zartrux_config::Settings;

use super::{Prepared, Taker};
use crate::node::store::wait_at_most;
use crate::node::{StoreWays, expectation, retention};

/// The ways to tell the store's actors of other settings.
#[derive(Debug, Clone)]
pub struct StorePosts {
    /// To the store.
    pub(in crate::node) retention: Post<ReplaceRetention>,
    /// To the registry.
    pub(in crate::node) expect: Post<ExpectRigs>,
    /// Numbers of new upstreams: to the registry.
    pub(in crate::node) name: Post<NameUpstreams>,
}

/// Gives the store its settings.
pub(in crate::node) struct StoreTaker {
    posts: StorePosts,
    link: StoreLink,
}

impl StoreTaker {
    /// For a store that runs.
    pub(in crate::node) fn new(store: &StoreWays) -> Self {
        Self {
            posts: store.posts.clone(),
            link: store.link.clone(),
        }
    }
}

impl Taker for StoreTaker {
    fn prepare(&self, _: &Settings, new: &Settings) -> Result<Prepared, String> {
        let (posts, link) = (self.posts.clone(), self.link.clone());
        let (wait, keep, expect) = (wait_at_most(new), retention(new), expectation(new));
        let take_over = move || {
            link.set_wait_at_most(wait);
            posts.retention.send(ReplaceRetention(keep));
            posts.expect.send(ExpectRigs(expect));
        };
        Ok(Prepared {
            note: None,
            take_over: Box::new(take_over),
        })
    }
}
