//! `zartrux token`: a token for the API, and its line for the settings file.

use anyhow::{Context as _, Result};
use clap::Args;
use rand::RngCore as _;
use rand::rngs::OsRng;
use sha2::{Digest as _, Sha256};

use crate::console::say;
use crate::node::ExitCode;

/// Flags of `token`.
#[derive(Debug, Clone, Copy, Args)]
pub struct TokenArgs {
    /// The token lets do everything, where others let read
    #[arg(long)]
    pub admin: bool,
}

/// Keeps it from being taken for its digest, and lets programs that look for secrets know it.
const PREFIX: &str = "zt-";

/// Makes a token of 256 random bits. It is printed once, and kept nowhere.
pub(super) fn token(args: TokenArgs) -> Result<ExitCode> {
    let mut bits = [0; 32];
    OsRng
        .try_fill_bytes(&mut bits)
        .context("the system gives no random numbers")?;
    let token = format!("{PREFIX}{}", const_hex::encode(bits));
    say(&token);
    say(&line(&token, args.admin));
    Ok(ExitCode::Done)
}

/// What belongs into `[monitor]`.
fn line(token: &str, admin: bool) -> String {
    let key = if admin { "admin_tokens" } else { "read_tokens" };
    let sha256 = const_hex::encode(Sha256::digest(token));
    format!("{key} = [\"{sha256}\"]")
}

#[cfg(test)]
mod tests {
    use zartrux_config::{Overrides, Settings};

    use super::*;

    #[test]
    fn the_line_is_one_that_the_settings_take_and_the_token_is_none() {
        let token = format!("{PREFIX}{}", "ab".repeat(32));
        for admin in [false, true] {
            let text = format!("[monitor]\n{}\n", line(&token, admin));
            let settings = Settings::from_toml(&text, &Overrides::default()).unwrap();
            let access = settings.monitor.access;
            let digest: [u8; 32] = Sha256::digest(&token).into();
            let tokens = [access.read_tokens, access.admin_tokens];
            assert_eq!(tokens[usize::from(admin)][0].as_bytes(), &digest);
        }
        let text = format!("[monitor]\nread_tokens = [\"{token}\"]\n");
        assert!(Settings::from_toml(&text, &Overrides::default()).is_err());
    }
}
