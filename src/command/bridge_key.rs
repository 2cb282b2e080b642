//! `zartrux bridge-key`: keys for the bridge and its clients.

use anyhow::{Context as _, Result};
use zartrux_actors::bridge::fresh_keys;

use crate::console::say;
use crate::node::ExitCode;

/// Makes a pair of keys. It is printed once, and kept nowhere.
pub(super) fn bridge_key() -> Result<ExitCode> {
    let (secret, public) = fresh_keys().context("no keys can be made")?;
    say(&format!("secret = \"{secret}\""));
    say(&format!("public = \"{public}\""));
    Ok(ExitCode::Done)
}

#[cfg(test)]
mod tests {
    use zartrux_config::{Overrides, Settings};

    use super::*;

    #[test]
    fn the_keys_are_some_that_the_settings_take_and_others_each_time() {
        let (secret, public) = fresh_keys().unwrap();
        assert_ne!(fresh_keys().unwrap(), (secret.clone(), public.clone()));
        let text =
            format!("[bridge]\ncurve_secret_key = \"{secret}\"\nallow_keys = [\"{public}\"]\n");
        let settings = Settings::from_toml(&text, &Overrides::default()).unwrap();
        assert_eq!(settings.bridge.allow_keys[0].to_z85(), public);
    }
}
