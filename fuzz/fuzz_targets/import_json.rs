//! libFuzzer's way to [`zartrux_fuzz::import_json`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    zartrux_fuzz::import_json(data);
});
