//! `zartrux import-config`: from xmrig-proxy's config.json to ours.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use zartrux_config::import::from_xmrig_proxy;

use crate::console::{complain, say};
use crate::node::ExitCode;

pub(super) fn import(file: &Path, output: Option<&Path>) -> Result<ExitCode> {
    let json =
        fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))?;
    let imported = match from_xmrig_proxy(&json) {
        Ok(imported) => imported,
        Err(fault) => {
            complain(&format_args!("{}: {fault}", file.display()));
            return Ok(ExitCode::Configuration);
        }
    };
    for note in &imported.notes {
        complain(&note);
    }
    match output {
        None => say(&imported.toml.trim_end()),
        Some(output) => {
            fs::write(output, &imported.toml)
                .with_context(|| format!("can't write {}", output.display()))?;
            complain(&format_args!("written to {}", output.display()));
        }
    }
    Ok(ExitCode::Done)
}
