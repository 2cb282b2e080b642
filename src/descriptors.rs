//! The limit of open descriptors: raised, or refused at the start, since a proxy that runs out of them
//! at its busiest hour is worse than one that says at once what it needs.

use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use zartrux_config::{Miners, Settings};

/// Descriptors for everything that is neither a miner nor a pool, without what each lane needs: the
/// monitor's connections, the store's files, the log.
const RESERVE: u64 = 512;
/// Descriptors of a lane: its timers and wake-ups, and the attempts of its pool sessions.
const RESERVE_PER_LANE: u64 = 16;
/// Miners for each connection to a pool, were every slot of only half of them taken.
const MINERS_PER_SESSION: u64 = 128;

/// What the limit of open descriptors allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Room {
    /// Descriptors that this process may have open.
    pub descriptors: u64,
    /// Most miners that are connected at once.
    pub max_connections: usize,
    /// What `miners.max_connections` is, if the limit did not allow it.
    pub lowered_from: Option<usize>,
}

/// Raises the limit as far as `miners.max_connections` needs and the system allows.
///
/// Where that is not enough, a number of connections that somebody chose is refused; the default is
/// lowered to what fits, for it is larger than most farms need, and a limit of 4096 carries a farm of
/// thousands.
///
/// # Errors
/// Why the limit does not allow what the settings ask for, in words for the operator.
pub fn make_room(settings: &Settings) -> Result<Room> {
    let lanes = settings.node.lanes;
    let wanted = needed(settings.miners.max_connections, lanes);
    let limit =
        rlimit::increase_nofile_limit(wanted).context("the limit of open files can't be read")?;
    decide(settings.miners.max_connections, lanes, limit)
}

/// Descriptors that so many miners need, with all else.
#[must_use]
pub fn needed(max_connections: usize, lanes: usize) -> u64 {
    let miners = max_connections as u64;
    miners
        .saturating_add(miners / MINERS_PER_SESSION)
        .saturating_add(fixed(lanes))
}

fn fixed(lanes: usize) -> u64 {
    RESERVE + RESERVE_PER_LANE.saturating_mul(lanes as u64)
}

fn decide(max_connections: usize, lanes: usize, limit: u64) -> Result<Room> {
    let wanted = needed(max_connections, lanes);
    if wanted <= limit {
        return Ok(Room {
            descriptors: limit,
            max_connections,
            lowered_from: None,
        });
    }
    let fitting =
        limit.saturating_sub(fixed(lanes)) / (MINERS_PER_SESSION + 1) * MINERS_PER_SESSION;
    let fitting = usize::try_from(fitting).unwrap_or(max_connections);
    let chosen = max_connections != Miners::default().max_connections;
    if chosen || fitting == 0 {
        let advice = if fitting == 0 {
            String::new()
        } else {
            format!(", or set miners.max_connections to {fitting} or less")
        };
        bail!(
            "miners.max_connections: {max_connections} miners need {wanted} open files, but the \
             system allows this process {limit}: raise the limit (LimitNOFILE= in a systemd unit, \
             ulimit -Hn in a shell){advice}"
        );
    }
    Ok(Room {
        descriptors: limit,
        max_connections: fitting,
        lowered_from: Some(max_connections),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: usize = 100_000;

    #[test]
    fn what_fits_is_left_as_it_is() {
        let room = decide(DEFAULT, 1, 262_144).unwrap();
        assert_eq!(room.max_connections, DEFAULT);
        assert_eq!(room.lowered_from, None);
        let exactly = needed(5_000, 4);
        assert!(decide(5_000, 4, exactly).is_ok());
        assert!(decide(5_000, 4, exactly - 1).is_err());
    }

    #[test]
    fn the_default_is_lowered_to_what_fits() {
        for limit in [1_024, 4_096, 65_536, 100_000] {
            let room = decide(DEFAULT, 2, limit).unwrap();
            assert_eq!(room.lowered_from, Some(DEFAULT));
            assert!(room.max_connections > 0);
            assert!(needed(room.max_connections, 2) <= limit, "{room:?}");
        }
    }

    #[test]
    fn a_number_that_somebody_chose_is_refused_with_one_that_fits() {
        let words = decide(50_000, 1, 4_096).unwrap_err().to_string();
        assert!(words.contains("50000 miners need"), "{words}");
        assert!(words.contains("allows this process 4096"), "{words}");
        assert!(words.contains("LimitNOFILE="), "{words}");
        let advice = words.rsplit("max_connections to ").next().unwrap();
        let advised = advice.split(' ').next().unwrap().parse().unwrap();
        assert!(decide(advised, 1, 4_096).is_ok(), "{words}");
    }

    #[test]
    fn a_limit_that_carries_no_miner_is_refused_even_with_the_default() {
        let words = decide(DEFAULT, 1, 256).unwrap_err().to_string();
        assert!(!words.contains("to 0"), "{words}");
    }
}
