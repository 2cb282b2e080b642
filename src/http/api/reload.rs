//! Settings, read anew.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post, web};
use serde::Serialize;
use utoipa::ToSchema;
use zartrux_config::{Change, Takes};

use super::blocking;
use crate::node::{NodeView, ReloadRefused, ReloadReport};

/// What came of it: with 200 what was changed, else why nothing was.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Reload)]
struct Answer {
    applied: bool,
    /// Keys that were changed; or, where it was refused for want of a restart, that would have been.
    changes: Vec<Changed>,
    /// What else was changed, in words.
    notes: Vec<String>,
    /// Why it was refused, in words.
    error: Option<String>,
    /// Everything that is wrong with the settings.
    faults: Vec<FaultShown>,
}

/// Passwords are redacted and wallets masked.
#[derive(Debug, Serialize, ToSchema)]
struct Changed {
    key: String,
    old: Option<String>,
    new: Option<String>,
    needs_restart: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct FaultShown {
    line: Option<usize>,
    key: Option<String>,
    message: String,
}

/// Reads the settings anew from their file, and takes them whole or not at all: 200, or 422.
#[utoipa::path(
    tag = "settings",
    security((), ("token" = [])),
    responses(
        (status = 200, description = "What was changed", body = Answer),
        (status = 404, description = "The process was started without a file to read", body = Answer),
        (status = 422, description = "Refused, and why: nothing was changed", body = Answer),
        (status = 503, description = "The process is leaving", body = Answer),
    )
)]
#[post("/api/v1/reload")]
pub(in crate::http) async fn reload(view: web::Data<NodeView>) -> HttpResponse {
    let read = blocking(move || view.reload_from_source("POST /api/v1/reload")).await;
    match read {
        Ok(outcome) => {
            let (status, answer) = answer_of(outcome);
            HttpResponse::build(status).json(answer)
        }
        Err(response) => response,
    }
}

fn answer_of(outcome: Result<ReloadReport, ReloadRefused>) -> (StatusCode, Answer) {
    let refused = match outcome {
        Ok(report) => {
            let answer = Answer {
                applied: true,
                changes: report.changes.into_iter().map(shown).collect(),
                notes: report.notes,
                ..Answer::default()
            };
            return (StatusCode::OK, answer);
        }
        Err(refused) => refused,
    };
    let mut answer = Answer {
        error: Some(refused.to_string()),
        ..Answer::default()
    };
    let status = match refused {
        ReloadRefused::Faults(faults) => {
            let shown = faults.iter().map(|fault| FaultShown {
                line: fault.line(),
                key: fault.key().map(str::to_owned),
                message: fault.message().to_owned(),
            });
            answer.faults = shown.collect();
            StatusCode::UNPROCESSABLE_ENTITY
        }
        ReloadRefused::NeedsRestart(changes) => {
            answer.changes = changes.into_iter().map(shown).collect();
            StatusCode::UNPROCESSABLE_ENTITY
        }
        ReloadRefused::CannotTake(_) => StatusCode::UNPROCESSABLE_ENTITY,
        ReloadRefused::Leaving => StatusCode::SERVICE_UNAVAILABLE,
        ReloadRefused::NoSource => StatusCode::NOT_FOUND,
    };
    (status, answer)
}

fn shown(change: Change) -> Changed {
    Changed {
        needs_restart: change.takes == Takes::Restart,
        key: change.key,
        old: change.old,
        new: change.new,
    }
}
