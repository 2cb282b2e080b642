//! From settings to who may come in.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use zartrux_actors::clock::Clock;
use zartrux_actors::doorkeeper::{AddressLimits, Credentials, DoorSettings, Doorkeeper, Passwords};
use zartrux_config::Settings;

/// What the doorkeeper goes by; reads the file of credentials, if there is one. To be given to
/// [`Doorkeeper::replace`] when settings are read anew.
///
/// # Errors
/// The file can't be read, or has lines that are not right: each is named.
pub fn door_settings(settings: &Settings) -> Result<DoorSettings> {
    let access = &settings.miners.access;
    let limit = |limit: Option<usize>| limit.map(|most| u32::try_from(most).unwrap_or(u32::MAX));
    Ok(DoorSettings {
        allow: access.allow.clone(),
        deny: access.deny.clone(),
        proxies: access.proxy_protocol_from.clone(),
        limits: AddressLimits {
            connections: limit(access.connections_per_address),
            connects_per_minute: limit(access.connects_per_minute),
            logins_per_minute: limit(access.logins_per_minute),
            failed_logins_per_minute: limit(access.failed_logins_per_minute),
        },
        passwords: match (&access.password, access.credentials.as_deref()) {
            (Some(password), _) => Passwords::One(password.clone()),
            (None, Some(file)) => Passwords::Each(read(file)?),
            (None, None) => Passwords::None,
        },
    })
}

fn read(file: &Path) -> Result<Arc<Credentials>> {
    let credentials = Credentials::from_file(file).context("miners.credentials")?;
    Ok(Arc::new(credentials))
}

/// The doorkeeper of all lanes.
pub(super) fn doorkeeper(settings: &Settings, clock: Clock) -> Result<Arc<Doorkeeper>> {
    let max_connections = settings.miners.max_connections;
    Ok(Doorkeeper::new(
        door_settings(settings)?,
        max_connections,
        clock,
    ))
}
