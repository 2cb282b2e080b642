//! Fuzz targets as plain functions.
//!
//! Each takes arbitrary bytes, plays them to one reader of hostile input and asserts what must
//! hold whatever they are: never a panic, but also the promises of that reader. libFuzzer calls
//! them through `fuzz_targets/`, and an ordinary test on stable Rust runs them over the committed
//! corpus and over mutations of it, so that what was found once stays mended.
//!
//! Each returns the [`Reached`] kinds of outcome, by which the test sees that the corpus still
//! gets past the first check.

mod bridge;
mod config_toml;
mod headers;
mod import_json;
mod json_line;
mod ledger_csv;
mod line_assembler;
mod miner_line;
mod model_artifact;
mod models;
pub mod mutate;
mod node_reply;
mod node_session;
mod parcel;
mod pool_line;
mod proxy_header;
mod recorded;
mod rig_states;
mod routes;
mod seeds;
mod stored;
mod template;
mod words;

use std::collections::BTreeSet;

pub use bridge::bridge;
pub use config_toml::config_toml;
pub use headers::headers;
pub use import_json::import_json;
pub use ledger_csv::ledger_csv;
pub use line_assembler::line_assembler;
pub use miner_line::miner_line;
pub use model_artifact::model_artifact;
pub use models::files_of_models;
pub use node_reply::node_reply;
pub use node_session::node_session;
pub use parcel::{parcel, parcel_seeds};
pub use pool_line::pool_line;
pub use proxy_header::proxy_header;
pub use recorded::{MINER_JOB_ID, MINER_SESSION};
pub use rig_states::rig_states;
pub use routes::routes;
pub use seeds::{Seed, header_seeds, rig_state_seeds, route_seeds, stored_seeds};
pub use stored::stored;
pub use template::template;

/// Kinds of outcome that an input led to.
pub type Reached = BTreeSet<&'static str>;

/// A target: its name, which is also the folder of its corpus, and its function.
pub type Target = (&'static str, fn(&[u8]) -> Reached);

/// All targets.
pub const TARGETS: [Target; 17] = [
    ("miner_line", miner_line),
    ("pool_line", pool_line),
    ("line_assembler", line_assembler),
    ("config_toml", config_toml),
    ("import_json", import_json),
    ("ledger_csv", ledger_csv),
    ("model_artifact", model_artifact),
    ("proxy_header", proxy_header),
    ("template", template),
    ("node_reply", node_reply),
    ("bridge", bridge),
    ("stored", stored),
    ("rig_states", rig_states),
    ("node_session", node_session),
    ("routes", routes),
    ("headers", headers),
    ("parcel", parcel),
];
