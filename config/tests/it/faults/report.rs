//! The report as a whole: syntax errors beside others, order, secrets, limits.

use std::fmt::Write as _;

use zartrux_config::{MAX_FILE_BYTES, Overrides, Settings};

use super::{faults, lines};

#[test]
fn what_is_not_toml_is_refused_with_its_line() {
    let cases = [
        ("[node]\ndrain = 10s", 2, "must be in quotes"),
        ("[node]\nlanes =", 2, "a value is missing"),
        ("[node]\nlanes = 1\nlanes = 2", 3, "lanes is written twice"),
        ("[node]\n[miners]\n[node]", 3, "node is written twice"),
        ("[node\nlanes = 1", 1, "is not TOML"),
        ("{\"lanes\": 1}", 1, "is not TOML"),
        ("[node]\ndata = \"abc", 2, "is not TOML"),
    ];
    for (text, line, sentence) in cases {
        let faults = faults(text);
        let first = faults.iter().next().unwrap();
        assert_eq!(first.line(), Some(line), "{text:?}: {faults}");
        assert!(first.message().contains(sentence), "{text:?}: {faults}");
    }
}

#[test]
fn faults_beside_a_syntax_error_are_reported_with_it() {
    let text =
        "[node]\nlanes = 0\ndrain = 10s\nlogg = \"info\"\n[prove]\nqueue = 0\n[[pool]]\nurl =\n";
    assert_eq!(
        lines(text),
        [
            "line 2: node.lanes: must be a whole number from 1 to 64, but is 0",
            "line 3: the value must be in quotes, unless it is a number, true or false",
            "line 4: node.logg: is not a setting of Zartrux; did you mean `log`?",
            "line 6: prove.queue: must be a whole number from 1 to 1048576, but is 0",
            "line 8: a value is missing after \"=\"",
        ]
    );
}

#[test]
fn many_faults_come_at_once_in_the_order_of_the_lines() {
    let text = "[prove]\nsample = 7\nmode = \"fats\"\n[node]\nlanes = 65\nlanez = 1\n\
                [miners]\nlisten = [\"nowhere\"]\nmin_difficulty = 0\n\
                [[pool]]\nuser = \"w\"\n[[pool]]\nurl = \"pool:1\"\n";
    assert_eq!(
        lines(text),
        [
            "line 2: prove.sample: must be a probability from 0 to 1, but is 7",
            "line 3: prove.mode: must be \"light\", \"fast\" or \"off\", but is \"fats\"; \
             did you mean \"fast\"?",
            "line 5: node.lanes: must be a whole number from 1 to 64, but is 65",
            "line 6: node.lanez: is not a setting of Zartrux; did you mean `lanes`?",
            "line 8: miners.listen[0]: must be an IP address with a port, such as \
             \"0.0.0.0:3333\" or \"[::]:3333\", but is \"nowhere\"",
            "line 9: miners.min_difficulty: must be a whole number from 1 to \
             9223372036854775807, but is 0",
            "line 10: pool[0].url: is missing: write where the pool is, such as \
             \"stratum+ssl://pool.example:443\"",
            "line 12: pool[1].user: is missing: write the wallet that the pool pays (the flag is \
             --user)",
            "line 13: pool[1].url: must start with a scheme: write \"stratum+tcp://pool:1\", or \
             \"stratum+ssl://pool:1\" for TLS",
        ]
    );
}

#[test]
fn a_fault_hides_no_contradiction_and_makes_none() {
    // The refused deadline is not compared; the retries are.
    let text =
        "[prove]\ndeadline = \"soon\"\ndeadline_unknown = \"1ms\"\n[failover]\nretry = \"2m\"";
    let faults = lines(text);
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(
        faults[0].starts_with("line 2: prove.deadline: "),
        "{faults:?}"
    );
    assert!(
        faults[1].starts_with("line 5: failover.retry_max: "),
        "{faults:?}"
    );
}

#[test]
fn no_fault_repeats_a_password_or_a_wallet() {
    let wallet = format!("4{}", "b".repeat(94));
    let text = format!(
        "[[pool]]\nurl = \"stratum+tcp://{wallet}:hunter2@a:1\"\nuser = \"{wallet} \"\n\
         pass = [\"hunter2\"]\n[[pool]]\nurl = \"{wallet}\"\nuser = {wallet}\npass = \"hunter2\\n\"\n"
    );
    let printed = lines(&text).join("\n");
    assert!(printed.contains("pool[0].pass"), "{printed}");
    assert!(!printed.contains("hunter2"), "{printed}");
    assert!(!printed.contains(&wallet), "{printed}");
}

#[test]
fn a_text_that_is_no_toml_at_all_has_a_bounded_report() {
    let text = "= \n".repeat(300_000);
    let faults = faults(&text);
    assert!(faults.len() <= 102, "{}", faults.len());
    assert!(faults.to_string().contains("more lines"));
}

#[test]
fn a_text_beyond_the_limit_is_not_read() {
    let text = "#".repeat(MAX_FILE_BYTES);
    assert!(Settings::from_toml(&text, &Overrides::default()).is_ok());
    assert_eq!(lines(&format!("{text}#")), ["is larger than 1 MiB"]);
}

#[test]
fn thousands_of_unknown_keys_are_all_reported() {
    let mut text = "[node]\n".to_owned();
    for number in 0..5_000 {
        writeln!(text, "strange_key_number_{number} = 1").unwrap();
    }
    assert_eq!(faults(&text).len(), 5_000);
}

#[test]
fn a_broken_header_is_one_fault_and_not_one_for_each_key_after_it() {
    let text = "[miners\nlisten = [\"127.0.0.1:1\"]\nstrange = 1\n[prove]\nqueue = 0\n";
    assert_eq!(
        lines(text),
        [
            "line 1: is not TOML: unclosed table, expected `]`",
            "line 5: prove.queue: must be a whole number from 1 to 1048576, but is 0",
        ]
    );
}

#[test]
fn a_value_with_a_syntax_error_is_not_judged() {
    for text in [
        "node = [",
        "pool = [",
        "pool = ",
        "[miners]\nlisten = [\"a\"",
        "node = {lanes = }",
    ] {
        let lines = lines(text);
        assert_eq!(lines.len(), 1, "{text}: {lines:?}");
    }
}

#[test]
fn a_line_has_one_syntax_error() {
    assert_eq!(
        lines("[node]\nlanes = 1\nlog = [1 2 3 = 4]\n"),
        ["line 3: is not TOML: unexpected `=` in array, expected value, `]`"]
    );
}
