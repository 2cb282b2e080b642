//! A lane that gives its live state away.

use super::Lane;
use crate::handover::{LaneParcel, PackFailed, PumpsLeft};

impl Lane {
    /// Everything that goes over to a successor. The lane has stopped accepting and reading before
    /// ([`Lane::stop_accepting`], [`Lane::stop_reading`]), and what was pending is settled, as far as
    /// it could be in time. Afterwards it touches none of those sockets again, and nothing can be
    /// done with it but [`Lane::leave`].
    ///
    /// # Errors
    /// The lane does not answer, or the system has no more descriptors.
    pub const fn pack(&self) -> Result<LaneParcel, PackFailed> {
        // The way to the actors is still to be built.
        Err(PackFailed::Silent(self.index))
    }

    /// Ends the lane after [`Lane::pack`]: sockets that went over are closed here without a byte, and
    /// miners that could not go over (TLS) are closed in order, so that they connect to the successor.
    ///
    /// Pool sessions in TLS are carried on for the successor: the process must stay until
    /// [`PumpsLeft::wait`] says that there are none, and must have dropped its parcel by then.
    #[must_use = "the process must not end before what is carried has ended"]
    pub fn leave(self) -> PumpsLeft {
        self.close();
        PumpsLeft::default()
    }
}
