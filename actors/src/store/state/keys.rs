//! Keys of the state's tree: what sort of value, then what it is about, in the order of numbers.

use zartrux_models::ledger::{Level, Owner, PageKey, UpstreamId};
use zartrux_models::share::RigKey;

/// A mark that others put.
pub(super) const MARK: u8 = b'M';
/// A page of a rig: rig, level, start.
pub(super) const PAGE: u8 = b'P';
/// A rig.
pub(super) const RIG: u8 = b'R';
/// A mark of the state itself.
pub(super) const SELF: u8 = b'S';
/// A page of all rigs together: level, start.
pub(super) const TOTAL: u8 = b'T';
/// The name of an upstream, by its number.
pub(super) const UPSTREAM: u8 = b'U';

pub(super) fn rig(key: RigKey) -> Vec<u8> {
    [&[RIG][..], &key.0.to_be_bytes()].concat()
}

/// What the keys of a rig's pages begin with.
pub(super) fn pages_of(rig: RigKey) -> Vec<u8> {
    [&[PAGE][..], &rig.0.to_be_bytes()].concat()
}

/// What the keys of an owner's pages of a level begin with.
pub(super) fn level_of(owner: Owner, level: Level) -> Vec<u8> {
    let mut key = match owner {
        Owner::Total => vec![TOTAL],
        Owner::Rig(rig) => pages_of(rig),
    };
    key.push(level.code());
    key
}

pub(super) fn page(page: PageKey) -> Vec<u8> {
    let mut key = level_of(page.owner, page.level);
    key.extend_from_slice(&page.start_ms.to_be_bytes());
    key
}

/// Where the page of a key belongs; none for keys of other values.
pub(super) fn read_page(key: &[u8]) -> Option<PageKey> {
    let (sort, rest) = key.split_first()?;
    let (owner, rest) = match *sort {
        TOTAL => (Owner::Total, rest),
        PAGE => {
            let (rig, rest) = rest.split_first_chunk()?;
            (Owner::Rig(RigKey(u64::from_be_bytes(*rig))), rest)
        }
        _ => return None,
    };
    let (level, start) = rest.split_first()?;
    Some(PageKey {
        owner,
        level: Level::of_code(*level)?,
        start_ms: u64::from_be_bytes(start.try_into().ok()?),
    })
}

pub(super) fn mark(sort: u8, name: &str) -> Vec<u8> {
    [&[sort][..], name.as_bytes()].concat()
}

pub(super) fn upstream(id: UpstreamId) -> Vec<u8> {
    [&[UPSTREAM][..], &id.0.to_be_bytes()].concat()
}
