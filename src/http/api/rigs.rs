//! Rigs: how they stand, and why.

use actix_web::{HttpRequest, Responder, get, web};
use serde::Serialize;
use std::collections::HashSet;
use utoipa::ToSchema;
use zartrux_actors::rigs::{StageRecord, stage_records};
use zartrux_models::judge::{RigReport, Standing, TrustReport};
use zartrux_models::share::RigKey;

use super::params::Params;
use super::{Refusal, answer, rig_of, shares};
use crate::http::answer::ErrorAnswer;
use crate::http::schemas::rigs as schemas;
use crate::node::{NodeView, RigView, STANDINGS, reason, standing_label};

/// How many of a rig's last shares are named with it.
const LAST_SHARES: usize = 20;

/// Who a rig is.
#[derive(Serialize, ToSchema)]
struct Who {
    rig: String,
    user: Option<String>,
    rig_id: Option<String>,
    agent: Option<String>,
    /// With the lane that thinks worst of it; none before its first share is judged.
    #[schema(value_type = Option<String>)]
    standing: Option<Standing>,
    reason: Option<String>,
}

impl Who {
    fn is(view: &RigView) -> Self {
        let names = view.names.as_ref();
        Self {
            rig: view.rig.to_string(),
            user: names.map(|names| names.user.to_string()),
            rig_id: names.map(|names| names.rig_id.to_string()),
            agent: names.map(|names| names.agent.to_string()),
            standing: view.standing(),
            reason: view.gravest().and_then(reason),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = ListedRig)]
struct Listed {
    #[serde(flatten)]
    who: Who,
    lanes: Vec<usize>,
    #[schema(value_type = Option<schemas::TrustReport>)]
    trust: Option<TrustReport>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RigList)]
struct List {
    /// Rigs that the parameters let through, of which only the first are listed.
    matched: usize,
    rigs: Vec<Listed>,
}

/// Rigs, those in quarantine and the suspects first.
#[utoipa::path(
    tag = "rigs",
    params(
        ("search" = Option<String>, Query, description = "Part of a user, rig id or agent, or the beginning of a key"),
        ("standing" = Option<String>, Query, description = "One of quarantined, suspect, new, trusted"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Most entries, 1 to 1,000; without it 100"),
    ),
    security((), ("token" = [])),
    responses(
        (status = 200, description = "Rigs", body = List),
        (status = 503, description = "A judge has been in one step for half a second", body = ErrorAnswer),
    )
)]
#[get("/api/v1/rigs")]
pub(in crate::http) async fn list(
    request: HttpRequest,
    view: web::Data<NodeView>,
) -> impl Responder {
    answer(request, view, listed).await
}

fn listed(query: &str, view: &NodeView) -> Result<List, Refusal> {
    let params = Params::read(query, &["search", "standing", "limit"])?;
    let limit = params.limit()?;
    let words = STANDINGS.map(|standing| (standing_label(standing), standing));
    let standing = params.choice("standing", words.into_iter())?;
    let found = params
        .get("search")
        .map(|text| keys_with(view, &text.to_lowercase()));
    let mut rigs = view.rigs(|rig, report| {
        found
            .as_ref()
            .is_none_or(|(text, keys)| keys.contains(&rig) || rig.to_string().starts_with(text))
            && (standing.is_none() || report.is_some())
    })?;
    rigs.retain(|rig| standing.is_none() || rig.standing() == standing);
    let matched = rigs.len();
    rigs.truncate(limit);
    let rigs = rigs
        .iter()
        .map(|rig| Listed {
            who: Who::is(rig),
            lanes: rig.lanes.iter().map(|(lane, _)| *lane).collect(),
            trust: rig.gravest().map(|report| report.trust),
        })
        .collect();
    Ok(List { matched, rigs })
}

/// The rigs whose names hold a text.
fn keys_with(view: &NodeView, text: &str) -> (String, HashSet<RigKey>) {
    let keys = view
        .lanes()
        .iter()
        .flat_map(|lane| lane.rigs().named())
        .filter(|(_, names)| names.contain(text))
        .map(|(rig, _)| rig)
        .collect();
    (text.to_owned(), keys)
}

#[derive(Serialize, ToSchema)]
#[schema(as = RigInLane)]
struct InLane {
    lane: usize,
    #[serde(flatten)]
    #[schema(value_type = schemas::RigReport)]
    report: RigReport,
}

/// What each filter said at one share.
#[derive(Serialize, ToSchema)]
struct EvidenceAt {
    share: String,
    #[schema(value_type = Vec<schemas::StageRecord>)]
    stages: Vec<StageRecord>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Rig)]
struct Full {
    #[serde(flatten)]
    who: Who,
    lanes: Vec<InLane>,
    /// At its last share that is kept.
    evidence: Option<EvidenceAt>,
    /// Ids of its last shares that are kept, the newest first.
    last_shares: Vec<String>,
}

/// Everything about one rig.
#[utoipa::path(
    tag = "rigs",
    params(
        ("rig" = String, Path, description = "A key, 16 hex digits, or a rig id if no other rig has it"),
    ),
    security((), ("token" = [])),
    responses(
        (status = 200, description = "The rig", body = Full),
        (status = 404, description = "No rig is called so", body = ErrorAnswer),
        (status = 503, description = "A judge has been in one step for half a second", body = ErrorAnswer),
    )
)]
#[get("/api/v1/rigs/{rig:.+}")]
pub(in crate::http) async fn one(
    request: HttpRequest,
    view: web::Data<NodeView>,
    name: web::Path<String>,
) -> impl Responder {
    answer(request, view, move |query, view| full(query, view, &name)).await
}

fn full(query: &str, view: &NodeView, name: &str) -> Result<Full, Refusal> {
    Params::read(query, &[])?;
    let rig = rig_of(view, "rig", name)?;
    let Some(known) = view.rig(rig)? else {
        return Err(Refusal::not_found(format!(
            "rig: {rig} is not remembered any more"
        )));
    };
    let shares = shares::newest(view, Some(rig), LAST_SHARES);
    Ok(Full {
        who: Who::is(&known),
        lanes: known
            .lanes
            .into_iter()
            .map(|(lane, report)| InLane { lane, report })
            .collect(),
        evidence: shares.first().map(|share| EvidenceAt {
            share: share.id.to_string(),
            stages: stage_records(&share.evidence),
        }),
        last_shares: shares.iter().map(|share| share.id.to_string()).collect(),
    })
}
