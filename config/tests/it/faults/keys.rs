//! Keys that do not exist, or not together.

use zartrux_config::{Overrides, Settings};

use super::{POOL, one_fault};

/// Its notices would show the farm's address.
const DAEMON_OVER_PROXY: &str = concat!(
    "url = \"daemon+http://a:1\"\nuser = \"",
    "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A",
    "\"\nproxy = \"socks5://127.0.0.1:9050\"\nzmq = \"tcp://127.0.0.1:18083\"",
);

#[test]
fn a_pool_is_checked_key_by_key() {
    let cases = [
        (
            "url = \"pool.example:3333\"\nuser = \"w\"",
            2,
            "pool[0].url",
            "\"stratum+tcp://pool.example:3333\"",
        ),
        (
            "url = \"daemon+http://127.0.0.1:18081\"\nuser = \"w\"",
            3,
            "pool[0].user",
            "address alone",
        ),
        (
            DAEMON_OVER_PROXY,
            5,
            "pool[0].zmq",
            "does not go through `proxy`",
        ),
        ("url = 5\nuser = \"w\"", 2, "pool[0].url", "text in quotes"),
        ("user = \"w\"", 1, "pool[0].url", "is missing"),
        (
            "url = \"stratum+tcp://a:1\"",
            1,
            "pool[0].user",
            "is missing",
        ),
        (
            "url = \"stratum+tcp://a:1\"\nuser = \"\"",
            3,
            "pool[0].user",
            "must not be empty",
        ),
        (
            "url = \"stratum+tcp://a:1\"\nuser = \"w w\"",
            3,
            "pool[0].user",
            "blanks",
        ),
        (
            "url = \"stratum+tcp://a:1\"\nuser = \"w\"\npass = 1",
            4,
            "pool[0].pass",
            "must be a text",
        ),
        (
            "url = \"stratum+tcp://a:1\"\nuser = \"w\"\npass = \"a\\nb\"",
            4,
            "pool[0].pass",
            "control characters",
        ),
        (
            "url = \"stratum+tcp://a:1\"\nuser = \"w\"\nrig_id = \"\"",
            4,
            "pool[0].rig_id",
            "must not be empty",
        ),
        (
            "url = \"stratum+tcp://a:1\"\nuser = \"w\"\nmax_sessions = 0",
            4,
            "pool[0].max_sessions",
            "from 1 to 4096",
        ),
        (
            "url = \"stratum+tcp://a.onion:1\"\nuser = \"w\"",
            2,
            "pool[0].url",
            "which only Tor reaches",
        ),
        (
            "url = \"stratum+tcp://a:1\"\nuser = \"w\"\nproxy = \"127.0.0.1:9050\"",
            4,
            "pool[0].proxy",
            "socks5://host:port",
        ),
        (
            "url = \"stratum+tcp://a:1\"\nuser = \"w\"\nip = \"v5\"",
            4,
            "pool[0].ip",
            "\"prefer-v4\"",
        ),
        (
            "url = \"stratum+tcp://A.ONION.:1\"\nuser = \"w\"",
            2,
            "pool[0].url",
            "which only Tor reaches",
        ),
        (
            "url = \"stratum+tcp://a:1\"\nuser = \"w\"\nip = \"v6\"\nsource = \"192.0.2.7\"",
            5,
            "pool[0].source",
            "other version than `ip`",
        ),
        (
            "url = \"stratum+tcp://[::1]:1\"\nuser = \"w\"\nsource = \"192.0.2.7\"",
            4,
            "pool[0].source",
            "the address in `url`",
        ),
        (
            "url = \"stratum+tcp://a:1\"\nuser = \"w\"\nproxy = \"socks5://127.0.0.1:9\"\nip = \"v6\"",
            5,
            "pool[0].ip",
            "the address in `proxy`",
        ),
        (
            "url = \"stratum+tcp://a:1\"\nuser = \"w\"\nsource = \"eth0\"",
            4,
            "pool[0].source",
            "an IP address",
        ),
        (
            "url = \"stratum+tcp://a:1\"\nuser = \"w\"\nallow_reconnect_to = [\"a:1\"]",
            4,
            "pool[0].allow_reconnect_to[0]",
            "without a port",
        ),
        (
            "url = \"stratum+tcp://a:1\"\nuser = \"w\"\ndialect = \"xnp\"",
            4,
            "pool[0].dialect",
            "\"template\"",
        ),
        (
            "url = \"stratum+tcp://a:1\"\nuser = \"w\"\nalgorithms = [\"rx/0\", \"rx/2,cn/r\"]",
            4,
            "pool[0].algorithms[1]",
            "the name of an algorithm",
        ),
        (
            "url = \"stratum+tcp://a:1\"\nuser = \"w\"\nkeepalive = \"on\"",
            4,
            "pool[0].keepalive",
            "\"off\" is possible too",
        ),
        (
            "url = \"stratum+ssl://a:1\"\nuser = \"w\"\ntls_fingerprint = \"ab\"",
            4,
            "pool[0].tls_fingerprint",
            "64 hex digits",
        ),
    ];
    for (keys, line, key, sentence) in cases {
        one_fault(&format!("[[pool]]\n{keys}\n"), line, key, sentence);
    }
    let second = format!("{POOL}[[pool]]\nuser = \"w\"\nurl = \"x\"\n");
    one_fault(&second, 6, "pool[1].url", "must be of the form");
}

#[test]
fn keys_that_contradict_each_other_are_refused() {
    let pin = "ab".repeat(32);
    let cases = [
        (
            "[miners]\nlisten = [\"127.0.0.1:1\", \"127.0.0.1:1\"]".to_owned(),
            2,
            "miners.listen[1]",
            "must not take the same port as `miners.listen[0]`",
        ),
        (
            "[miners]\nlisten = [\"0.0.0.0:1\"]\ntls_listen = [\"127.0.0.1:1\"]".to_owned(),
            3,
            "miners.tls_listen[0]",
            "`miners.listen[0]`",
        ),
        (
            "[miners]\nlisten = [\"127.0.0.1:8080\"]".to_owned(),
            2,
            "miners.listen[0]",
            "`monitor.listen`: 127.0.0.1:8080 and 127.0.0.1:8080",
        ),
        (
            format!(
                "[[pool]]\nurl = \"daemon+http://127.0.0.1:1\"\nuser = \"4{}\"\n[prove]\nmode = \"off\"",
                "A".repeat(94)
            ),
            2,
            "pool[0].url",
            "merely claimed",
        ),
        (
            "[monitor]\nlisten = \"0.0.0.0:80\"".to_owned(),
            2,
            "monitor.listen",
            "`zartrux token` makes one",
        ),
        (
            "[monitor]\nlisten = \"0.0.0.0:80\"\nadmin_tokens = []".to_owned(),
            2,
            "monitor.listen",
            "write a token's digest",
        ),
        (
            "[monitor]\nlisten = \"0.0.0.0:80\"\nanonymous = \"everything\"".to_owned(),
            3,
            "monitor.anonymous",
            "must not be \"everything\"",
        ),
        (
            "[monitor]\nanonymous = \"nothing\"".to_owned(),
            2,
            "monitor.anonymous",
            "nobody could see anything",
        ),
        (
            format!("[monitor]\nread_tokens = [\"{pin}\"]\nadmin_tokens = [\"{pin}\"]"),
            3,
            "monitor.admin_tokens",
            "among `read_tokens` too",
        ),
        (
            "[monitor]\ntls_key = \"a\"".to_owned(),
            2,
            "monitor.tls_key",
            "needs `tls_certificate`",
        ),
        (
            "[monitor]\nlisten = \"127.0.0.1:3333\"".to_owned(),
            2,
            "monitor.listen",
            "`miners.listen[0]`: 127.0.0.1:3333 and 0.0.0.0:3333 (the default)",
        ),
        (
            "[miners]\nlisten = []".to_owned(),
            2,
            "miners.listen",
            "no miner could connect",
        ),
        (
            "[miners]\ntls_certificate = \"a\"".to_owned(),
            2,
            "miners.tls_certificate",
            "needs `tls_key`",
        ),
        (
            "[miners]\ntls_key = \"a\"".to_owned(),
            2,
            "miners.tls_key",
            "needs `tls_certificate`",
        ),
        (
            "[miners]\npassword = \"x\"\ncredentials = \"file\"".to_owned(),
            3,
            "miners.credentials",
            "cannot stand beside `password`",
        ),
        (
            "[prove]\ndeadline = \"5s\"".to_owned(),
            2,
            "prove.deadline_unknown",
            "must not be below `prove.deadline`: \"3s\" is less than \"5s\"",
        ),
        (
            "[prove]\ndeadline = \"2s\"\ndeadline_unknown = \"1s\"".to_owned(),
            3,
            "prove.deadline_unknown",
            "\"1s\" is less than \"2s\"",
        ),
        (
            "[failover]\nretry_max = \"1s\"".to_owned(),
            2,
            "failover.retry_max",
            "must not be below `failover.retry`",
        ),
        (
            format!("{POOL}tls_fingerprint = \"{pin}\""),
            4,
            "pool[0].tls_fingerprint",
            "`url` has no TLS",
        ),
    ];
    for (text, line, key, sentence) in cases {
        one_fault(&text, line, key, sentence);
    }
}

#[test]
fn addresses_that_do_not_meet_are_accepted() {
    let cases = [
        "[miners]\nlisten = [\"127.0.0.1:0\", \"127.0.0.1:0\"]\n[monitor]\nlisten = \"127.0.0.1:0\"",
        "[miners]\nlisten = [\"0.0.0.0:1\", \"[::]:1\"]",
        "[miners]\nlisten = [\"127.0.0.1:1\", \"127.0.0.2:1\"]",
        "[miners]\nlisten = []\ntls_listen = [\"0.0.0.0:1\"]",
    ];
    for text in cases {
        let outcome = Settings::from_toml(text, &Overrides::default());
        assert!(outcome.is_ok(), "{text}: {outcome:?}");
    }
}

#[test]
fn an_unknown_key_is_refused_with_a_guess() {
    let cases = [
        ("[node]\nlane = 2", "node.lane", "did you mean `lanes`?"),
        (
            "[miners]\nlogin-timeout = \"1s\"",
            "miners.login-timeout",
            "did you mean `login_timeout`?",
        ),
        (
            "[miners]\nmax_conections = 2",
            "miners.max_conections",
            "did you mean `max_connections`?",
        ),
        (
            "[node]\ngrace = \"1s\"",
            "node.grace",
            "`grace` belongs in [failover]",
        ),
        (
            "[failover]\nlisten = []",
            "failover.listen",
            "`listen` belongs in [miners] and [monitor]",
        ),
        (
            "[node]\nfavourite = \"blue\"",
            "node.favourite",
            "is not a setting of Zartrux",
        ),
        (
            "[node]\n\"a b\" = 1",
            "node.\"a b\"",
            "is not a setting of Zartrux",
        ),
        (
            "[node]\nlanes = 1\n[node.x]",
            "node.x",
            "is not a setting of Zartrux",
        ),
    ];
    for (text, key, sentence) in cases {
        let line = if key == "node.x" { 3 } else { 2 };
        one_fault(text, line, key, sentence);
    }
    one_fault("\n[noed]\nlanes = 2", 2, "noed", "did you mean `node`?");
    one_fault("[pools]\n", 1, "pools", "did you mean `pool`?");
    one_fault("lanes = 2", 1, "lanes", "`lanes` belongs in [node]");
    one_fault("[wallet]", 1, "wallet", "is not a section");
    let in_pool = format!("{POOL}tls-fingerprnt = \"\"");
    one_fault(
        &in_pool,
        4,
        "pool[0].tls-fingerprnt",
        "did you mean `tls_fingerprint`?",
    );
}

#[test]
fn a_section_of_the_wrong_shape_is_refused() {
    let single = POOL.replace("[[pool]]", "[pool]");
    one_fault(&single, 1, "pool", "in two brackets, as [[pool]]");
    one_fault("pool = 5", 1, "pool", "[[pool]]");
    one_fault("pool = [5]", 1, "pool[0]", "[[pool]]");
    one_fault("node = 5", 1, "node", "written [node]");
    one_fault("[[node]]\nlanes = 1", 1, "node", "written [node]");
}
