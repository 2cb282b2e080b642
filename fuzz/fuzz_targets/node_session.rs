//! libFuzzer's way to [`zartrux_fuzz::node_session`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    zartrux_fuzz::node_session(data);
});
