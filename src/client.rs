//! Asking a running daemon over HTTP, as `zartrux health` and `zartrux top` do.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use serde_json::Value;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use zartrux_config::Secret;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest answer that is read, bytes.
const ANSWER_MAX: u64 = 8 << 20;
/// Longest token, bytes.
const TOKEN_MAX: u64 = 1024;

/// Which daemon is asked.
#[derive(Debug, Clone, Args)]
pub struct DaemonArgs {
    /// Where its monitor answers
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// File with the token that the monitor asks for
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Such as 200.
    pub status: u16,
    /// The body; null where it is no JSON.
    pub body: Value,
}

/// A daemon that can be asked.
#[derive(Debug)]
pub struct Daemon {
    agent: ureq::Agent,
    url: String,
    token: Option<Secret>,
}

impl Daemon {
    /// Nothing is sent yet.
    ///
    /// # Errors
    /// The address is none, or the file of the token can't be read.
    pub fn new(args: &DaemonArgs) -> Result<Self> {
        let url = args.url.trim_end_matches('/');
        if !url.starts_with("http://") && !url.starts_with("https://") {
            bail!("--url: must begin with http:// or https://, but is {url:?}");
        }
        let token = args.token_file.as_deref().map(read_token).transpose()?;
        // The system's roots, where an operator puts an authority of their own.
        let tls = TlsConfig::builder()
            .provider(TlsProvider::NativeTls)
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .tls_config(tls)
            .build();
        Ok(Self {
            agent: config.new_agent(),
            url: url.to_owned(),
            token,
        })
    }

    /// Where its monitor answers.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Asks for a path that begins with a slash.
    ///
    /// # Errors
    /// There is no answer within five seconds, or one that is too long.
    pub fn get(&self, path: &str) -> Result<Answer> {
        let mut request = self.agent.get(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            let bearer = format!("Bearer {}", token.expose());
            request = request.header("Authorization", bearer);
        }
        let mut response = request.call().map_err(|fault| anyhow!("{fault}"))?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(ANSWER_MAX);
        let text = body.read_to_vec().context("the answer can't be read")?;
        Ok(Answer {
            status,
            body: serde_json::from_slice(&text).unwrap_or_default(),
        })
    }
}

/// The file's first line.
fn read_token(file: &Path) -> Result<Secret> {
    let mut text = String::new();
    File::open(file)
        .and_then(|opened| opened.take(TOKEN_MAX + 1).read_to_string(&mut text))
        .with_context(|| format!("--token-file {}", file.display()))?;
    let token = text.lines().next().unwrap_or_default().trim();
    let is_token = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_token || text.len() as u64 > TOKEN_MAX {
        bail!(
            "--token-file {}: must hold one token of printable characters",
            file.display()
        );
    }
    Ok(Secret::new(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(url: &str, token_file: Option<PathBuf>) -> DaemonArgs {
        DaemonArgs {
            url: url.to_owned(),
            token_file,
        }
    }

    #[test]
    fn an_address_without_a_scheme_is_refused() {
        assert!(Daemon::new(&args("127.0.0.1:8080", None)).is_err());
        let daemon = Daemon::new(&args("http://127.0.0.1:8080/", None)).unwrap();
        assert_eq!(daemon.url(), "http://127.0.0.1:8080");
    }

    #[test]
    fn a_token_that_could_break_the_request_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        for bad in ["", "\n", "a b", "caf\u{e9}", &"x".repeat(2000)] {
            std::fs::write(&file, bad).unwrap();
            let daemon = Daemon::new(&args("http://x", Some(file.clone())));
            assert!(daemon.is_err(), "{bad:?}");
        }
        std::fs::write(&file, "abc\n").unwrap();
        let daemon = Daemon::new(&args("http://x", Some(file))).unwrap();
        assert!(!format!("{daemon:?}").contains("abc"));
    }
}
