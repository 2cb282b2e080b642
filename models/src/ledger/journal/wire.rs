//! How an entry is written down. The layout is frozen: numbers of events are never used for
//! something else, and what has to be added to one makes a new number or a new schema.
//!
//! ```text
//! seq | node | run | unix_ms | number of the event | what it says
//! ```

mod blocks;
mod plans;

use super::{JournalEntry, JournalEvent};
use crate::filter::{Cause, ModelId, Stage};
use crate::ledger::code::Coded;
use crate::ledger::wire::{append, take};
use crate::ledger::{BadRecord, UpstreamId, cut};
use crate::plan::SeatKey;
use crate::share::{RigKey, ShareId};
use crate::work::{PoolKey, Slot};

/// The schema that is written.
pub(super) const SCHEMA: u8 = 1;

const RUN_BEGAN: u8 = 0;
const RUN_ENDED: u8 = 1;
const LEASE_TAKEN: u8 = 2;
const LEASE_GIVEN_UP: u8 = 3;
const POOL_CONNECTION_LOST: u8 = 4;
const EVENTS_MISSED: u8 = 5;
const UPSTREAM_SERVES: u8 = 6;
const QUARANTINED: u8 = 7;
const RELEASED: u8 = 8;
const SUSPECTED: u8 = 9;
const CLEARED: u8 = 10;
const STAGE_BYPASSED: u8 = 11;
const STAGE_BACK: u8 = 12;
const ALERT_RAISED: u8 = 13;
const ALERT_CLEARED: u8 = 14;
const MODEL: u8 = 15;
const SLOTS_ORDERED: u8 = 16;
const SLOTS_UNORDERED: u8 = 17;
const RANKING_IN_FORCE: u8 = 18;
const BLOCK: u8 = 19;
const OUTSIDE_ORDER_IN_FORCE: u8 = 20;
const SLOTS_ORDERED_OUTSIDE: u8 = 21;
const LEASE_RETURNED: u8 = 22;

/// Seq, node, run, `unix_ms`, number of the event.
type Head = (u64, u16, u32, u64, u8);
/// Lane, pool, connection, slot, rig, seat's index and generation, arm, job key.
type Taken = (u16, u32, u32, u8, u64, u32, u32, u8, u32);
/// Lane, pool, slot, seat's index and generation, reason, job key.
type GivenUp = (u16, u32, u8, u32, u32, u8, u32);
/// The same, and most hashes tried.
type Returned = (u16, u32, u8, u32, u32, u8, u32, u16);

/// Appends an entry in the present schema.
pub(super) fn write(out: &mut Vec<u8>, entry: &JournalEntry) {
    let number = number_of(&entry.event);
    let head: Head = (entry.seq, entry.node, entry.run, entry.unix_ms, number);
    append(out, &head);
    write_event(out, &entry.event);
}

/// Reads an entry of any schema from the beginning of some bytes; also how long it is.
pub(super) fn read(schema: u8, bytes: &[u8]) -> Result<(JournalEntry, usize), BadRecord> {
    if schema != SCHEMA {
        return Err(BadRecord::UnknownSchema(schema));
    }
    let ((seq, node, run, unix_ms, number), head) = take::<Head>(bytes)?;
    let (event, rest) = read_event(number, bytes.get(head..).unwrap_or_default())?;
    let entry = JournalEntry {
        seq,
        node,
        run,
        unix_ms,
        event,
    };
    Ok((entry, head + rest))
}

const fn number_of(event: &JournalEvent) -> u8 {
    match event {
        JournalEvent::RunBegan { .. } => RUN_BEGAN,
        JournalEvent::RunEnded => RUN_ENDED,
        JournalEvent::LeaseTaken { .. } => LEASE_TAKEN,
        JournalEvent::LeaseGivenUp { .. } => LEASE_GIVEN_UP,
        JournalEvent::PoolConnectionLost { .. } => POOL_CONNECTION_LOST,
        JournalEvent::EventsMissed { .. } => EVENTS_MISSED,
        JournalEvent::UpstreamServes { .. } => UPSTREAM_SERVES,
        JournalEvent::Quarantined { .. } => QUARANTINED,
        JournalEvent::Released { .. } => RELEASED,
        JournalEvent::Suspected { .. } => SUSPECTED,
        JournalEvent::Cleared { .. } => CLEARED,
        JournalEvent::StageBypassed { .. } => STAGE_BYPASSED,
        JournalEvent::StageBack { .. } => STAGE_BACK,
        JournalEvent::AlertRaised { .. } => ALERT_RAISED,
        JournalEvent::AlertCleared { .. } => ALERT_CLEARED,
        JournalEvent::ModelEvent { .. } => MODEL,
        JournalEvent::SlotsOrdered { .. } => SLOTS_ORDERED,
        JournalEvent::SlotsUnordered { .. } => SLOTS_UNORDERED,
        JournalEvent::RankingInForce { .. } => RANKING_IN_FORCE,
        JournalEvent::Block { .. } => BLOCK,
        JournalEvent::OutsideOrderInForce { .. } => OUTSIDE_ORDER_IN_FORCE,
        JournalEvent::SlotsOrderedOutside { .. } => SLOTS_ORDERED_OUTSIDE,
        JournalEvent::LeaseReturned { .. } => LEASE_RETURNED,
    }
}

fn write_event(out: &mut Vec<u8>, event: &JournalEvent) {
    match event {
        JournalEvent::RunBegan {
            version,
            started_ms,
        } => append(out, &(cut(version), started_ms)),
        JournalEvent::RunEnded => {}
        JournalEvent::LeaseTaken {
            lane,
            pool,
            connection,
            slot,
            rig,
            seat,
            arm,
            job_key,
        } => {
            let taken: Taken = (
                *lane,
                pool.0,
                *connection,
                slot.0,
                rig.0,
                seat.index,
                seat.generation,
                arm.code(),
                *job_key,
            );
            append(out, &taken);
        }
        JournalEvent::LeaseGivenUp {
            lane,
            pool,
            slot,
            seat,
            why,
            job_key,
        } => {
            let (index, generation) = (seat.index, seat.generation);
            let why = why.code();
            let given: GivenUp = (*lane, pool.0, slot.0, index, generation, why, *job_key);
            append(out, &given);
        }
        JournalEvent::LeaseReturned {
            lane,
            pool,
            slot,
            seat,
            why,
            job_key,
            tried,
        } => {
            let (index, generation) = (seat.index, seat.generation);
            let (pool, slot, why) = (pool.0, slot.0, why.code());
            let returned: Returned = (*lane, pool, slot, index, generation, why, *job_key, *tried);
            append(out, &returned);
        }
        JournalEvent::PoolConnectionLost {
            lane,
            pool,
            connection,
        } => append(out, &(lane, pool.0, connection)),
        JournalEvent::EventsMissed { count } => append(out, count),
        JournalEvent::UpstreamServes { lane, upstream } => {
            append(out, &(lane, upstream.map(|upstream| upstream.0)));
        }
        JournalEvent::Quarantined { rig, share } => append(out, &(rig.0, share.to_bits())),
        JournalEvent::Released { rig } | JournalEvent::Cleared { rig } => append(out, &rig.0),
        JournalEvent::Suspected {
            rig,
            stage,
            cause,
            log_e,
        } => append(out, &(rig.0, stage.code(), cause.code(), log_e)),
        JournalEvent::StageBypassed { lane, stage } | JournalEvent::StageBack { lane, stage } => {
            append(out, &(lane, stage.code()));
        }
        JournalEvent::AlertRaised { kind, subject }
        | JournalEvent::AlertCleared { kind, subject } => {
            append(out, &(kind.code(), cut(subject)));
        }
        JournalEvent::ModelEvent {
            change,
            slot,
            id,
            why,
        } => {
            let id = id.map(|id| id.0);
            append(out, &(change.code(), slot.code(), id, cut(why)));
        }
        JournalEvent::SlotsOrdered { .. }
        | JournalEvent::SlotsUnordered { .. }
        | JournalEvent::RankingInForce { .. }
        | JournalEvent::OutsideOrderInForce { .. }
        | JournalEvent::SlotsOrderedOutside { .. } => plans::write(out, event),
        JournalEvent::Block {
            lane,
            upstream,
            height,
            id,
            fate,
        } => blocks::write(out, (*lane, *upstream), (*height, *id), *fate),
    }
}

fn read_event(number: u8, bytes: &[u8]) -> Result<(JournalEvent, usize), BadRecord> {
    Ok(match number {
        RUN_BEGAN => {
            let ((version, started_ms), length) = take::<(&str, u64)>(bytes)?;
            let version = cut(version).into();
            let event = JournalEvent::RunBegan {
                version,
                started_ms,
            };
            (event, length)
        }
        RUN_ENDED => (JournalEvent::RunEnded, 0),
        LEASE_TAKEN => {
            let (taken, length) = take::<Taken>(bytes)?;
            (lease_taken(taken)?, length)
        }
        LEASE_GIVEN_UP => {
            let (given, length) = take::<GivenUp>(bytes)?;
            let (lane, pool, slot, index, generation, why, job_key) = given;
            let event = JournalEvent::LeaseGivenUp {
                lane,
                pool: PoolKey(pool),
                slot: Slot(slot),
                seat: SeatKey { index, generation },
                why: of_code("end of a lease", why)?,
                job_key,
            };
            (event, length)
        }
        LEASE_RETURNED => {
            let (returned, length) = take::<Returned>(bytes)?;
            let (lane, pool, slot, index, generation, why, job_key, tried) = returned;
            let event = JournalEvent::LeaseReturned {
                lane,
                pool: PoolKey(pool),
                slot: Slot(slot),
                seat: SeatKey { index, generation },
                why: of_code("end of a lease", why)?,
                job_key,
                tried,
            };
            (event, length)
        }
        POOL_CONNECTION_LOST => {
            let ((lane, pool, connection), length) = take::<(u16, u32, u32)>(bytes)?;
            let event = JournalEvent::PoolConnectionLost {
                lane,
                pool: PoolKey(pool),
                connection,
            };
            (event, length)
        }
        EVENTS_MISSED => {
            let (count, length) = take::<u64>(bytes)?;
            (JournalEvent::EventsMissed { count }, length)
        }
        UPSTREAM_SERVES => {
            let ((lane, upstream), length) = take::<(u16, Option<u16>)>(bytes)?;
            let upstream = upstream.map(UpstreamId);
            (JournalEvent::UpstreamServes { lane, upstream }, length)
        }
        STAGE_BYPASSED | STAGE_BACK => {
            let ((lane, stage), length) = take::<(u16, u8)>(bytes)?;
            let stage = of_code::<Stage>("filter", stage)?;
            let event = match number {
                STAGE_BYPASSED => JournalEvent::StageBypassed { lane, stage },
                _ => JournalEvent::StageBack { lane, stage },
            };
            (event, length)
        }
        QUARANTINED | RELEASED | SUSPECTED | CLEARED => read_of_rig(number, bytes)?,
        ALERT_RAISED | ALERT_CLEARED | MODEL => read_words(number, bytes)?,
        SLOTS_ORDERED => plans::read_ordered(bytes)?,
        SLOTS_UNORDERED => plans::read_unordered(bytes)?,
        RANKING_IN_FORCE => plans::read_ranking(bytes)?,
        BLOCK => blocks::read(bytes)?,
        OUTSIDE_ORDER_IN_FORCE => plans::read_outside(bytes)?,
        SLOTS_ORDERED_OUTSIDE => plans::read_ordered_outside(bytes)?,
        code => {
            let what = "event";
            return Err(BadRecord::UnknownCode { what, code });
        }
    })
}

fn lease_taken(taken: Taken) -> Result<JournalEvent, BadRecord> {
    let (lane, pool, connection, slot, rig, index, generation, arm, job_key) = taken;
    Ok(JournalEvent::LeaseTaken {
        lane,
        pool: PoolKey(pool),
        connection,
        slot: Slot(slot),
        rig: RigKey(rig),
        seat: SeatKey { index, generation },
        arm: of_code("arm", arm)?,
        job_key,
    })
}

/// What is said of one rig.
fn read_of_rig(number: u8, bytes: &[u8]) -> Result<(JournalEvent, usize), BadRecord> {
    Ok(match number {
        QUARANTINED => {
            let ((rig, share), length) = take::<(u64, u64)>(bytes)?;
            let share = ShareId::from_bits(share);
            let rig = RigKey(rig);
            (JournalEvent::Quarantined { rig, share }, length)
        }
        SUSPECTED => {
            let ((rig, stage, cause, log_e), length) = take::<(u64, u8, u8, f32)>(bytes)?;
            let event = JournalEvent::Suspected {
                rig: RigKey(rig),
                stage: of_code("filter", stage)?,
                cause: of_code::<Cause>("cause", cause)?,
                log_e,
            };
            (event, length)
        }
        _ => {
            let (rig, length) = take::<u64>(bytes)?;
            let rig = RigKey(rig);
            let event = if number == RELEASED {
                JournalEvent::Released { rig }
            } else {
                JournalEvent::Cleared { rig }
            };
            (event, length)
        }
    })
}

/// What is said in words.
fn read_words(number: u8, bytes: &[u8]) -> Result<(JournalEvent, usize), BadRecord> {
    if number == MODEL {
        let ((change, slot, id, why), length) = take::<(u8, u8, Option<u64>, &str)>(bytes)?;
        let event = JournalEvent::ModelEvent {
            change: of_code("change of a model", change)?,
            slot: of_code("use of a model", slot)?,
            id: id.map(ModelId),
            why: cut(why).into(),
        };
        return Ok((event, length));
    }
    let ((kind, subject), length) = take::<(u8, &str)>(bytes)?;
    let kind = of_code("kind of alert", kind)?;
    let subject = cut(subject).into();
    let event = if number == ALERT_RAISED {
        JournalEvent::AlertRaised { kind, subject }
    } else {
        JournalEvent::AlertCleared { kind, subject }
    };
    Ok((event, length))
}

fn of_code<C: Coded>(what: &'static str, code: u8) -> Result<C, BadRecord> {
    C::of_code(code).ok_or(BadRecord::UnknownCode { what, code })
}
