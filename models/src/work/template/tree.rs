//! The tree of transaction hashes, seen from its first leaf.

use sha3::{Digest, Keccak256};

/// A Keccak-256 hash.
pub(super) type Hash = [u8; 32];

/// Keccak-256 (with the padding of before SHA-3) of `parts` in one.
pub(super) fn keccak(parts: &[&[u8]]) -> Hash {
    let mut hasher = Keccak256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Siblings of the first leaf on its way to the root, the lowest first: all that the root needs
/// of the `others`, the leaves after it.
///
/// The tree is monerod's `tree_hash`: the last leaves are joined in pairs so that a power of two
/// of nodes remains, and from there on the tree is a full one.
pub(super) fn branch_of_first(others: &[Hash]) -> Box<[Hash]> {
    let count = others.len() + 1;
    let below = count.next_power_of_two() / 2;
    // The first leaf and its ancestors are unknown: any value stands for them.
    let mut nodes: Vec<Hash> = std::iter::once([0; 32])
        .chain(others.iter().copied())
        .collect();
    let mut branch = Vec::new();
    if count > 1 {
        let alone = 2 * below - count;
        let joined = join_pairs(&nodes[alone..]);
        if alone == 0 {
            branch.push(nodes[1]);
        }
        nodes.truncate(alone);
        nodes.extend(joined);
    }
    while let [_, sibling, ..] = nodes[..] {
        branch.push(sibling);
        nodes = join_pairs(&nodes);
    }
    branch.into_boxed_slice()
}

fn join_pairs(nodes: &[Hash]) -> Vec<Hash> {
    let (pairs, _) = nodes.as_chunks::<2>();
    pairs
        .iter()
        .map(|[left, right]| keccak(&[left, right]))
        .collect()
}

/// The root above the first leaf.
pub(super) fn root(first: Hash, branch: &[Hash]) -> Hash {
    branch
        .iter()
        .fold(first, |node, sibling| keccak(&[&node, sibling]))
}
