//! Making anew what is damaged.

use std::path::Path;

use anyhow::{Context as _, Result};
use zartrux_actors::clock::Clock;
use zartrux_actors::store::ledger::{Ledger, Mended, Retention, mend as mend_volume};
use zartrux_actors::store::registry::catch_up;
use zartrux_actors::store::state::StateBook;

use super::findings::Findings;
use crate::command::data::Place;
use crate::console::say;
use crate::node::{open_state, put_state_aside};

/// Nothing is dropped meanwhile.
const KEEP_ALL: Retention = Retention {
    days: None,
    bytes: u64::MAX,
};

/// Makes volumes with faults anew from what is there, and the state from the ledger.
///
/// # Errors
/// The daemon runs, or the system refuses.
pub(super) fn mend(place: &Place, findings: &Findings) -> Result<()> {
    let (shares, state) = (&place.folders.shares, &place.folders.state);
    // While the state is open, no daemon starts: it is what that opens first.
    let (mut book, aside) = open_state(state, place.bounds).context("nothing was mended")?;
    match aside {
        Some(aside) => put_aside(&aside.moved_to),
        None if findings.state_is_damaged => {
            drop(book);
            put_aside(&put_state_aside(state)?);
            book = StateBook::open(state, place.bounds)?;
        }
        None => {}
    }
    // Before anything opens them: a damaged database is cut at the damage when it is opened.
    for (volume, why) in &findings.damaged {
        tell(&mend_volume(shares, *volume, why)?);
    }
    // Looks through the volumes that are over.
    let now_ms = Clock.unix_millis();
    let (ledger, mended) = Ledger::open(shares, now_ms, KEEP_ALL)?;
    ledger.retain(now_ms)?;
    for mended in mended.into_iter().chain(ledger.found_damaged()) {
        tell(&mended);
    }
    catch_up(&mut book, ledger.reader())?;
    book.checkpoint(0)?;
    ledger.close()?;
    Ok(())
}

fn put_aside(moved_to: &Path) {
    say(&format_args!(
        "mended: the state is made anew from the ledger; what was there is in {}",
        moved_to.display()
    ));
}

fn tell(mended: &Mended) {
    say(&format_args!(
        "mended: volume {} is made anew with {} shares and {} entries of the journal; what was \
         there is in {}",
        mended.volume,
        mended.shares,
        mended.journal,
        mended.moved_to.display()
    ));
}
