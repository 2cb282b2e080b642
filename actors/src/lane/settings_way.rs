//! Other settings for a lane while it runs.

use std::sync::{Arc, Mutex, PoisonError};

use native_tls::TlsAcceptor;
use zartrux_models::judge::JudgePolicy;

use super::{Lane, LaneView, Upstream};
use crate::judge::ReplacePolicy;
use crate::messaging::Post;
use crate::miner_sessions::{ReplaceSettings, SessionSettings};
use crate::planner::{PlanPolicy, Planner, ReplacePlan, RoutePlan, SetWorth};
use crate::pool_session::PoolTimeouts;

/// Everything that a lane takes while it runs. It is checked before: a lane takes all of it.
#[derive(Clone)]
pub struct LaneSettings {
    /// Upstreams by place. Those that were there keep their places, also when they are not used any
    /// more: places are what shares, counts and journals know an upstream by.
    pub upstreams: Vec<Upstream>,
    /// Places in the order of preference.
    pub order: Vec<usize>,
    /// Routes, if there are any.
    pub routes: Option<Arc<RoutePlan>>,
    /// Timers of the pools' side.
    pub timeouts: PoolTimeouts,
    /// Choice of upstream.
    pub plan: PlanPolicy,
    /// Who proves first.
    pub judge: JudgePolicy,
    /// The miners' side.
    pub sessions: SessionSettings,
    /// Most shares under way.
    pub max_shares_in_flight: usize,
    /// Makes the handshakes of miners that connect with TLS from now on; none: as before.
    pub acceptor: Option<TlsAcceptor>,
}

impl std::fmt::Debug for LaneSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LaneSettings")
            .field("upstreams", &self.upstreams)
            .field("order", &self.order)
            .finish_non_exhaustive()
    }
}

/// How pool sessions are opened: by the place of their upstream.
#[derive(Debug)]
pub(super) struct Dialing {
    upstreams: Vec<Upstream>,
    timeouts: PoolTimeouts,
}

impl Dialing {
    pub(super) fn new(upstreams: Vec<Upstream>, timeouts: PoolTimeouts) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self {
            upstreams,
            timeouts,
        }))
    }

    /// The upstream at that place, and how long a new session with it waits.
    pub(super) fn of(dialing: &Mutex<Self>, place: usize) -> (Upstream, PoolTimeouts) {
        let dialing = dialing.lock().unwrap_or_else(PoisonError::into_inner);
        // The planner knows no place that was not told here before.
        (dialing.upstreams[place].clone(), dialing.timeouts)
    }
}

/// The way to give a lane other settings, from any thread.
#[derive(Debug, Clone)]
pub struct SettingsWay {
    pub(super) view: Arc<LaneView>,
    pub(super) dialing: Arc<Mutex<Dialing>>,
    pub(super) judge: Post<ReplacePolicy>,
    pub(super) planner: Post<ReplacePlan>,
    pub(super) worth: Post<SetWorth>,
    pub(super) sessions: Post<ReplaceSettings>,
}

impl Lane {
    /// The way to give it other settings.
    #[must_use]
    pub fn settings_way(&self) -> SettingsWay {
        self.posts.settings.clone()
    }
}

impl SettingsWay {
    /// What a hash is worth on a route from now on; none: not compared.
    pub fn set_worth(&self, route: &str, worth: Option<f64>) {
        let route = route.into();
        self.worth.send(SetWorth { route, worth });
    }

    /// The lane goes by these from now on. Cannot fail: what could was done before.
    pub fn take(&self, settings: &LaneSettings) {
        // In this order: a new upstream is known to whoever opens its sessions and to the judge
        // before the planner asks for the first of them.
        {
            let mut dialing = self.dialing.lock().unwrap_or_else(PoisonError::into_inner);
            dialing.upstreams.clone_from(&settings.upstreams);
            dialing.timeouts = settings.timeouts;
        }
        self.view.set_order(&settings.order);
        let upstreams = settings.upstreams.iter();
        self.judge.send(ReplacePolicy {
            policy: settings.judge,
            ban_rules: upstreams.clone().map(|up| up.ban_rule).collect(),
        });
        self.sessions.send(ReplaceSettings {
            settings: settings.sessions,
            max_shares_in_flight: settings.max_shares_in_flight,
            acceptor: settings.acceptor.clone(),
        });
        self.planner.send(ReplacePlan {
            policy: settings.plan,
            max_sessions: upstreams.map(|up| up.max_sessions).collect(),
            order: settings.order.clone(),
            routes: settings.routes.clone(),
            timeouts: settings.timeouts,
            linger: Planner::linger_after(&settings.judge),
        });
    }
}
