//! The work the simulated pool gives out, made so that what comes back says where it came from.
//!
//! A blob carries the number of its job round in the place of the previous block's hash and the
//! number of the upstream connection in the place of the Merkle root: whatever a proxy does with
//! job ids, the generator knows which job a miner got, through which upstream and in which slot.

use std::fmt::Write as _;

/// Difficulty of every job. Of no consequence: nobody here computes a hash.
const DIFFICULTY: u32 = 100_000;

/// Bytes of a blob.
const BLOB_BYTES: usize = 76;
/// Offset of the round, in hex digits: bytes 7..11, the start of the previous block's hash.
const ROUND_AT: usize = 14;
/// Offset of the nonce, in hex digits: byte 39.
const NONCE_AT: usize = 78;
/// Offset of the slot, in hex digits: byte 42.
const SLOT_AT: usize = 84;
/// Offset of the upstream's number, in hex digits: bytes 43..47, the start of the Merkle root.
const UPSTREAM_AT: usize = 86;

/// A recorded blob; a round and an upstream are written over its hashes.
const BLOB: &str = "1010a1938cd806f844abc1745b30d19a2cc0f9907bc8a98e07643ff507d4b6cfed2fdf3697a10d\
                    0000000041eb1010588021a54a0958d96de433c779648c61d2ec0311b5e67e358116999e01";
/// The seed of the recorded blob.
const SEED: &str = "418015bb9ae982a1975da7d79277c2705727a56894ba0fb246adaabb1f4632e3";
/// Height of the first round.
const HEIGHT: u32 = 3_200_000;

/// The id of a job: its round, then its upstream.
pub(crate) fn job_id(round: u32, upstream: u32) -> String {
    format!("{round:08x}{upstream:08x}")
}

/// Round and upstream of a job id of ours.
pub(crate) fn parse_job_id(id: &str) -> Option<(u32, u32)> {
    let (round, upstream) = (id.get(..8)?, id.get(8..)?);
    (upstream.len() == 8).then_some(())?;
    Some((
        u32::from_str_radix(round, 16).ok()?,
        u32::from_str_radix(upstream, 16).ok()?,
    ))
}

/// The job object of `round` for `upstream`, as it stands in a login reply or a `job` line.
pub(crate) fn job(round: u32, upstream: u32) -> String {
    let target = (u32::MAX / DIFFICULTY).swap_bytes();
    let mut text = String::with_capacity(400);
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "{{\"blob\":\"{}{round:08x}{}{upstream:08x}{}\",\"job_id\":\"{}\",\
         \"target\":\"{target:08x}\",\"algo\":\"rx/0\",\"height\":{},\"seed_hash\":\"{SEED}\"}}",
        &BLOB[..ROUND_AT],
        &BLOB[ROUND_AT + 8..UPSTREAM_AT],
        &BLOB[UPSTREAM_AT + 8..],
        job_id(round, upstream),
        HEIGHT + round,
    );
    text
}

/// What a miner's blob says about where it comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    /// The job round, from 0.
    pub(crate) round: u32,
    /// The upstream connection, in the order they were opened, from 0.
    pub(crate) upstream: u32,
    /// The nonce byte that is the miner's own.
    pub(crate) slot: u8,
}

impl Origin {
    /// Reads a blob that a miner was given; `None` if it is none of this pool's.
    pub(crate) fn of(blob: &str) -> Option<Self> {
        if blob.len() != 2 * BLOB_BYTES {
            return None;
        }
        // The three lower bytes of the nonce are the miner's, and are zero in a job.
        if blob.get(NONCE_AT..SLOT_AT)? != "000000" {
            return None;
        }
        let hex = |at: usize, digits: usize| {
            let text = blob.get(at..at + digits)?;
            u32::from_str_radix(text, 16).ok()
        };
        Some(Self {
            round: hex(ROUND_AT, 8)?,
            upstream: hex(UPSTREAM_AT, 8)?,
            slot: u8::try_from(hex(SLOT_AT, 2)?).ok()?,
        })
    }
}

/// The 64-bit target of a job's `target` field: 8 or 16 hex digits, little-endian. A result must
/// stay below it. The 4-byte form is widened by integer division, as miners and pools do.
pub(crate) fn target(hex: &str) -> Option<u64> {
    let wide = match hex.len() {
        8 => {
            let narrow = u32::from_str_radix(hex, 16).ok()?.swap_bytes();
            u64::MAX.checked_div(u64::from(u32::MAX.checked_div(narrow)?))?
        }
        16 => u64::from_str_radix(hex, 16).ok()?.swap_bytes(),
        _ => return None,
    };
    (wide > 0).then_some(wide)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::wire::JobLine;

    #[test]
    fn a_job_tells_its_round_and_upstream_even_under_another_id() {
        let text = job(29, 4_000).replace(&job_id(29, 4_000), "ffff");
        let job: JobLine<'_> = serde_json::from_str(&text).unwrap();
        assert_eq!(job.job_id, "ffff");
        assert_eq!(
            Origin::of(&job.blob),
            Some(Origin {
                round: 29,
                upstream: 4_000,
                slot: 0
            })
        );
    }

    #[test]
    fn the_slot_is_the_last_byte_of_the_nonce() {
        let text = job(1, 2);
        let job: JobLine<'_> = serde_json::from_str(&text).unwrap();
        let mut blob = job.blob.into_owned();
        blob.replace_range(SLOT_AT..SLOT_AT + 2, "b2");
        assert_eq!(Origin::of(&blob).unwrap().slot, 0xb2);
    }

    #[test]
    fn a_blob_that_is_not_ours_is_told() {
        assert_eq!(Origin::of("00"), None);
        assert_eq!(Origin::of(&"é".repeat(76)), None);
        let nonce_taken = BLOB.replacen("0d00000000", "0d01000000", 1);
        assert_eq!(Origin::of(&nonce_taken), None);
    }

    #[test]
    fn the_jobs_target_is_its_difficulty() {
        let text = job(0, 0);
        let job: JobLine<'_> = serde_json::from_str(&text).unwrap();
        assert_eq!(job.target.len(), 8);
        assert_eq!(u64::MAX / target(&job.target).unwrap(), 100_001);
    }

    #[test]
    fn targets_of_both_widths_are_read_as_miners_read_them() {
        // Recorded: difficulty 60, and 9,000,000 which four bytes turn into 9,004,124.
        assert_eq!(u64::MAX / target("44444404").unwrap(), 60);
        assert_eq!(u64::MAX / target("dd010000").unwrap(), 9_004_124);
        assert_eq!(target("ffffffffffff0000"), Some(0x0000_ffff_ffff_ffff));
        for bad in ["", "0000", "00000000", "0000000000000000", "zzzzzzzz"] {
            assert_eq!(target(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_job_id_comes_back_as_it_went_out() {
        assert_eq!(
            parse_job_id(&job_id(7, 0x0102_0304)),
            Some((7, 0x0102_0304))
        );
        assert_eq!(parse_job_id("00000007"), None);
        assert_eq!(parse_job_id("000000070000000100"), None);
    }
}
