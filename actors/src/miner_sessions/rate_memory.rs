//! How fast a miner is to be expected to hash an algorithm before it has sent a share of it.

use zartrux_models::plan::{Vardiff, VardiffPolicy};
use zartrux_models::share::RigKey;
use zartrux_models::work::{Algorithm, Difficulty};

use super::Seat;

/// The hash rates that are remembered of rigs, per second and by algorithm: asked before a
/// connection's first job, and when the algorithm of its jobs changes.
pub trait RateMemory: Send + Sync {
    /// How fast a rig hashes an algorithm; none if nothing is known.
    fn rate(&self, rig: RigKey, algorithm: &Algorithm) -> Option<f64>;

    /// A rig was this fast when it was last seen at an algorithm.
    fn note(&self, rig: RigKey, algorithm: &Algorithm, rate: f64);
}

/// One that is told nothing: it has its rates from elsewhere.
impl<F: Fn(RigKey) -> Option<f64> + Send + Sync> RateMemory for F {
    fn rate(&self, rig: RigKey, _: &Algorithm) -> Option<f64> {
        self(rig)
    }

    fn note(&self, _: RigKey, _: &Algorithm, _: f64) {}
}

impl Seat {
    /// The estimate begins anew where there is none, or where it is of another algorithm: a rig's
    /// rate at one tells little of its rate at another. What it is to be asked for first, if so.
    ///
    /// Known by what is remembered of it; else, at a change from one version of Monero's algorithm
    /// to the other, by its rate so far, since these differ by a quarter at most; else by what it
    /// says of itself (`algo-perf`); else by nothing. Whatever it is counts as little as two shares.
    pub(super) fn begin_estimate(
        &mut self,
        policy: &VardiffPolicy,
        algorithm: &Algorithm,
        upstream: Difficulty,
        memory: &dyn RateMemory,
    ) -> Option<Difficulty> {
        if self.vardiff.is_some() && self.hashing.as_ref() == Some(algorithm) {
            return None;
        }
        self.note_rate(memory);
        let identity = self.identity.as_deref();
        let remembered = identity.and_then(|rig| memory.rate(rig.standing.key, algorithm));
        let followed = self
            .hashing
            .as_ref()
            .filter(|before| before.is_moneros() && algorithm.is_moneros())
            .and(self.vardiff.as_ref())
            .map(Vardiff::hash_rate);
        let claimed = || identity.and_then(|rig| rig.perf.rate(algorithm));
        let rate = remembered.or(followed).or_else(claimed);
        let (vardiff, first) = if let Some(rate) = rate {
            Vardiff::resumed(policy, rate, upstream)
        } else {
            let first = policy.start(upstream);
            (Vardiff::new(policy, first), first)
        };
        self.vardiff = Some(vardiff);
        self.hashing = Some(algorithm.clone());
        Some(first)
    }

    /// Has it remembered how fast the miner was, if shares have shown it.
    pub(super) fn note_rate(&self, memory: &dyn RateMemory) {
        if let (Some(rig), Some(rate), Some(algorithm)) =
            (self.identity.as_deref(), self.shown_rate(), &self.hashing)
        {
            memory.note(rig.standing.key, algorithm, rate);
        }
    }

    /// Hashes per second, if shares have shown it: what a miner says of itself is not believed.
    pub(super) fn shown_rate(&self) -> Option<f64> {
        let shown = self.identity.as_deref().is_some_and(|rig| rig.introduced);
        let vardiff = self.vardiff.as_ref().filter(|_| shown);
        vardiff.map(Vardiff::hash_rate)
    }
}
