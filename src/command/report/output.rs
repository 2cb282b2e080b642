//! A whole file, or none.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// What stands for the standard output.
pub(super) const STANDARD: &str = "-";

pub(super) fn write(to: &Path, bytes: &[u8]) -> Result<()> {
    if to.as_os_str() == STANDARD {
        return match io::stdout().lock().write_all(bytes) {
            // Whoever read the output has seen enough.
            Err(why) if why.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other?),
        };
    }
    // Under its name there is never half a file.
    let mut partial = to.to_path_buf().into_os_string();
    partial.push(".part");
    let partial = PathBuf::from(partial);
    let written = File::create(&partial).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&partial, to)
    });
    written.with_context(|| format!("can't write {}", partial.display()))
}
