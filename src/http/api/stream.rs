//! Overview and events as they come: server-sent events. A stream is pulled by the connection, so that
//! a slow client gets the newest overview when it has taken the last, and nothing waits for it.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, get};
use futures_util::Stream;
use futures_util::stream::unfold;

use super::overview::EventShown;
use super::params::{Params, shown};
use super::{Refusal, answered};
use crate::http::access::Pass;
use crate::overview::{Seat, Watch};

/// From one overview to the next.
const OVERVIEW: Duration = Duration::from_secs(2);
/// How often it is looked for events.
const LOOK: Duration = Duration::from_millis(500);
/// A comment is sent at least so often, so that whoever is between knows that the stream lives.
const COMMENT: Duration = Duration::from_secs(15);
/// Events that a new client gets first,
const FIRST: usize = 100;
/// and at most at a time later.
const AT_A_TIME: usize = 512;

/// Overview and events as they come, as server-sent events: `overview` about every two seconds with
/// the answer of `/api/v1/overview`, `event` with an event of `/api/v1/events` and its number as id.
/// A new client gets the last 100 events first, one that comes back those after its `Last-Event-ID`.
#[utoipa::path(
    get,
    path = "/api/v1/stream",
    tag = "overview",
    security((), ("token" = [])),
    params(("Last-Event-ID" = Option<u64>, Header, description = "The number of the last event that was received")),
    responses(
        (status = 200, description = "The stream; it ends when the daemon leaves, and when settings change who may read", content_type = "text/event-stream", body = String),
        (status = 400, description = "Last-Event-ID is no number, or there is a parameter"),
        (status = 503, description = "As many streams as are allowed are open"),
    )
)]
#[get("/api/v1/stream")]
pub(super) async fn open(request: HttpRequest, watch: Data<Watch>) -> HttpResponse {
    match begin(&request, watch.into_inner()) {
        Ok(watching) => HttpResponse::Ok()
            .content_type("text/event-stream")
            .streaming(bytes_of(watching)),
        Err(refusal) => answered::<()>(Err(refusal)),
    }
}

fn bytes_of(watching: Watching) -> impl Stream<Item = Result<Bytes, Infallible>> {
    unfold(watching, |mut watching| async move {
        let bytes = watching.next().await?;
        Some((Ok(bytes), watching))
    })
}

fn begin(request: &HttpRequest, watch: Arc<Watch>) -> Result<Watching, Refusal> {
    Params::read(request.query_string(), &[])?;
    let seen = last_seen(request)?;
    let seat = watch.seat().ok_or_else(|| Refusal {
        status: StatusCode::SERVICE_UNAVAILABLE,
        error: format!(
            "{} streams are open, and no more are allowed",
            Watch::STREAMS
        ),
    })?;
    let now = watch.view().now();
    let log = watch.view().events();
    // Numbers begin anew with the process: one that is not there yet is of an earlier one.
    let seen = seen.filter(|seen| *seen <= log.last_seq());
    let events = match seen {
        Some(seen) => log.after(seen, AT_A_TIME),
        None => log.after(0, FIRST),
    };
    let after = events.last().map(|event| event.seq).or(seen).unwrap_or(0);
    let mut waiting = VecDeque::from([Bytes::from_static(b"retry: 2000\n\n")]);
    waiting.extend(frame_of(events));
    let watching = Watching {
        watch,
        _seat: seat,
        pass: request.extensions().get::<Pass>().cloned(),
        after,
        waiting,
        next_overview: now,
        next_comment: now + COMMENT,
    };
    Ok(watching)
}

fn last_seen(request: &HttpRequest) -> Result<Option<u64>, Refusal> {
    let Some(given) = request.headers().get("Last-Event-ID") else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(given.as_bytes());
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        Refusal::bad(format!(
            "Last-Event-ID: must be an event's number, but is {}",
            shown(&text)
        ))
    })
}

/// Somebody who watches.
#[derive(Debug)]
struct Watching {
    watch: Arc<Watch>,
    _seat: Seat,
    /// That it may watch; none where nobody guards.
    pass: Option<Pass>,
    /// The number of the last event that was sent.
    after: u64,
    /// What a new client gets first.
    waiting: VecDeque<Bytes>,
    next_overview: Instant,
    next_comment: Instant,
}

/// What is to be done for somebody who watches.
#[derive(Debug, PartialEq, Eq)]
enum Due {
    Send(Bytes),
    Wait(Instant),
    End,
}

impl Watching {
    /// The next bytes, when there are some; none when the daemon leaves.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            match self.due(self.watch.view().now()) {
                Due::Send(bytes) => return Some(bytes),
                Due::Wait(until) => actix_web::rt::time::sleep_until(until.into()).await,
                Due::End => return None,
            }
        }
    }

    /// What is due at a time: asked for whenever the client has taken what there was.
    fn due(&mut self, now: Instant) -> Due {
        // Its token may be none any more: it comes again, and is asked.
        if self.pass.as_ref().is_some_and(Pass::is_over) {
            return Due::End;
        }
        if let Some(bytes) = self.waiting.pop_front() {
            return Due::Send(bytes);
        }
        let view = self.watch.view();
        if view.is_draining() {
            return Due::End;
        }
        if view.events().last_seq() > self.after {
            let events = view.events().after(self.after, AT_A_TIME);
            self.after = events.last().map_or(self.after, |event| event.seq);
            if let Some(frame) = frame_of(events) {
                return Due::Send(frame);
            }
        }
        if now >= self.next_comment {
            self.next_comment = now + COMMENT;
            return Due::Send(Bytes::from_static(b": still here\n\n"));
        }
        if now >= self.next_overview {
            // From now, not from when it was due: what a slow client missed is not made up for.
            self.next_overview = now + OVERVIEW;
            if let Ok(snapshot) = self.watch.snapshot() {
                return Due::Send(snapshot.frame);
            }
        }
        Due::Wait(self.next_overview.min(self.next_comment).min(now + LOOK))
    }
}

/// Events as they are sent; none without an event.
fn frame_of(events: Vec<zartrux_actors::events::Event>) -> Option<Bytes> {
    let mut frame = String::new();
    for event in events {
        let seq = event.seq;
        // A line of JSON: line breaks in texts are escaped in it.
        if let Ok(data) = serde_json::to_string(&EventShown::from(event)) {
            frame.push_str(&format!("id: {seq}\nevent: event\ndata: {data}\n\n"));
        }
    }
    (!frame.is_empty()).then(|| Bytes::from(frame))
}

#[cfg(test)]
mod tests;
