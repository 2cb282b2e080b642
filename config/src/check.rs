//! What must fit together although each key is right by itself.

use std::net::SocketAddr;

use crate::fault::Place;
use crate::reader::Reader;
use crate::section::{ProveMode, route};
use crate::settings::Settings;
use crate::value::{PoolKind, format_duration};

/// Reports keys that contradict each other. A key with a fault of its own is passed over.
pub(crate) fn together(settings: &Settings, reader: &mut Reader<'_>) {
    listeners(settings, reader);
    proof_for_daemons(settings, reader);
    route::check(&settings.pools, &settings.routes, &settings.groups, reader);
    not_below(
        reader,
        ("prove.deadline_unknown", settings.prove.deadline_unknown),
        ("prove.deadline", settings.prove.deadline),
    );
    not_below(
        reader,
        ("failover.retry_max", settings.failover.retry_max),
        ("failover.retry", settings.failover.retry),
    );
}

/// A share that claims to be a block goes to a monerod only when it is proved to be one.
fn proof_for_daemons(settings: &Settings, reader: &mut Reader<'_>) {
    if settings.prove.mode != ProveMode::Off || !reader.is_sound("prove.mode") {
        return;
    }
    for (index, pool) in settings.pools.iter().enumerate() {
        if pool.url.kind() != PoolKind::Daemon {
            continue;
        }
        let path = format!("pool[{index}].url");
        let place = reader.place(&path);
        let message = "is a monerod, which must get no block that is merely claimed: set \
                       `prove.mode` to \"light\" or \"fast\"";
        reader.fault(place, Some(path), message);
    }
}

type Keyed<T> = (&'static str, T);

/// Reports `upper` when it is shorter than `lower`.
fn not_below(
    reader: &mut Reader<'_>,
    upper: Keyed<std::time::Duration>,
    lower: Keyed<std::time::Duration>,
) {
    let sound = reader.is_sound(upper.0) && reader.is_sound(lower.0);
    if sound && reader.is_whole() && upper.1 < lower.1 {
        // If it has its default, the other key must have been given.
        let place = reader.place(upper.0).or(reader.place(lower.0));
        let message = format!(
            "must not be below `{}`: \"{}\" is less than \"{}\"",
            lower.0,
            format_duration(upper.1),
            format_duration(lower.1)
        );
        reader.fault(place, Some(upper.0.to_owned()), message);
    }
}

/// One address that the process will listen on.
struct Listener {
    path: String,
    address: SocketAddr,
    place: Place,
}

fn listeners(settings: &Settings, reader: &mut Reader<'_>) {
    if !reader.is_whole() {
        return;
    }
    let miners = &settings.miners;
    let sound = reader.is_sound("miners.listen") && reader.is_sound("miners.tls_listen");
    if sound && miners.listen.is_empty() && miners.tls_listen.is_empty() {
        let place = reader.place("miners.listen");
        let message = "must have an address when `tls_listen` has none: no miner could connect";
        reader.fault(place, Some("miners.listen".to_owned()), message);
    }
    let listeners = all(settings, reader);
    for (index, later) in listeners.iter().enumerate() {
        let earlier = listeners[..index]
            .iter()
            .find(|earlier| overlap(earlier.address, later.address));
        if let Some(earlier) = earlier {
            let (at, other) = match later.place {
                // It has its default, so it is the other one that was written.
                Place::Whole => (earlier, later),
                Place::Line(_) | Place::Flag(_) => (later, earlier),
            };
            let default = match other.place {
                Place::Whole => " (the default)",
                Place::Line(_) | Place::Flag(_) => "",
            };
            let message = format!(
                "must not take the same port as `{}`: {} and {}{default}",
                other.path, at.address, other.address
            );
            reader.fault(at.place, Some(at.path.clone()), message);
        }
    }
}

/// Every address, under the path of its key. A list with a refused element is left out,
/// because the others' numbers would be wrong.
fn all(settings: &Settings, reader: &Reader<'_>) -> Vec<Listener> {
    let listener = |path: String, address| Listener {
        place: reader.place(&path),
        path,
        address,
    };
    let lists = [
        ("miners.listen", &settings.miners.listen),
        ("miners.tls_listen", &settings.miners.tls_listen),
    ];
    let of_miners = lists
        .into_iter()
        .filter(|(key, _)| reader.is_sound(key))
        .flat_map(|(key, addresses)| {
            let numbered = addresses.iter().enumerate();
            numbered.map(move |(index, address)| (format!("{key}[{index}]"), *address))
        });
    let monitor = settings.monitor.listen;
    let monitor = monitor
        .filter(|_| reader.is_sound("monitor.listen"))
        .map(|address| ("monitor.listen".to_owned(), address));
    let bridge = settings.bridge.addresses().filter_map(|(key, address)| {
        let path = format!("bridge.{key}");
        let sound = settings.bridge.enabled && reader.is_sound(&path);
        address.tcp().filter(|_| sound).map(|at| (path, at))
    });
    of_miners
        .chain(monitor)
        .chain(bridge)
        .map(|(path, address)| listener(path, address))
        .collect()
}

/// Whether two listeners would want the same port of the same address.
///
/// The unspecified address takes the port of every address of its family. Port 0 is
/// none in particular: the system chooses a free one.
pub(crate) fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let (a, b) = (one.ip(), other.ip());
    let same_family = a.is_ipv4() == b.is_ipv4();
    one.port() == other.port()
        && one.port() != 0
        && same_family
        && (a == b || a.is_unspecified() || b.is_unspecified())
}
