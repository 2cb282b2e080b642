//! A share on its way, and how it ended.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Instant;

use actix::Message;
use zartrux_models::plan::SeatKey;
use zartrux_models::share::{Refusal, Share};
use zartrux_models::stratum::{ErrorClass, RequestId};
use zartrux_models::work::ResultHash;

use crate::messaging::{Credit, Post};

/// A share under way: moved from actor to actor, never copied, settled exactly once.
///
/// A ticket that is dropped on the way (with the mailbox of an actor that stopped, say) settles
/// itself as undeliverable, so that its miner gets a reply and the counts still balance.
#[derive(Debug)]
pub struct ShareTicket {
    /// `None` once it is settled.
    facts: Option<Box<TicketFacts>>,
    if_dropped: Option<Arc<Post<ShareSettled>>>,
}

/// What a ticket says.
#[derive(Debug)]
pub struct TicketFacts {
    /// Whose it is.
    pub seat: SeatKey,
    /// What to echo in the reply.
    pub request: RequestId,
    /// The share.
    pub share: Share,
    /// The result that its nonce is claimed with; the share's own may be corrected on the way.
    pub claimed: ResultHash,
    /// When its line was read.
    pub received: Instant,
    /// The recomputed hash differed and took the place of the claimed result.
    pub corrected: bool,
    /// Bounds what is under way; goes home with the ticket.
    _credit: Credit,
}

impl ShareTicket {
    /// A ticket for an admitted share.
    #[must_use]
    pub fn new(
        seat: SeatKey,
        request: RequestId,
        share: Share,
        received: Instant,
        credit: Credit,
    ) -> Self {
        Self {
            facts: Some(Box::new(TicketFacts {
                seat,
                request,
                claimed: share.result,
                share,
                received,
                corrected: false,
                _credit: credit,
            })),
            if_dropped: None,
        }
    }

    /// Says who must hear of it if the ticket is dropped.
    #[must_use]
    pub fn reporting_to(mut self, post: &Arc<Post<ShareSettled>>) -> Self {
        self.if_dropped = Some(Arc::clone(post));
        self
    }

    /// Says how the share ended.
    #[must_use]
    pub fn settle(mut self, settlement: Settlement) -> ShareSettled {
        let facts = self.facts.take();
        self.if_dropped = None;
        ShareSettled {
            ticket: Self {
                facts,
                if_dropped: None,
            },
            settlement,
        }
    }
}

impl Deref for ShareTicket {
    type Target = TicketFacts;

    #[expect(
        clippy::expect_used,
        reason = "only `settle` and `drop` take the facts, and both consume the ticket"
    )]
    fn deref(&self) -> &TicketFacts {
        self.facts.as_deref().expect("a ticket in hand has facts")
    }
}

impl DerefMut for ShareTicket {
    #[expect(
        clippy::expect_used,
        reason = "only `settle` and `drop` take the facts, and both consume the ticket"
    )]
    fn deref_mut(&mut self) -> &mut TicketFacts {
        self.facts
            .as_deref_mut()
            .expect("a ticket in hand has facts")
    }
}

impl Drop for ShareTicket {
    fn drop(&mut self) {
        if let (Some(facts), Some(post)) = (self.facts.take(), self.if_dropped.take()) {
            let ticket = Self {
                facts: Some(facts),
                if_dropped: None,
            };
            post.send(ticket.settle(Settlement::Undeliverable));
        }
    }
}

/// How a share ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Forwarded, and the pool took it.
    Accepted,
    /// Forwarded, and the pool refused it.
    Rejected {
        /// What sort of refusal.
        class: ErrorClass,
        /// The pool's words, at most 200 bytes.
        text: Box<str>,
    },
    /// Forwarded, and the pool never answered: the connection went, or time ran out.
    Unanswered,
    /// Met only the miner's own target: counted here.
    Credited,
    /// Proved bad.
    Refused(Refusal),
    /// Never written: the connection that brought its job is gone, and the job with it.
    Undeliverable,
}

/// A share ended.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct ShareSettled {
    /// The share.
    pub ticket: ShareTicket,
    /// How.
    pub settlement: Settlement,
}
