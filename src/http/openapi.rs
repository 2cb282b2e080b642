//! The document that tells of all routes: OpenAPI 3.1 at `/api/v1/openapi.json`.
//!
//! Each route tells of itself where it is (`#[utoipa::path]`); here is the list of them. What all
//! have in common is added here too: the token, and how requests are refused.

use std::sync::LazyLock;

use actix_web::{HttpResponse, Responder, get};
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use super::{answer, api, drill, health, metrics, xmrig};

/// Every route but the pages for people. A new route is added here; a test misses it otherwise.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Zartrux",
        description = "The monitor of a Monero mining proxy: health, metrics, rigs, shares, what is \
                       learnt, and what panels for xmrig-proxy read. Names that miners give are \
                       hostile bytes: escape them. What was not measured is null or left out.",
        license(name = "MIT")
    ),
    servers((url = "/", description = "This daemon")),
    paths(
        document,
        health::live,
        health::ready,
        health::actors,
        health::actor,
        health::all,
        metrics::metrics,
        api::overview::now,
        api::overview::lately,
        api::stream::open,
        api::series::list,
        api::table::list,
        api::alerts::alerts,
        api::reload::reload,
        api::routing::list,
        api::routing::set_worth,
        api::rigs::list,
        api::rigs::one,
        api::shares::list,
        api::shares::one,
        api::registry::list,
        api::registry::one,
        api::fork::readiness,
        api::history::history,
        api::store::store,
        api::models::list,
        api::models::train,
        api::models::reload,
        api::models::lift,
        api::predict::predict,
        api::difficulty::difficulty,
        xmrig::summary::summary,
        xmrig::workers::workers,
        xmrig::miners::miners,
        drill::panic,
        drill::stall,
    ),
    components(schemas(answer::ErrorAnswer)),
    tags(
        (name = "health", description = "Whether the daemon and its actors are well"),
        (name = "overview", description = "Everything that the monitor shows, now, as a stream and over time"),
        (name = "alerts", description = "What the operator is told"),
        (name = "rigs", description = "Rigs as the judges remember them"),
        (name = "shares", description = "The last shares"),
        (name = "registry", description = "Every rig that is known, and sums over time"),
        (name = "models", description = "What is learnt, and what it is worth"),
        (name = "routes", description = "Which rigs mine for which upstreams"),
        (name = "network", description = "The network's difficulty"),
        (name = "settings", description = "Settings, read anew"),
        (name = "store", description = "What outlives the process"),
        (name = "metrics", description = "For Prometheus"),
        (name = "xmrig-proxy", description = "For panels and exporters made for xmrig-proxy"),
        (name = "drills", description = "Faults on purpose, with `run --drill` only"),
        (name = "document", description = "This document"),
    ),
    modifiers(&InCommon)
)]
struct Document;

/// What all routes have in common.
struct InCommon;

/// Refusals that any route may answer with.
const REFUSALS: [(&str, &str); 5] = [
    ("401", "A token is needed, or it is not known"),
    (
        "403",
        "The token does not let do this, or a page of others asks",
    ),
    ("421", "The monitor does not go by this name"),
    ("429", "Too many wrong tokens came from this address"),
    ("500", "The daemon's own fault"),
];

impl Modify for InCommon {
    fn modify(&self, whole: &mut utoipa::openapi::OpenApi) {
        let token = SecurityScheme::Http(
            Http::builder()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some(
                    "Of `read_tokens`, which let read, or of `admin_tokens`, which let do \
                     everything. Without tokens in the settings none is needed.",
                ))
                .build(),
        );
        if let Some(components) = &mut whole.components {
            components.add_security_scheme("token", token);
        }
        for (path, item) in &mut whole.paths.paths {
            for (method, operation) in operations_mut(item) {
                operation.operation_id = Some(name_of(method, path));
                for (status, why) in REFUSALS {
                    refuses(operation, status, why);
                }
                if operation
                    .parameters
                    .as_ref()
                    .is_some_and(|all| !all.is_empty())
                {
                    refuses(operation, "400", "A parameter is wrong, and which");
                }
            }
        }
    }
}

/// A name such as `get_api_v1_rigs_rig`, for generated clients.
fn name_of(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    words.fold(method.to_ascii_lowercase(), |name, word| name + "_" + word)
}

/// Adds a refusal, unless the route tells of it itself.
fn refuses(operation: &mut Operation, status: &str, why: &str) {
    let schema = Ref::from_schema_name("ErrorAnswer");
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let response = ResponseBuilder::new()
        .description(why)
        .content("application/json", content)
        .build();
    operation
        .responses
        .responses
        .entry(status.to_owned())
        .or_insert(RefOr::T(response));
}

fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("GET", item.get.as_mut()),
        ("POST", item.post.as_mut()),
        ("PUT", item.put.as_mut()),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| Some((method, operation?)))
}

static DOCUMENT: LazyLock<utoipa::openapi::OpenApi> = LazyLock::new(Document::openapi);

/// Methods that are possible at a path, as the document has them.
pub(super) fn methods_at(path: &str) -> Vec<&'static str> {
    let mut methods = Vec::new();
    for (template, item) in &DOCUMENT.paths.paths {
        if is_at(template, path) {
            methods.extend(item.get.as_ref().map(|_| "GET"));
            methods.extend(item.post.as_ref().map(|_| "POST"));
            methods.extend(item.put.as_ref().map(|_| "PUT"));
        }
    }
    methods.sort_unstable();
    methods.dedup();
    methods
}

/// Whether a path is of a template, such as `/drill/{name}/panic`.
fn is_at(template: &str, path: &str) -> bool {
    match (template.split_once('{'), template.split_once('}')) {
        (Some((before, _)), Some((_, after))) => path
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after))
            .is_some_and(|name| !name.is_empty()),
        _ => template == path,
    }
}

/// This document
#[utoipa::path(
    tag = "document",
    security(()),
    responses((status = 200, description = "OpenAPI 3.1", body = Object))
)]
#[get("/api/v1/openapi.json")]
pub(super) async fn document() -> impl Responder {
    HttpResponse::Ok().json(&*DOCUMENT)
}

#[cfg(test)]
mod tests;
