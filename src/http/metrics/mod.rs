//! Prometheus metrics, put together at each scrape from consistent snapshots. What was not
//! measured has no series.

mod actors;
mod blocks;
mod bridge;
mod classic;
mod connections;
mod filters;
mod judge;
mod learning;
mod network;
mod node;
mod process;
mod prover;
mod rigs;
mod routing;
mod shares;
mod store;
#[cfg(test)]
mod tests;
mod upstreams;
mod writer;

use std::fmt;
use std::sync::Arc;

use actix_web::http::header::ACCEPT;
use actix_web::{HttpRequest, HttpResponse, Responder, get, web};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Registry;

use super::answer::internal;
use super::blocking;
use crate::node::{Counted, NodeView};
use writer::Writer;

/// For whoever asks for it, as Prometheus does.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// For everybody else.
const CLASSIC: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All metrics, as `OpenMetrics` where that is asked for, else in the classic text format.
#[utoipa::path(
    tag = "metrics",
    security((), ("token" = [])),
    responses(
        (status = 200, description = "The metrics", content(
            (String = "application/openmetrics-text"),
            (String = "text/plain"),
        )),
    )
)]
#[get("/metrics")]
pub(super) async fn metrics(request: HttpRequest, view: web::Data<NodeView>) -> impl Responder {
    let open = request
        .headers()
        .get(ACCEPT)
        .and_then(|accepted| accepted.to_str().ok())
        .is_some_and(|accepted| accepted.contains("application/openmetrics-text"));
    let view = view.into_inner();
    let counted = rigs::counted(&view).await;
    match blocking(move || scraped(view, counted, open)).await {
        Ok(Ok(text)) => HttpResponse::Ok()
            .content_type(if open { OPEN_METRICS } else { CLASSIC })
            .body(text),
        Ok(Err(fault)) => internal(fault),
        Err(response) => response,
    }
}

fn scraped(
    view: Arc<NodeView>,
    counted: Option<Arc<Counted>>,
    open: bool,
) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Scrape { view, counted }));
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry)?;
    Ok(if open { text } else { classic::of(&text) })
}

struct Scrape {
    view: Arc<NodeView>,
    counted: Option<Arc<Counted>>,
}

impl fmt::Debug for Scrape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scrape")
    }
}

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let (writer, view) = (&mut Writer(&mut encoder), &*self.view);
        process::write(writer, &process::read())?;
        node::write(writer, view)?;
        let counts = view.counts();
        shares::write(writer, &counts)?;
        connections::write(writer, &counts.connections)?;
        upstreams::write(writer, view)?;
        blocks::write(writer, view)?;
        routing::write(writer, view)?;
        let reports = view.health().reports();
        filters::write(writer, &reports)?;
        judge::write(writer, view)?;
        if let Some(prover) = view.prover() {
            prover::write(writer, &prover)?;
        }
        if let Some(store) = view.store() {
            store::write(writer, store)?;
        }
        let now_ms = view.clock().unix_millis();
        if let Some(trainer) = view.trainer() {
            learning::write(writer, &trainer.status().shown(), now_ms)?;
        }
        if let Some(headers) = view.headers() {
            network::write(writer, &headers.report(), now_ms)?;
        }
        if let Some(bridge) = view.bridge() {
            bridge::write(writer, &bridge.report())?;
        }
        actors::write(writer, &reports, view.health())?;
        if let Some(counted) = &self.counted {
            rigs::write(writer, counted)?;
        }
        Ok(())
    }
}
