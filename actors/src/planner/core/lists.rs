//! A failover list: upstreams in the order of preference, of which one serves. Each route has one;
//! without routes there is one for all.

use std::time::Instant;

use super::PlannerCore;

#[derive(Debug)]
pub(super) struct List {
    /// Since when it is waited for the first upstream in order, at the start and where the one that
    /// serves was taken out of the settings.
    pub(super) started: Instant,
    /// Places in the order of preference. A place that is in no list's order is an upstream that was
    /// taken out of the settings: its sessions go when nobody sits on them any more.
    pub(super) order: Vec<usize>,
    pub(super) serving: Option<usize>,
    pub(super) ever_served: bool,
    pub(super) unserved_since: Option<Instant>,
}

impl List {
    pub(super) const fn new(order: Vec<usize>, serving: Option<usize>, now: Instant) -> Self {
        Self {
            started: now,
            order,
            serving,
            ever_served: serving.is_some(),
            unserved_since: None,
        }
    }

    /// How preferred the upstream at a place is, from 0; none if it is not in the list any more.
    pub(super) fn rank(&self, place: usize) -> Option<usize> {
        self.order.iter().position(|other| *other == place)
    }

    /// How preferred the upstream is that serves.
    pub(super) fn serving_rank(&self) -> Option<usize> {
        self.serving.and_then(|place| self.rank(place))
    }

    /// Other upstreams, or others preferred.
    pub(super) fn reorder(&mut self, order: Vec<usize>, now: Instant) {
        self.order = order;
        if self.serving.is_some_and(|place| self.rank(place).is_none()) {
            self.started = now;
            self.ever_served = false;
        }
    }
}

impl PlannerCore {
    /// The list that an upstream is in, or that it serves although it was taken out.
    pub(super) fn list_of(&self, place: usize) -> Option<usize> {
        let within = |list: &List| list.rank(place).is_some();
        let serves = |list: &List| list.serving == Some(place);
        let found = self.lists.iter().position(within);
        found.or_else(|| self.lists.iter().position(serves))
    }

    /// Whether an upstream serves, in any list.
    pub(super) fn serves(&self, place: usize) -> bool {
        self.lists.iter().any(|list| list.serving == Some(place))
    }
}
