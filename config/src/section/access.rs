//! Keys of `[miners]` that say which miners may come in.

use std::path::PathBuf;

use ipnet::IpNet;

use crate::reader::{Section, accept};
use crate::value::Secret;

/// Most networks in one list.
const MOST_NETWORKS: usize = 4096;
/// Most that a limit of one address can be.
const MOST: usize = 1_000_000;

/// Keys of `[miners]` that say which miners may come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The one password of all miners. None, and no `credentials`: whatever they send is taken.
    pub password: Option<Secret>,
    /// File of names and hashed passwords; not together with `password`.
    pub credentials: Option<PathBuf>,
    /// Networks whose miners may connect; empty: all.
    pub allow: Vec<IpNet>,
    /// Networks whose miners may not, even if `allow` has them.
    pub deny: Vec<IpNet>,
    /// Balancers, whose connections begin with a PROXY header of version 2.
    pub proxy_protocol_from: Vec<IpNet>,
    /// Connections of one address (of IPv6 one /64), 1 to 1,000,000. None: as many as there may
    /// be at all.
    pub connections_per_address: Option<usize>,
    /// New connections of one address within a minute, 1 to 1,000,000. None: any number.
    pub connects_per_minute: Option<usize>,
    /// Logins of one address within a minute, 1 to 1,000,000. None: any number.
    pub logins_per_minute: Option<usize>,
    /// Wrong passwords of one address within a minute, 1 to 1,000,000. None: any number.
    pub failed_logins_per_minute: Option<usize>,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            password: None,
            credentials: None,
            allow: Vec::new(),
            deny: Vec::new(),
            proxy_protocol_from: Vec::new(),
            connections_per_address: None,
            connects_per_minute: None,
            logins_per_minute: None,
            failed_logins_per_minute: Some(60),
        }
    }
}

impl Access {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let password = section.optional("password", accept::password);
        let credentials = section.value(
            "credentials",
            default.credentials,
            accept::or_off(accept::path),
        );
        if section.is_given("password") && credentials.is_some() {
            section.fault("credentials", "cannot stand beside `password`: choose one");
        }
        let mut networks = |key| section.list(key, Vec::new(), MOST_NETWORKS, accept::network);
        let [allow, deny, proxy_protocol_from] =
            ["allow", "deny", "proxy_protocol_from"].map(&mut networks);
        let mut limit =
            |key, default| section.value(key, default, accept::or_off(accept::whole(1..=MOST)));
        Self {
            password,
            credentials,
            allow,
            deny,
            proxy_protocol_from,
            connections_per_address: limit(
                "connections_per_address",
                default.connections_per_address,
            ),
            connects_per_minute: limit("connects_per_minute", default.connects_per_minute),
            logins_per_minute: limit("logins_per_minute", default.logins_per_minute),
            failed_logins_per_minute: limit(
                "failed_logins_per_minute",
                default.failed_logins_per_minute,
            ),
        }
    }
}
