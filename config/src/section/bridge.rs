//! `[bridge]`: events, predictions and plans for programs outside, over `ZeroMQ`.

use std::net::{Ipv4Addr, SocketAddr};

use crate::reader::{Section, accept};
use crate::value::{BridgeAddress, CurveKey, CurveSecret};

/// Most keys of clients.
const MOST_KEYS: usize = 256;

/// `[bridge]`: events, predictions and plans for programs outside, over `ZeroMQ`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bridge {
    /// Whether there is a bridge at all.
    pub enabled: bool,
    /// Where events are published; none: nowhere.
    pub publish: Option<BridgeAddress>,
    /// Where predictions are asked for; none: nowhere.
    pub predict: Option<BridgeAddress>,
    /// Where plans from outside come in; none: nowhere.
    pub plans: Option<BridgeAddress>,
    /// Secret key of the server: with one everything is encrypted, and only known keys come in.
    pub curve_secret_key: Option<CurveSecret>,
    /// Public keys of the clients that may come in, at most 256.
    pub allow_keys: Vec<CurveKey>,
    /// Events that may wait for the bridge's thread, 16 to 1,000,000.
    pub queue: usize,
    /// Events that may wait for each subscriber, 1 to 1,000,000.
    pub send_queue: usize,
}

impl Default for Bridge {
    fn default() -> Self {
        let local = |port| {
            Some(BridgeAddress::Tcp(SocketAddr::from((
                Ipv4Addr::LOCALHOST,
                port,
            ))))
        };
        Self {
            enabled: false,
            publish: local(5551),
            predict: local(5552),
            plans: local(5553),
            curve_secret_key: None,
            allow_keys: Vec::new(),
            queue: 10_000,
            send_queue: 1_000,
        }
    }
}

impl Bridge {
    /// Its sockets that are on, by the names of their keys.
    pub fn addresses(&self) -> impl Iterator<Item = (&'static str, &BridgeAddress)> {
        [
            ("publish", &self.publish),
            ("predict", &self.predict),
            ("plans", &self.plans),
        ]
        .into_iter()
        .filter_map(|(key, address)| Some((key, address.as_ref()?)))
    }

    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let read = Self {
            enabled: section.value("enabled", default.enabled, accept::boolean),
            publish: section.value("publish", default.publish, accept::or_off(accept::parsed)),
            predict: section.value("predict", default.predict, accept::or_off(accept::parsed)),
            plans: section.value("plans", default.plans, accept::or_off(accept::parsed)),
            curve_secret_key: section.optional("curve_secret_key", accept::parsed),
            allow_keys: section.list("allow_keys", Vec::new(), MOST_KEYS, accept::parsed),
            queue: section.value("queue", default.queue, accept::whole(16..=1_000_000)),
            send_queue: section.value(
                "send_queue",
                default.send_queue,
                accept::whole(1..=1_000_000),
            ),
        };
        read.together(section);
        read
    }

    fn together(&self, section: &mut Section<'_, '_>) {
        let given = section.is_given("curve_secret_key");
        if given && self.allow_keys.is_empty() {
            section.fault(
                "curve_secret_key",
                "lets nobody in without `allow_keys`: write the public keys of the clients there",
            );
        }
        if !given && !self.allow_keys.is_empty() {
            section.fault(
                "allow_keys",
                "means nothing without `curve_secret_key`: everybody on this machine would be let \
                 in",
            );
        }
        if self.enabled && !given {
            for (key, address) in self.addresses() {
                if address.reaches_out() {
                    section.fault(
                        key,
                        "can be reached from other machines: that needs `curve_secret_key` and \
                         `allow_keys` (`zartrux bridge-key` makes keys)",
                    );
                }
            }
        }
    }
}
