//! Names that log in once, send a share and never come again.

use anyhow::Result;
use zartrux_actors::miner_sessions::rig_key_of;
use zartrux_actors::rigs::RigNames;
use zartrux_actors::store::state::StateBook;

use super::gauge::{Gauge, bytes_below, mib, per};
use super::registry::Keeper;
use super::setting::Setting;
use crate::bench::figure::Figures;
use crate::bench::stats::{Samples, nanos_to_f64};
use crate::node::state_bounds;

/// Every so many names send a share: others only log in.
const SENDS: u64 = 4;

/// Plays it, in a folder of its own.
///
/// # Errors
/// When the state can't be written.
pub(super) fn play(setting: &Setting<'_>, max_rigs: usize) -> Result<Figures> {
    let mut figures = setting.figures(format!("names once, room for {max_rigs}"));
    let folder = setting.folders.state.with_extension(max_rigs.to_string());
    std::fs::create_dir_all(&folder)?;
    let bounds = zartrux_actors::store::state::StateBounds {
        max_rigs,
        ..state_bounds(&setting.settings)
    };
    let gauge = Gauge::start()?;
    let mut keeper = Keeper {
        book: StateBook::open(&folder, bounds)?,
        gauge,
        checkpoints: Samples::default(),
    };
    let mut farm = setting.farm();
    let names = setting.args.names;
    let (mut seq, now_ms) = (0, setting.clock.unix_millis());
    let began = keeper.gauge.now();
    for number in 0..names {
        let name = format!("visitor-{number:08}");
        let rig = rig_key_of(&name);
        let known = RigNames::of_login("farm", &name, "XMRig/6.24.0");
        let at_ms = now_ms + number;
        keeper.step(|book| book.note_names(rig, &known, &[], at_ms))?;
        if number.is_multiple_of(SENDS) {
            seq += 1;
            let mut share = farm.share(at_ms);
            (share.rig, share.seq) = (rig, seq);
            keeper.step(|book| book.apply(&share).map(|_| ()))?;
        }
        for percent in [10, 20, 50] {
            if number + 1 == names * percent / 100 {
                let memory = keeper.gauge.memory()?;
                figures.proxy(&format!("memory after {percent} %"), "MiB", memory);
            }
        }
    }
    keeper.checkpoint()?;
    let took = keeper.gauge.now().since(began);
    figures.proxy("memory after all", "MiB", keeper.gauge.memory()?);
    figures.proxy("memory, most", "MiB", keeper.gauge.peak());
    figures.proxy("each name", "µs", per(took, names) / 1e3);
    let writing = nanos_to_f64(keeper.checkpoints.sum()) / nanos_to_f64(took.max(1));
    figures.proxy("of that in checkpoints", "%", writing * 100.0);
    keeper.tell_checkpoints(&mut figures);
    figures.must_be_zero(
        "rigs beyond the bound",
        keeper.book.len().saturating_sub(max_rigs),
    );
    drop(keeper.book);
    figures.proxy("on disk", "MiB", mib(bytes_below(&folder)));
    Ok(figures)
}
