//! xmrig-proxy's configuration for a run: nicehash mode, workers on; TLS, HTTP and donation off.

use serde_json::json;

use super::Setup;

/// The text of the configuration file.
pub(super) fn config(setup: &Setup<'_>) -> String {
    let tls = setup.terms.tls;
    let config = json!({
        "access-log-file": null,
        "algo-ext": true,
        "background": false,
        "bind": [{
            "host": setup.listen.ip().to_string(),
            "port": setup.listen.port(),
            "tls": tls,
        }],
        "colors": false,
        "custom-diff": 0,
        "donate-level": 0,
        "http": { "enabled": false },
        "log-file": null,
        "mode": "nicehash",
        "pools": [{
            "url": setup.pool.to_string(),
            "user": "bench",
            "pass": "x",
            "algo": "rx/0",
            "keepalive": true,
            "enabled": true,
            "tls": false,
        }],
        "retries": 5,
        "retry-pause": 1,
        "syslog": false,
        "title": false,
        // True: it makes a certificate, in the folder it is started in.
        "tls": tls,
        "verbose": 0,
        "watch": false,
        "workers": true,
    });
    format!("{config:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::subject::Terms;
    use std::path::Path;

    fn text(tls: bool) -> String {
        config(&Setup {
            listen: "127.0.0.1:1111".parse().unwrap(),
            pool: "127.0.0.1:2222".parse().unwrap(),
            folder: Path::new("/nowhere"),
            terms: Terms {
                lanes: 1,
                miners: 1_000,
                tls,
                generators: 1,
            },
        })
    }

    #[test]
    fn the_configuration_is_in_nicehash_mode_with_workers_and_without_donation() {
        let config: serde_json::Value = serde_json::from_str(&text(false)).unwrap();
        assert_eq!(config["mode"], "nicehash");
        assert_eq!(config["workers"], true);
        assert_eq!(config["donate-level"], 0);
        assert_eq!(config["bind"][0]["port"], 1111);
        assert_eq!(config["bind"][0]["tls"], false);
        assert_eq!(config["pools"][0]["url"], "127.0.0.1:2222");
        assert_eq!(config["http"]["enabled"], false);
        assert_eq!(config["tls"], false);
    }

    #[test]
    fn with_tls_its_listener_uses_it_and_its_pool_does_not() {
        let config: serde_json::Value = serde_json::from_str(&text(true)).unwrap();
        assert_eq!(config["bind"][0]["tls"], true);
        assert_eq!(config["tls"], true);
        assert_eq!(config["pools"][0]["tls"], false);
    }

    #[test]
    fn the_import_of_such_files_finds_the_same_addresses_in_it() {
        let imported = zartrux_config::import::from_xmrig_proxy(&text(false)).unwrap();
        assert!(
            imported.toml.contains("127.0.0.1:1111"),
            "{}",
            imported.toml
        );
        assert!(
            imported.toml.contains("127.0.0.1:2222"),
            "{}",
            imported.toml
        );
    }
}
