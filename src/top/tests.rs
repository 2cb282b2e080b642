//! What is on the screen, cell by cell, as a terminal would get it.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde_json::{Value, json};

use super::app::App;
use super::draw::draw;
use super::seen::Seen;

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 40)];

/// The screen after a key, as lines.
fn screen(seen: &Seen, key: char, size: (u16, u16)) -> Vec<String> {
    screen_after(seen, &[KeyCode::Char(key)], size)
}

fn screen_after(seen: &Seen, keys: &[KeyCode], (width, height): (u16, u16)) -> Vec<String> {
    let mut app = App::default();
    for key in keys {
        app.press(KeyEvent::new(*key, KeyModifiers::NONE));
    }
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, &mut app, seen)).unwrap();
    let buffer = terminal.backend().buffer();
    let line = |y| {
        let cells = (0..width).map(|x| buffer[(x, y)].symbol());
        cells.collect::<String>().trim_end().to_owned()
    };
    (0..height).map(line).collect()
}

fn has(lines: &[String], text: &str) {
    let found = lines.iter().any(|line| line.contains(text));
    assert!(found, "{text:?} is not in\n{}", lines.join("\n"));
}

fn seen(overview: Value) -> Seen {
    Seen {
        url: "http://127.0.0.1:8080".to_owned(),
        overview: Some(overview),
        ..Seen::default()
    }
}

fn a_farm() -> Value {
    json!({
        "at_unix_ms": 1_800_000_100_000_u64, "version": "0.1.0", "uptime_s": 90_061,
        "ready": true, "not_ready_because": [],
        "earning": {
            "accepted_ratio_1h": 0.9928, "answered_1h": 1234,
            "hash_rates": [
                {"over": "10m", "per_second": 1e4, "low": 9e3, "high": 1.2e4, "shares": 40},
                {"over": "1h", "per_second": 12345.0, "low": 11800.0, "high": 12900.0, "shares": 900},
            ],
            "since_accepted_ms": 61_000, "miners": 40, "miners_at_work": 37,
            "reply_micros": [128, 4096],
        },
        "upstreams": [{
            "name": "pool.example:443", "tls": true, "user": "48ed…wxyz", "serves": 2, "lanes": 2,
            "job_age_ms": 12_000, "height": 3_300_000, "difficulty": 480_045,
            "submit_micros": 34_000, "accepted": 1225, "rejected": {"stale": 9, "ban": 0},
        }],
        "shares": {
            "received": 2000, "pending": 1, "accepted": 1225, "rejected": {"stale": 9},
            "unanswered": 0, "credited": 700, "refused": {"low_difficulty": 65}, "held": 0,
            "undeliverable": 0, "overload": 0, "late": 3, "mended": 1,
        },
        "rigs": {"known": 41, "presence": {"online": 37, "silent": 1, "late": 0}, "standing": null},
        "attention": [{
            "rig": "00112233aabbccdd", "rig_id": "rig-7", "user": "farm", "state": "quarantined",
            "reason": "a bad proof", "since_unix_ms": 1_800_000_000_000_u64,
        }],
        "attention_total": 1,
        "filters": [{
            "stage": "entropy", "state": "bypassed", "model": null, "needs_model": false,
            "faults": 4, "looked_at": 1999, "suspects": 1, "strongest_log_e": 12.25,
            "strongest_cause": "biased bytes",
        }],
        "prover": {
            "mode": "fast", "threads": 4, "busy": 1, "queue_depth": 0, "queue_capacity": 8192,
            "hashes": 1300, "hash_ms": 3.5, "proved_good": 1200, "proved_bad": 65, "unproved": 2,
            "budget": 0.5, "failure": null,
        },
        "models": {
            "phase": "idle", "window": 250_000, "min_shares": 2000, "drifted": false,
            "next_training_unix_ms": 1_800_003_700_000_u64, "last_results": [], "faults": [],
            "models": [{
                "id": "0123456789abcdef", "slot": "outcome", "state": "champion",
                "since_unix_ms": 1_799_990_000_000_u64, "worth": ["log loss 0.10 below chance"],
            }],
            "lift": {"estimate": 1.0021, "low": 0.9812, "high": 1.0234, "shares": 5000},
        },
        "difficulty": null,
        "store": {"failing": null, "damage": [], "recorded": 2000, "acknowledged_unrecorded": 0,
            "lost": 0, "bytes": 1_572_864, "disk_free_bytes": null},
        "alerts": null,
        "actors": [
            {"name": "lane0/judge", "state": "running", "generation": 1, "faults": 0,
                "queue_depth": 0, "step_micros": 12.0, "note": "", "last_fault": null},
            {"name": "lane0/stage/entropy", "state": "bypassed", "generation": 5, "faults": 4,
                "queue_depth": 3, "step_micros": 1500.0, "note": "until 12:00:00",
                "last_fault": "panicked: drill", "last_fault_unix_ms": 3_661_000},
        ],
        "invariant_violations": 0, "events_seq": 2,
    })
}

#[test]
fn the_first_lines_say_whether_the_farm_earns_whatever_is_looked_at() {
    for size in SIZES {
        for key in ['1', '2', '3', '4', '5', '?'] {
            let lines = screen(&seen(a_farm()), key, size);
            assert!(lines[0].starts_with(" READY  zartrux 0.1.0  http://127.0.0.1:8080"));
            assert!(lines[0].contains("up 1 d 1 h"), "{}", lines[0]);
            let verdict =
                "accepted 99.28 %  12.3 kH/s (11.8 k to 12.9 k, 1h)  miners: 37 of 40 at work";
            assert_eq!(lines[1], verdict);
            assert!(
                lines[2].contains("rigs that need somebody: 1"),
                "{}",
                lines[2]
            );
            let keys = lines.last().unwrap();
            assert!(keys.starts_with("q quit"), "{keys}");
        }
    }
}

#[test]
fn the_farm_shows_upstreams_and_the_rig_that_needs_somebody_on_the_smallest_usual_terminal() {
    let lines = screen(&seen(a_farm()), '1', (80, 24));
    has(
        &lines,
        "  serves    pool.example:443 (TLS), lanes 2 of 2, job 12 s old",
    );
    has(&lines, "height 3,300,000, difficulty 480 k");
    has(
        &lines,
        "  1h:    12.3 kH/s, 95 % within 11.8 kH/s to 12.9 kH/s, from 900 shares",
    );
    has(
        &lines,
        "  rig-7                quarantined for 1 min 40 s   a bad proof",
    );
}

#[test]
fn the_other_views_show_their_part() {
    for size in SIZES {
        let shares = screen(&seen(a_farm()), '2', size);
        has(&shares, "accepted                 1,225    61.25 %");
        has(&shares, "9     0.45 %  (stale 9)");
        has(&shares, "by presence    online 37, silent 1");
        has(&shares, "by standing    no data");
        let end = screen_after(&seen(a_farm()), &[KeyCode::Char('2'), KeyCode::End], size);
        has(&end, "1.5 MiB used, no data free");
        let learning = screen(&seen(a_farm()), '3', size);
        has(
            &learning,
            "entropy    bypassed    1,999 shares, 4 faults, 1 suspects",
        );
        has(&learning, "fast, 1 of 4 threads busy");
        has(
            &learning,
            "lift: 1.0021 (0.9812 to 1.0234) from 5,000 shares",
        );
        has(&learning, "outcome    0123456789abcdef champion");
        has(&learning, "no node is asked, or no data");
        let actors = screen(&seen(a_farm()), '4', size);
        assert!(
            actors[5].contains("lane0/stage/entropy"),
            "faults come first"
        );
        has(&actors, "01:01:01 panicked: drill");
    }
}

#[test]
fn what_was_not_measured_is_no_data_and_never_a_number() {
    for overview in [
        json!({}),
        json!({"earning": [], "upstreams": 3, "shares": "x"}),
    ] {
        for key in ['1', '2', '3', '4', '5'] {
            let lines = screen(&seen(overview.clone()), key, (80, 24));
            assert!(lines[0].contains("NO DATA YET"), "{}", lines[0]);
            let taken = "accepted no data  no data  miners: no data";
            assert_eq!(lines[1], taken);
            let body = &lines[4..lines.len() - 1];
            let has_digit = |line: &String| {
                // Names of percentiles are no figures.
                let line = line.replace("(99 %)", "");
                line.contains(|c: char| c.is_ascii_digit())
            };
            assert!(!body.iter().any(has_digit), "{key}\n{}", body.join("\n"));
        }
    }
}

#[test]
fn a_lost_connection_is_told_with_the_age_of_what_is_shown() {
    let mut seen = seen(a_farm());
    seen.fault = Some("Connection refused".to_owned());
    seen.age_s = 75;
    let lines = screen(&seen, '1', (80, 24));
    assert!(lines[0].starts_with(" NO ANSWER "), "{}", lines[0]);
    let told = "no answer for 1 min 15 s: Connection refused; trying again";
    assert_eq!(lines[2], told);
    has(&lines, "pool.example:443");
    seen.overview = None;
    let lines = screen(&seen, '1', (80, 24));
    assert_eq!(lines[2], "Connection refused; trying again");
}

#[test]
fn a_violated_invariant_is_told_before_all_else_but_a_lost_connection() {
    let mut overview = a_farm();
    overview["invariant_violations"] = json!(3);
    overview["not_ready_because"] = json!(["lane 0: no upstream has a fresh job"]);
    let lines = screen(&seen(overview), '1', (80, 24));
    assert_eq!(lines[2], "DEFECT: invariants did not hold 3 times");
}

#[test]
fn names_that_are_hostile_reach_the_terminal_as_plain_text() {
    let hostile = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}\u{9b}31m\r\n\u{200b}x";
    let mut overview = a_farm();
    let everywhere = json!(hostile);
    for pointer in [
        "/version",
        "/upstreams/0/name",
        "/attention/0/rig_id",
        "/attention/0/reason",
        "/attention/0/state",
        "/filters/0/stage",
        "/filters/0/state",
        "/filters/0/strongest_cause",
        "/models/phase",
        "/models/models/0/slot",
        "/models/models/0/worth/0",
        "/actors/1/name",
        "/actors/1/note",
        "/actors/1/last_fault",
        "/store/failing",
        "/earning/hash_rates/0/over",
    ] {
        *overview.pointer_mut(pointer).unwrap() = everywhere.clone();
    }
    overview["not_ready_because"] = json!([hostile]);
    overview["shares"]["rejected"] = json!({ hostile: 9 });
    overview["alerts"] = json!([{"kind": hostile, "subject": hostile, "text": hostile}]);
    let mut seen = seen(overview);
    let event = json!({"seq": 1, "kind": hostile, "severity": hostile, "text": hostile});
    seen.events.push_back(event);
    for key in ['1', '2', '3', '4', '5'] {
        for size in SIZES {
            for line in screen(&seen, key, size) {
                let harmful = |c: char| {
                    c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
                };
                assert!(!line.contains(harmful), "{line:?}");
            }
        }
    }
    has(&screen(&seen, '5', (120, 40)), "\\u{1b}[2J");
}

#[test]
fn any_size_of_terminal_can_be_drawn_on() {
    for size in [(1, 1), (39, 9), (40, 10), (41, 500), (500, 11)] {
        for key in ['1', '2', '3', '4', '5', '?'] {
            screen(&seen(a_farm()), key, size);
        }
    }
}
