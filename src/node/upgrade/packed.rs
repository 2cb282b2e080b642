//! A node that has given its work out of hand, and waits for another process to take it.

use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;
use zartrux_actors::handover::LaneParcel;
use zartrux_actors::lane::Lane;

use super::predecessor::canonical;
use super::{Listeners, Offer};
use crate::node::Node;

/// How long connections to pools in TLS are carried on for the successor, at most.
const CARRIED: Duration = Duration::from_secs(600);

/// A node that serves nobody any more. Its listeners are open, its connections too, and it touches
/// none of them.
#[derive(Debug)]
pub struct Packed {
    lanes: Vec<Lane>,
    pub(super) listeners: Listeners,
    /// By lane.
    pub(super) parcels: Vec<Option<LaneParcel>>,
    root: Option<JoinHandle<()>>,
    stop_root: Option<oneshot::Sender<()>>,
}

impl Node {
    /// What a successor would take over.
    #[must_use]
    pub fn offer(&self) -> Offer {
        let settings = self.view.reloads().running();
        Offer {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            lanes: self.lanes.len(),
            data: canonical(&settings.node.data),
            listeners: self.spares.facts(),
            failed: None,
        }
    }

    /// Stops reading, settles what is pending for as long as the settings allow, packs the lanes and
    /// closes all else, so that another process can open it. Newcomers wait meanwhile.
    pub fn pack(mut self, tell: &mut dyn FnMut(&str)) -> Packed {
        // While a lane is packed, each connection may have two descriptors.
        if let Err(fault) = rlimit::increase_nofile_limit(rlimit::INFINITY) {
            tracing::warn!(%fault, "the limit of open files can't be raised");
        }
        let pending = self.settle_at_once();
        if pending > 0 {
            tell(&format!("{pending} shares were not settled in time"));
        }
        // While the store still takes what they note.
        if let Some(alerts) = self.view.alerts() {
            alerts.close();
        }
        let mut pack = |lane: &Lane| match lane.pack() {
            Ok(parcel) => Some(parcel),
            Err(why) => {
                tell(&format!(
                    "lane {} can't be packed, and its miners must connect anew: {why}",
                    lane.index
                ));
                None
            }
        };
        let parcels = self.lanes.iter().map(&mut pack).collect();
        self.stop_monitor();
        if let Some(trainer) = self.trainer.take() {
            trainer.close();
        }
        if let Some(store) = self.store.take() {
            store.close();
        }
        if let Some(bridge) = self.view.bridge() {
            bridge.close();
        }
        self.view.stop_prover();
        Packed {
            lanes: std::mem::take(&mut self.lanes),
            listeners: std::mem::take(&mut self.spares),
            parcels,
            root: self.root.take(),
            stop_root: self.stop_root.take(),
        }
    }
}

impl Packed {
    /// Ends what is left, once a successor serves: miners in TLS are closed in order, so that they
    /// connect to it, and connections to pools in TLS are carried on until it has its own.
    pub fn leave(self) {
        drop(self.parcels);
        drop(self.listeners);
        let carried: Vec<_> = self.lanes.into_iter().map(Lane::leave).collect();
        let sessions: usize = carried.iter().map(|pumps| pumps.running()).sum();
        if sessions > 0 {
            tracing::info!(
                sessions,
                "connections to pools in TLS are carried on until the successor has its own"
            );
        }
        for pumps in carried {
            if !pumps.wait(CARRIED) {
                let sessions = pumps.running();
                tracing::warn!(sessions, "left while connections to pools were carried on");
            }
        }
        if let Some(stop) = self.stop_root {
            // The root thread may have ended by itself.
            let _ = stop.send(());
        }
        if let Some(root) = self.root
            && root.join().is_err()
        {
            tracing::error!("the root thread panicked");
        }
    }
}
