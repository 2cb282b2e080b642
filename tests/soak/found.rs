//! What was found not to hold.

use std::fmt;

/// Something that must never be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    /// `I1` to `I7`, or `run` for the program's own end or a check that could not be made.
    pub(crate) invariant: &'static str,
    /// What was seen.
    pub(crate) text: String,
    /// Milliseconds since the soak began.
    pub(crate) at_ms: u64,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.at_ms as f64 / 1000.0;
        write!(
            f,
            "{} broken at {seconds:.1} s: {}",
            self.invariant, self.text
        )
    }
}
