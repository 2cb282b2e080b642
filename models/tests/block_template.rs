//! Block templates against a node's own words, and against another implementation.
#![cfg(test)]

#[path = "block_template/oracle.rs"]
mod oracle;

use std::collections::BTreeSet;
use std::ops::Range;

use monero::blockdata::transaction::TxOutTarget;
use proptest::collection::vec;
use proptest::prelude::*;
use zartrux_models::work::{BadTemplate, BlockTemplate, Nonce};

use oracle::{hashing_blob, parse};

/// A reply to `get_block_template` of a monerod in regtest.
struct Reply {
    bytes: Vec<u8>,
    hashing_blob: Vec<u8>,
    reserved: usize,
    json: serde_json::Value,
}

/// Bytes that were asked to be reserved in each.
const RESERVED: usize = 60;

fn replies() -> Vec<Reply> {
    [
        include_str!("../../tests/fixtures/get_block_template.json"),
        include_str!("../../tests/fixtures/get_block_template-1tx.json"),
        include_str!("../../tests/fixtures/get_block_template-5tx.json"),
        include_str!("../../tests/fixtures/get_block_template-134tx.json"),
    ]
    .iter()
    .map(|text| {
        let json: serde_json::Value = serde_json::from_str(text).unwrap();
        let json = json["result"].clone();
        let bytes = |field: &str| const_hex::decode(json[field].as_str().unwrap()).unwrap();
        Reply {
            bytes: bytes("blocktemplate_blob"),
            hashing_blob: bytes("blockhashing_blob"),
            reserved: usize::try_from(json["reserved_offset"].as_u64().unwrap()).unwrap(),
            json,
        }
    })
    .collect()
}

/// The recorded template without transactions, with `hashes` for them.
fn with_transactions(hashes: &[[u8; 32]]) -> (Vec<u8>, usize) {
    let reply = replies().remove(0);
    let mut bytes = reply.bytes;
    assert_eq!(bytes.pop(), Some(0), "a list without transactions");
    push_varint(&mut bytes, u64::try_from(hashes.len()).unwrap());
    bytes.extend(hashes.iter().flatten());
    (bytes, reply.reserved)
}

fn push_varint(out: &mut Vec<u8>, value: u64) {
    out.extend(monero::consensus::serialize(&monero::VarInt(value)));
}

fn hash(number: usize) -> [u8; 32] {
    let mut hash = [0x5a; 32];
    hash[..8].copy_from_slice(&number.to_le_bytes());
    hash
}

#[test]
fn the_hashing_blob_of_a_recorded_template_is_the_nodes_own() {
    for reply in replies() {
        for at in [reply.reserved, reply.reserved + RESERVED - 4] {
            let template = BlockTemplate::parse(&reply.bytes, at).unwrap();
            let blob = template.blob(template.extra_as_given());
            assert_eq!(blob.as_bytes(), reply.hashing_blob);
            assert!(template.agrees_with(&reply.hashing_blob));
            assert_eq!(
                *template.block(template.extra_as_given(), Nonce::new([0; 4])),
                *reply.bytes
            );
        }
    }
}

#[test]
fn a_templates_fields_are_those_that_the_node_tells_besides() {
    let mut counts = BTreeSet::new();
    for reply in replies() {
        let template = BlockTemplate::parse(&reply.bytes, reply.reserved).unwrap();
        assert_eq!(Some(template.height()), reply.json["height"].as_u64());
        assert_eq!(
            template.previous_id().to_string(),
            reply.json["prev_hash"].as_str().unwrap()
        );
        assert_eq!(template.major_version(), 16);
        let block = parse(&reply.bytes).unwrap();
        assert_eq!(template.timestamp(), block.header.timestamp.0);
        assert_eq!(template.transactions(), block.tx_hashes.len());
        assert_eq!(
            reply.bytes[template.extra_field().clone()],
            block.miner_tx.prefix.extra.0
        );
        counts.insert(template.transactions());
    }
    assert_eq!(counts, BTreeSet::from([0, 1, 5, 134]));
}

#[test]
fn another_hashing_blob_is_not_agreed_with() {
    for reply in replies() {
        let template = BlockTemplate::parse(&reply.bytes, reply.reserved).unwrap();
        for at in 0..reply.hashing_blob.len() {
            let mut other = reply.hashing_blob.clone();
            other[at] ^= 1;
            let nonce = (39..43).contains(&at);
            assert_eq!(template.agrees_with(&other), nonce, "byte {at}");
        }
        let short = &reply.hashing_blob[..reply.hashing_blob.len() - 1];
        assert!(!template.agrees_with(short));
    }
}

#[test]
fn exactly_the_reserved_bytes_take_an_extra_nonce() {
    for reply in replies() {
        let reserved = reply.reserved..reply.reserved + RESERVED;
        for at in (0..reply.bytes.len() + 4).chain([usize::MAX - 1, usize::MAX]) {
            let within = at >= reserved.start && at.saturating_add(4) <= reserved.end;
            match BlockTemplate::parse(&reply.bytes, at) {
                Ok(template) => assert!(within && template.extra_at() == at, "byte {at}"),
                Err(BadTemplate::OutsideExtra { .. } | BadTemplate::NotReserved { .. }) => {
                    assert!(!within, "byte {at}");
                }
                Err(other) => panic!("byte {at}: {other}"),
            }
        }
    }
}

#[test]
fn other_reserved_bytes_may_be_written_but_not_over_the_extra_nonce() {
    let reply = replies().remove(2);
    let template = BlockTemplate::parse(&reply.bytes, reply.reserved + 8).unwrap();
    let prefixed = template
        .clone()
        .with_bytes(reply.reserved, &[7; 8])
        .unwrap();
    let prefixed = prefixed.with_bytes(reply.reserved + 12, &[9; 48]).unwrap();
    let block = prefixed.block(0x0102_0304, Nonce::new([5, 6, 7, 8]));
    let mut expected = reply.bytes;
    expected[39..43].copy_from_slice(&[5, 6, 7, 8]);
    expected[reply.reserved..][..8].fill(7);
    expected[reply.reserved + 8..][..4].copy_from_slice(&[1, 2, 3, 4]);
    expected[reply.reserved + 12..][..48].fill(9);
    assert_eq!(*block, *expected);
    assert_ne!(prefixed.blob(1), template.blob(1));

    for (at, len) in [(8, 1), (11, 1), (5, 4), (0, 60)] {
        let refused = template
            .clone()
            .with_bytes(reply.reserved + at, &vec![1; len]);
        assert!(
            matches!(refused, Err(BadTemplate::Overlap { .. })),
            "{at} {len}"
        );
    }
    for at in [0, 39, reply.reserved - 1, reply.reserved + 57, usize::MAX] {
        let refused = template.clone().with_bytes(at, &[1; 4]);
        assert!(
            matches!(
                refused,
                Err(BadTemplate::OutsideExtra { .. } | BadTemplate::NotReserved { .. })
            ),
            "{at}"
        );
    }
}

#[test]
fn blobs_of_trees_of_all_shapes_are_those_of_another_implementation() {
    let many = [127, 128, 129, 255, 256, 257, 511, 512, 513, 999, 1_000];
    for count in (0..=66).chain(many) {
        let hashes: Vec<_> = (0..count).map(hash).collect();
        let (bytes, at) = with_transactions(&hashes);
        let template = BlockTemplate::parse(&bytes, at).unwrap();
        assert_eq!(template.transactions(), count);
        for extra in [0, 1, 0xdead_beef, u32::MAX] {
            let nonce = Nonce::new([1, 2, 3, 4]);
            let block = template.block(extra, nonce);
            assert_eq!(
                *template.blob(extra).with_nonce(nonce),
                *hashing_blob(&block).unwrap(),
                "{count} transactions"
            );
        }
    }
}

#[test]
fn a_list_of_transactions_that_is_not_there_costs_nothing() {
    let (bytes, at) = with_transactions(&[hash(1)]);
    let list = bytes.len() - 33;
    for count in [2, 1 << 20, 1 << 40, 1 << 59, u64::MAX] {
        let mut claimed = bytes[..list].to_vec();
        push_varint(&mut claimed, count);
        claimed.extend(hash(1));
        let refused = BlockTemplate::parse(&claimed, at).unwrap_err();
        assert_eq!(refused, BadTemplate::Cut("list of transactions"), "{count}");
    }
    let long = vec![0; BlockTemplate::MAX_LEN + 1];
    let refused = BlockTemplate::parse(&long, at).unwrap_err();
    assert_eq!(refused, BadTemplate::Long(long.len()));
}

#[test]
fn a_cut_off_or_continued_template_is_refused_and_the_part_is_named() {
    for reply in replies() {
        for len in 0..reply.bytes.len() {
            let refused = BlockTemplate::parse(&reply.bytes[..len], reply.reserved).unwrap_err();
            assert!(matches!(refused, BadTemplate::Cut(_)), "{len}: {refused}");
        }
        let mut long = reply.bytes.clone();
        long.extend([0, 0]);
        assert_eq!(
            BlockTemplate::parse(&long, reply.reserved).unwrap_err(),
            BadTemplate::Trailing(2)
        );
    }
}

#[test]
fn a_timestamp_that_moves_the_nonce_is_refused() {
    let reply = replies().remove(0);
    // 2³⁵ seconds: six bytes.
    let mut bytes = reply.bytes[..2].to_vec();
    push_varint(&mut bytes, 1 << 35);
    bytes.extend(&reply.bytes[7..]);
    let refused = BlockTemplate::parse(&bytes, reply.reserved + 1).unwrap_err();
    assert_eq!(refused, BadTemplate::NonceOffset(40));
    assert!(refused.to_string().contains("stands at byte 40"));
}

#[test]
fn each_part_of_an_unknown_form_is_named() {
    let reply = replies().remove(0);
    let cases = [
        (43, 3, "miner transaction's version is 3, not 1 or 2"),
        (45, 2, "number of inputs is 2, not 1"),
        (46, 2, "input type is 2, not 255"),
        (56, 1, "output type is 1, not 2"),
        (186, 6, "RingCT type is 6, not 0"),
    ];
    for (at, value, told) in cases {
        let mut bytes = reply.bytes.clone();
        assert_ne!(bytes[at], value);
        bytes[at] = value;
        let refused = BlockTemplate::parse(&bytes, reply.reserved).unwrap_err();
        assert!(refused.to_string().contains(told), "{at}: {refused}");
        // The same of a later version is a form that is not known yet.
        bytes[0] = 17;
        let refused = BlockTemplate::parse(&bytes, reply.reserved).unwrap_err();
        assert!(
            matches!(refused, BadTemplate::Unsupported { major: 17, .. }),
            "{refused}"
        );
        assert!(refused.to_string().contains(told), "{at}: {refused}");
    }
}

#[test]
fn a_later_version_of_the_same_form_is_taken() {
    let reply = replies().remove(3);
    let mut bytes = reply.bytes;
    bytes[0] = 17;
    let template = BlockTemplate::parse(&bytes, reply.reserved).unwrap();
    assert_eq!(template.major_version(), 17);
    assert_eq!(
        *template.blob(0).as_bytes(),
        *hashing_blob(&bytes).unwrap(),
        "as long as the tree is the same"
    );
}

/// A block made up of parts, and where the data of its nonce stands.
#[derive(Debug)]
struct MadeUp {
    bytes: Vec<u8>,
    nonce_data: Range<usize>,
}

prop_compose! {
    fn output()(amount: u64, key: [u8; 32], tag: Option<u8>) -> Vec<u8> {
        let mut bytes = Vec::new();
        push_varint(&mut bytes, amount);
        bytes.push(if tag.is_some() { 3 } else { 2 });
        bytes.extend(key);
        bytes.extend(tag);
        bytes
    }
}

prop_compose! {
    fn made_up()(
        versions in (1u8..=16, 0u8..=127),
        timestamp in 1u64 << 28..1 << 35,
        previous: [u8; 32],
        tx_version in 1u64..=2,
        unlock: u64,
        height: u64,
        outputs in vec(output(), 0..5),
        key: [u8; 32],
        nonce_data in vec(any::<u8>(), 4..255),
        behind in vec(any::<[u8; 32]>(), 0..3),
        hashes in vec(any::<[u8; 32]>(), 0..40),
    ) -> MadeUp {
        let mut bytes = vec![versions.0, versions.1];
        push_varint(&mut bytes, timestamp);
        bytes.extend(previous);
        bytes.extend([0; 4]);
        push_varint(&mut bytes, tx_version);
        push_varint(&mut bytes, unlock);
        bytes.extend([1, 0xff]);
        push_varint(&mut bytes, height);
        push_varint(&mut bytes, outputs.len() as u64);
        bytes.extend(outputs.iter().flatten());
        let mut extra = vec![1];
        extra.extend(key);
        extra.push(2);
        push_varint(&mut extra, nonce_data.len() as u64);
        let start_in_extra = extra.len();
        extra.extend(&nonce_data);
        extra.push(4);
        push_varint(&mut extra, behind.len() as u64);
        extra.extend(behind.iter().flatten());
        push_varint(&mut bytes, extra.len() as u64);
        let start = bytes.len() + start_in_extra;
        bytes.extend(extra);
        if tx_version == 2 {
            bytes.push(0);
        }
        push_varint(&mut bytes, hashes.len() as u64);
        bytes.extend(hashes.iter().flatten());
        MadeUp { bytes, nonce_data: start..start + nonce_data.len() }
    }
}

proptest! {
    #[test]
    fn any_block_is_read_as_another_implementation_reads_it(
        block in made_up(),
        place: prop::sample::Index,
        extra: u32,
        nonce: [u8; 4],
    ) {
        let at = block.nonce_data.start + place.index(block.nonce_data.len() - 3);
        let template = BlockTemplate::parse(&block.bytes, at).unwrap();
        let nonce = Nonce::new(nonce);
        let whole = template.block(extra, nonce);

        let before = parse(&block.bytes).unwrap();
        let after = parse(&whole).unwrap();
        prop_assert_eq!(after.header.nonce.to_le_bytes(), *nonce.as_bytes());
        prop_assert_eq!(&after.tx_hashes, &before.tx_hashes);
        prop_assert_eq!(&after.miner_tx.prefix.inputs, &before.miner_tx.prefix.inputs);
        prop_assert_eq!(&after.miner_tx.prefix.outputs, &before.miner_tx.prefix.outputs);
        prop_assert_eq!(
            &*template.blob(extra).with_nonce(nonce),
            &*hashing_blob(&whole).unwrap()
        );
        for (at_byte, (one, other)) in whole.iter().zip(&block.bytes).enumerate() {
            let may_differ = (39..43).contains(&at_byte) || (at..at + 4).contains(&at_byte);
            prop_assert!(may_differ || one == other, "byte {}", at_byte);
        }
        prop_assert_eq!(&whole[at..at + 4], extra.to_be_bytes());
    }

    #[test]
    fn a_changed_template_is_refused_or_read_as_another_implementation_reads_it(
        which in 0usize..4,
        flips in vec((any::<prop::sample::Index>(), 1u8..), 0..4),
        cut: Option<prop::sample::Index>,
        more in vec(any::<u8>(), 0..40),
        extra: u32,
    ) {
        let reply = replies().remove(which);
        let mut bytes = reply.bytes;
        for (at, bits) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= bits;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        bytes.extend(more);
        if let Ok(template) = BlockTemplate::parse(&bytes, reply.reserved) {
            let nonce = Nonce::new([1, 2, 3, 4]);
            let whole = template.block(extra, nonce);
            let oracle = hashing_blob(&whole);
            prop_assert_eq!(Some(&*template.blob(extra).with_nonce(nonce)), oracle.as_deref());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..400), at in 0usize..500) {
        let _ = BlockTemplate::parse(&bytes, at);
    }
}

#[test]
fn the_recorded_outputs_have_view_tags() {
    for reply in replies() {
        let block = parse(&reply.bytes).unwrap();
        let output = &block.miner_tx.prefix.outputs[0];
        assert!(matches!(output.target, TxOutTarget::ToTaggedKey { .. }));
    }
}
