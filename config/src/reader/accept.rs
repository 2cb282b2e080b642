//! Rules: what the value of a key must be.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use super::{Value, nearest};
use crate::value::{
    ByteSize, Invalid, Probability, Secret, format_duration, parse_duration, parse_network, shown,
};

type Accepted<T> = Result<T, Invalid>;

/// A whole number in a range.
pub(crate) fn whole(range: RangeInclusive<usize>) -> impl Fn(&Value<'_>) -> Accepted<usize> {
    move |value| {
        value
            .as_integer()
            .and_then(|number| usize::try_from(number).ok())
            .filter(|number| range.contains(number))
            .ok_or_else(|| {
                Invalid::new(format!(
                    "must be a whole number from {} to {}, but is {}",
                    range.start(),
                    range.end(),
                    value.found()
                ))
            })
    }
}

/// A difficulty: a whole number from 1.
pub(crate) fn difficulty(value: &Value<'_>) -> Accepted<u64> {
    value
        .as_integer()
        .and_then(|number| u64::try_from(number).ok())
        .filter(|number| *number > 0)
        .ok_or_else(|| {
            Invalid::new(format!(
                "must be a whole number from 1 to {}, but is {}",
                i64::MAX,
                value.found()
            ))
        })
}

/// A number from 0 to 1.
pub(crate) fn probability(value: &Value<'_>) -> Accepted<Probability> {
    if let Value::Float(number) = value {
        return Probability::new(*number);
    }
    match value.as_integer() {
        Some(0) => Ok(Probability::ZERO),
        Some(1) => Ok(Probability::ONE),
        Some(_) | None => Err(Invalid::new(format!(
            "must be a probability from 0 to 1, but is {}",
            value.found()
        ))),
    }
}

/// A rate of false alarms: above 0, at most 0.1.
pub(crate) fn alpha(value: &Value<'_>) -> Accepted<Probability> {
    probability(value)
        .ok()
        .filter(|rate| rate.get() > 0.0 && rate.get() <= 0.1)
        .ok_or_else(|| {
            Invalid::new(format!(
                "must be a probability above 0, at most 0.1, but is {}",
                value.found()
            ))
        })
}

/// `true` or `false`.
pub(crate) fn boolean(value: &Value<'_>) -> Accepted<bool> {
    if let Value::Boolean(value) = value {
        Ok(*value)
    } else {
        Err(Invalid::new(format!(
            "must be true or false, but is {}",
            value.found()
        )))
    }
}

/// A duration in a range.
pub(crate) fn duration(
    range: RangeInclusive<Duration>,
) -> impl Fn(&Value<'_>) -> Accepted<Duration> {
    move |value| {
        let Some(text) = value.as_text() else {
            return Err(Invalid::new(format!(
                "must be a duration in quotes with its unit (ms, s, m, h or d), such as \"10s\", \
                 but is {}",
                value.found()
            )));
        };
        let duration = parse_duration(text)?;
        if range.contains(&duration) {
            Ok(duration)
        } else {
            Err(Invalid::new(format!(
                "must be from \"{}\" to \"{}\", but is {}",
                format_duration(*range.start()),
                format_duration(*range.end()),
                shown(text)
            )))
        }
    }
}

/// A size in a range; a plain number counts bytes.
pub(crate) fn size(range: RangeInclusive<ByteSize>) -> impl Fn(&Value<'_>) -> Accepted<ByteSize> {
    move |value| {
        let size = if let Some(text) = value.as_text() {
            text.parse()?
        } else {
            value
                .as_integer()
                .and_then(|bytes| usize::try_from(bytes).ok())
                .map(ByteSize::new)
                .ok_or_else(|| {
                    Invalid::new(format!(
                        "must be a size in quotes with its unit, such as \"64KiB\", but is {}",
                        value.found()
                    ))
                })?
        };
        if range.contains(&size) {
            Ok(size)
        } else {
            Err(Invalid::new(format!(
                "must be from \"{}\" to \"{}\", but is {}",
                range.start(),
                range.end(),
                value.found()
            )))
        }
    }
}

/// The address of a listener.
pub(crate) fn address(value: &Value<'_>) -> Accepted<SocketAddr> {
    let address = value.as_text().and_then(|text| text.parse().ok());
    address.ok_or_else(|| {
        Invalid::new(format!(
            "must be an IP address with a port, such as \"0.0.0.0:3333\" or \"[::]:3333\", \
             but is {}",
            value.found()
        ))
    })
}

/// Whatever the rule accepts, or `"off"` for none of it.
pub(crate) fn or_off<T>(
    rule: impl Fn(&Value<'_>) -> Accepted<T>,
) -> impl Fn(&Value<'_>) -> Accepted<Option<T>> {
    move |value| {
        if value.as_text() == Some("off") {
            return Ok(None);
        }
        rule(value)
            .map(Some)
            .map_err(|why| Invalid::new(format!("{why}; \"off\" is possible too")))
    }
}

/// One of a few words.
pub(crate) fn choice<T: Copy>(choices: &[(&'static str, T)]) -> impl Fn(&Value<'_>) -> Accepted<T> {
    move |value| {
        let word = value.as_text().unwrap_or_default();
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == word) {
            return Ok(*value);
        }
        let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
        let quoted: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
        let listed = match quoted.split_last() {
            Some((last, others)) if !others.is_empty() => {
                format!("{} or {last}", others.join(", "))
            }
            Some(_) | None => quoted.concat(),
        };
        let guess = nearest(word, &names)
            .map_or_else(String::new, |name| format!("; did you mean \"{name}\"?"));
        Err(Invalid::new(format!(
            "must be {listed}, but is {}{guess}",
            value.found()
        )))
    }
}

/// A text that a value can be made of. The text itself is never shown, because it may be secret.
pub(crate) fn parsed<T: std::str::FromStr<Err = Invalid>>(value: &Value<'_>) -> Accepted<T> {
    text(value)?.parse()
}

/// An address without a port.
pub(crate) fn ip_address(value: &Value<'_>) -> Accepted<IpAddr> {
    text(value)?.parse().map_err(|_| {
        Invalid::new(format!(
            "must be an IP address without a port, such as \"192.0.2.7\", but is {}",
            value.found()
        ))
    })
}

/// The name of a proof-of-work algorithm.
pub(crate) fn algorithm(value: &Value<'_>) -> Accepted<String> {
    const LONGEST: usize = 32;
    let name = text(value)?;
    let fair = |c: char| c.is_ascii_alphanumeric() || "/-_".contains(c);
    if name.is_empty() || name.len() > LONGEST || !name.chars().all(fair) {
        return Err(Invalid::new(format!(
            "must be the name of an algorithm, such as \"rx/0\", of at most {LONGEST} bytes, but is {}",
            value.found()
        )));
    }
    Ok(name.to_ascii_lowercase())
}

/// The path of a file or folder.
pub(crate) fn path(value: &Value<'_>) -> Accepted<PathBuf> {
    match text(value)? {
        "" => Err(Invalid::new(
            "must not be empty: write the path of a file or folder",
        )),
        path if path.contains('\0') => Err(Invalid::new("must not contain a NUL character")),
        path => Ok(PathBuf::from(path)),
    }
}

/// A password: any text of at most 512 bytes that fits on one line.
pub(crate) fn secret(value: &Value<'_>) -> Accepted<Secret> {
    line(text(value)?).map(Secret::new)
}

/// A password that keeps others out: not empty.
pub(crate) fn password(value: &Value<'_>) -> Accepted<Secret> {
    match line(text(value)?)? {
        "" => Err(Invalid::new(
            "must not be empty: leave the key out to let everybody in",
        )),
        password => Ok(Secret::new(password)),
    }
}

/// A network of addresses, or one address.
pub(crate) fn network(value: &Value<'_>) -> Accepted<IpNet> {
    parse_network(text(value)?)
}

/// A name: a text of at most 512 bytes that fits on one line and is not empty.
pub(crate) fn name(value: &Value<'_>) -> Accepted<String> {
    match line(text(value)?)? {
        "" => Err(Invalid::new("must not be empty; leave the key out instead")),
        name => Ok(name.to_owned()),
    }
}

fn text<'a>(value: &Value<'a>) -> Accepted<&'a str> {
    value
        .as_text()
        .ok_or_else(|| Invalid::new(format!("must be a text in quotes, but is {}", value.kind())))
}

fn line(text: &str) -> Accepted<&str> {
    const LONGEST: usize = 512;
    if text.len() > LONGEST {
        Err(Invalid::new(format!(
            "must be at most {LONGEST} bytes long"
        )))
    } else if text.contains(char::is_control) {
        Err(Invalid::new("must not contain control characters"))
    } else {
        Ok(text)
    }
}
