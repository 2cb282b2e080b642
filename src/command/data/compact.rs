//! `zartrux data compact`: gives back the space that the files of past days take up for nothing.

use anyhow::Result;
use zartrux_actors::clock::Clock;
use zartrux_actors::store::ledger::{Compacted, Ledger};

use super::Place;
use crate::console::{complain, say};
use crate::node::{ExitCode, open_state};

pub(super) fn compact(place: &Place) -> Result<ExitCode> {
    if !place.is_there() {
        return Ok(ExitCode::Failed);
    }
    let now_ms = Clock.unix_millis();
    // While it is open neither the daemon nor another command writes.
    let _state = open_state(&place.folders.state, place.bounds)?;
    let (ledger, mended) = Ledger::open(&place.folders.shares, now_ms, place.retention)?;
    if let Some(mended) = mended {
        complain(&format_args!(
            "volume {} was damaged ({}) and is made anew from what was found; its files are in {}",
            mended.volume,
            mended.why,
            mended.moved_to.display()
        ));
    }
    for volume in ledger.retain(now_ms)? {
        say(&format_args!("{volume}: dropped, as the settings say"));
    }
    let mut code = ExitCode::Done;
    let (mut before, mut after) = (0, 0);
    for volume in ledger.reader().volumes() {
        let had = ledger.reader().bytes(volume);
        before += had;
        match ledger.compact(volume)? {
            Compacted::Anew { before, after } => {
                say(&format_args!(
                    "{volume}: {before} bytes before, {after} now"
                ));
            }
            Compacted::Compact => say(&format_args!("{volume}: {had} bytes, as before")),
            Compacted::Unsealed => say(&format_args!("{volume}: {had} bytes; it is not over")),
            Compacted::NotWhole => {
                code = ExitCode::Failed;
                complain(&format_args!(
                    "{volume}: it is not whole, and left as it is; zartrux data verify says more"
                ));
            }
        }
        after += ledger.reader().bytes(volume);
    }
    ledger.close()?;
    say(&format_args!("{before} bytes before, {after} now"));
    Ok(code)
}
