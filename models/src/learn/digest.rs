//! What stands for rows in a model's file.

use sha2::{Digest as _, Sha256};

use super::OutcomeRow;
use super::artifact::{DataFacts, Digest};

/// A SHA-256 over everything in these rows, in their order.
#[must_use]
pub fn digest_of_rows(rows: &[OutcomeRow]) -> Digest {
    let mut hash = Sha256::new();
    for row in rows {
        hash.update(row.seq.to_le_bytes());
        hash.update(row.at_ms.to_le_bytes());
        hash.update(row.rig.0.to_le_bytes());
        for feature in row.features {
            hash.update(feature.to_le_bytes());
        }
        hash.update(row.class.label());
        hash.update([0]);
        hash.update(row.arm.label());
        hash.update([0]);
    }
    Digest(hash.finalize().into())
}

/// What a model's file says of the rows, in order of time, that it was trained on.
#[must_use]
pub fn facts_of_rows(rows: &[OutcomeRow]) -> DataFacts {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return DataFacts {
            digest: digest_of_rows(rows),
            ..DataFacts::default()
        };
    };
    DataFacts {
        rows: rows.len() as u64,
        first_ms: first.at_ms,
        last_ms: last.at_ms,
        last_seq: last.seq,
        digest: digest_of_rows(rows),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::OutcomeClass;
    use crate::ledger::Arm;
    use crate::simulation::outcome_rows;

    #[test]
    fn any_change_of_a_row_and_of_the_order_is_another_digest() {
        let rows = outcome_rows(100, 1);
        let whole = digest_of_rows(&rows);
        let changes: [fn(&mut Vec<OutcomeRow>); 7] = [
            |rows| rows[50].seq += 1,
            |rows| rows[50].at_ms += 1,
            |rows| rows[50].rig.0 += 1,
            |rows| rows[50].features[12] = 0.5,
            |rows| rows[50].class = OutcomeClass::Duplicate,
            |rows| rows[50].arm = Arm::Model,
            |rows| rows.swap(50, 51),
        ];
        for change in changes {
            let mut changed = rows.clone();
            change(&mut changed);
            assert_ne!(digest_of_rows(&changed), whole);
        }
        assert_eq!(digest_of_rows(&rows), whole);
    }

    #[test]
    fn facts_name_the_first_and_the_last_row() {
        let rows = outcome_rows(100, 1);
        let facts = facts_of_rows(&rows);
        assert_eq!((facts.rows, facts.last_seq), (100, 100));
        assert_eq!(
            (facts.first_ms, facts.last_ms),
            (rows[0].at_ms, rows[99].at_ms)
        );
        assert_eq!(facts_of_rows(&[]).rows, 0);
    }
}
