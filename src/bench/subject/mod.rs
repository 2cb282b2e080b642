//! The proxies that are measured: how each is started and what its configuration looks like.

mod peer;
mod zartrux;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    str::FromStr,
};

use anyhow::{Context as _, Result};

use self::zartrux::Parts;
use super::shell;
use crate::descriptors::needed;

/// The configuration a proxy is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ConfigFormat {
    /// This program's own TOML.
    Zartrux,
    /// The same with the six filters off.
    ZartruxWithoutFilters,
    /// The same with the filters, and nothing written down.
    ZartruxWithoutStore,
    /// The JSON of xmrig-proxy, in nicehash mode.
    XmrigProxy,
}

/// Another proxy to be measured side by side: `xmrig-proxy=PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    program: PathBuf,
}

impl FromStr for Peer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some(("xmrig-proxy", path)) if !path.is_empty() => Ok(Self {
                program: PathBuf::from(path),
            }),
            _ => Err("expected xmrig-proxy=PATH; for any other proxy use --proxy-command".into()),
        }
    }
}

/// What one start of a proxy needs to know.
#[derive(Debug)]
pub(crate) struct Setup<'a> {
    /// Where it is to listen for miners.
    pub(crate) listen: SocketAddr,
    /// Where the pool is.
    pub(crate) pool: SocketAddr,
    /// A folder of its own, which goes away with it.
    pub(crate) folder: &'a Path,
    /// What is asked of it.
    pub(crate) terms: Terms,
}

/// What a run asks of a proxy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// Lanes (threads of the data plane), where the proxy knows such a thing.
    pub(crate) lanes: u16,
    /// Most miners that will be connected at once.
    pub(crate) miners: usize,
    /// Whether miners use TLS.
    pub(crate) tls: bool,
    /// Processes that play the miners.
    pub(crate) generators: u16,
}

/// Descriptors that this program needs as the proxy for so many miners, before it starts.
pub(crate) fn descriptors_of_proxy(lanes: u16, miners: usize) -> u64 {
    needed(zartrux::connections(miners), lanes.into())
}

/// A proxy under test.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// Its name in the report.
    pub(crate) name: String,
    /// A shell command with placeholders.
    command: String,
    format: ConfigFormat,
}

impl Subject {
    /// This very program.
    ///
    /// # Errors
    /// When the path of the running program is unknown.
    pub(crate) fn own() -> Result<Self> {
        let program = std::env::current_exe().context("the path of this program is unknown")?;
        Ok(Self {
            name: "zartrux".to_owned(),
            command: format!("exec {} run --config {{config}}", shell::quote(&program)),
            format: ConfigFormat::Zartrux,
        })
    }

    /// This very program with the six filters off: what they cost is the difference.
    ///
    /// # Errors
    /// When the path of the running program is unknown.
    pub(crate) fn own_without_filters() -> Result<Self> {
        Ok(Self {
            name: "without filters".to_owned(),
            format: ConfigFormat::ZartruxWithoutFilters,
            ..Self::own()?
        })
    }

    /// This very program without its store: like a peer that remembers nothing.
    ///
    /// # Errors
    /// When the path of the running program is unknown.
    pub(crate) fn own_without_store() -> Result<Self> {
        Ok(Self {
            name: "without store".to_owned(),
            format: ConfigFormat::ZartruxWithoutStore,
            ..Self::own()?
        })
    }

    /// Any proxy, by a command with placeholders.
    pub(crate) fn by_command(command: &str, format: ConfigFormat) -> Self {
        Self {
            name: "proxy".to_owned(),
            // `exec`: the process that is watched is the proxy and not a shell.
            command: format!("exec {command}"),
            format,
        }
    }

    /// The peer at the given path.
    ///
    /// # Errors
    /// When the path is relative and the current folder is unknown.
    pub(crate) fn peer(peer: &Peer) -> Result<Self> {
        let program = std::path::absolute(&peer.program).context("the path of the peer")?;
        Ok(Self {
            name: "xmrig-proxy".to_owned(),
            // It leaves files in the folder it is started in.
            command: format!(
                "cd {{data}} && exec {} --config={{config}}",
                shell::quote(&program)
            ),
            format: ConfigFormat::XmrigProxy,
        })
    }

    /// Writes the configuration into the folder; the command line to start the proxy with.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn prepare(&self, setup: &Setup<'_>) -> Result<String> {
        let own = |parts| ("zartrux.toml", zartrux::config(setup, parts));
        let (name, text) = match self.format {
            ConfigFormat::Zartrux => own(Parts::ALL),
            ConfigFormat::ZartruxWithoutFilters => own(Parts {
                filters: false,
                ..Parts::ALL
            }),
            ConfigFormat::ZartruxWithoutStore => own(Parts {
                store: false,
                ..Parts::ALL
            }),
            ConfigFormat::XmrigProxy => ("config.json", peer::config(setup)),
        };
        let path = setup.folder.join(name);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(self
            .command
            .replace("{config}", &shell::quote(&path))
            .replace("{data}", &shell::quote(setup.folder))
            .replace("{listen}", &setup.listen.to_string())
            .replace("{pool}", &setup.pool.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(subject: &Subject) -> (String, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let command = subject
            .prepare(&Setup {
                listen: "127.0.0.1:1111".parse().unwrap(),
                pool: "127.0.0.1:2222".parse().unwrap(),
                folder: folder.path(),
                terms: Terms {
                    lanes: 2,
                    miners: 10_000,
                    tls: false,
                    generators: 1,
                },
            })
            .unwrap();
        (command, folder)
    }

    #[test]
    fn every_placeholder_of_a_command_is_filled_in() {
        let subject = Subject::by_command(
            "x -c {config} -d {data} -l {listen} -p {pool}",
            ConfigFormat::Zartrux,
        );
        let (command, folder) = prepared(&subject);
        let at = folder.path().display();
        assert_eq!(
            command,
            format!("exec x -c '{at}/zartrux.toml' -d '{at}' -l 127.0.0.1:1111 -p 127.0.0.1:2222")
        );
        assert!(folder.path().join("zartrux.toml").is_file());
    }

    #[test]
    fn the_peer_gets_its_own_kind_of_file_and_its_path_is_quoted() {
        let peer: Peer = "xmrig-proxy=/opt/x y/xmrig-proxy".parse().unwrap();
        let (command, folder) = prepared(&Subject::peer(&peer).unwrap());
        let at = folder.path().display();
        assert_eq!(
            command,
            format!("cd '{at}' && exec '/opt/x y/xmrig-proxy' --config='{at}/config.json'")
        );
        assert!(folder.path().join("config.json").is_file());
    }

    #[test]
    fn a_peer_without_a_path_or_by_another_name_is_refused_with_the_form_expected() {
        for text in ["xmrig-proxy", "xmrig-proxy=", "nginx=/usr/sbin/nginx", ""] {
            let error = text.parse::<Peer>().unwrap_err();
            assert!(error.contains("xmrig-proxy=PATH"), "{error}");
        }
    }
}
