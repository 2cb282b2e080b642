//! A block template of a node or pool that is anything.

use zartrux_models::work::{BadTemplate, Blob, BlockTemplate, Nonce};

use crate::Reached;

/// Extra nonces that are tried.
const EXTRAS: [u32; 3] = [0, 1, 0xfeed_f00d];

/// Reads a template and makes hashing blobs and blocks of it.
///
/// The first two bytes of `data`, little-endian, are the place of the extra nonce; the third, less
/// 128, is how far from there other bytes are written; the rest is the template.
///
/// # Panics
/// A hashing blob is not of the form that all have, two extra nonces give the same one, a block
/// differs from its template elsewhere than at its nonces, or reads as another template.
pub fn template(data: &[u8]) -> Reached {
    let [low, high, distance, bytes @ ..] = data else {
        return Reached::new();
    };
    let at = usize::from(u16::from_le_bytes([*low, *high]));
    let template = match BlockTemplate::parse(bytes, at) {
        Ok(template) => template,
        Err(fault) => return Reached::from([kind(&fault)]),
    };
    let mut reached = Reached::from([if template.major_version() > 16 {
        "later version"
    } else {
        "read"
    }]);
    assert!(template.extra_field().end <= bytes.len());
    let blobs = EXTRAS.map(|extra| template.blob(extra));
    assert!(blobs[0] != blobs[1] && blobs[1] != blobs[2] && blobs[0] != blobs[2]);
    for (extra, blob) in EXTRAS.iter().zip(&blobs) {
        if !check(&template, bytes, *extra, blob) {
            reached.insert("became a tag");
        }
    }
    let elsewhere = (at + usize::from(*distance)).checked_sub(128);
    match template.with_bytes(elsewhere.unwrap_or(usize::MAX), &[1, 2]) {
        Ok(_) => reached.insert("written"),
        Err(fault) => reached.insert(kind(&fault)),
    };
    reached
}

/// Whether the block reads as a template again. Where the extra nonce stands behind the last part
/// of the extra field that has a meaning, it may become the beginning of a part itself, and then its
/// place is not free any more: for the block, in which it was written already, that is no harm.
fn check(template: &BlockTemplate, bytes: &[u8], extra: u32, blob: &Blob) -> bool {
    let hashing = blob.as_bytes();
    assert!((76..=Blob::MAX_LEN).contains(&hashing.len()));
    assert_eq!(hashing[..39], bytes[..39]);
    assert_eq!(hashing[39..43], [0; 4]);

    let nonce = Nonce::new([1, 2, 3, 4]);
    let block = template.block(extra, nonce);
    let at = template.extra_at();
    assert_eq!(block.len(), bytes.len());
    for (place, (new, old)) in block.iter().zip(bytes).enumerate() {
        let ours = (39..43).contains(&place) || (at..at + 4).contains(&place);
        assert!(ours || new == old, "byte {place}");
    }
    match BlockTemplate::parse(&block, at) {
        Ok(again) => {
            assert_eq!(again.extra_as_given(), extra);
            assert!(again.agrees_with(hashing));
            true
        }
        Err(BadTemplate::NotReserved { .. }) => false,
        Err(other) => panic!("only its nonces were changed: {other}"),
    }
}

/// The kind of refusal, by a name of its own.
pub(crate) fn kind(fault: &BadTemplate) -> &'static str {
    assert!(!fault.to_string().contains(char::is_control));
    match fault {
        BadTemplate::Long(_) => "long",
        BadTemplate::Cut(_) => "cut",
        BadTemplate::Varint(_) => "varint",
        BadTemplate::NonceOffset(_) => "nonce offset",
        BadTemplate::Field { .. } => "field",
        BadTemplate::Trailing(_) => "trailing",
        BadTemplate::Unsupported { .. } => "unsupported",
        BadTemplate::OutsideExtra { .. } => "outside extra",
        BadTemplate::NotReserved { .. } => "not reserved",
        BadTemplate::Overlap { .. } => "overlap",
    }
}
