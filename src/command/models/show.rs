//! `zartrux models show`.

use anyhow::{Context as _, Result};
use zartrux_actors::trainer::ModelsFolder;
use zartrux_models::filter::ModelId;
use zartrux_models::learn::artifact::read_header;

use crate::console::{complain, say};
use crate::node::ExitCode;

pub(super) fn show(folder: &ModelsFolder, id: ModelId) -> Result<ExitCode> {
    let roster = folder.roster()?;
    let Some(entry) = roster.get(id) else {
        complain(&format_args!("there is no model {id}"));
        return Ok(ExitCode::Failed);
    };
    let file = folder.read(entry.slot, id)?;
    let (_, header) =
        read_header(&file).with_context(|| folder.file_of(entry.slot, id).display().to_string())?;
    say(&format_args!("model      {id}"));
    say(&format_args!("for        {}", entry.slot.label()));
    say(&format_args!(
        "stands     {}: {}",
        entry.state.label(),
        entry.why
    ));
    say(&format_args!("trained    {}", header.data));
    say(&format_args!("data       {}", header.data.digest));
    say(&format_args!("features   {}", header.features));
    say(&format_args!("seed       {}", header.seed));
    if let Some(warm) = header.warm_from {
        say(&format_args!("began with {warm}"));
    }
    for metric in &header.metrics {
        let interval = metric.interval.map_or_else(String::new, |(low, high)| {
            format!("  ({low:.5} to {high:.5})")
        });
        say(&format_args!(
            "{:<32} {:.5}{interval}",
            metric.name, metric.value
        ));
    }
    Ok(ExitCode::Done)
}
