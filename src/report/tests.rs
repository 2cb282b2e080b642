//! What a report counts, and what it makes of hostile words.

use std::collections::BTreeMap;

use zartrux_models::filter::ModelId;
use zartrux_models::learn::outcome::{OutcomeSettings, fit};
use zartrux_models::learn::{RowsInOrder, facts_of_rows};
use zartrux_models::ledger::{Names, ShareEntry};
use zartrux_models::share::RigKey;

use super::document::Block;
use super::funnel::sum;
use super::simulated::{BEGIN_MS, shares};
use super::*;

const BOUNDS: Bounds = Bounds {
    window: 50_000,
    rigs: 1_000,
    listed: 8,
    seed: 1,
};

fn nobody<'a>() -> Champions<'a> {
    Champions {
        outcome: Err("no model of outcomes is in force".to_owned()),
        behaviour: Err("no model of behaviours is in force".to_owned()),
    }
}

fn reported(
    entries: &[ShareEntry],
    champions: Champions<'_>,
    names: Measured<&BTreeMap<RigKey, Names>>,
) -> Report {
    let mut collector = Collector::new(None, None, BOUNDS, champions);
    for entry in entries {
        collector.take(entry, Seen::InSpan);
    }
    collector.finish(Beside {
        names,
        journal: None,
        damage: 0,
        difficulty: None,
    })
}

fn plainly(entries: &[ShareEntry]) -> Report {
    reported(entries, nobody(), Ok(&BTreeMap::new()))
}

/// A report with a model that was trained on the first half of the shares.
fn judged(entries: &[ShareEntry]) -> Report {
    let (mut in_order, mut rows) = (RowsInOrder::new(1_000), Vec::new());
    for entry in &entries[..entries.len() / 2] {
        in_order.next(entry, |row| rows.push(row));
    }
    in_order.finish(|row| rows.push(row));
    let settings = OutcomeSettings {
        rows_min: 1_000,
        ..OutcomeSettings::new(1)
    };
    let model = fit(&rows, &settings, None).unwrap().model;
    let champions = Champions {
        outcome: Ok(OutcomeChampion {
            id: ModelId(7),
            data: facts_of_rows(&rows),
            model: &model,
        }),
        ..nobody()
    };
    reported(entries, champions, Ok(&BTreeMap::new()))
}

#[test]
fn every_step_of_the_funnel_adds_up_to_the_one_before() {
    let funnel = plainly(&shares(5_000, 20, 1)).funnel;
    assert_eq!(funnel.received, 5_000);
    assert!(sum(&funnel.refused_at_once) > 0 && sum(&funnel.rejected) > 0);
    assert_eq!(
        funnel.received,
        sum(&funnel.refused_at_once) + funnel.admitted
    );
    assert_eq!(sum(&funnel.proofs), funnel.admitted);
    let ended = [
        funnel.accepted,
        funnel.credited,
        funnel.unanswered,
        funnel.held,
        funnel.undeliverable,
        sum(&funnel.rejected),
        sum(&funnel.refused_later),
    ];
    assert_eq!(ended.iter().sum::<u64>(), funnel.admitted);
}

#[test]
fn listed_rigs_and_all_others_have_all_shares() {
    let report = plainly(&shares(5_000, 20, 2));
    let rigs = &report.rigs;
    assert_eq!(rigs.listed.len(), BOUNDS.listed);
    let others = rigs.others.unwrap();
    assert_eq!((others.rigs, report.coverage.rigs), (12, 20));
    let listed: u64 = rigs.listed.iter().map(|line| line.sum.shares).sum();
    assert_eq!(listed + others.shares, 5_000);
    assert!(rigs.listed.is_sorted_by(|a, b| a.sum.work >= b.sum.work));
    let entries = shares(5_000, 20, 2);
    let first = RigKey::from_hex(&rigs.listed[0].key).unwrap();
    let theirs = entries.iter().filter(|entry| entry.rig == first);
    let good = theirs.clone().filter(|entry| entry.was_acknowledged());
    assert_eq!(rigs.listed[0].sum.shares, theirs.count() as u64);
    assert_eq!(rigs.listed[0].sum.good, good.count() as u64);
}

#[test]
fn rigs_beyond_the_room_are_counted_with_the_others() {
    let bounds = Bounds { rigs: 3, ..BOUNDS };
    let mut collector = Collector::new(None, None, bounds, nobody());
    for entry in &shares(1_000, 20, 3) {
        collector.take(entry, Seen::InSpan);
    }
    let report = collector.finish(Beside {
        names: Ok(&BTreeMap::new()),
        journal: None,
        damage: 0,
        difficulty: None,
    });
    let listed: u64 = report.rigs.listed.iter().map(|line| line.sum.shares).sum();
    assert_eq!(report.coverage.rigs, 3);
    assert_eq!(report.coverage.rigs_uncounted + listed, 1_000);
    assert_eq!(report.rigs.others.unwrap().shares, 1_000 - listed);
}

#[test]
fn what_came_before_the_span_is_counted_nowhere() {
    let entries = shares(4_000, 4, 4);
    let from_ms = BEGIN_MS + 2_000 * 500;
    let mut collector = Collector::new(Some(from_ms), None, BOUNDS, nobody());
    for entry in &entries {
        let seen = if entry.unix_ms < from_ms {
            Seen::Before
        } else {
            Seen::InSpan
        };
        collector.take(entry, seen);
    }
    let report = collector.finish(Beside {
        names: Ok(&BTreeMap::new()),
        journal: None,
        damage: 0,
        difficulty: None,
    });
    assert_eq!(
        (report.coverage.shares, report.funnel.received),
        (2_000, 2_000)
    );
    assert_eq!(report.coverage.first_ms, Some(from_ms));
}

#[test]
fn a_model_is_judged_by_shares_later_than_its_training_alone() {
    let entries = shares(20_000, 20, 5);
    let report = judged(&entries);
    let outcome = report.outcome.unwrap();
    let middle = BEGIN_MS + 10_000 * 500;
    assert!(outcome.report.first_ms >= middle - 1_000, "no earlier ones");
    assert!(outcome.earlier > 9_000 && outcome.report.rows > 9_000);
    // Late shares are stale here, which the model is shown.
    assert!(outcome.report.beats_baselines());
    assert!(report.drift.is_ok());
    // No model of behaviours is in force: one is trained on the spot, and that is told.
    let map = report.map.unwrap();
    assert!(map.champion.is_none() && map.why_not.is_some());
    assert_eq!(map.rigs.len(), 20);
    let of_clusters: usize = map.clusters.iter().map(|cluster| cluster.blocks).sum();
    assert_eq!(of_clusters, map.blocks);
}

#[test]
fn without_a_model_or_later_shares_there_are_words_and_no_figures() {
    let entries = shares(20_000, 20, 5);
    let report = plainly(&entries);
    let written = text(&Document::of(&report));
    assert!(written.contains("There is nothing to judge: no model of outcomes is in force."));
    assert!(!written.contains("AUC") && !written.contains("PSI"));
    assert!(!written.contains("Calibration"));
}

#[test]
fn an_empty_ledger_has_a_report_that_says_so() {
    let report = plainly(&[]);
    let document = Document::of(&report);
    for written in [text(&document), page(&document).unwrap()] {
        let words = written.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("The ledger has no shares of this span."));
        assert!(words.contains("No block headers were given."));
        assert!(!written.contains("NaN") && !written.contains("<svg"));
    }
}

#[test]
fn the_same_shares_make_the_same_bytes() {
    let entries = shares(3_000, 20, 6);
    let written = || {
        let document = Document::of(&plainly(&entries));
        (page(&document).unwrap(), text(&document))
    };
    assert_eq!(written(), written());
}

#[test]
fn a_page_and_a_text_hold_the_same_figures() {
    let document = Document::of(&judged(&shares(20_000, 20, 7)));
    let (page, text) = (page(&document).unwrap(), text(&document));
    let mut cells = 0;
    for block in document.sections.iter().flat_map(|section| &section.blocks) {
        if let Block::Table(table) = block {
            for cell in table.rows.iter().flatten() {
                assert!(text.contains(cell.as_str()), "{cell:?} is not in the text");
                let escaped = cell.replace('\'', "&#39;");
                assert!(page.contains(&format!(">{escaped}</td>")), "{cell:?}");
                cells += 1;
            }
        }
    }
    assert!(cells > 200, "{cells}");
}

/// What a rig could call itself to harm whoever reads a report.
const HOSTILE: [&str; 5] = [
    "<script>alert(1)</script>",
    "\"><img src=http://evil.example/x onerror='alert(1)'>",
    "a\u{202e}b\u{200f}c",
    "\u{1b}[2J\u{7}\0\r\n| x",
    "</td></table><style>*{display:none}</style>`&lt;",
];

#[test]
fn hostile_names_are_nothing_but_text() {
    let names: BTreeMap<RigKey, Names> = (1..)
        .map(RigKey)
        .zip(HOSTILE.map(|name| Names::new("", name, "")))
        .collect();
    let report = reported(&shares(2_000, 5, 8), nobody(), Ok(&names));
    let document = Document::of(&report);
    let page = page(&document).unwrap();
    for words in ["<script", "<img", "</table><style", "\u{202e}", "\u{200f}"] {
        assert!(!page.contains(words), "{words:?}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.contains("a\\u{202e}b\\u{200f}c"));
    let unseen = |c: char| c.is_control() && c != '\n';
    assert!(!page.contains(unseen) && !text(&document).contains(unseen));
}

#[test]
fn a_page_asks_the_network_for_nothing() {
    let document = Document::of(&judged(&shares(20_000, 20, 9)));
    let page = page(&document).unwrap();
    assert!(page.contains("default-src 'none'") && page.contains("<svg"));
    for words in [
        "http:", "https:", "//", "src=", "url(", "@import", "<script", "<link", "<iframe", "xlink",
    ] {
        assert!(!page.contains(words), "{words}");
    }
    for (place, _) in page.match_indices("href=") {
        assert!(page[place..].starts_with("href=\"#s"));
    }
}
