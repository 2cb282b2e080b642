//! `zartrux check`: the configuration as a dry run.

use std::path::Path;

use anyhow::Result;
use zartrux_actors::tls::TlsFiles;
use zartrux_config::{Faults, Overrides, Settings};

use super::SettingsArgs;
use crate::console::{complain, say};
use crate::node::{ExitCode, bridge_settings, door_settings};

/// The file that is read when none is named.
pub(super) const DEFAULT_FILE: &str = "zartrux.toml";

/// Reads the settings as `run` would.
///
/// # Errors
/// All faults at once.
pub(super) fn settings(args: &SettingsArgs) -> Result<Settings, Faults> {
    settings_of(args.config.as_deref(), &args.overrides())
}

/// Reads the settings of a file, or of the usual one.
///
/// # Errors
/// All faults at once.
pub(super) fn settings_of(file: Option<&Path>, overrides: &Overrides) -> Result<Settings, Faults> {
    match file {
        Some(file) => Settings::from_file(file, overrides),
        None if Path::new(DEFAULT_FILE).exists() => Settings::from_file(DEFAULT_FILE, overrides),
        None => Settings::from_toml("", overrides),
    }
}

/// Certificate and key that the settings name must be there and fit.
pub(super) fn given_tls(settings: &Settings) -> Result<()> {
    if let Some(given) = &settings.miners.tls_files {
        TlsFiles {
            certificate: given.certificate.clone(),
            key: given.key.clone(),
        }
        .load()?;
    }
    Ok(())
}

pub(super) fn check(args: &SettingsArgs) -> Result<ExitCode> {
    let settings = match settings(args) {
        Ok(settings) => settings,
        Err(faults) => {
            complain(&faults);
            return Ok(ExitCode::Configuration);
        }
    };
    if let Err(fault) = given_tls(&settings) {
        complain(&format_args!(
            "miners.tls_certificate, miners.tls_key: {fault:#}"
        ));
        return Ok(ExitCode::Configuration);
    }
    if let Err(fault) = door_settings(&settings) {
        complain(&format_args!("{fault:#}"));
        return Ok(ExitCode::Configuration);
    }
    if let Some(files) = &settings.monitor.tls_files
        && let Err(fault) = crate::http::tls::acceptor(files)
    {
        complain(&format_args!(
            "monitor.tls_certificate, monitor.tls_key: {fault:#}"
        ));
        return Ok(ExitCode::Configuration);
    }
    if let Err(fault) = bridge_settings(&settings) {
        complain(&format_args!("{fault:#}"));
        return Ok(ExitCode::Configuration);
    }
    say(&settings.summary());
    for warning in settings.warnings() {
        complain(&format_args!("warning: {warning}"));
    }
    say(&"The configuration is good.");
    Ok(ExitCode::Done)
}
