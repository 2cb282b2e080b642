//! libFuzzer's way to [`zartrux_fuzz::proxy_header`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    zartrux_fuzz::proxy_header(data);
});
