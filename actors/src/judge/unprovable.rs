//! What there is to say where shares can't be proved that the prover should prove.

use zartrux_models::proof::knows_v2;
use zartrux_models::work::Algorithm;

use super::Judge;
use crate::events::Severity;

const TEXT: &str = "The pool's jobs are of rx/2, and the RandomX library of this build knows version 1 only: \
                    shares are passed on unproved, and those of rigs in quarantine are held. Build with \
                    RANDOMX_DIR to have them proved";

impl Judge {
    /// Tells the operator, once a lane, when shares of version 2 come to a prover that does not know
    /// it.
    pub(super) fn tell_unprovable(&mut self, algorithm: &Algorithm) {
        if *algorithm != Algorithm::Rx2 || self.told_unprovable || self.prover.is_none() {
            return;
        }
        self.told_unprovable = true;
        if !knows_v2() {
            tracing::warn!("{TEXT}");
            self.journal
                .say(Severity::Warning, "version_2_unproved", None, TEXT);
        }
    }
}
