//! Values with a meaning: each can only be made by a constructor that checks.

mod bridge_address;
mod byte_size;
mod curve_key;
mod duration;
mod fingerprint;
mod hook_url;
mod host_name;
mod log_filter;
mod mail;
mod network;
mod node_url;
mod pool_url;
mod probability;
mod publisher_url;
mod secret;
mod socks_url;
mod token;
mod user;

pub use bridge_address::BridgeAddress;
pub use byte_size::ByteSize;
pub use curve_key::{CurveKey, CurveSecret};
pub use duration::{format_duration, parse_duration};
pub use fingerprint::Fingerprint;
pub use hook_url::HookUrl;
pub use host_name::HostName;
pub use log_filter::LogFilter;
pub use mail::{MailAddress, MailServer};
pub use node_url::NodeUrl;
pub use pool_url::{PoolKind, PoolUrl};
pub use probability::Probability;
pub use publisher_url::PublisherUrl;
pub use secret::Secret;
pub use socks_url::SocksUrl;
pub use token::TokenDigest;
pub use user::{User, masked_name, masked_user};

pub(crate) use network::parse_network;
pub(crate) use user::Masked;

/// Why a text is not the value it should be; a part of a sentence that starts with "must".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(String);

impl Invalid {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

/// A text as a message may show it: quoted, escaped and cut to a readable length.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{:?} (and more)", &text[..cut]),
        None => format!("{text:?}"),
    }
}

/// Splits `"10 s"` into the number and its unit, blanks between them dropped.
fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    Some((number.parse().ok()?, unit.trim_start()))
}
