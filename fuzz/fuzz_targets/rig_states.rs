//! libFuzzer's way to [`zartrux_fuzz::rig_states`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    zartrux_fuzz::rig_states(data);
});
