//! Connections of miners.

use std::fmt;

use zartrux_actors::counters::ConnectionCounts;
use zartrux_actors::doorkeeper::Turned;

use super::writer::Writer;

pub(super) fn write(writer: &mut Writer<'_, '_>, counts: &ConnectionCounts) -> fmt::Result {
    writer.gauge(
        ("zartrux_miners_connected", "Open connections of miners"),
        counts.open,
    )?;
    writer.gauge(
        ("zartrux_miners_logged_in", "Miners with a job"),
        counts.logged_in,
    )?;
    writer.counter(
        (
            "zartrux_miner_connections_accepted",
            "Connections taken so far",
        ),
        counts.accepted,
    )?;
    writer.counter(
        (
            "zartrux_miner_connections_dropped",
            "Connections closed for what the peer did",
        ),
        counts.dropped,
    )?;
    writer.counter(
        (
            "zartrux_miner_connections_stalled",
            "Of those dropped: a line not whole, or bytes not read, in time",
        ),
        counts.stalled,
    )?;
    writer.counter(
        (
            "zartrux_miner_connections_crowded_out",
            "Of those dropped: all together kept too many bytes",
        ),
        counts.crowded_out,
    )?;
    writer.counter(
        (
            "zartrux_miner_pauses",
            "Times that a connection was read no further for a while",
        ),
        counts.pauses,
    )?;
    writer.gauge(
        (
            "zartrux_miner_buffered_bytes",
            "Bytes left unread by miners, or of lines that are not whole",
        ),
        counts.buffered,
    )?;
    writer.counter(
        (
            "zartrux_miner_connections_turned_away",
            "Connections over the limit",
        ),
        counts.turned_away,
    )?;
    writer.counters(
        (
            "zartrux_miners_refused",
            "Miners turned away at the door or at their login, by reason",
        ),
        ["reason"],
        Turned::ALL.map(|turned| ([turned.label()], counts.turned.of(turned))),
    )?;
    writer.counter(
        (
            "zartrux_leases_renewed",
            "Nonce leases replaced before they were used up",
        ),
        counts.leases_renewed,
    )?;
    writer.counter(
        (
            "zartrux_slots_leased_again",
            "Slots leased again for the same work, whose tenant had left after a moment",
        ),
        counts.slots_leased_again,
    )?;
    writer.counter(
        (
            "zartrux_hashes_tried_again",
            "Most hashes that were tried a second time in slots that were leased again",
        ),
        counts.hashes_tried_again,
    )
}
