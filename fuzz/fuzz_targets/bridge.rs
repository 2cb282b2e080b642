//! libFuzzer's way to [`zartrux_fuzz::bridge`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    zartrux_fuzz::bridge(data);
});
