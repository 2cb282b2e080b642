//! A queue beside an actor's mailbox, for messages that come by the thousand.
//!
//! Each message in actix's mailbox costs two allocations, two more when it is freed, and a look at
//! the task's waker; a share is sent ten times on its way. Here only the first of those that wait
//! costs that: it sends [`Arrived`], and whoever gets that takes all that have come meanwhile.
//!
//! What waits here is handled where its `Arrived` stands in the mailbox: so it may overtake a message
//! of another kind that was sent before it, and is never overtaken by one that was sent after it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use actix::Message;

/// What waits for an actor, the oldest first. Bounded as the posts are: see [`crate::messaging`].
pub(crate) struct Inbox<M>(Mutex<Vec<M>>);

impl<M> Default for Inbox<M> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<M> Inbox<M> {
    /// Puts some in. True if nothing waited before them: then somebody must be told.
    pub(crate) fn put(&self, messages: impl IntoIterator<Item = M>) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let was_empty = waiting.is_empty();
        waiting.extend(messages);
        was_empty && !waiting.is_empty()
    }

    /// Takes all that wait, in exchange for an empty list, whose room is used for the next ones.
    fn swap(&self, empty: &mut Vec<M>) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut *waiting, empty);
    }
}

/// Messages wait in an inbox. If nobody takes them, because the actor has stopped, they are dropped
/// with this.
pub struct Arrived<M>(Option<Arc<Inbox<M>>>);

impl<M> Arrived<M> {
    pub(crate) fn at(inbox: &Arc<Inbox<M>>) -> Self {
        Self(Some(Arc::clone(inbox)))
    }

    fn take_into(mut self, batch: &mut Vec<M>) {
        if let Some(inbox) = self.0.take() {
            inbox.swap(batch);
        }
    }
}

impl<M> Drop for Arrived<M> {
    fn drop(&mut self) {
        if let Some(inbox) = self.0.take() {
            // Dropped outside the lock: a share that is dropped sends a message.
            let mut dropped = Vec::new();
            inbox.swap(&mut dropped);
        }
    }
}

impl<M> fmt::Debug for Arrived<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Arrived")
    }
}

impl<M> Message for Arrived<M> {
    type Result = ();
}

/// An actor's list for what it takes out of an inbox, kept so that none is allocated for each batch.
#[derive(Debug)]
pub(crate) struct Batch<M>(Vec<M>);

impl<M> Default for Batch<M> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<M> Batch<M> {
    /// Room that is kept; a burst's is given back.
    const KEPT: usize = 1024;

    /// The list, with all that have arrived; to be brought back.
    pub(crate) fn take(&mut self, arrived: Arrived<M>) -> Vec<M> {
        let mut batch = std::mem::take(&mut self.0);
        arrived.take_into(&mut batch);
        batch
    }

    /// Takes the list back.
    pub(crate) fn give_back(&mut self, mut batch: Vec<M>) {
        batch.clear();
        batch.shrink_to(Self::KEPT);
        self.0 = batch;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_of_a_batch_tells_and_all_are_taken_in_order() {
        let inbox = Arc::new(Inbox::default());
        let told = [vec![], vec![1], vec![2, 3], vec![4]].map(|some| inbox.put(some));
        assert_eq!(told, [false, true, false, false]);
        let mut batch = Batch::default();
        let taken = batch.take(Arrived::at(&inbox));
        assert_eq!(taken, [1, 2, 3, 4]);
        batch.give_back(taken);
        assert!(inbox.put([5]), "whoever comes next tells again");
        assert_eq!(batch.take(Arrived::at(&inbox)), [5]);
    }

    #[test]
    fn what_nobody_takes_is_dropped_with_the_word_of_it() {
        let inbox = Arc::new(Inbox::default());
        let message = Arc::new(());
        inbox.put([Arc::clone(&message), Arc::clone(&message)]);
        drop(Arrived::at(&inbox));
        assert_eq!(Arc::strong_count(&message), 1);
        assert!(inbox.put([message]));
    }

    #[test]
    fn one_that_was_taken_drops_nothing_that_has_come_since() {
        let inbox = Arc::new(Inbox::default());
        inbox.put([1]);
        let mut batch = Batch::default();
        let mut taken = batch.take(Arrived::at(&inbox));
        assert_eq!(taken.pop(), Some(1));
        inbox.put([2]);
        batch.give_back(taken);
        assert_eq!(batch.take(Arrived::at(&inbox)), [2]);
    }
}
