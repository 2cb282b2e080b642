//! `tls`: the certificate for miners.

use super::Json;
use super::bind::Listen;
use super::note::Ledger;
use super::object::{Given, Object};
use super::pools::{VARIABLE, has_variable};
use crate::reader::{Value, accept};

const MADE: &str = "Zartrux makes a certificate at its first start and keeps it in the data folder";

/// Certificate and key, as paths of PEM files.
pub(super) type TlsFiles = (String, String);

pub(super) fn convert(
    config: &mut Object,
    listen: &Listen,
    ledger: &mut Ledger,
) -> Option<TlsFiles> {
    let Given { path, value } = config.take("tls")?;
    match value {
        Json::Object(entries) if entries.is_empty() => ledger.ignored(path, "is empty"),
        Json::Object(entries) => return from_object(Object::new(path, entries), listen, ledger),
        Json::Boolean(true) => ledger.converted(path),
        Json::Text(_) => ledger.changed(path, MADE),
        Json::Null | Json::Boolean(false) => ledger.ignored(path, "is not set"),
        Json::Integer(_) | Json::Number(_) | Json::List(_) => {
            ledger.ignored(path, "is no object, so that xmrig-proxy passes over it too");
        }
    }
    None
}

fn from_object(mut tls: Object, listen: &Listen, ledger: &mut Ledger) -> Option<TlsFiles> {
    if let Some(Given { path, value }) = tls.boolean("enabled", ledger) {
        if value || listen.tls.is_empty() {
            ledger.converted(path);
        } else {
            ledger.changed(
                path,
                "is false, but an address under `bind` has TLS: it is served there",
            );
        }
    }
    let certificate = file(&mut tls, "cert", ledger);
    let key = file(&mut tls, "cert_key", ledger);
    let alias = file(&mut tls, "cert-key", ledger);
    let key = match (key, alias) {
        (Some(key), Some(alias)) => {
            ledger.ignored(alias.path, "`cert_key` is given too, and counts");
            Some(key)
        }
        (key, alias) => key.or(alias),
    };
    let files = both(certificate, key, listen, ledger);
    for key in ["protocols", "ciphers", "ciphersuites", "dhparam"] {
        if let Some(Given { path, .. }) = tls.text(key, ledger) {
            ledger.unsupported(path, "the choice is left to the system's OpenSSL");
        }
    }
    if let Some(Given { path, .. }) = tls.text("gen", ledger) {
        ledger.changed(path, MADE);
    }
    tls.close(ledger);
    files
}

/// The path of a file; a note if it cannot be one.
fn file(tls: &mut Object, key: &'static str, ledger: &mut Ledger) -> Option<Given<String>> {
    let given = tls.text(key, ledger)?;
    if accept::path(&Value::Text(&given.value)).is_ok() {
        return Some(given);
    }
    ledger.ignored(given.path, "is not the path of a file");
    None
}

/// Both files, if both can be used.
fn both(
    certificate: Option<Given<String>>,
    key: Option<Given<String>>,
    listen: &Listen,
    ledger: &mut Ledger,
) -> Option<TlsFiles> {
    match (certificate, key) {
        (Some(certificate), Some(key)) if !listen.tls.is_empty() => {
            for given in [&certificate, &key] {
                if has_variable(&given.value) {
                    ledger.changed(&given.path, VARIABLE);
                } else {
                    ledger.converted(&given.path);
                }
            }
            Some((certificate.value, key.value))
        }
        (Some(certificate), Some(key)) => {
            for given in [certificate, key] {
                ledger.ignored(given.path, "no address under `bind` has TLS");
            }
            None
        }
        (Some(alone), None) | (None, Some(alone)) => {
            let text = format!("needs the other of `cert` and `cert_key` beside it: {MADE}");
            ledger.changed(alone.path, text);
            None
        }
        (None, None) => None,
    }
}
