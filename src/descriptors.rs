//! The limit of open descriptors.

/// Descriptors for everything that is not a miner.
const RESERVE: u64 = 512;

/// Raises the limit as far as the system allows, and says plainly when that is not enough for the
/// configured number of miners.
pub fn raise(max_connections: usize) {
    let wanted = (max_connections as u64).saturating_add(RESERVE);
    match rlimit::increase_nofile_limit(wanted) {
        Ok(limit) if limit < wanted => tracing::warn!(
            limit,
            wanted,
            "the system allows fewer open files than miners.max_connections needs: \
             further miners will wait; raise the limit (LimitNOFILE= in a systemd unit)"
        ),
        Ok(_) => {}
        Err(fault) => tracing::warn!(%fault, "can't read the limit of open files"),
    }
}
