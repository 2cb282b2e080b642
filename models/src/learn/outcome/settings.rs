//! What training is told.

/// How an outcome model is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutcomeSettings {
    /// Of the choice of shares that stand for all that are not in a class.
    pub seed: u64,
    /// Rows that there must be.
    pub rows_min: usize,
    /// Shares of a class among the earlier rows for a line of its own; the same number of refusals
    /// and of accepted shares must be there for any model.
    pub class_min: usize,
    /// Part of the rows, the earlier one, that weights are fitted on.
    pub earlier: f64,
    /// Weight of the squares of weights, against the sum of log losses.
    pub penalty: f64,
    /// Steps of the solver that finds a first line, on some of the shares.
    pub first_steps: u64,
    /// Nats a share below which another step to the best line is not taken.
    pub gain: f64,
    /// Most steps to the best line.
    pub steps: u64,
    /// Most shares in a class that its line is fitted on.
    pub shares_max: usize,
    /// Shares outside a class, for each share in it that its line is fitted on.
    pub others_per_share: usize,
    /// Most shares outside a class that its line is fitted on.
    pub others_max: usize,
}

impl OutcomeSettings {
    /// What is usual.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self {
            seed,
            rows_min: 1_000,
            class_min: 30,
            earlier: 0.8,
            penalty: 1.0,
            first_steps: 50,
            gain: 1e-10,
            steps: 60,
            shares_max: 50_000,
            others_per_share: 10,
            others_max: 200_000,
        }
    }
}
