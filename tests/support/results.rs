//! Results that meet or miss a target, for pools that compute no hash.

use std::sync::atomic::{AtomicU64, Ordering};

use zartrux::demo::target::Target64;

/// 32 bytes whose value is spread evenly over all that meet `target`; another at each call.
pub fn result_meeting(target: Target64) -> [u8; 32] {
    let mut result = fresh();
    // The small bias of the remainder is of no concern here.
    let below = value(&result) % target.get();
    set_value(&mut result, below);
    assert!(target.is_met_by(&result));
    result
}

/// 32 bytes whose value is spread evenly over all that miss `target`; another at each call.
pub fn result_missing(target: Target64) -> [u8; 32] {
    let mut result = fresh();
    let misses = u64::MAX - target.get();
    let above = if misses == 0 {
        0
    } else {
        value(&result) % misses
    };
    set_value(&mut result, target.get() + above);
    assert!(!target.is_met_by(&result));
    result
}

/// 32 bytes that look random, and are the same in each run of a test that calls from one thread.
fn fresh() -> [u8; 32] {
    static CALLS: AtomicU64 = AtomicU64::new(1);
    let seed = CALLS.fetch_add(1, Ordering::Relaxed).wrapping_mul(4);
    let mut result = [0; 32];
    for (word, place) in result.chunks_exact_mut(8).zip(seed..) {
        word.copy_from_slice(&scramble(place).to_le_bytes());
    }
    result
}

/// The finaliser of SplitMix64.
fn scramble(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn value(result: &[u8; 32]) -> u64 {
    zartrux::demo::target::value_of(result)
}

fn set_value(result: &mut [u8; 32], value: u64) {
    result[24..].copy_from_slice(&value.to_le_bytes());
}
