//! Parts in their frames.

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{BadPart, LaneState};
use crate::session::{MinerProtocol, check_link};
use crate::work::JobTable;

/// Why a parcel can't be taken up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadParcel {
    /// Of another version than this program knows.
    #[error("it is of version {0}, this program reads version {known}", known = ParcelFacts::VERSION)]
    Version(u16),
    /// Not what a lane packs.
    #[error("{part}: {why}")]
    Damaged {
        /// Which part.
        part: &'static str,
        /// What is wrong with it.
        why: Box<str>,
    },
    /// Not the descriptors that it speaks of.
    #[error("it speaks of {said} sockets, {came} came with it")]
    Descriptors {
        /// As the state says.
        said: usize,
        /// As they came.
        came: usize,
    },
}

/// What a parcel holds, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParcelFacts {
    /// Of its form.
    pub version: u16,
    /// Miners that stay connected.
    pub miners: usize,
    /// Sessions with pools that stay connected.
    pub pools: usize,
    /// Sockets that must come with it.
    pub descriptors: usize,
}

impl ParcelFacts {
    /// The form that this program writes and reads.
    pub const VERSION: u16 = 1;
}

/// Most bytes of a part.
const PART_MAX: usize = 1 << 30;
/// Tag, length, checksum.
const HEAD: usize = 1 + 8 + 4;

/// Parts in the order in which they are written, by tag.
const PARTS: [&str; 6] = ["counters", "jobs", "pools", "plan", "seats", "rigs"];

const CONFIG: Configuration<LittleEndian, Varint, Limit<PART_MAX>> =
    bincode::config::standard().with_limit::<PART_MAX>();

impl LaneState {
    /// As bytes.
    ///
    /// # Errors
    /// A part is beyond all bounds, which no lane's is.
    pub fn write(&self) -> Result<Vec<u8>, BadPart> {
        let mut out = ParcelFacts::VERSION.to_le_bytes().to_vec();
        put(&mut out, 0, &self.counters)?;
        put(&mut out, 1, &self.jobs)?;
        put(&mut out, 2, &self.pools)?;
        put(&mut out, 3, &self.plan)?;
        put(&mut out, 4, &self.seats)?;
        put(&mut out, 5, &self.rigs)?;
        Ok(out)
    }

    /// Reads what [`LaneState::write`] wrote, and makes sure that all of it can be taken up.
    ///
    /// # Errors
    /// It is of another version, or damaged: which part, and how.
    pub fn read(state: &[u8]) -> Result<Self, BadParcel> {
        let (version, mut rest) = state
            .split_first_chunk::<2>()
            .ok_or_else(|| damaged("version", "it is cut short"))?;
        let version = u16::from_le_bytes(*version);
        if version != ParcelFacts::VERSION {
            return Err(BadParcel::Version(version));
        }
        let state = Self {
            counters: take(&mut rest, 0)?,
            jobs: take(&mut rest, 1)?,
            pools: take(&mut rest, 2)?,
            plan: take(&mut rest, 3)?,
            seats: take(&mut rest, 4)?,
            rigs: take(&mut rest, 5)?,
        };
        if !rest.is_empty() {
            return Err(damaged("end", "bytes are left over"));
        }
        state.check()?;
        Ok(state)
    }

    /// What it holds.
    #[must_use]
    pub fn facts(&self) -> ParcelFacts {
        let pools = self.pools.iter().filter(|pool| pool.link.is_some()).count();
        ParcelFacts {
            version: ParcelFacts::VERSION,
            miners: self.seats.len(),
            pools,
            descriptors: self.seats.len() + pools,
        }
    }

    /// Whether each part makes sense, and all of them together.
    fn check(&self) -> Result<(), BadParcel> {
        JobTable::unpack(&self.jobs).map_err(|bad| damaged("jobs", bad.0))?;
        let all = self.facts().descriptors;
        let mut seen = vec![false; all];
        let mut once = |part, at: u32| {
            let place = usize::try_from(at).ok().and_then(|at| seen.get_mut(at));
            match place {
                Some(seen) if !*seen => {
                    *seen = true;
                    Ok(())
                }
                Some(_) | None => Err(damaged(part, "two speak of one socket, or one of none")),
            }
        };
        for pool in &self.pools {
            if let Some(link) = &pool.link {
                once("pools", link.descriptor)?;
                check_link(link).map_err(|bad| damaged("pools", bad.0))?;
            }
        }
        for seat in &self.seats {
            once("seats", seat.descriptor)?;
            MinerProtocol::unpack(&seat.miner).map_err(|bad| damaged("seats", bad.0))?;
            seat.check().map_err(|bad| damaged("seats", bad.0))?;
        }
        let known = |stage: &u8| usize::from(*stage) < crate::filter::Stage::ALL.len();
        if !self.rigs.filters.iter().all(|kept| known(&kept.stage)) {
            return Err(damaged("rigs", "a filter that there is not"));
        }
        Ok(())
    }
}

fn damaged(part: &'static str, why: &str) -> BadParcel {
    BadParcel::Damaged {
        part,
        why: why.into(),
    }
}

fn put<T: Serialize>(out: &mut Vec<u8>, tag: u8, part: &T) -> Result<(), BadPart> {
    let head = out.len();
    out.extend_from_slice(&[0; HEAD]);
    bincode::serde::encode_into_std_write(part, out, CONFIG)
        .map_err(|_| BadPart("it can't be written"))?;
    let bytes = &out[head + HEAD..];
    if bytes.len() > PART_MAX {
        return Err(BadPart("it is too long"));
    }
    let (length, crc) = (bytes.len() as u64, crc32fast::hash(bytes));
    out[head] = tag;
    out[head + 1..head + 9].copy_from_slice(&length.to_le_bytes());
    out[head + 9..head + HEAD].copy_from_slice(&crc.to_le_bytes());
    Ok(())
}

fn take<T: DeserializeOwned>(rest: &mut &[u8], tag: u8) -> Result<T, BadParcel> {
    let part = PARTS[usize::from(tag)];
    let cut = || damaged(part, "it is cut short");
    let (head, after) = rest.split_first_chunk::<HEAD>().ok_or_else(cut)?;
    let [found, length @ .., a, b, c, d] = *head;
    if found != tag {
        return Err(damaged(part, "another part stands in its place"));
    }
    let length = usize::try_from(u64::from_le_bytes(length)).map_err(|_| cut())?;
    if length > after.len() || length > PART_MAX {
        return Err(cut());
    }
    let (bytes, after) = after.split_at(length);
    *rest = after;
    if crc32fast::hash(bytes) != u32::from_le_bytes([a, b, c, d]) {
        return Err(damaged(part, "its checksum is wrong"));
    }
    let (value, read) = bincode::serde::decode_from_slice(bytes, CONFIG)
        .map_err(|bad| damaged(part, &bad.to_string()))?;
    if read != bytes.len() {
        return Err(damaged(part, "bytes are left over in it"));
    }
    Ok(value)
}
