//! Flags take the place of keys, and their faults name the flag.

use std::path::PathBuf;

use zartrux_config::{Overrides, Place, ProveMode, Settings};

const FILE: &str = "[node]\nlanes = 2\n\
                    [[pool]]\nurl = \"stratum+ssl://first.example:443\"\nuser = \"one\"\npass = \"p\"\n\
                    [[pool]]\nurl = \"stratum+tcp://second.example:1\"\nuser = \"two\"\n";

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn each_flag_takes_the_place_of_its_key() {
    let overrides = Overrides {
        listen: vec!["127.0.0.1:1".to_owned(), "127.0.0.1:2".to_owned()],
        tls_listen: vec!["127.0.0.1:3".to_owned()],
        monitor: some("off"),
        data: some("/tmp/z"),
        prove: some("off"),
        lanes: Some(5),
        ..Overrides::default()
    };
    let settings = Settings::from_toml(FILE, &overrides).unwrap();
    assert_eq!(
        settings.miners.listen,
        ["127.0.0.1:1", "127.0.0.1:2"].map(|a| a.parse().unwrap())
    );
    assert_eq!(settings.miners.tls_listen, ["127.0.0.1:3".parse().unwrap()]);
    assert_eq!(settings.monitor.listen, None);
    assert_eq!(settings.node.data, PathBuf::from("/tmp/z"));
    assert_eq!(settings.prove.mode, ProveMode::Off);
    assert_eq!(settings.node.lanes, 5);
    assert_eq!(settings.pools.len(), 2);
}

#[test]
fn a_pool_flag_replaces_all_pools_of_the_file() {
    let overrides = Overrides {
        pool: some("stratum+tcp://127.0.0.1:3333"),
        user: some("me"),
        ..Overrides::default()
    };
    for text in ["", FILE, "[[pool]]\nurl = \"not checked\"\n"] {
        let settings = Settings::from_toml(text, &overrides).unwrap();
        assert_eq!(settings.pools.len(), 1);
        let pool = &settings.pools[0];
        assert_eq!(pool.url.to_string(), "stratum+tcp://127.0.0.1:3333");
        assert_eq!((pool.user.as_str(), pool.pass.expose()), ("me", "x"));
    }
}

#[test]
fn user_and_pass_alone_change_the_first_pool() {
    let overrides = Overrides {
        user: some("me"),
        pass: some("secret"),
        ..Overrides::default()
    };
    let settings = Settings::from_toml(FILE, &overrides).unwrap();
    let logins: Vec<_> = settings
        .pools
        .iter()
        .map(|pool| (pool.url.host(), pool.user.as_str(), pool.pass.expose()))
        .collect();
    assert_eq!(
        logins,
        [
            ("first.example".to_owned(), "me", "secret"),
            ("second.example".to_owned(), "two", "x"),
        ]
    );
}

#[test]
fn a_user_flag_completes_a_pool_of_the_file() {
    let text = "[[pool]]\nurl = \"stratum+tcp://a:1\"\n";
    let overrides = Overrides {
        user: some("me"),
        ..Overrides::default()
    };
    let settings = Settings::from_toml(text, &overrides).unwrap();
    assert_eq!(settings.pools[0].user.as_str(), "me");
}

#[test]
fn a_fault_in_a_flag_names_the_flag() {
    let overrides = Overrides {
        pool: some("pool.example:3333"),
        user: some(""),
        pass: some("a\nb"),
        listen: vec!["0.0.0.0:3333".to_owned(), "nowhere".to_owned()],
        tls_listen: vec!["x".to_owned()],
        monitor: some("localhost"),
        data: some(""),
        prove: some("lihgt"),
        lanes: Some(0),
        require_pool: true,
    };
    let faults = Settings::from_toml("", &overrides).unwrap_err();
    let printed = faults.to_string();
    let mut flags: Vec<_> = printed
        .lines()
        .map(|line| line.split_once(": ").unwrap().0)
        .collect();
    flags.sort_unstable();
    assert_eq!(
        flags,
        [
            "--data",
            "--lanes",
            "--listen",
            "--monitor",
            "--pass",
            "--pool",
            "--prove",
            "--tls-listen",
            "--user",
        ],
        "{printed}"
    );
    assert!(
        printed.contains("--listen: miners.listen[1]: must be an IP address"),
        "{printed}"
    );
}

#[test]
fn faults_of_flags_and_file_come_together() {
    let overrides = Overrides {
        lanes: Some(65),
        ..Overrides::default()
    };
    let faults = Settings::from_toml("[prove]\nqueue = 0\n", &overrides).unwrap_err();
    assert_eq!(
        faults.in_file("z.toml").to_string(),
        "z.toml:2: prove.queue: must be a whole number from 1 to 1048576, but is 0\n\
         --lanes: node.lanes: must be a whole number from 1 to 64, but is 65"
    );
}

#[test]
fn a_flag_is_checked_against_the_keys_of_the_file() {
    let overrides = Overrides {
        monitor: some("0.0.0.0:3333"),
        ..Overrides::default()
    };
    let faults = Settings::from_toml(
        "[miners]\nlisten = [\"127.0.0.1:3333\"]\n[monitor]\nanonymous = \"read\"\n",
        &overrides,
    );
    let faults = faults.unwrap_err();
    assert_eq!(faults.len(), 1, "{faults}");
    let fault = faults.iter().next().unwrap();
    assert_eq!(fault.place(), Place::Flag("--monitor"));
    assert_eq!(fault.key(), Some("monitor.listen"));
}

#[test]
fn a_pool_flag_needs_a_user() {
    let overrides = Overrides {
        pool: some("stratum+tcp://127.0.0.1:3333"),
        ..Overrides::default()
    };
    let faults = Settings::from_toml(FILE, &overrides)
        .unwrap_err()
        .to_string();
    assert!(
        faults.starts_with("--pool: pool[0].user: is missing"),
        "{faults}"
    );
    assert_eq!(faults.lines().count(), 1, "{faults}");
}

#[test]
fn user_and_pass_without_any_pool_are_refused() {
    let overrides = Overrides {
        user: some("me"),
        pass: some("x"),
        require_pool: true,
        ..Overrides::default()
    };
    let faults = Settings::from_toml("", &overrides).unwrap_err().to_string();
    assert_eq!(
        faults,
        "--pass: has no [[pool]] to apply to; give --pool too\n\
         --user: has no [[pool]] to apply to; give --pool too"
    );
}

#[test]
fn a_missing_pool_is_a_fault_only_where_one_is_required() {
    assert_eq!(
        Settings::from_toml("", &Overrides::default()).unwrap(),
        Settings::default()
    );
    let overrides = Overrides {
        require_pool: true,
        ..Overrides::default()
    };
    let faults = Settings::from_toml("[node]\nlanes = 0\n", &overrides).unwrap_err();
    let faults = faults.in_file("z.toml").to_string();
    assert!(faults.contains("z.toml:2: node.lanes: "), "{faults}");
    assert!(
        faults.contains("z.toml: pool: is missing: add a [[pool]]"),
        "{faults}"
    );
}
