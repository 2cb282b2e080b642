//! The side of the pools.

use std::collections::BTreeMap;

use zartrux_actors::pool_session::PoolReport;

use crate::node::{NodeView, UpstreamFacts};
use crate::overview::{SessionShown, UpstreamShown};

/// Miners that one session carries.
const SLOTS: u64 = 256;

/// An open session.
#[derive(Debug)]
pub(super) struct Session {
    name: String,
    /// Place of its upstream in the settings.
    upstream: usize,
    pub(super) report: PoolReport,
}

/// All open sessions.
pub(super) fn sessions(view: &NodeView) -> Vec<Session> {
    let lanes = view.lanes().iter().enumerate();
    let of_lanes = lanes.flat_map(|(index, lane)| {
        lane.pools().into_iter().map(move |(pool, of)| Session {
            name: format!("lane{index}/pool/{}", pool.0),
            upstream: of.upstream,
            report: of.stats.report(),
        })
    });
    of_lanes.collect()
}

/// The upstreams in the order of the settings.
pub(super) fn upstreams(view: &NodeView, sessions: &[Session], now_ms: u64) -> Vec<UpstreamShown> {
    let order = view.upstream_order().into_iter();
    let facts = order.filter_map(|place| Some((place, view.upstream_facts(place)?)));
    let shown = facts.map(|(place, facts)| {
        let lanes = view.lanes();
        let mine: Vec<&Session> = sessions
            .iter()
            .filter(|session| session.upstream == place)
            .collect();
        let serves = lanes.iter().filter(|lane| lane.serves(place));
        UpstreamShown {
            serves: serves.count(),
            lanes: lanes.len(),
            ..upstream(facts, &mine, now_ms)
        }
    });
    shown.collect()
}

fn upstream(facts: &UpstreamFacts, sessions: &[&Session], now_ms: u64) -> UpstreamShown {
    let reports = || sessions.iter().map(|session| &session.report);
    let newest = reports().max_by_key(|report| report.last_job_unix_ms);
    let job_at = newest.and_then(|report| report.last_job_unix_ms);
    let logged_in = reports().filter(|report| report.connected_since_unix_ms.is_some());
    let mut rejected = BTreeMap::new();
    for (class, count) in reports().flat_map(|report| &report.rejected) {
        *rejected.entry((*class).to_owned()).or_insert(0) += count;
    }
    UpstreamShown {
        name: facts.name.clone(),
        tls: facts.tls,
        user: facts.user.clone(),
        route: facts.route.clone(),
        serves: 0,
        lanes: 0,
        job_age_ms: job_at.map(|at| now_ms.saturating_sub(at)),
        height: newest.and_then(|report| report.height),
        difficulty: newest.and_then(|report| report.difficulty),
        submit_micros: reports()
            .filter_map(|report| report.submit_latency_micros)
            .max(),
        accepted: reports().map(|report| report.accepted).sum(),
        rejected,
        // Only the planners know.
        slots_used: None,
        slots: SLOTS * logged_in.count() as u64,
        sessions: sessions
            .iter()
            .filter(|session| !session.report.shares_connection)
            .take(UpstreamShown::SESSIONS_MAX)
            .map(|session| shown(session, now_ms))
            .collect(),
        sessions_total: sessions
            .iter()
            .filter(|session| !session.report.shares_connection)
            .count(),
    }
}

fn shown(session: &Session, now_ms: u64) -> SessionShown {
    let report = &session.report;
    let lost = report.lost.iter();
    SessionShown {
        name: session.name.clone(),
        connected_since_unix_ms: report.connected_since_unix_ms,
        job_age_ms: report.last_job_unix_ms.map(|at| now_ms.saturating_sub(at)),
        forwarded: report.forwarded,
        accepted: report.accepted,
        pending: report.pending,
        submit_micros: report.submit_latency_micros,
        lost: lost
            .map(|(class, count)| ((*class).to_owned(), *count))
            .collect(),
    }
}
