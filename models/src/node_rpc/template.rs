//! The answer to `get_block_template`.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::wire::{bad, bytes, hash, optional, required, served};
use super::{BadReply, NodeFault};
use crate::stratum::Text;
use crate::work::{BlockId, BlockTemplate, Difficulty, SeedHash};

/// A network's difficulty. Nodes count in 128 bits, shares in 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeDifficulty {
    /// In hashes; the largest there is when the network's is larger.
    pub value: Difficulty,
    /// It is larger. A share of `value` may then not yet be a block.
    pub saturated: bool,
}

impl NodeDifficulty {
    /// `None` for zero, which is no difficulty.
    fn new(hashes: u128) -> Option<Self> {
        let value = u64::try_from(hashes).unwrap_or(u64::MAX);
        (value > 0).then(|| Self {
            value: Difficulty::new(value),
            saturated: hashes > u128::from(u64::MAX),
        })
    }

    /// Reads `0x` and 1 to 32 hex digits.
    pub(super) fn wide(field: &'static str, text: &str) -> Result<Self, BadReply> {
        parse_wide(text)
            .and_then(Self::new)
            .ok_or_else(|| bad(field, "not 0x and 1 to 32 hexadecimal digits, above zero"))
    }
}

fn parse_wide(text: &str) -> Option<u128> {
    let digits = text.strip_prefix("0x")?;
    // `from_str_radix` takes a sign, too.
    let plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    (plain && digits.len() <= 32)
        .then(|| u128::from_str_radix(digits, 16).ok())
        .flatten()
}

/// A node's block template, consistent with itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateReply {
    /// The block.
    pub template: BlockTemplate,
    /// What its hash must meet.
    pub difficulty: NodeDifficulty,
    /// The `RandomX` key of its hash.
    pub seed: SeedHash,
    /// The key of the next epoch, told from some blocks before it begins.
    pub next_seed: Option<SeedHash>,
    /// Offset of the first reserved byte, bytes.
    pub reserved_offset: usize,
    /// What the block pays, atomic units (10⁻¹² XMR); 0 when not told.
    pub expected_reward: u64,
    /// Another node answered, to which this one passes requests on while it syncs.
    pub untrusted: bool,
}

impl TemplateReply {
    /// Of the block being mined.
    #[must_use]
    pub const fn height(&self) -> u64 {
        self.template.height()
    }

    /// The block that this one follows.
    #[must_use]
    pub const fn previous_id(&self) -> BlockId {
        self.template.previous_id()
    }
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    blocktemplate_blob: Option<&'a RawValue>,
    #[serde(borrow)]
    blockhashing_blob: Option<&'a RawValue>,
    #[serde(borrow)]
    difficulty: Option<&'a RawValue>,
    #[serde(borrow)]
    difficulty_top64: Option<&'a RawValue>,
    #[serde(borrow)]
    wide_difficulty: Option<&'a RawValue>,
    #[serde(borrow)]
    height: Option<&'a RawValue>,
    #[serde(borrow)]
    prev_hash: Option<&'a RawValue>,
    #[serde(borrow)]
    reserved_offset: Option<&'a RawValue>,
    #[serde(borrow)]
    seed_hash: Option<&'a RawValue>,
    #[serde(borrow)]
    next_seed_hash: Option<&'a RawValue>,
    #[serde(borrow)]
    expected_reward: Option<&'a RawValue>,
    #[serde(borrow)]
    untrusted: Option<&'a RawValue>,
}

/// Reads the reply to `get_block_template`. The extra nonce of leases is going to stand `skip`
/// bytes after the first reserved byte.
///
/// # Errors
/// See [`NodeFault`]; also a template whose height, previous block or hashing blob is not what the
/// reply says besides.
pub fn parse_block_template(body: &[u8], skip: usize) -> Result<TemplateReply, NodeFault> {
    let fields: Fields<'_> = served(body)?;
    let reserved_offset: usize = required("reserved_offset", fields.reserved_offset)?;
    let block = bytes("blocktemplate_blob", fields.blocktemplate_blob)?;
    let template = BlockTemplate::parse(&block, reserved_offset.saturating_add(skip))
        .map_err(BadReply::from)?;
    let reply = TemplateReply {
        difficulty: difficulty(&fields)?,
        seed: hash("seed_hash", fields.seed_hash, SeedHash::from_hex)?,
        next_seed: next_seed(fields.next_seed_hash)?,
        reserved_offset,
        expected_reward: optional("expected_reward", fields.expected_reward)?.unwrap_or(0),
        untrusted: optional("untrusted", fields.untrusted)?.unwrap_or(false),
        template,
    };
    check(&fields, &reply)?;
    Ok(reply)
}

/// What is said twice must be the same.
fn check(fields: &Fields<'_>, reply: &TemplateReply) -> Result<(), BadReply> {
    let height: u64 = required("height", fields.height)?;
    if height != reply.height() {
        let told = format!("{height}, but the template's is {}", reply.height());
        return Err(bad("height", &told));
    }
    let previous = hash("prev_hash", fields.prev_hash, BlockId::from_hex)?;
    if previous != reply.previous_id() {
        return Err(bad("prev_hash", "the template follows another block"));
    }
    let hashing_blob = bytes("blockhashing_blob", fields.blockhashing_blob)?;
    if !reply.template.agrees_with(&hashing_blob) {
        let major = reply.template.major_version();
        return Err(BadReply::Layout { major });
    }
    Ok(())
}

/// Older nodes have the lower 64 bits only; newer ones all of them, three times over.
fn difficulty(fields: &Fields<'_>) -> Result<NodeDifficulty, BadReply> {
    const FIELD: &str = "difficulty";
    let low: u64 = required(FIELD, fields.difficulty)?;
    let top: Option<u64> = optional("difficulty_top64", fields.difficulty_top64)?;
    let narrow = u128::from(top.unwrap_or(0)) << 64 | u128::from(low);
    let Some(wide) = optional::<Text<'_>>("wide_difficulty", fields.wide_difficulty)? else {
        return NodeDifficulty::new(narrow).ok_or_else(|| bad(FIELD, "zero"));
    };
    let known = NodeDifficulty::wide("wide_difficulty", &wide)?;
    let same = parse_wide(&wide).is_some_and(|all| match top {
        Some(_) => all == narrow,
        None => all & u128::from(u64::MAX) == narrow,
    });
    if same {
        Ok(known)
    } else {
        Err(bad("wide_difficulty", "is not what difficulty says"))
    }
}

/// Empty but for the blocks before an epoch.
fn next_seed(raw: Option<&RawValue>) -> Result<Option<SeedHash>, BadReply> {
    const FIELD: &str = "next_seed_hash";
    let text: Option<Text<'_>> = optional(FIELD, raw)?;
    text.filter(|text| !text.is_empty())
        .map(|text| SeedHash::from_hex(&text).map_err(|fault| bad(FIELD, &fault.to_string())))
        .transpose()
}
