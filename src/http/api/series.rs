//! Sums over time as they are drawn: a hundred points or so, of one rig or of all.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, Responder, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use zartrux_models::ledger::{Cell, HashRate, Level};

use super::params::Params;
use super::registry::key_of;
use super::{Refusal, ask_registry};
use crate::node::NodeView;

/// How sure an interval is.
const CONFIDENCE: f64 = 0.95;

/// A span of time, and what it is drawn by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    label: &'static str,
    /// What is counted.
    level: Level,
    /// From one point to the next, ms.
    step_ms: u64,
    /// Points.
    steps: u64,
}

impl Span {
    const ALL: [Self; 3] = [
        Self {
            label: "1h",
            level: Level::Minute,
            step_ms: 60_000,
            steps: 60,
        },
        Self {
            label: "1d",
            level: Level::Minute,
            step_ms: 600_000,
            steps: 144,
        },
        Self {
            label: "1w",
            level: Level::Hour,
            step_ms: 3_600_000,
            steps: 168,
        },
    ];

    /// When the first step begins, ms since 1970; the last is the one that is not over yet.
    const fn from(self, now_ms: u64) -> u64 {
        let last = now_ms - now_ms % self.step_ms;
        last.saturating_sub((self.steps - 1) * self.step_ms)
    }
}

/// Sums over time.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct Series {
    /// `1h`, `1d` or `1w`.
    span: &'static str,
    /// From one point to the next, ms.
    step_ms: u64,
    /// When the first step begins, ms since 1970.
    from_unix_ms: u64,
    /// Now, ms since 1970.
    to_unix_ms: u64,
    /// One for each step with a share, in order of time; the last may be of a step that is not over
    /// yet.
    points: Vec<Point>,
}

/// What was counted in a step.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct Point {
    /// When the step begins, ms since 1970.
    at_unix_ms: u64,
    /// Hashes per second, from shares, over the time of the step that has passed; none without a good
    /// share.
    hash_rate: Option<f64>,
    /// The truth is between this
    hash_rate_low: Option<f64>,
    /// and this in 95 of 100 cases.
    hash_rate_high: Option<f64>,
    /// Taken by the pool.
    accepted: u64,
    /// Refused by the pool.
    rejected: u64,
    /// Never answered by the pool.
    unanswered: u64,
    /// Met only the miner's own target.
    credited: u64,
    /// Refused here, those too that were only counted.
    refused: u64,
    /// Stayed home: of a rig in quarantine, and not proved in time.
    held: u64,
    /// Their upstream connection was gone.
    undeliverable: u64,
    /// Of all these: for the job before the current one.
    late: u64,
    /// Mean time from a share's line to its end, µs.
    latency_micros: Option<u64>,
    /// The longest of these, µs; none likewise.
    latency_micros_max: Option<u64>,
}

impl Point {
    fn of(at_unix_ms: u64, cell: &Cell, passed_ms: u64) -> Self {
        let rate = HashRate::from_shares(cell, passed_ms, CONFIDENCE);
        let sum = |counts: &[u64]| {
            counts
                .iter()
                .fold(0u64, |sum, more| sum.saturating_add(*more))
        };
        Self {
            at_unix_ms,
            hash_rate: rate.map(|rate| rate.per_second),
            hash_rate_low: rate.map(|rate| rate.low),
            hash_rate_high: rate.map(|rate| rate.high),
            accepted: cell.accepted,
            rejected: sum(&cell.rejected),
            unanswered: cell.unanswered,
            credited: cell.credited,
            refused: sum(&cell.refused).saturating_add(sum(&cell.refusals_unlisted)),
            held: cell.held,
            undeliverable: cell.undeliverable,
            late: cell.late,
            latency_micros: cell.latency_sum_us.checked_div(cell.shares()),
            latency_micros_max: (cell.shares() > 0).then_some(cell.latency_max_us),
        }
    }
}

/// From cells in order of time.
fn series(span: Span, cells: &[(u64, Cell)], now_ms: u64) -> Series {
    let from_unix_ms = span.from(now_ms);
    let mut steps: BTreeMap<u64, Cell> = BTreeMap::new();
    for (at, cell) in cells {
        let step = at - at % span.step_ms;
        if step >= from_unix_ms && step <= now_ms {
            steps.entry(step).or_default().merge(cell);
        }
    }
    let points = steps
        .iter()
        .filter(|(_, cell)| !cell.is_empty())
        .map(|(at, cell)| Point::of(*at, cell, span.step_ms.min(now_ms - at)))
        .collect();
    Series {
        span: span.label,
        step_ms: span.step_ms,
        from_unix_ms,
        to_unix_ms: now_ms,
        points,
    }
}

/// Sums over the last hour, day or week, as they are drawn.
#[utoipa::path(
    get,
    path = "/api/v1/series",
    tag = "overview",
    security((), ("token" = [])),
    params(
        ("span" = Option<String>, Query, description = "`1h` by the minute, `1d` by ten minutes or `1w` by the hour; `1h` where nothing is said"),
        ("rig" = Option<String>, Query, description = "The key of a rig, 16 hex digits; without it, all rigs together"),
    ),
    responses(
        (status = 200, description = "The sums; steps without a share are left out", body = Series),
        (status = 400, description = "A parameter is not as it must be"),
        (status = 404, description = "Nothing is stored"),
        (status = 503, description = "The registry does not answer"),
    )
)]
#[get("/api/v1/series")]
pub(super) async fn list(request: HttpRequest, view: web::Data<NodeView>) -> impl Responder {
    let now_ms = view.clock().unix_millis();
    ask_registry(&request, &view, move |query, state| {
        let (span, rig) = asked(query)?;
        let cells = state
            .book
            .history(rig, span.level, span.from(now_ms), now_ms + 1)?;
        Ok(series(span, &cells, now_ms))
    })
    .await
}

fn asked(query: &str) -> Result<(Span, Option<zartrux_models::share::RigKey>), Refusal> {
    let params = Params::read(query, &["span", "rig"])?;
    let [usual, ..] = Span::ALL;
    let words = Span::ALL.map(|span| (span.label, span));
    let span = params.choice("span", words.into_iter())?;
    let rig = params.get("rig").map(|text| key_of("rig", text));
    Ok((span.unwrap_or(usual), rig.transpose()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000;
    /// A moment in the middle of a minute: 30 s have passed of it.
    const NOW: u64 = 1_700_000_000_000 - 1_700_000_000_000 % 3_600_000 + 30 * MINUTE + 30_000;

    fn cell(good: u64, difficulty: u64) -> Cell {
        Cell {
            accepted: good,
            work_asked: good * difficulty,
            work_accepted: good * difficulty,
            work_squares: (good * difficulty * difficulty) >> 16,
            latency_sum_us: good * 100,
            latency_max_us: 250,
            ..Cell::default()
        }
    }

    fn of(label: &str) -> Span {
        Span::ALL
            .into_iter()
            .find(|span| span.label == label)
            .unwrap()
    }

    #[test]
    fn an_hour_is_drawn_by_the_minute_and_the_present_one_by_what_has_passed_of_it() {
        let minute = NOW - 30_000;
        let cells = [
            (minute - 59 * MINUTE, cell(2, 60_000)),
            (minute - MINUTE, cell(4, 60_000)),
            (minute, cell(4, 60_000)),
        ];
        let drawn = series(of("1h"), &cells, NOW);
        assert_eq!((drawn.step_ms, drawn.to_unix_ms), (MINUTE, NOW));
        assert_eq!(drawn.from_unix_ms, minute - 59 * MINUTE);
        let at: Vec<u64> = drawn.points.iter().map(|point| point.at_unix_ms).collect();
        assert_eq!(at, [minute - 59 * MINUTE, minute - MINUTE, minute]);
        let rates: Vec<f64> = drawn
            .points
            .iter()
            .map(|point| point.hash_rate.unwrap())
            .collect();
        // 2 and 4 shares of 60,000 hashes in 60 s; then 4 in 30 s.
        for (rate, expected) in rates.iter().zip([2_000.0, 4_000.0, 8_000.0]) {
            assert!((rate - expected).abs() < 1e-6, "{rates:?}");
        }
        let point = &drawn.points[1];
        assert!(point.hash_rate_low.unwrap() < 4_000.0);
        assert!(point.hash_rate_high.unwrap() > 4_000.0);
        assert_eq!(point.latency_micros, Some(100));
        assert_eq!(point.latency_micros_max, Some(250));
    }

    #[test]
    fn a_day_adds_minutes_to_steps_of_ten_and_leaves_out_those_without_a_share() {
        let step = NOW - NOW % 600_000;
        let cells = [
            (step - 143 * 600_000 - MINUTE, cell(1, 1)),
            (step - 600_000, cell(3, 600_000)),
            (step - MINUTE, cell(2, 600_000)),
        ];
        let drawn = series(of("1d"), &cells, NOW);
        assert_eq!(drawn.points.len(), 1, "the first is before the day");
        let point = &drawn.points[0];
        assert_eq!((point.at_unix_ms, point.accepted), (step - 600_000, 5));
        assert!((point.hash_rate.unwrap() - 5_000.0).abs() < 1e-6);
    }

    #[test]
    fn refusals_have_a_point_and_no_hash_rate() {
        let mut refused = Cell::default();
        refused.refused[0] = 3;
        refused.refusals_unlisted[1] = 4;
        refused.rejected[2] = 5;
        refused.late = 1;
        let hour = NOW - NOW % 3_600_000;
        let drawn = series(of("1w"), &[(hour, refused)], NOW);
        assert_eq!(drawn.from_unix_ms, hour - 167 * 3_600_000);
        let point = &drawn.points[0];
        assert_eq!(
            (point.refused, point.rejected, point.late),
            (7, 5, 1),
            "those that were only counted are refused too"
        );
        assert_eq!((point.hash_rate, point.hash_rate_low), (None, None));
        assert_eq!(point.latency_micros, Some(0));
    }

    #[test]
    fn a_span_that_is_not_there_and_a_key_that_is_none_are_told() {
        for (query, start) in [
            ("span=2h", "span: must be one of 1h, 1d, 1w"),
            ("rig=nobody", "rig: must be a rig's key"),
            ("from=1", "\"from\": is no parameter"),
        ] {
            let error = asked(query).unwrap_err().error;
            assert!(error.starts_with(start), "{error}");
        }
        assert_eq!(asked("").unwrap().0.label, "1h");
    }
}
