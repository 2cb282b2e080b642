//! What an upstream's error means.

use std::fmt;

/// What sort of refusal an upstream's words are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorClass {
    /// The upstream shut us out for a time: coming back early makes it worse.
    Ban,
    /// Too much at once: slow down.
    Throttle,
    /// Good work that came too late.
    Stale,
    /// Our request or our configuration is wrong.
    Ours,
    /// The rig's work is bad.
    Rig,
    /// The upstream can't serve now.
    Pool,
    /// Words that nobody has classified yet: log them verbatim.
    Unknown,
}

impl ErrorClass {
    /// All of them, in the order of [`ErrorClass::index`].
    pub const ALL: [Self; 7] = [
        Self::Ban,
        Self::Throttle,
        Self::Stale,
        Self::Ours,
        Self::Rig,
        Self::Pool,
        Self::Unknown,
    ];

    /// Place in [`ErrorClass::ALL`], for tables of counters.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// A name for metrics and records.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ban => "ban",
            Self::Throttle => "throttle",
            Self::Stale => "stale",
            Self::Ours => "ours",
            Self::Rig => "rig",
            Self::Pool => "pool",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// Bytes of an error text that are looked at: every known text says what it means by then.
const LOOKED_AT: usize = 256;

/// Parts of the texts that pools are known to send, in lower case; the first that is found decides.
///
/// Bans come first, because pools wrap other words around them.
const KNOWN: [(&str, ErrorClass); 46] = [
    ("banned", ErrorClass::Ban),
    ("temporarily suspended", ErrorClass::Ban),
    ("mining ban", ErrorClass::Ban),
    ("ban on new miner connections", ErrorClass::Ban),
    ("too many workers", ErrorClass::Ban),
    ("throttled down", ErrorClass::Throttle),
    ("rate limit", ErrorClass::Throttle),
    ("too many share submissions", ErrorClass::Throttle),
    ("stale", ErrorClass::Stale),
    ("block expired", ErrorClass::Stale),
    ("block outdated", ErrorClass::Stale),
    // We send only ids that this connection was given, so an unknown one is one already forgotten.
    ("invalid job id", ErrorClass::Stale),
    ("cannot find job", ErrorClass::Stale),
    ("job not found", ErrorClass::Stale),
    ("low difficulty", ErrorClass::Rig),
    ("low diff", ErrorClass::Rig),
    ("duplicate share", ErrorClass::Rig),
    ("invalid share", ErrorClass::Rig),
    ("invalid result", ErrorClass::Rig),
    ("invalid pow", ErrorClass::Rig),
    ("incorrect algorithm", ErrorClass::Rig),
    ("incorrect hashing protocol", ErrorClass::Rig),
    ("unauthenticated", ErrorClass::Ours),
    ("unauthorized", ErrorClass::Ours),
    ("invalid nonce", ErrorClass::Ours),
    ("invalid method", ErrorClass::Ours),
    ("unknown method", ErrorClass::Ours),
    ("unknown rpc method", ErrorClass::Ours),
    ("no params specified", ErrorClass::Ours),
    ("no login specified", ErrorClass::Ours),
    ("no double login", ErrorClass::Ours),
    ("invalid payment address", ErrorClass::Ours),
    ("invalid address", ErrorClass::Ours),
    ("permission denied", ErrorClass::Ours),
    ("no compatible algorithm", ErrorClass::Ours),
    ("algorithm negotiation failed", ErrorClass::Ours),
    ("self-select", ErrorClass::Ours),
    // Form faults: what we send is rendered from checked values.
    ("nonce not an", ErrorClass::Ours),
    ("invalid length", ErrorClass::Ours),
    ("not hex", ErrorClass::Ours),
    ("bad gateway", ErrorClass::Pool),
    ("block template", ErrorClass::Pool),
    ("no active pool", ErrorClass::Pool),
    ("couldn't check pow", ErrorClass::Pool),
    ("submit failed", ErrorClass::Pool),
    ("disconnected from p2pool", ErrorClass::Pool),
];

/// Texts that mean the same only as a whole, because their words are common.
const KNOWN_WHOLE: [(&str, ErrorClass); 1] = [("invalid block", ErrorClass::Pool)];

/// What an upstream's error text means.
#[must_use]
pub fn classify(text: &str) -> ErrorClass {
    let mut end = text.len().min(LOOKED_AT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = text[..end].trim().to_ascii_lowercase();
    let whole = KNOWN_WHOLE.iter().find(|(known, _)| text == *known);
    let part = || KNOWN.iter().find(|(known, _)| text.contains(known));
    whole
        .or_else(part)
        .map_or(ErrorClass::Unknown, |(_, class)| *class)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn expect(peer: &str, class: ErrorClass, texts: &[&str]) {
        for text in texts {
            assert_eq!(classify(text), class, "{peer}: {text}");
            assert_eq!(classify(&text.to_uppercase()), class, "{peer}: {text}");
        }
    }

    #[test]
    fn words_of_xmrig_proxy() {
        let peer = "xmrig-proxy";
        expect(peer, ErrorClass::Pool, &["Bad gateway"]);
        expect(peer, ErrorClass::Stale, &["Invalid job id"]);
        expect(
            peer,
            ErrorClass::Rig,
            &["Low difficulty share", "Incorrect algorithm"],
        );
        expect(
            peer,
            ErrorClass::Ours,
            &[
                "Invalid method",
                "Invalid nonce; is miner not compatible with NiceHash?",
                "Unauthenticated",
                "No compatible algorithm found, update your miner",
                "Permission denied",
                "Algorithm negotiation failed",
            ],
        );
        expect(peer, ErrorClass::Unknown, &["Unknown error"]);
    }

    #[test]
    fn words_of_xmr_node_proxy() {
        let peer = "xmr-node-proxy";
        expect(
            peer,
            ErrorClass::Rig,
            &["Duplicate share", "Low difficulty share"],
        );
        expect(
            peer,
            ErrorClass::Stale,
            &["Block expired", "Invalid job id"],
        );
        expect(
            peer,
            ErrorClass::Throttle,
            &["Throttled down share submission (please increase difficulty)"],
        );
        expect(
            peer,
            ErrorClass::Ours,
            &["Unauthorized access", "Unauthenticated", "Unknown method"],
        );
        expect(
            peer,
            ErrorClass::Pool,
            &["No active block template", "No active pool available"],
        );
    }

    #[test]
    fn words_of_nodejs_pool() {
        let peer = "nodejs-pool";
        expect(
            peer,
            ErrorClass::Ban,
            &[
                "New connections from this IP address are temporarily suspended from mining (10 minutes max)",
                "Temporary (one hour max) mining ban since you connected too many workers. Please use proxy",
                "Temporary (one hour max) ban on new miner connections since you connected too many workers.",
                "IP Address currently banned",
                "your IP is banned",
            ],
        );
        expect(
            peer,
            ErrorClass::Stale,
            &["Block outdated", "Block expired", "Invalid job id"],
        );
        expect(
            peer,
            ErrorClass::Throttle,
            &[
                "Rate limit exceeded for keepalive requests",
                "Rate limit exceeded for job requests before first valid share",
                "Too many share submissions for the current job. Wait for a new job.",
                "Throttled down share submission (please increase difficulty)",
            ],
        );
        expect(
            peer,
            ErrorClass::Pool,
            &["No block template yet. Please wait."],
        );
        expect(
            peer,
            ErrorClass::Ours,
            &[
                "Invalid payment address provided: 44x",
                "No double login is allowed",
                "No params specified",
                "Unknown RPC method",
                "Unauthenticated",
            ],
        );
        expect(
            peer,
            ErrorClass::Rig,
            &[
                "Duplicate share",
                "Low difficulty share",
                "Incorrect hashing protocol in use.  Please upgrade/fix your miner",
            ],
        );
    }

    #[test]
    fn words_of_p2pool() {
        let peer = "p2pool";
        expect(peer, ErrorClass::Stale, &["Stale share", "Invalid job id"]);
        expect(
            peer,
            ErrorClass::Pool,
            &[
                "Couldn't check PoW",
                "Submit failed",
                "Disconnected from P2Pool network",
            ],
        );
        expect(peer, ErrorClass::Rig, &["Low diff share", "Invalid PoW"]);
        expect(peer, ErrorClass::Ban, &["Banned"]);
    }

    #[test]
    fn words_of_monero_pool_and_cryptonote_nodejs_pool() {
        let peer = "monero-pool";
        expect(
            peer,
            ErrorClass::Ours,
            &[
                "nonce not an unsigned long int",
                "result invalid length",
                "result not hex string",
                "job_id invalid length",
                "mode self-select and no template",
                "Invalid address",
                "Invalid address network type",
            ],
        );
        expect(peer, ErrorClass::Stale, &["cannot find job with job_id"]);
        expect(
            peer,
            ErrorClass::Rig,
            &["Duplicate share", "Invalid share", "Low difficulty share"],
        );
        expect(peer, ErrorClass::Pool, &["Invalid block"]);
        let peer = "cryptonote-nodejs-pool";
        expect(peer, ErrorClass::Rig, &["Rejected share: invalid result"]);
        expect(peer, ErrorClass::Stale, &["Block expired"]);
    }

    #[test]
    fn anything_else_is_unknown() {
        for text in ["", "no", "Pool is under maintenance", "🦀"] {
            assert_eq!(classify(text), ErrorClass::Unknown, "{text}");
        }
    }

    #[test]
    fn every_known_text_can_be_found() {
        for (at, (text, class)) in KNOWN.iter().enumerate() {
            assert_eq!(*text, text.to_lowercase(), "compared in lower case");
            assert_eq!(
                classify(text),
                *class,
                "row {at} is hidden by an earlier one"
            );
        }
    }

    #[test]
    fn labels_and_places_are_all_different() {
        let labels: std::collections::HashSet<_> = ErrorClass::ALL.map(ErrorClass::label).into();
        assert_eq!(labels.len(), ErrorClass::ALL.len());
        for (at, class) in ErrorClass::ALL.iter().enumerate() {
            assert_eq!(class.index(), at);
        }
    }

    proptest! {
        #[test]
        fn any_text_has_a_class(text in ".{0,400}") {
            let _ = classify(&text);
        }
    }
}
