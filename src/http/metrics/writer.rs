//! Writes families of metrics one after another.

use std::collections::BTreeMap;
use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelValue, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// The value of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value {
    Whole(u64),
    Real(f64),
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Whole(value)
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Self::Whole(value as u64)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Whole(value.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Whole(value.into())
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl Value {
    fn write(self, kind: MetricType, mut family: MetricEncoder<'_>) -> fmt::Result {
        let counts = matches!(kind, MetricType::Counter);
        match self {
            Self::Whole(value) if counts => {
                family.encode_counter::<NoLabelSet, _, f64>(&value, None)
            }
            Self::Real(value) if counts => {
                family.encode_counter::<NoLabelSet, _, f64>(&value, None)
            }
            Self::Whole(value) => family.encode_gauge(&value),
            Self::Real(value) => family.encode_gauge(&value),
        }
    }
}

/// The way into a scrape.
pub(super) struct Writer<'a, 'b>(pub(super) &'a mut DescriptorEncoder<'b>);

/// A count for each of some labels, 0 where there is none: a series that comes into being with its
/// first event hides that event from `increase`.
pub(super) fn each_of<'a>(
    labels: impl IntoIterator<Item = &'static str> + 'a,
    counts: &'a BTreeMap<&'static str, u64>,
) -> impl Iterator<Item = (&'static str, u64)> + 'a {
    let count = |label| (label, counts.get(label).copied().unwrap_or_default());
    labels.into_iter().map(count)
}

/// What a family is called, and what it tells.
type Told<'a> = (&'a str, &'a str);

impl Writer<'_, '_> {
    /// A counter without labels; the encoder adds `_total` to its name.
    pub(super) fn counter(&mut self, told: Told<'_>, value: impl Into<Value>) -> fmt::Result {
        self.one(told, MetricType::Counter, value.into())
    }

    /// A gauge without labels.
    pub(super) fn gauge(&mut self, told: Told<'_>, value: impl Into<Value>) -> fmt::Result {
        self.one(told, MetricType::Gauge, value.into())
    }

    /// A gauge without labels; no series where nothing was measured.
    pub(super) fn measured(
        &mut self,
        told: Told<'_>,
        value: Option<impl Into<Value>>,
    ) -> fmt::Result {
        value.map_or(Ok(()), |value| self.gauge(told, value))
    }

    /// Counters by labels.
    pub(super) fn counters<const N: usize, L: EncodeLabelValue, V: Into<Value>>(
        &mut self,
        told: Told<'_>,
        labels: [&'static str; N],
        series: impl IntoIterator<Item = ([L; N], V)>,
    ) -> fmt::Result {
        self.many(told, MetricType::Counter, labels, series)
    }

    /// Gauges by labels.
    pub(super) fn gauges<const N: usize, L: EncodeLabelValue, V: Into<Value>>(
        &mut self,
        told: Told<'_>,
        labels: [&'static str; N],
        series: impl IntoIterator<Item = ([L; N], V)>,
    ) -> fmt::Result {
        self.many(told, MetricType::Gauge, labels, series)
    }

    /// A histogram: upper bounds with the number of what lies between each and the one before, the
    /// last bound infinite.
    pub(super) fn histogram(
        &mut self,
        (name, help): Told<'_>,
        sum: f64,
        buckets: &[(f64, u64)],
    ) -> fmt::Result {
        let count = buckets.iter().map(|(_, count)| count).sum();
        let kind = MetricType::Histogram;
        let mut family = self.0.encode_descriptor(name, help, None, kind)?;
        family.encode_histogram::<NoLabelSet>(sum, count, buckets, None)
    }

    fn one(&mut self, (name, help): Told<'_>, kind: MetricType, value: Value) -> fmt::Result {
        value.write(kind, self.0.encode_descriptor(name, help, None, kind)?)
    }

    /// A family without a series is left out.
    fn many<const N: usize, L: EncodeLabelValue, V: Into<Value>>(
        &mut self,
        (name, help): Told<'_>,
        kind: MetricType,
        labels: [&'static str; N],
        series: impl IntoIterator<Item = ([L; N], V)>,
    ) -> fmt::Result {
        let mut series = series.into_iter().peekable();
        if series.peek().is_none() {
            return Ok(());
        }
        let mut family = self.0.encode_descriptor(name, help, None, kind)?;
        for (values, value) in series {
            let mut values = values.into_iter();
            let labels: Vec<(&str, L)> = labels.into_iter().zip(&mut values).collect();
            value.into().write(kind, family.encode_family(&labels)?)?;
        }
        Ok(())
    }
}
