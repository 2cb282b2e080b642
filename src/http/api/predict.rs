//! What the models say of a rig's next share, with how well they are known to do.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zartrux_actors::store::state::StateError;
use zartrux_actors::trainer::InForce;
use zartrux_models::filter::{Classifier, OutcomeFeatures, Stage, read_state};
use zartrux_models::learn::OutcomeClass;
use zartrux_models::learn::artifact::Metric;
use zartrux_models::learn::lift::LiftReport;
use zartrux_models::learn::outcome::Explanation;
use zartrux_models::share::RigKey;
use zartrux_models::work::Difficulty;

use super::models::trainer;
use super::params::shown;
use super::{PATIENCE, Refusal, answered, rig_of};
use crate::http::answer::ErrorAnswer;
use crate::http::schemas::models as schemas;
use crate::node::NodeView;

/// Longest request, bytes.
const LONGEST: usize = 16 << 10;

/// What is asked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Question)]
struct Asked {
    /// A rig by its key or its rig id: its past is taken from what is remembered of it.
    rig: Option<String>,
    /// The difficulty of its job.
    difficulty: Option<u64>,
    /// Features by name, in place of a rig or of what is known of it.
    #[serde(default)]
    features: BTreeMap<String, f64>,
}

/// What is foretold.
#[derive(Serialize, ToSchema)]
pub(crate) struct Prediction {
    /// What the answer is for.
    #[schema(value_type = BTreeMap<String, f64>)]
    features: BTreeMap<&'static str, f64>,
    /// None while no model of outcomes is in force.
    outcome: Option<OfOutcome>,
    /// None while no order of nonces is in force.
    nonce_order: Option<OfOrder>,
    /// What that order has brought so far, with its interval; none before anything was measured.
    #[schema(value_type = Option<schemas::LiftReport>)]
    lift: Option<LiftReport>,
    /// How to read it.
    note: &'static str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OutcomePrediction)]
struct OfOutcome {
    model: String,
    trained_until_unix_ms: u64,
    /// Of each way to end; they sum to 1.
    #[schema(value_type = BTreeMap<String, f64>)]
    probabilities: BTreeMap<&'static str, f64>,
    /// What speaks for the likeliest refusal.
    #[schema(value_type = schemas::Explanation)]
    explanation: Explanation,
    /// How well it did on later shares.
    #[schema(value_type = Vec<schemas::Metric>)]
    metrics: Vec<Metric>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = NonceOrder)]
struct OfOrder {
    ranking: String,
    /// Highest bytes of nonces, the most promising first, as a lease under the model is given them.
    highest_bytes: Vec<u8>,
}

const NOTE: &str = "nobody can foretell which nonce wins: an order of nonces costs nothing, and \
                    `lift` says what it has brought, against a control drawn by chance";

/// Says how the next share of a rig will end, and in which order nonces are handed out.
#[utoipa::path(
    tag = "models",
    request_body = Asked,
    security((), ("token" = [])),
    responses(
        (status = 200, description = "The prediction", body = Prediction),
        (status = 400, description = "The question can't be read, or names what there is not", body = ErrorAnswer),
        (status = 404, description = "No rig is called so, or nothing is known of it", body = ErrorAnswer),
        (status = 413, description = "The question is longer than 16 KiB", body = ErrorAnswer),
        (status = 503, description = "The registry or a judge is busy", body = ErrorAnswer),
    )
)]
#[post("/api/v1/predict")]
pub(in crate::http) async fn predict(
    view: web::Data<NodeView>,
    body: Result<web::Bytes, actix_web::Error>,
) -> HttpResponse {
    let body = body.map_err(|fault| Refusal {
        status: fault.as_response_error().status_code(),
        error: format!("the request can't be read: {fault}"),
    });
    match body {
        Ok(body) => answered(foretell(&view.into_inner(), &body).await),
        Err(refusal) => answered::<Prediction>(Err(refusal)),
    }
}

/// The answer to a question, whichever way it came.
///
/// # Errors
/// The question can't be read or names what there is not; nothing is foretold.
pub(crate) async fn foretell(view: &Arc<NodeView>, body: &[u8]) -> Result<Prediction, Refusal> {
    let asked = read(body)?;
    let past = match &asked.rig {
        None => None,
        Some(text) => {
            let (text, looking) = (text.clone(), Arc::clone(view));
            // It may wait for a judge's step.
            let found = web::block(move || rig_of(&looking, "rig", &text)).await;
            let rig = found.map_err(|fault| Refusal {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                error: fault.to_string(),
            })??;
            Some(past_of(view, rig, asked.difficulty).await?)
        }
    };
    let trainer = trainer(view)?;
    let features = features_of(&asked, past)?;
    Ok(prediction(
        &features,
        &trainer.status().in_force(),
        trainer.status().lift(),
    ))
}

fn read(body: &[u8]) -> Result<Asked, Refusal> {
    if body.len() > LONGEST {
        return Err(Refusal {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            error: format!("the request is longer than {LONGEST} bytes"),
        });
    }
    let asked: Asked = serde_json::from_slice(body)
        .map_err(|fault| Refusal::bad(format!("the request can't be read: {fault}")))?;
    if asked.rig.is_none() && asked.features.is_empty() {
        return Err(Refusal::bad("name a `rig`, or give `features`"));
    }
    if asked.difficulty == Some(0) {
        return Err(Refusal::bad("difficulty: must be 1 or more"));
    }
    Ok(asked)
}

/// What the sixth filter remembers of the rig, as it was last written down, for a share at its usual
/// pace in the middle of everything.
async fn past_of(
    view: &NodeView,
    rig: RigKey,
    difficulty: Option<u64>,
) -> Result<OutcomeFeatures, Refusal> {
    let busy = |error: &str| Refusal {
        status: StatusCode::SERVICE_UNAVAILABLE,
        error: error.to_owned(),
    };
    let Some(store) = view.store() else {
        return Err(Refusal::not_found(
            "nothing is remembered of rigs: the settings have store.enabled = false",
        ));
    };
    let asked = store.registry.ask(move |state| {
        let entry = state.book.rig(rig)?;
        Ok::<_, StateError>(entry.and_then(|entry| {
            let asked = difficulty
                .map(Difficulty::new)
                .or_else(|| entry.last_asked());
            let state = entry.filters[Stage::Classifier.index()].as_ref()?;
            let past = read_state(&Classifier::default(), state).ok()?;
            Some(past.next_at(asked.unwrap_or(Difficulty::ONE)))
        }))
    });
    let found = actix_web::rt::time::timeout(PATIENCE, asked)
        .await
        .map_err(|_| busy("the registry of rigs is busy"))?
        .map_err(|fault| busy(&fault.to_string()))?;
    found?.ok_or_else(|| {
        Refusal::not_found("nothing is remembered of the rig's shares yet: it takes some seconds")
    })
}

fn features_of(asked: &Asked, past: Option<OutcomeFeatures>) -> Result<OutcomeFeatures, Refusal> {
    let mut values = past.map_or_else(
        || {
            let mut neutral = [0.0; OutcomeFeatures::LEN];
            for (value, feature) in neutral.iter_mut().zip(OutcomeFeatures::FEATURES) {
                *value = feature.neutral;
            }
            neutral
        },
        |past| past.values(),
    );
    for (name, given) in &asked.features {
        let place = OutcomeFeatures::FEATURES
            .iter()
            .position(|feature| feature.name == name)
            .ok_or_else(|| {
                let names: Vec<_> = OutcomeFeatures::FEATURES
                    .iter()
                    .map(|feature| feature.name)
                    .collect();
                Refusal::bad(format!(
                    "features: {} is none; there are {}",
                    shown(name),
                    names.join(", ")
                ))
            })?;
        values[place] = *given;
    }
    Ok(OutcomeFeatures::from_values(values))
}

fn prediction(
    features: &OutcomeFeatures,
    in_force: &InForce,
    lift: Option<LiftReport>,
) -> Prediction {
    let named = OutcomeFeatures::FEATURES
        .iter()
        .map(|feature| feature.name)
        .zip(features.values())
        .collect();
    let outcome = in_force.outcome.as_ref().map(|serving| {
        let model = &serving.model.model;
        OfOutcome {
            model: serving.id.to_string(),
            trained_until_unix_ms: serving.header.data.last_ms,
            probabilities: OutcomeClass::ALL
                .iter()
                .map(|class| class.label())
                .zip(model.probabilities(features))
                .collect(),
            explanation: model.explain(features),
            metrics: serving.header.metrics.clone(),
        }
    });
    let nonce_order = in_force.ranking.as_ref().map(|serving| OfOrder {
        ranking: serving.id.to_string(),
        highest_bytes: serving.model.order().to_vec(),
    });
    Prediction {
        features: named,
        outcome,
        nonce_order,
        lift,
        note: NOTE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_asks_for_nothing_or_in_unknown_words_is_told_why() {
        for (body, word) in [
            ("", "can't be read"),
            ("{}", "name a `rig`"),
            (r#"{"nonce":1}"#, "nonce"),
            (r#"{"rig":"a","difficulty":0}"#, "difficulty"),
        ] {
            let refusal = read(body.as_bytes()).unwrap_err();
            assert!(refusal.error.contains(word), "{body}: {}", refusal.error);
        }
    }

    #[test]
    fn features_that_are_given_take_the_place_of_what_is_neutral() {
        let asked = read(br#"{"features":{"late":1,"height":1e9}}"#).unwrap();
        let features = features_of(&asked, None).unwrap();
        assert!(features.late() > 0.5);
        assert!((features.height() - 1.0).abs() < 1e-12, "clipped");
        let asked = read(br#"{"features":{"winning_nonce":1}}"#).unwrap();
        let refusal = features_of(&asked, None).unwrap_err();
        assert!(refusal.error.contains("ln_interval"), "{}", refusal.error);
    }

    #[test]
    fn without_models_nothing_is_foretold_and_nothing_claimed() {
        let asked = read(br#"{"features":{"late":1}}"#).unwrap();
        let features = features_of(&asked, None).unwrap();
        let said = prediction(&features, &InForce::default(), None);
        let said = serde_json::to_value(&said).unwrap();
        for nothing in ["outcome", "nonce_order", "lift"] {
            assert!(said[nothing].is_null(), "{nothing}");
        }
    }
}
