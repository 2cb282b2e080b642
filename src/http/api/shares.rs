//! The last shares: what was known and decided of each.

use std::sync::Arc;

use actix_web::{HttpRequest, Responder, get, web};
use serde::Serialize;
use zartrux_actors::rigs::{SettledShare, ShareRecord};
use zartrux_models::share::{RigKey, ShareId};

use super::params::{self, Params};
use super::{Refusal, answer, rig_of};
use crate::node::NodeView;

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
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

#[derive(Serialize)]
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
#[get("/api/v1/shares")]
pub(super) async fn list(request: HttpRequest, view: web::Data<NodeView>) -> impl Responder {
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
#[get("/api/v1/shares/{id}")]
pub(super) async fn one(
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
