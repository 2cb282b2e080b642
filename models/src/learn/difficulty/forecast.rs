//! The difficulty further ahead.

use serde::{Deserialize, Serialize};

use super::evaluation::quantile;
use super::hash_rate::{float128, hash_rate, step_variance};
use super::paths::{Spread, spreads};
use super::{BLOCKS, CUT, HeaderChain, KNOWN_AHEAD, NoNextDifficulty, known_ahead};
use crate::filter::Feature;
use crate::learn::artifact::{Digest, Learnt, digest_of_features};
use crate::ledger::ModelSlot;

/// Blocks ahead at most: a day.
pub const FORECAST_MAX: usize = 720;

/// A difficulty within this of the next one counts as level: a hundredth.
pub const LEVEL_BAND: f64 = 0.01;

/// Blocks ahead that a forecast is shown for where nothing else is asked.
pub const TREND_HORIZONS: [usize; 8] = [1, 10, 30, 60, 120, 240, 360, 720];

/// What is forecast is between `low` and `high` with this probability.
const COVERAGE: f64 = 0.9;

/// Blocks ahead for which errors are learnt. Up to the sixth the times between the cuts are those
/// of known blocks, and only a miner whose clock is slow can move them.
const KNOTS: [usize; 12] = [17, 30, 45, 60, 76, 90, 120, 180, 240, 360, 480, 720];

/// Blocks ahead up to which the window's cuts keep what is still to come out of the times.
const NEAR: usize = KNOWN_AHEAD + CUT;

/// Past forecasts from which errors are learnt, at most.
const REHEARSALS: usize = 100;

/// How much wider than simulated an interval is where no past errors are known: a hash rate has its
/// days and its steps, and is no random walk alone.
const PRIOR_WIDENING: f64 = 1.3;

/// As many past errors as this, free of each other, weigh as much as [`PRIOR_WIDENING`].
const PRIOR_WEIGHT: f64 = 5.0;

/// Past errors widen intervals up to this many times, and never narrow them: there are few.
const WIDEST: f64 = 10.0;

/// What a simulated logarithm may be off by for being computed with 53 bits.
const ROUNDED: f64 = 1e-9;

/// A variance of a block's step or an error above this is no network's.
const ABSURD: f64 = 100.0;

/// Which way it goes, as against the next difficulty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trend {
    /// Lower by more than [`LEVEL_BAND`].
    Down,
    /// About the same.
    Level,
    /// Higher by more than [`LEVEL_BAND`].
    Up,
}

impl Trend {
    /// From one difficulty to another, by their logarithms.
    #[must_use]
    pub fn of(now_log: f64, then_log: f64) -> Self {
        let change = then_log - now_log;
        if change > LEVEL_BAND.ln_1p() {
            Self::Up
        } else if change < -LEVEL_BAND.ln_1p() {
            Self::Down
        } else {
            Self::Level
        }
    }
}

/// What is forecast for one block; difficulties in hashes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ForecastPoint {
    /// Blocks after the newest.
    pub blocks: usize,
    /// With a probability of 90 % it is not below `low` nor above `high`.
    pub low: f64,
    /// As likely above as below.
    pub middle: f64,
    /// See `low`.
    pub high: f64,
    /// Of `middle`, as against the next difficulty.
    pub class: Trend,
}

/// Why nothing is forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotForecast {
    /// The window is not full.
    #[error("{have} headers are here, and a forecast needs {needed}")]
    TooFew {
        /// Headers.
        have: usize,
        /// Headers.
        needed: usize,
    },
    /// There is no next difficulty.
    #[error(transparent)]
    NoNext(#[from] NoNextDifficulty),
    /// Further than is forecast.
    #[error("{0} blocks ahead: must be 1 to {FORECAST_MAX}")]
    Horizon(usize),
}

/// What is learnt of a chain: how its hash rate wanders, and how far forecasts were off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DifficultyForecast {
    /// Of the log hash rate's step from block to block.
    block_variance: f64,
    /// At each knot: what nine of ten errors of the logarithm stayed below where the simulation
    /// leaves nothing open.
    floor: Vec<f64>,
    /// At each knot: what the simulated interval's width is multiplied by.
    widening: Vec<f64>,
    /// Of whatever is drawn.
    seed: u64,
}

impl DifficultyForecast {
    /// Fewest headers to learn from: a full window, and one to see what came.
    pub const HEADERS_MIN: usize = BLOCKS + 1;

    /// Learns from a chain. The further it reaches beyond [`DifficultyForecast::HEADERS_MIN`], the
    /// more is known of past errors; where there are none, intervals are somewhat wider than simulated.
    ///
    /// # Errors
    /// The chain is too short, or has no next difficulty.
    pub fn learn(chain: &HeaderChain, seed: u64) -> Result<Self, NotForecast> {
        let too_few = NotForecast::TooFew {
            have: chain.len(),
            needed: Self::HEADERS_MIN,
        };
        if chain.len() < Self::HEADERS_MIN {
            return Err(too_few);
        }
        let mut learnt = Self {
            block_variance: step_variance(chain).ok_or(too_few)?,
            floor: vec![0.0; KNOTS.len()],
            widening: vec![PRIOR_WIDENING; KNOTS.len()],
            seed,
        };
        learnt.learn_errors(chain)?;
        Ok(learnt)
    }

    /// Forecasts from past heights, held against what came.
    fn learn_errors(&mut self, chain: &HeaderChain) -> Result<(), NotForecast> {
        let rehearsed = chain.len() - BLOCKS;
        let stride = rehearsed.div_ceil(REHEARSALS);
        let mut errors: Vec<Vec<(f64, f64)>> = vec![Vec::new(); KNOTS.len()];
        let logs: Vec<f64> = chain
            .iter()
            .map(|header| float128(header.difficulty).ln())
            .collect();
        for length in (BLOCKS..chain.len()).step_by(stride) {
            let reached: Vec<usize> = KNOTS
                .into_iter()
                .filter(|knot| length + knot <= chain.len())
                .collect();
            if reached.is_empty() {
                break;
            }
            let spreads = self.simulated(&chain.as_of(length), &reached)?;
            for ((errors, spread), knot) in errors.iter_mut().zip(&spreads).zip(&reached) {
                let error = logs[length + knot - 1] - spread.middle;
                let half = if error < 0.0 {
                    spread.middle - spread.low
                } else {
                    spread.high - spread.middle
                };
                errors.push((error.abs(), half));
            }
        }
        let mut floor: f64 = 0.0;
        for (place, (knot, errors)) in KNOTS.into_iter().zip(&errors).enumerate() {
            if knot <= NEAR {
                let sizes: Vec<f64> = errors.iter().map(|(size, _)| *size).collect();
                // What is further ahead is not surer.
                floor = floor.max(quantile(&sizes, COVERAGE).unwrap_or(0.0));
            } else {
                let ratios: Vec<f64> = errors
                    .iter()
                    .map(|(size, half)| (size - floor).max(0.0) / half.max(f64::EPSILON))
                    .collect();
                // Forecasts that overlap err together: those that don't are counted.
                let apart = float128((rehearsed / knot) as u128);
                let seen = quantile(&ratios, COVERAGE).unwrap_or(1.0);
                let log = (seen.clamp(1.0, WIDEST).ln() * apart
                    + PRIOR_WIDENING.ln() * PRIOR_WEIGHT)
                    / (apart + PRIOR_WEIGHT);
                self.widening[place] = log.exp();
            }
            self.floor[place] = floor;
        }
        Ok(())
    }

    fn simulated(&self, chain: &HeaderChain, ahead: &[usize]) -> Result<Vec<Spread>, NotForecast> {
        let too_few = NotForecast::TooFew {
            have: chain.len(),
            needed: BLOCKS,
        };
        if chain.len() < BLOCKS {
            return Err(too_few);
        }
        let rate = hash_rate(chain, self.block_variance).ok_or(too_few)?;
        let seed = self.seed ^ chain.tip().height;
        Ok(spreads(chain, rate, self.block_variance, ahead, seed))
    }

    /// What is forecast for the blocks so many after the chain's newest, in the order of `ahead`.
    /// Where the chain alone decides, what it decides: low, middle and high are the same.
    ///
    /// # Errors
    /// The chain has no full window, or a horizon is zero or too far.
    pub fn forecast(
        &self,
        chain: &HeaderChain,
        ahead: &[usize],
    ) -> Result<Vec<ForecastPoint>, NotForecast> {
        if let Some(bad) = ahead
            .iter()
            .find(|blocks| !(1..=FORECAST_MAX).contains(*blocks))
        {
            return Err(NotForecast::Horizon(*bad));
        }
        let spreads = self.simulated(chain, ahead)?;
        let known = known_ahead(chain)?;
        let now_log = known.first().map_or(0.0, |now| float128(*now).ln());
        let points = ahead.iter().zip(spreads).map(|(&blocks, spread)| {
            let (low, middle, high) = known.get(blocks - 1).map_or_else(
                || {
                    let (floor, widening) = self.calibration(blocks);
                    let below = floor + widening * (spread.middle - spread.low);
                    let above = floor + widening * (spread.high - spread.middle);
                    (
                        (spread.middle - below).exp(),
                        spread.middle.exp(),
                        (spread.middle + above).exp(),
                    )
                },
                |known| {
                    let known = float128(*known);
                    (known, known, known)
                },
            );
            ForecastPoint {
                blocks,
                low,
                middle,
                high,
                class: Trend::of(now_log, middle.ln()),
            }
        });
        Ok(points.collect())
    }

    /// Floor and widening at a horizon: those of the nearest knot that is no nearer.
    fn calibration(&self, blocks: usize) -> (f64, f64) {
        let place = KNOTS.partition_point(|knot| *knot < blocks);
        let place = place.min(KNOTS.len() - 1);
        (self.floor[place].max(ROUNDED), self.widening[place])
    }
}

/// What a forecast is made from.
const FEATURES: &[Feature] = &[
    Feature {
        name: "timestamp",
        unit: "s",
        low: 0.0,
        high: 8_589_934_592.0,
        neutral: 0.0,
    },
    Feature {
        name: "difficulty",
        unit: "hashes",
        low: 1.0,
        high: 3.5e38,
        neutral: 1.0,
    },
];

impl Learnt for DifficultyForecast {
    const SLOT: ModelSlot = ModelSlot::Difficulty;
    const SCHEMA: u16 = 1;

    fn features() -> Digest {
        digest_of_features(FEATURES)
    }

    fn check(&self) -> Result<(), String> {
        let within = |name: &str, number: f64| {
            if (0.0..=ABSURD).contains(&number) {
                Ok(())
            } else {
                Err(format!("{name} is {number}, and can't be above {ABSURD}"))
            }
        };
        within("the variance of a block's step", self.block_variance)?;
        for (name, numbers) in [("a floor", &self.floor), ("a widening", &self.widening)] {
            if numbers.len() != KNOTS.len() {
                return Err(format!(
                    "{name} is there for {} horizons instead of {}",
                    numbers.len(),
                    KNOTS.len()
                ));
            }
            for number in numbers {
                within(name, *number)?;
            }
        }
        Ok(())
    }

    /// Logarithms of what it forecasts from a chain that is always the same.
    fn answers(&self) -> Vec<f64> {
        let Some(chain) = super::exemplar::chain() else {
            return Vec::new();
        };
        let asked = [30, 120, 360, FORECAST_MAX];
        self.forecast(&chain, &asked).map_or_else(
            |_| Vec::new(),
            |points| {
                let numbers = points.iter().flat_map(|p| [p.low, p.middle, p.high]);
                numbers.map(f64::ln).collect()
            },
        )
    }
}
