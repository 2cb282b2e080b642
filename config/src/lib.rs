//! Typed settings of Zartrux.
//!
//! A file is read in one pass: each key is taken by name with a rule that checks
//! it, every fault is kept with its key and line, and at the end the keys that
//! nobody asked for are reported too. An operator therefore sees all that is
//! wrong with a file at once:
//!
//! ```
//! use zartrux_config::{Overrides, Settings};
//!
//! let faults = Settings::from_toml(
//!     "[node]\nlanes = 0\n[prove]\nmode = \"lihgt\"\n",
//!     &Overrides::default(),
//! )
//! .unwrap_err();
//! assert_eq!(
//!     faults.to_string(),
//!     "line 2: node.lanes: must be a whole number from 1 to 64, but is 0\n\
//!      line 4: prove.mode: must be \"light\", \"fast\" or \"off\", but is \"lihgt\"; \
//!      did you mean \"light\"?"
//! );
//! ```
//!
//! Flags of the command line ([`Overrides`]) go through the same rules as the
//! keys they stand for, and a fault in one names the flag.

mod changes;
mod check;
mod fault;
pub mod import;
mod overrides;
mod reader;
mod section;
mod settings;
mod summary;
mod value;
mod warnings;

pub use changes::{Change, Takes, classified};
pub use fault::{Fault, Faults, Place};
pub use overrides::Overrides;
pub use section::{
    ALERT_KINDS, Access, Ack, Alerts, Anonymous, ApiAccess, BanWindow, Bridge, DaemonKeys, Dialect,
    Expect, Failover, Filters, Group, IpVersion, Learn, LogFormat, MailTls, Miners, Monitor, Node,
    Pool, Prove, ProveMode, Rigs, Route, Store, TlsFiles, UtcOffset,
};
pub use settings::{ANNOTATED_DEFAULT, MAX_FILE_BYTES, Settings};
pub use value::{
    BridgeAddress, ByteSize, CurveKey, CurveSecret, Fingerprint, HookUrl, HostName, Invalid,
    LogFilter, MailAddress, MailServer, NodeUrl, PoolKind, PoolUrl, Probability, PublisherUrl,
    Secret, SocksUrl, TokenDigest, User, format_duration, masked_name, masked_user, parse_duration,
};
