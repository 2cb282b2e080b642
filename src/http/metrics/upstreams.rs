//! Upstreams, by `host:port`: as many as the settings have. Sessions come and go, so what they
//! counted is summed up, those that are closed included.

use std::collections::BTreeMap;
use std::fmt;

use zartrux_actors::pool_session::PoolReport;
use zartrux_models::stratum::ErrorClass;
use zartrux_models::work::Slot;

use super::writer::{Writer, each_of};
use crate::node::NodeView;

/// An upstream over all lanes.
#[derive(Default)]
struct Upstream {
    /// Lanes that it serves.
    serves: u64,
    /// Sessions that are open.
    sessions: u64,
    /// Of these, logged in.
    logged_in: u64,
    /// Pages of 256 miners that are logged in: where the pool sends templates, several share a
    /// session's connection.
    pages: u64,
    /// What was counted, with sessions that are closed.
    sums: PoolReport,
    pending: u64,
    /// When the last job came to any session, ms since 1970.
    job_ms: Option<u64>,
    /// Of that job.
    height: Option<u64>,
    difficulty: Option<u64>,
    /// The slowest session's.
    submit_micros: Option<u64>,
}

impl Upstream {
    fn add(&mut self, session: &PoolReport) {
        let logged_in = u64::from(session.connected_since_unix_ms.is_some());
        self.pages += logged_in;
        if !session.shares_connection {
            self.sessions += 1;
            self.logged_in += logged_in;
        }
        self.sums.add_counts(session);
        self.pending += session.pending as u64;
        if session.last_job_unix_ms > self.job_ms {
            self.job_ms = session.last_job_unix_ms;
            self.height = session.height;
            self.difficulty = session.difficulty;
        }
        self.submit_micros = self.submit_micros.max(session.submit_latency_micros);
    }
}

fn classes() -> [&'static str; ErrorClass::ALL.len()] {
    ErrorClass::ALL.map(ErrorClass::label)
}

/// All of them; one that is listed twice is one.
fn upstreams(view: &NodeView) -> BTreeMap<&str, Upstream> {
    let mut upstreams: BTreeMap<&str, Upstream> = BTreeMap::new();
    let mut place = 0;
    while let Some(name) = view.upstream_name(place) {
        upstreams.entry(name).or_default();
        place += 1;
    }
    let mut with = |place: usize, change: &mut dyn FnMut(&mut Upstream)| {
        let name = view.upstream_name(place);
        if let Some(upstream) = name.and_then(|name| upstreams.get_mut(name)) {
            change(upstream);
        }
    };
    for lane in view.lanes() {
        for serving in lane.serving().into_iter().flatten() {
            with(serving, &mut |upstream| upstream.serves += 1);
        }
        // Before the open ones: one that closes meanwhile is missed once, not counted twice.
        for (place, gone) in lane.gone() {
            with(place, &mut |upstream| upstream.sums.add_counts(&gone));
        }
        for pool in lane.pools().values() {
            with(pool.upstream, &mut |upstream| {
                upstream.add(&pool.stats.report());
            });
        }
    }
    upstreams
}

pub(super) fn write(writer: &mut Writer<'_, '_>, view: &NodeView) -> fmt::Result {
    let upstreams = upstreams(view);
    let now_ms = view.clock().unix_millis();
    standing(writer, &upstreams, now_ms)?;
    counted(writer, &upstreams)?;
    let mut directions = [("failover", 0), ("failback", 0)];
    for lane in view.lanes() {
        let switches = lane.switches();
        directions[0].1 += switches.failovers;
        directions[1].1 += switches.failbacks;
    }
    writer.counters(
        (
            "zartrux_upstream_switches",
            "Times that a lane went from one upstream to another: failover to one further down, failback up",
        ),
        ["direction"],
        directions.map(|(direction, count): (_, u64)| ([direction], count)),
    )
}

type Upstreams<'a> = BTreeMap<&'a str, Upstream>;

fn standing(writer: &mut Writer<'_, '_>, upstreams: &Upstreams<'_>, now_ms: u64) -> fmt::Result {
    let each = |of: fn(&Upstream) -> u64| {
        upstreams
            .iter()
            .map(move |(name, upstream)| ([*name], of(upstream)))
    };
    for (name, help, of) in [
        (
            "zartrux_upstream_serving",
            "Lanes that an upstream serves",
            (|upstream| upstream.serves) as fn(&Upstream) -> u64,
        ),
        (
            "zartrux_upstream_sessions",
            "Open sessions with an upstream",
            |upstream| upstream.sessions,
        ),
        (
            "zartrux_upstream_sessions_logged_in",
            "Sessions that are logged in",
            |upstream| upstream.logged_in,
        ),
        (
            "zartrux_upstream_slots",
            "Miners that the sessions which are logged in have room for",
            |upstream| upstream.pages * Slot::COUNT as u64,
        ),
        (
            "zartrux_upstream_submits_pending",
            "Submits that wait for their verdict",
            |upstream| upstream.pending,
        ),
    ] {
        writer.gauges((name, help), ["upstream"], each(of))?;
    }
    let known = |of: fn(&Upstream) -> Option<u64>| {
        let found = move |(name, upstream): (&&'_ str, &Upstream)| {
            Some(((*name).to_owned(), of(upstream)?))
        };
        upstreams.iter().filter_map(found).collect::<Vec<_>>()
    };
    let ages = known(|upstream| upstream.job_ms).into_iter();
    writer.gauges(
        (
            "zartrux_upstream_job_age_seconds",
            "Since an upstream's last job; none before the first",
        ),
        ["upstream"],
        ages.map(|(name, ms)| ([name], now_ms.saturating_sub(ms) as f64 / 1e3)),
    )?;
    let heights = known(|upstream| upstream.height).into_iter();
    writer.gauges(
        (
            "zartrux_upstream_height",
            "Height of the last job, where it tells",
        ),
        ["upstream"],
        heights.map(|(name, height)| ([name], height)),
    )?;
    let difficulties = known(|upstream| upstream.difficulty).into_iter();
    writer.gauges(
        (
            "zartrux_upstream_difficulty_hashes",
            "Difficulty of the last job",
        ),
        ["upstream"],
        difficulties.map(|(name, difficulty)| ([name], difficulty)),
    )?;
    let latencies = known(|upstream| upstream.submit_micros).into_iter();
    writer.gauges(
        (
            "zartrux_upstream_submit_seconds",
            "From a submit to its verdict, smoothed, of the slowest session; none before the first",
        ),
        ["upstream"],
        latencies.map(|(name, micros)| ([name], micros as f64 / 1e6)),
    )
}

fn counted(writer: &mut Writer<'_, '_>, upstreams: &Upstreams<'_>) -> fmt::Result {
    for (name, help, of) in [
        (
            "zartrux_upstream_connect_attempts",
            "Attempts to connect",
            (|sums| sums.attempts) as fn(&PoolReport) -> u64,
        ),
        (
            "zartrux_upstream_logins",
            "Connections that were logged in",
            |sums| sums.connections,
        ),
        ("zartrux_upstream_jobs", "Jobs received", |sums| sums.jobs),
        (
            "zartrux_upstream_odd_lines",
            "Lines of an upstream that made no sense",
            |sums| sums.odd_lines,
        ),
        (
            "zartrux_upstream_received_bytes",
            "Read from an upstream",
            |sums| sums.bytes_read,
        ),
        (
            "zartrux_upstream_sent_bytes",
            "Written to an upstream",
            |sums| sums.bytes_written,
        ),
    ] {
        let series = upstreams
            .iter()
            .map(|(name, upstream)| ([*name], of(&upstream.sums)));
        writer.counters((name, help), ["upstream"], series)?;
    }
    let submits = upstreams.iter().flat_map(|(name, upstream)| {
        let sums = &upstream.sums;
        [("accepted", sums.accepted), ("unanswered", sums.unanswered)]
            .into_iter()
            .chain(each_of(classes(), &sums.rejected))
            .map(|(outcome, count)| ([*name, outcome], count))
    });
    writer.counters(
        (
            "zartrux_upstream_submits",
            "Shares written to an upstream, by what it said: accepted, unanswered, or the class of its refusal",
        ),
        ["upstream", "outcome"],
        submits,
    )?;
    let lost = upstreams.iter().flat_map(|(name, upstream)| {
        each_of(classes(), &upstream.sums.lost).map(|(class, count)| ([*name, class], count))
    });
    writer.counters(
        (
            "zartrux_upstream_connections_lost",
            "Connections lost and attempts failed, by class",
        ),
        ["upstream", "class"],
        lost,
    )
}
