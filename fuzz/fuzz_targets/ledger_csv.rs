//! libFuzzer's way to [`zartrux_fuzz::ledger_csv`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    zartrux_fuzz::ledger_csv(data);
});
