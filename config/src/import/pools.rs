//! `pools`: the upstreams.

use std::time::Duration;

use super::Json;
use super::address::Address;
use super::daemon::{self, DaemonDraft};
use super::draft::{LeftOut, PoolDraft};
use super::note::Ledger;
use super::object::{Given, Object};
use crate::reader::{Value, accept};
use crate::section::{MOST_POOLS, is_onion};
use crate::value::{Fingerprint, PoolUrl, SocksUrl, User};

pub(super) fn convert(config: &mut Object, ledger: &mut Ledger) -> Vec<PoolDraft> {
    let Some(Given { path, value }) = config.list("pools", ledger) else {
        return Vec::new();
    };
    let mut pools = Vec::new();
    let mut active = 0;
    for (index, item) in value.into_iter().enumerate() {
        let path = format!("{path}[{index}]");
        let Json::Object(entries) = item else {
            ledger.ignored(path, "is no object, so that xmrig-proxy passes over it too");
            continue;
        };
        let mut reading = Reading {
            object: Object::new(path.clone(), entries),
            ledger,
            left_out: None,
        };
        if active == MOST_POOLS {
            reading.leave_out("is one more than the pools that are possible");
        }
        let pool = reading.pool();
        match &pool.left_out {
            Some(LeftOut::Disabled) => {
                ledger.changed(
                    path,
                    "is not enabled: it is at most a comment in the converted file",
                );
            }
            Some(LeftOut::Unsupported(why)) => {
                let text = format!("{why}: it is at most a comment in the converted file");
                ledger.unsupported(path, text);
            }
            None => active += 1,
        }
        // As many again are kept as comments; what is beyond is only noted.
        if pools.len() < 2 * MOST_POOLS || pool.left_out.is_none() {
            pools.push(pool);
        }
    }
    if active == 0 {
        ledger.unsupported(
            path,
            "has no pool that can be used: add one to the converted file",
        );
    }
    pools
}

/// A pool while it is read.
struct Reading<'l> {
    object: Object,
    ledger: &'l mut Ledger,
    left_out: Option<LeftOut>,
}

impl Reading<'_> {
    fn pool(mut self) -> PoolDraft {
        if !self.flag("enabled", true) {
            self.left_out.get_or_insert(LeftOut::Disabled);
        }
        let (url, has_tls, node) = self.url();
        let user = self.user(node.is_some());
        let fingerprint = self.fingerprint(has_tls);
        if has_tls && fingerprint.is_none() {
            let path = self.object.path_of("url");
            self.ledger.changed(
                path,
                "xmrig-proxy takes any certificate of this pool; Zartrux checks it against the \
                 system's roots, unless `tls_fingerprint` pins it",
            );
        }
        let proxy = self.socks5();
        self.onion(&url, proxy.as_deref());
        let daemon = node.map(|url| self.daemon(&url, proxy.is_some()));
        let pass = self.pass();
        let rig_id = self.rig_id();
        let keepalive = keepalive(&mut self.object, self.ledger);
        others(&mut self.object, self.ledger);
        self.object.close(self.ledger);
        PoolDraft {
            url,
            user,
            pass,
            rig_id,
            fingerprint,
            keepalive,
            proxy,
            daemon,
            left_out: self.left_out,
        }
    }

    /// The pool is written as a comment; the first reason counts.
    fn leave_out(&mut self, why: &str) {
        self.left_out
            .get_or_insert_with(|| LeftOut::Unsupported(why.to_owned()));
    }

    fn flag(&mut self, key: &'static str, default: bool) -> bool {
        self.object
            .boolean(key, self.ledger)
            .map_or(default, |given| {
                self.ledger.converted(given.path);
                given.value
            })
    }

    fn text(&mut self, key: &'static str) -> Option<String> {
        let given = self.object.text(key, self.ledger)?;
        if has_variable(&given.value) {
            self.ledger.changed(given.path, VARIABLE);
        } else {
            self.ledger.converted(given.path);
        }
        Some(given.value)
    }

    /// The address in our form if it has one, whether it has TLS, and once more if it is a monerod's.
    fn url(&mut self) -> (String, bool, Option<PoolUrl>) {
        let text = self.text("url").unwrap_or_default();
        let wants_tls = self.flag("tls", false);
        let is_daemon = self.flag("daemon", false);
        let address = Address::read(&text, wants_tls, is_daemon);
        if let Some(Address {
            daemon,
            url: Some(url),
        }) = address
        {
            (url.to_string(), url.is_tls(), daemon.then_some(url))
        } else {
            self.leave_out("has a `url` that is not of the form host:port");
            (text, false, None)
        }
    }

    fn daemon(&mut self, url: &PoolUrl, has_proxy: bool) -> DaemonDraft {
        daemon::convert(&mut self.object, self.ledger, url, has_proxy)
    }

    /// Without a user xmrig sends "x".
    fn user(&mut self, is_daemon: bool) -> String {
        let user = self.text("user").unwrap_or_else(|| "x".to_owned());
        match user.parse::<User>() {
            Err(_) => self.leave_out("has a `user` that no pool takes"),
            Ok(user) if is_daemon && user.as_address().is_err() => {
                self.leave_out("is a monerod, and its `user` is not an address alone");
            }
            Ok(_) => {}
        }
        user
    }

    /// Without a password xmrig sends "x".
    fn pass(&mut self) -> String {
        let pass = self.text("pass").unwrap_or_else(|| "x".to_owned());
        if accept::secret(&Value::Text(&pass)).is_err() {
            self.leave_out("has a `pass` that is too long or of more than one line");
        }
        pass
    }

    fn rig_id(&mut self) -> Option<String> {
        let rig_id = self.text("rig-id").filter(|rig_id| !rig_id.is_empty())?;
        if accept::name(&Value::Text(&rig_id)).is_err() {
            self.leave_out("has a `rig-id` that is too long or of more than one line");
        }
        Some(rig_id)
    }

    fn fingerprint(&mut self, has_tls: bool) -> Option<String> {
        let Given { path, value } = self.object.text("tls-fingerprint", self.ledger)?;
        if value.is_empty() || !has_tls {
            self.ledger
                .ignored(path, "is of no use: empty, or without TLS");
            return None;
        }
        // Without its pin the pool must not be called at all.
        if value.parse::<Fingerprint>().is_err() {
            self.leave_out("has a `tls-fingerprint` that is not 64 hex digits");
        }
        self.ledger.converted(path);
        Some(value)
    }

    /// The proxy in our form. A pool behind one that is not understood must not be called directly:
    /// it would learn the farm's address.
    fn socks5(&mut self) -> Option<String> {
        let Given { path, value } = self.object.take("socks5")?;
        let text = match value {
            Json::Null | Json::Boolean(false) => {
                self.ledger.ignored(path, "is not set");
                return None;
            }
            Json::Text(text) if text.is_empty() => {
                self.ledger.ignored(path, "is not set");
                return None;
            }
            Json::Text(text) => text,
            // A port alone is one of this machine.
            Json::Integer(port) => format!("127.0.0.1:{port}"),
            Json::Boolean(true) | Json::Number(_) | Json::List(_) | Json::Object(_) => {
                String::new()
            }
        };
        let url = format!(
            "socks5://{}",
            text.strip_prefix("socks5://").unwrap_or(&text)
        );
        if url.parse::<SocksUrl>().is_err() {
            self.ledger
                .unsupported(path, "is not of the form host:port");
            self.leave_out("is reached through a SOCKS5 proxy that is not of the form host:port");
            return None;
        }
        self.ledger.converted(path);
        Some(url)
    }

    /// Our reader refuses a pool that cannot be reached.
    fn onion(&mut self, url: &str, proxy: Option<&str>) {
        let url = url.parse::<PoolUrl>();
        if proxy.is_none() && url.is_ok_and(|url| is_onion(&url.host())) {
            self.leave_out("is an onion service and has no `socks5`");
        }
    }
}

/// The note for a text in which xmrig would replace variables of the environment.
pub(super) const VARIABLE: &str = "\"${…}\" is taken as it stands: variables are not replaced";

pub(super) fn has_variable(text: &str) -> bool {
    text.contains("${")
}

/// Silence before a keepalive; by default there are none.
fn keepalive(object: &mut Object, ledger: &mut Ledger) -> Option<Duration> {
    const LONGEST: i64 = 3600;
    let Given { path, value } = object.take("keepalive")?;
    let seconds = match value {
        Json::Boolean(true) => 60,
        Json::Boolean(false) => 0,
        Json::Integer(seconds) if seconds > LONGEST => {
            ledger.changed(path, "is more than an hour: it is an hour now");
            return Some(Duration::from_secs(LONGEST.unsigned_abs()));
        }
        Json::Integer(seconds) => seconds.max(0),
        Json::Null => {
            ledger.ignored(path, "is not set");
            return None;
        }
        Json::Number(_) | Json::Text(_) | Json::List(_) | Json::Object(_) => {
            ledger.ignored(path, "is no number, so that xmrig-proxy passes over it too");
            return None;
        }
    };
    ledger.converted(path);
    (seconds > 0).then(|| Duration::from_secs(seconds.unsigned_abs()))
}

/// Keys of a pool that are of no concern, with the reason.
const OF_NO_CONCERN: [(&str, &str); 7] = [
    ("nicehash", "xmrig-proxy passes over it too"),
    ("variant", "the pool's jobs name the algorithm"),
    ("sni", "the name of a TLS pool is always sent"),
    (
        "daemon-poll-interval",
        "concerns mining straight to monerod only",
    ),
    (
        "daemon-job-timeout",
        "concerns mining straight to monerod only",
    ),
    (
        "daemon-zmq-port",
        "concerns mining straight to monerod only",
    ),
    ("submit-to-origin", "concerns `self-select` only"),
];

/// Names of Monero and its algorithms.
const MONERO: [&str; 9] = [
    "monero",
    "xmr",
    "rx",
    "rx/0",
    "rx/2",
    "rx/v2",
    "randomx",
    "randomx/0",
    "randomx/v2",
];

fn others(object: &mut Object, ledger: &mut Ledger) {
    for (key, why) in OF_NO_CONCERN {
        if let Some(Given { path, .. }) = object.take(key) {
            ledger.ignored(path, why);
        }
    }
    for key in ["coin", "algo"] {
        if let Some(Given { path, value }) = object.text(key, ledger) {
            if value.is_empty() || MONERO.iter().any(|name| name.eq_ignore_ascii_case(&value)) {
                ledger.ignored(path, "the pool's jobs name the algorithm");
            } else {
                ledger.unsupported(path, "Zartrux mines Monero only");
            }
        }
    }
    let not_supported = [
        ("self-select", "the pool chooses the block that is mined"),
        (
            "spend-secret-key",
            "Zartrux has no use for a secret key: remove it from every file",
        ),
    ];
    for (key, why) in not_supported {
        if let Some(Given { path, value }) = object.text(key, ledger) {
            if value.is_empty() {
                ledger.ignored(path, "is not set");
            } else {
                ledger.unsupported(path, why);
            }
        }
    }
}
