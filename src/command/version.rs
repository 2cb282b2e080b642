//! `zartrux version`: how the program was made.

use anyhow::Result;

use serde::Serialize;

use crate::build_facts::{BuildFacts, RandomxVersions, build_facts};
use crate::console::say;
use crate::node::ExitCode;

/// How it was made, and what was tried just now.
#[derive(Serialize)]
struct Facts {
    #[serde(flatten)]
    build: BuildFacts,
    randomx_versions: RandomxVersions,
}

pub(super) fn version(json: bool) -> Result<ExitCode> {
    let facts = Facts {
        build: build_facts(),
        randomx_versions: RandomxVersions::tried(),
    };
    if json {
        say(&serde_json::to_string_pretty(&facts)?);
    } else {
        say(&format_args!(
            "zartrux {}\n{}",
            facts.build, facts.randomx_versions
        ));
    }
    Ok(ExitCode::Done)
}
