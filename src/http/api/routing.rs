//! Routes: how work is split between upstreams, and what a hash is worth on each.

use actix_web::{HttpResponse, get, put, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Refusal, answered};
use crate::http::answer::ErrorAnswer;
use crate::node::{NodeView, RouteReport};

/// Longest body that is read, bytes.
const LONGEST: usize = 1_024;

/// The routes.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct RoutesReport {
    /// In the order of the settings; empty: there are none, and one upstream serves all rigs.
    routes: Vec<RouteReport>,
}

/// What a hash is worth.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Worth {
    /// In the unit that all routes share, 0 to 1e12; null: not compared.
    worth: Option<f64>,
}

/// Routes with their work and their part of it, and the interval in which that part lies.
#[utoipa::path(
    tag = "routes",
    security((), ("token" = [])),
    responses((status = 200, description = "The routes", body = RoutesReport))
)]
#[get("/api/v1/routes")]
pub(in crate::http) async fn list(view: web::Data<NodeView>) -> HttpResponse {
    let routes = view.routes();
    answered(Ok(RoutesReport { routes }))
}

/// Tells what a hash is worth on a route from now on: until the settings say another, or the process
/// ends.
#[utoipa::path(
    tag = "routes",
    security((), ("token" = [])),
    params(("name" = String, Path, description = "The route's name")),
    request_body = Worth,
    responses(
        (status = 200, description = "Told to all lanes", body = Worth),
        (status = 400, description = "No such worth", body = ErrorAnswer),
        (status = 404, description = "There is no such route", body = ErrorAnswer),
    )
)]
#[put("/api/v1/routes/{name}/worth")]
pub(in crate::http) async fn set_worth(
    view: web::Data<NodeView>,
    name: web::Path<String>,
    body: web::Bytes,
) -> HttpResponse {
    answered(told(&view, &name, &body))
}

fn told(view: &NodeView, name: &str, body: &[u8]) -> Result<Worth, Refusal> {
    let wanted = "must be such as {\"worth\": 0.25}, a number from 0 to 1e12, or null";
    if body.len() > LONGEST {
        return Err(Refusal::bad(wanted));
    }
    let worth: Worth = serde_json::from_slice(body).map_err(|_| Refusal::bad(wanted))?;
    if worth
        .worth
        .is_some_and(|worth| !(0.0..=1e12).contains(&worth))
    {
        return Err(Refusal::bad(wanted));
    }
    if view.set_worth(name, worth.worth) {
        Ok(worth)
    } else {
        Err(Refusal::not_found("there is no such route"))
    }
}
