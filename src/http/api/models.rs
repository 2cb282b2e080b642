//! Models: which there are, how good they are, and how they are trained and read anew.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, Responder, get, post, web};
use serde::Serialize;
use utoipa::ToSchema;
use zartrux_actors::trainer::{ListedModel, Phase, TrainerLink, TrainingReport};
use zartrux_models::learn::drift::DriftReport;
use zartrux_models::learn::lift::{LiftReport, OutsideLift};

use super::{Refusal, answered};
use crate::http::answer::ErrorAnswer;
use crate::http::schemas::models as schemas;
use crate::node::NodeView;

/// How long a reading of models is waited for: a training may be under way.
const PATIENCE: Duration = Duration::from_secs(15);

/// What is not there, in words.
pub(super) fn no_trainer() -> Refusal {
    Refusal::not_found("there are no models: the settings have store.enabled = false")
}

pub(super) fn trainer(view: &NodeView) -> Result<&TrainerLink, Refusal> {
    view.trainer().ok_or_else(no_trainer)
}

#[derive(Serialize, ToSchema)]
struct Models {
    #[schema(value_type = Value)]
    phase: Phase,
    /// Shares that are learnt from.
    window: u64,
    shares_read: u64,
    /// Shares that teach nothing, by why.
    skipped: Skipped,
    next_training_unix_ms: Option<u64>,
    #[schema(value_type = Option<schemas::TrainingReport>)]
    last_training: Option<TrainingReport>,
    /// Whether shares look as those that the model was trained on; none before the first look.
    #[schema(value_type = Option<schemas::DriftReport>)]
    drift: Option<DriftReport>,
    /// What is amiss.
    faults: Vec<String>,
    #[schema(value_type = Vec<schemas::ListedModel>)]
    models: Vec<ListedModel>,
}

#[derive(Serialize, ToSchema)]
struct Skipped {
    unseen: u64,
    unlabelled: u64,
    out_of_order: u64,
}

/// The models, and what the trainer does.
#[utoipa::path(
    tag = "models",
    security((), ("token" = [])),
    responses(
        (status = 200, description = "The models", body = Models),
        (status = 404, description = "Nothing is learnt here", body = ErrorAnswer),
    )
)]
#[get("/api/v1/models")]
pub(in crate::http) async fn list(view: web::Data<NodeView>) -> impl Responder {
    answered(trainer(&view).map(|trainer| {
        let shown = trainer.status().shown();
        Models {
            phase: shown.phase,
            window: shown.window,
            shares_read: shown.shares_read,
            skipped: Skipped {
                unseen: shown.skipped.unseen,
                unlabelled: shown.skipped.unlabelled,
                out_of_order: shown.skipped.out_of_order,
            },
            next_training_unix_ms: shown.next_ms,
            last_training: shown.last,
            drift: shown.drift,
            faults: shown.faults,
            models: shown.models,
        }
    }))
}

#[derive(Serialize, ToSchema)]
struct Started {
    started: bool,
}

/// Trains models now; what comes of it is told by the list of models.
#[utoipa::path(
    tag = "models",
    security((), ("token" = [])),
    responses(
        (status = 202, description = "It has begun", body = Started),
        (status = 404, description = "Nothing is learnt here", body = ErrorAnswer),
        (status = 409, description = "A training is under way already", body = ErrorAnswer),
    )
)]
#[post("/api/v1/models/train")]
pub(in crate::http) async fn train(view: web::Data<NodeView>) -> HttpResponse {
    let asked = trainer(&view).and_then(|trainer| {
        trainer.train("asked for").map_err(|why| Refusal {
            status: StatusCode::CONFLICT,
            error: why.to_string(),
        })
    });
    match asked {
        Ok(()) => HttpResponse::Accepted().json(Started { started: true }),
        Err(refusal) => answered::<Started>(Err(refusal)),
    }
}

#[derive(Serialize, ToSchema)]
struct Reloaded {
    /// Whether others are in force.
    changed: bool,
    outcome: Option<String>,
    behaviour: Option<String>,
    ranking: Option<String>,
    refused: Vec<Refused>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RefusedModel)]
struct Refused {
    slot: &'static str,
    id: String,
    why: String,
}

/// Reads models anew from their files.
#[utoipa::path(
    tag = "models",
    security((), ("token" = [])),
    responses(
        (status = 200, description = "They are read", body = Reloaded),
        (status = 404, description = "Nothing is learnt here", body = ErrorAnswer),
        (status = 503, description = "The trainer is busy", body = ErrorAnswer),
    )
)]
#[post("/api/v1/models/reload")]
pub(in crate::http) async fn reload(view: web::Data<NodeView>) -> HttpResponse {
    let trainer = match trainer(&view) {
        Ok(trainer) => trainer,
        Err(refusal) => return answered::<Reloaded>(Err(refusal)),
    };
    let unavailable = |error: &str| Refusal {
        status: StatusCode::SERVICE_UNAVAILABLE,
        error: error.to_owned(),
    };
    let reloaded = match actix_web::rt::time::timeout(PATIENCE, trainer.reload()).await {
        Ok(Some(reloaded)) => reloaded,
        Ok(None) => return answered::<Reloaded>(Err(unavailable("the trainer is not there"))),
        Err(_) => return answered::<Reloaded>(Err(unavailable("the trainer is busy"))),
    };
    if let Some(fault) = reloaded.fault {
        return answered::<Reloaded>(Err(unavailable(&fault)));
    }
    let [outcome, behaviour, ranking] = reloaded.in_force.map(|id| id.map(|id| id.to_string()));
    answered(Ok(Reloaded {
        changed: reloaded.changed,
        outcome,
        behaviour,
        ranking,
        refused: reloaded
            .refused
            .into_iter()
            .map(|refused| Refused {
                slot: refused.slot.label(),
                id: refused.id.to_string(),
                why: refused.why,
            })
            .collect(),
    }))
}

#[derive(Serialize, ToSchema)]
struct Lift {
    /// The order that is in force; none: every lease has the bytes of its number.
    ranking: Option<String>,
    /// None before shares were looked at.
    #[schema(value_type = Option<schemas::LiftReport>)]
    lift: Option<LiftReport>,
    /// The plan from outside that is in force.
    plan: Option<PlanInForce>,
    /// None before a share was found in a plan from outside.
    #[schema(value_type = Option<schemas::OutsideLift>)]
    outside: Option<OutsideLift>,
    /// What `outside` counts, in words.
    outside_counts: &'static str,
}

/// A plan from outside.
#[derive(Serialize, ToSchema)]
struct PlanInForce {
    /// What its author calls it.
    name: String,
    /// Which order it is: 16 hex digits.
    id: String,
    /// Top nonce bytes that it names, of 255.
    bytes: usize,
    /// When it ends, milliseconds since 1970.
    expires_unix_ms: u64,
}

fn plan_in_force(view: &NodeView) -> Option<PlanInForce> {
    let now = view.clock().unix_millis();
    let plan = view.outside_plans().plan_in_force(now)?;
    Some(PlanInForce {
        name: plan.order.name().to_owned(),
        id: plan.order.id().to_string(),
        bytes: plan.order.bytes().len(),
        expires_unix_ms: plan.expires_unix_ms,
    })
}

/// What the orders of nonces bring, each with its interval.
#[utoipa::path(
    tag = "models",
    security((), ("token" = [])),
    responses(
        (status = 200, description = "The lift", body = Lift),
        (status = 404, description = "Nothing is learnt here", body = ErrorAnswer),
    )
)]
#[get("/api/v1/lift")]
pub(in crate::http) async fn lift(view: web::Data<NodeView>) -> impl Responder {
    answered(trainer(&view).map(|trainer| {
        let shown = trainer.status().shown();
        Lift {
            ranking: shown.in_force.ranking.map(|serving| serving.id.to_string()),
            lift: shown.lift,
            plan: plan_in_force(&view),
            outside: shown.outside_lift,
            outside_counts: OutsideLift::COUNTS,
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::POST_TIMEOUT;

    /// It was 60 s: who asked while a model was trained was told 408, as if the request had not come.
    #[test]
    fn a_busy_trainer_is_told_before_the_request_is_given_up() {
        assert!(PATIENCE < POST_TIMEOUT);
    }
}
