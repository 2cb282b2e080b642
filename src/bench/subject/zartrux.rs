//! This program's configuration for a run: one pool, one plain listener, nothing proved.

use super::{Setup, Terms};

/// What it does besides its work as a proxy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    /// The six filters.
    pub(super) filters: bool,
    /// Every share is written down before it is acknowledged.
    pub(super) store: bool,
}

impl Parts {
    /// As it comes.
    pub(super) const ALL: Self = Self {
        filters: true,
        store: true,
    };
}

/// Connections that the proxy is to allow for so many miners.
///
/// Room to spare: in churn, which has few miners, a connection may be counted a moment after it has
/// ended. Not more: each takes a descriptor, which must be there before the proxy starts.
pub(super) const fn connections(miners: usize) -> usize {
    miners.saturating_add(if miners > 10_000 { 200 } else { 1_000 })
}

/// The text of the configuration file.
pub(super) fn config(setup: &Setup<'_>, parts: Parts) -> String {
    let Parts { filters, store } = parts;
    let Setup {
        listen,
        pool,
        folder,
        terms: Terms {
            lanes, miners, tls, ..
        },
    } = setup;
    let (plain, secure) = match tls {
        false => (format!("\"{listen}\""), String::new()),
        true => (String::new(), format!("\"{listen}\"")),
    };
    // A JSON string is a TOML string too.
    let data = serde_json::Value::from(folder.join("data").to_string_lossy());
    let connections = connections(*miners);
    format!(
        "[node]\n\
         lanes = {lanes}\n\
         data = {data}\n\
         log = \"warn\"\n\
         \n\
         [miners]\n\
         listen = [{plain}]\n\
         tls_listen = [{secure}]\n\
         share_goal = \"off\"\n\
         max_connections = {connections}\n\
         \n\
         [[pool]]\n\
         url = \"stratum+tcp://{pool}\"\n\
         user = \"bench\"\n\
         max_sessions = 400\n\
         \n\
         [prove]\n\
         mode = \"off\"\n\
         \n\
         [filters]\n\
         enabled = {filters}\n\
         \n\
         [store]\n\
         enabled = {store}\n\
         \n\
         [monitor]\n\
         listen = \"off\"\n\
         \n\
         [failover]\n\
         standby = false\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use zartrux_config::{Overrides, ProveMode, Settings};

    fn settings(tls: bool) -> Settings {
        let text = config(
            &Setup {
                listen: "127.0.0.1:1111".parse().unwrap(),
                pool: "127.0.0.1:2222".parse().unwrap(),
                folder: Path::new("/tmp/a \"b\""),
                terms: Terms {
                    lanes: 2,
                    miners: 10_000,
                    tls,
                    generators: 1,
                },
            },
            Parts {
                filters: tls,
                store: !tls,
            },
        );
        Settings::from_toml(&text, &Overrides::default()).unwrap()
    }

    #[test]
    fn the_program_reads_its_configuration_as_it_is_meant() {
        let settings = settings(false);
        assert_eq!(settings.miners.listen, ["127.0.0.1:1111".parse().unwrap()]);
        assert_eq!(settings.miners.tls_listen, []);
        assert!(settings.miners.max_connections > 10_000);
        assert_eq!(settings.miners.share_goal, None);
        assert_eq!(settings.prove.mode, ProveMode::Off);
        assert!(!settings.filters.enabled);
        assert!(settings.store.enabled);
        assert_eq!(settings.monitor.listen, None);
        assert_eq!(settings.node.lanes, 2);
        assert_eq!(settings.node.data, Path::new("/tmp/a \"b\"/data"));
        assert_eq!(settings.pools.len(), 1);
        assert_eq!(settings.pools[0].max_sessions, 400);
        assert!(!settings.failover.standby);
    }

    #[test]
    fn with_tls_there_is_no_plain_listener() {
        let settings = settings(true);
        assert_eq!(settings.miners.listen, []);
        assert_eq!(
            settings.miners.tls_listen,
            ["127.0.0.1:1111".parse().unwrap()]
        );
    }
}
