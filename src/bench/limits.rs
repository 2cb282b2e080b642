//! Descriptors: raised as far as the system allows, and counted before a run that needs them.

use anyhow::{Result, bail};

use super::subject::descriptors_of_proxy;

/// What one process needs besides its miners: upstream connections, files, epoll.
const BESIDES: u64 = 600;
/// Most processes that play miners.
pub(crate) const MOST_GENERATORS: u16 = 64;

/// What is to be measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// Most miners at once.
    pub(crate) miners: usize,
    /// Lanes of the proxy.
    pub(crate) lanes: u16,
    /// Processes that play the miners; none: as many as it takes.
    pub(crate) generators: Option<u16>,
    /// Whether the proxy is this program with the limit of this process. Of another one, which may
    /// have raised its own, nothing is known.
    pub(crate) own: bool,
}

/// Raises this process's soft descriptor limit to the hard one, which a child inherits. The limit.
///
/// # Errors
/// When the limit cannot be read or set.
pub(crate) fn raise() -> Result<u64> {
    let (soft, hard) = rlimit::Resource::NOFILE.get()?;
    if soft < hard {
        rlimit::Resource::NOFILE.set(hard, hard)?;
    }
    Ok(hard)
}

/// Raises the limit and checks that all miners fit, here and in the proxy. How many processes play them.
///
/// # Errors
/// When the hard limit is too low, with what would be needed, or the limit cannot be read or set.
pub(crate) fn make_room_for(wanted: Wanted) -> Result<u16> {
    check(wanted, raise()?)
}

fn check(wanted: Wanted, hard: u64) -> Result<u16> {
    let Wanted {
        miners,
        lanes,
        generators,
        own,
    } = wanted;
    let proxy = descriptors_of_proxy(lanes, miners);
    if own && proxy > hard {
        bail!(
            "{miners} miners need {proxy} open descriptors in the proxy, but a process here may have \
             {hard}: raise the limit (ulimit -Hn in a shell, LimitNOFILE= in a unit) or ask for fewer \
             miners"
        );
    }
    let miners = u64::try_from(miners).unwrap_or(u64::MAX);
    let each = hard.saturating_sub(BESIDES).max(1);
    let least = miners.div_ceil(each).max(1);
    let number = generators.map_or(least, u64::from);
    if number < least || least > u64::from(MOST_GENERATORS) {
        bail!(
            "{miners} miners in {number} processes need {} open descriptors in each, but a process here \
             may have {hard}: raise the limit, or take --generators {least} (at most {MOST_GENERATORS})",
            miners.div_ceil(number.max(1)).saturating_add(BESIDES)
        );
    }
    Ok(u16::try_from(number).unwrap_or(MOST_GENERATORS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(miners: usize) -> Wanted {
        Wanted {
            miners,
            lanes: 1,
            generators: None,
            own: true,
        }
    }

    #[test]
    fn what_fits_is_allowed_and_what_does_not_is_refused_with_all_numbers() {
        assert_eq!(check(wanted(19_000), 20_000).unwrap(), 1);
        let text = check(wanted(100_000), 20_000).unwrap_err().to_string();
        for number in ["100000 miners", "101510", "20000"] {
            assert!(text.contains(number), "{number}: {text}");
        }
    }

    #[test]
    fn a_proxy_with_a_limit_of_its_own_is_loaded_by_as_many_processes_as_it_takes() {
        let other = Wanted {
            own: false,
            ..wanted(100_000)
        };
        assert_eq!(check(other, 20_000).unwrap(), 6);
        let of = |generators| Wanted {
            generators: Some(generators),
            ..other
        };
        assert_eq!(check(of(8), 20_000).unwrap(), 8);
        let text = check(of(2), 20_000).unwrap_err().to_string();
        assert!(
            text.contains("50600") && text.contains("--generators 6"),
            "{text}"
        );
        assert!(check(other, 1_000).is_err());
    }

    #[test]
    fn the_soft_limit_is_raised_to_the_hard_one() {
        make_room_for(wanted(1)).unwrap();
        let (soft, hard) = rlimit::Resource::NOFILE.get().unwrap();
        assert_eq!(soft, hard);
    }
}
