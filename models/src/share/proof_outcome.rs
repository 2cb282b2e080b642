//! What a proof showed.

/// What a proof showed, or that there was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProofOutcome {
    /// The hash is as claimed.
    Good,
    /// It differs, and does not meet the target.
    Bad,
    /// It differs but meets the target: the true one was sent.
    Corrected,
    /// There was none in time, or the prover failed.
    None,
}

impl ProofOutcome {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Good, Self::Bad, Self::Corrected, Self::None];

    /// A name for metrics and records.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Corrected => "corrected",
            Self::None => "none",
        }
    }
}
