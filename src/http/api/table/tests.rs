use zartrux_models::judge::Standing;
use zartrux_models::ledger::{Names, Presence};
use zartrux_models::share::RigKey;

use super::*;
use crate::overview::{RigRate, RigShares};

const HOSTILE: &str = "<script>\u{202e}\u{1b}[2J\n\"',;%00";

fn row(key: u64, rig_id: &str) -> RigRow {
    RigRow {
        rig: RigKey(key),
        names: Names::new("farm", rig_id, "XMRig/6.26.0"),
        presence: Some(Presence::Online),
        standing: Some(Standing::Trusted),
        state: RigState::Online,
        reason: None,
        since_unix_ms: None,
        last_share_unix_ms: None,
        rate: None,
        difficulty: None,
        shares: None,
    }
}

/// Ten thousand rigs: every third has a hash rate, every thousandth is silent, one is hostile.
fn farm() -> Fleet {
    let mut rows: Vec<RigRow> = (0..10_000u32)
        .map(|number| {
            let key = u64::from(number) + 1;
            let mut row = row(key, &format!("rig-{number:05}"));
            row.rate = (number % 3 == 0).then(|| RigRate {
                per_second: f64::from(number),
                low: 0.0,
                high: f64::from(2 * number),
            });
            if number % 1_000 == 0 {
                row.state = RigState::Silent;
            }
            row
        })
        .collect();
    rows[77].names = Names::new("farm", HOSTILE, "");
    rows[77].state = RigState::Quarantined;
    rows[77].shares = Some(RigShares {
        accepted: 1,
        rejected: 2,
        refused: 3,
    });
    Fleet {
        as_of_unix_ms: 5,
        rows,
        ..Fleet::default()
    }
}

fn asked(query: &str) -> Table {
    Asked::read(query).unwrap().table(&farm())
}

fn ids(table: &Table) -> Vec<&str> {
    let ids = table.rows.iter().map(|row| row.rig_id.as_deref());
    ids.map(Option::unwrap).collect()
}

#[test]
fn the_gravest_come_first_where_nothing_is_said() {
    let table = asked("limit=3");
    assert_eq!((table.total, table.matched), (10_000, 10_000));
    assert_eq!(table.as_of_unix_ms, 5);
    assert_eq!(ids(&table), [HOSTILE, "rig-00000", "rig-01000"]);
    let first = &table.rows[0];
    assert_eq!((first.state, first.refused), ("quarantined", Some(3)));
    assert_eq!(first.agent, None, "it gave none");
}

#[test]
fn a_part_in_the_middle_is_what_stands_there() {
    let table = asked("sort=name&offset=5000&limit=2");
    // The hostile name comes first, and one of the others is gone for it.
    assert_eq!(ids(&table), ["rig-05000", "rig-05001"]);
    let table = asked("sort=name&order=desc&limit=2");
    assert_eq!(ids(&table), ["rig-09999", "rig-09998"]);
    assert!(asked("offset=10000").rows.is_empty());
    assert_eq!(asked("offset=18446744073709551615").matched, 10_000);
}

#[test]
fn what_is_not_known_comes_last_in_either_order() {
    let up = asked("sort=hash_rate&limit=2");
    assert_eq!(ids(&up), ["rig-00000", "rig-00003"]);
    let down = asked("sort=hash_rate&order=desc&limit=2");
    assert_eq!(ids(&down), ["rig-09999", "rig-09996"]);
    for order in ["asc", "desc"] {
        let last = asked(&format!("sort=hash_rate&order={order}&offset=9999"));
        assert!(last.rows[0].hash_rate.is_none());
        let first = asked(&format!("sort=refused&order={order}&limit=1"));
        assert_eq!(ids(&first), [HOSTILE]);
    }
}

#[test]
fn a_search_finds_names_in_any_case_and_keys_by_their_beginning() {
    assert_eq!(asked("search=RIG-0123").matched, 10);
    assert_eq!(asked("search=%3CScript").matched, 1);
    assert_eq!(asked("search=0000000000000001").matched, 1);
    assert_eq!(asked("search=xmrig&state=silent").matched, 10);
    let none = asked("search=nobody");
    assert_eq!((none.total, none.matched), (10_000, 0));
}

#[test]
fn a_hostile_name_stays_text() {
    let table = asked("state=quarantined");
    let json = serde_json::to_string(&table).unwrap();
    assert!(!json.contains('\n') && !json.contains('\u{1b}'));
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read["rows"][0]["rig_id"], HOSTILE);
}

#[test]
fn what_is_wrong_with_a_request_is_told_by_the_name_of_its_parameter() {
    for (query, start) in [
        ("sort=speed", "sort: must be one of name, state, hash_rate"),
        ("order=up", "order: must be one of asc, desc"),
        ("state=bad", "state: must be one of quarantined, suspect"),
        ("offset=-1", "offset: must be a whole number"),
        ("limit=0", "limit: must be"),
        ("page=2", "\"page\": is no parameter here"),
    ] {
        let error = Asked::read(query).unwrap_err().error;
        assert!(error.starts_with(start), "{error}");
    }
}
