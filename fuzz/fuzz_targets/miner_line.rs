//! libFuzzer's way to [`zartrux_fuzz::miner_line`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    zartrux_fuzz::miner_line(data);
});
