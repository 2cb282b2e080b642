//! What the lanes take: upstreams, timers, limits, the judge's policy, the certificate.

use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use zartrux_actors::dial::Names;
use zartrux_actors::lane::{LaneSettings, SettingsWay};
use zartrux_actors::messaging::Post;
use zartrux_actors::store::registry::NameUpstreams;
use zartrux_actors::upstream_numbers::UpstreamNumbers;
use zartrux_config::Settings;
use zartrux_models::ledger::UpstreamId;

use super::places::UpstreamList;
use super::{Places, Prepared, Taker, lock};
use crate::node::lanes::{lane_settings, miner_tls};
use crate::node::{NodeView, StoreWays, UpstreamFacts};

/// How long the registry may take to give a number to a new upstream.
const PATIENCE: Duration = Duration::from_secs(3);

/// Gives all lanes their settings.
pub(in crate::node) struct LanesTaker {
    upstreams: Arc<UpstreamList>,
    ways: Vec<SettingsWay>,
    shared: Arc<Shared>,
    names: Option<Post<NameUpstreams>>,
    addresses: Names,
    numbers: UpstreamNumbers,
}

struct Shared {
    places: Mutex<Places>,
    /// Of the certificate that miners are shown; none without TLS.
    fingerprint: Mutex<Option<String>>,
}

impl LanesTaker {
    /// For a node that was started with these settings.
    pub(in crate::node) fn new(
        settings: &Settings,
        view: &NodeView,
        ways: Vec<SettingsWay>,
        fingerprint: Option<String>,
    ) -> Self {
        let store: Option<&StoreWays> = view.store();
        Self {
            names: store.map(|store| store.posts.name.clone()),
            numbers: store.map_or_else(UpstreamNumbers::default, |store| {
                store.link.provenance().upstreams.clone()
            }),
            upstreams: Arc::clone(view.upstream_list()),
            addresses: view.names().clone(),
            ways,
            shared: Arc::new(Shared {
                places: Mutex::new(Places::at_start(&settings.pools)),
                fingerprint: Mutex::new(fingerprint),
            }),
        }
    }

    /// The store's numbers of upstreams that are new; none where nothing is stored.
    fn numbers_of(&self, names: Vec<String>) -> Result<Vec<UpstreamId>, String> {
        let Some(post) = self.names.as_ref().filter(|_| !names.is_empty()) else {
            return Ok(Vec::new());
        };
        let (done, told) = sync_channel(1);
        post.send(NameUpstreams { names, done });
        match told.recv_timeout(PATIENCE) {
            Ok(Some(numbers)) => Ok(numbers),
            Ok(None) => Err("pool: the store has no number left for another upstream".to_owned()),
            Err(_) => Err(
                "pool: the registry of rigs, which numbers upstreams, does not answer \
                           now; try again"
                    .to_owned(),
            ),
        }
    }
}

impl Taker for LanesTaker {
    fn prepare(&self, _: &Settings, new: &Settings) -> Result<Prepared, String> {
        let before = lock(&self.shared.places).clone();
        let places = before.with(&new.pools).ok_or_else(|| {
            let most = Places::MOST;
            format!(
                "pool: this process has known {most} upstreams since its start, and can't know \
                     more: restart it"
            )
        })?;
        let tls = if new.miners.tls_listen.is_empty() {
            None
        } else {
            let tls = miner_tls(new);
            Some(tls.map_err(|why| format!("miners.tls_certificate, miners.tls_key: {why:#}"))?)
        };
        let first_new = before.known().len();
        let new_ones = places.known()[first_new..].iter().map(UpstreamFacts::of);
        let facts: Vec<UpstreamFacts> = new_ones.collect();
        let numbers = self.numbers_of(facts.iter().map(|facts| facts.name.clone()).collect())?;

        let acceptor = tls.as_ref().map(|tls| tls.acceptor.clone());
        let lane = lane_settings(new, places.known(), places.order(), acceptor);
        let fingerprint = tls.map(|tls| tls.fingerprint);
        let is_other = fingerprint != *lock(&self.shared.fingerprint);
        let note = fingerprint.as_ref().filter(|_| is_other).map(|sha256| {
            format!("miners that connect from now on see another certificate, SHA-256 {sha256}")
        });
        let (addresses, dns_ttl) = (self.addresses.clone(), new.failover.dns_ttl);
        let (upstreams, ways) = (Arc::clone(&self.upstreams), self.ways.clone());
        let (shared, all_numbers) = (Arc::clone(&self.shared), self.numbers.clone());
        let take_over = move || {
            upstreams.tell(first_new, facts.into_iter());
            for (at, number) in numbers.into_iter().enumerate() {
                all_numbers.tell(first_new + at, number);
            }
            upstreams.set_order(places.order());
            addresses.keep_for(dns_ttl);
            give(&ways, &lane);
            *lock(&shared.places) = places;
            *lock(&shared.fingerprint) = fingerprint;
        };
        Ok(Prepared {
            note,
            take_over: Box::new(take_over),
        })
    }
}

fn give(ways: &[SettingsWay], settings: &LaneSettings) {
    for way in ways {
        way.take(settings);
    }
}
