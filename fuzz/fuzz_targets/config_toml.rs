//! libFuzzer's way to [`zartrux_fuzz::config_toml`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    zartrux_fuzz::config_toml(data);
});
