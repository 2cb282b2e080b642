//! Descriptors: raised as far as the system allows, and counted before a run that needs them.

use anyhow::{Result, bail};

use super::subject::descriptors_of_proxy;

/// What one process needs besides its miners: upstream connections, files, epoll.
const BESIDES: u64 = 600;

/// Raises this process's soft descriptor limit to the hard one (a child inherits it) and checks
/// that `miners` connections fit, here and in a proxy with so many lanes.
///
/// # Errors
/// When the hard limit is too low, with what would be needed, or the limit cannot be read or set.
pub(crate) fn make_room_for(miners: usize, lanes: u16) -> Result<()> {
    let (soft, hard) = rlimit::Resource::NOFILE.get()?;
    if soft < hard {
        rlimit::Resource::NOFILE.set(hard, hard)?;
    }
    check(miners, lanes, hard)
}

fn check(miners: usize, lanes: u16, hard: u64) -> Result<()> {
    let generator = u64::try_from(miners)
        .unwrap_or(u64::MAX)
        .saturating_add(BESIDES);
    let proxy = descriptors_of_proxy(lanes, miners);
    if generator.max(proxy) > hard {
        bail!(
            "{miners} miners need {generator} open descriptors in the generator and {proxy} in the \
             proxy, but a process here may have {hard}: raise the limit (ulimit -Hn, or \
             LimitNOFILE=) or ask for fewer miners"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_allowed_and_what_does_not_is_refused_with_all_numbers() {
        assert!(check(19_000, 1, 20_000).is_ok());
        let text = check(100_000, 1, 20_000).unwrap_err().to_string();
        for number in ["100000 miners", "100600", "101510", "20000"] {
            assert!(text.contains(number), "{number}: {text}");
        }
    }

    #[test]
    fn the_soft_limit_is_raised_to_the_hard_one() {
        make_room_for(1, 1).unwrap();
        let (soft, hard) = rlimit::Resource::NOFILE.get().unwrap();
        assert_eq!(soft, hard);
    }
}
