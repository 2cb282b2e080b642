//! All rigs as a table that can be searched, sorted and paged: of the last look at them.

use std::cmp::Ordering;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::params::{Params, shown};
use super::{Refusal, answered, blocking};
use crate::node::standing_label;
use crate::overview::{Fleet, RigRow, RigState, Watch};

/// What rows are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SortBy {
    Name,
    State,
    HashRate,
    LastShare,
    Refused,
    Difficulty,
}

const SORTS: [(&str, SortBy); 6] = [
    ("name", SortBy::Name),
    ("state", SortBy::State),
    ("hash_rate", SortBy::HashRate),
    ("last_share", SortBy::LastShare),
    ("refused", SortBy::Refused),
    ("difficulty", SortBy::Difficulty),
];

/// A part of the table.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Table {
    /// Rigs in all.
    total: usize,
    /// Rigs that search and state let through.
    matched: usize,
    /// When the rigs were looked at, ms since 1970.
    as_of_unix_ms: u64,
    /// Some of these, in the order that was asked for.
    rows: Vec<Row>,
}

/// A rig. What is not known is none.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Row {
    /// Its key, 16 hex digits.
    rig: String,
    /// As it logged in; hostile bytes.
    rig_id: Option<String>,
    /// As it logged in, a wallet masked; hostile bytes.
    user: Option<String>,
    /// The miner program; hostile bytes.
    agent: Option<String>,
    /// `online`, `late`, `silent`, `quarantined` or `gone`.
    presence: Option<&'static str>,
    /// `new`, `trusted`, `suspect` or `quarantined`.
    standing: Option<&'static str>,
    /// The gravest that is to be said of it: `quarantined`, `suspect`, `silent`, `failing`, `late`,
    /// `online`, `gone` or `unknown`.
    state: &'static str,
    /// Why, in words; none where all is well.
    reason: Option<String>,
    /// Since when it is in that state, ms since 1970.
    since_unix_ms: Option<u64>,
    /// Its last share, ms since 1970.
    last_share_unix_ms: Option<u64>,
    /// How fast it was in the last hour, as it was read within the last minutes.
    hash_rate: Option<Rate>,
    /// The difficulty that it was asked for last, hashes.
    difficulty: Option<u64>,
    /// Shares since it is known: taken by the pool,
    accepted: Option<u64>,
    /// refused by the pool,
    rejected: Option<u64>,
    /// and refused here.
    refused: Option<u64>,
}

/// A hash rate from shares.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Rate {
    /// Hashes per second.
    per_second: f64,
    /// The truth is between this
    low: f64,
    /// and this in 95 of 100 cases.
    high: f64,
}

impl Row {
    fn of(row: &RigRow) -> Self {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Self {
            rig: row.rig.to_string(),
            rig_id: given(&row.names.rig_id),
            user: given(&row.names.user),
            agent: given(&row.names.agent),
            presence: row.presence.map(|presence| presence.label()),
            standing: row.standing.map(standing_label),
            state: row.state.label(),
            reason: row.reason.clone(),
            since_unix_ms: row.since_unix_ms,
            last_share_unix_ms: row.last_share_unix_ms,
            hash_rate: row.rate.map(|rate| Rate {
                per_second: rate.per_second,
                low: rate.low,
                high: rate.high,
            }),
            difficulty: row.difficulty,
            accepted: row.shares.map(|shares| shares.accepted),
            rejected: row.shares.map(|shares| shares.rejected),
            refused: row.shares.map(|shares| shares.refused),
        }
    }
}

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    /// In lower case.
    search: Option<String>,
    state: Option<RigState>,
    sort: SortBy,
    descending: bool,
    offset: usize,
    limit: usize,
}

impl Asked {
    fn read(query: &str) -> Result<Self, Refusal> {
        let known = ["search", "state", "sort", "order", "offset", "limit"];
        let params = Params::read(query, &known)?;
        let states = RigState::ALL.map(|state| (state.label(), state));
        let orders = [("asc", false), ("desc", true)];
        let offset = params.get("offset").map_or(Ok(0), |text| {
            text.parse().map_err(|_| {
                Refusal::bad(format!(
                    "offset: must be a whole number, but is {}",
                    shown(text)
                ))
            })
        })?;
        Ok(Self {
            search: params.get("search").map(str::to_lowercase),
            state: params.choice("state", states.into_iter())?,
            sort: params
                .choice("sort", SORTS.into_iter())?
                .unwrap_or(SortBy::State),
            descending: params
                .choice("order", orders.into_iter())?
                .unwrap_or_default(),
            offset,
            limit: params.limit()?,
        })
    }

    fn lets_through(&self, row: &RigRow) -> bool {
        self.state.is_none_or(|state| state == row.state)
            && self.search.as_ref().is_none_or(|text| {
                let names = [&row.names.rig_id, &row.names.user, &row.names.agent];
                names.iter().any(|name| name.to_lowercase().contains(text))
                    || row.rig.to_string().starts_with(text)
            })
    }

    /// Those of which a thing is not known come last, in either order; equals by name.
    fn compare(&self, a: &RigRow, b: &RigRow) -> Ordering {
        let by = match self.sort {
            SortBy::Name => self.turned(a.name().cmp(b.name())),
            SortBy::State => self.turned(a.state.cmp(&b.state)),
            SortBy::HashRate => {
                let rate = |row: &RigRow| row.rate.map(|rate| rate.per_second);
                self.known_first(rate(a), rate(b), f64::total_cmp)
            }
            SortBy::LastShare => {
                self.known_first(a.last_share_unix_ms, b.last_share_unix_ms, u64::cmp)
            }
            SortBy::Refused => {
                let refused = |row: &RigRow| row.shares.map(|shares| shares.refused);
                self.known_first(refused(a), refused(b), u64::cmp)
            }
            SortBy::Difficulty => self.known_first(a.difficulty, b.difficulty, u64::cmp),
        };
        by.then_with(|| a.name().cmp(b.name()))
            .then_with(|| a.rig.cmp(&b.rig))
    }

    const fn turned(&self, order: Ordering) -> Ordering {
        if self.descending {
            order.reverse()
        } else {
            order
        }
    }

    fn known_first<T>(
        &self,
        a: Option<T>,
        b: Option<T>,
        compare: impl Fn(&T, &T) -> Ordering,
    ) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) => self.turned(compare(&a, &b)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        }
    }

    fn table(&self, fleet: &Fleet) -> Table {
        let mut rows: Vec<&RigRow> = fleet
            .rows
            .iter()
            .filter(|row| self.lets_through(row))
            .collect();
        let matched = rows.len();
        rows.sort_unstable_by(|a, b| self.compare(a, b));
        let wanted = rows.iter().skip(self.offset).take(self.limit);
        Table {
            total: fleet.rows.len(),
            matched,
            as_of_unix_ms: fleet.as_of_unix_ms,
            rows: wanted.map(|row| Row::of(row)).collect(),
        }
    }
}

/// All rigs as a table: of a look at registry and judges that is some seconds old.
#[utoipa::path(
    get,
    path = "/api/v1/rigs/table",
    tag = "overview",
    security((), ("token" = [])),
    params(
        ("search" = Option<String>, Query, description = "Only rigs in whose names this stands, upper or lower case, or whose key begins so"),
        ("state" = Option<String>, Query, description = "Only rigs in this state"),
        ("sort" = Option<String>, Query, description = "`name`, `state`, `hash_rate`, `last_share`, `refused` or `difficulty`; `state` where nothing is said, the gravest first"),
        ("order" = Option<String>, Query, description = "`asc` or `desc`; `asc` where nothing is said. What is not known comes last"),
        ("offset" = Option<u64>, Query, description = "So many of them are left out"),
        ("limit" = Option<u64>, Query, description = "At most so many, 1 to 1000; 100 where nothing is said"),
    ),
    responses(
        (status = 200, description = "A part of the table", body = Table),
        (status = 400, description = "A parameter is not as it must be"),
        (status = 503, description = "The rigs could not be looked at in time"),
    )
)]
#[get("/api/v1/rigs/table")]
pub(super) async fn list(request: HttpRequest, watch: web::Data<Watch>) -> HttpResponse {
    let asked = match Asked::read(request.query_string()) {
        Ok(asked) => asked,
        Err(refusal) => return answered::<Table>(Err(refusal)),
    };
    let Some(fleet) = Arc::clone(&watch).fleet().await else {
        return answered::<Table>(Err(Refusal {
            status: StatusCode::SERVICE_UNAVAILABLE,
            error: "the rigs could not be looked at in time".to_owned(),
        }));
    };
    blocking(move || asked.table(&fleet))
        .await
        .map_or_else(|response| response, |table| answered(Ok(table)))
}

#[cfg(test)]
mod tests;
