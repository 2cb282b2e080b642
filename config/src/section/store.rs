//! `[store]`: what outlives the process, and how much of it.

use std::time::Duration;

use super::DAY;
use crate::reader::{Section, accept};
use crate::value::ByteSize;

/// `[store]`: what outlives the process, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// Whether anything is stored at all.
    pub enabled: bool,
    /// What a miner's OK waits for.
    pub ack: Ack,
    /// How long it waits for it at most, 1 ms to 10 s.
    pub ack_wait: Duration,
    /// Most shares that wait to be written.
    pub queue: usize,
    /// How long shares are kept, whole days; none: until there are too many.
    pub keep: Option<Duration>,
    /// Most bytes of all shares and the journal together.
    pub max_size: ByteSize,
    /// How long sums of a minute are kept.
    pub keep_minutes: Duration,
    /// How long sums of an hour are kept.
    pub keep_hours: Duration,
    /// How long sums of a day are kept.
    pub keep_days: Duration,
    /// This machine's number, where several bring their stores together.
    pub node: u16,
}

/// What a miner's OK waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ack {
    /// Its share is written down.
    Durable,
    /// Nothing.
    Fast,
}

pub(crate) const ACKS: [(&str, Ack); 2] = [("durable", Ack::Durable), ("fast", Ack::Fast)];

impl Default for Store {
    fn default() -> Self {
        Self {
            enabled: true,
            ack: Ack::Durable,
            ack_wait: Duration::from_millis(20),
            queue: 65_536,
            keep: Some(30 * DAY),
            max_size: ByteSize::new(10 << 30),
            keep_minutes: 7 * DAY,
            keep_hours: 90 * DAY,
            keep_days: 3_650 * DAY,
            node: 0,
        }
    }
}

impl Store {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let waits = Duration::from_millis(1)..=Duration::from_secs(10);
        let sizes = ByteSize::new(64 << 20)..=ByteSize::new(1 << 44);
        let days = || accept::duration(DAY..=36_500 * DAY);
        let node = section.value("node", usize::from(default.node), accept::whole(0..=65_535));
        Self {
            enabled: section.value("enabled", default.enabled, accept::boolean),
            ack: section.value("ack", default.ack, accept::choice(&ACKS)),
            ack_wait: section.value("ack_wait", default.ack_wait, accept::duration(waits)),
            queue: section.value("queue", default.queue, accept::whole(64..=1 << 20)),
            keep: section.value("keep", default.keep, accept::or_off(days())),
            max_size: section.value("max_size", default.max_size, accept::size(sizes)),
            keep_minutes: section.value("keep_minutes", default.keep_minutes, days()),
            keep_hours: section.value("keep_hours", default.keep_hours, days()),
            keep_days: section.value("keep_days", default.keep_days, days()),
            // The rule has held it to 16 bits.
            node: u16::try_from(node).unwrap_or(default.node),
        }
    }
}
