//! Who may do what over HTTP: part of `[monitor]`.

use crate::reader::{Section, accept};
use crate::value::TokenDigest;

/// Most tokens of one kind.
const MOST_TOKENS: usize = 16;

/// Who may do what over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiAccess {
    /// Tokens that let read, at most 16.
    pub read_tokens: Vec<TokenDigest>,
    /// Tokens that let do everything, at most 16.
    pub admin_tokens: Vec<TokenDigest>,
    /// What is allowed without a token.
    pub anonymous: Anonymous,
}

/// What is allowed without a token. `/health/live` and `/health/ready` always are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Anonymous {
    /// Nothing else.
    Nothing,
    /// To read.
    Read,
    /// Everything.
    Everything,
}

/// What the file has: `auto` goes by whether there are tokens.
const WORDS: [(&str, Option<Anonymous>); 4] = [
    ("auto", None),
    ("nothing", Some(Anonymous::Nothing)),
    ("read", Some(Anonymous::Read)),
    ("everything", Some(Anonymous::Everything)),
];

impl Default for ApiAccess {
    fn default() -> Self {
        Self {
            read_tokens: Vec::new(),
            admin_tokens: Vec::new(),
            anonymous: Anonymous::Everything,
        }
    }
}

impl Anonymous {
    /// The word that the file has for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Read => "read",
            Self::Everything => "everything",
        }
    }
}

impl ApiAccess {
    /// Whether there is any token.
    #[must_use]
    pub const fn has_tokens(&self) -> bool {
        !self.read_tokens.is_empty() || !self.admin_tokens.is_empty()
    }

    /// Reads it; `reaches_out` says that other machines reach the server.
    pub(super) fn read(section: &mut Section<'_, '_>, reaches_out: bool) -> Self {
        let mut tokens = |key| section.list(key, Vec::new(), MOST_TOKENS, accept::parsed);
        let read_tokens: Vec<TokenDigest> = tokens("read_tokens");
        let admin_tokens: Vec<TokenDigest> = tokens("admin_tokens");
        if let Some(both) = read_tokens
            .iter()
            .find(|token| admin_tokens.contains(token))
        {
            let message = format!("must not have {both:?}, which is among `read_tokens` too");
            section.fault("admin_tokens", message);
        }
        let has_tokens = !read_tokens.is_empty() || !admin_tokens.is_empty();
        let written = section
            .optional("anonymous", accept::choice(&WORDS))
            .flatten();
        let anonymous = written.unwrap_or(if has_tokens {
            Anonymous::Nothing
        } else {
            Anonymous::Everything
        });
        match written {
            None if reaches_out && !has_tokens => section.fault(
                "listen",
                "can be reached from other machines: write a token's digest into `read_tokens` \
                 or `admin_tokens` (`zartrux token` makes one), or `anonymous = \"read\"` to let \
                 everybody read",
            ),
            Some(Anonymous::Everything) if reaches_out => section.fault(
                "anonymous",
                "must not be \"everything\" where `listen` can be reached from other machines: \
                 \"read\" or \"nothing\" are possible",
            ),
            Some(Anonymous::Nothing) if !has_tokens => section.fault(
                "anonymous",
                "must not be \"nothing\" without a token in `read_tokens` or `admin_tokens`: \
                 nobody could see anything",
            ),
            None | Some(_) => {}
        }
        Self {
            read_tokens,
            admin_tokens,
            anonymous,
        }
    }
}
