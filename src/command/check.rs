//! `zartrux check`: the configuration as a dry run.

use std::path::Path;

use anyhow::Result;
use zartrux_config::{Faults, Settings};

use super::SettingsArgs;
use crate::console::{complain, say};
use crate::node::ExitCode;

/// The file that is read when none is named.
const DEFAULT_FILE: &str = "zartrux.toml";

/// Reads the settings as `run` would.
///
/// # Errors
/// All faults at once.
pub(super) fn settings(args: &SettingsArgs) -> Result<Settings, Faults> {
    let overrides = args.overrides();
    match &args.config {
        Some(file) => Settings::from_file(file, &overrides),
        None if Path::new(DEFAULT_FILE).exists() => Settings::from_file(DEFAULT_FILE, &overrides),
        None => Settings::from_toml("", &overrides),
    }
}

pub(super) fn check(args: &SettingsArgs) -> Result<ExitCode> {
    let settings = match settings(args) {
        Ok(settings) => settings,
        Err(faults) => {
            complain(&faults);
            return Ok(ExitCode::Configuration);
        }
    };
    say(&settings.summary());
    for warning in settings.warnings() {
        complain(&format_args!("warning: {warning}"));
    }
    say(&"The configuration is good.");
    Ok(ExitCode::Done)
}
