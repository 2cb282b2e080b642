//! The programs of the package `prometheus`.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The repository's folder for what is installed beside the program.
pub(crate) fn packaging() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging")
}

/// What to say where a program could not be started.
pub(crate) fn not_started(program: &str, fault: &std::io::Error) -> String {
    if fault.kind() == ErrorKind::NotFound {
        format!("{program} is not installed: `make packages-test` installs what tests need")
    } else {
        format!("{program}: {fault}")
    }
}

/// Runs promtool with a text for its input; it must find nothing.
pub(crate) fn promtool(args: &[&str], input: &str) {
    let child = Command::new("promtool")
        .args(args)
        .current_dir(packaging().join("prometheus"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.unwrap_or_else(|fault| panic!("{}", not_started("promtool", &fault)));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "promtool {args:?}: {}",
        String::from_utf8_lossy(&said)
    );
}
