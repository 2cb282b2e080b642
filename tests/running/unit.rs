//! The unit for systemd: read line by line, and by systemd itself where it is installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use zartrux::descriptors;
use zartrux::node::ExitCode;
use zartrux_config::{Settings, parse_duration};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("packaging/systemd")
        .join(name)
}

/// The lines of the unit, `Key=value`, without comments.
fn unit() -> Vec<(String, String)> {
    let text = fs::read_to_string(file("zartrux.service")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with(['#', '[']));
    let entries = lines.filter_map(|line| line.split_once('='));
    entries
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

fn value(key: &str) -> String {
    let unit = unit();
    let mut values = unit.into_iter().filter(|(name, _)| name == key);
    let (_, value) = values.next().unwrap_or_else(|| panic!("no {key}"));
    assert!(values.next().is_none(), "{key} is there twice");
    value
}

fn number(key: &str) -> u64 {
    value(key).parse().unwrap_or_else(|_| panic!("{key}"))
}

#[test]
fn its_limits_carry_the_defaults() {
    let settings = Settings::default();
    let needed = descriptors::needed(settings.miners.max_connections, settings.node.lanes);
    assert!(number("LimitNOFILE") >= needed);
    // With as many lanes as there can be, too.
    assert!(number("LimitNOFILE") >= descriptors::needed(settings.miners.max_connections, 64));
    let patience = Duration::from_secs(number("TimeoutStopSec"));
    assert!(patience > settings.node.drain);
    // The lanes' own watchdog comes first: its report says which lane it was.
    assert!(number("WatchdogSec") >= 10);
}

#[test]
fn the_codes_that_no_restart_mends_are_those_of_the_program() {
    let codes = value("RestartPreventExitStatus");
    let known = [ExitCode::Usage, ExitCode::Configuration].map(|code| (code as i32).to_string());
    assert_eq!(codes.split(' ').collect::<Vec<_>>(), known);
    assert_eq!(value("Restart"), "on-failure");
    assert_eq!(value("Type"), "notify");
    assert!(value("ExecReload").contains("-HUP $MAINPID"));
}

#[test]
fn the_command_is_one_that_the_program_takes() {
    use clap::Parser as _;
    for key in ["ExecStartPre", "ExecStart"] {
        let line = value(key);
        let words: Vec<_> = line.split(' ').collect();
        assert_eq!(words[0], "/usr/local/bin/zartrux");
        zartrux::command::Cli::try_parse_from(&words).unwrap_or_else(|fault| panic!("{fault}"));
        let data = words.iter().position(|word| *word == "--data").unwrap();
        let state = format!("/var/lib/{}", value("StateDirectory"));
        assert_eq!(words[data + 1], state, "elsewhere it may not write");
    }
}

#[test]
fn randomx_may_compile_and_nothing_else_is_allowed() {
    // The proof that the default would break it is the prover's JIT itself.
    assert_eq!(value("MemoryDenyWriteExecute"), "no");
    assert_eq!(value("CapabilityBoundingSet"), "");
    for key in [
        "NoNewPrivileges",
        "PrivateTmp",
        "PrivateDevices",
        "LockPersonality",
    ] {
        assert_eq!(value(key), "yes", "{key}");
    }
    assert_eq!(value("ProtectSystem"), "strict");
    assert_eq!(value("SystemCallFilter"), "@system-service");
}

#[test]
fn the_page_shows_the_lines_of_the_unit_as_they_are() {
    let page = include_str!("../../docs/src/deployment.md");
    for key in ["LimitNOFILE", "TimeoutStopSec", "WatchdogSec"] {
        let told = format!("`{key}={}`", value(key));
        assert!(page.contains(&told), "{told}");
    }
    let drain = parse_duration("10s").unwrap();
    assert_eq!(
        Settings::default().node.drain,
        drain,
        "as the unit's comment says"
    );
}

#[test]
fn systemd_finds_no_fault_with_it_where_systemd_is_there() {
    let folder = tempfile::tempdir().unwrap();
    // The program is not installed where the unit says: its own place stands for it here.
    let program = env!("CARGO_BIN_EXE_zartrux");
    let text = fs::read_to_string(file("zartrux.service")).unwrap();
    let text = text.replace("/usr/local/bin/zartrux", program);
    let unit = folder.path().join("zartrux.service");
    fs::write(&unit, text).unwrap();
    let mut verify = Command::new("systemd-analyze");
    let Ok(output) = verify.args(["verify", "--man=no"]).arg(&unit).output() else {
        eprintln!("systemd-analyze is not installed: the unit was not verified by it");
        return;
    };
    let words = String::from_utf8_lossy(&output.stderr);
    let about_it: Vec<_> = words
        .lines()
        .filter(|line| line.contains("zartrux"))
        .collect();
    assert!(output.status.success() && about_it.is_empty(), "{words}");
}
