//! `zartrux models list`.

use anyhow::Result;
use zartrux_actors::trainer::ModelsFolder;
use zartrux_models::ledger::rows::written_time;

use crate::console::say;
use crate::node::ExitCode;

pub(super) fn list(folder: &ModelsFolder) -> Result<ExitCode> {
    let roster = folder.roster()?;
    let entries = roster.entries();
    if entries.is_empty() {
        say(&format_args!("no models in {}", folder.root().display()));
        return Ok(ExitCode::Done);
    }
    say(&format_args!(
        "{:<16}  {:<10}  {:<9}  {:<24}  {:>9}  why",
        "id", "slot", "state", "since", "from"
    ));
    for (id, entry) in entries {
        say(&format_args!(
            "{id}  {:<10}  {:<9}  {:<24}  {:>9}  {}",
            entry.slot.label(),
            entry.state.label(),
            written_time(entry.since_ms),
            entry.data.rows,
            entry.why
        ));
        if let Some(duel) = entry.duel.advantage() {
            say(&format_args!(
                "{:18}duel: ahead by {:+.5} nats a share ({:+.5} to {:+.5}) on {} shares",
                "", duel.mean, duel.low, duel.high, duel.shares
            ));
        }
    }
    Ok(ExitCode::Done)
}
