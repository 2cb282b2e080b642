//! Who is ready for the fork to `rx/2`.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::rt::time::timeout;
use actix_web::{HttpRequest, Responder, get, web};
use zartrux_models::plan::Readiness;

use super::params::{Params, shown};
use super::registry::key_of;
use super::{PATIENCE, Refusal, answered};
use crate::fork::{
    ForkReport, MOST_DAYS, ProxyState, Said, Survey, USUAL_DAYS, UpstreamAlgorithms, VersionKnown,
};
use crate::http::answer::ErrorAnswer;
use crate::node::NodeView;

/// Rigs that are looked at in one step of the registry, or asked for of a lane.
const AT_A_TIME: usize = 1_024;

/// Who is ready for the fork to `rx/2`: rigs by what they said at their logins, the upstreams by
/// their jobs, the proxy by what its RandomX computes.
#[utoipa::path(
    tag = "registry",
    params(
        ("readiness" = Option<String>, Query, description = "List only rigs that are: one of ready, not_ready, unknown"),
        ("days" = Option<u64>, Query, minimum = 1, maximum = 3650, description = "Count rigs seen within so many days; without it 7"),
        ("after" = Option<String>, Query, description = "Where the part of the list begins: `next` of the part before, 16 hex digits"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Most entries, 1 to 1,000; without it 100"),
    ),
    security((), ("token" = [])),
    responses(
        (status = 200, description = "How ready the farm is", body = ForkReport),
        (status = 503, description = "The registry, or a lane, is busy", body = ErrorAnswer),
    )
)]
#[get("/api/v1/fork")]
pub(in crate::http) async fn readiness(
    request: HttpRequest,
    view: web::Data<NodeView>,
) -> impl Responder {
    let now_ms = view.clock().unix_millis();
    let report = match Asked::read(request.query_string(), now_ms) {
        Ok(asked) => report(&view, asked, now_ms).await,
        Err(refusal) => Err(refusal),
    };
    answered(report)
}

/// What stands behind the question mark.
struct Asked {
    days: u64,
    /// Goes on where a list ended.
    is_part: bool,
    survey: Survey,
}

impl Asked {
    fn read(query: &str, now_ms: u64) -> Result<Self, Refusal> {
        let params = Params::read(query, &["readiness", "days", "after", "limit"])?;
        let words = Readiness::LABELS.map(|label| (label, label));
        let wanted = params.choice("readiness", words.into_iter())?;
        let limit = params.limit()?;
        let days = days_of(params.get("days"))?;
        let after = params.get("after");
        let after = after.map(|text| key_of("after", text)).transpose()?;
        Ok(Self {
            days,
            is_part: after.is_some(),
            survey: Survey::new(now_ms, days, wanted, after, limit),
        })
    }
}

fn days_of(text: Option<&str>) -> Result<u64, Refusal> {
    let Some(text) = text else {
        return Ok(USUAL_DAYS);
    };
    text.parse()
        .ok()
        .filter(|days| (1..=MOST_DAYS).contains(days))
        .ok_or_else(|| {
            Refusal::bad(format!(
                "days: must be a whole number from 1 to {MOST_DAYS}, but is {}",
                shown(text)
            ))
        })
}

async fn report(view: &NodeView, asked: Asked, now_ms: u64) -> Result<ForkReport, Refusal> {
    let Asked {
        days,
        is_part,
        mut survey,
    } = asked;
    for lane in view.lanes() {
        for rig in lane.unfit().all() {
            survey.add_live(Said::unfit(&rig));
        }
    }
    if view.store().is_some() {
        from_registry(view, &mut survey, is_part).await?;
    } else {
        from_seats(view, &mut survey, now_ms).await?;
    }
    let (fleet, rigs, next) = if is_part && survey.is_full() {
        survey.finish_early()
    } else {
        survey.finish()
    };
    Ok(ForkReport {
        at_unix_ms: now_ms,
        days,
        proxy: proxy(view),
        upstreams: upstreams(view),
        fleet: (!is_part).then_some(fleet),
        rigs,
        next: next.map(|rig| rig.to_string()),
    })
}

/// The rigs that the registry knows, some at a time, so that nobody waits for them all.
async fn from_registry(view: &NodeView, survey: &mut Survey, is_part: bool) -> Result<(), Refusal> {
    let Some(store) = view.store() else {
        return Ok(());
    };
    let mut after = survey.done();
    while !(is_part && survey.is_full()) {
        let some = store.registry.ask(move |state| {
            let rigs = state.book.rigs_from(after, AT_A_TIME)?;
            Ok::<_, Refusal>(rigs.iter().map(Said::kept).collect::<Vec<_>>())
        });
        let some = match timeout(PATIENCE, some).await {
            Ok(Ok(some)) => some?,
            Ok(Err(fault)) => return Err(busy(fault.to_string())),
            Err(_) => return Err(busy("the registry of rigs is busy".to_owned())),
        };
        let Some(last) = some.last().map(|said| said.rig) else {
            break;
        };
        after = Some(last);
        survey.take(some);
    }
    Ok(())
}

/// The rigs that are connected now, where nothing is stored.
async fn from_seats(view: &NodeView, survey: &mut Survey, now_ms: u64) -> Result<(), Refusal> {
    for (lane, way) in view.seats().iter().enumerate() {
        let mut next = Some(0);
        while let Some(from) = next {
            let Ok(Some(reported)) = timeout(PATIENCE, way.ask(from)).await else {
                return Err(busy(format!("lane {lane} does not answer")));
            };
            next = reported.next;
            for seat in reported.seats {
                survey.add_live(Said::seated(seat, now_ms));
            }
        }
    }
    Ok(())
}

fn busy(error: String) -> Refusal {
    Refusal {
        status: StatusCode::SERVICE_UNAVAILABLE,
        error,
    }
}

fn proxy(view: &NodeView) -> ProxyState {
    let prover = view.prover();
    ProxyState {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        running: true,
        proves: prover.as_ref().map(|prover| prover.mode.label().to_owned()),
        randomx_v2: VersionKnown::of(prover.map(|prover| prover.knows_v2)),
    }
}

/// What each upstream's sessions had to be mined last.
fn upstreams(view: &NodeView) -> Vec<UpstreamAlgorithms> {
    let order = view.upstream_order();
    let mut algorithms = vec![BTreeSet::new(); order.len()];
    for lane in view.lanes() {
        for session in lane.pools().values() {
            let place = order.iter().position(|place| *place == session.upstream);
            let known = place.and_then(|place| algorithms.get_mut(place));
            if let (Some(known), Some(algorithm)) = (known, session.stats.report().algorithm) {
                known.insert(algorithm);
            }
        }
    }
    let names = order.into_iter().map(|place| view.upstream_name(place));
    names
        .zip(algorithms)
        .map(|(name, algorithms)| UpstreamAlgorithms {
            name: name.unwrap_or_default().to_owned(),
            algorithms: algorithms.into_iter().collect(),
        })
        .collect()
}
