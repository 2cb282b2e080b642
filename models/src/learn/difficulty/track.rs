//! What was forecast against what came.

use std::collections::VecDeque;

use serde::Serialize;

use super::hash_rate::float128;
use super::{DifficultyForecast, HeaderChain, NotForecast};

/// A forecast and, once it is there, what came; difficulties in hashes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Outturn {
    /// Of the block that was forecast.
    pub height: u64,
    /// Blocks ahead that it was.
    pub blocks: usize,
    /// See [`super::ForecastPoint`].
    pub low: f64,
    /// As likely above as below.
    pub middle: f64,
    /// See [`super::ForecastPoint`].
    pub high: f64,
    /// What the block asked for; none before it came.
    pub came: Option<f64>,
}

/// The last forecasts of some horizons, at most [`ForecastTrack::MOST`] in all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ForecastTrack(VecDeque<Outturn>);

impl ForecastTrack {
    /// Forecasts that are kept.
    pub const MOST: usize = 1_440;

    /// Blocks ahead of the forecasts that are noted.
    pub const AHEAD: [usize; 3] = [1, 10, 60];

    /// Looks what came of earlier forecasts, and notes those that the chain's newest block allows.
    ///
    /// # Errors
    /// Nothing can be forecast; what came is noted all the same.
    pub fn note(
        &mut self,
        model: Option<&DifficultyForecast>,
        chain: &HeaderChain,
    ) -> Result<(), NotForecast> {
        for outturn in &mut self.0 {
            // Anew each time: the block may have been another's before.
            if let Some(header) = chain.at(outturn.height) {
                outturn.came = Some(float128(header.difficulty));
            }
        }
        let Some(model) = model else {
            return Ok(());
        };
        let points = model.forecast(chain, &Self::AHEAD)?;
        for point in points {
            let height = chain.tip().height.saturating_add(point.blocks as u64);
            let same = |noted: &Outturn| noted.height == height && noted.blocks == point.blocks;
            // From the branch that was left.
            self.0.retain(|noted| !same(noted));
            self.0.push_back(Outturn {
                height,
                blocks: point.blocks,
                low: point.low,
                middle: point.middle,
                high: point.high,
                came: None,
            });
        }
        let gone = self.0.len().saturating_sub(Self::MOST);
        self.0.drain(..gone);
        Ok(())
    }

    /// Forecasts, the newest last.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Outturn> + ExactSizeIterator {
        self.0.iter()
    }
}
