//! The front page: the state in plain words, rendered here, refreshed by the browser.

mod learning;

use std::fmt::Write as _;

use actix_web::{HttpRequest, HttpResponse, Responder, get, web};
use zartrux_models::judge::Standing;

use super::access::may_read;
use super::answer::ErrorAnswer;
use super::blocking;
use crate::node::{NodeView, RigView, reason, standing_label};

const STYLE: &str = "
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8884}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.ok{color:#1a7f37}.bad{color:#cf222e;font-weight:600}
.scroll{overflow-x:auto}
";

/// The front page.
#[get("/")]
pub(super) async fn index(request: HttpRequest, view: web::Data<NodeView>) -> impl Responder {
    if !may_read(&request) {
        let told = ErrorAnswer::new("a token is needed: this page is for those who may read");
        return HttpResponse::Unauthorized().json(told);
    }
    let rendered = blocking(move || {
        let mut page = String::new();
        // Writing to a String cannot fail.
        let _ = render(&mut page, &view);
        page
    });
    rendered.await.map_or_else(
        |response| response,
        |page| {
            HttpResponse::Ok()
                .content_type("text/html; charset=utf-8")
                .body(page)
        },
    )
}

fn render(page: &mut String, view: &NodeView) -> std::fmt::Result {
    write!(
        page,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta http-equiv=\"refresh\" content=\"5\"><title>Zartrux</title>\
         <style>{STYLE}</style></head><body><h1>Zartrux {}</h1>",
        env!("CARGO_PKG_VERSION")
    )?;
    readiness(page, view)?;
    shares(page, view)?;
    rigs(page, view)?;
    upstreams(page, view)?;
    prover(page, view)?;
    store(page, view)?;
    let learnt = view.trainer().map(|trainer| trainer.status().shown());
    learning::write_models(page, learnt.as_ref())?;
    actors(page, view)?;
    page.push_str(
        "<p>For programs: <a href=\"/health\">/health</a>, \
         <a href=\"/health/actors\">/health/actors</a>, <a href=\"/metrics\">/metrics</a>, \
         <a href=\"/api/v1/rigs\">/api/v1/rigs</a>, \
         <a href=\"/api/v1/shares\">/api/v1/shares</a>, \
         <a href=\"/api/v1/registry\">/api/v1/registry</a>, \
         <a href=\"/api/v1/history\">/api/v1/history</a>, \
         <a href=\"/api/v1/store\">/api/v1/store</a>, \
         <a href=\"/api/v1/models\">/api/v1/models</a>, \
         <a href=\"/api/v1/lift\">/api/v1/lift</a>, \
         <a href=\"/api/v1/difficulty\">/api/v1/difficulty</a>; \
         all of them: <a href=\"/docs\">/docs</a></p>\
         </body></html>",
    );
    Ok(())
}

fn readiness(page: &mut String, view: &NodeView) -> std::fmt::Result {
    let readiness = view.readiness();
    if readiness.ready {
        page.push_str("<p class=\"ok\">Ready: miners are served.</p>");
    }
    for reason in readiness.reasons {
        write!(page, "<p class=\"bad\">{}</p>", escape(&reason))?;
    }
    let connections = view.counts().connections;
    write!(
        page,
        "<p>{} miners connected, {} with a job; up for {} s.</p>",
        connections.open,
        connections.logged_in,
        view.uptime().as_secs()
    )
}

fn shares(page: &mut String, view: &NodeView) -> std::fmt::Result {
    let shares = view.counts().shares;
    page.push_str("<h2>Shares</h2><table>");
    let mut rows = vec![
        ("received".to_owned(), shares.received),
        ("accepted by the pool".to_owned(), shares.accepted),
    ];
    for (class, count) in &shares.rejected {
        rows.push((format!("rejected by the pool: {class}"), *count));
    }
    rows.push(("unanswered by the pool".to_owned(), shares.unanswered));
    rows.push((
        "credited here (below the pool's target)".to_owned(),
        shares.credited,
    ));
    for (reason, count) in &shares.refused {
        rows.push((
            format!("refused here: {}", reason.replace('_', " ")),
            *count,
        ));
    }
    rows.push((
        "upstream gone before it could be sent".to_owned(),
        shares.undeliverable,
    ));
    rows.push((
        "held: unproved, of a rig in quarantine".to_owned(),
        shares.held,
    ));
    rows.push(("too many in flight".to_owned(), shares.overload));
    rows.push(("pending".to_owned(), shares.pending));
    for (what, count) in rows {
        write!(
            page,
            "<tr><td>{}</td><td class=\"n\">{count}</td></tr>",
            escape(&what)
        )?;
    }
    page.push_str("</table>");
    Ok(())
}

/// Rigs that somebody should look at.
const RIGS_SHOWN: usize = 20;

fn rigs(page: &mut String, view: &NodeView) -> std::fmt::Result {
    page.push_str("<h2>Rigs in quarantine, and suspects</h2>");
    let grave = |standing| matches!(standing, Standing::Quarantined | Standing::Suspect);
    let Ok(rigs) = view.rigs(|_, report| report.is_some_and(|report| grave(report.standing)))
    else {
        page.push_str("<p class=\"bad\">A judge is busy with a step that does not end.</p>");
        return Ok(());
    };
    rigs_table(page, &rigs)
}

fn rigs_table(page: &mut String, rigs: &[RigView]) -> std::fmt::Result {
    if rigs.is_empty() {
        page.push_str("<p class=\"ok\">None.</p>");
        return Ok(());
    }
    page.push_str(
        "<div class=\"scroll\"><table><tr><th>rig</th><th>user</th><th>stands</th>\
         <th>because</th></tr>",
    );
    for rig in rigs.iter().take(RIGS_SHOWN) {
        let (name, user) = rig
            .names
            .as_ref()
            .map_or(("", "unknown"), |names| (&*names.rig_id, &*names.user));
        write!(
            page,
            "<tr><td><a href=\"/api/v1/rigs/{}\">{}</a></td><td>{}</td>\
             <td class=\"bad\">{}</td><td>{}</td></tr>",
            rig.rig,
            if name.is_empty() {
                rig.rig.to_string()
            } else {
                escape(name)
            },
            escape(user),
            rig.standing().map_or("", standing_label),
            escape(&rig.gravest().and_then(reason).unwrap_or_else(no_data)),
        )?;
    }
    page.push_str("</table></div>");
    if rigs.len() > RIGS_SHOWN {
        write!(page, "<p>And {} more.</p>", rigs.len() - RIGS_SHOWN)?;
    }
    Ok(())
}

fn upstreams(page: &mut String, view: &NodeView) -> std::fmt::Result {
    page.push_str(
        "<h2>Upstream sessions</h2><div class=\"scroll\"><table><tr><th>session</th>\
         <th>upstream</th><th>serves</th><th class=\"n\">jobs</th><th class=\"n\">height</th>\
         <th class=\"n\">forwarded</th><th class=\"n\">accepted</th>\
         <th class=\"n\">answers in</th></tr>",
    );
    for pool in view.pools() {
        let report = &pool.report;
        let latency = report
            .submit_latency_micros
            .map_or_else(no_data, |micros| format!("{} ms", micros / 1_000));
        write!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
             <td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{latency}</td></tr>",
            escape(&pool.name),
            escape(&pool.upstream),
            if pool.serving { "yes" } else { "no" },
            report.jobs,
            report
                .height
                .map_or_else(no_data, |height| height.to_string()),
            report.forwarded,
            report.accepted,
        )?;
    }
    page.push_str("</table></div>");
    Ok(())
}

fn no_data() -> String {
    "no data".to_owned()
}

fn prover(page: &mut String, view: &NodeView) -> std::fmt::Result {
    page.push_str("<h2>Prover</h2>");
    let Some(prover) = view.prover() else {
        page.push_str("<p class=\"bad\">Off: hashes are not recomputed.</p>");
        return Ok(());
    };
    let hash_time = prover
        .fast_hash_micros
        .or(prover.light_hash_micros)
        .map_or_else(no_data, |micros| format!("{:.0} ms", micros / 1_000.0));
    write!(
        page,
        "<p>{} hashes recomputed, {} waiting, {hash_time} a hash, {} threads.</p>",
        prover.hashes,
        prover.queue_depth,
        prover.threads.len(),
    )
}

fn store(page: &mut String, view: &NodeView) -> std::fmt::Result {
    page.push_str("<h2>Store</h2>");
    let Some(store) = view.store() else {
        page.push_str("<p class=\"bad\">Off: nothing outlives the process.</p>");
        return Ok(());
    };
    let report = store.link.status().report();
    if let Some(failing) = &report.failing {
        write!(
            page,
            "<p class=\"bad\">It can't write: {}. Shares go on, acknowledged unrecorded.</p>",
            escape(&failing.why)
        )?;
    }
    for damage in &report.damage {
        write!(page, "<p class=\"bad\">{}</p>", escape(damage))?;
    }
    write!(
        page,
        "<p>{} shares recorded since the start, {} acknowledged unrecorded, {} lost; \
         {} KiB on disk.</p>",
        report.shares_recorded,
        report.acknowledged_unrecorded,
        report.shares_lost,
        report.ledger_bytes / 1024,
    )
}

fn actors(page: &mut String, view: &NodeView) -> std::fmt::Result {
    page.push_str(
        "<h2>Actors</h2><div class=\"scroll\"><table><tr><th>actor</th><th>state</th>\
         <th class=\"n\">generation</th><th class=\"n\">waiting</th><th>says</th>\
         <th>last fault</th></tr>",
    );
    for actor in view.health().reports() {
        write!(
            page,
            "<tr><td>{}</td><td>{:?}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
             <td>{}</td><td>{}</td></tr>",
            escape(&actor.name),
            actor.state,
            actor.generation,
            actor.queue_depth,
            escape(&actor.note),
            escape(
                &actor
                    .last_fault
                    .map_or_else(String::new, |fault| fault.cause)
            ),
        )?;
    }
    page.push_str("</table></div>");
    Ok(())
}

/// What came from outside must stay text.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use zartrux_actors::rigs::RigNames;
    use zartrux_models::share::RigKey;

    use super::*;

    #[test]
    fn hostile_names_stay_text() {
        assert_eq!(escape("<script>'\"&"), "&lt;script&gt;&#39;&quot;&amp;");
    }

    #[test]
    fn a_rigs_names_are_escaped_in_the_table() {
        let names = RigNames::of_login("<b>u", "\"><script>", "agent");
        let rig = RigView {
            rig: RigKey(7),
            names: Some(Arc::new(names)),
            lanes: Vec::new(),
        };
        let mut page = String::new();
        rigs_table(&mut page, &[rig]).unwrap();
        assert!(page.contains("/api/v1/rigs/0000000000000007"));
        assert!(page.contains("&quot;&gt;&lt;script&gt;") && page.contains("&lt;b&gt;u"));
        assert!(!page.contains("<script>") && !page.contains("<b>"));
    }

    #[test]
    fn a_long_table_of_rigs_is_cut_and_says_so() {
        let rig = |key| RigView {
            rig: RigKey(key),
            names: None,
            lanes: Vec::new(),
        };
        let rigs: Vec<_> = (0..25).map(rig).collect();
        let mut page = String::new();
        rigs_table(&mut page, &rigs).unwrap();
        assert_eq!(page.matches("<tr><td>").count(), RIGS_SHOWN);
        assert!(page.contains("And 5 more."));
    }
}
