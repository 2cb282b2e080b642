//! `/1/…`: what panels and exporters for xmrig-proxy read, in its own words and units, so that they
//! work unchanged. Passwords are never told, and wallets are masked.
//!
//! Where this proxy has no such number it says what xmrig-proxy says before it has one: see each
//! answer. Field names, their order in rows and their units are those of its
//! `src/api/v1/ApiRouter.cpp`.

mod hash_rates;
pub(super) mod miners;
mod seats;
pub(super) mod summary;
mod system;
#[cfg(test)]
mod tests;
pub(super) mod workers;

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use zartrux_actors::clock::Clock;

use super::answer::ErrorAnswer;
use miners::Miners;
use workers::Workers;

/// Rows of one answer.
const MOST: usize = 10_000;
/// How long an answer is given again before it is put together anew.
const FRESH: Duration = Duration::from_secs(5);
/// How long it may take to be put together, the wait for others who ask included.
const PATIENCE: Duration = Duration::from_secs(10);

/// The routes.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .app_data(web::Data::new(Kept::<Miners>::default()))
        .app_data(web::Data::new(Kept::<Workers>::default()))
        .service(summary::summary)
        .service(workers::workers)
        .service(miners::miners);
}

/// The last answer, and when it was made. However many ask, it is put together by one at a time.
struct Kept<T>(tokio::sync::Mutex<Option<(Instant, Arc<T>)>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(tokio::sync::Mutex::default())
    }
}

/// Why there is no answer: part of the program does not answer in time.
#[derive(Debug)]
struct Missing(String);

impl<T> Kept<T> {
    async fn get(
        &self,
        clock: Clock,
        make: impl Future<Output = Result<T, Missing>>,
    ) -> Result<Arc<T>, Missing> {
        let look = async {
            let mut kept = self.0.lock().await;
            if let Some((at, made)) = &*kept
                && clock.now().saturating_duration_since(*at) < FRESH
            {
                return Ok(Arc::clone(made));
            }
            let made = Arc::new(make.await?);
            *kept = Some((clock.now(), Arc::clone(&made)));
            Ok(made)
        };
        actix_web::rt::time::timeout(PATIENCE, look)
            .await
            .map_err(|_| Missing("it takes too long to put the answer together".to_owned()))?
    }
}

fn answered<T: Serialize>(
    outcome: Result<impl std::ops::Deref<Target = T>, Missing>,
) -> HttpResponse {
    match outcome {
        Ok(made) => HttpResponse::Ok().json(&*made),
        Err(missing) => {
            HttpResponse::build(StatusCode::SERVICE_UNAVAILABLE).json(ErrorAnswer::new(missing.0))
        }
    }
}
