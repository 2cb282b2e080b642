//! libFuzzer's way to [`zartrux_fuzz::line_assembler`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    zartrux_fuzz::line_assembler(data);
});
