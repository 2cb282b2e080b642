//! The network's difficulty: forecasts against what came.

use std::io::{BufRead, Read as _};

use serde::Serialize;
use zartrux_models::learn::difficulty::{
    BlockHeader, DifficultyForecast, ForecastPoint, HeaderChain, HorizonScore, TREND_HORIZONS,
    evaluate,
};

use super::Measured;

/// How forecasts did, and what comes next.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Difficulty {
    /// The first height and the last.
    pub(crate) heights: (u64, u64),
    /// Headers that were learnt from: the first.
    pub(crate) learnt: usize,
    /// Forecasts of the heights after them, by how far ahead.
    pub(crate) scores: Vec<HorizonScore>,
    /// Forecasts 60 blocks ahead.
    pub(crate) track: Vec<Track>,
    /// What is forecast from the last header on, after learning from all.
    pub(crate) next: Vec<ForecastPoint>,
}

/// A forecast and what came.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Track {
    /// Of the block.
    pub(crate) height: u64,
    /// What was forecast.
    pub(crate) forecast: ForecastPoint,
    /// What came.
    pub(crate) came: f64,
}

/// How far ahead the track looks, blocks.
pub(super) const AHEAD: usize = 60;

/// Heights that forecasts are made at, at most.
const TRIES: usize = 100;

/// Longest line that is read, bytes.
const LINE: u64 = 256;

/// Reads headers from lines of `height,timestamp,difficulty`; a first line of names is passed over.
///
/// # Errors
/// The first line that is amiss, or headers that are no chain.
pub(crate) fn read_headers(mut input: impl BufRead) -> Result<HeaderChain, String> {
    let mut headers: Vec<BlockHeader> = Vec::new();
    let mut cumulative = 0u128;
    for number in 1u64.. {
        let mut line = String::new();
        let read = input
            .by_ref()
            .take(LINE)
            .read_line(&mut line)
            .map_err(|why| format!("line {number}: {why}"))?;
        if read == 0 {
            break;
        }
        if number == 1 && line.trim_start_matches('\u{feff}').starts_with("height") {
            continue;
        }
        if line.trim().is_empty() {
            continue;
        }
        let (height, unix_s, difficulty) = header_of(line.trim()).ok_or_else(|| {
            format!("line {number}: expected height,timestamp,difficulty in whole numbers")
        })?;
        cumulative = cumulative
            .checked_add(difficulty)
            .ok_or_else(|| format!("line {number}: difficulty: is too great"))?;
        headers.push(BlockHeader {
            height,
            unix_s,
            difficulty,
            cumulative,
        });
        if headers.len() > HeaderChain::MOST {
            break;
        }
    }
    HeaderChain::new(headers).map_err(|why| why.to_string())
}

fn header_of(line: &str) -> Option<(u64, u64, u128)> {
    let mut cells = line.split(',').map(str::trim);
    let header = (
        cells.next()?.parse().ok()?,
        cells.next()?.parse().ok()?,
        cells.next()?.parse().ok()?,
    );
    // What nodes tell besides, such as the sum of difficulties, follows from these.
    Some(header)
}

/// Learns from the first half of the headers, and holds forecasts against the second.
pub(crate) fn difficulty(chain: &HeaderChain, seed: u64) -> Measured<Difficulty> {
    let told = |why: zartrux_models::learn::difficulty::NotForecast| why.to_string();
    let learnt = (chain.len() / 2).max(DifficultyForecast::HEADERS_MIN);
    let stride = chain.len().saturating_sub(learnt).div_ceil(TRIES).max(1);
    let scores = evaluate(chain, learnt, &TREND_HORIZONS, stride, seed).map_err(told)?;
    let model = DifficultyForecast::learn(&chain.as_of(learnt), seed).map_err(told)?;
    let mut track = Vec::new();
    for length in (learnt..chain.len()).step_by(stride) {
        let known = chain.as_of(length);
        let height = known.tip().height.saturating_add(AHEAD as u64);
        let Some(came) = chain.at(height) else { break };
        let points = model.forecast(&known, &[AHEAD]).map_err(told)?;
        track.extend(points.into_iter().map(|forecast| Track {
            height,
            forecast,
            came: real(came.difficulty),
        }));
    }
    let all = DifficultyForecast::learn(chain, seed).map_err(told)?;
    Ok(Difficulty {
        heights: (chain.first().height, chain.tip().height),
        learnt,
        scores,
        track,
        next: all.forecast(chain, &TREND_HORIZONS).map_err(told)?,
    })
}

#[expect(clippy::cast_precision_loss, reason = "to be shown by a few digits")]
const fn real(difficulty: u128) -> f64 {
    difficulty as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(count: u64) -> String {
        let header = |place: u64| {
            let wave = place % 50;
            format!(
                "{},{},{}\n",
                3_000_000 + place,
                1_700_000_000 + place * 120,
                400_000_000_000 + wave
            )
        };
        (0..count).map(header).collect()
    }

    #[test]
    fn headers_are_read_with_names_above_them_or_without() {
        let chain = read_headers(lines(3).as_bytes()).unwrap();
        let named = format!("height,timestamp,difficulty\r\n{}", lines(3));
        assert_eq!(read_headers(named.as_bytes()).unwrap(), chain);
        assert_eq!((chain.len(), chain.tip().height), (3, 3_000_002));
    }

    #[test]
    fn a_recorded_chain_of_a_real_node_is_read_and_forecast() {
        let recorded = include_bytes!("../../tests/fixtures/headers-regtest.csv");
        let chain = read_headers(recorded.as_slice()).unwrap();
        assert_eq!(chain.len(), 2_601);
        let judged = difficulty(&chain, 1).unwrap();
        // What is known ten blocks ahead is known exactly, on a node's own numbers too.
        let ten = judged.scores.iter().find(|score| score.blocks == 10);
        assert!(ten.unwrap().error < 1e-6 && ten.unwrap().error_as_now > 1e-3);
    }

    #[test]
    fn what_is_amiss_is_told_by_its_line() {
        for (text, words) in [
            ("1,2\n", "line 1"),
            ("1,1700000000,5\n2,1700000000,x\n", "line 2"),
            ("1,1700000000,5\n3,1700000000,5\n", "height"),
            ("", "no header"),
        ] {
            let why = read_headers(text.as_bytes()).unwrap_err();
            assert!(why.contains(words), "{text:?}: {why}");
        }
        assert!(read_headers("9".repeat(10_000).as_bytes()).is_err());
    }

    #[test]
    fn too_few_headers_have_no_forecast_and_enough_are_held_against_what_came() {
        let few = read_headers(lines(500).as_bytes()).unwrap();
        assert!(difficulty(&few, 1).is_err());
        let enough = read_headers(lines(1_000).as_bytes()).unwrap();
        let judged = difficulty(&enough, 1).unwrap();
        assert_eq!(judged.heights, (3_000_000, 3_000_999));
        assert!(!judged.track.is_empty() && !judged.scores.is_empty());
        for track in &judged.track {
            let came = enough.at(track.height).unwrap().difficulty;
            assert!((track.came - real(came)).abs() < 0.5);
        }
    }
}
