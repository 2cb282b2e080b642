//! A settings file that holds anything.

use zartrux_config::{Overrides, Settings};

use crate::Reached;

/// Reads `data` as a settings file.
///
/// # Panics
/// A fault without words or beyond the file's end; a password in what is shown of the settings.
pub fn config_toml(data: &[u8]) -> Reached {
    let text = String::from_utf8_lossy(data);
    let lines = text.lines().count() + 1;
    match Settings::from_toml(&text, &Overrides::default()) {
        Ok(settings) => {
            let summary = settings.summary();
            let passwords = summary.lines().filter(|line| line.starts_with("pass = "));
            let mut count = 0;
            for line in passwords {
                assert_eq!(line, "pass = [redacted]");
                count += 1;
            }
            assert_eq!(count, settings.pools.len());
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
