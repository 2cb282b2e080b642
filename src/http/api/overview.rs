//! Everything at one glance, and what happened lately.

use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse, Responder, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use zartrux_actors::events::{Event, EventLog, Severity};

use super::params::{Params, shown};
use super::{Refusal, answered};
use crate::node::NodeView;
use crate::overview::{Overview, Watch};

/// The whole daemon at one moment: put together at most every two seconds. Rigs are counted every few
/// seconds while somebody watches; the first answer after a while waits for that.
#[utoipa::path(
    get,
    path = "/api/v1/overview",
    tag = "overview",
    security((), ("token" = [])),
    responses(
        (status = 200, description = "The daemon as it is now", body = Overview),
        (status = 400, description = "A parameter that is not known here"),
    )
)]
#[get("/api/v1/overview")]
pub(super) async fn now(request: HttpRequest, watch: web::Data<Watch>) -> HttpResponse {
    if let Err(refusal) = Params::read(request.query_string(), &[]) {
        return answered::<()>(Err(refusal));
    }
    let watch = watch.into_inner();
    // Without a look there is an overview all the same.
    let _ = watch.fleet().await;
    match watch.snapshot() {
        Ok(snapshot) => HttpResponse::Ok()
            .content_type(ContentType::json())
            .body(snapshot.json),
        Err(fault) => HttpResponse::InternalServerError().body(fault.to_string()),
    }
}

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventShown {
    /// Its number, from 1 at each start of the process, in the order in which events came.
    seq: u64,
    /// When, ms since 1970.
    unix_ms: u64,
    /// `info`, `warning` or `critical`.
    severity: &'static str,
    /// What sort of event: a name such as `quarantined`.
    kind: &'static str,
    /// Whom or what it is about; hostile bytes.
    subject: Option<String>,
    /// What happened, in words; hostile bytes where it repeats what others said.
    text: String,
}

impl From<Event> for EventShown {
    fn from(event: Event) -> Self {
        Self {
            seq: event.seq,
            unix_ms: event.unix_ms,
            severity: match event.severity {
                Severity::Info => "info",
                Severity::Warning => "warning",
                Severity::Critical => "critical",
            },
            kind: event.kind,
            subject: event.subject,
            text: event.text,
        }
    }
}

/// What happened lately.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Events {
    /// The number of the newest event; 0 before the first.
    last_seq: u64,
    /// Those that were asked for, the oldest first.
    events: Vec<EventShown>,
}

/// The last events of the process; the last 512 are kept in memory, all in the journal.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    tag = "overview",
    security((), ("token" = [])),
    params(
        ("after" = Option<u64>, Query, description = "Only those after the event of this number"),
        ("limit" = Option<u64>, Query, description = "At most so many of the newest, 1 to 1000; 100 where nothing is said"),
    ),
    responses(
        (status = 200, description = "The events, the oldest first", body = Events),
        (status = 400, description = "A parameter is not as it must be"),
    )
)]
#[get("/api/v1/events")]
pub(super) async fn lately(request: HttpRequest, view: web::Data<NodeView>) -> impl Responder {
    answered(events_of(request.query_string(), view.events()))
}

fn events_of(query: &str, log: &EventLog) -> Result<Events, Refusal> {
    let params = Params::read(query, &["after", "limit"])?;
    let limit = params.limit()?;
    let after = params.get("after").map_or(Ok(0), |text| {
        text.parse().map_err(|_| {
            Refusal::bad(format!(
                "after: must be an event's number, but is {}",
                shown(text)
            ))
        })
    })?;
    // Read first: what comes meanwhile is told the next time.
    let last_seq = log.last_seq();
    let events = log.after(after, limit);
    Ok(Events {
        last_seq: events
            .last()
            .map_or(last_seq, |event| event.seq.max(last_seq)),
        events: events.into_iter().map(EventShown::from).collect(),
    })
}

#[cfg(test)]
mod tests;
