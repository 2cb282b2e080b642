//! Faults on purpose, with `--drill` only.

use std::time::Duration;

use actix_web::http::header::ORIGIN;
use actix_web::{HttpRequest, HttpResponse, Responder, post, web};
use serde::{Deserialize, Serialize};

use super::health::no_such_actor;
use crate::node::NodeView;

/// Longest stall that can be asked for.
const MAX_STALL: Duration = Duration::from_secs(60);

#[derive(Serialize)]
struct Armed {
    armed: &'static str,
    actor: String,
}

#[derive(Deserialize)]
pub(super) struct Panics {
    /// Steps in a row that panic.
    count: Option<u32>,
}

#[derive(Serialize)]
struct Refused {
    error: &'static str,
}

/// Why a drill is refused, if it is.
fn refused(request: &HttpRequest, actor: &str) -> Option<HttpResponse> {
    // Browsers name the origin of a page that posts; an operator's curl does not.
    if request.headers().contains_key(ORIGIN) {
        let error = "drills are not for web pages";
        return Some(HttpResponse::Forbidden().json(Refused { error }));
    }
    // It has no steps that could fail: it only keeps time for the others.
    if actor == "prover/keeper" {
        let error = "this actor can't be drilled";
        return Some(HttpResponse::Conflict().json(Refused { error }));
    }
    None
}

/// The actor's next step panics.
#[post("/drill/{name:.+}/panic")]
pub(super) async fn panic(
    request: HttpRequest,
    view: web::Data<NodeView>,
    name: web::Path<String>,
    query: web::Query<Panics>,
) -> impl Responder {
    let name = name.into_inner();
    if let Some(refused) = refused(&request, &name) {
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
#[post("/drill/{name:.+}/stall")]
pub(super) async fn stall(
    request: HttpRequest,
    view: web::Data<NodeView>,
    name: web::Path<String>,
    query: web::Query<Stall>,
) -> impl Responder {
    let name = name.into_inner();
    if let Some(refused) = refused(&request, &name) {
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
