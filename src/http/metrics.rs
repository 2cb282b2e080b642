//! Prometheus metrics, put together at each scrape from consistent snapshots.

use std::fmt;

use actix_web::{HttpResponse, Responder, get, web};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use zartrux_actors::rigs::JudgeCounts;
use zartrux_actors::share_ticket::ProofOutcome;
use zartrux_models::judge::Rule;

use super::answer::internal;
use super::blocking;
use crate::node::{NodeView, STANDINGS, standing_label};

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All metrics.
#[utoipa::path(
    tag = "metrics",
    security((), ("token" = [])),
    responses(
        (status = 200, description = "OpenMetrics text", body = String, content_type = "application/openmetrics-text"),
    )
)]
#[get("/metrics")]
pub(super) async fn metrics(view: web::Data<NodeView>) -> impl Responder {
    match blocking(move || scraped(view)).await {
        Ok(Ok(text)) => HttpResponse::Ok().content_type(CONTENT_TYPE).body(text),
        Ok(Err(fault)) => internal(fault),
        Err(response) => response,
    }
}

fn scraped(view: web::Data<NodeView>) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Scrape(view)));
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry)?;
    Ok(text)
}

struct Scrape(web::Data<NodeView>);

impl fmt::Debug for Scrape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scrape")
    }
}

/// Writes metrics one after another.
struct Writer<'a, 'b>(&'a mut DescriptorEncoder<'b>);

type Label<'a> = [(&'static str, &'a str); 1];

impl Writer<'_, '_> {
    fn family<'s>(
        &'s mut self,
        name: &'s str,
        help: &str,
        kind: MetricType,
    ) -> Result<MetricEncoder<'s>, fmt::Error> {
        self.0.encode_descriptor(name, help, None, kind)
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        let family = self.family(name, help, MetricType::Counter)?;
        ConstCounter::new(value).encode(family)
    }

    fn gauge(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        let family = self.family(name, help, MetricType::Gauge)?;
        ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)).encode(family)
    }

    fn counters(
        &mut self,
        name: &str,
        help: &str,
        label: &'static str,
        values: impl IntoIterator<Item = (impl AsRef<str>, u64)>,
    ) -> fmt::Result {
        let mut family = self.family(name, help, MetricType::Counter)?;
        for (value_of_label, value) in values {
            let labels: Label<'_> = [(label, value_of_label.as_ref())];
            ConstCounter::new(value).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn gauges(
        &mut self,
        name: &str,
        help: &str,
        label: &'static str,
        values: impl IntoIterator<Item = (impl AsRef<str>, i64)>,
    ) -> fmt::Result {
        let mut family = self.family(name, help, MetricType::Gauge)?;
        for (value_of_label, value) in values {
            let labels: Label<'_> = [(label, value_of_label.as_ref())];
            ConstGauge::new(value).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut writer = Writer(&mut encoder);
        self.process(&mut writer)?;
        self.shares(&mut writer)?;
        self.connections(&mut writer)?;
        self.actors(&mut writer)?;
        self.pools(&mut writer)?;
        self.judge(&mut writer)?;
        self.prover(&mut writer)?;
        self.store(&mut writer)
    }
}

impl Scrape {
    fn store(&self, writer: &mut Writer<'_, '_>) -> fmt::Result {
        let Some(store) = self.0.store() else {
            return Ok(());
        };
        let report = store.link.status().report();
        writer.gauge(
            "zartrux_store_failing",
            "1 while the store can't write: shares go on, acknowledged unrecorded",
            u64::from(report.failing.is_some()),
        )?;
        writer.counter(
            "zartrux_store_shares_recorded",
            "Shares written to the ledger",
            report.shares_recorded,
        )?;
        writer.counter(
            "zartrux_store_shares_lost",
            "Shares that were never written, because too many waited",
            report.shares_lost,
        )?;
        writer.counter(
            "zartrux_store_acknowledged_unrecorded",
            "Shares acknowledged before they were written",
            report.acknowledged_unrecorded,
        )?;
        writer.counter(
            "zartrux_store_journal_recorded",
            "Events written to the journal",
            report.journal_recorded,
        )?;
        writer.counter(
            "zartrux_store_journal_lost",
            "Events that were not noted in the journal, because too many waited",
            store.journal.lost(),
        )?;
        writer.counter(
            "zartrux_store_commits",
            "Commits of the ledger",
            report.commits,
        )?;
        writer.counter(
            "zartrux_store_failures",
            "Times that the ledger could not be written",
            report.failures,
        )?;
        writer.gauge(
            "zartrux_store_commit_micros",
            "Smoothed time of a commit",
            report.commit_micros,
        )?;
        writer.gauge(
            "zartrux_store_ledger_bytes",
            "Disk space of the ledger",
            report.ledger_bytes,
        )?;
        writer.gauge(
            "zartrux_store_damaged",
            "Parts of what is stored that could not be read, of the last 16",
            report.damage.len() as u64,
        )
    }

    fn process(&self, writer: &mut Writer<'_, '_>) -> fmt::Result {
        writer.gauges(
            "zartrux_build_info",
            "Always 1; the version is the label",
            "version",
            [(env!("CARGO_PKG_VERSION"), 1)],
        )?;
        writer.gauge(
            "zartrux_uptime_seconds",
            "Time since launch",
            self.0.uptime().as_secs(),
        )?;
        writer.gauge(
            "zartrux_ready",
            "1 when miners can be served",
            u64::from(self.0.readiness().ready),
        )?;
        writer.counter(
            "zartrux_invariant_violations",
            "Times that a live invariant did not hold; anything but 0 is a defect",
            self.0.violations(),
        )
    }

    fn shares(&self, writer: &mut Writer<'_, '_>) -> fmt::Result {
        let shares = self.0.counts().shares;
        writer.counter(
            "zartrux_shares_received",
            "Submits from miners; equals forwarded + credited + refused + pending",
            shares.received,
        )?;
        writer.gauge(
            "zartrux_shares_pending",
            "Admitted and not settled yet",
            shares.pending,
        )?;
        let forwarded = [
            ("accepted", shares.accepted),
            ("unanswered", shares.unanswered),
        ]
        .into_iter()
        .chain(
            shares
                .rejected
                .iter()
                .map(|(class, count)| (*class, *count)),
        );
        writer.counters(
            "zartrux_shares_forwarded",
            "Shares written to an upstream, by what it said (accepted, unanswered, or the class of its refusal)",
            "outcome",
            forwarded,
        )?;
        writer.counter(
            "zartrux_shares_credited",
            "Shares that met only the miner's own target",
            shares.credited,
        )?;
        let refused = [
            ("upstream_gone", shares.undeliverable),
            ("held", shares.held),
            ("overload", shares.overload),
        ]
        .into_iter()
        .chain(
            shares
                .refused
                .iter()
                .map(|(reason, count)| (*reason, *count)),
        );
        writer.counters(
            "zartrux_shares_refused",
            "Shares that went no further, by reason",
            "reason",
            refused,
        )?;
        writer.counter(
            "zartrux_shares_stale",
            "Forwarded or credited shares for the job before the current one",
            shares.stale,
        )?;
        writer.counter(
            "zartrux_shares_corrected",
            "Forwarded shares whose wrong result was replaced by the true hash",
            shares.corrected,
        )?;
        writer.counter(
            "zartrux_accepted_work_hashes",
            "Difficulty of all accepted shares",
            shares.accepted_work,
        )?;
        writer.counter(
            "zartrux_miner_work_hashes",
            "Difficulty of all shares at the miners' own targets",
            shares.miner_work,
        )
    }

    fn connections(&self, writer: &mut Writer<'_, '_>) -> fmt::Result {
        let connections = self.0.counts().connections;
        writer.gauge(
            "zartrux_miners_connected",
            "Open connections of miners",
            connections.open,
        )?;
        writer.gauge(
            "zartrux_miners_logged_in",
            "Miners with a job",
            connections.logged_in,
        )?;
        writer.counter(
            "zartrux_miner_connections_accepted",
            "Connections taken so far",
            connections.accepted,
        )?;
        writer.counter(
            "zartrux_miner_connections_dropped",
            "Connections closed for what the peer did",
            connections.dropped,
        )?;
        writer.counter(
            "zartrux_miner_connections_turned_away",
            "Connections over the limit",
            connections.turned_away,
        )?;
        writer.counter(
            "zartrux_leases_renewed",
            "Nonce leases replaced before they were used up",
            connections.leases_renewed,
        )
    }

    fn actors(&self, writer: &mut Writer<'_, '_>) -> fmt::Result {
        let reports = self.0.health().reports();
        let named = |value: fn(&zartrux_actors::supervision::HealthReport) -> u64| {
            reports
                .iter()
                .map(move |report| (report.name.as_str(), value(report)))
        };
        writer.counters(
            "zartrux_actor_faults",
            "Faults of an actor's core",
            "actor",
            named(|report| report.faults),
        )?;
        writer.gauges(
            "zartrux_actor_generation",
            "Number of an actor's current core",
            "actor",
            named(|report| u64::from(report.generation))
                .map(|(name, value)| (name, i64::try_from(value).unwrap_or(i64::MAX))),
        )?;
        writer.gauges(
            "zartrux_actor_queue_depth",
            "Messages sent to an actor and not handled yet",
            "actor",
            reports.iter().map(|report| {
                let depth = i64::try_from(report.queue_depth).unwrap_or(i64::MAX);
                (report.name.as_str(), depth)
            }),
        )
    }

    fn pools(&self, writer: &mut Writer<'_, '_>) -> fmt::Result {
        let pools = self.0.pools();
        writer.gauge(
            "zartrux_upstream_sessions",
            "Open sessions with upstreams",
            pools.len() as u64,
        )?;
        writer.gauges(
            "zartrux_upstream_serving",
            "1 where the session's upstream serves",
            "session",
            pools
                .iter()
                .map(|pool| (pool.name.as_str(), i64::from(pool.serving))),
        )
    }

    fn judge(&self, writer: &mut Writer<'_, '_>) -> fmt::Result {
        let lanes = self.0.lanes();
        let sum = |count: &dyn Fn(&JudgeCounts) -> u64| -> u64 {
            lanes.iter().map(|lane| count(lane.rigs().counts())).sum()
        };
        writer.counters(
            "zartrux_judge_rulings",
            "Shares that the judge decided on, by the rule that decided",
            "rule",
            Rule::ALL.map(|rule| (rule.label(), sum(&|counts| counts.by_rule(rule)))),
        )?;
        writer.counters(
            "zartrux_proofs",
            "Shares that were to be proved, by what came of it",
            "outcome",
            ProofOutcome::ALL
                .map(|outcome| (outcome.label(), sum(&|counts| counts.by_outcome(outcome)))),
        )?;
        // A judge whose step hangs must not make the scrape stick: what it remembers is left out.
        let Ok(counts) = self.0.rigs_by_standing() else {
            return Ok(());
        };
        let counts = counts.map(|count| i64::try_from(count).unwrap_or(i64::MAX));
        writer.gauges(
            "zartrux_rigs",
            "Rigs remembered, by how they stand with the judge",
            "standing",
            STANDINGS.map(standing_label).into_iter().zip(counts),
        )
    }

    fn prover(&self, writer: &mut Writer<'_, '_>) -> fmt::Result {
        let Some(prover) = self.0.prover() else {
            return Ok(());
        };
        writer.counter("zartrux_proofs_hashes", "Hashes recomputed", prover.hashes)?;
        writer.gauge(
            "zartrux_proofs_queued",
            "Shares that wait for their proof",
            prover.queue_depth as u64,
        )
    }
}
