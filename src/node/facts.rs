//! What the node shows of its settings.

use std::path::PathBuf;

use zartrux_actors::events::Severity;
use zartrux_config::{Pool, Settings};
use zartrux_models::ledger::PresencePolicy;

use super::NodeView;
use super::store_settings::presence_policy;

/// What the node shows of settings that hold for as long as it runs: no secret, no wallet.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Folder for everything that outlives the process.
    pub(crate) data: PathBuf,
    /// Whether shares pass the filters.
    pub(crate) filters: bool,
    /// Most rigs that are remembered.
    pub(crate) max_rigs: usize,
    /// Fewer shares are not learnt from.
    pub(crate) min_shares: usize,
    lanes: usize,
}

/// An upstream of the settings.
#[derive(Debug, Clone)]
pub(crate) struct UpstreamFacts {
    /// `host:port`.
    pub(crate) name: String,
    /// Whether it speaks TLS.
    pub(crate) tls: bool,
    /// Whom it pays, masked.
    pub(crate) user: String,
    /// The route that it is of.
    pub(crate) route: String,
}

impl UpstreamFacts {
    pub(super) fn of(pool: &Pool) -> Self {
        Self {
            name: format!("{}:{}", pool.url.host(), pool.url.port()),
            tls: pool.url.is_tls(),
            user: pool.user.masked(),
            route: pool.route.clone(),
        }
    }
}

impl Facts {
    pub(super) fn of(settings: &Settings) -> Self {
        Self {
            data: PathBuf::from(&settings.node.data),
            filters: settings.filters.enabled,
            max_rigs: settings.filters.max_rigs,
            min_shares: settings.learn.min_shares,
            lanes: settings.node.lanes.max(1),
        }
    }
}

impl NodeView {
    /// Part of the prover's capacity that sampling may use now: 0 to 1.
    pub(crate) fn prove_budget(&self) -> f64 {
        self.reloads().running().prove.budget.get()
    }

    /// When a rig is late, and when it is silent, now.
    pub(crate) fn presence_policy(&self) -> PresencePolicy {
        presence_policy(&self.reloads().running())
    }

    /// Tells whoever will watch that the process began, and with what.
    pub(super) fn tell_of_start(&self) {
        let facts = self.facts();
        let order = self.upstream_order();
        let names = order.iter().filter_map(|place| self.upstream_name(*place));
        let names: Vec<&str> = names.collect();
        let text = format!(
            "zartrux {} began: upstreams {}; lanes: {}; filters: {}",
            env!("CARGO_PKG_VERSION"),
            names.join(", "),
            facts.lanes,
            if facts.filters { "on" } else { "off" },
        );
        let now_ms = self.clock().unix_millis();
        self.events()
            .tell(now_ms, Severity::Info, "run_began", None, &text);
    }
}
