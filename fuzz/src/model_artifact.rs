//! A file of a model that holds anything.

use zartrux_models::filter::{Behaviour, OutcomeFeatures};
use zartrux_models::learn::artifact::{BadArtifact, Learnt, read, read_header, signed_anew};
use zartrux_models::learn::behaviour::ClusterModel;
use zartrux_models::learn::difficulty::DifficultyForecast;
use zartrux_models::learn::outcome::LogisticOutcome;
use zartrux_models::learn::ranking::NonceRanking;

use crate::Reached;

/// Reads `data` as each kind of model: as it is, and under a checksum that is right, as whoever
/// tampers with a file would leave it.
///
/// # Panics
/// A model that is let in and does not keep its promises.
pub fn model_artifact(data: &[u8]) -> Reached {
    let mut reached = Reached::new();
    let signed = signed_anew(data);
    for file in [data, &signed] {
        let _ = read_header(file);
        if let Some(model) = reads::<LogisticOutcome>(file, &mut reached) {
            reached.insert("outcome");
            for features in [
                [0.0; OutcomeFeatures::LEN],
                [f64::MAX; OutcomeFeatures::LEN],
            ] {
                let features = OutcomeFeatures::from_values(features);
                let refused = model.rejection_probability(&features);
                assert!((0.0..=1.0).contains(&refused), "{refused}");
                let sum: f64 = model.probabilities(&features).iter().sum();
                assert!((sum - 1.0).abs() < 1e-6, "{sum}");
            }
            assert!(model.ceiling() > 0.0 && model.ceiling() < 1.0);
        }
        if let Some(model) = reads::<ClusterModel>(file, &mut reached) {
            reached.insert("behaviour");
            for behaviour in [[0.0; Behaviour::LEN], [f64::MIN; Behaviour::LEN]] {
                let behaviour = Behaviour::from_values(behaviour);
                let distance = model.distance(&behaviour);
                assert!((0.0..=1.0).contains(&distance), "{distance}");
                assert!(model.surprise(&behaviour).is_finite());
            }
        }
        if let Some(model) = reads::<NonceRanking>(file, &mut reached) {
            reached.insert("ranking");
            let mut order = model.order();
            order.sort_unstable();
            assert!(order.iter().copied().eq(0..=u8::MAX));
        }
        if reads::<DifficultyForecast>(file, &mut reached).is_some() {
            reached.insert("difficulty");
        }
    }
    reached
}

fn reads<T: Learnt>(file: &[u8], reached: &mut Reached) -> Option<T> {
    match read::<T>(file) {
        Ok(artifact) => Some(artifact.model),
        Err(why) => {
            assert!(!why.to_string().is_empty());
            reached.insert(kind(&why));
            None
        }
    }
}

const fn kind(why: &BadArtifact) -> &'static str {
    match why {
        BadArtifact::TooLong { .. } => "too long",
        BadArtifact::NoModel => "no model",
        BadArtifact::Layout(_) => "layout",
        BadArtifact::CutShort(_) => "cut short",
        BadArtifact::TooMuch(_) => "too much",
        BadArtifact::Damaged => "damaged",
        BadArtifact::Unreadable { .. } => "unreadable",
        BadArtifact::OtherSlot { .. } => "other slot",
        BadArtifact::Schema { .. } => "schema",
        BadArtifact::Features => "features",
        BadArtifact::Numbers(_) => "numbers",
        BadArtifact::Answers(_) => "answers",
    }
}
