//! The ledger: its volumes one after another, and the journal in them.

use anyhow::Result;
use zartrux_actors::store::ledger::{Day, Inspection, Inspector, LedgerReader, Numbers, Volume};
use zartrux_models::ledger::{JournalEntry, ShareEntry};

use super::findings::Findings;
use super::journal::Played;
use super::outcomes::Spans;
use crate::console::say;

/// What the ledger comes to.
#[derive(Debug)]
pub(super) struct Looked {
    /// By volume.
    rows: Vec<(Volume, Inspection)>,
    /// Whether no number is missing, known or not.
    pub(super) is_complete: bool,
    pub(super) spans: Spans,
}

impl Looked {
    /// The first and the last number of a share.
    pub(super) fn share_numbers(&self) -> Numbers {
        let mut all = self.rows.iter().filter_map(|(_, row)| row.share_numbers);
        let first = all.next()?;
        Some((first.0, all.last().unwrap_or(first).1))
    }

    /// The day on which the oldest volume was begun.
    pub(super) fn first_day(&self) -> Option<Day> {
        self.rows.first().map(|(volume, _)| volume.day)
    }
}

/// Who is told of all shares and entries.
struct Reader {
    played: Played,
    spans: Spans,
}

impl Inspector for Reader {
    fn share(&mut self, share: &ShareEntry) {
        self.spans.add(share);
    }

    fn entry(&mut self, entry: &JournalEntry) {
        self.played.next(entry);
    }
}

/// Looks at everything once. Volumes may be sealed or dropped meanwhile; then nothing that was
/// found holds, and there is no answer.
pub(super) fn look(
    reader: &LedgerReader,
    spans: Spans,
    findings: &mut Findings,
) -> Result<Option<Looked>> {
    let mut told = Reader {
        played: Played::default(),
        spans,
    };
    let mut rows: Vec<(Volume, Inspection)> = Vec::new();
    let mut is_complete = true;
    for volume in reader.volumes() {
        let was_sealed = is_sealed(reader, volume);
        let found = match reader.inspect(volume, &mut told) {
            Ok(found) => found,
            Err(_) if !reader.folder(volume).exists() => return Ok(None),
            Err(fault) => {
                findings.fault(&fault);
                is_complete = false;
                continue;
            }
        };
        if is_sealed(reader, volume) != was_sealed || !reader.folder(volume).exists() {
            return Ok(None);
        }
        is_complete &= found.faults.is_empty() && !found.was_mended;
        for fault in &found.faults {
            findings.fault_of(volume, fault);
        }
        for remark in &found.remarks {
            findings.note(remark);
        }
        rows.push((volume, found));
    }
    is_complete &= between(&rows, "shares", |row| row.share_numbers, findings);
    is_complete &= between(&rows, "the journal", |row| row.journal_numbers, findings);
    for clash in &told.played.clashes {
        findings.fault(clash);
    }
    for clash in &told.played.doubtful {
        findings.note(&format_args!("{clash}; events are missing before it"));
    }
    for leftover in reader.leftovers() {
        findings.note(&format_args!(
            "{} is no volume: damaged files that were put aside, or what was interrupted",
            leftover.display()
        ));
    }
    Ok(Some(Looked {
        rows,
        is_complete,
        spans: told.spans,
    }))
}

fn is_sealed(reader: &LedgerReader, volume: Volume) -> bool {
    reader.folder(volume).join("sealed").exists()
}

/// Numbers go on from volume to volume.
fn between(
    rows: &[(Volume, Inspection)],
    what: &str,
    numbers: impl Fn(&Inspection) -> Numbers,
    findings: &mut Findings,
) -> bool {
    let mut is_complete = true;
    let mut before: Option<(Volume, u64, bool)> = None;
    for (volume, row) in rows {
        let Some((first, last)) = numbers(row) else {
            continue;
        };
        if let Some((earlier, end, was_mended)) = before {
            if first <= end {
                findings.fault(&format_args!(
                    "{what}: volume {volume} begins with number {first}, though {earlier} ends \
                     with {end}"
                ));
            } else if first > end + 1 {
                is_complete = false;
                let gap = format!(
                    "{what}, numbers {} to {}: are in no volume, between {earlier} and {volume}",
                    end + 1,
                    first - 1
                );
                if was_mended || row.was_mended {
                    findings.note(&format_args!("{gap}; one of them was damaged once"));
                } else {
                    findings.fault(&gap);
                }
            }
        }
        before = Some((*volume, last, row.was_mended));
    }
    is_complete
}

impl Looked {
    /// A line for each volume.
    pub(super) fn tell(&self) {
        say(&format_args!(
            "{:<14} {:>10} {:>21} {:>9} {:>17} {:>12} {:>12}  state",
            "volume", "shares", "numbers", "journal", "numbers", "bytes", "of records"
        ));
        for (volume, row) in &self.rows {
            let state = match (row.faults.len(), row.is_sealed) {
                (0, true) => "sealed".to_owned(),
                (0, false) => "open".to_owned(),
                (1, _) => "1 fault".to_owned(),
                (count, _) => format!("{count} faults"),
            };
            say(&format_args!(
                "{:<14} {:>10} {:>21} {:>9} {:>17} {:>12} {:>12}  {state}",
                volume.to_string(),
                row.shares,
                written(row.share_numbers),
                row.journal,
                written(row.journal_numbers),
                row.bytes,
                row.live_bytes,
            ));
        }
    }
}

fn written(numbers: Numbers) -> String {
    numbers.map_or_else(|| "-".to_owned(), |(first, last)| format!("{first}-{last}"))
}
