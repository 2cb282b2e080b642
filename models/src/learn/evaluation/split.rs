//! Earlier and later rows.

use crate::learn::OutcomeRow;

/// Splits rows in order of time into an earlier part of about `part` of them, 0 to 1, and the later
/// rest. Never by chance: rows of the same time stay together, in the later part.
#[must_use]
pub fn temporal_split(rows: &[OutcomeRow], part: f64) -> (&[OutcomeRow], &[OutcomeRow]) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a part of a length; float-to-int casts saturate, and what is no number is 0"
    )]
    let wanted = (rows.len() as f64 * part) as usize;
    let Some(border) = rows.get(wanted) else {
        return (rows, &[]);
    };
    rows.split_at(rows.partition_point(|row| row.at_ms < border.at_ms))
}
