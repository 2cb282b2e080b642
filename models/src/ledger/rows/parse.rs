//! What can stand in a cell, each kind with its own reason for not being it.

use super::reason::Reason;
use crate::ledger::ShareEntry;
use crate::ledger::code::Coded;
use crate::share::{RigKey, ShareId};

/// Numbers that are counted.
pub(super) trait Whole: TryFrom<u64> {
    const MOST: u64;
}

impl Whole for u16 {
    const MOST: u64 = 0xffff;
}

impl Whole for u32 {
    const MOST: u64 = 0xffff_ffff;
}

impl Whole for u64 {
    const MOST: u64 = Self::MAX;
}

/// A whole number; `.0` behind it, as programs write that keep columns with gaps as fractions, is
/// passed over.
pub(super) fn whole<T: Whole>(cell: &str) -> Result<T, Reason> {
    whole_from(0, cell)
}

/// As [`whole`], with a least one.
pub(super) fn whole_from<T: Whole>(least: u64, cell: &str) -> Result<T, Reason> {
    let number = cell.strip_suffix(".0").unwrap_or(cell);
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    digits
        .then(|| number.parse::<u64>().ok())
        .flatten()
        .filter(|number| *number >= least)
        .and_then(|number| T::try_from(number).ok())
        .ok_or(Reason::NotWhole {
            least,
            most: T::MOST,
        })
}

/// A number from 0 to `most`, which `shown` writes.
pub(super) fn fraction(most: f32, shown: &'static str, cell: &str) -> Result<f32, Reason> {
    let number = cell.parse::<f32>().ok();
    number
        .filter(|number| number.is_finite() && (0.0..=most).contains(number))
        .ok_or(Reason::NotANumber {
            least: "0",
            most: shown,
        })
}

/// A logarithm: any number.
pub(super) fn log_e(cell: &str) -> Result<f32, Reason> {
    let number = cell.parse::<f32>().ok();
    number
        .filter(|number| !number.is_nan())
        .ok_or(Reason::NotANumber {
            least: "-inf",
            most: "inf",
        })
}

/// 16 hex digits.
pub(super) fn hex(cell: &str) -> Result<u64, Reason> {
    rig_key(cell).map(|key| key.0)
}

/// As rigs are written.
pub(super) fn rig_key(cell: &str) -> Result<RigKey, Reason> {
    RigKey::from_hex(cell).ok_or(Reason::NotHex("16"))
}

/// As shares are written.
pub(super) fn share_id(cell: &str) -> Result<ShareId, Reason> {
    ShareId::from_hex(cell).ok_or(Reason::NotHex("1 to 16"))
}

/// Yes or no, as both formats write it.
pub(super) fn yes_no(cell: &str) -> Result<bool, Reason> {
    match cell {
        "1" => Ok(true),
        "0" => Ok(false),
        _ if cell.eq_ignore_ascii_case("true") => Ok(true),
        _ if cell.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(Reason::NotYesNo),
    }
}

/// One of several names.
pub(super) fn name<C: Coded>(
    what: &'static str,
    label: impl Fn(C) -> &'static str,
    cell: &str,
) -> Result<C, Reason> {
    let named = C::CODES.iter().find(|listed| label(**listed) == cell);
    named.copied().ok_or(Reason::UnknownName(what))
}

/// Words of someone else.
pub(super) fn text_of(cell: &str) -> Result<Box<str>, Reason> {
    if cell.len() > ShareEntry::TEXT_MAX {
        Err(Reason::TextTooLong)
    } else {
        Ok(cell.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_lies_in_range_and_has_neither_sign_nor_fraction() {
        assert_eq!(whole::<u16>("65535"), Ok(65_535));
        assert_eq!(whole::<u64>("18446744073709551615"), Ok(u64::MAX));
        assert_eq!(whole::<u64>("17.0"), Ok(17));
        for cell in [
            "65536",
            "+1",
            "-1",
            "1.5",
            ".0",
            "1e3",
            " 1",
            "",
            "18446744073709551616",
        ] {
            let most = 65_535;
            assert_eq!(
                whole::<u16>(cell),
                Err(Reason::NotWhole { least: 0, most }),
                "{cell}"
            );
        }
        assert!(whole_from::<u64>(1, "0").is_err());
    }

    #[test]
    fn a_fraction_is_a_number_within_its_bounds() {
        assert_eq!(fraction(1.0, "1", "0.25"), Ok(0.25));
        for cell in ["NaN", "inf", "-0.1", "1.01", "x", ""] {
            assert!(fraction(1.0, "1", cell).is_err(), "{cell}");
        }
        assert_eq!(log_e("-inf"), Ok(f32::NEG_INFINITY));
        assert!(log_e("nan").is_err());
    }

    #[test]
    fn yes_and_no_are_read_as_either_format_and_spreadsheets_write_them() {
        for cell in ["1", "true", "TRUE"] {
            assert_eq!(yes_no(cell), Ok(true));
        }
        for cell in ["0", "false", "False"] {
            assert_eq!(yes_no(cell), Ok(false));
        }
        assert_eq!(yes_no("yes"), Err(Reason::NotYesNo));
    }
}
