//! What the documentation says of keys, flags, texts, metrics and tests is so.
#![cfg(test)]

#[path = "docs_are_true/links.rs"]
mod links;
#[path = "docs_are_true/shown.rs"]
mod shown;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;
use zartrux::command::Cli;
use zartrux::node::ExitCode;
use zartrux_config::{ANNOTATED_DEFAULT, Takes, classified};
use zartrux_models::alert::Severity;
use zartrux_models::ledger::AlertKind;
use zartrux_models::node_rpc::{NOTICE_LIMIT, NodeErrorClass, REPLY_LIMIT};
use zartrux_models::share::RefusalReason;
use zartrux_models::stratum::{
    DEPTH_LIMIT, ErrorClass, LINE_LIMIT, LINE_LIMIT_BEFORE_LOGIN, POOL_LINE_LIMIT, POOL_TEXT_LIMIT,
};
use zartrux_models::work::BlockTemplate;

const OPERATIONS: &str = include_str!("../docs/src/operations.md");
const ALERTS: &str = include_str!("../docs/src/alerts.md");
const PROTOCOL: &str = include_str!("../docs/src/protocol.md");
const INVARIANTS: &str = include_str!("../docs/src/invariants.md");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|fault| panic!("{path}: {fault}"))
}

/// The text below a heading, up to the next one of any level.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let start = page
        .find(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("no heading {heading:?}"));
    let body = &page[start + heading.len() + 2..];
    &body[..body.find("\n#").unwrap_or(body.len())]
}

/// Rows of tables: their cells, without the marks of code.
fn rows(text: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| {
        let inside = line.trim().trim_matches('|');
        inside
            .split(" | ")
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    text.lines()
        .filter(|line| line.starts_with('|') && !line.starts_with("|-"))
        .map(cells)
        .collect()
}

/// A key of the annotated file: its section, its name, and its default if it has one.
fn keys() -> Vec<(String, String, Option<String>)> {
    let mut keys = Vec::new();
    let mut section = String::new();
    for line in ANNOTATED_DEFAULT.lines() {
        let (entry, has_default) = match line.strip_prefix("# ") {
            Some(entry) => (entry, false),
            None => (line, true),
        };
        if entry.starts_with('[') && entry.ends_with(']') {
            entry.clone_into(&mut section);
        } else if let Some((key, value)) = entry.split_once(" = ")
            && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        {
            let default = has_default.then(|| value.to_owned());
            keys.push((section.clone(), key.to_owned(), default));
        }
    }
    keys
}

#[test]
fn every_key_of_the_settings_is_explained_with_its_default() {
    let keys = keys();
    assert!(keys.len() > 30, "the annotated file was read");
    for (name, key, default) in keys {
        let rows = rows(section(OPERATIONS, &format!("### `{name}`")));
        let row = rows
            .iter()
            .find(|row| row[0] == format!("`{key}`"))
            .unwrap_or_else(|| panic!("{name} {key} is not explained"));
        assert!(row[2].len() > 10, "{name} {key}: {row:?}");
        if let Some(default) = default {
            assert_eq!(row[1], format!("`{default}`"), "default of {name} {key}");
        }
    }
}

#[test]
fn no_key_is_explained_that_does_not_exist() {
    for (name, _, _) in keys() {
        for row in rows(section(OPERATIONS, &format!("### `{name}`")))
            .iter()
            .skip(1)
        {
            let known = keys()
                .iter()
                .any(|(of, key, _)| *of == name && row[0] == format!("`{key}`"));
            assert!(known, "{name} has no key {}", row[0]);
        }
    }
}

#[test]
fn every_key_that_needs_a_restart_is_listed_and_no_other() {
    let known: Vec<String> = classified()
        .filter(|(_, takes)| *takes == Takes::Restart)
        .map(|(key, _)| format!("`{key}`"))
        .collect();
    let told: Vec<String> = rows(section(OPERATIONS, "## Changing settings while it runs"))
        .into_iter()
        .map(|row| row[0].clone())
        .skip(1)
        .take_while(|first| first != "request")
        .collect();
    assert_eq!(told, known);
}

#[test]
fn every_flag_is_explained() {
    let cli = Cli::command();
    let mut flags = 0;
    for command in cli.get_subcommands() {
        let name = command.get_name();
        assert!(OPERATIONS.contains(&format!("`zartrux {name}")), "{name}");
        for flag in command.get_arguments().filter(|flag| !flag.is_hide_set()) {
            let Some(long) = flag.get_long().filter(|long| *long != "help") else {
                continue;
            };
            let alone = format!("| `--{long}` |");
            let with_value = format!("| `--{long} ");
            assert!(
                OPERATIONS.contains(&alone) || OPERATIONS.contains(&with_value),
                "--{long} of {name} is not explained"
            );
            flags += 1;
        }
    }
    assert!(flags > 20, "the commands were read");
}

#[test]
fn every_kind_of_alert_is_explained_and_no_other() {
    let told: BTreeSet<&str> = ALERTS
        .lines()
        .filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'))
        .collect();
    let known: BTreeSet<&str> = AlertKind::ALL.map(AlertKind::label).into();
    assert_eq!(told, known);
    for kind in AlertKind::ALL {
        let text = section(ALERTS, &format!("### `{}`", kind.label()));
        let severity = Severity::of(kind).label();
        let begins = text.trim_start().to_lowercase();
        assert!(
            begins.starts_with(severity),
            "{kind:?} is {severity}: {text}"
        );
        let ends = text.contains("ver when") || text.contains("happened") || text.contains("never");
        assert!(ends, "{kind:?}: it is not said when it is over");
    }
}

#[test]
fn every_exit_code_is_explained_and_no_other() {
    let codes = [
        ExitCode::Done,
        ExitCode::Failed,
        ExitCode::Usage,
        ExitCode::UpstreamUnavailable,
        ExitCode::Internal,
        ExitCode::Configuration,
    ];
    let known: Vec<String> = codes.map(|code| (code as i32).to_string()).into();
    let told: Vec<String> = rows(section(OPERATIONS, "### Exit codes"))
        .into_iter()
        .skip(1)
        .map(|row| row[0].clone())
        .collect();
    assert_eq!(told, known);
}

/// Words in quotes that begin with `start`.
fn quoted(source: &str, start: &str) -> BTreeSet<String> {
    source
        .split('"')
        .filter(|text| text.starts_with(start))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_metric_is_explained_and_no_other() {
    let known: BTreeSet<String> = sources("src/http/metrics")
        .iter()
        .filter(|file| file.file_name().is_some_and(|name| name != "tests.rs"))
        .flat_map(|file| {
            let source = fs::read_to_string(file).unwrap();
            let ours = quoted(&source, "zartrux_").into_iter();
            ours.chain(quoted(&source, "process_"))
        })
        .collect();
    let told: BTreeSet<String> = rows(section(OPERATIONS, "## Metrics"))
        .into_iter()
        .skip(1)
        .map(|row| {
            row[0]
                .trim_matches('`')
                .trim_end_matches("_total")
                .to_owned()
        })
        .collect();
    assert!(known.len() > 80, "the metrics were read");
    assert_eq!(told, known);
}

#[test]
fn every_page_of_the_monitor_is_explained() {
    for file in sources("src/http") {
        let source = fs::read_to_string(&file).unwrap();
        for line in source.lines() {
            let of = |prefix| line.strip_prefix(prefix);
            let methods = [
                ("GET", "#[get(\""),
                ("POST", "#[post(\""),
                ("PUT", "#[put(\""),
            ];
            let found = methods.map(|(method, start)| Some((method, of(start)?)));
            let Some((method, route)) = found.into_iter().flatten().next() else {
                continue;
            };
            let route = route.trim_end_matches("\")]");
            let fixed = route.split('{').next().unwrap_or(route);
            assert!(
                OPERATIONS.contains(&format!("`{method} {route}`"))
                    || OPERATIONS.contains(&format!("`{method} {fixed}NAME`"))
                    || (fixed == "/drill/"
                        && OPERATIONS.contains("curl -X POST 'http://127.0.0.1:8080/drill/")),
                "{route} is not explained"
            );
        }
    }
}

#[test]
fn every_refusal_is_told_with_its_text_in_the_order_of_the_checks() {
    let told: Vec<(String, String)> = rows(section(PROTOCOL, "### Refusals"))
        .into_iter()
        .skip(1)
        .take(RefusalReason::ALL.len())
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect();
    let known: Vec<(String, String)> = RefusalReason::ALL
        .iter()
        .map(|reason| {
            let (text, label) = (reason.wire_text(), reason.label());
            (format!("`{text}`"), format!("`{label}`"))
        })
        .collect();
    assert_eq!(told, known);
}

#[test]
fn every_refusal_and_every_other_text_comes_with_what_to_do() {
    for heading in ["### Refusals", "### Classes of refusals"] {
        for row in rows(section(PROTOCOL, heading)) {
            assert!(row.last().is_some_and(|cell| cell.len() > 6), "{row:?}");
        }
    }
    let mut texts = 0;
    for file in sources("actors/src/miner_sessions") {
        let source = fs::read_to_string(&file).unwrap();
        for line in source.lines() {
            let named = line
                .starts_with("const ")
                .then(|| line.split_once(": &str = \""));
            let given = || line.split_once("push_error(out, id, \"");
            let Some((_, text)) = named.flatten().or_else(given) else {
                continue;
            };
            let text = text.split('"').next().unwrap_or(text);
            assert!(PROTOCOL.contains(&format!("| `{text}`")), "{text}");
            texts += 1;
        }
    }
    assert!(texts > 3, "the texts were read");
}

#[test]
fn every_class_of_a_pools_words_is_told() {
    let rows = rows(section(PROTOCOL, "### Classes of refusals"));
    for class in ErrorClass::ALL {
        let label = format!("`{class}`");
        assert!(rows.iter().any(|row| row[0] == label), "{class}");
        assert!(OPERATIONS.contains(&label), "{class}");
    }
}

#[test]
fn every_class_of_a_nodes_errors_is_told() {
    let rows = rows(section(PROTOCOL, "## Monero nodes"));
    for class in NodeErrorClass::ALL {
        let label = format!("`{}`", class.label());
        assert!(rows.iter().any(|row| row[0] == label), "{label}");
    }
}

#[test]
fn limits_are_told_as_they_are() {
    let kib = |bytes: usize| format!("{} KiB", bytes / 1024);
    let limits = section(PROTOCOL, "### Limits");
    assert!(limits.contains(&kib(LINE_LIMIT_BEFORE_LOGIN)));
    assert!(limits.contains(&kib(LINE_LIMIT)));
    assert!(limits.contains(&format!("{DEPTH_LIMIT} levels")));
    let pools = section(PROTOCOL, "## Pools");
    assert!(pools.contains(&kib(POOL_LINE_LIMIT)));
    assert!(PROTOCOL.contains(&format!("at most {POOL_TEXT_LIMIT} bytes")));
    let mib = |bytes: usize| format!("{} MiB", bytes / (1024 * 1024));
    let templates = section(PROTOCOL, "## Block templates");
    assert!(templates.contains(&mib(BlockTemplate::MAX_LEN)));
    let nodes = section(PROTOCOL, "## Monero nodes");
    assert!(nodes.contains(&format!("frame is {} long", mib(NOTICE_LIMIT))));
    let beyond = kib(REPLY_LIMIT % (1024 * 1024));
    assert!(nodes.contains(&format!("{} and {beyond}", mib(REPLY_LIMIT))));
}

#[test]
fn every_test_that_holds_an_invariant_exists_where_it_is_said_to_be() {
    let mut found = 0;
    for line in INVARIANTS.lines().filter(|line| line.starts_with("- `")) {
        let (name, place) = line
            .trim_start_matches("- `")
            .split_once("` (")
            .unwrap_or_else(|| panic!("not of the form - `test` (file): {line}"));
        let file = place.trim_end_matches(')');
        let source = read(file);
        assert!(
            source.contains(&format!("fn {name}(")),
            "{file} has no test {name}"
        );
        found += 1;
    }
    assert!(found > 30, "the page was read");
}

/// Rust sources below a folder.
fn sources(folder: &str) -> Vec<PathBuf> {
    below(&root().join(folder), "rs")
}

fn below(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(below(&path, extension));
        } else if path.extension().is_some_and(|has| has == extension) {
            found.push(path);
        }
    }
    found
}

fn pages() -> Vec<PathBuf> {
    let mut pages = below(&root().join("docs/src"), "md");
    pages.extend(["README.md", "README.es.md"].map(|name| root().join(name)));
    pages
}
