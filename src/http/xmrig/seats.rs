//! Who is connected, of all lanes.

use zartrux_actors::miner_sessions::SeatReport;

use super::{MOST, Missing};
use crate::node::NodeView;

/// A connected miner and the number of its lane.
pub(super) type Seated = (usize, SeatReport);

/// Connected miners in order of lanes and places; the first [`MOST`] of them.
pub(super) async fn connected(view: &NodeView) -> Result<Vec<Seated>, Missing> {
    let mut all = Vec::new();
    for (lane, way) in view.seats().iter().enumerate() {
        let mut next = Some(0);
        while let Some(from) = next
            && all.len() < MOST
        {
            let reported = way
                .ask(from)
                .await
                .ok_or_else(|| Missing(format!("lane {lane} does not answer")))?;
            next = reported.next;
            all.extend(reported.seats.into_iter().map(|seat| (lane, seat)));
        }
    }
    all.truncate(MOST);
    Ok(all)
}
