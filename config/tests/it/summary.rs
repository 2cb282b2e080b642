//! What `check` shows, and what it warns of.

use zartrux_config::{Overrides, Settings};

fn read(text: &str) -> Settings {
    Settings::from_toml(text, &Overrides::default()).unwrap_or_else(|faults| panic!("{faults}"))
}

#[test]
fn the_summary_shows_every_setting_and_no_secret() {
    let wallet = format!("4{}Z", "a".repeat(93));
    let settings = read(&format!(
        "[miners]\nlisten = [\"0.0.0.0:1\", \"[::]:1\"]\nshare_goal = \"off\"\n\
         [[pool]]\nurl = \"stratum+ssl://pool.example:443\"\nuser = \"{wallet}.rig\"\npass = \"hunter2\"\n\
         [monitor]\nlisten = \"off\"\n"
    ));
    let expected = r#"[node]
lanes = 1
data = "data"
log = "info"
log_format = "text"
drain = "10s"
memory_ceiling = "off"
watch = true

[miners]
listen = ["0.0.0.0:1", "[::]:1"]
tls_listen = []
tls_certificate = none: one is made and kept in the data folder
tls_key = none: one is made and kept in the data folder
login_timeout = "10s"
login_hold = "5s"
idle_timeout = "10m"
max_connections = 100000
max_shares_in_flight = 65536
unsent_limit = "64KiB"
buffer_limit = "64MiB"
stall_timeout = "1m"
lines_per_second = 1000
share_goal = "off"
min_difficulty = 1000
password = none
credentials = "off"
allow = []
deny = []
proxy_protocol_from = []
connections_per_address = "off"
connects_per_minute = "off"
logins_per_minute = "off"
failed_logins_per_minute = 60

[[pool]]
url = "stratum+ssl://pool.example:443"
user = "4aaa…aaaZ.rig"
route = "main"
pass = [redacted]
rig_id = none
tls_fingerprint = none: the system's roots decide
keepalive = "1m"
max_sessions = 256
ban_window = "nodejs-pool"
dialect = "stratum"
proxy = none
ip = "any"
source = none
allow_reconnect_to = []
algorithms = ["rx/0", "rx/2"]

[failover]
connect_timeout = "20s"
response_timeout = "20s"
job_timeout = "30m"
retry = "5s"
retry_max = "1m"
failback_after = "1m"
standby = true
grace = "10s"
dns_ttl = "30s"

[filters]
enabled = true
alpha = 1e-6
max_rigs = 100000
forget_after = "7d"

[prove]
mode = "light"
threads = 0
queue = 1024
deadline = "250ms"
deadline_unknown = "3s"
quarantine_deadline = "30s"
sample = 0.05
budget = 0.5

[store]
enabled = true
ack = "durable"
ack_wait = "20ms"
queue = 65536
keep = "30d"
max_size = "10GiB"
keep_minutes = "7d"
keep_hours = "90d"
keep_days = "3650d"
node = 0

[rigs]
expect = "seen"
expected = []
late_after = "5m"
silent_after = "15m"

[learn]
enabled = true
at_hour = 3
window = 250000
min_shares = 2000
look_every = "10m"
shadow = "1d"
ranking = true
seed = 1
node = "off"

[monitor]
listen = "off"
shares_kept = 4096
rig_metrics = 0
read_tokens = []
admin_tokens = []
anonymous = "everything"
hosts = []
tls_certificate = none: plain HTTP
tls_key = none: plain HTTP

[alerts]
enabled = true
mute = []
hold = "30s"
clear = "1m"
group_wait = "10s"
refusal_rate = 0.05
refusal_window = "10m"
disk_free = "1GiB"
prover_wait = "5s"
webhook = "off"
webhook_secret = none
mail_server = "off"
mail_tls = "tls"
mail_user = none
mail_password = none
mail_from = none
mail_to = []
heartbeat = "off"
heartbeat_every = "1m"

[bridge]
enabled = false
publish = "tcp://127.0.0.1:5551"
predict = "tcp://127.0.0.1:5552"
plans = "tcp://127.0.0.1:5553"
curve_secret_key = none
allow_keys = []
queue = 10000
send_queue = 1000
"#;
    assert_eq!(settings.summary(), expected);
    let debug = format!("{settings:?}");
    assert!(
        !debug.contains("hunter2") && !debug.contains(&wallet),
        "{debug}"
    );
}

#[test]
fn the_defaults_with_a_pool_give_no_warning() {
    let text = "[[pool]]\nurl = \"stratum+tcp://a:1\"\nuser = \"w\"\n";
    assert_eq!(read(text).warnings(), Vec::<String>::new());
}

#[test]
fn what_may_not_be_meant_is_warned_of() {
    let pool = "[[pool]]\nurl = \"stratum+tcp://a:1\"\nuser = \"w\"\n";
    let cases = [
        (
            "[monitor]\nlisten = \"0.0.0.0:80\"\nanonymous = \"read\"".to_owned(),
            "monitor.listen: 0.0.0.0:80 can be reached",
        ),
        (
            "[monitor]\nlisten = \"[::]:80\"\nanonymous = \"read\"".to_owned(),
            "monitor.listen: [::]:80 can be reached",
        ),
        (
            "[monitor]\nlisten = \"10.1.2.3:80\"\nanonymous = \"read\"".to_owned(),
            "monitor.listen: 10.1.2.3:80 can be",
        ),
        (
            format!(
                "[monitor]\nlisten = \"10.1.2.3:80\"\nread_tokens = [\"{}\"]",
                "ab".repeat(32)
            ),
            "monitor.tls_certificate: is not set, so that tokens cross",
        ),
        (
            "[miners]\ntls_certificate = \"c\"\ntls_key = \"k\"".to_owned(),
            "miners.tls_certificate: has no effect",
        ),
        (
            "[miners]\nproxy_protocol_from = [\"::/0\"]".to_owned(),
            "miners.proxy_protocol_from: lets everybody say",
        ),
        (
            "[[pool]]\nurl = \"stratum+tcp://a:1\"\nuser = \"YOUR_WALLET\"".to_owned(),
            "pool[0].user: is still the example's",
        ),
        (
            format!("{pool}{pool}"),
            "pool[1]: is the same upstream as pool[0]",
        ),
        (
            "[failover]\njob_timeout = \"1m\"".to_owned(),
            "failover.job_timeout: is below",
        ),
        (
            "[prove]\nmode = \"off\"".to_owned(),
            "prove.mode: is \"off\"",
        ),
    ];
    for (text, start) in cases {
        let warnings = read(&text).warnings();
        assert_eq!(warnings.len(), 1, "{text}: {warnings:?}");
        assert!(warnings[0].starts_with(start), "{text}: {warnings:?}");
    }
}

#[test]
fn a_monitor_on_this_machine_alone_is_no_cause_for_a_warning() {
    for address in [
        "127.0.0.1:80",
        "127.8.8.8:80",
        "[::1]:80",
        "[::ffff:127.0.0.1]:80",
        "off",
    ] {
        let text = format!("[monitor]\nlisten = \"{address}\"");
        assert_eq!(read(&text).warnings(), Vec::<String>::new(), "{address}");
    }
}
