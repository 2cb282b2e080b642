//! libFuzzer's way to [`zartrux_fuzz::routes`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    zartrux_fuzz::routes(data);
});
