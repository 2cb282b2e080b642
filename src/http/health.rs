//! Health of the process and of each actor.

use actix_web::{HttpResponse, Responder, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use zartrux_actors::counters::LaneCounts;
use zartrux_actors::prover::ProverStatus;
use zartrux_actors::store::StoreReport;
use zartrux_actors::supervision::HealthReport;

use super::answer::ErrorAnswer;
use super::api::shown;
use crate::build_facts::{BuildFacts, RandomxVersions, build_facts};
use crate::descriptors::Room;
use crate::http::schemas::actors as schemas;
use crate::node::upgrade::LastUpgrade;
use crate::node::{LastReload, NodeView, PoolSessionReport, Readiness};

/// The process answers.
#[derive(Serialize, ToSchema)]
struct Live {
    live: bool,
    uptime_seconds: u64,
}

/// Whether the process answers
#[utoipa::path(
    tag = "health",
    security(()),
    responses(
        (status = 200, description = "It does", body = Live),
    )
)]
#[get("/health/live")]
pub(super) async fn live(view: web::Data<NodeView>) -> impl Responder {
    HttpResponse::Ok().json(Live {
        live: true,
        uptime_seconds: view.uptime().as_secs(),
    })
}

/// Miners can be served: 200, or 503 with the reasons.
#[utoipa::path(
    tag = "health",
    security(()),
    responses(
        (status = 200, description = "They are", body = Readiness),
        (status = 503, description = "They are not, and why", body = Readiness),
    )
)]
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
#[utoipa::path(
    tag = "health",
    security((), ("token" = [])),
    responses(
        (status = 200, description = "All actors: name, kind, state, generation, faults, queue, times", body = Vec<schemas::HealthReport>),
    )
)]
#[get("/health/actors")]
pub(super) async fn actors(view: web::Data<NodeView>) -> impl Responder {
    HttpResponse::Ok().json(view.health().reports())
}

/// One actor, by its name, which may hold slashes.
#[utoipa::path(
    tag = "health",
    params(
        ("name" = String, Path, description = "Its name, such as `lane0/judge`"),
    ),
    security((), ("token" = [])),
    responses(
        (status = 200, description = "The actor: name, kind, state, generation, faults, queue, times", body = schemas::HealthReport),
        (status = 404, description = "No actor is called so", body = ErrorAnswer),
    )
)]
#[get("/health/actors/{name:.+}")]
pub(super) async fn actor(view: web::Data<NodeView>, name: web::Path<String>) -> impl Responder {
    view.health().get(&name).map_or_else(
        || no_such_actor(&name),
        |actor| HttpResponse::Ok().json(actor.report()),
    )
}

pub(super) fn no_such_actor(name: &str) -> HttpResponse {
    let error = format!("no actor is named {}; see /health/actors", shown(name));
    HttpResponse::NotFound().json(ErrorAnswer::new(error))
}

/// Everything at once.
#[derive(Serialize, ToSchema)]
struct Health {
    version: &'static str,
    /// How the program was made.
    build: BuildFacts,
    uptime_seconds: u64,
    /// The limit of open files.
    descriptors: Option<Room>,
    readiness: Readiness,
    /// Anything but 0 is a defect.
    invariant_violations: u64,
    /// Shares by fate, connections, latencies: the sums of all lanes.
    #[schema(value_type = schemas::LaneCounts)]
    counts: LaneCounts,
    pools: Vec<PoolSessionReport>,
    /// Which versions of RandomX this program computes, as the prover found out.
    randomx: RandomxVersions,
    /// None with proving off.
    #[schema(value_type = Option<schemas::ProverStatus>)]
    prover: Option<ProverStatus>,
    /// None where nothing is stored.
    #[schema(value_type = Option<schemas::StoreReport>)]
    store: Option<StoreReport>,
    /// What came of the last change of settings; none before the first.
    last_reload: Option<LastReload>,
    /// What came of the last upgrade; none where there was none.
    last_upgrade: Option<LastUpgrade>,
    #[schema(value_type = Vec<schemas::HealthReport>)]
    actors: Vec<HealthReport>,
}

/// Everything at once
#[utoipa::path(
    tag = "health",
    security((), ("token" = [])),
    responses(
        (status = 200, description = "Everything", body = Health),
    )
)]
#[get("/health")]
pub(super) async fn all(view: web::Data<NodeView>) -> impl Responder {
    let prover = view.prover();
    HttpResponse::Ok().json(Health {
        version: env!("CARGO_PKG_VERSION"),
        build: build_facts(),
        uptime_seconds: view.uptime().as_secs(),
        descriptors: view.room(),
        readiness: view.readiness(),
        invariant_violations: view.violations(),
        counts: view.counts(),
        pools: view.pools(),
        randomx: RandomxVersions::of_prover(prover.as_ref().map(|prover| prover.knows_v2)),
        prover,
        store: view.store().map(|store| store.link.status().report()),
        last_reload: view.reloads().last(),
        last_upgrade: view.last_upgrade(),
        actors: view.health().reports(),
    })
}
