//! How evenly the lowest bytes of nonces are spread, rig by rig.

use std::collections::BTreeMap;

use serde::Serialize;
use zartrux_models::learn::drift::{ByteFacts, EntropyTable, SentBytes};
use zartrux_models::ledger::ShareEntry;
use zartrux_models::share::RigKey;

/// What the ledger tells of bytes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Bytes {
    /// Of the listed rigs, in their order.
    pub(crate) rigs: Vec<RigNonces>,
    /// Rigs with so many nonces that chance can be told from more.
    pub(crate) tested: usize,
    /// Of these, so uneven that chance does it to any of them once in a hundred such reports.
    pub(crate) uneven: usize,
    /// Shares without a nonce.
    pub(crate) without_nonce: u64,
    /// Shares of rigs that there was no room for.
    pub(crate) untold: u64,
}

/// A rig's nonces.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct RigNonces {
    /// Its 16 hex digits.
    pub(crate) rig: String,
    /// Their lowest bytes.
    pub(crate) facts: ByteFacts,
}

/// The probability that chance alone makes any rig of a report uneven.
pub(super) const LEVEL: f64 = 0.01;

#[derive(Debug)]
pub(super) struct ByteCounts {
    table: EntropyTable,
    without_nonce: u64,
}

impl ByteCounts {
    /// Rigs that are counted, those that come first: 2 kB each.
    const RIGS: usize = 10_000;

    pub(super) fn new(rigs: usize) -> Self {
        Self {
            table: EntropyTable::new(rigs.clamp(1, Self::RIGS)),
            without_nonce: 0,
        }
    }

    pub(super) fn take(&mut self, entry: &ShareEntry) {
        match entry.nonce {
            Some(nonce) => self.table.take(SentBytes {
                rig: entry.rig,
                nonce,
                result: None,
            }),
            None => self.without_nonce += 1,
        }
    }

    pub(super) fn finish(&self, listed: &[RigKey]) -> Bytes {
        let facts: BTreeMap<u64, ByteFacts> = self
            .table
            .rigs()
            .filter_map(|of| Some((of.rig, of.nonces?)))
            .collect();
        let rigs: Vec<RigNonces> = listed
            .iter()
            .filter_map(|key| {
                Some(RigNonces {
                    rig: format!("{key}"),
                    facts: *facts.get(&key.0)?,
                })
            })
            .collect();
        let p: Vec<f64> = rigs.iter().filter_map(|rig| rig.facts.p).collect();
        let tested = p.len();
        let level = LEVEL / super::rigs::real(tested.max(1) as u64);
        Bytes {
            rigs,
            tested,
            uneven: p.iter().filter(|p| **p < level).count(),
            without_nonce: self.without_nonce,
            untold: self.table.untold(),
        }
    }
}
