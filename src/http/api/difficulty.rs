//! The network's difficulty: of the next block, and as it is forecast.

use actix_web::{Responder, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use zartrux_models::learn::difficulty::ForecastPoint;

use super::{Refusal, answered};
use crate::http::answer::ErrorAnswer;
use crate::http::schemas::models as schemas;
use crate::node::NodeView;

#[derive(Serialize, ToSchema)]
#[schema(as = Difficulty)]
struct Shown {
    /// The newest block that is known; none before the node's first answer.
    tip: Option<Tip>,
    /// Of the block after it, hashes, exact.
    #[schema(value_type = Option<u64>)]
    next: Option<u128>,
    #[schema(value_type = Vec<schemas::ForecastPoint>)]
    forecast: Vec<ForecastPoint>,
    /// Why `next` or `forecast` is missing.
    missing: Option<String>,
    /// Since the node last answered.
    age_s: Option<u64>,
    /// Why its last answer can't be used.
    source_error: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Tip {
    height: u64,
    unix_s: u64,
    /// Hashes.
    #[schema(value_type = u64)]
    difficulty: u128,
}

/// From shared memory: it answers also when the node does not.
#[utoipa::path(
    tag = "network",
    security((), ("token" = [])),
    responses(
        (status = 200, description = "What is known", body = Shown),
        (status = 404, description = "No node is asked", body = ErrorAnswer),
    )
)]
#[get("/api/v1/difficulty")]
pub(in crate::http) async fn difficulty(view: web::Data<NodeView>) -> impl Responder {
    let Some(headers) = view.headers() else {
        return answered::<Shown>(Err(Refusal::not_found(
            "no headers are read: the settings name no monerod for them",
        )));
    };
    let report = headers.report();
    let now_ms = view.clock().unix_millis();
    let age_ms = report
        .answered_unix_ms
        .map(|answered| now_ms.saturating_sub(answered));
    answered(Ok(Shown {
        tip: report.chain.as_ref().map(|chain| {
            let tip = chain.tip();
            Tip {
                height: tip.height,
                unix_s: tip.unix_s,
                difficulty: tip.difficulty,
            }
        }),
        next: report.next,
        forecast: report.forecast.to_vec(),
        missing: report.missing.clone(),
        age_s: age_ms.map(|age| age / 1_000),
        source_error: report.error.clone(),
    }))
}
