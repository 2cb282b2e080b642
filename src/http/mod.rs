//! The HTTP side: health, metrics, rigs and shares, drills. Answers come from [`NodeView`], never from an actor, so
//! that a stuck actor can't make the health pages stick.

mod api;
mod assets;
mod drill;
mod health;
mod metrics;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::DefaultHeaders;
use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::{Context as _, Result};

use crate::node::NodeView;
use crate::overview::Watch;

/// Connections of monitors, scrapers and probes together.
const MAX_CONNECTIONS: usize = 256;
/// How long a client may take to send its request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// Binds the server; the caller spawns it.
///
/// # Errors
/// The address is taken, or not allowed.
pub fn serve(listen: SocketAddr, view: Arc<NodeView>) -> Result<(Server, SocketAddr)> {
    let drill = view.drill();
    let watch = web::Data::new(Watch::new(Arc::clone(&view)));
    let data = web::Data::from(view);
    let server = HttpServer::new(move || {
        let app = App::new()
            .app_data(data.clone())
            .app_data(watch.clone())
            .wrap(security_headers())
            .service(assets::index)
            .service(assets::file)
            .service(health::live)
            .service(health::ready)
            .service(health::actors)
            .service(health::actor)
            .service(health::all)
            .service(metrics::metrics)
            .configure(api::routes);
        if drill {
            app.service(drill::panic).service(drill::stall)
        } else {
            app
        }
    })
    .workers(1)
    .max_connections(MAX_CONNECTIONS)
    .client_request_timeout(REQUEST_TIMEOUT)
    .disable_signals()
    .bind(listen)
    .context("can't listen")?;
    let address = server.addrs().first().copied().unwrap_or(listen);
    Ok((server.run(), address))
}

/// Does what may wait for a judge's step on a thread where it keeps nobody waiting: there is one
/// worker, which must answer the health checks.
///
/// # Errors
/// It failed: the response that says so.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, HttpResponse> {
    web::block(work)
        .await
        .map_err(|fault| HttpResponse::InternalServerError().body(fault.to_string()))
}

fn security_headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add(("X-Content-Type-Options", "nosniff"))
        .add(("Referrer-Policy", "no-referrer"))
        .add(("Cache-Control", "no-store"))
        .add(("Content-Security-Policy", assets::POLICY))
}
