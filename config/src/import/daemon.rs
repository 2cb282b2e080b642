//! What a pool with `"daemon": true` says of its monerod.

use std::time::Duration;

use super::note::Ledger;
use super::object::{Given, Object};
use crate::value::{PoolUrl, PublisherUrl};

/// Keys of a monerod in our form.
#[derive(Default)]
pub(super) struct DaemonDraft {
    /// Where it publishes.
    pub(super) zmq: Option<String>,
    /// Between two looks, where it is not the default.
    pub(super) poll: Option<Duration>,
}

/// Keys of a pool that a monerod has no use for, with the reason.
const OF_POOLS: [(&str, &str); 3] = [
    (
        "pass",
        "xmrig-proxy shows a monerod none either; its `--rpc-login` goes into `rpc_user` and `rpc_pass`",
    ),
    ("rig-id", "a monerod hears nothing of rigs"),
    ("keepalive", "a monerod is asked all the time"),
];

pub(super) fn convert(
    object: &mut Object,
    ledger: &mut Ledger,
    url: &PoolUrl,
    has_proxy: bool,
) -> DaemonDraft {
    for (key, why) in OF_POOLS {
        if let Some(Given { path, .. }) = object.take(key) {
            ledger.ignored(path, why);
        }
    }
    if let Some(Given { path, .. }) = object.take("daemon-job-timeout") {
        ledger.ignored(path, "a template is taken anew every 20 seconds");
    }
    DaemonDraft {
        zmq: zmq(object, ledger, url, has_proxy),
        poll: poll(object, ledger),
    }
}

/// A port of the same host; xmrig-proxy takes anything else for none.
fn zmq(object: &mut Object, ledger: &mut Ledger, url: &PoolUrl, has_proxy: bool) -> Option<String> {
    let Given { path, value } = object.integer("daemon-zmq-port", ledger)?;
    let Some(port) = u16::try_from(value).ok().filter(|port| *port > 0) else {
        ledger.ignored(path, "is no port");
        return None;
    };
    if has_proxy {
        ledger.changed(
            path,
            "notices do not go through `socks5`: the node is asked for new blocks",
        );
        return None;
    }
    let host = url.host();
    let zmq = if host.contains(':') {
        format!("tcp://[{host}]:{port}")
    } else {
        format!("tcp://{host}:{port}")
    };
    if zmq.parse::<PublisherUrl>().is_err() {
        ledger.unsupported(path, "there are no notices from such a host");
        return None;
    }
    ledger.converted(path);
    Some(zmq)
}

/// Milliseconds.
fn poll(object: &mut Object, ledger: &mut Ledger) -> Option<Duration> {
    let Given { path, value } = object.integer("daemon-poll-interval", ledger)?;
    let millis = match value {
        100..=60_000 => {
            ledger.converted(path);
            value
        }
        ..100 => {
            ledger.changed(path, "is less than 100 ms: it is 100 ms now");
            100
        }
        _ => {
            ledger.changed(path, "is more than a minute: it is a minute now");
            60_000
        }
    };
    Some(Duration::from_millis(millis.unsigned_abs()))
}
