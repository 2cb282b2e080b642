//! `/1/miners`: every connection.

use std::net::IpAddr;

use actix_web::{Responder, get, web};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::seats::{Seated, connected};
use super::{Kept, answered};
use crate::http::answer::ErrorAnswer;
use crate::node::NodeView;

/// What the columns of a row are.
const FORMAT: [&str; 10] = [
    "id", "ip", "tx", "rx", "state", "diff", "user", "password", "rig_id", "agent",
];

/// States as xmrig-proxy numbers them: its login is answered when the first job is there; it mines.
const WAITS_FOR_JOB: u8 = 1;
const READY: u8 = 2;

/// Connected miners, at most 10,000.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Miners {
    /// What the columns of a row are.
    format: [&'static str; 10],
    /// One row for each connection: id (number), ip (text), tx and rx (0: bytes are not counted by
    /// connection), state (1 waits for its first job, 2 mines), diff (number), user (text, wallets
    /// masked), password (null), rig_id and agent (text, or null where the miner gave none).
    #[schema(value_type = Vec<Vec<Value>>)]
    miners: Vec<[Value; 10]>,
}

fn row((lane, seat): &Seated) -> [Value; 10] {
    // Below 2⁵³, which is what a program in JavaScript can read: there are at most 64 lanes.
    let id = (*lane as u64) << 32 | u64::from(seat.id);
    let state = if seat.has_job { READY } else { WAITS_FOR_JOB };
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    [
        json!(id),
        json!(shown(seat.address)),
        json!(0),
        json!(0),
        json!(state),
        json!(seat.difficulty.unwrap_or(0)),
        json!(seat.names.user),
        Value::Null,
        json!(given(&seat.names.rig_id)),
        json!(given(&seat.names.agent)),
    ]
}

/// An address as people write it, also where it came through a socket for both families.
pub(super) fn shown(address: IpAddr) -> String {
    address.to_canonical().to_string()
}

impl Miners {
    pub(super) fn of(seats: &[Seated]) -> Self {
        Self {
            format: FORMAT,
            miners: seats.iter().map(row).collect(),
        }
    }
}

/// Connected miners, as xmrig-proxy tells of them
///
/// The lanes are asked for some hundred connections at a time, at most every 5 seconds.
#[utoipa::path(
    tag = "xmrig-proxy",
    security((), ("token" = [])),
    responses(
        (status = 200, description = "Rows, with the names of their columns", body = Miners),
        (status = 503, description = "A lane does not answer", body = ErrorAnswer),
    )
)]
#[get("/1/miners")]
pub(in crate::http) async fn miners(
    view: web::Data<NodeView>,
    kept: web::Data<Kept<Miners>>,
) -> impl Responder {
    let made = async { Ok(Miners::of(&connected(&view).await?)) };
    answered(kept.get(view.clock(), made).await)
}
