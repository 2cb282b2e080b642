//! Alerts: what is open, what was told lately, and how it is sent.

use actix_web::{HttpResponse, Responder, get, web};

use super::{Refusal, answered};
use crate::node::NodeView;

/// From shared memory: it answers also when a delivery hangs.
#[get("/api/v1/alerts")]
pub(super) async fn alerts(view: web::Data<NodeView>) -> impl Responder {
    view.alerts().map_or_else(
        || -> HttpResponse { answered::<()>(Err(Refusal::not_found("the node is starting"))) },
        |alerts| answered(Ok(alerts.view().report())),
    )
}
