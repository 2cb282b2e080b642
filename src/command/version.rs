//! `zartrux version`: how the program was made.

use anyhow::Result;

use crate::build_facts::build_facts;
use crate::console::say;
use crate::node::ExitCode;

pub(super) fn version(json: bool) -> Result<ExitCode> {
    let facts = build_facts();
    if json {
        say(&serde_json::to_string_pretty(&facts)?);
    } else {
        say(&format_args!("zartrux {facts}"));
    }
    Ok(ExitCode::Done)
}
