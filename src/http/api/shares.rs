//! The last shares: what was known and decided of each.

use std::sync::Arc;

use actix_web::{HttpRequest, Responder, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use zartrux_actors::rigs::{SettledShare, ShareRecord};
use zartrux_models::share::{RigKey, ShareId};

use super::params::{self, Params};
use super::{Refusal, answer, rig_of};
use crate::http::answer::ErrorAnswer;
use crate::http::schemas::rigs as schemas;
use crate::node::NodeView;

#[derive(Serialize, ToSchema)]
#[schema(as = Share)]
struct Shown {
    #[serde(flatten)]
    #[schema(value_type = schemas::ShareRecord)]
    record: ShareRecord,
    /// `host:port` of its upstream.
    upstream_name: Option<String>,
}

impl Shown {
    fn of(view: &NodeView, share: &SettledShare) -> Self {
        Self {
            record: share.record(),
            upstream_name: share
                .upstream
                .and_then(|upstream| view.upstream_name(upstream))
                .map(str::to_owned),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = ShareList)]
struct List {
    shares: Vec<Shown>,
}

/// The last shares of all lanes, of one rig or of all, the newest first.
pub(super) fn newest(view: &NodeView, rig: Option<RigKey>, limit: usize) -> Vec<Arc<SettledShare>> {
    let mut shares: Vec<Arc<SettledShare>> = view
        .lanes()
        .iter()
        .flat_map(|lane| lane.records().last(rig, limit))
        .collect();
    // Stable: what a lane says of its own order stands.
    shares.sort_by_key(|share| std::cmp::Reverse(share.unix_ms));
    shares.truncate(limit);
    shares
}

/// The last shares, the newest first.
#[utoipa::path(
    tag = "shares",
    params(
        ("rig" = Option<String>, Query, description = "Of this rig alone: its key, or its rig id"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Most entries, 1 to 1,000; without it 100"),
    ),
    security((), ("token" = [])),
    responses(
        (status = 200, description = "Shares", body = List),
        (status = 404, description = "No rig is called so", body = ErrorAnswer),
        (status = 503, description = "A judge has been in one step for half a second", body = ErrorAnswer),
    )
)]
#[get("/api/v1/shares")]
pub(in crate::http) async fn list(
    request: HttpRequest,
    view: web::Data<NodeView>,
) -> impl Responder {
    answer(request, view, listed).await
}

fn listed(query: &str, view: &NodeView) -> Result<List, Refusal> {
    let params = Params::read(query, &["rig", "limit"])?;
    let limit = params.limit()?;
    let rig = params
        .get("rig")
        .map(|text| rig_of(view, "rig", text))
        .transpose()?;
    let shares = newest(view, rig, limit)
        .iter()
        .map(|share| Shown::of(view, share))
        .collect();
    Ok(List { shares })
}

/// Everything about one share.
#[utoipa::path(
    tag = "shares",
    params(
        ("id" = String, Path, description = "The id of a share, 1 to 16 hex digits"),
    ),
    security((), ("token" = [])),
    responses(
        (status = 200, description = "The share", body = Shown),
        (status = 404, description = "It is not kept", body = ErrorAnswer),
    )
)]
#[get("/api/v1/shares/{id}")]
pub(in crate::http) async fn one(
    request: HttpRequest,
    view: web::Data<NodeView>,
    id: web::Path<String>,
) -> impl Responder {
    answer(request, view, move |query, view| full(query, view, &id)).await
}

fn full(query: &str, view: &NodeView, text: &str) -> Result<Shown, Refusal> {
    Params::read(query, &[])?;
    let id = ShareId::from_hex(text).ok_or_else(|| {
        Refusal::bad(format!(
            "id: must be 1 to 16 hex digits, but is {}",
            params::shown(text)
        ))
    })?;
    view.lanes()
        .get(usize::from(id.lane()))
        .and_then(|lane| lane.records().get(id))
        .map(|share| Shown::of(view, &share))
        .ok_or_else(|| {
            Refusal::not_found(format!(
                "id: share {id} is not kept; how many of the last ones are says \
                 monitor.shares_kept"
            ))
        })
}
