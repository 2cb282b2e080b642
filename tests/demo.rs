//! The demo as a new user runs it: the real binary, real sockets, real RandomX.
#![cfg(test)]

use std::process::Command;

#[test]
fn the_demo_mines_real_shares_finds_the_failing_rig_out_and_leaves_with_zero() {
    let output = Command::new(env!("CARGO_BIN_EXE_zartrux"))
        .args(["demo", "--for", "30s", "--monitor", "127.0.0.1:0"])
        .args(["--difficulty", "10", "--seconds-per-job", "8"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    assert!(
        text.contains("http://127.0.0.1:"),
        "the page's address: {text}"
    );
}
