//! Every key acts: it is set alone, and the settings differ from the defaults in that one field.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use zartrux_config::{
    Ack, Anonymous, BanWindow, ByteSize, CurveSecret, Expect, LogFormat, MailTls, Overrides, Pool,
    Probability, ProveMode, Secret, Settings, TlsFiles, TokenDigest,
};

const POOL: &str = "[[pool]]\nurl = \"stratum+ssl://pool.example:443\"\nuser = \"wallet\"\n";

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn read(text: &str) -> Settings {
    Settings::from_toml(text, &Overrides::default()).unwrap_or_else(|faults| panic!("{faults}"))
}

/// A key with a value that is not its default, and what that does to the settings.
type Case = (&'static str, &'static str, fn(&mut Settings));

const NODE: &[Case] = &[
    ("lanes", "64", |s| s.node.lanes = 64),
    ("data", "\"/srv/z\"", |s| {
        s.node.data = PathBuf::from("/srv/z");
    }),
    ("log", "\"warn,zartrux=debug\"", |s| {
        s.node.log = "warn,zartrux=debug".parse().unwrap();
    }),
    ("log_format", "\"json\"", |s| {
        s.node.log_format = LogFormat::Json;
    }),
    ("drain", "\"0s\"", |s| s.node.drain = Duration::ZERO),
    ("memory_ceiling", "\"2GiB\"", |s| {
        s.node.memory_ceiling = Some(ByteSize::new(2 << 30));
    }),
    ("watch", "false", |s| s.node.watch = false),
];

const MINERS: &[Case] = &[
    ("listen", "[\"127.0.0.1:0\", \"[::1]:4000\"]", |s| {
        s.miners.listen = ["127.0.0.1:0", "[::1]:4000"]
            .map(|a| a.parse().unwrap())
            .to_vec();
    }),
    ("tls_listen", "[\"0.0.0.0:3443\"]", |s| {
        s.miners.tls_listen = vec!["0.0.0.0:3443".parse().unwrap()];
    }),
    ("tls_certificate", "\"c.pem\"\ntls_key = \"k.pem\"", |s| {
        s.miners.tls_files = Some(TlsFiles {
            certificate: PathBuf::from("c.pem"),
            key: PathBuf::from("k.pem"),
        });
    }),
    ("tls_key", "\"2.pem\"\ntls_certificate = \"1.pem\"", |s| {
        s.miners.tls_files = Some(TlsFiles {
            certificate: PathBuf::from("1.pem"),
            key: PathBuf::from("2.pem"),
        });
    }),
    ("login_timeout", "\"15s\"", |s| {
        s.miners.login_timeout = seconds(15);
    }),
    ("login_hold", "\"250ms\"", |s| {
        s.miners.login_hold = Duration::from_millis(250);
    }),
    ("idle_timeout", "\"1h\"", |s| {
        s.miners.idle_timeout = seconds(3600);
    }),
    ("max_connections", "1_000_000", |s| {
        s.miners.max_connections = 1_000_000;
    }),
    ("max_shares_in_flight", "1", |s| {
        s.miners.max_shares_in_flight = 1;
    }),
    ("unsent_limit", "\"1MiB\"", |s| {
        s.miners.unsent_limit = ByteSize::new(1 << 20);
    }),
    ("buffer_limit", "\"1GiB\"", |s| {
        s.miners.buffer_limit = ByteSize::new(1 << 30);
    }),
    ("stall_timeout", "\"5m\"", |s| {
        s.miners.stall_timeout = seconds(300);
    }),
    ("lines_per_second", "\"off\"", |s| {
        s.miners.lines_per_second = None;
    }),
    ("share_goal", "\"off\"", |s| s.miners.share_goal = None),
    ("min_difficulty", "1", |s| s.miners.min_difficulty = 1),
    ("password", "\"hunter2\"", |s| {
        s.miners.access.password = Some(Secret::new("hunter2"));
    }),
    ("credentials", "\"rigs\"", |s| {
        s.miners.access.credentials = Some(PathBuf::from("rigs"));
    }),
    ("allow", "[\"10.0.0.0/8\", \"::1\"]", |s| {
        s.miners.access.allow = ["10.0.0.0/8", "::1/128"]
            .map(|net| net.parse().unwrap())
            .to_vec();
    }),
    ("deny", "[\"::ffff:192.0.2.7\"]", |s| {
        s.miners.access.deny = vec!["192.0.2.7/32".parse().unwrap()];
    }),
    ("proxy_protocol_from", "[\"192.0.2.7\"]", |s| {
        s.miners.access.proxy_protocol_from = vec!["192.0.2.7/32".parse().unwrap()];
    }),
    ("connections_per_address", "1", |s| {
        s.miners.access.connections_per_address = Some(1);
    }),
    ("connects_per_minute", "1_000_000", |s| {
        s.miners.access.connects_per_minute = Some(1_000_000);
    }),
    ("logins_per_minute", "60", |s| {
        s.miners.access.logins_per_minute = Some(60);
    }),
    ("failed_logins_per_minute", "\"off\"", |s| {
        s.miners.access.failed_logins_per_minute = None;
    }),
];

const UPSTREAM: &[Case] = &[
    ("pass", "\"secret\"", |s| {
        s.pools[0].pass = Secret::new("secret");
    }),
    ("route", "\"solo-2\"", |s| {
        s.pools[0].route = "solo-2".to_owned();
    }),
    ("rig_id", "\"farm\"", |s| {
        s.pools[0].rig_id = Some("farm".to_owned());
    }),
    (
        "tls_fingerprint",
        "\"0102030405060708090A0B0C0D0E0F101112131415161718191a1b1c1d1e1f20\"",
        |s| {
            let bytes = std::array::from_fn(|n| u8::try_from(n + 1).unwrap());
            s.pools[0].tls_fingerprint = Some(zartrux_config::Fingerprint::new(bytes));
        },
    ),
    ("keepalive", "\"off\"", |s| s.pools[0].keepalive = None),
    ("max_sessions", "4", |s| s.pools[0].max_sessions = 4),
    ("ban_window", "\"none\"", |s| {
        s.pools[0].ban_window = BanWindow::None;
    }),
    ("dialect", "\"template-le\"", |s| {
        s.pools[0].dialect = zartrux_config::Dialect::TemplateLe;
    }),
    ("proxy", "\"socks5://me:secret@127.0.0.1:9050\"", |s| {
        let proxy = "socks5://me:secret@127.0.0.1:9050";
        s.pools[0].proxy = Some(proxy.parse().unwrap());
    }),
    ("ip", "\"prefer-v6\"", |s| {
        s.pools[0].ip = zartrux_config::IpVersion::PreferV6;
    }),
    ("source", "\"192.0.2.7\"", |s| {
        s.pools[0].source = Some([192, 0, 2, 7].into());
    }),
    ("allow_reconnect_to", "[\"eu.pool.example\"]", |s| {
        s.pools[0].allow_reconnect_to = vec!["eu.pool.example".parse().unwrap()];
    }),
    ("algorithms", "[\"RandomX\", \"cn/r\"]", |s| {
        s.pools[0].algorithms = ["randomx", "cn/r"].map(str::to_owned).to_vec();
    }),
];

/// A monerod with a login, since its two keys go together.
const DAEMON_POOL: &str = "[[pool]]\nurl = \"daemon+http://127.0.0.1:18081\"\nuser = \
    \"44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A\"\n";

const DAEMON: &[Case] = &[
    ("rpc_user", "\"rpc\"\nrpc_pass = \"p\"", |s| {
        s.pools[0].daemon.rpc_user = Some("rpc".to_owned());
        s.pools[0].daemon.rpc_pass = Some(Secret::new("p"));
    }),
    ("rpc_pass", "\"q\"\nrpc_user = \"rpc\"", |s| {
        s.pools[0].daemon.rpc_user = Some("rpc".to_owned());
        s.pools[0].daemon.rpc_pass = Some(Secret::new("q"));
    }),
    ("zmq", "\"tcp://127.0.0.1:18083\"", |s| {
        s.pools[0].daemon.zmq = Some("tcp://127.0.0.1:18083".parse().unwrap());
    }),
    ("poll", "\"100ms\"", |s| {
        s.pools[0].daemon.poll = Duration::from_millis(100);
    }),
    ("proxy", "\"socks5://127.0.0.1:9050\"", |s| {
        s.pools[0].proxy = Some("socks5://127.0.0.1:9050".parse().unwrap());
    }),
    ("ip", "\"v4\"", |s| {
        s.pools[0].ip = zartrux_config::IpVersion::V4;
    }),
    ("source", "\"127.0.0.1\"", |s| {
        s.pools[0].source = Some("127.0.0.1".parse().unwrap());
    }),
];

const ROUTE: &[Case] = &[
    ("weight", "70", |s| s.routes[0].weight = 70.0),
    ("worth", "0.25", |s| s.routes[0].worth = Some(0.25)),
    ("rigs", "[\"a-*\", \"@r\"]", |s| {
        s.routes[0].rigs = vec!["a-*".to_owned(), "@r".to_owned()];
    }),
    ("schedule", "[\"Mon-Fri 22:00-06:00\"]", |s| {
        let text = "Mon-Fri 22:00-06:00";
        s.routes[0].schedule = vec![(text.to_owned(), text.parse().unwrap())];
    }),
    ("utc_offset", "\"-03:30\"", |s| {
        s.routes[0].utc_offset = "-03:30".parse().unwrap();
    }),
];

const GROUP: &[Case] = &[("rigs", "[\"r1-*\"]", |s| {
    s.groups[0].rigs = vec!["r1-*".to_owned()];
})];

const FAILOVER: &[Case] = &[
    ("connect_timeout", "\"1s\"", |s| {
        s.failover.connect_timeout = seconds(1);
    }),
    ("response_timeout", "\"2s\"", |s| {
        s.failover.response_timeout = seconds(2);
    }),
    ("job_timeout", "\"10m\"", |s| {
        s.failover.job_timeout = seconds(600);
    }),
    ("retry", "\"1ms\"", |s| {
        s.failover.retry = Duration::from_millis(1);
    }),
    ("retry_max", "\"24h\"", |s| {
        s.failover.retry_max = seconds(86_400);
    }),
    ("failback_after", "\"0s\"", |s| {
        s.failover.failback_after = Duration::ZERO;
    }),
    ("standby", "false", |s| s.failover.standby = false),
    ("grace", "\"1m\"", |s| s.failover.grace = seconds(60)),
    ("dns_ttl", "\"2m\"", |s| s.failover.dns_ttl = seconds(120)),
];

const FILTERS: &[Case] = &[
    ("enabled", "false", |s| s.filters.enabled = false),
    ("alpha", "0.1", |s| {
        s.filters.alpha = Probability::new(0.1).unwrap();
    }),
    ("max_rigs", "1", |s| s.filters.max_rigs = 1),
    ("forget_after", "\"36h\"", |s| {
        s.filters.forget_after = seconds(36 * 3600);
    }),
];

const PROVE: &[Case] = &[
    ("mode", "\"fast\"", |s| s.prove.mode = ProveMode::Fast),
    ("threads", "256", |s| s.prove.threads = 256),
    ("queue", "1", |s| s.prove.queue = 1),
    ("deadline", "\"0s\"", |s| s.prove.deadline = Duration::ZERO),
    ("deadline_unknown", "\"250ms\"", |s| {
        s.prove.deadline_unknown = Duration::from_millis(250);
    }),
    ("quarantine_deadline", "\"1m\"", |s| {
        s.prove.quarantine_deadline = seconds(60);
    }),
    ("budget", "1", |s| s.prove.budget = Probability::ONE),
    ("sample", "0.25", |s| {
        s.prove.sample = Probability::new(0.25).unwrap();
    }),
];

const DIGESTS: &str = "[\"abababababababababababababababababababababababababababababababab\"]";

fn digest() -> TokenDigest {
    TokenDigest::new([0xab; 32])
}

const MONITOR: &[Case] = &[
    ("listen", "\"off\"", |s| s.monitor.listen = None),
    ("shares_kept", "0", |s| s.monitor.shares_kept = 0),
    ("rig_metrics", "10000", |s| s.monitor.rig_metrics = 10_000),
    ("read_tokens", DIGESTS, |s| {
        s.monitor.access.read_tokens = vec![digest()];
        s.monitor.access.anonymous = Anonymous::Nothing;
    }),
    ("admin_tokens", DIGESTS, |s| {
        s.monitor.access.admin_tokens = vec![digest()];
        s.monitor.access.anonymous = Anonymous::Nothing;
    }),
    ("anonymous", "\"read\"", |s| {
        s.monitor.access.anonymous = Anonymous::Read;
    }),
    ("hosts", "[\"Monitor.example\"]", |s| {
        s.monitor.hosts = vec!["monitor.example".parse().unwrap()];
    }),
    ("tls_certificate", "\"c\"\ntls_key = \"k\"", |s| {
        s.monitor.tls_files = Some(TlsFiles {
            certificate: "c".into(),
            key: "k".into(),
        });
    }),
    ("tls_key", "\"k\"\ntls_certificate = \"c\"", |s| {
        s.monitor.tls_files = Some(TlsFiles {
            certificate: "c".into(),
            key: "k".into(),
        });
    }),
];

/// What a mail server needs beside itself.
const MAIL: &str = "\nmail_from = \"z@farm.example\"\nmail_to = [\"ops@farm.example\"]";

fn with_mail(s: &mut Settings) {
    s.alerts.mail_server = Some("mail.example:465".parse().unwrap());
    s.alerts.mail_from = Some("z@farm.example".parse().unwrap());
    s.alerts.mail_to = vec!["ops@farm.example".parse().unwrap()];
}

const ALERTS: &[Case] = &[
    ("enabled", "false", |s| s.alerts.enabled = false),
    ("mute", "[\"rig_silent\", \"failover\"]", |s| {
        s.alerts.mute = vec!["rig_silent", "failover"];
    }),
    ("hold", "\"0s\"", |s| s.alerts.hold = Duration::ZERO),
    ("clear", "\"1s\"", |s| s.alerts.clear = seconds(1)),
    ("group_wait", "\"0s\"", |s| {
        s.alerts.group_wait = Duration::ZERO;
    }),
    ("refusal_rate", "0.5", |s| {
        s.alerts.refusal_rate = Probability::new(0.5).unwrap();
    }),
    ("refusal_window", "\"1h\"", |s| {
        s.alerts.refusal_window = seconds(3600);
    }),
    ("disk_free", "\"10GiB\"", |s| {
        s.alerts.disk_free = ByteSize::new(10 << 30);
    }),
    ("prover_wait", "\"1s\"", |s| {
        s.alerts.prover_wait = seconds(1);
    }),
    ("webhook", "\"https://hook.example/token\"", |s| {
        s.alerts.webhook = Some("https://hook.example/token".parse().unwrap());
    }),
    (
        "webhook_secret",
        "\"quite a long secret\"\nwebhook = \"https://hook.example/\"",
        |s| {
            s.alerts.webhook = Some("https://hook.example/".parse().unwrap());
            s.alerts.webhook_secret = Some(Secret::new("quite a long secret"));
        },
    ),
    ("heartbeat", "\"https://beat.example/token\"", |s| {
        s.alerts.heartbeat = Some("https://beat.example/token".parse().unwrap());
    }),
    ("heartbeat_every", "\"5m\"", |s| {
        s.alerts.heartbeat_every = seconds(300);
    }),
];

/// Keys of `[alerts]` that need a mail server beside them.
const ALERTS_MAIL: &[Case] = &[
    ("mail_tls", "\"starttls\"", |s| {
        s.alerts.mail_tls = MailTls::StartTls;
    }),
    ("mail_user", "\"z\"\nmail_password = \"p\"", |s| {
        s.alerts.mail_user = Some("z".to_owned());
        s.alerts.mail_password = Some(Secret::new("p"));
    }),
    ("mail_password", "\"q\"\nmail_user = \"y\"", |s| {
        s.alerts.mail_user = Some("y".to_owned());
        s.alerts.mail_password = Some(Secret::new("q"));
    }),
];

const STORE: &[Case] = &[
    ("enabled", "false", |s| s.store.enabled = false),
    ("ack", "\"fast\"", |s| s.store.ack = Ack::Fast),
    ("ack_wait", "\"10s\"", |s| s.store.ack_wait = seconds(10)),
    ("queue", "64", |s| s.store.queue = 64),
    ("keep", "\"off\"", |s| s.store.keep = None),
    ("max_size", "\"64MiB\"", |s| {
        s.store.max_size = ByteSize::new(64 << 20);
    }),
    ("keep_minutes", "\"1d\"", |s| {
        s.store.keep_minutes = seconds(86_400);
    }),
    ("keep_hours", "\"2d\"", |s| {
        s.store.keep_hours = seconds(2 * 86_400);
    }),
    ("keep_days", "\"36500d\"", |s| {
        s.store.keep_days = seconds(36_500 * 86_400);
    }),
    ("node", "65535", |s| s.store.node = 65_535),
];

const RIGS: &[Case] = &[
    ("expect", "\"listed\"", |s| s.rigs.expect = Expect::Listed),
    ("expected", "[\"a\", \"b/c\"]", |s| {
        s.rigs.expected = vec!["a".to_owned(), "b/c".to_owned()];
    }),
    ("late_after", "\"1s\"", |s| s.rigs.late_after = seconds(1)),
    ("silent_after", "\"1d\"", |s| {
        s.rigs.silent_after = seconds(86_400);
    }),
];

const LEARN: &[Case] = &[
    ("enabled", "false", |s| s.learn.enabled = false),
    ("at_hour", "23", |s| s.learn.at_hour = 23),
    ("window", "5000000", |s| s.learn.window = 5_000_000),
    ("min_shares", "100", |s| s.learn.min_shares = 100),
    ("look_every", "\"1s\"", |s| s.learn.look_every = seconds(1)),
    ("shadow", "\"0s\"", |s| s.learn.shadow = Duration::ZERO),
    ("ranking", "false", |s| s.learn.ranking = false),
    ("seed", "9223372036854775807", |s| {
        s.learn.seed = 9_223_372_036_854_775_807;
    }),
    ("node", "\"http://127.0.0.1:18081\"", |s| {
        s.learn.node = Some("http://127.0.0.1:18081".parse().unwrap());
    }),
];

const BRIDGE: &[Case] = &[
    ("enabled", "true", |s| s.bridge.enabled = true),
    ("publish", "\"ipc:///run/z/events\"", |s| {
        s.bridge.publish = Some("ipc:///run/z/events".parse().unwrap());
    }),
    ("predict", "\"off\"", |s| s.bridge.predict = None),
    ("plans", "\"tcp://[::1]:7\"", |s| {
        s.bridge.plans = Some("tcp://[::1]:7".parse().unwrap());
    }),
    ("queue", "16", |s| s.bridge.queue = 16),
    ("send_queue", "1", |s| s.bridge.send_queue = 1),
];

const SERVER_KEY: &str = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6";
const CLIENT_KEY: &str = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";

/// Keys of `[bridge]` that need each other.
const BRIDGE_KEYS: &[Case] = &[
    (
        "curve_secret_key",
        "\"JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6\"\nallow_keys = [\"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\"]",
        |s| {
            s.bridge.curve_secret_key = Some(SERVER_KEY.parse().unwrap());
            s.bridge.allow_keys = vec![CLIENT_KEY.parse().unwrap()];
        },
    ),
    (
        "allow_keys",
        "[\"JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6\"]\ncurve_secret_key = \"file:k\"",
        |s| {
            s.bridge.curve_secret_key = Some(CurveSecret::File(PathBuf::from("k")));
            s.bridge.allow_keys = vec![SERVER_KEY.parse().unwrap()];
        },
    ),
];

/// Sets each key of a section, given the text before it and what that text means.
fn each_acts(before: &str, base: &Settings, cases: &[Case]) {
    for (key, value, change) in cases {
        let mut expected = base.clone();
        change(&mut expected);
        assert_ne!(
            expected, *base,
            "{key} is set to its default: the test shows nothing"
        );
        assert_eq!(
            read(&format!("{before}{key} = {value}\n")),
            expected,
            "{key}"
        );
        let differ = base.changes(&expected);
        // Some keys are only there together with others; tokens change what `anonymous = "auto"` is.
        let given = 1 + value.matches('\n').count();
        let others = if key.ends_with("_tokens") { 2 } else { given };
        assert_eq!(differ.len(), others, "{key}: {differ:?}");
        let ending = format!(".{key}");
        assert!(
            differ.iter().any(|change| change.key.ends_with(&ending)),
            "{key}: {differ:?}"
        );
    }
}

#[test]
fn each_key_outside_the_pools_acts() {
    let base = Settings::default();
    each_acts("[node]\n", &base, NODE);
    each_acts("[miners]\n", &base, MINERS);
    each_acts("[failover]\n", &base, FAILOVER);
    each_acts("[filters]\n", &base, FILTERS);
    each_acts("[prove]\n", &base, PROVE);
    each_acts("[store]\n", &base, STORE);
    each_acts("[rigs]\n", &base, RIGS);
    each_acts("[learn]\n", &base, LEARN);
    each_acts("[monitor]\n", &base, MONITOR);
    each_acts("[alerts]\n", &base, ALERTS);
    each_acts("[bridge]\n", &base, BRIDGE);
    each_acts("[bridge]\n", &base, BRIDGE_KEYS);
    let mut mailed = base;
    with_mail(&mut mailed);
    let before = format!("[alerts]\nmail_server = \"mail.example:465\"{MAIL}\n");
    assert_eq!(read(&before), mailed);
    each_acts(&before, &mailed, ALERTS_MAIL);
}

#[test]
fn each_key_of_a_route_and_of_a_group_acts() {
    // Read without a pool, which a route has otherwise.
    let before = "[[group]]\nname = \"r\"\n[[route]]\nname = \"x\"\n";
    each_acts(before, &read(before), ROUTE);
    let before = "[[group]]\nname = \"r\"\n";
    each_acts(before, &read(before), GROUP);
    let names = |text: &str| {
        let routes = read(text).effective_routes();
        routes.into_iter().map(|it| it.name).collect::<Vec<_>>()
    };
    assert!(names(POOL).is_empty() && names("").is_empty());
    let named = format!("{POOL}route = \"b\"\n{POOL}[[route]]\nname = \"b\"\n");
    assert_eq!(names(&named), ["b", "main"]);
}

#[test]
fn each_key_of_a_pool_acts() {
    let base = Settings {
        pools: vec![Pool::new(
            "stratum+ssl://pool.example:443".parse().unwrap(),
            "wallet".parse().unwrap(),
        )],
        ..Settings::default()
    };
    assert_eq!(read(POOL), base, "url and user");
    each_acts(POOL, &base, UPSTREAM);
}

#[test]
fn each_key_of_a_daemon_acts_and_none_of_a_pool() {
    let base = read(DAEMON_POOL);
    each_acts(DAEMON_POOL, &base, DAEMON);
    for (text, key) in [(DAEMON_POOL, "keepalive = \"1s\""), (POOL, "poll = \"1s\"")] {
        let text = format!("{text}{key}\n");
        let faults = Settings::from_toml(&text, &Overrides::default()).unwrap_err();
        assert!(faults.to_string().contains("remove it"), "{faults}");
    }
}

#[test]
fn the_cases_above_leave_no_key_out() {
    let tested = |cases: &[Case]| cases.iter().map(|case| case.0.to_owned()).collect();
    let mut all: BTreeSet<String> = BTreeSet::from(
        ["url", "user", "name", "mail_server", "mail_from", "mail_to"].map(str::to_owned),
    );
    for cases in [
        NODE,
        MINERS,
        UPSTREAM,
        ROUTE,
        GROUP,
        DAEMON,
        FAILOVER,
        FILTERS,
        PROVE,
        STORE,
        RIGS,
        LEARN,
        MONITOR,
        ALERTS,
        ALERTS_MAIL,
        BRIDGE,
        BRIDGE_KEYS,
    ] {
        let keys: BTreeSet<String> = tested(cases);
        all.extend(keys);
    }
    let routed = "[[route]]\nname = \"x\"\n[[group]]\nname = \"y\"\n";
    let summary = read(&format!("{POOL}route = \"x\"\n{routed}")).summary();
    let summary = summary + &read(DAEMON_POOL).summary();
    let listed = summary.lines().filter_map(|line| line.split_once(" = "));
    let listed: BTreeSet<String> = listed.map(|(key, _)| key.to_owned()).collect();
    assert_eq!(all, listed);
}

#[test]
fn pools_keep_the_order_of_the_file() {
    let settings = read(
        "[[pool]]\nurl = \"stratum+tcp://b.example:1\"\nuser = \"u\"\n\
         [[pool]]\nurl = \"stratum+tcp://a.example:2\"\nuser = \"v\"\n",
    );
    let hosts: Vec<_> = settings.pools.iter().map(|pool| pool.url.host()).collect();
    assert_eq!(hosts, ["b.example", "a.example"]);
}

#[test]
fn every_way_of_writing_toml_means_the_same() {
    let tables = read("[node]\nlanes = 2\n[[pool]]\nurl = \"stratum+tcp://a:1\"\nuser = \"u\"\n");
    let dotted = read("node.lanes = 0x2\npool = [{ url = 'stratum+tcp://a:1', user = \"u\" }]\n");
    let windows = read(
        "\u{feff}[node]\r\nlanes = 2\r\n[[pool]]\r\nurl = \"stratum+tcp://a:1\"\r\nuser = \"u\"\r\n",
    );
    assert_eq!(dotted, tables);
    assert_eq!(windows, tables);
}

#[test]
fn a_plain_number_is_a_size_in_bytes() {
    assert_eq!(
        read("[miners]\nunsent_limit = 8192\n").miners.unsent_limit,
        ByteSize::new(8192)
    );
}

#[test]
fn the_ends_of_a_probability_may_be_written_whole() {
    assert_eq!(read("[prove]\nsample = 1\n").prove.sample, Probability::ONE);
    assert_eq!(
        read("[prove]\nsample = 0\n").prove.sample,
        Probability::ZERO
    );
}
