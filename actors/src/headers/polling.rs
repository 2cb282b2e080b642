//! One look at the node after another.

use std::sync::Arc;

use zartrux_models::learn::difficulty::{
    DifficultyForecast, ForecastPoint, ForecastTrack, HeaderChain, NotForecast, TREND_HORIZONS,
    next_difficulty,
};

use super::held::Held;
use super::rpc::NodeRpc;
use super::view::{HeadersReport, Shared};
use crate::clock::Clock;
use crate::supervision::{ActorHealth, ActorState};

/// Blocks after which the forecast is learnt anew: two hours.
const LEARN_EVERY: u64 = 60;

/// Of the forecast's draws: any will do, and the same gives the same.
const SEED: u64 = 0x6865_6164;

/// A forecast and the height at which it was learnt.
#[derive(Debug)]
struct Learnt {
    model: DifficultyForecast,
    height: u64,
}

/// The thread's own.
#[derive(Debug)]
pub(super) struct Polling {
    node: NodeRpc,
    shared: Arc<Shared>,
    health: Arc<ActorHealth>,
    clock: Clock,
    held: Held,
    learnt: Option<Learnt>,
    track: ForecastTrack,
}

impl Polling {
    pub(super) fn new(
        node: NodeRpc,
        shared: Arc<Shared>,
        health: Arc<ActorHealth>,
        clock: Clock,
    ) -> Self {
        Self {
            node,
            shared,
            health,
            clock,
            held: Held::default(),
            learnt: None,
            track: ForecastTrack::default(),
        }
    }

    /// Asks the node once, and leaves a report.
    pub(super) fn look(&mut self) {
        self.health.step_begins();
        let mut report = HeadersReport::clone(&self.shared.report());
        match self.held.follow(&self.node) {
            Ok(chain) => {
                report.answered_unix_ms = Some(self.clock.unix_millis());
                report.error = None;
                if let Some(chain) = chain {
                    self.take(chain, &mut report);
                }
                self.health.set_state(ActorState::Running);
                let height = report.chain.as_ref().map(|chain| chain.tip().height);
                self.health.set_note(match (height, &report.missing) {
                    (Some(height), None) => format!("block {height}"),
                    (Some(height), Some(missing)) => format!("block {height}; {missing}"),
                    (None, _) => String::new(),
                });
            }
            Err(fault) => {
                let fault = fault.to_string();
                if report.error.as_ref() != Some(&fault) {
                    tracing::warn!(%fault, "no headers");
                }
                self.health.set_state(ActorState::Degraded);
                self.health.set_note(fault.as_str());
                report.error = Some(fault);
            }
        }
        self.shared.set(report);
    }

    /// After a panic: what led to it is forgotten.
    pub(super) fn begin_anew(&mut self, cause: &str, at_unix_ms: u64) {
        self.health.faulted(cause, at_unix_ms);
        (self.held, self.learnt) = (Held::default(), None);
        self.track = ForecastTrack::default();
    }

    fn take(&mut self, chain: HeaderChain, report: &mut HeadersReport) {
        let next = next_difficulty(&chain);
        let forecast = self.forecast(&chain);
        let why_not = next.as_ref().err().map(ToString::to_string);
        let why_not = why_not.or_else(|| forecast.as_ref().err().map(ToString::to_string));
        report.missing = why_not;
        report.next = next.ok();
        report.forecast = forecast.unwrap_or_default().into();
        report.outturns = self.track.iter().copied().collect();
        report.chain = Some(Arc::new(chain));
    }

    fn forecast(&mut self, chain: &HeaderChain) -> Result<Vec<ForecastPoint>, NotForecast> {
        let height = chain.tip().height;
        let old = |learnt: &Learnt| height.abs_diff(learnt.height) >= LEARN_EVERY;
        if self.learnt.as_ref().is_none_or(old) {
            let learnt = DifficultyForecast::learn(chain, SEED);
            self.learnt = learnt.ok().map(|model| Learnt { model, height });
        }
        let Some(Learnt { model, .. }) = &self.learnt else {
            self.track.note(None, chain)?;
            return Err(NotForecast::TooFew {
                have: chain.len(),
                needed: DifficultyForecast::HEADERS_MIN,
            });
        };
        self.track.note(Some(model), chain)?;
        model.forecast(chain, &TREND_HORIZONS)
    }
}
