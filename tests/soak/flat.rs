//! Whether memory and descriptors stay as they are.

/// Looks at quiet points below which nothing is said of a trend.
pub(crate) const LEAST_LOOKS: usize = 8;
/// Until then caches fill, whose sizes are settings: looks before
/// it do not count. In an hour memory rose for 13 minutes, and then it stood.
const FILLING_MS: u64 = 840_000;
/// What the last quarter's median may be above the second's, one part in so many.
const PART: u64 = 20;
/// And bytes besides.
const BYTES: u64 = 4 << 20;

/// What was seen at a quiet point: all that stay are connected, and nobody else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// Milliseconds since the soak began.
    pub(crate) at_ms: u64,
    /// Memory that no file stands behind, bytes.
    pub(crate) resident: u64,
    pub(crate) descriptors: u64,
}

/// The medians of the second and the last quarter, once there are enough looks after
/// caches have filled.
pub(crate) fn quarters(looks: &[Look]) -> Option<(u64, u64)> {
    let filled = looks.partition_point(|look| look.at_ms < FILLING_MS);
    let looks = &looks[filled..];
    if looks.len() < LEAST_LOOKS {
        return None;
    }
    let quarter = looks.len() / 4;
    let second = median(&looks[quarter..2 * quarter])?;
    let last = median(&looks[looks.len() - quarter..])?;
    Some((second, last))
}

/// Why memory is not flat; none if it is, or if there are too few looks to say.
pub(crate) fn grows(looks: &[Look]) -> Option<String> {
    let (second, last) = quarters(looks)?;
    let allowed = second + second / PART + BYTES;
    (last > allowed).then(|| {
        format!(
            "memory grows: median of the second quarter {second} bytes, of the last {last}, \
             allowed {allowed} (5 % and 4 MiB more)"
        )
    })
}

fn median(looks: &[Look]) -> Option<u64> {
    let mut sizes: Vec<u64> = looks.iter().map(|look| look.resident).collect();
    sizes.sort_unstable();
    sizes.get(sizes.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(sizes: impl Iterator<Item = u64>) -> Vec<Look> {
        let look = |resident| Look {
            at_ms: FILLING_MS,
            resident,
            descriptors: 10,
        };
        sizes.map(look).collect()
    }

    #[test]
    fn memory_that_settles_is_flat_and_memory_that_goes_on_growing_is_not() {
        let mib = 1 << 20;
        let settles = looks((0..40).map(|n: u64| (20 + n.min(10)) * mib));
        assert_eq!(grows(&settles), None);
        let leaks = looks((0..40).map(|n: u64| (20 + n / 2) * mib));
        assert!(grows(&leaks).is_some());
        let peak = looks((0..40).map(|n: u64| if n == 38 { 900 } else { 20 } * mib));
        assert_eq!(grows(&peak), None, "one look is no trend");
    }

    #[test]
    fn of_few_looks_nothing_is_said() {
        assert!(quarters(&looks(0..7)).is_none());
        assert!(quarters(&looks(0..8)).is_some());
        let mut early = looks(0..8);
        early[0].at_ms = 0;
        assert!(quarters(&early).is_none());
    }
}
