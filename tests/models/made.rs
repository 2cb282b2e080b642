//! Models for tests, trained on what is made up.

use std::path::Path;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use zartrux_actors::trainer::{ModelsFolder, admit};
use zartrux_models::filter::{Behaviour, ModelId};
use zartrux_models::learn::behaviour::{BehaviourRow, ClusterSettings};
use zartrux_models::learn::lift::{COUNTER_BITS, Trial};
use zartrux_models::learn::outcome::OutcomeSettings;
use zartrux_models::learn::training::{Trained, train_behaviour, train_outcome, train_ranking};
use zartrux_models::ledger::{Arm, ModelSlot};
use zartrux_models::share::RigKey;
use zartrux_models::simulation::outcome_rows;

/// The folder of models of a data folder.
pub(crate) fn folder(data: &Path) -> ModelsFolder {
    ModelsFolder::new(data.join("models"))
}

/// A model of outcomes of a farm with planted causes.
pub(crate) fn outcome(seed: u64) -> Trained {
    let settings = OutcomeSettings::new(seed);
    let (trained, _) = train_outcome(&outcome_rows(8_000, seed), &settings, None).unwrap();
    assert!(trained.better_than_none.is_ok(), "{trained:?}");
    trained
}

/// A model of rigs that each behave in their own way.
pub(crate) fn behaviour(seed: u64) -> Trained {
    let mut random = StdRng::seed_from_u64(seed);
    let mut blocks = Vec::new();
    for rig in 0..20 {
        let place: Vec<f64> = Behaviour::FEATURES
            .iter()
            .map(|feature| random.gen_range(feature.low..feature.high))
            .collect();
        for block in 0..20 {
            let mut behaviour = [0.0; Behaviour::LEN];
            for ((value, feature), place) in
                behaviour.iter_mut().zip(Behaviour::FEATURES).zip(&place)
            {
                let spread = 0.05 * (feature.high - feature.low);
                let one = place + random.gen_range(-spread..spread);
                *value = kept(one.clamp(feature.low, feature.high));
            }
            blocks.push(BehaviourRow {
                rig: RigKey(rig),
                at_ms: 1_760_000_000_000 + block * 60_000 + rig,
                behaviour,
                proven_bad: false,
            });
        }
    }
    let settings = ClusterSettings::default();
    train_behaviour(&blocks, &settings, seed, None).unwrap().0
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rows have half the precision"
)]
const fn kept(value: f64) -> f32 {
    value as f32
}

/// An order of nonces from scans whose shares came by chance.
pub(crate) fn ranking(seed: u64) -> Trained {
    let mut random = StdRng::seed_from_u64(seed);
    let trials: Vec<Trial> = (0..2_000)
        .map(|number| Trial {
            arm: Arm::Control,
            at_ms: 1_760_000_000_000 + number * 1_000,
            slot: random.r#gen(),
            rig: RigKey(number % 10),
            shares: random.gen_range(0..6),
            seconds: random.gen_range(20.0..120.0),
            asked: 100_000,
            tried: 1 << 20,
            with_bit: [0; COUNTER_BITS],
        })
        .collect();
    train_ranking(&trials, seed).unwrap()
}

/// Takes a model in as a training does.
pub(crate) fn take_in(folder: &ModelsFolder, slot: ModelSlot, trained: &Trained, now_ms: u64) {
    admit(folder, &[(slot, trained.clone())], now_ms).unwrap();
}

/// Puts models in force as the command does; those that are already stay.
pub(crate) fn put_in_force(folder: &ModelsFolder, ids: &[ModelId], now_ms: u64) {
    folder
        .change(|roster| {
            for id in ids {
                // One that is in force already is no fault.
                let _ = roster.activate(*id, now_ms);
            }
        })
        .unwrap();
}
