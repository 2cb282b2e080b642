//! How actors reach each other: typed posts, and credits that bound what is under way.
//!
//! An actix mailbox is unbounded for `do_send` and its bound is bypassed by cloning an address.
//! So nothing is sent past this module, and everything sent is bounded by one of two facts: it
//! carries a [`Credit`] (one per share, taken at admission and returned at settlement, however it
//! ends), or it is a control message of which each session and each pool has a fixed few.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix::{Message, Recipient};

use crate::inbox::{Arrived, Inbox};
use crate::supervision::ActorHealth;

/// A typed way to one actor.
pub struct Post<M>
where
    M: Message<Result = ()> + Send + 'static,
{
    to: To<M>,
}

enum To<M>
where
    M: Message<Result = ()> + Send + 'static,
{
    Actor(Recipient<M>, Arc<ActorHealth>),
    Inbox(Recipient<Arrived<M>>, Arc<Inbox<M>>, Arc<ActorHealth>),
    Function(Arc<dyn Fn(M) + Send + Sync>),
}

impl<M> Post<M>
where
    M: Message<Result = ()> + Send + 'static,
{
    /// A post to an actor, whose queue depth it counts.
    #[must_use]
    pub const fn to_actor(recipient: Recipient<M>, health: Arc<ActorHealth>) -> Self {
        Self {
            to: To::Actor(recipient, health),
        }
    }

    /// A post to an actor that takes what comes by the batch, each of which counts in its queue.
    #[must_use]
    pub fn to_inbox(recipient: Recipient<Arrived<M>>, health: Arc<ActorHealth>) -> Self {
        Self {
            to: To::Inbox(recipient, Arc::default(), health),
        }
    }

    /// A post to a function: what a component under test is given.
    #[must_use]
    pub fn to_fn(function: impl Fn(M) + Send + Sync + 'static) -> Self {
        Self {
            to: To::Function(Arc::new(function)),
        }
    }

    /// Whether somebody is still there to read.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match &self.to {
            To::Actor(recipient, _) => recipient.connected(),
            To::Inbox(recipient, ..) => recipient.connected(),
            To::Function(_) => true,
        }
    }

    /// Sends; a message to an actor that has stopped is dropped, and with it its credit.
    pub fn send(&self, message: M) {
        match &self.to {
            To::Actor(recipient, health) => {
                health.enqueued();
                #[expect(
                    clippy::disallowed_methods,
                    reason = "bounded by credits or by the number of sessions, see the module"
                )]
                recipient.do_send(message);
            }
            To::Inbox(..) => self.send_all(std::iter::once(message)),
            To::Function(function) => function(message),
        }
    }

    /// Sends some, in order.
    pub fn send_all(&self, messages: impl ExactSizeIterator<Item = M>) {
        match &self.to {
            To::Inbox(recipient, inbox, health) => {
                health.enqueued_all(messages.len());
                if inbox.put(messages) {
                    #[expect(
                        clippy::disallowed_methods,
                        reason = "one for all that wait; they are bounded, see the module"
                    )]
                    recipient.do_send(Arrived::at(inbox));
                }
            }
            To::Actor(..) | To::Function(_) => messages.for_each(|message| self.send(message)),
        }
    }
}

impl<M> Clone for Post<M>
where
    M: Message<Result = ()> + Send + 'static,
{
    fn clone(&self) -> Self {
        Self {
            to: match &self.to {
                To::Actor(recipient, health) => To::Actor(recipient.clone(), Arc::clone(health)),
                To::Inbox(recipient, inbox, health) => {
                    To::Inbox(recipient.clone(), Arc::clone(inbox), Arc::clone(health))
                }
                To::Function(function) => To::Function(Arc::clone(function)),
            },
        }
    }
}

impl<M> fmt::Debug for Post<M>
where
    M: Message<Result = ()> + Send + 'static,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Post(")?;
        f.write_str(std::any::type_name::<M>())?;
        f.write_str(")")
    }
}

/// A fixed number of credits.
#[derive(Debug, Clone)]
pub struct Credits(Arc<Ledger>);

#[derive(Debug)]
struct Ledger {
    limit: AtomicUsize,
    out: AtomicUsize,
}

impl Credits {
    /// `limit` credits, all at home.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self(Arc::new(Ledger {
            limit: AtomicUsize::new(limit),
            out: AtomicUsize::new(0),
        }))
    }

    /// Takes one, or nothing when all are out: the caller then says "full" to whoever asked.
    #[must_use]
    pub fn take(&self) -> Option<Credit> {
        self.0
            .out
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |out| {
                (out < self.limit()).then_some(out + 1)
            })
            .ok()
            .map(|_| Credit(Arc::clone(&self.0)))
    }

    /// How many there are.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.0.limit.load(Ordering::Relaxed)
    }

    /// There are so many from now on. Where more are out, none is given until enough came home.
    pub fn set_limit(&self, limit: usize) {
        self.0.limit.store(limit, Ordering::Relaxed);
    }

    /// Credits that are out.
    #[must_use]
    pub fn out(&self) -> usize {
        self.0.out.load(Ordering::Relaxed)
    }
}

/// One credit; goes home when dropped.
#[derive(Debug)]
pub struct Credit(Arc<Ledger>);

impl Drop for Credit {
    fn drop(&mut self) {
        self.0.out.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credits_run_out_and_come_home_when_dropped() {
        let credits = Credits::new(2);
        let first = credits.take().unwrap();
        let _second = credits.take().unwrap();
        assert!(credits.take().is_none());
        drop(first);
        assert_eq!(credits.out(), 1);
        assert!(credits.take().is_some());
    }

    #[test]
    fn with_a_lower_limit_none_is_given_until_enough_came_home() {
        let credits = Credits::new(2);
        let out = [credits.take().unwrap(), credits.take().unwrap()];
        credits.set_limit(1);
        assert!(credits.take().is_none());
        drop(out);
        let _only = credits.take().unwrap();
        assert!(credits.take().is_none());
        credits.set_limit(2);
        assert!(credits.take().is_some());
    }
}
