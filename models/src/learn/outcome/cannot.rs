//! Why there is no model.

/// Why nothing can be learnt from rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotLearn {
    /// There is too little of everything.
    #[error("there are {rows} shares whose end is known, and {needed} are needed")]
    TooFewRows {
        /// How many there are.
        rows: usize,
        /// How many there must be.
        needed: usize,
    },
    /// They are not in order of time.
    #[error("share {place} came before the one that is in front of it")]
    NotInOrder {
        /// From 0.
        place: usize,
    },
    /// Too few were refused to learn why.
    #[error(
        "{refused} of the {rows} earlier shares were refused, and {needed} are needed to tell such shares from others"
    )]
    TooFewRefused {
        /// How many were.
        refused: usize,
        /// Of how many.
        rows: usize,
        /// How many there must be.
        needed: usize,
    },
    /// Too few were accepted.
    #[error(
        "{accepted} of the {rows} earlier shares were accepted, and {needed} are needed to tell such shares from others"
    )]
    TooFewAccepted {
        /// How many were.
        accepted: usize,
        /// Of how many.
        rows: usize,
        /// How many there must be.
        needed: usize,
    },
    /// The solver gave up.
    #[error("no weights were found for {head} from {rows} shares: {why}")]
    NoSolution {
        /// What they are for.
        head: &'static str,
        /// Shares that it was given.
        rows: usize,
        /// What it says.
        why: String,
    },
}
