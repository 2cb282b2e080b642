//! `/1/workers`: rigs by name.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use actix_web::{Responder, get, web};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use zartrux_actors::store::registry::State;
use zartrux_actors::store::state::StateError;
use zartrux_models::ledger::{Cell, RigEntry};
use zartrux_models::share::RigKey;

use super::hash_rates::{kilo, rates_of};
use super::seats::{Seated, connected};
use super::summary::{HashRate, total_rates};
use super::{Kept, MOST, Missing, answered, miners};
use crate::http::answer::ErrorAnswer;
use crate::node::NodeView;

/// Rigs that are looked at in one turn of the registry: some milliseconds.
const AT_A_TIME: usize = 64;

/// Rigs by name, at most 10,000.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Workers {
    /// Of the whole farm.
    hashrate: HashRate,
    /// By what rigs are told apart: the rig id, or the user where there is none.
    mode: &'static str,
    /// One row for each name: name, last ip (text; empty while not connected), connections,
    /// accepted, rejected, invalid, hashes, last share (ms since 1970; 0 before the first), and the
    /// hash rates in kH/s over 1 minute, 10 minutes, 1 hour, 12 hours and 24 hours. Where nothing is
    /// stored all numbers but the connections are 0.
    #[schema(value_type = Vec<Vec<Value>>)]
    workers: Vec<[Value; 13]>,
}

/// Rigs of one name together: panels know them by nothing else.
#[derive(Debug, Default)]
pub(super) struct Worker {
    ip: String,
    connections: u64,
    accepted: u64,
    rejected: u64,
    invalid: u64,
    hashes: u64,
    last_share_ms: u64,
    rates: [f64; 5],
}

/// What became of a rig's shares.
struct Known {
    key: RigKey,
    name: String,
    lifetime: Cell,
    last_share_ms: u64,
    rates: [f64; 5],
}

impl Known {
    fn of(state: &State, rig: &RigEntry, now_ms: u64) -> Result<Self, StateError> {
        Ok(Self {
            key: rig.key,
            name: name(&rig.names.rig_id, &rig.names.user).to_owned(),
            lifetime: rig.lifetime.clone(),
            last_share_ms: rig.last_share_ms,
            rates: rates_of(state, Some(rig.key), now_ms)?,
        })
    }
}

fn name<'a>(rig_id: &'a str, user: &'a str) -> &'a str {
    if rig_id.is_empty() { user } else { rig_id }
}

/// Workers by name, at most [`MOST`].
#[derive(Debug, Default)]
pub(super) struct Table(BTreeMap<String, Worker>);

impl Table {
    fn at(&mut self, name: &str) -> Option<&mut Worker> {
        let is_full = self.0.len() >= MOST;
        match self.0.entry(name.to_owned()) {
            Entry::Vacant(_) if is_full => None,
            Entry::Vacant(free) => Some(free.insert(Worker::default())),
            Entry::Occupied(taken) => Some(taken.into_mut()),
        }
    }

    fn note(&mut self, known: &Known) {
        let Some(worker) = self.at(&known.name) else {
            return;
        };
        let cell = &known.lifetime;
        worker.accepted += cell.accepted + cell.credited;
        worker.rejected += cell.rejected.iter().sum::<u64>();
        worker.invalid += cell.refused.iter().sum::<u64>();
        worker.invalid += cell.refusals_unlisted.iter().sum::<u64>();
        worker.hashes = worker.hashes.saturating_add(cell.work_asked);
        worker.last_share_ms = worker.last_share_ms.max(known.last_share_ms);
        for (sum, rate) in worker.rates.iter_mut().zip(known.rates) {
            *sum += rate;
        }
    }

    pub(super) fn note_seat(&mut self, (_, seat): &Seated) {
        let name = name(&seat.names.rig_id, &seat.names.user);
        if let Some(worker) = self.at(name) {
            worker.connections += 1;
            worker.ip = miners::shown(seat.address);
        }
    }

    pub(super) fn rows(&self) -> Vec<[Value; 13]> {
        let row = |(name, worker): (&String, &Worker)| {
            let [one, ten, hour, half_day, day] = worker.rates.map(kilo);
            [
                json!(name),
                json!(worker.ip),
                json!(worker.connections),
                json!(worker.accepted),
                json!(worker.rejected),
                json!(worker.invalid),
                json!(worker.hashes),
                json!(worker.last_share_ms),
                json!(one),
                json!(ten),
                json!(hour),
                json!(half_day),
                json!(day),
            ]
        };
        self.0.iter().map(row).collect()
    }
}

async fn put_together(view: &NodeView) -> Result<Workers, Missing> {
    let mut table = Table::default();
    // Those that are there come first: should there be too many, the others are left out.
    for seat in &connected(view).await? {
        table.note_seat(seat);
    }
    let now_ms = view.clock().unix_millis();
    if let Some(store) = view.store() {
        let (mut after, mut looked) = (None, 0);
        while looked < MOST {
            let asked = store.registry.ask(move |state| {
                let rigs = state.book.rigs_from(after, AT_A_TIME)?;
                let known = rigs.iter().map(|rig| Known::of(state, rig, now_ms));
                known.collect::<Result<Vec<_>, StateError>>()
            });
            let known = asked
                .await
                .map_err(|fault| Missing(fault.to_string()))?
                .map_err(|fault| Missing(fault.to_string()))?;
            let Some(last) = known.last() else {
                break;
            };
            after = Some(last.key);
            looked += known.len();
            known.iter().for_each(|known| table.note(known));
        }
    }
    Ok(Workers {
        hashrate: total_rates(view).await?.0,
        mode: "rig_id",
        workers: table.rows(),
    })
}

/// Rigs by name, as xmrig-proxy tells of them
///
/// Counts are those of the registry: they go on over restarts, where xmrig-proxy's begin anew. Put
/// together at most every 5 seconds.
#[utoipa::path(
    tag = "xmrig-proxy",
    security((), ("token" = [])),
    responses(
        (status = 200, description = "Rows in xmrig-proxy's order", body = Workers),
        (status = 503, description = "A lane or the registry does not answer", body = ErrorAnswer),
    )
)]
#[get("/1/workers")]
pub(in crate::http) async fn workers(
    view: web::Data<NodeView>,
    kept: web::Data<Kept<Workers>>,
) -> impl Responder {
    answered(kept.get(view.clock(), put_together(&view)).await)
}
