//! Descriptors: raised as far as the system allows, and counted before a run that needs them.

use anyhow::{Result, bail};

/// What one process needs besides its miners: upstream connections, files, epoll.
const BESIDES: u64 = 600;

/// Raises this process's soft descriptor limit to the hard one (a child inherits it) and checks
/// that `miners` connections fit, here and in the proxy.
///
/// # Errors
/// When the hard limit is too low, with what would be needed, or the limit cannot be read or set.
pub(crate) fn make_room_for(miners: usize) -> Result<()> {
    let (soft, hard) = rlimit::Resource::NOFILE.get()?;
    if soft < hard {
        rlimit::Resource::NOFILE.set(hard, hard)?;
    }
    check(miners, hard)
}

fn check(miners: usize, hard: u64) -> Result<()> {
    let needed = u64::try_from(miners)
        .unwrap_or(u64::MAX)
        .saturating_add(BESIDES);
    if needed > hard {
        bail!(
            "{miners} miners need {needed} open descriptors in the generator, and as many in the \
             proxy, but the limit here is {hard}: raise it (ulimit -Hn, or LimitNOFILE=) or ask \
             for fewer miners"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_allowed_and_what_does_not_is_refused_with_both_numbers() {
        assert!(check(10_000, 20_000).is_ok());
        let text = check(20_000, 20_000).unwrap_err().to_string();
        assert!(text.contains("20600") && text.contains("20000"), "{text}");
    }

    #[test]
    fn the_soft_limit_is_raised_to_the_hard_one() {
        make_room_for(1).unwrap();
        let (soft, hard) = rlimit::Resource::NOFILE.get().unwrap();
        assert_eq!(soft, hard);
    }
}
