//! libFuzzer's way to [`zartrux_fuzz::model_artifact`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    zartrux_fuzz::model_artifact(data);
});
