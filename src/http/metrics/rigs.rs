//! Rigs by presence, and series of each rig where the settings ask for them. A rig is called by
//! its key, which stays the same; its names are on one series only.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use zartrux_models::ledger::Presence;

use super::writer::Writer;
use crate::node::{Counted, CountedRig, NodeView};

/// How long a scrape waits for a count that is under way.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longest name on a series, characters.
const NAME_MAX: usize = 64;

/// What the registry says of all rigs, some seconds old; none where nothing is stored or the
/// registry does not answer.
pub(super) async fn counted(view: &Arc<NodeView>) -> Option<Arc<Counted>> {
    let registry = view.store()?.registry.clone();
    if view.census().begin(view.now()) {
        let view = Arc::clone(view);
        // It goes on when whoever scrapes has gone.
        actix_web::rt::spawn(async move {
            let unix_ms = view.clock().unix_millis();
            view.census().count(&registry, unix_ms, || view.now()).await;
        });
    }
    view.census().wait(PATIENCE).await;
    view.census().counted(view.now())
}

pub(super) fn write(writer: &mut Writer<'_, '_>, counted: &Counted) -> fmt::Result {
    writer.gauges(
        (
            "zartrux_rigs_registered",
            "Rigs that are known, by presence; counted every 15 s",
        ),
        ["presence"],
        Presence::ALL
            .map(|presence| [presence.label()])
            .into_iter()
            .zip(counted.presence),
    )?;
    let rigs = &counted.rigs;
    if rigs.is_empty() {
        return Ok(());
    }
    writer.gauge(
        (
            "zartrux_rigs_left_out",
            "Rigs without series of their own, because there are too many",
        ),
        counted.left_out,
    )?;
    let key = |rig: &CountedRig| rig.rig.to_string();
    writer.gauges(
        (
            "zartrux_rig_info",
            "Always 1: how a rig calls itself, cut, wallets masked",
        ),
        ["rig", "rig_id", "user"],
        rigs.iter()
            .map(|rig| ([key(rig), shown(&rig.rig_id), shown(&rig.user)], 1_u64)),
    )?;
    writer.gauges(
        (
            "zartrux_rig_presence",
            "Always 1, with the rig's presence as a label",
        ),
        ["rig", "presence"],
        rigs.iter()
            .map(|rig| ([key(rig), rig.presence.label().to_owned()], 1_u64)),
    )?;
    let outcomes = rigs.iter().flat_map(|rig| {
        [
            ("accepted", rig.accepted),
            ("credited", rig.credited),
            ("rejected", rig.rejected),
            ("refused", rig.refused),
        ]
        .map(|(outcome, count)| ([key(rig), outcome.to_owned()], count))
    });
    writer.counters(
        (
            "zartrux_rig_shares",
            "Shares of a rig since it is known, by outcome",
        ),
        ["rig", "outcome"],
        outcomes,
    )?;
    figures(writer, rigs)
}

fn figures(writer: &mut Writer<'_, '_>, rigs: &[CountedRig]) -> fmt::Result {
    let key = |rig: &CountedRig| [rig.rig.to_string()];
    writer.gauges(
        (
            "zartrux_rig_hashes_per_second",
            "Hash rate of a rig over ten minutes, from its shares; none without a share",
        ),
        ["rig"],
        rigs.iter().filter_map(|rig| Some((key(rig), rig.rate?))),
    )?;
    writer.gauges(
        (
            "zartrux_rig_last_share_timestamp_seconds",
            "When a rig's last share came, since 1970",
        ),
        ["rig"],
        rigs.iter()
            .filter_map(|rig| Some((key(rig), rig.last_share_ms? as f64 / 1e3))),
    )?;
    writer.gauges(
        (
            "zartrux_rig_difficulty_hashes",
            "Difficulty that a rig was asked for last",
        ),
        ["rig"],
        rigs.iter()
            .filter_map(|rig| Some((key(rig), rig.difficulty?))),
    )
}

/// A name that came from outside, cut, without what a terminal or a page might obey. Quotes and
/// backslashes are the encoder's to escape.
fn shown(name: &str) -> String {
    let tame = |c: char| {
        let hostile = c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        if hostile {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    name.chars().take(NAME_MAX).map(tame).collect()
}
