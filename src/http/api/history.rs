//! Sums over time, of one rig or of all.

use actix_web::{HttpRequest, Responder, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use zartrux_models::ledger::{Cell, Level};

use super::params::{Params, shown};
use super::registry::{Counts, key_of};
use super::{Refusal, ask_registry};
use crate::http::answer::ErrorAnswer;
use crate::node::NodeView;

/// Cells of one answer.
const MOST: u64 = 2_000;

#[derive(Serialize, ToSchema)]
struct History {
    /// `minute`, `hour` or `day`.
    level: &'static str,
    cells: Vec<At>,
}

/// What was counted in one of them.
#[derive(Serialize, ToSchema)]
#[schema(as = HistoryCell)]
struct At {
    begins_unix_ms: u64,
    #[serde(flatten)]
    counts: Counts,
    /// Mean time from a share's line to its end, µs; none without a share.
    latency_micros: Option<u64>,
    latency_micros_max: u64,
}

impl At {
    fn of(begins_unix_ms: u64, cell: &Cell) -> Self {
        Self {
            begins_unix_ms,
            counts: cell.into(),
            latency_micros: cell.latency_sum_us.checked_div(cell.shares()),
            latency_micros_max: cell.latency_max_us,
        }
    }
}

/// Sums by the minute, the hour or the day; cells without any share are left out.
#[utoipa::path(
    tag = "registry",
    params(
        ("rig" = Option<String>, Query, description = "Of this rig alone: its key, 16 hex digits"),
        ("level" = Option<String>, Query, description = "One of minute, hour (without it) and day"),
        ("from" = Option<u64>, Query, description = "ms since 1970; without it as far back as one answer reaches"),
        ("to" = Option<u64>, Query, description = "ms since 1970; without it now"),
    ),
    security((), ("token" = [])),
    responses(
        (status = 200, description = "Sums", body = History),
        (status = 404, description = "Nothing is stored", body = ErrorAnswer),
        (status = 503, description = "The registry is busy or damaged", body = ErrorAnswer),
    )
)]
#[get("/api/v1/history")]
pub(in crate::http) async fn history(
    request: HttpRequest,
    view: web::Data<NodeView>,
) -> impl Responder {
    let now_ms = view.clock().unix_millis();
    ask_registry(&request, &view, move |query, state| {
        let params = Params::read(query, &["rig", "level", "from", "to"])?;
        let words = Level::ALL.map(|level| (level.label(), level));
        let level = params.choice("level", words.into_iter())?;
        let level = level.unwrap_or(Level::Hour);
        let rig = params
            .get("rig")
            .map(|text| key_of("rig", text))
            .transpose()?;
        let to = time_of(&params, "to")?.unwrap_or(now_ms + 1);
        let longest = MOST * level.span_ms();
        let from = time_of(&params, "from")?;
        let usual = to.saturating_sub(longest);
        let from = from.unwrap_or(usual);
        if from > to || to - from > longest {
            return Err(Refusal::bad(format!(
                "from, to: must be at most {MOST} {}s apart, from first",
                level.label()
            )));
        }
        let cells = state.book.history(rig, level, from, to)?;
        Ok(History {
            level: level.label(),
            cells: cells.iter().map(|(at, cell)| At::of(*at, cell)).collect(),
        })
    })
    .await
}

/// Milliseconds since 1970.
fn time_of(params: &Params, name: &str) -> Result<Option<u64>, Refusal> {
    let Some(text) = params.get(name) else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| {
        Refusal::bad(format!(
            "{name}: must be milliseconds since 1970, but is {}",
            shown(text)
        ))
    })
}
