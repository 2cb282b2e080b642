//! A pool's session as it is written down.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Phase, PoolProtocol, PoolSettings, SESSION_ID_LIMIT};
use crate::handover::{BadPart, JobWire, LinkWire, PoolProtocolWire};
use crate::stratum::{Extensions, POOL_LINE_LIMIT, PoolRequestId};
use crate::work::{JobOrigin, PoolKey, UpstreamJob};

/// More bytes never wait for a pool.
const UNSENT_MAX: usize = 2 * 1024 * 1024;

impl PoolProtocol {
    /// As it is written down; none while it is not logged in, or where the pool sends templates: then
    /// there is nothing that another connection would not bring as well.
    #[must_use]
    pub fn pack(&self, origin: JobOrigin, now: Instant) -> Option<PoolProtocolWire> {
        let Phase::LoggedIn {
            session,
            extensions,
        } = &self.phase
        else {
            return None;
        };
        let job = match &self.job {
            None => None,
            Some(job) => Some(JobWire::of(job, 0, origin)?),
        };
        let silent = |at: Instant| now.saturating_duration_since(at).as_millis();
        Some(PoolProtocolWire {
            session: (&**session).into(),
            algo: extensions.algo,
            keepalives: extensions.keepalive,
            nicehash: extensions.nicehash,
            last_request: self.last_request.0,
            silent_ms: self
                .last_sent
                .map(|at| u64::try_from(silent(at)).unwrap_or(u64::MAX)),
            keepalive: self.keepalive.map(|id| id.0),
            keepalive_refused: self.keepalive_refused,
            odd_lines: self.odd_lines,
            number: self.number,
            job,
        })
    }

    /// Goes on with what was written down: it takes each line as the session before would have, and
    /// its next request has the next number.
    ///
    /// # Errors
    /// No session is like that.
    pub fn unpack(
        settings: Arc<PoolSettings>,
        wire: &PoolProtocolWire,
        now: Instant,
    ) -> Result<Self, BadPart> {
        check(wire)?;
        let silent = wire.silent_ms.map(Duration::from_millis);
        let job = wire.job.as_ref().map(UpstreamJob::unpack).transpose()?;
        Ok(Self {
            settings,
            phase: Phase::LoggedIn {
                session: (&*wire.session).into(),
                extensions: Extensions {
                    algo: wire.algo,
                    keepalive: wire.keepalives,
                    nicehash: wire.nicehash,
                },
            },
            last_request: PoolRequestId(wire.last_request),
            last_sent: silent.map(|silent| now.checked_sub(silent).unwrap_or(now)),
            keepalive: wire.keepalive.map(PoolRequestId),
            keepalive_refused: wire.keepalive_refused,
            odd_lines: wire.odd_lines,
            job: job.map(Arc::new),
            early: None,
            number: wire.number,
        })
    }
}

fn check(wire: &PoolProtocolWire) -> Result<(), BadPart> {
    if wire.session.is_empty() || wire.session.len() > SESSION_ID_LIMIT {
        return Err(BadPart("a pool's session without an id, or with a longer one"));
    }
    if wire.last_request == 0 {
        return Err(BadPart("logged in without a request"));
    }
    if let Some(job) = &wire.job {
        UpstreamJob::unpack(job)?;
    }
    Ok(())
}

/// Whether a connection to a pool makes sense.
pub(crate) fn check_link(link: &LinkWire) -> Result<(), BadPart> {
    if link.line.len() > POOL_LINE_LIMIT || link.unsent.len() > UNSENT_MAX {
        return Err(BadPart("more bytes than wait for a pool or from it"));
    }
    check(&link.protocol)
}

/// Kept apart from what a table of jobs knows.
impl JobWire {
    /// A job as it is written down; none for one of a template.
    #[must_use]
    pub fn of(job: &UpstreamJob, key: u32, origin: JobOrigin) -> Option<Self> {
        let crate::work::Work::Sliced(blob) = &job.work else {
            return None;
        };
        let JobOrigin {
            pool: PoolKey(pool),
            connection,
        } = origin;
        Some(Self {
            key,
            pool,
            connection,
            space: 0,
            id: job.id.clone(),
            blob: blob.as_bytes().to_vec(),
            target: job.target.threshold(),
            algorithm: job.algorithm.name().into(),
            height: job.height,
            seed: job.seed.map(|seed| *seed.as_bytes()),
            next_seed: job.next_seed.map(|seed| *seed.as_bytes()),
            network_difficulty: job.network_difficulty.map(crate::work::Difficulty::get),
        })
    }
}
