//! An [`Overview`] from live figures and the last look at the rigs: without asking an actor, so that
//! one that is stuck can't make it stick.

mod farm;
mod learning;
mod upstream;

use zartrux_actors::supervision::HealthReport;

use super::{ActorShown, AlertShown, Fleet, Overview, RigsShown, StoreShown};
use crate::node::NodeView;

/// Puts it together. `last_accepted` is kept from one to the next: when the pool last took a share,
/// ms since 1970, for the session that knows may be closed meanwhile.
pub(super) fn overview(
    view: &NodeView,
    fleet: Option<&Fleet>,
    last_accepted: &mut Option<u64>,
) -> Overview {
    let now_ms = view.clock().unix_millis();
    let readiness = view.readiness();
    let counts = view.counts();
    let reports = view.health().reports();
    let pools = upstream::sessions(view);
    let learnt = view.trainer().map(|trainer| trainer.status().shown());
    *last_accepted = farm::last_accepted(&pools, fleet).max(*last_accepted);
    Overview {
        at_unix_ms: now_ms,
        version: env!("CARGO_PKG_VERSION"),
        uptime_s: view.uptime().as_secs(),
        ready: readiness.ready,
        not_ready_because: readiness.reasons,
        earning: farm::earning(&counts, fleet, (*last_accepted, now_ms)),
        upstreams: upstream::upstreams(view, &pools, now_ms),
        shares: farm::shares(counts.shares),
        rigs: RigsShown {
            known: fleet.and_then(|fleet| fleet.known),
            presence: fleet.and_then(|fleet| fleet.presence.clone()),
            standing: fleet.and_then(|fleet| fleet.standing.clone()),
        },
        attention: fleet.map_or_else(Vec::new, |fleet| fleet.attention.clone()),
        attention_total: fleet.map_or(0, |fleet| fleet.attention_total),
        filters: learning::filters(view, &reports, fleet, learnt.as_ref()),
        prover: learning::prover(view),
        models: learnt.map(|learnt| learning::models(&learnt, view.facts().min_shares)),
        difficulty: view
            .headers()
            .map(|headers| learning::difficulty(&headers.report(), now_ms)),
        store: store(view, fleet),
        alerts: alerts(view),
        actors: reports.into_iter().map(actor).collect(),
        invariant_violations: view.violations(),
        events_seq: view.events().last_seq(),
    }
}

/// Alerts that are open.
fn alerts(view: &NodeView) -> Option<Vec<AlertShown>> {
    let open = view.alerts()?.view().open()?;
    let shown = open.into_iter().map(|open| AlertShown {
        kind: open.kind,
        severity: open.severity,
        subject: open.subject,
        text: open.text,
        since_unix_ms: open.since_unix_ms,
    });
    Some(shown.collect())
}

fn store(view: &NodeView, fleet: Option<&Fleet>) -> Option<StoreShown> {
    let report = view.store()?.link.status().report();
    Some(StoreShown {
        failing: report.failing.map(|failing| failing.why),
        damage: report.damage,
        recorded: report.shares_recorded,
        acknowledged_unrecorded: report.acknowledged_unrecorded,
        lost: report.shares_lost,
        bytes: report.ledger_bytes,
        disk_free_bytes: fleet.and_then(|fleet| fleet.disk_free_bytes),
    })
}

fn actor(report: HealthReport) -> ActorShown {
    let (last_fault, last_fault_unix_ms) = report
        .last_fault
        .map(|fault| (fault.cause, fault.at_unix_ms))
        .unzip();
    ActorShown {
        name: report.name,
        kind: report.kind,
        state: report.state.label(),
        generation: report.generation,
        faults: report.faults,
        queue_depth: report.queue_depth,
        steps: report.steps,
        step_micros: report.step_micros,
        note: report.note,
        last_fault,
        last_fault_unix_ms,
    }
}
