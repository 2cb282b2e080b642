//! Settings of other programs, converted to ours.

mod address;
mod bind;
mod daemon;
mod dns;
mod draft;
mod http;
mod json;
mod note;
mod object;
mod others;
mod pools;
mod tls;

use std::fmt;

use crate::fault::Faults;
use crate::overrides::Overrides;
use crate::settings::{MAX_FILE_BYTES, Settings};

use draft::Draft;
use json::Json;
use object::Object;

pub use note::{Note, NoteKind};

use note::Ledger;

/// A converted file.
#[derive(Clone, PartialEq, Eq)]
pub struct Imported {
    /// Our settings as annotated TOML; [`Settings::from_toml`] accepts it. It holds the
    /// wallets and passwords of the pools, and the miners' password.
    pub toml: String,
    /// Every key of the source that means something else now, is of no use here, or is not
    /// supported; in the order of their conversion. Without secrets.
    pub notes: Vec<Note>,
    /// Every key of the source that was taken over as it was. Together with the notes this
    /// is every key there is.
    pub converted: Vec<String>,
}

/// By hand, because the text holds passwords.
impl fmt::Debug for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Imported")
            .field("notes", &self.notes)
            .field("converted", &self.converted)
            .finish_non_exhaustive()
    }
}

/// Why a file cannot be converted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// It is larger than 1 MiB, or what it would be converted to is.
    #[error("is larger than 1 MiB, or what it would be converted to is")]
    TooLarge,
    /// It is not JSON, even with comments and trailing commas allowed.
    #[error("line {line}, column {column}: is not JSON: {message}")]
    NotJson {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in bytes.
        column: usize,
        /// What the parser says of it.
        message: String,
    },
    /// It is JSON, but not an object.
    #[error("is not a JSON object, as a config.json is")]
    NotAnObject,
    /// The converted text was refused by our own reader; a fault of this program.
    #[error("the converted settings are not right, which is a bug of Zartrux:\n{0}")]
    Refused(Faults),
}

/// Converts the `config.json` of xmrig-proxy 6.26 (and its forerunners).
///
/// Comments and trailing commas are allowed as there. Each key is converted, or else
/// named in a note that says what becomes of it.
///
/// Source of the keys and their defaults: xmrig-proxy `src/core/config/Config.cpp`,
/// `src/proxy/BindHost.cpp`; xmrig `src/base/kernel/config/BaseConfig.cpp`,
/// `src/base/net/stratum/Pool.cpp`, `Pools.cpp`, `Url.cpp`, `src/base/net/http/Http.cpp`,
/// `src/base/net/tls/TlsConfig.cpp`.
///
/// # Errors
///
/// [`ImportError`] when the text is too large, not JSON, or not an object.
pub fn from_xmrig_proxy(json: &str) -> Result<Imported, ImportError> {
    if json.len() > MAX_FILE_BYTES {
        return Err(ImportError::TooLarge);
    }
    let Json::Object(entries) = json::parse(json)? else {
        return Err(ImportError::NotAnObject);
    };
    let mut config = Object::new(String::new(), entries);
    let mut ledger = Ledger::default();
    let listen = bind::convert(&mut config, &mut ledger);
    let draft = Draft {
        log: others::log(&mut config, &mut ledger),
        watch: others::watch(&mut config, &mut ledger),
        tls_files: tls::convert(&mut config, &listen, &mut ledger),
        difficulty: others::difficulty(&mut config, &mut ledger),
        password: others::password(&mut config, &mut ledger),
        pools: pools::convert(&mut config, &mut ledger),
        retry: others::retry(&mut config, &mut ledger),
        dns: dns::convert(&mut config, &mut ledger),
        monitor: http::convert(&mut config, &listen, &mut ledger),
        listen,
    };
    others::without_counterpart(&mut config, &mut ledger);
    config.close(&mut ledger);

    let toml = draft.to_toml(&ledger.notes);
    if toml.len() > MAX_FILE_BYTES {
        return Err(ImportError::TooLarge);
    }
    Settings::from_toml(&toml, &Overrides::default()).map_err(ImportError::Refused)?;
    Ok(Imported {
        toml,
        notes: ledger.notes,
        converted: ledger.converted,
    })
}
