//! What all routes say alike: faults, and what there is not.

use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::ALLOW;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::openapi;

/// What is wrong, in words.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErrorAnswer {
    /// In words, for the operator.
    error: String,
}

impl ErrorAnswer {
    pub(super) fn new(error: impl Into<String>) -> Self {
        Self {
            error: error.into(),
        }
    }
}

/// Answers to what no route answers: 405 where the path is right, else 404.
pub(super) async fn nothing_here(request: HttpRequest) -> HttpResponse {
    let methods = openapi::methods_at(request.path());
    if methods.is_empty() || methods.contains(&request.method().as_str()) {
        return HttpResponse::NotFound().json(ErrorAnswer::new("nothing is here; see /docs"));
    }
    let allowed = methods.join(", ");
    HttpResponse::MethodNotAllowed()
        .insert_header((ALLOW, allowed.clone()))
        .json(ErrorAnswer::new(format!("only {allowed} is possible here")))
}

fn bad(fault: impl std::fmt::Display) -> actix_web::Error {
    let error = ErrorAnswer::new(format!("the request can't be read: {fault}"));
    let response = HttpResponse::BadRequest().json(error);
    InternalError::from_response("a request that can't be read", response).into()
}

/// Has the framework say what it can't read in our manner.
pub(super) fn readers(config: &mut web::ServiceConfig) {
    config
        .app_data(web::PathConfig::default().error_handler(|fault, _| bad(fault)))
        .app_data(web::QueryConfig::default().error_handler(|fault, _| bad(fault)))
        .app_data(web::PayloadConfig::default().limit(PAYLOAD_MAX));
}

/// Longest body that is read, bytes; longer ones than a route takes it refuses itself.
const PAYLOAD_MAX: usize = 64 << 10;

/// A server's own fault.
pub(super) fn internal(fault: impl std::fmt::Display) -> HttpResponse {
    HttpResponse::build(StatusCode::INTERNAL_SERVER_ERROR).json(ErrorAnswer::new(fault.to_string()))
}
