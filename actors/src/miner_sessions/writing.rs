//! Writing to miners, and closing.

use std::io::ErrorKind;

use zartrux_models::ledger::LeaseEnd;
use zartrux_models::plan::SeatKey;

use super::{MinerSessions, Seat};
use crate::planner::SeatLeft;

/// Why a connection was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closed {
    /// The miner left, or the network did.
    ByMiner,
    /// For what the miner did, or did not do.
    ForCause,
    /// Nothing to reproach it with: no upstream, or we are leaving.
    ByUs,
}

impl Closed {
    /// Why its lease ends with it.
    const fn lease_end(self) -> LeaseEnd {
        match self {
            Self::ByMiner => LeaseEnd::Left,
            Self::ForCause => LeaseEnd::Dropped,
            Self::ByUs => LeaseEnd::TurnedAway,
        }
    }
}

/// A miner's socket is gone, or it reads too slowly.
struct Unwritable(Closed);

impl Seat {
    /// Writes, keeping what the socket does not take.
    fn send(&mut self, bytes: &[u8], limit: usize) -> Result<(), Unwritable> {
        let written = if self.unsent.is_empty() {
            self.write_some(bytes)?
        } else {
            0
        };
        let rest = &bytes[written..];
        if rest.is_empty() {
            return Ok(());
        }
        if self.unsent.len() + rest.len() > limit {
            return Err(Unwritable(Closed::ForCause));
        }
        self.unsent.extend_from_slice(rest);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Unwritable> {
        if self.unsent.is_empty() {
            return Ok(());
        }
        let unsent = std::mem::take(&mut self.unsent);
        let written = self.write_some(&unsent)?;
        // An empty Vec owns no memory; a tail is kept without the part that is out.
        self.unsent = unsent[written..].to_vec();
        Ok(())
    }

    /// Writes until the socket takes no more; how many bytes it took.
    fn write_some(&mut self, bytes: &[u8]) -> Result<usize, Unwritable> {
        let mut written = 0;
        while written < bytes.len() {
            match self.connection.write(&bytes[written..]) {
                Ok(0) => return Err(Unwritable(Closed::ByMiner)),
                Ok(count) => written += count,
                Err(fault) if fault.kind() == ErrorKind::WouldBlock => break,
                Err(fault) if fault.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(Unwritable(Closed::ByMiner)),
            }
        }
        Ok(written)
    }
}

impl MinerSessions {
    /// Sends what was put together for a seat.
    pub(super) fn send_scratch(&mut self, key: SeatKey) {
        if self.scratch.is_empty() {
            return;
        }
        let scratch = std::mem::take(&mut self.scratch);
        self.send(key, &scratch);
        self.scratch = scratch;
        self.scratch.clear();
    }

    /// Sends bytes to a seat, if it is still there.
    pub(super) fn send(&mut self, key: SeatKey, bytes: &[u8]) {
        let limit = self.limits.unsent;
        let sent = self.seat(key).map(|seat| seat.send(bytes, limit));
        match sent {
            Some(Err(Unwritable(why))) => self.close(key, why),
            Some(Ok(())) => self.note_held(key, false),
            None => {}
        }
    }

    /// The socket takes bytes again, or a TLS handshake may go on.
    pub(super) fn flush(&mut self, key: SeatKey) {
        let flushed = self.seat(key).map(|seat| match seat.connection.ready() {
            Ok(true) => seat.flush(),
            Ok(false) => Ok(()),
            Err(_) => Err(Unwritable(Closed::ByMiner)),
        });
        match flushed {
            Some(Err(Unwritable(why))) => self.close(key, why),
            Some(Ok(())) => self.note_held(key, false),
            None => {}
        }
    }

    /// Closes a connection for what its peer did; what was put together goes out first.
    pub(super) fn drop_peer(&mut self, key: SeatKey, why: &str) {
        tracing::debug!(
            seat = key.index,
            generation = key.generation,
            why,
            "miner dropped"
        );
        self.send_scratch(key);
        self.close(key, Closed::ForCause);
    }

    /// Closes a connection: its lease is given up, verdicts still under way find nobody.
    pub(super) fn close(&mut self, key: SeatKey, why: Closed) {
        let Ok(index) = usize::try_from(key.index) else {
            return;
        };
        if self.seats.get(index).is_none_or(|seat| seat.key != key) {
            return;
        }
        let seat = self.seats.remove(index);
        self.forget_held(&seat);
        seat.note_rate(&*self.remembered_rate);
        self.doorkeeper.left(seat.from.place, seat.from.counted);
        let at = self.millis();
        let left = seat.lease.map(|lease| {
            let last = (seat.last_job(), why.lease_end());
            let was = self.tenants.leave(lease, key, last, at, seat.shown_rate());
            (lease, was)
        });
        if let Some(identity) = &seat.identity {
            self.namesakes
                .leave(&identity.user, &identity.rig, identity.standing);
            self.posts.seat_left.send(SeatLeft {
                seat: key,
                lease: left,
            });
        }
        self.stats.connections(|counts| {
            counts.open = counts.open.saturating_sub(1);
            counts.logged_in = counts
                .logged_in
                .saturating_sub(u64::from(seat.protocol.is_logged_in()));
            counts.dropped += u64::from(why == Closed::ForCause);
        });
        if self.seats.is_empty() {
            // Gives the table's memory back after the last miner has left.
            self.seats.shrink_to_fit();
        }
    }

    pub(super) fn close_all(&mut self) {
        let keys: Vec<SeatKey> = self.seats.iter().map(|(_, seat)| seat.key).collect();
        for key in keys {
            self.close(key, Closed::ByUs);
        }
    }
}
