//! The difficulty of the network's blocks: of the next one exactly, of later ones by forecast.
//!
//! - [`HeaderChain`]: headers that follow each other, checked
//! - [`next_difficulty`]: what the network will ask for the next block, as every node computes it
//! - [`DifficultyForecast`]: what is learnt of a chain: how its hash rate wanders and how far
//!   forecasts were off; gives [`ForecastPoint`]s
//! - [`evaluate`]: how good forecasts would have been, against "as now"
//! - [`ForecastTrack`]: what was forecast against what came

mod evaluation;
mod exemplar;
mod forecast;
mod hash_rate;
mod header;
mod next;
mod paths;
mod track;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use evaluation::{HorizonScore, evaluate};
pub use forecast::{
    DifficultyForecast, FORECAST_MAX, ForecastPoint, LEVEL_BAND, NotForecast, TREND_HORIZONS, Trend,
};
pub use header::{BadHeaders, BlockHeader, HeaderChain};
pub use next::{KNOWN_AHEAD, NoNextDifficulty, known_ahead, next_difficulty};
pub use track::{ForecastTrack, Outturn};

/// Blocks from which a difficulty is computed (`DIFFICULTY_WINDOW` in Monero's
/// `src/cryptonote_config.h`, as the others below).
pub const WINDOW: usize = 720;
/// The newest blocks, which have no say (`DIFFICULTY_LAG`).
pub const LAG: usize = 15;
/// Outliers that are left out at each end of the sorted times (`DIFFICULTY_CUT`).
pub const CUT: usize = 60;
/// Blocks that are looked at (`DIFFICULTY_BLOCKS_COUNT`).
pub const BLOCKS: usize = WINDOW + LAG;
/// Seconds that a block should take (`DIFFICULTY_TARGET_V2`).
pub const TARGET_SECONDS: u64 = 120;

/// Times that count: what is left of a full window between the outliers.
const KEPT: usize = WINDOW - 2 * CUT;
