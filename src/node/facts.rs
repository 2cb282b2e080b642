//! What the node shows of its settings.

use std::path::PathBuf;

use zartrux_actors::events::Severity;
use zartrux_config::Settings;
use zartrux_models::ledger::PresencePolicy;

use super::{NodeView, expectation};

/// What the node shows of its settings: no secret, no wallet.
#[derive(Debug)]
pub(crate) struct Facts {
    /// In the order of the settings.
    pub(crate) upstreams: Vec<UpstreamFacts>,
    /// Folder for everything that outlives the process.
    pub(crate) data: PathBuf,
    /// Whether shares pass the filters.
    pub(crate) filters: bool,
    /// Most rigs that are remembered.
    pub(crate) max_rigs: usize,
    /// Part of the prover's capacity that sampling may use: 0 to 1.
    pub(crate) budget: f64,
    /// Fewer shares are not learnt from.
    pub(crate) min_shares: usize,
    /// When a rig is late, and when it is silent.
    pub(crate) presence: PresencePolicy,
    lanes: usize,
}

/// An upstream of the settings.
#[derive(Debug)]
pub(crate) struct UpstreamFacts {
    /// `host:port`.
    pub(crate) name: String,
    /// Whether it speaks TLS.
    pub(crate) tls: bool,
    /// Whom it pays, masked.
    pub(crate) user: String,
}

impl Facts {
    pub(super) fn of(settings: &Settings) -> Self {
        let pools = settings.pools.iter();
        Self {
            upstreams: pools
                .map(|pool| UpstreamFacts {
                    name: format!("{}:{}", pool.url.host(), pool.url.port()),
                    tls: pool.url.is_tls(),
                    user: pool.user.masked(),
                })
                .collect(),
            data: PathBuf::from(&settings.node.data),
            filters: settings.filters.enabled,
            max_rigs: settings.filters.max_rigs,
            budget: settings.prove.budget.get(),
            min_shares: settings.learn.min_shares,
            presence: expectation(settings).policy,
            lanes: settings.node.lanes.max(1),
        }
    }
}

impl NodeView {
    /// Tells whoever will watch that the process began, and with what.
    pub(super) fn tell_of_start(&self) {
        let facts = self.facts();
        let names: Vec<&str> = facts.upstreams.iter().map(|up| &*up.name).collect();
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
