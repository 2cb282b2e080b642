//! Faults on purpose, with `--drill` only.

use std::time::Duration;

use actix_web::{HttpResponse, Responder, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::ErrorAnswer;
use super::health::no_such_actor;
use crate::node::NodeView;

/// Longest stall that can be asked for.
const MAX_STALL: Duration = Duration::from_secs(60);

#[derive(Serialize, ToSchema)]
struct Armed {
    armed: &'static str,
    actor: String,
}

#[derive(Deserialize)]
pub(super) struct Panics {
    /// Steps in a row that panic.
    count: Option<u32>,
}

/// Why a drill is refused, if it is.
fn refused(actor: &str) -> Option<HttpResponse> {
    // It has no steps that could fail: it only keeps time for the others.
    if actor == "prover/keeper" {
        let error = ErrorAnswer::new("this actor can't be drilled");
        return Some(HttpResponse::Conflict().json(error));
    }
    None
}

/// The actor's next step panics.
#[utoipa::path(
    tag = "drills",
    params(
        ("name" = String, Path, description = "An actor, as `/health/actors` names it"),
        ("count" = Option<u32>, Query, description = "Steps in a row that panic, 1 without it, at most 1,000"),
    ),
    security((), ("token" = [])),
    responses(
        (status = 200, description = "It will", body = Armed),
        (status = 404, description = "No actor is called so, or the daemon runs without `--drill`", body = ErrorAnswer),
        (status = 409, description = "It can't be drilled", body = ErrorAnswer),
    )
)]
#[post("/drill/{name:.+}/panic")]
pub(super) async fn panic(
    view: web::Data<NodeView>,
    name: web::Path<String>,
    query: web::Query<Panics>,
) -> impl Responder {
    let name = name.into_inner();
    if let Some(refused) = refused(&name) {
        return refused;
    }
    if name == "prover" {
        if let Some(prover) = view.prover_handle() {
            prover.inject_panic();
            return armed("panic", name);
        }
    } else if let Some(actor) = view.health().get(&name) {
        actor.drill.arm_panics(query.count.unwrap_or(1).min(1_000));
        return armed("panic", name);
    }
    no_such_actor(&name)
}

#[derive(Deserialize)]
pub(super) struct Stall {
    /// Milliseconds.
    ms: Option<u64>,
}

/// The actor's next step takes longer.
#[utoipa::path(
    tag = "drills",
    params(
        ("name" = String, Path, description = "An actor, as `/health/actors` names it"),
        ("ms" = Option<u64>, Query, description = "How much longer the next step takes, 1,000 without it, at most 60,000"),
    ),
    security((), ("token" = [])),
    responses(
        (status = 200, description = "It will", body = Armed),
        (status = 404, description = "No actor is called so, or the daemon runs without `--drill`", body = ErrorAnswer),
        (status = 409, description = "It can't be drilled", body = ErrorAnswer),
    )
)]
#[post("/drill/{name:.+}/stall")]
pub(super) async fn stall(
    view: web::Data<NodeView>,
    name: web::Path<String>,
    query: web::Query<Stall>,
) -> impl Responder {
    let name = name.into_inner();
    if let Some(refused) = refused(&name) {
        return refused;
    }
    let stall = Duration::from_millis(query.ms.unwrap_or(1_000)).min(MAX_STALL);
    if name == "prover" {
        if let Some(prover) = view.prover_handle() {
            prover.inject_stall(stall);
            return armed("stall", name);
        }
    } else if let Some(actor) = view.health().get(&name) {
        actor.drill.arm_stall(stall);
        return armed("stall", name);
    }
    no_such_actor(&name)
}

fn armed(what: &'static str, actor: String) -> HttpResponse {
    HttpResponse::Ok().json(Armed { armed: what, actor })
}
