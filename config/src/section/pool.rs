//! `[[pool]]`: one upstream.

use std::net::IpAddr;
use std::time::Duration;

use super::route::{self, Route};
use super::way;
use crate::overrides::Overrides;
use crate::reader::{Reader, Section, accept};
use crate::value::{
    Fingerprint, HostName, PoolKind, PoolUrl, PublisherUrl, Secret, SocksUrl, User,
};

/// Most `[[pool]]` in a file.
pub(crate) const MOST_POOLS: usize = 32;

/// `[[pool]]`: one upstream. The first in the file is preferred, the others stand by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// Where it is.
    pub url: PoolUrl,
    /// Whom it pays.
    pub user: User,
    /// Password; most pools take it for a worker's name.
    pub pass: Secret,
    /// The route that it is of: with others of the same name it makes one failover list.
    pub route: String,
    /// Name under which the pool shows this proxy.
    pub rig_id: Option<String>,
    /// The one certificate the pool may show, in place of those that the system's
    /// roots vouch for. Only with TLS.
    pub tls_fingerprint: Option<Fingerprint>,
    /// Silence after which a keepalive is sent. None: never.
    pub keepalive: Option<Duration>,
    /// Most connections of one lane to it, 1 to 4,096; each carries up to 256 miners. Where the pool
    /// gives templates: so many times 256 miners on one connection.
    pub max_sessions: usize,
    /// How the pool counts shares before it bans.
    pub ban_window: BanWindow,
    /// What the pool is asked to hand out.
    pub dialect: Dialect,
    /// The SOCKS5 proxy over which it is reached, and which looks its name up. None: straight.
    pub proxy: Option<SocksUrl>,
    /// Which of its addresses are used.
    pub ip: IpVersion,
    /// The address of this machine to connect from. None: the system chooses.
    pub source: Option<IpAddr>,
    /// Hosts to which the pool may send us by `client.reconnect`.
    pub allow_reconnect_to: Vec<HostName>,
    /// Names of the algorithms that the farm can hash, as the pool is told at the login, at most 32;
    /// empty: it is told nothing.
    pub algorithms: Vec<String>,
    /// What concerns a monerod only.
    pub daemon: DaemonKeys,
}

/// Which addresses of an upstream are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IpVersion {
    /// Both versions in turn, as the resolver begins.
    Any,
    /// Version 4 alone.
    V4,
    /// Version 6 alone.
    V6,
    /// Version 4 first.
    PreferV4,
    /// Version 6 first.
    PreferV6,
}

pub(crate) const IP_VERSIONS: [(&str, IpVersion); 5] = [
    ("any", IpVersion::Any),
    ("v4", IpVersion::V4),
    ("v6", IpVersion::V6),
    ("prefer-v4", IpVersion::PreferV4),
    ("prefer-v6", IpVersion::PreferV6),
];

/// Most hosts in `allow_reconnect_to`.
const MOST_RECONNECT_HOSTS: usize = 16;
/// Most names in `algorithms`.
const MOST_ALGORITHMS: usize = 32;

/// Keys of an upstream that is a monerod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaemonKeys {
    /// Name that its RPC asks for. None: it asks for none.
    pub rpc_user: Option<String>,
    /// Password that its RPC asks for.
    pub rpc_pass: Option<Secret>,
    /// Where it publishes new blocks. None: it is only polled.
    pub zmq: Option<PublisherUrl>,
    /// Between two looks for a new block while no notices come.
    pub poll: Duration,
}

impl Default for DaemonKeys {
    fn default() -> Self {
        Self {
            rpc_user: None,
            rpc_pass: None,
            zmq: None,
            poll: Duration::from_secs(1),
        }
    }
}

impl DaemonKeys {
    fn read(section: &mut Section<'_, '_>) -> Self {
        let rpc_user = section.optional("rpc_user", accept::name);
        let rpc_pass = section.optional("rpc_pass", accept::secret);
        let zmq = section.optional("zmq", accept::parsed);
        let polls = Duration::from_millis(100)..=Duration::from_secs(60);
        let poll = section.optional("poll", accept::duration(polls));
        Self {
            rpc_user,
            rpc_pass,
            zmq,
            poll: poll.unwrap_or(Self::default().poll),
        }
    }
}

/// Keys that mean nothing to a monerod, and those that mean nothing to a pool.
const OF_POOLS: [&str; 8] = [
    "pass",
    "rig_id",
    "keepalive",
    "max_sessions",
    "ban_window",
    "dialect",
    "allow_reconnect_to",
    "algorithms",
];
const OF_DAEMONS: [&str; 4] = ["rpc_user", "rpc_pass", "zmq", "poll"];

/// How a pool counts good and bad shares before it bans whoever sent them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BanWindow {
    /// As nodejs-pool does: in windows of thirty shares, and a first bad one is enough.
    NodejsPool,
    /// It does not, or not so that one share decides.
    None,
}

pub(crate) const BAN_WINDOWS: [(&str, BanWindow); 2] = [
    ("nodejs-pool", BanWindow::NodejsPool),
    ("none", BanWindow::None),
];

/// What a pool is asked to hand out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Blobs: each connection carries 256 miners.
    Stratum,
    /// Whole block templates, as nodejs-pool does it: one connection carries a farm.
    Template,
    /// The same with the numbers in the template in little-endian order, as monero-pool writes them.
    TemplateLe,
}

pub(crate) const DIALECTS: [(&str, Dialect); 3] = [
    ("stratum", Dialect::Stratum),
    ("template", Dialect::Template),
    ("template-le", Dialect::TemplateLe),
];

impl Pool {
    /// Whether each of its miners gets a blob of its own, and so all nonces of it.
    #[must_use]
    pub fn gives_templates(&self) -> bool {
        self.url.kind() == PoolKind::Daemon || self.dialect != Dialect::Stratum
    }

    /// An upstream with the default of every other key.
    #[must_use]
    pub fn new(url: PoolUrl, user: User) -> Self {
        Self {
            url,
            user,
            pass: Secret::new("x"),
            route: Route::MAIN.to_owned(),
            rig_id: None,
            tls_fingerprint: None,
            keepalive: Some(Duration::from_secs(60)),
            max_sessions: 256,
            ban_window: BanWindow::NodejsPool,
            dialect: Dialect::Stratum,
            proxy: None,
            ip: IpVersion::Any,
            source: None,
            allow_reconnect_to: Vec::new(),
            algorithms: moneros(),
            daemon: DaemonKeys::default(),
        }
    }

    /// Reads the upstreams in their order; those with a fault are left out.
    pub(crate) fn read_all(reader: &mut Reader<'_>, overrides: &Overrides) -> Vec<Self> {
        if overrides.pool.is_some() {
            let pool = reader.section_of_flags("pool", "--pool", Self::read);
            return pool.into_iter().collect();
        }
        let pools = reader.sections("pool", MOST_POOLS, Self::read);
        if pools.is_empty() && reader.is_whole() {
            Self::report_none(reader, overrides);
        }
        pools.into_iter().flatten().collect()
    }

    fn report_none(reader: &mut Reader<'_>, overrides: &Overrides) {
        let mut flags = [("--user", &overrides.user), ("--pass", &overrides.pass)]
            .into_iter()
            .filter(|(_, value)| value.is_some())
            .peekable();
        if overrides.require_pool && flags.peek().is_none() {
            let message = "is missing: add a [[pool]] with `url` and `user`, or give --pool and \
                           --user";
            reader.fault(crate::Place::Whole, Some("pool".to_owned()), message);
        }
        for (flag, _) in flags {
            let message = "has no [[pool]] to apply to; give --pool too";
            reader.fault(crate::Place::Flag(flag), None, message);
        }
    }

    fn read(section: &mut Section<'_, '_>) -> Option<Self> {
        let url = section.required(
            "url",
            "write where the pool is, such as \"stratum+ssl://pool.example:443\"",
            accept::parsed,
        );
        let user = section.required(
            "user",
            "write the wallet that the pool pays (the flag is --user)",
            accept::parsed,
        );
        let pass = section.optional("pass", accept::secret);
        let route = section.optional("route", route::label);
        let rig_id = section.optional("rig_id", accept::name);
        let tls_fingerprint = section.optional("tls_fingerprint", accept::parsed);
        let keepalives = Duration::from_millis(100)..=Duration::from_secs(3600);
        let keepalive = section.optional("keepalive", accept::or_off(accept::duration(keepalives)));
        let max_sessions = section.optional("max_sessions", accept::whole(1..=4096));
        let ban_window = section.optional("ban_window", accept::choice(&BAN_WINDOWS));
        let dialect = section.optional("dialect", accept::choice(&DIALECTS));
        let proxy = section.optional("proxy", accept::parsed);
        let ip = section.optional("ip", accept::choice(&IP_VERSIONS));
        let source = section.optional("source", accept::ip_address);
        let allow_reconnect_to = section.list(
            "allow_reconnect_to",
            Vec::new(),
            MOST_RECONNECT_HOSTS,
            accept::parsed,
        );
        let algorithms = section.list("algorithms", moneros(), MOST_ALGORITHMS, accept::algorithm);
        let daemon = DaemonKeys::read(section);

        let default = Self::new(url?, user?);
        let default = Self {
            route: route.unwrap_or(default.route),
            ..default
        };
        let is_daemon = default.url.kind() == PoolKind::Daemon;
        refuse_others(section, is_daemon);
        if is_daemon {
            check_daemon(section, &default.user, &daemon, proxy.is_some());
        }
        if tls_fingerprint.is_some() && !default.url.is_tls() {
            section.fault(
                "tls_fingerprint",
                "pins a certificate, but `url` has no TLS: write \"stratum+ssl://\" there, or \
                 \"daemon+https://\" for a monerod, or leave the fingerprint out",
            );
        }
        way::check(
            section,
            &default.url,
            proxy.as_ref(),
            ip.unwrap_or(default.ip),
            source,
        );
        Some(Self {
            proxy,
            ip: ip.unwrap_or(default.ip),
            source,
            allow_reconnect_to,
            algorithms,
            pass: pass.unwrap_or(default.pass),
            rig_id,
            tls_fingerprint,
            keepalive: keepalive.unwrap_or(default.keepalive),
            max_sessions: max_sessions.unwrap_or(default.max_sessions),
            ban_window: ban_window.unwrap_or(default.ban_window),
            dialect: dialect.unwrap_or(default.dialect),
            url: default.url,
            user: default.user,
            route: default.route,
            daemon,
        })
    }
}

/// Faults for what a monerod can't be given.
fn check_daemon(section: &mut Section<'_, '_>, user: &User, daemon: &DaemonKeys, has_proxy: bool) {
    if let Err(why) = user.as_address() {
        section.fault("user", why);
    }
    if daemon.rpc_user.is_some() != daemon.rpc_pass.is_some() {
        let (there, missing) = match daemon.rpc_user {
            Some(_) => ("rpc_user", "rpc_pass"),
            None => ("rpc_pass", "rpc_user"),
        };
        section.fault(there, format!("needs `{missing}` beside it"));
    }
    if daemon.zmq.is_some() && has_proxy {
        section.fault(
            "zmq",
            "does not go through `proxy`: leave it out, so that the node is asked every `poll`",
        );
    }
}

/// Monero's algorithms.
fn moneros() -> Vec<String> {
    ["rx/0", "rx/2"].map(str::to_owned).to_vec()
}

/// Faults for keys that do nothing at an upstream of this kind.
fn refuse_others(section: &mut Section<'_, '_>, is_daemon: bool) {
    let (keys, why): (&[&'static str], _) = if is_daemon {
        (&OF_POOLS, "means nothing to a monerod: remove it")
    } else {
        (
            &OF_DAEMONS,
            "concerns a monerod (\"daemon+http://\") only: remove it",
        )
    };
    for key in keys {
        if section.is_given(key) {
            section.fault(key, why);
        }
    }
}
