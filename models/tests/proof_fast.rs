//! Fast mode, which needs 2.4 GiB and a minute: run with `--ignored`.
#![cfg(test)]

use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use zartrux_models::proof::{Cache, DatasetBuilder, Pages, ProofError, Version, Vm};

#[test]
#[ignore = "needs 2.4 GiB of memory and a minute of all processors"]
fn fast_mode_computes_what_light_mode_does() {
    let cache = Cache::for_key(b"test key 000", Pages::PreferLarge).unwrap();
    let builder = DatasetBuilder::new(Arc::clone(&cache), Pages::PreferLarge).unwrap();
    assert!(builder.finished().is_none(), "nothing is filled yet");

    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| while builder.fill_piece() {});
        }
    });
    let dataset = builder.finished().unwrap();
    assert!(!builder.fill_piece(), "everything is claimed");

    let mut light = Vm::light(Arc::clone(&cache), Version::V1, Pages::PreferLarge).unwrap();
    let mut fast = Vm::fast(dataset, Version::V1, Pages::PreferLarge).unwrap();
    assert!(fast.is_fast());
    assert_eq!(fast.set_cache(cache), Err(ProofError::NotLight));
    assert_eq!(
        fast.hash(b"This is a test").as_result().to_string(),
        "639183aae1bf4c9a35884cb46b09cad9175f04efd7684e7262a0ac1c2f0b4e3f"
    );
    for input in 0..100_u32 {
        let input = input.to_le_bytes();
        assert_eq!(fast.hash(&input), light.hash(&input));
    }
}
