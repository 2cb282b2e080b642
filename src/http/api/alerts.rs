//! Alerts: what is open, what was told lately, and how it is sent.

use actix_web::{HttpResponse, Responder, get, web};

use super::{Refusal, answered};
use crate::http::answer::ErrorAnswer;
use crate::http::schemas::alerts as schemas;
use crate::node::NodeView;

/// Alerts that are open, what was told lately, and how it is sent: from shared memory, so that it
/// answers also when a delivery hangs.
#[utoipa::path(
    tag = "alerts",
    security((), ("token" = [])),
    responses(
        (status = 200, description = "Alerts and the ways by which they leave", body = schemas::AlertsReport),
        (status = 404, description = "The node is starting", body = ErrorAnswer),
    )
)]
#[get("/api/v1/alerts")]
pub(super) async fn alerts(view: web::Data<NodeView>) -> impl Responder {
    view.alerts().map_or_else(
        || -> HttpResponse { answered::<()>(Err(Refusal::not_found("the node is starting"))) },
        |alerts| answered(Ok(alerts.view().report())),
    )
}
