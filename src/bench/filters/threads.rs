//! Contests over all cores.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What `play` makes of each seed, in the order of the seeds, on as many threads as there are
/// cores.
pub(super) fn over_seeds<T: Send>(seeds: Range<u64>, play: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicU64::new(seeds.start);
    let played = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    let result = play(seed);
                    let mut played = played.lock().unwrap_or_else(PoisonError::into_inner);
                    played.push((seed, result));
                }
            });
        }
    });
    let mut played = played.into_inner().unwrap_or_else(PoisonError::into_inner);
    played.sort_by_key(|(seed, _)| *seed);
    played.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_seeds() {
        let squares = over_seeds(3..200, |seed| seed * seed);
        assert_eq!(
            squares,
            (3..200).map(|seed| seed * seed).collect::<Vec<_>>()
        );
        assert!(over_seeds(5..5, |seed| seed).is_empty());
    }
}
