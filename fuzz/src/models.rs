//! Small models of each kind, for the corpus.

use zartrux_models::filter::Behaviour;
use zartrux_models::learn::artifact::{DataFacts, write};
use zartrux_models::learn::behaviour::{BehaviourRow, ClusterSettings};
use zartrux_models::learn::difficulty::{BlockHeader, DifficultyForecast, HeaderChain};
use zartrux_models::learn::lift::Trial;
use zartrux_models::learn::outcome::OutcomeSettings;
use zartrux_models::learn::training::{train_behaviour, train_outcome, train_ranking};
use zartrux_models::ledger::Arm;
use zartrux_models::share::RigKey;
use zartrux_models::simulation::outcome_rows;

/// Files of models with their names.
///
/// # Panics
/// One can't be trained.
#[must_use]
pub fn files_of_models() -> Vec<(&'static str, Vec<u8>)> {
    let rows = outcome_rows(20_000, 1);
    let (outcome, _) =
        train_outcome(&rows, &OutcomeSettings::new(1), None).expect("shares to learn from");
    let (behaviour, _) = train_behaviour(&blocks(), &ClusterSettings::default(), 1, None)
        .expect("blocks to learn from");
    let ranking = train_ranking(&trials(), 1).expect("scans to rank by");
    let difficulty = DifficultyForecast::learn(&headers(), 1).expect("headers to learn from");
    let difficulty = write(&difficulty, DataFacts::default(), 1, None, Vec::new());
    vec![
        ("outcome", outcome.file),
        ("behaviour", behaviour.file),
        ("ranking", ranking.file),
        ("difficulty", difficulty.expect("a forecast's numbers")),
    ]
}

/// The same numbers each time, from 0 to 1.
fn numbers() -> impl FnMut() -> f64 {
    let mut state = 1u64;
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        f64::from((state >> 33) as u32) / f64::from(1u32 << 31)
    }
}

fn blocks() -> Vec<BehaviourRow> {
    let mut number = numbers();
    (0..2_000u64)
        .map(|block| {
            let mut behaviour = [0.0; Behaviour::LEN];
            for (value, feature) in behaviour.iter_mut().zip(Behaviour::FEATURES) {
                let around = feature.neutral.clamp(feature.low, feature.high);
                let reach = (feature.high - feature.low) * 0.05;
                *value = (around + reach * number()).clamp(feature.low, feature.high) as f32;
            }
            BehaviourRow {
                rig: RigKey(block % 40),
                at_ms: block * 60_000,
                behaviour,
                proven_bad: false,
            }
        })
        .collect()
}

fn trials() -> Vec<Trial> {
    let mut number = numbers();
    (0..5_000u64)
        .map(|scan| Trial {
            arm: Arm::Control,
            at_ms: scan * 60_000,
            slot: (number() * 255.0) as u8,
            rig: RigKey(scan % 20),
            shares: (number() * 12.0) as u32,
            seconds: 60.0 + number(),
            asked: 10_000,
            tried: 60_000,
            with_bit: [0; 24],
        })
        .collect()
}

fn headers() -> HeaderChain {
    let mut number = numbers();
    let (mut unix_s, mut cumulative) = (1_700_000_000, 0u128);
    let headers = (0..2_000u64)
        .map(|height| {
            let difficulty = 500_000_000_000 + (number() * 1e10) as u128;
            unix_s += (-(number().max(1e-9)).ln() * 120.0) as u64;
            cumulative += difficulty;
            BlockHeader {
                height,
                unix_s,
                difficulty,
                cumulative,
            }
        })
        .collect();
    HeaderChain::new(headers).expect("heights in order")
}
