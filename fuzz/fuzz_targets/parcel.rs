//! libFuzzer's way to [`zartrux_fuzz::parcel`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    zartrux_fuzz::parcel(data);
});
