//! Blocks that were found: handed in, and settled by what the chain says.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use zartrux_models::ledger::{BlockFate, JournalEvent};
use zartrux_models::session::{BlockVerdict, FoundBlock, block_id};
use zartrux_models::stratum::ErrorClass;
use zartrux_models::work::{BlockId, Work};

use super::NodeSession;
use crate::events::Severity;
use crate::share_ticket::{Settlement, ShareTicket};

/// What a block is called, and where it belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockName {
    id: BlockId,
    height: u64,
}

impl fmt::Display for BlockName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = const_hex::encode(self.id.as_bytes());
        write!(f, "{id} at height {}", self.height)
    }
}

/// A share whose block waits for its verdict.
#[derive(Debug)]
pub(super) struct PendingBlock {
    pub(super) ticket: ShareTicket,
    pub(super) since: Instant,
    pub(super) name: BlockName,
}

impl NodeSession {
    /// Takes a share's block in, whether the node serves just now or not.
    pub(super) fn forward(&mut self, ticket: ShareTicket) {
        let share = &ticket.share;
        let (slot, nonce) = (share.slot, share.nonce);
        let Work::Template(page) = &share.job.job.work else {
            return self.undeliverable(ticket);
        };
        let block = FoundBlock {
            id: block_id(&share.job.job.work.hashed_bytes(slot, nonce)),
            height: page.template().height(),
            bytes: Arc::from(page.block(slot, nonce)),
        };
        let name = BlockName {
            id: block.id,
            height: block.height,
        };
        self.note_block(name, BlockFate::Found);
        let now = self.clock.now();
        let pushed = self
            .guard
            .transact(&mut self.blocks, |blocks| blocks.push(block.clone(), now));
        match pushed {
            Ok(Ok(key)) => {
                let text = format!("block {name} was found; the node gets it");
                self.tell(Severity::Info, "block_found", &text);
                if let Some(page) = self.pages.get_mut(&share.job.origin.pool) {
                    page.pending += 1;
                    page.stats.pending(page.pending);
                }
                let since = now;
                let pending = PendingBlock {
                    ticket,
                    since,
                    name,
                };
                self.pending.insert(key, pending);
                self.stats.waiting(self.pending.len());
            }
            Ok(Err(full)) => {
                tracing::error!(%name, %full, "a block is lost");
                self.note_block(name, BlockFate::Lost);
                self.tell(
                    Severity::Warning,
                    "block_lost",
                    &format!("block {name} is lost: {full}"),
                );
                self.undeliverable(ticket);
            }
            Err(fault) => {
                tracing::error!(%name, %fault, "a block is lost");
                self.note_block(name, BlockFate::Lost);
                self.undeliverable(ticket);
            }
        }
    }

    /// Counts it, and notes it in the journal.
    fn note_block(&self, name: BlockName, fate: BlockFate) {
        self.stats.block(fate);
        self.journal.note(JournalEvent::Block {
            lane: self.journal.lane(),
            upstream: self.journal.upstream(self.place),
            height: name.height,
            id: name.id,
            fate,
        });
    }

    pub(super) fn on_verdict(&mut self, verdict: Option<(u64, BlockVerdict)>) {
        let Some((key, verdict)) = verdict else {
            return;
        };
        let Some(PendingBlock {
            ticket,
            since,
            name,
        }) = self.pending.remove(&key)
        else {
            return;
        };
        self.stats.waiting(self.pending.len());
        self.note_block(
            name,
            match &verdict {
                BlockVerdict::Accepted => BlockFate::Accepted,
                BlockVerdict::Stale => BlockFate::Stale,
                BlockVerdict::Refused { .. } => BlockFate::Refused,
            },
        );
        let page_key = ticket.share.job.origin.pool;
        let took = self.clock.now().saturating_duration_since(since);
        let stats = self.pages.get_mut(&page_key).map(|page| {
            page.pending = page.pending.saturating_sub(1);
            page.stats.pending(page.pending);
            page.stats.latency(took);
            Arc::clone(&page.stats)
        });
        let settlement = match verdict {
            BlockVerdict::Accepted => {
                if let Some(stats) = stats {
                    stats.accepted(self.clock.unix_millis());
                }
                self.accepted += 1;
                let text = format!("block {name} is in the chain");
                self.tell(Severity::Info, "block_accepted", &text);
                Settlement::Accepted
            }
            BlockVerdict::Stale => self.refused(
                stats.as_deref(),
                name,
                ErrorClass::Stale,
                "Another block took its height".into(),
            ),
            BlockVerdict::Refused { class, text } => {
                self.refused(stats.as_deref(), name, class, text)
            }
        };
        self.posts.settled.send(ticket.settle(settlement));
        self.forget_page_if_done(page_key);
    }

    fn refused(
        &self,
        stats: Option<&crate::pool_session::PoolStats>,
        name: BlockName,
        class: ErrorClass,
        text: Box<str>,
    ) -> Settlement {
        if let Some(stats) = stats {
            stats.rejected(class);
        }
        tracing::warn!(node = %self.endpoint.url, block = %name, %class, %text, "block not taken");
        let told = format!("block {name} is not in the chain: {text}");
        self.tell(Severity::Warning, "block_refused", &told);
        Settlement::Rejected { class, text }
    }

    fn undeliverable(&self, ticket: ShareTicket) {
        if let Some(page) = self.pages.get(&ticket.share.job.origin.pool) {
            page.stats.undeliverable();
        }
        self.posts
            .settled
            .send(ticket.settle(Settlement::Undeliverable));
    }

    /// However the session ends, its shares do not end with it untold.
    pub(super) fn settle_all(&mut self) {
        for (_, block) in std::mem::take(&mut self.pending) {
            tracing::error!(block = %block.name, "what became of this block is not known");
            self.note_block(block.name, BlockFate::Lost);
            if let Some(page) = self.pages.get(&block.ticket.share.job.origin.pool) {
                page.stats.unanswered();
                page.stats.pending(0);
            }
            let settled = block.ticket.settle(Settlement::Unanswered);
            self.posts.settled.send(settled);
        }
        self.stats.waiting(0);
    }
}
