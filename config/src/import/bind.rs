//! `bind`: where miners connect.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::Json;
use super::note::Ledger;
use super::object::{Given, Object};
use crate::check::overlap;
use crate::section::MOST_ADDRESSES;

/// Addresses for miners.
#[derive(Default)]
pub(super) struct Listen {
    pub(super) plain: Vec<SocketAddr>,
    pub(super) tls: Vec<SocketAddr>,
}

impl Listen {
    pub(super) fn all(&self) -> impl Iterator<Item = &SocketAddr> {
        self.plain.iter().chain(&self.tls)
    }
}

pub(super) fn convert(config: &mut Object, ledger: &mut Ledger) -> Listen {
    let mut listen = Listen::default();
    if let Some(Given { path, value }) = config.list("bind", ledger) {
        if value.is_empty() {
            ledger.ignored(path.clone(), "is empty");
        }
        for (index, item) in value.into_iter().enumerate() {
            add(&mut listen, format!("{path}[{index}]"), item, ledger);
        }
    }
    if listen.all().next().is_none() {
        // What xmrig-proxy does without any address.
        listen.plain = vec![
            SocketAddr::from((Ipv4Addr::UNSPECIFIED, 3333)),
            SocketAddr::from((Ipv6Addr::UNSPECIFIED, 3333)),
        ];
    }
    listen
}

fn add(listen: &mut Listen, path: String, item: Json, ledger: &mut Ledger) {
    let bind = match item {
        Json::Text(text) => Bind {
            address: text.parse().ok(),
            tls: false,
            keys: Vec::new(),
        },
        Json::Object(entries) => Bind::read(Object::new(path.clone(), entries), ledger),
        Json::Null | Json::Boolean(_) | Json::Integer(_) | Json::Number(_) | Json::List(_) => {
            ledger.ignored(
                path,
                "is no address, so that xmrig-proxy passes over it too",
            );
            return;
        }
    };
    let Some(address) = bind.address.filter(|address| address.port() != 0) else {
        ledger.unsupported(path, "is not an IP address with a port: left out");
        return;
    };
    if listen.all().any(|other| overlap(*other, address)) {
        ledger.changed(
            path,
            "takes the same port as an address before it: left out",
        );
        return;
    }
    let list = if bind.tls {
        &mut listen.tls
    } else {
        &mut listen.plain
    };
    if list.len() == MOST_ADDRESSES {
        ledger.unsupported(
            path,
            "is one more than the addresses that are possible: left out",
        );
        return;
    }
    list.push(address);
    ledger.converted(path);
    ledger.converted.extend(bind.keys);
}

/// One address as it was given.
struct Bind {
    address: Option<SocketAddr>,
    tls: bool,
    /// The paths of its keys.
    keys: Vec<String>,
}

impl Bind {
    /// Reads an object with `host`, `port` and `tls`.
    fn read(mut object: Object, ledger: &mut Ledger) -> Self {
        let mut keys = Vec::new();
        let mut take = |key| {
            let Given { path, value } = object.take(key)?;
            keys.push(path);
            Some(value)
        };
        let host = take("host").and_then(Json::into_text);
        let host = host.and_then(|host| without_brackets(&host).parse::<IpAddr>().ok());
        let port = take("port").and_then(Json::into_integer);
        let port = port.and_then(|port| u16::try_from(port).ok());
        let tls = take("tls") == Some(Json::Boolean(true));
        object.close(ledger);
        Self {
            address: host.zip(port).map(SocketAddr::from),
            tls,
            keys,
        }
    }
}

/// An IPv6 address may be written in brackets.
pub(super) fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}
