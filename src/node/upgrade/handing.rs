//! The hand-over itself, and the one that follows it when it fails.

use super::{NotReady, Packed, Successor};

/// A node that another process has taken over.
#[derive(Debug)]
pub struct HandedOver {
    /// What is left of it.
    pub packed: Packed,
    /// Who serves now.
    pub successor: Successor,
    /// Why that is not the one that was to: the program that ran before has begun anew.
    pub failed: Option<String>,
}

/// No process serves.
#[derive(Debug)]
pub struct NotHandedOver {
    /// Why the new program does not.
    pub first: String,
    /// Why the one that ran before does not.
    pub second: String,
}

impl Packed {
    /// Gives everything to a successor; if that fails, to the one that `again` starts, which is told
    /// why.
    ///
    /// # Errors
    /// Both failed. The process can only end, and be started anew.
    pub fn hand_over(
        self,
        mut successor: Successor,
        again: impl FnOnce(&str) -> Result<Successor, NotReady>,
    ) -> Result<HandedOver, NotHandedOver> {
        let Err(NotReady { why: first, .. }) = successor.give(&self.listeners, &self.parcels)
        else {
            return Ok(HandedOver {
                packed: self,
                successor,
                failed: None,
            });
        };
        // Killed before the next one is started: only one may touch what was given.
        drop(successor);
        let mut successor = match again(&first) {
            Ok(successor) => successor,
            Err(NotReady { why: second, .. }) => return Err(NotHandedOver { first, second }),
        };
        match successor.give(&self.listeners, &self.parcels) {
            Ok(()) => Ok(HandedOver {
                packed: self,
                successor,
                failed: Some(first),
            }),
            Err(NotReady { why: second, .. }) => Err(NotHandedOver { first, second }),
        }
    }
}
