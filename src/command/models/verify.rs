//! `zartrux models verify`.

use anyhow::Result;
use zartrux_actors::trainer::ModelsFolder;
use zartrux_actors::trainer::in_force::fault_of;

use crate::console::{complain, say};
use crate::node::ExitCode;

pub(super) fn verify(folder: &ModelsFolder) -> Result<ExitCode> {
    let roster = folder.roster()?;
    let (mut good, mut bad) = (0u32, 0u32);
    for (id, entry) in roster.entries() {
        match fault_of(folder, entry.slot, id) {
            None => good += 1,
            Some(why) => {
                bad += 1;
                complain(&format_args!("{id} ({}): {why}", entry.state.label()));
            }
        }
    }
    say(&format_args!("{good} models are whole, {bad} are not"));
    Ok(if bad == 0 {
        ExitCode::Done
    } else {
        ExitCode::Failed
    })
}
