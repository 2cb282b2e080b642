//! The HTTP side: health, metrics, rigs and shares, drills. Answers come from [`NodeView`], never from an actor, so
//! that a stuck actor can't make the health pages stick.

mod access;
mod answer;
pub(crate) mod api;
mod assets;
mod docs;
mod drill;
mod health;
mod metrics;
mod openapi;
pub(crate) mod schemas;
pub mod tls;
mod xmrig;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::Server;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::CONNECTION;
use actix_web::middleware::Next;
use actix_web::middleware::{DefaultHeaders, from_fn};
use actix_web::{App, Error, HttpResponse, HttpServer, web};
use anyhow::{Context as _, Result};
use socket2::{Domain, Socket, Type};
use zartrux_config::Monitor;

use crate::node::NodeView;
use crate::overview::Watch;
use access::Gate;
pub use assets::page_bytes;

/// Connections of monitors, scrapers and probes together.
const MAX_CONNECTIONS: usize = 256;
/// Connections that wait to be taken.
const BACKLOG: i32 = 1024;
/// How long a client may take to send its request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a request that is no mere question may take, its body included: who sends a body byte by
/// byte must not keep a connection for ever, of which there are few.
const POST_TIMEOUT: Duration = Duration::from_secs(20);

/// Binds the server; the caller spawns it.
///
/// # Errors
/// The address is taken, or not allowed; certificate and key can't be used.
pub fn serve(
    monitor: &Monitor,
    address: SocketAddr,
    view: Arc<NodeView>,
) -> Result<(Server, SocketAddr)> {
    serve_at(monitor, listen(address).context("can't listen")?, view)
}

/// Opens the monitor's listener.
///
/// # Errors
/// The address is taken, or not allowed.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Makes the server at an open listener; the caller spawns it.
///
/// # Errors
/// Certificate and key can't be used.
pub fn serve_at(
    monitor: &Monitor,
    listener: TcpListener,
    view: Arc<NodeView>,
) -> Result<(Server, SocketAddr)> {
    let address = listener.local_addr()?;
    let drill = view.drill();
    let watch = web::Data::new(Watch::new(Arc::clone(&view)));
    let gate = Arc::new(Gate::new(monitor, view.clock()));
    view.reloads()
        .add_taker(access::GateTaker(Arc::clone(&gate)));
    let gate = web::Data::from(gate);
    let data = web::Data::from(view);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(gate.clone())
            .app_data(data.clone())
            .app_data(watch.clone())
            .configure(|config| routes(config, drill))
            .wrap(from_fn(in_time))
            .wrap(from_fn(access::guard))
            .wrap(security_headers())
    })
    .workers(1)
    .max_connections(MAX_CONNECTIONS)
    .client_request_timeout(REQUEST_TIMEOUT)
    .disable_signals();
    let server = match &monitor.tls_files {
        None => server.listen(listener),
        Some(files) => server.listen_openssl(listener, tls::acceptor(files)?),
    };
    let server = server.context("can't listen")?;
    Ok((server.run(), address))
}

/// Everything that is served; [`openapi`] tells of it.
fn routes(config: &mut web::ServiceConfig, drill: bool) {
    config
        .configure(answer::readers)
        .service(assets::index)
        .service(assets::file)
        .service(health::live)
        .service(health::ready)
        .service(health::actors)
        .service(health::actor)
        .service(health::all)
        .service(metrics::metrics)
        .configure(api::routes)
        .configure(xmrig::routes)
        .configure(docs::routes)
        .service(openapi::document);
    if drill {
        config.service(drill::panic).service(drill::stall);
    }
    config.default_service(web::to(answer::nothing_here));
}

/// Does what may wait for a judge's step on a thread where it keeps nobody waiting: there is one
/// worker, which must answer the health checks.
///
/// # Errors
/// It failed: the response that says so.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, HttpResponse> {
    web::block(work).await.map_err(answer::internal)
}

/// Ends posts that take too long: 408.
async fn in_time<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    if request.method().is_safe() {
        return next.call(request).await;
    }
    let called = next.call(request);
    let answered = actix_web::rt::time::timeout(POST_TIMEOUT, called).await;
    answered.unwrap_or_else(|_| {
        let words = "the request did not come, or was not answered, within 20 seconds";
        let response = HttpResponse::RequestTimeout()
            .insert_header((CONNECTION, "close"))
            .json(answer::ErrorAnswer::new(words));
        Err(InternalError::from_response(words, response).into())
    })
}

fn security_headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add(("X-Content-Type-Options", "nosniff"))
        .add(("Referrer-Policy", "no-referrer"))
        .add(("Cache-Control", "no-store"))
        .add(("Content-Security-Policy", assets::POLICY))
}
