//! How long an answer about all rigs takes: put together anew, and out of what is kept.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;

use super::clients::get;
use crate::bench::clock::Clock;
use crate::bench::figure::Figures;
use crate::bench::stats::{Samples, count};

/// Times that each is asked anew.
const ROUNDS: u32 = 3;
/// After so long none is given again that was given before: metrics count rigs anew after
/// 15 seconds.
const PAUSE: Duration = Duration::from_secs(17);
/// What is asked, and what it is called.
const ANSWERS: [(&str, &str); 4] = [
    ("/1/workers", "/1/workers"),
    ("/metrics", "/metrics with each rig's"),
    (
        "/api/v1/rigs/table?sort=hash_rate&order=desc&limit=25",
        "/api/v1/rigs/table, 25 rows",
    ),
    (
        "/api/v1/rigs/table?sort=hash_rate&order=desc&limit=1000",
        "/api/v1/rigs/table, 1,000 rows",
    ),
];

/// Asks for each some times, one after the other, while nobody else asks.
///
/// # Errors
/// There is no answer.
pub(super) fn time(address: SocketAddr, clock: &Clock, figures: &mut Figures) -> Result<()> {
    let mut seen = ANSWERS.map(|_| (Samples::default(), Samples::default(), 0));
    for _ in 0..ROUNDS {
        std::thread::park_timeout(PAUSE);
        for ((path, _), (anew, again, bytes)) in ANSWERS.iter().zip(&mut seen) {
            for samples in [anew, again] {
                let began = clock.now();
                *bytes = get(address, path)?.len();
                samples.push(clock.now().since(began));
            }
        }
    }
    for ((_, name), (mut anew, mut again, bytes)) in ANSWERS.iter().zip(seen) {
        for (samples, which) in [(&mut anew, "first"), (&mut again, "at once again")] {
            figures.proxy(&format!("{name}, {which}, p50"), "ms", samples.millis(500));
            figures.proxy(
                &format!("{name}, {which}, max"),
                "ms",
                samples.millis(1_000),
            );
        }
        figures.proxy(&format!("{name}, body"), "bytes", count(bytes));
    }
    Ok(())
}
