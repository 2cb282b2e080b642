//! `/api/v1`: rigs and their last shares, and what is stored of them, as JSON.

pub(super) mod alerts;
pub(super) mod difficulty;
pub(super) mod fork;
pub(super) mod history;
pub(super) mod models;
pub(super) mod overview;
mod params;
pub(crate) mod predict;
pub(super) mod registry;
pub(super) mod reload;
pub(super) mod rigs;
pub(super) mod routing;
pub(super) mod series;
pub(super) mod shares;
pub(super) mod store;
pub(super) mod stream;
pub(super) mod table;
#[cfg(test)]
mod tests;

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use zartrux_actors::rigs::JudgeStuck;
use zartrux_actors::store::registry::State;
use zartrux_actors::store::state::StateError;
use zartrux_models::share::RigKey;

use super::answer::ErrorAnswer;
use super::blocking;
use crate::node::NodeView;

pub(super) use params::shown;

/// The routes of the API.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(overview::now)
        .service(overview::lately)
        .service(stream::open)
        .service(series::list)
        // Before a rig of that name.
        .service(table::list)
        .service(rigs::list)
        .service(rigs::one)
        .service(shares::list)
        .service(shares::one)
        .service(registry::list)
        .service(registry::one)
        .service(fork::readiness)
        .service(history::history)
        .service(store::store)
        .service(models::list)
        .service(models::train)
        .service(models::reload)
        .service(reload::reload)
        .service(routing::list)
        .service(routing::set_worth)
        .service(models::lift)
        .service(predict::predict)
        .service(difficulty::difficulty)
        .service(alerts::alerts);
}

/// Why a request is not answered: a status, and words for the operator.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) error: String,
}

impl Refusal {
    fn bad(error: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error: error.into(),
        }
    }

    fn not_found(error: impl Into<String>) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            error: error.into(),
        }
    }
}

impl From<StateError> for Refusal {
    fn from(fault: StateError) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            error: fault.to_string(),
        }
    }
}

impl From<JudgeStuck> for Refusal {
    fn from(stuck: JudgeStuck) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            error: stuck.to_string(),
        }
    }
}

/// The answer of a route to what stands behind the question mark. Looks things up on a thread that
/// may wait for the judges.
async fn answer<T>(
    request: HttpRequest,
    view: Data<NodeView>,
    look_up: impl FnOnce(&str, &NodeView) -> Result<T, Refusal> + Send + 'static,
) -> HttpResponse
where
    T: Serialize + Send + 'static,
{
    let query = request.query_string().to_owned();
    blocking(move || look_up(&query, &view))
        .await
        .map_or_else(|response| response, answered)
}

/// How long an answer of the registry is waited for.
const PATIENCE: Duration = Duration::from_secs(3);

/// The answer of a route for which the registry is asked, on its own thread.
async fn ask_registry<T>(
    request: &HttpRequest,
    view: &NodeView,
    question: impl FnOnce(&str, &State) -> Result<T, Refusal> + Send + 'static,
) -> HttpResponse
where
    T: Serialize + Send + 'static,
{
    let Some(store) = view.store() else {
        return answered::<T>(Err(Refusal::not_found(
            "nothing is stored: the settings have store.enabled = false",
        )));
    };
    let query = request.query_string().to_owned();
    let asked = store.registry.ask(move |state| question(&query, state));
    let unavailable = |error: String| {
        answered::<T>(Err(Refusal {
            status: StatusCode::SERVICE_UNAVAILABLE,
            error,
        }))
    };
    match actix_web::rt::time::timeout(PATIENCE, asked).await {
        Ok(Ok(outcome)) => answered(outcome),
        Ok(Err(fault)) => unavailable(fault.to_string()),
        Err(_) => unavailable("the registry of rigs is busy".to_owned()),
    }
}

fn answered<T: Serialize>(outcome: Result<T, Refusal>) -> HttpResponse {
    match outcome {
        Ok(found) => HttpResponse::Ok().json(found),
        Err(Refusal { status, error }) => HttpResponse::build(status).json(ErrorAnswer::new(error)),
    }
}

/// The rig that a text stands for: its key, or its rig id where that is one rig's alone.
fn rig_of(view: &NodeView, parameter: &str, text: &str) -> Result<RigKey, Refusal> {
    const TOLD: usize = 10;
    if let Some(rig) = RigKey::from_hex(text)
        && view.rig(rig)?.is_some()
    {
        return Ok(rig);
    }
    match view.rigs_called(text)[..] {
        [rig] if !text.is_empty() => Ok(rig),
        [] | [_] => Err(Refusal::not_found(format!(
            "{parameter}: no rig has the key or the rig id {}; see /api/v1/rigs",
            shown(text)
        ))),
        [_, _, ..] if text.is_empty() => Err(Refusal::not_found(format!(
            "{parameter}: must not be empty; see /api/v1/rigs"
        ))),
        ref rigs => {
            let keys: Vec<_> = rigs.iter().take(TOLD).map(ToString::to_string).collect();
            Err(Refusal::bad(format!(
                "{parameter}: {} is the rig id of {} rigs; ask by the key of one: {}{}",
                shown(text),
                rigs.len(),
                keys.join(", "),
                if rigs.len() > TOLD { ", …" } else { "" }
            )))
        }
    }
}
