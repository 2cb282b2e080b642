//! What a filter remembers of a rig, written down for the next run of the process.
//!
//! Capital that was won stays won: bets are fair given all that was seen before, and the time
//! between two runs is part of that. What does not stay is everything that is tied to a run: job
//! numbers start again, so a scan of the earlier run must never be taken for one of this. Each
//! filter says in [`Filter::resumed`] what it lets go of. A game that was under way ends where it
//! stood at its last share, or is off; either way nobody wins by it, as long as restarts are not
//! chosen by what a rig has just sent.

use crate::ledger::{BadRecord, wire};

use super::{Filter, Stage};

/// The schema that is written of a stage's states. The sixth remembers verdicts since its second.
const fn schema(stage: Stage) -> u8 {
    match stage {
        Stage::Classifier => 2,
        Stage::Entropy | Stage::Divergence | Stage::Pattern | Stage::Pace | Stage::Cluster => 1,
    }
}

/// Writes down a rig's state.
#[must_use]
pub fn write_state<F: Filter>(state: &F::Rig) -> Box<[u8]> {
    let mut out = Vec::with_capacity(super::RIG_STATE_LIMIT);
    out.extend([schema(F::STAGE), stage_code::<F>()]);
    wire::append(&mut out, state);
    out.into_boxed_slice()
}

/// Reads a rig's state as it is to go on in another run.
///
/// # Errors
/// It was written by another version or for another stage, or is not what its schema says.
pub fn read_state<F: Filter>(filter: &F, bytes: &[u8]) -> Result<F::Rig, BadRecord> {
    let (written, rest) = wire::schema_of(bytes)?;
    let (code, rest) = wire::schema_of(rest)?;
    if code != stage_code::<F>() {
        return Err(BadRecord::UnknownCode {
            what: "stage",
            code,
        });
    }
    if written != schema(F::STAGE) {
        return Err(BadRecord::UnknownSchema(written));
    }
    let mut state = wire::take_all(rest)?;
    filter.resumed(&mut state);
    Ok(state)
}

fn stage_code<F: Filter>() -> u8 {
    u8::try_from(F::STAGE.index()).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests;
