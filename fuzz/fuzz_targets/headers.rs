//! libFuzzer's way to [`zartrux_fuzz::headers`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    zartrux_fuzz::headers(data);
});
