//! Shares that wait for their turn, behind proofs of their own rig.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use zartrux_models::judge::{Ruling, Waited};
use zartrux_models::share::RigKey;

use crate::rig_map::RigMap;
use crate::share_ticket::ShareTicket;

/// By rig, in the order in which they came. Bounded by the credits: each share under way holds
/// one. What waits when the judge ends is dropped with it, and so settles itself.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    lines: RigMap<VecDeque<InLine>>,
}

#[derive(Debug)]
struct InLine {
    ticket: ShareTicket,
    /// The ruling to wait.
    ruling: Ruling,
    since: Instant,
    until: Instant,
}

impl Waiting {
    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// A share is to wait from now on, for so long at most.
    pub(super) fn join(
        &mut self,
        ticket: ShareTicket,
        ruling: Ruling,
        now: Instant,
        at_most: Duration,
    ) {
        self.lines.entry(ticket.rig).or_default().push_back(InLine {
            ticket,
            ruling,
            since: now,
            until: now + at_most,
        });
    }

    /// The share of a rig that has waited longest, and how.
    pub(super) fn first(&self, rig: RigKey, now: Instant) -> Option<(&ShareTicket, Waited)> {
        let first = self.lines.get(&rig)?.front()?;
        let waited = Waited {
            rule: first.ruling.rule,
            chance: first.ruling.chance,
            time: now.saturating_duration_since(first.since),
        };
        Some((&first.ticket, waited))
    }

    /// Takes it out. No rig stays of which nothing waits.
    pub(super) fn take_first(&mut self, rig: RigKey) -> Option<ShareTicket> {
        let line = self.lines.get_mut(&rig)?;
        let first = line.pop_front();
        if line.is_empty() {
            self.lines.remove(&rig);
        }
        first.map(|first| first.ticket)
    }

    /// When the first share has waited long enough; none if nothing waits.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let firsts = self.lines.values().filter_map(|line| line.front());
        firsts.map(|first| first.until).min()
    }

    /// The rigs of which a share has waited long enough.
    pub(super) fn due(&self, now: Instant) -> Vec<RigKey> {
        let is_due = |line: &VecDeque<InLine>| line.front().is_some_and(|first| first.until <= now);
        let due = self.lines.iter().filter(|(_, line)| is_due(line));
        due.map(|(rig, _)| *rig).collect()
    }
}
