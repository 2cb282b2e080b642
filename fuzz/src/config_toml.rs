//! A settings file that holds anything.

use zartrux_config::{Overrides, Settings};

use crate::Reached;

/// Keys whose values nobody is shown. A secret key of the bridge is only ever named by its file.
const SECRETS: [&str; 5] = [
    "pass",
    "rpc_pass",
    "password",
    "webhook_secret",
    "mail_password",
];

/// Reads `data` as a settings file.
///
/// # Panics
/// A fault without words or beyond the file's end; a secret in what is shown of the settings;
/// settings that differ from themselves.
pub fn config_toml(data: &[u8]) -> Reached {
    let text = String::from_utf8_lossy(data);
    let lines = text.lines().count() + 1;
    match Settings::from_toml(&text, &Overrides::default()) {
        Ok(settings) => {
            let summary = settings.summary();
            for line in summary.lines() {
                if let Some((key, value)) = line.split_once(" = ")
                    && SECRETS.contains(&key)
                {
                    assert!(["[redacted]", "none"].contains(&value), "{line}");
                }
            }
            assert!(settings.changes(&settings).is_empty());
            for warning in settings.warnings() {
                assert!(!warning.trim().is_empty());
            }
            Reached::from([if settings.pools.is_empty() {
                "good without a pool"
            } else {
                "good"
            }])
        }
        Err(faults) => {
            assert!(faults.len() > 0);
            assert!(!faults.to_string().is_empty());
            let mut reached = Reached::new();
            for fault in &faults {
                assert!(!fault.message().trim().is_empty());
                assert!(!fault.message().contains('\n'), "{fault:?}");
                if let Some(line) = fault.line() {
                    assert!((1..=lines).contains(&line), "{fault:?}");
                }
                reached.insert(if fault.key().is_some() {
                    "bad value"
                } else {
                    "not TOML"
                });
            }
            reached
        }
    }
}
