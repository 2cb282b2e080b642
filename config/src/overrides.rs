//! Flags of the command line that take the place of keys in the file.

use std::fmt;

use crate::fault::Place;
use crate::reader::{Item, Value};
use crate::value::{Masked, Secret};

/// What the command line says in place of the file.
///
/// Values are as the operator typed them: they are checked by the rule of the key
/// they stand for. A key that a flag overrides is not read from the file.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--pool`: one upstream in place of all `[[pool]]` of the file. Needs `user`.
    pub pool: Option<String>,
    /// `--user`: wallet or account, of `pool` or else of the file's first `[[pool]]`.
    pub user: Option<String>,
    /// `--pass`: password, of `pool` or else of the file's first `[[pool]]`.
    pub pass: Option<String>,
    /// `--listen`, once per address; empty when not given.
    pub listen: Vec<String>,
    /// `--tls-listen`, once per address; empty when not given.
    pub tls_listen: Vec<String>,
    /// `--monitor`: an address, or `off`.
    pub monitor: Option<String>,
    /// `--data`: the data folder.
    pub data: Option<String>,
    /// `--prove`: `off`, `light` or `fast`.
    pub prove: Option<String>,
    /// `--lanes`: how many lanes.
    pub lanes: Option<u32>,
    /// Not a flag: set by a command that cannot do without an upstream, so that a
    /// missing pool is reported together with all other faults.
    pub require_pool: bool,
}

impl Overrides {
    /// The flags that were given, each under the path of the key it stands for.
    pub(crate) fn items(&self) -> Vec<(&'static str, Item<'_>)> {
        let lanes = self.lanes.map(|lanes| {
            let value = Value::Integer(i64::from(lanes));
            let place = Place::Flag("--lanes");
            ("node.lanes", Item { value, place })
        });
        [
            text("pool[0].url", "--pool", &self.pool),
            text("pool[0].user", "--user", &self.user),
            text("pool[0].pass", "--pass", &self.pass),
            list("miners.listen", "--listen", &self.listen),
            list("miners.tls_listen", "--tls-listen", &self.tls_listen),
            text("monitor.listen", "--monitor", &self.monitor),
            text("node.data", "--data", &self.data),
            text("prove.mode", "--prove", &self.prove),
            lanes,
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

type Override<'a> = Option<(&'static str, Item<'a>)>;

/// A flag with one value.
fn text<'a>(path: &'static str, flag: &'static str, value: &'a Option<String>) -> Override<'a> {
    let value = Value::Text(value.as_deref()?);
    let place = Place::Flag(flag);
    Some((path, Item { value, place }))
}

/// A flag that may be given many times.
fn list<'a>(path: &'static str, flag: &'static str, values: &'a [String]) -> Override<'a> {
    let place = Place::Flag(flag);
    let items = values.iter().map(|value| Item {
        value: Value::Text(value),
        place,
    });
    let value = Value::List(items.collect());
    (!values.is_empty()).then_some((path, Item { value, place }))
}

/// By hand, because the user is a wallet and the password a secret.
impl fmt::Debug for Overrides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Overrides")
            .field("pool", &self.pool.as_deref().map(without_login))
            .field("user", &self.user.as_deref().map(Masked))
            .field("pass", &self.pass.as_deref().map(Secret::new))
            .field("listen", &self.listen)
            .field("tls_listen", &self.tls_listen)
            .field("monitor", &self.monitor)
            .field("data", &self.data)
            .field("prove", &self.prove)
            .field("lanes", &self.lanes)
            .field("require_pool", &self.require_pool)
            .finish()
    }
}

/// What stands after an "@": before it a name and password may have been written.
fn without_login(url: &str) -> &str {
    url.rsplit_once('@').map_or(url, |(_, host)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_the_flags_shows_no_secret() {
        let wallet = format!("4{}", "a".repeat(94));
        let overrides = Overrides {
            pool: Some(format!("stratum+tcp://{wallet}:hunter2@pool.example:3333")),
            user: Some(wallet.clone()),
            pass: Some("hunter2".to_owned()),
            ..Overrides::default()
        };
        let printed = format!("{overrides:?}");
        assert!(!printed.contains("hunter2"), "{printed}");
        assert!(!printed.contains(&wallet), "{printed}");
        assert!(printed.contains("pool.example:3333"), "{printed}");
    }
}
