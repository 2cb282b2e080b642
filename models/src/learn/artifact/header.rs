//! What a model says of itself.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::filter::ModelId;
use crate::ledger::ModelSlot;
use crate::ledger::rows::written_time;

/// A SHA-256. In texts it is 64 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Digest(pub [u8; 32]);

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() {
            to.collect_str(self)
        } else {
            self.0.serialize(to)
        }
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if !from.is_human_readable() {
            return Deserialize::deserialize(from).map(Self);
        }
        let text = String::deserialize(from)?;
        const_hex::decode_to_array(&text)
            .map(Self)
            .map_err(|_| de::Error::custom("expected 64 hex digits"))
    }
}

impl Digest {
    /// The id of a model whose file has this digest.
    #[must_use]
    pub fn model_id(&self) -> ModelId {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        ModelId(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&const_hex::encode(self.0))
    }
}

/// What a model was trained on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DataFacts {
    /// Rows that its numbers come from.
    pub rows: u64,
    /// The time of the first, milliseconds since 1970.
    pub first_ms: u64,
    /// The time of the last: what is later is new to it.
    pub last_ms: u64,
    /// The place of the last in the ledger; 0 where it came from elsewhere.
    pub last_seq: u64,
    /// Of all of them, in order.
    pub digest: Digest,
}

impl fmt::Display for DataFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} rows, {} to {}",
            self.rows,
            written_time(self.first_ms),
            written_time(self.last_ms)
        )
    }
}

/// A measured number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// What was measured.
    pub name: String,
    /// How much.
    pub value: f64,
    /// Between which bounds it lies with a probability of 95 %, where that was measured.
    pub interval: Option<(f64, f64)>,
}

/// What a model says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// What it is for.
    pub slot: ModelSlot,
    /// Of its body.
    pub schema: u16,
    /// Of the features that it is shown.
    pub features: Digest,
    /// What it was trained on.
    pub data: DataFacts,
    /// The seed of whatever was drawn.
    pub seed: u64,
    /// The model that its training began with, if it did not begin anew.
    pub warm_from: Option<ModelId>,
    /// How well it does, on data that is later than what it was trained on.
    pub metrics: Vec<Metric>,
    /// What it answers to questions that are always the same.
    pub answers: Vec<f64>,
}

impl Header {
    /// The value of a metric.
    #[must_use]
    pub fn metric(&self, name: &str) -> Option<&Metric> {
        self.metrics.iter().find(|metric| metric.name == name)
    }
}
