//! Events about which slot has which byte.

use std::sync::Arc;

use crate::filter::ModelId;
use crate::ledger::BadRecord;
use crate::ledger::journal::JournalEvent;
use crate::ledger::wire::{append, take};
use crate::plan::{NonceOrder, OutsideId, OutsideOrder};
use crate::work::{PoolKey, Slot};

/// Lane, pool, connection, job key, seed, ranking.
type Ordered = (u16, u32, u32, u32, u64, u64);
/// Lane, pool, connection, job key.
type Unordered = (u16, u32, u32, u32);
/// Lane, pool, connection, job key, seed, ranking, order from outside.
type OrderedOutside = (u16, u32, u32, u32, u64, Option<u64>, u64);
/// Lane, name, bytes.
type Outside<'a> = (u16, &'a str, &'a [u8]);
/// Lane, ranking; all 256 bytes of the order follow as they are.
type Ranking = (u16, u64);

pub(super) fn write(out: &mut Vec<u8>, event: &JournalEvent) {
    if let JournalEvent::SlotsOrdered {
        lane,
        pool,
        connection,
        job_key,
        seed,
        ranking,
    } = event
    {
        let ordered: Ordered = (*lane, pool.0, *connection, *job_key, *seed, ranking.0);
        append(out, &ordered);
    } else if let JournalEvent::SlotsUnordered {
        lane,
        pool,
        connection,
        job_key,
    } = event
    {
        let unordered: Unordered = (*lane, pool.0, *connection, *job_key);
        append(out, &unordered);
    } else if let JournalEvent::RankingInForce { lane, order } = event {
        let ranking: Ranking = (*lane, order.id().0);
        append(out, &ranking);
        out.extend_from_slice(order.bytes());
    } else if let JournalEvent::OutsideOrderInForce { lane, order } = event {
        let outside: Outside<'_> = (*lane, order.name(), order.bytes());
        append(out, &outside);
    } else if let JournalEvent::SlotsOrderedOutside {
        lane,
        pool,
        connection,
        job_key,
        seed,
        ranking,
        outside,
    } = event
    {
        let ranking = ranking.map(|ranking| ranking.0);
        let ordered: OrderedOutside = (
            *lane,
            pool.0,
            *connection,
            *job_key,
            *seed,
            ranking,
            outside.0,
        );
        append(out, &ordered);
    }
}

pub(super) fn read_ordered(bytes: &[u8]) -> Result<(JournalEvent, usize), BadRecord> {
    let ((lane, pool, connection, job_key, seed, ranking), length) = take::<Ordered>(bytes)?;
    let event = JournalEvent::SlotsOrdered {
        lane,
        pool: PoolKey(pool),
        connection,
        job_key,
        seed,
        ranking: ModelId(ranking),
    };
    Ok((event, length))
}

pub(super) fn read_unordered(bytes: &[u8]) -> Result<(JournalEvent, usize), BadRecord> {
    let ((lane, pool, connection, job_key), length) = take::<Unordered>(bytes)?;
    let event = JournalEvent::SlotsUnordered {
        lane,
        pool: PoolKey(pool),
        connection,
        job_key,
    };
    Ok((event, length))
}

pub(super) fn read_ranking(bytes: &[u8]) -> Result<(JournalEvent, usize), BadRecord> {
    let ((lane, ranking), begin) = take::<Ranking>(bytes)?;
    let end = begin + Slot::COUNT;
    let order = bytes.get(begin..end).ok_or_else(|| {
        let there = bytes.len() - begin;
        BadRecord::Malformed(format!("an order of nonces ends after {there} bytes"))
    })?;
    let order = NonceOrder::new(ModelId(ranking), order)
        .map_err(|why| BadRecord::Malformed(why.to_string()))?;
    let event = JournalEvent::RankingInForce {
        lane,
        order: Arc::new(order),
    };
    Ok((event, end))
}

pub(super) fn read_outside(bytes: &[u8]) -> Result<(JournalEvent, usize), BadRecord> {
    let ((lane, name, order), length) = take::<Outside<'_>>(bytes)?;
    let order =
        OutsideOrder::new(name, order).map_err(|why| BadRecord::Malformed(why.to_string()))?;
    let event = JournalEvent::OutsideOrderInForce {
        lane,
        order: Arc::new(order),
    };
    Ok((event, length))
}

pub(super) fn read_ordered_outside(bytes: &[u8]) -> Result<(JournalEvent, usize), BadRecord> {
    let (ordered, length) = take::<OrderedOutside>(bytes)?;
    let (lane, pool, connection, job_key, seed, ranking, outside) = ordered;
    let event = JournalEvent::SlotsOrderedOutside {
        lane,
        pool: PoolKey(pool),
        connection,
        job_key,
        seed,
        ranking: ranking.map(ModelId),
        outside: OutsideId(outside),
    };
    Ok((event, length))
}
