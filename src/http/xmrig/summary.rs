//! `/1/summary`: the farm in one value.

use actix_web::{Responder, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::hash_rates::{kilo, per_second, rates_of};
use super::system::{self, Resources};
use super::{Missing, PATIENCE, answered};
use crate::http::answer::ErrorAnswer;
use crate::node::NodeView;

/// The farm, as xmrig-proxy tells of it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Summary {
    /// Of this machine, 16 hex digits.
    id: String,
    /// The machine's name.
    worker_id: String,
    /// Since launch, seconds.
    uptime: u64,
    /// Always true: settings can't be changed here.
    restricted: bool,
    resources: Resources,
    /// What the program can.
    features: [&'static str; 3],
    version: &'static str,
    /// Always `proxy`.
    kind: &'static str,
    /// The algorithm that is proved.
    algo: &'static str,
    /// Always `nicehash`: miners share upstream connections by slots of nonces.
    mode: &'static str,
    /// Name and version of the program.
    ua: &'static str,
    /// Always 0: there is no donation.
    donate_level: u32,
    /// Always 0.
    donated: f64,
    hashrate: HashRate,
    miners: Connected,
    /// Rigs in the registry; where nothing is stored, connected miners.
    workers: u64,
    upstreams: Upstreams,
    results: Results,
}

/// Hash rates of the farm.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct HashRate {
    /// kH/s over 1 minute, 10 minutes, 1 hour, 12 hours, 24 hours, and since launch. Where nothing is
    /// stored all but the last are 0.
    total: [f64; 6],
}

/// Connected miners.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Connected {
    now: u64,
    /// Most at once since launch; with several lanes the sum of each one's most.
    max: u64,
}

/// Connections with pools.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Upstreams {
    /// Logged in.
    active: u64,
    /// Always 0: a session without miners is closed.
    sleep: u64,
    /// Not logged in.
    error: u64,
    total: u64,
    /// Miners by active connection.
    ratio: f64,
}

/// What became of shares since launch.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Results {
    accepted: u64,
    rejected: u64,
    /// Proved bad here, and never sent.
    invalid: u64,
    /// For the job before the current one, and sent all the same.
    expired: u64,
    /// Between two accepted shares, seconds.
    avg_time: u64,
    /// From a submit to the pool's verdict, ms: the mean of the connections' smoothed times.
    latency: u64,
    /// Difficulties of the accepted shares, summed up.
    hashes_total: u64,
    /// Always 0.
    hashes_donate: u64,
    /// Difficulties of the best shares: not kept, so ten zeros, as xmrig-proxy has before the first.
    best: [u64; 10],
}

/// Hash rates of the farm, and how many rigs are known; none where nothing is stored.
pub(super) async fn total_rates(view: &NodeView) -> Result<(HashRate, Option<u64>), Missing> {
    let work = view.counts().shares.miner_work;
    let uptime = u64::try_from(view.uptime().as_millis()).unwrap_or(u64::MAX);
    let all = kilo(per_second(work, uptime));
    let Some(store) = view.store() else {
        let total = [0.0, 0.0, 0.0, 0.0, 0.0, all];
        return Ok((HashRate { total }, None));
    };
    let now_ms = view.clock().unix_millis();
    let asked = store.registry.ask(move |state| {
        let rates = rates_of(state, None, now_ms)?;
        Ok::<_, zartrux_actors::store::state::StateError>((rates, state.book.len()))
    });
    let (rates, known) = actix_web::rt::time::timeout(PATIENCE, asked)
        .await
        .map_err(|_| Missing("the registry of rigs is busy".to_owned()))?
        .map_err(|fault| Missing(fault.to_string()))?
        .map_err(|fault| Missing(fault.to_string()))?;
    let [one, ten, hour, half_day, day] = rates.map(kilo);
    let total = [one, ten, hour, half_day, day, all];
    Ok((HashRate { total }, Some(known as u64)))
}

async fn put_together(view: &NodeView) -> Result<Summary, Missing> {
    let (hashrate, known) = total_rates(view).await?;
    let counts = view.counts();
    let (shares, connections) = (counts.shares, counts.connections);
    let pools = view.pools();
    let is_active =
        |pool: &&crate::node::PoolSessionReport| pool.report.connected_since_unix_ms.is_some();
    let connections_of_pools = || pools.iter().filter(|pool| !pool.report.shares_connection);
    let active = connections_of_pools().filter(is_active).count() as u64;
    let total = connections_of_pools().count() as u64;
    let latencies: Vec<u64> = pools
        .iter()
        .filter_map(|pool| pool.report.submit_latency_micros)
        .collect();
    let latency = latencies
        .iter()
        .sum::<u64>()
        .checked_div(latencies.len() as u64);
    let uptime = view.uptime().as_secs();
    Ok(Summary {
        id: system::machine_id(),
        worker_id: system::host_name(),
        uptime,
        restricted: true,
        resources: Resources::read(),
        features: ["api", "http", "tls"],
        version: env!("CARGO_PKG_VERSION"),
        kind: "proxy",
        algo: "rx/0",
        mode: "nicehash",
        ua: concat!("zartrux/", env!("CARGO_PKG_VERSION")),
        donate_level: 0,
        donated: 0.0,
        hashrate,
        miners: Connected {
            now: connections.open,
            max: connections.most_open,
        },
        workers: known.unwrap_or(connections.logged_in),
        upstreams: Upstreams {
            active,
            sleep: 0,
            error: total - active,
            total,
            ratio: ratio(connections.open, active),
        },
        results: Results {
            accepted: shares.accepted,
            rejected: shares.rejected.values().sum(),
            invalid: shares.refused.values().sum(),
            expired: shares.stale,
            avg_time: uptime.checked_div(shares.accepted).unwrap_or(0),
            latency: latency.unwrap_or(0) / 1_000,
            hashes_total: shares.accepted_work,
            hashes_donate: 0,
            best: [0; 10],
        },
    })
}

fn ratio(miners: u64, active: u64) -> f64 {
    if active == 0 {
        return 0.0;
    }
    (miners as f64 / active as f64 * 100.0).floor() / 100.0
}

/// The farm, as xmrig-proxy tells of it
#[utoipa::path(
    tag = "xmrig-proxy",
    security((), ("token" = [])),
    responses(
        (status = 200, description = "The farm", body = Summary),
        (status = 503, description = "The registry does not answer", body = ErrorAnswer),
    )
)]
#[get("/1/summary")]
pub(in crate::http) async fn summary(view: web::Data<NodeView>) -> impl Responder {
    answered(put_together(&view).await.map(Box::new))
}
