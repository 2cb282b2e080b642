//! The registry: every rig that is known, there or not, since when and how fast.

use actix_web::{HttpRequest, Responder, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use zartrux_actors::store::registry::State;
use zartrux_actors::store::state::StateError;
use zartrux_models::filter::Scanner;
use zartrux_models::ledger::{Cell, HashRate, Level, Presence, RigEntry};
use zartrux_models::share::RigKey;

use super::params::{Params, shown};
use super::{Refusal, ask_registry};
use crate::http::answer::ErrorAnswer;
use crate::node::NodeView;

/// How sure an interval is.
const CONFIDENCE: f64 = 0.95;
/// The spans of time over which hash rates are told: minutes, and what they are called.
const SPANS: [(u64, &str); 3] = [(10, "10m"), (60, "1h"), (24 * 60, "24h")];
const MINUTE_MS: u64 = 60_000;

/// A rig as the registry knows it.
#[derive(Serialize, ToSchema)]
#[schema(as = KnownRig)]
struct Known {
    rig: String,
    #[schema(value_type = String)]
    user: Box<str>,
    #[schema(value_type = String)]
    rig_id: Box<str>,
    #[schema(value_type = String)]
    agent: Box<str>,
    #[schema(value_type = Vec<String>)]
    algorithms: Vec<Box<str>>,
    /// `online`, `late`, `silent`, `quarantined`, or `gone` where nobody waits for it.
    presence: &'static str,
    /// Somebody would miss it.
    expected: bool,
    first_seen_unix_ms: u64,
    last_seen_unix_ms: u64,
    /// None before its first share.
    last_share_unix_ms: Option<u64>,
    mined_seconds: u64,
    difficulty: Option<u64>,
    /// All its shares since it is known.
    shares: Counts,
}

/// What became of shares.
#[derive(Serialize, ToSchema)]
pub(super) struct Counts {
    accepted: u64,
    rejected: u64,
    unanswered: u64,
    credited: u64,
    refused: u64,
    /// Refused at the door, and only counted.
    refused_unlisted: u64,
    held: u64,
    undeliverable: u64,
    late: u64,
    /// Difficulties of the good ones, in hashes.
    work: u64,
}

impl From<&Cell> for Counts {
    fn from(cell: &Cell) -> Self {
        Self {
            accepted: cell.accepted,
            rejected: cell.rejected.iter().sum(),
            unanswered: cell.unanswered,
            credited: cell.credited,
            refused: cell.refused.iter().sum(),
            refused_unlisted: cell.refusals_unlisted.iter().sum(),
            held: cell.held,
            undeliverable: cell.undeliverable,
            late: cell.late,
            work: cell.work_asked,
        }
    }
}

impl Known {
    fn of(rig: &RigEntry, state: &State, now_ms: u64) -> Self {
        Self {
            rig: rig.key.to_string(),
            user: rig.names.user.clone(),
            rig_id: rig.names.rig_id.clone(),
            agent: rig.names.agent.clone(),
            algorithms: rig.algorithms.clone(),
            presence: state.expectation.presence(rig, now_ms).label(),
            expected: state.expectation.expects(rig, now_ms),
            first_seen_unix_ms: rig.first_seen_ms,
            last_seen_unix_ms: rig.last_seen_ms,
            last_share_unix_ms: (rig.last_share_ms > 0).then_some(rig.last_share_ms),
            mined_seconds: rig.mined_ms / 1_000,
            difficulty: rig.last_asked().map(|difficulty| difficulty.get()),
            shares: (&rig.lifetime).into(),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = RegistryList)]
struct List {
    /// Rigs in the registry.
    known: usize,
    rigs: Vec<Known>,
    /// Where the next part begins: the parameter `after`. None at the end.
    next: Option<String>,
}

/// Rigs that are looked at for one answer: some milliseconds.
const LOOKED_AT: usize = 10_000;

/// The rigs that are known, by their keys, a part at a time.
#[utoipa::path(
    tag = "registry",
    params(
        ("presence" = Option<String>, Query, description = "One of online, late, silent, quarantined, gone"),
        ("after" = Option<String>, Query, description = "Where the part begins: `next` of the part before, 16 hex digits"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Most entries, 1 to 1,000; without it 100"),
    ),
    security((), ("token" = [])),
    responses(
        (status = 200, description = "Rigs", body = List),
        (status = 404, description = "Nothing is stored", body = ErrorAnswer),
        (status = 503, description = "The registry is busy or damaged", body = ErrorAnswer),
    )
)]
#[get("/api/v1/registry")]
pub(in crate::http) async fn list(
    request: HttpRequest,
    view: web::Data<NodeView>,
) -> impl Responder {
    let now_ms = view.clock().unix_millis();
    ask_registry(&request, &view, move |query, state| {
        let params = Params::read(query, &["presence", "after", "limit"])?;
        let words = Presence::ALL.map(|presence| (presence.label(), presence));
        let wanted = params.choice("presence", words.into_iter())?;
        let limit = params.limit()?;
        let mut after = params
            .get("after")
            .map(|text| key_of("after", text))
            .transpose()?;
        let (mut found, mut looked) = (Vec::new(), 0);
        let at_end = loop {
            let some = state.book.rigs_from(after, 256)?;
            if some.is_empty() {
                break true;
            }
            for rig in &some {
                if found.len() == limit {
                    break;
                }
                after = Some(rig.key);
                looked += 1;
                let is = state.expectation.presence(rig, now_ms);
                if wanted.is_none_or(|wanted| wanted == is) {
                    found.push(Known::of(rig, state, now_ms));
                }
            }
            if found.len() == limit || looked >= LOOKED_AT {
                break false;
            }
        };
        Ok(List {
            known: state.book.len(),
            rigs: found,
            next: after.filter(|_| !at_end).map(|key| key.to_string()),
        })
    })
    .await
}

/// A hash rate over a span of time.
#[derive(Serialize, ToSchema)]
#[schema(as = SpanRate)]
struct Rate {
    over: &'static str,
    /// `shares`: by chance, with an interval that holds the truth in 95 of 100 cases; `odometer`:
    /// by the rig's own nonces, with bounds.
    source: &'static str,
    hashes_per_second: f64,
    low: f64,
    high: f64,
    confidence: Option<f64>,
    shares: u64,
}

impl Rate {
    fn of(over: &'static str, rate: &HashRate) -> Self {
        Self {
            over,
            source: rate.source.label(),
            hashes_per_second: rate.per_second,
            low: rate.low,
            high: rate.high,
            confidence: rate.confidence,
            shares: rate.shares,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = RegistryRig)]
struct Full {
    #[serde(flatten)]
    known: Known,
    hash_rates: Vec<Rate>,
}

/// Everything that the registry knows of a rig.
#[utoipa::path(
    tag = "registry",
    params(
        ("rig" = String, Path, description = "A key, 16 hex digits"),
    ),
    security((), ("token" = [])),
    responses(
        (status = 200, description = "The rig", body = Full),
        (status = 404, description = "It is not known, or nothing is stored", body = ErrorAnswer),
        (status = 503, description = "The registry is busy or damaged", body = ErrorAnswer),
    )
)]
#[get("/api/v1/registry/{rig}")]
pub(in crate::http) async fn one(
    request: HttpRequest,
    view: web::Data<NodeView>,
    name: web::Path<String>,
) -> impl Responder {
    let now_ms = view.clock().unix_millis();
    ask_registry(&request, &view, move |query, state| {
        Params::read(query, &[])?;
        let key = key_of("rig", &name)?;
        let rig = state.book.rig(key)?.ok_or_else(|| {
            Refusal::not_found(format!("rig: {key} is not known; see /api/v1/registry"))
        })?;
        let scanner = Scanner::of_agent(&rig.names.agent);
        let mut hash_rates = Vec::new();
        for (minutes, over) in SPANS {
            let cell = last_minutes(state, Some(key), minutes, now_ms)?;
            // A rig that is known for less has worked for less.
            let known = now_ms.saturating_sub(rig.first_seen_ms);
            let span = (minutes * MINUTE_MS).min(known);
            let rates = [
                HashRate::from_shares(&cell, span, CONFIDENCE),
                HashRate::from_odometer(&cell, scanner),
            ];
            hash_rates.extend(rates.iter().flatten().map(|rate| Rate::of(over, rate)));
        }
        Ok(Full {
            known: Known::of(&rig, state, now_ms),
            hash_rates,
        })
    })
    .await
}

/// What was counted in the last minutes, the present one included.
fn last_minutes(
    state: &State,
    rig: Option<RigKey>,
    minutes: u64,
    now_ms: u64,
) -> Result<Cell, StateError> {
    let from = now_ms.saturating_sub((minutes - 1) * MINUTE_MS);
    let cells = state
        .book
        .history(rig, Level::Minute, from, now_ms + MINUTE_MS)?;
    let mut sum = Cell::default();
    for (_, cell) in cells {
        sum.merge(&cell);
    }
    Ok(sum)
}

/// The rig that a text names by its key.
pub(super) fn key_of(parameter: &str, text: &str) -> Result<RigKey, Refusal> {
    RigKey::from_hex(text).ok_or_else(|| {
        Refusal::bad(format!(
            "{parameter}: must be a rig's key, 16 hex digits, but is {}",
            shown(text)
        ))
    })
}
