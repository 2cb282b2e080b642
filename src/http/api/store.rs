//! The store: whether it writes, and how much there is.

use actix_web::{HttpResponse, Responder, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use zartrux_actors::store::StoreReport;

use crate::http::schemas::actors as schemas;
use crate::node::NodeView;

/// What the store shows.
#[derive(Serialize, ToSchema)]
#[schema(as = Store)]
struct Shown {
    /// Whether anything is stored at all.
    enabled: bool,
    #[serde(flatten)]
    #[schema(value_type = Option<schemas::StoreReport>)]
    report: Option<StoreReport>,
    /// Events that were not noted in the journal: too many waited.
    journal_lost: Option<u64>,
}

/// The store, from shared memory: it answers also when the store does not.
#[utoipa::path(
    tag = "store",
    security((), ("token" = [])),
    responses(
        (status = 200, description = "The store", body = Shown),
    )
)]
#[get("/api/v1/store")]
pub(in crate::http) async fn store(view: web::Data<NodeView>) -> impl Responder {
    let store = view.store();
    HttpResponse::Ok().json(Shown {
        enabled: store.is_some(),
        report: store.map(|store| store.link.status().report()),
        journal_lost: store.map(|store| store.journal.lost()),
    })
}
