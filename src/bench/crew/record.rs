//! What a process of the crew tells, as bytes: it is of this very program, so that both know the form.

use std::mem::size_of;

use crate::bench::{clock::Nanos, seen::Seen, work::Origin};

/// Bytes of a record without its text.
const BYTES: usize = 28;
/// Longest text of a record, bytes.
const LONGEST: usize = 2_000;

const LOGGED_IN: u8 = 1;
const JOB: u8 = 2;
const JOB_AGAIN: u8 = 3;
const LOST: u8 = 4;

/// Something that a miner of the crew saw, and where its job is from now.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) seen: Seen,
    pub(super) miner: usize,
    pub(super) origin: Origin,
}

/// Writes a record; what has no place in one is left out.
pub(super) fn write(seen: &Seen, origin: Origin, bytes: &mut Vec<u8>) {
    let (kind, miner, at, text) = match seen {
        Seen::LoggedIn { miner, at } => (LOGGED_IN, *miner, *at, ""),
        Seen::Job {
            miner, again, at, ..
        } => (if *again { JOB_AGAIN } else { JOB }, *miner, *at, ""),
        Seen::Lost { miner, why } => (LOST, *miner, Nanos::default(), &**why),
        // Nobody here submits, and the pool is elsewhere.
        Seen::Answered { .. } | Seen::AtPool { .. } | Seen::Astray { .. } => return,
    };
    let text = text.as_bytes();
    let text = text.get(..LONGEST).unwrap_or(text);
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes();
    bytes.extend([kind, origin.slot, 0, 0]);
    bytes.extend(number(miner));
    bytes.extend(origin.round.to_le_bytes());
    bytes.extend(origin.upstream.to_le_bytes());
    bytes.extend(at.0.to_le_bytes());
    bytes.extend(number(text.len()));
    bytes.extend(text);
}

/// The first record of `bytes` and what it takes of them; `None` while it is not whole.
///
/// # Errors
/// When this is no record, in words.
pub(super) fn read(bytes: &[u8]) -> Result<Option<(Record, usize)>, String> {
    let Some(head) = bytes.get(..BYTES) else {
        return Ok(None);
    };
    let number = |at: usize| -> u32 {
        let part = head.get(at..at + size_of::<u32>());
        let part = part.and_then(|part| part.try_into().ok());
        part.map_or(0, u32::from_le_bytes)
    };
    let size = |at: usize| usize::try_from(number(at)).unwrap_or(usize::MAX);
    let &[kind, slot, ..] = head else {
        return Ok(None);
    };
    let (miner, length) = (size(4), size(24));
    if length > LONGEST {
        return Err(format!("a record's text has {length} bytes"));
    }
    let Some(text) = bytes.get(BYTES..BYTES + length) else {
        return Ok(None);
    };
    let at = Nanos(u64::from(number(16)) | u64::from(number(20)) << 32);
    let origin = Origin {
        round: number(8),
        upstream: number(12),
        slot,
    };
    let seen = match kind {
        LOGGED_IN => Seen::LoggedIn { miner, at },
        JOB | JOB_AGAIN => Seen::Job {
            miner,
            round: origin.round,
            again: kind == JOB_AGAIN,
            at,
        },
        LOST => Seen::Lost {
            miner,
            why: String::from_utf8_lossy(text).into(),
        },
        other => return Err(format!("a record is of kind {other}")),
    };
    let record = Record {
        seen,
        miner,
        origin,
    };
    Ok(Some((record, BYTES + length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: Origin = Origin {
        round: 7,
        upstream: 70_000,
        slot: 255,
    };

    #[test]
    fn records_are_read_as_they_were_written_however_they_are_cut() {
        let at = Nanos(u64::MAX - 5);
        let all = [
            Seen::LoggedIn { miner: 3, at },
            Seen::Job {
                miner: 4,
                round: 7,
                again: true,
                at,
            },
            Seen::Lost {
                miner: 5,
                why: "the proxy closed the connection".into(),
            },
        ];
        let mut bytes = Vec::new();
        for seen in &all {
            write(seen, ORIGIN, &mut bytes);
        }
        let mut rest = &bytes[..];
        for seen in &all {
            let (record, taken) = read(rest).unwrap().unwrap();
            assert_eq!(format!("{:?}", record.seen), format!("{seen:?}"));
            assert_eq!(record.origin, ORIGIN);
            for cut in 0..taken {
                assert!(read(&rest[..cut]).unwrap().is_none(), "cut at {cut}");
            }
            rest = &rest[taken..];
        }
        assert!(rest.is_empty());
    }

    #[test]
    fn what_is_no_record_is_an_error_and_a_long_text_is_cut() {
        assert!(read(&[9; 40]).is_err());
        assert!(read(&[0; 40]).is_err());
        let mut bytes = Vec::new();
        let why = "x".repeat(5_000).into();
        write(&Seen::Lost { miner: 1, why }, ORIGIN, &mut bytes);
        let (_, taken) = read(&bytes).unwrap().unwrap();
        assert_eq!(taken, BYTES + LONGEST);
    }
}
