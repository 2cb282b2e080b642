//! `zartrux models show`.

use anyhow::Result;
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
    let file = match folder.read(entry.slot, id) {
        Ok(file) => file,
        Err(fault) => {
            complain(&fault);
            return Ok(ExitCode::Failed);
        }
    };
    let header = match read_header(&file) {
        Ok((_, header)) => header,
        Err(why) => {
            let path = folder.file_of(entry.slot, id);
            complain(&format_args!("{} {why}", path.display()));
            return Ok(ExitCode::Failed);
        }
    };
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
