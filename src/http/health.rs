//! Health of the process and of each actor.

use actix_web::{HttpResponse, Responder, get, web};
use serde::Serialize;
use zartrux_actors::counters::LaneCounts;
use zartrux_actors::prover::ProverStatus;
use zartrux_actors::store::StoreReport;
use zartrux_actors::supervision::HealthReport;

use crate::node::{LastReload, NodeView, PoolSessionReport, Readiness};

/// The process answers.
#[get("/health/live")]
pub(super) async fn live(view: web::Data<NodeView>) -> impl Responder {
    #[derive(Serialize)]
    struct Live {
        live: bool,
        uptime_seconds: u64,
    }
    HttpResponse::Ok().json(Live {
        live: true,
        uptime_seconds: view.uptime().as_secs(),
    })
}

/// Miners can be served: 200, or 503 with the reasons.
#[get("/health/ready")]
pub(super) async fn ready(view: web::Data<NodeView>) -> impl Responder {
    let readiness = view.readiness();
    if readiness.ready {
        HttpResponse::Ok().json(readiness)
    } else {
        HttpResponse::ServiceUnavailable().json(readiness)
    }
}

/// Every actor.
#[get("/health/actors")]
pub(super) async fn actors(view: web::Data<NodeView>) -> impl Responder {
    HttpResponse::Ok().json(view.health().reports())
}

/// One actor, by its name, which may hold slashes.
#[get("/health/actors/{name:.+}")]
pub(super) async fn actor(view: web::Data<NodeView>, name: web::Path<String>) -> impl Responder {
    view.health().get(&name).map_or_else(
        || no_such_actor(&name),
        |actor| HttpResponse::Ok().json(actor.report()),
    )
}

pub(super) fn no_such_actor(name: &str) -> HttpResponse {
    #[derive(Serialize)]
    struct NotFound {
        error: String,
    }
    HttpResponse::NotFound().json(NotFound {
        error: format!("no actor is named {name:?}; see /health/actors"),
    })
}

/// Everything at once.
#[get("/health")]
pub(super) async fn all(view: web::Data<NodeView>) -> impl Responder {
    #[derive(Serialize)]
    struct All {
        version: &'static str,
        uptime_seconds: u64,
        readiness: Readiness,
        invariant_violations: u64,
        counts: LaneCounts,
        pools: Vec<PoolSessionReport>,
        prover: Option<ProverStatus>,
        store: Option<StoreReport>,
        /// None before the first.
        last_reload: Option<LastReload>,
        actors: Vec<HealthReport>,
    }
    HttpResponse::Ok().json(All {
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: view.uptime().as_secs(),
        readiness: view.readiness(),
        invariant_violations: view.violations(),
        counts: view.counts(),
        pools: view.pools(),
        prover: view.prover(),
        store: view.store().map(|store| store.link.status().report()),
        last_reload: view.reloads().last(),
        actors: view.health().reports(),
    })
}
