//! What was understood of a file, and how it is written as ours.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use super::bind::Listen;
use super::daemon::DaemonDraft;
use super::dns::DnsDraft;
use super::http::{AccessDraft, MonitorDraft};
use super::note::{Note, NoteKind};
use super::others::Difficulty;
use super::tls::TlsFiles;
use crate::section::Failover;
use crate::value::format_duration;

/// The settings that the source had.
pub(super) struct Draft {
    pub(super) log: Option<&'static str>,
    pub(super) watch: Option<bool>,
    pub(super) listen: Listen,
    pub(super) tls_files: Option<TlsFiles>,
    pub(super) difficulty: Difficulty,
    /// The miners'.
    pub(super) password: Option<String>,
    pub(super) pools: Vec<PoolDraft>,
    pub(super) retry: Option<Duration>,
    pub(super) dns: DnsDraft,
    pub(super) monitor: Option<MonitorDraft>,
}

/// One upstream.
pub(super) struct PoolDraft {
    pub(super) url: String,
    pub(super) user: String,
    pub(super) pass: String,
    pub(super) rig_id: Option<String>,
    pub(super) fingerprint: Option<String>,
    pub(super) keepalive: Option<Duration>,
    pub(super) proxy: Option<String>,
    /// It is a monerod.
    pub(super) daemon: Option<DaemonDraft>,
    /// Why it is written as a comment.
    pub(super) left_out: Option<LeftOut>,
}

/// Why an upstream is not used.
pub(super) enum LeftOut {
    Disabled,
    Unsupported(String),
}

const HEAD: &str = "\
# Converted from a config.json of xmrig-proxy. Settings that are not here have their defaults,
# which the zartrux.toml that comes with Zartrux explains.
";

/// More notes than this are no help in a file.
const MOST_NOTES: usize = 200;

impl Draft {
    /// The file, with the notes that an operator should know of.
    pub(super) fn to_toml(&self, notes: &[Note]) -> String {
        let mut text = HEAD.to_owned();
        let mut noted = notes
            .iter()
            .filter(|note| note.kind != NoteKind::Ignored)
            .peekable();
        if noted.peek().is_some() {
            text.push_str("#\n# What is not as it was:\n");
        }
        for note in noted.by_ref().take(MOST_NOTES) {
            line(&mut text, format_args!("# - {note}"));
        }
        if noted.peek().is_some() {
            line(
                &mut text,
                format_args!("# - and {} more keys", noted.count()),
            );
        }
        self.node(&mut text);
        self.miners(&mut text);
        for pool in &self.pools {
            pool.write(&mut text, self.dns.ip);
        }
        self.failover(&mut text);
        self.monitor(&mut text);
        text
    }

    fn node(&self, text: &mut String) {
        if self.log.is_some() || self.watch.is_some() {
            line(text, format_args!("\n[node]"));
        }
        if let Some(level) = self.log {
            line(text, format_args!("log = {}", quote(level)));
        }
        if let Some(watch) = self.watch {
            line(text, format_args!("watch = {watch}"));
        }
    }

    fn miners(&self, text: &mut String) {
        let list = |addresses: &[SocketAddr]| {
            let quoted: Vec<_> = addresses.iter().map(|a| quote(&a.to_string())).collect();
            quoted.join(", ")
        };
        line(
            text,
            format_args!("\n[miners]\nlisten = [{}]", list(&self.listen.plain)),
        );
        line(
            text,
            format_args!("tls_listen = [{}]", list(&self.listen.tls)),
        );
        if let Some((certificate, key)) = &self.tls_files {
            line(
                text,
                format_args!("tls_certificate = {}", quote(certificate)),
            );
            line(text, format_args!("tls_key = {}", quote(key)));
        }
        match self.difficulty {
            Difficulty::Pools => line(
                text,
                format_args!(
                    "# Every miner gets the pool's difficulty, as before. \"30s\" would give each \
                     its own.\nshare_goal = \"off\""
                ),
            ),
            Difficulty::AtLeast(difficulty) => {
                line(text, format_args!("min_difficulty = {difficulty}"));
            }
        }
        if let Some(password) = &self.password {
            line(text, format_args!("password = {}", quote(password)));
        }
    }

    fn failover(&self, text: &mut String) {
        if self.retry.is_some() || self.dns.ttl.is_some() {
            line(text, format_args!("\n[failover]"));
        }
        if let Some(retry) = self.retry {
            line(text, format_args!("retry = {}", duration(retry)));
            if retry > Failover::default().retry_max {
                line(text, format_args!("retry_max = {}", duration(retry)));
            }
        }
        if let Some(ttl) = self.dns.ttl {
            line(text, format_args!("dns_ttl = {}", duration(ttl)));
        }
    }

    fn monitor(&self, text: &mut String) {
        match &self.monitor {
            Some(MonitorDraft { address, access }) => {
                line(
                    text,
                    format_args!("\n[monitor]\nlisten = {}", quote(&address.to_string())),
                );
                match access {
                    AccessDraft::ThisMachine => {}
                    AccessDraft::Readable => line(text, format_args!("anonymous = \"read\"")),
                    AccessDraft::Read(token) => {
                        line(text, format_args!("read_tokens = [\"{token}\"]"));
                    }
                    AccessDraft::Admin(token) => {
                        line(text, format_args!("admin_tokens = [\"{token}\"]"));
                    }
                }
            }
            None => line(
                text,
                format_args!(
                    "\n[monitor]\n# There was no HTTP API. \"127.0.0.1:8080\" opens the monitor \
                     to this machine.\nlisten = \"off\""
                ),
            ),
        }
    }
}

impl PoolDraft {
    fn write(&self, text: &mut String, ip: Option<&str>) {
        let mut pool = "[[pool]]\n".to_owned();
        line(&mut pool, format_args!("url = {}", quote(&self.url)));
        line(&mut pool, format_args!("user = {}", quote(&self.user)));
        if self.daemon.is_none() {
            line(&mut pool, format_args!("pass = {}", quote(&self.pass)));
        }
        if let Some(rig_id) = &self.rig_id {
            line(&mut pool, format_args!("rig_id = {}", quote(rig_id)));
        }
        if let Some(fingerprint) = &self.fingerprint {
            line(
                &mut pool,
                format_args!("tls_fingerprint = {}", quote(fingerprint)),
            );
        }
        match &self.daemon {
            None => {
                let keepalive = self.keepalive.map_or_else(|| quote("off"), duration);
                line(&mut pool, format_args!("keepalive = {keepalive}"));
            }
            Some(daemon) => {
                if let Some(zmq) = &daemon.zmq {
                    line(&mut pool, format_args!("zmq = {}", quote(zmq)));
                }
                if let Some(poll) = daemon.poll {
                    line(&mut pool, format_args!("poll = {}", duration(poll)));
                }
            }
        }
        if let Some(proxy) = &self.proxy {
            line(&mut pool, format_args!("proxy = {}", quote(proxy)));
        }
        if let Some(ip) = ip {
            line(&mut pool, format_args!("ip = {}", quote(ip)));
        }

        text.push('\n');
        let mark = match &self.left_out {
            None => "",
            Some(LeftOut::Disabled) => {
                text.push_str("# Not enabled:\n");
                "# "
            }
            Some(LeftOut::Unsupported(why)) => {
                line(text, format_args!("# Left out because it {why}:"));
                "# "
            }
        };
        for key in pool.lines() {
            line(text, format_args!("{mark}{key}"));
        }
    }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}

fn duration(duration: Duration) -> String {
    quote(&format_duration(duration))
}

/// A text as TOML writes it on one line.
fn quote(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            _ if character.is_control() => {
                // Control characters are all below U+00A0.
                let _ = write!(quoted, "\\u{:04X}", u32::from(character));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_quoted_text_is_read_back_from_its_line(text: String) {
            let quoted = quote(&text);
            prop_assert_eq!(quoted.lines().count(), 1);
            let parsed = toml::de::DeValue::parse(&quoted).unwrap();
            prop_assert_eq!(parsed.get_ref().as_str(), Some(text.as_str()));
        }
    }
}
