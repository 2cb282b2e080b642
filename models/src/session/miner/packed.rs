//! A miner's session as it is written down.

use super::{Assignments, MinerProtocol, Phase, SessionId};
use crate::handover::{BadPart, MinerWire};
use crate::stratum::RequestId;

impl MinerProtocol {
    /// As it is written down.
    #[must_use]
    pub fn pack(&self) -> MinerWire {
        let (recent, none_up_to) = self.assignments.pack();
        MinerWire {
            session: self.session.0,
            logged_in: self.is_logged_in(),
            login: self.awaiting_lease().map(|id| id.0),
            recent,
            none_up_to,
        }
    }

    /// Goes on with what was written down: it answers each line as the session before would have.
    ///
    /// # Errors
    /// No session is like that.
    pub fn unpack(wire: &MinerWire) -> Result<Self, BadPart> {
        let phase = match (wire.logged_in, wire.login) {
            (true, None) => Phase::LoggedIn,
            (false, Some(id)) => Phase::AwaitingLease(RequestId(id)),
            (false, None) => Phase::Fresh,
            (true, Some(_)) => return Err(BadPart("a login that waits of one who is logged in")),
        };
        if phase == Phase::LoggedIn && wire.recent.is_empty() {
            return Err(BadPart("logged in without a job"));
        }
        Ok(Self {
            session: SessionId(wire.session),
            phase,
            assignments: Assignments::unpack(&wire.recent, wire.none_up_to)?,
        })
    }
}
