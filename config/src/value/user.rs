//! Wallets and accounts at a pool.

use std::fmt;
use std::str::FromStr;

use super::Invalid;

/// Longest user, in bytes: two integrated addresses with a worker's name and difficulty.
const LONGEST: usize = 512;
/// A wallet part up to this long is no wallet but an account's name, and shown whole.
const SHORT: usize = 12;
/// Shortest of a Monero address's forms is 95 characters; other parts are shown up to here.
const NAME: usize = 40;

/// Whom a pool pays: `wallet[.worker][+difficulty]`, or an account's name.
///
/// It prints itself masked, because a wallet in a log tells who owns a farm.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct User(String);

impl User {
    /// The whole text, as it is sent to the pool.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has the form of a Monero address, which is what a node pays: 95 characters of
    /// base58, or 106 with a payment id in it.
    ///
    /// # Errors
    /// It has not.
    pub fn as_address(&self) -> Result<&str, &'static str> {
        let is_base58 =
            |c: u8| c.is_ascii_alphanumeric() && !matches!(c, b'0' | b'O' | b'I' | b'l');
        if matches!(self.0.len(), 95 | 106) && self.0.bytes().all(is_base58) {
            Ok(&self.0)
        } else {
            Err(
                "must be the wallet's address alone, 95 letters and digits (106 with a payment id): \
                 a monerod knows no workers",
            )
        }
    }

    /// The text with its wallet cut to the first four and last four characters.
    #[must_use]
    pub fn masked(&self) -> String {
        Masked(&self.0).to_string()
    }
}

impl FromStr for User {
    type Err = Invalid;

    /// Accepts a text of up to 512 bytes without blanks and control characters.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            Err(Invalid::new(
                "must not be empty: write the wallet that the pool pays",
            ))
        } else if text.len() > LONGEST {
            Err(Invalid::new(format!(
                "must be at most {LONGEST} bytes long"
            )))
        } else if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            Err(Invalid::new(
                "must not contain blanks or control characters",
            ))
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Masked(&self.0).fmt(f)
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "User({})", Masked(&self.0))
    }
}

/// Displays a user without its wallets: pools take a second one after `%`.
pub(crate) struct Masked<'a>(pub(crate) &'a str);

impl fmt::Display for Masked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        MaskedBeyond {
            text: self.0,
            first: SHORT,
            others: NAME,
        }
        .fmt(f)
    }
}

/// Displays a text with its long parts cut: the first part beyond one length, the others beyond
/// another.
struct MaskedBeyond<'a> {
    text: &'a str,
    first: usize,
    others: usize,
}

impl fmt::Display for MaskedBeyond<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.text.split_inclusive(['.', '+', '%']).enumerate() {
            let (body, mark) = match part.char_indices().next_back() {
                Some((at, '.' | '+' | '%')) => part.split_at(at),
                Some(_) | None => (part, ""),
            };
            let longest = if index == 0 { self.first } else { self.others };
            if body.chars().count() > longest {
                let ends = |count: usize| {
                    body.char_indices()
                        .nth(count)
                        .map_or(body.len(), |(at, _)| at)
                };
                let (head, tail) = (ends(4), ends(body.chars().count() - 4));
                write!(f, "{}…{}{mark}", &body[..head], &body[tail..])?;
            } else {
                write!(f, "{body}{mark}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Masked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A name that a miner logs in with, as it may be shown: of every part that could be a wallet only
/// the first four and last four characters.
#[must_use]
pub fn masked_user(text: &str) -> String {
    const RIG: usize = 24;
    cut_parts(text, RIG)
}

/// A rig's own name, as it may be shown: a part as long as a wallet is cut likewise.
#[must_use]
pub fn masked_name(text: &str) -> String {
    cut_parts(text, NAME)
}

fn cut_parts(text: &str, longest: usize) -> String {
    MaskedBeyond {
        text,
        first: longest,
        others: longest,
    }
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wallet() -> String {
        format!("4{}Z", "a".repeat(93))
    }

    #[test]
    fn a_wallet_is_masked_and_the_rest_is_shown() {
        let wallet = wallet();
        let cases = [
            (wallet.clone(), "4aaa…aaaZ".to_owned()),
            (
                format!("{wallet}.rig-of-the-north+5000"),
                "4aaa…aaaZ.rig-of-the-north+5000".to_owned(),
            ),
            (
                format!("{wallet}%10%{wallet}"),
                "4aaa…aaaZ%10%4aaa…aaaZ".to_owned(),
            ),
            (format!("x.{wallet}"), "x.4aaa…aaaZ".to_owned()),
            ("anna".to_owned(), "anna".to_owned()),
        ];
        for (text, masked) in cases {
            let user: User = text.parse().unwrap();
            assert_eq!(user.masked(), masked);
            assert_eq!(user.to_string(), masked);
            assert_eq!(format!("{user:?}"), format!("User({masked})"));
            assert_eq!(user.as_str(), text);
        }
    }

    #[test]
    fn a_rigs_names_are_shown_unless_they_could_be_a_wallet() {
        let wallet = wallet();
        assert_eq!(masked_user("shelf-4-rig-12"), "shelf-4-rig-12");
        assert_eq!(masked_user(&format!("{wallet}.rig")), "4aaa…aaaZ.rig");
        let uuid = "550e8400-e29b-41d4-a716-446655440000";
        assert_eq!(masked_name(uuid), uuid);
        assert_eq!(masked_name(&wallet), "4aaa…aaaZ");
    }

    #[test]
    fn what_no_pool_takes_is_refused() {
        for text in [
            "",
            " ",
            "wal let",
            "wallet\n",
            "\twallet",
            "wal\u{0}let",
            &"a".repeat(513),
        ] {
            assert!(text.parse::<User>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_long_part_survives_the_mask(text: String, part in "[1-9A-Za-z]{41,106}", mark in "[.+%]?") {
            let masked = Masked(&format!("{text}{mark}{part}")).to_string();
            prop_assert!(!masked.contains(&part));
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = text.parse::<User>();
        }
    }
}
