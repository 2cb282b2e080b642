//! The targets on stable Rust: over the committed corpus, and over mutations of it that are the
//! same ones each time.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use zartrux_fuzz::mutate::Mutator;
use zartrux_fuzz::{Reached, TARGETS, Target};

/// Mutations per target, unless `ZARTRUX_FUZZ_ROUNDS` asks for another number.
const ROUNDS: usize = 20_000;

/// The corpus of a target, in the order of its names.
fn corpus(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(name);
    let mut inputs: Vec<(String, Vec<u8>)> = fs::read_dir(&folder)
        .unwrap_or_else(|fault| panic!("{}: {fault}", folder.display()))
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.display().to_string(), fs::read(&path).unwrap())
        })
        .collect();
    inputs.sort();
    inputs
}

/// Runs a target; a panic is told with the input that caused it.
fn run((name, target): Target, what: &str, input: &[u8]) -> Result<Reached, String> {
    catch_unwind(AssertUnwindSafe(|| target(input))).map_err(|panic| {
        let cause = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or_default();
        format!("{name}, {what}: {cause}\ninput: {}", input.escape_ascii())
    })
}

fn over_corpus(target: Target) -> Reached {
    let inputs = corpus(target.0);
    assert!(!inputs.is_empty(), "{} has no corpus", target.0);
    let mut reached = Reached::new();
    for (path, input) in &inputs {
        reached.extend(run(target, path, input).unwrap_or_else(|told| panic!("{told}")));
    }
    reached
}

fn target(name: &str) -> Target {
    *TARGETS.iter().find(|(known, _)| *known == name).unwrap()
}

fn assert_reaches(name: &str, wanted: &[&'static str]) {
    let reached = over_corpus(target(name));
    let missing: Vec<_> = wanted
        .iter()
        .filter(|kind| !reached.contains(**kind))
        .collect();
    assert!(
        missing.is_empty(),
        "{name} never reaches {missing:?}, only {reached:?}"
    );
}

#[test]
fn the_miners_corpus_holds_and_reaches_every_kind_of_answer() {
    assert_reaches(
        "miner_line",
        &[
            "login",
            "admitted",
            "local",
            "upstream",
            "stale",
            "contested",
            "keepalive",
            "error",
            "fatal",
            "garbage",
            "unauthenticated",
            "malformed",
            "unknown_job",
            "expired",
            "wrong_algorithm",
            "outside_lease",
            "duplicate",
            "low_difficulty",
            "too many",
            "invalid_result",
        ],
    );
}

#[test]
fn the_balancers_corpus_holds_and_reaches_every_kind_of_header() {
    assert_reaches(
        "proxy_header",
        &[
            "v4",
            "v6",
            "local",
            "unknown",
            "not yet",
            "no header",
            "version 1",
            "command",
            "family",
            "length",
            "field",
            "checksum",
        ],
    );
}

#[test]
fn the_pools_corpus_holds_and_reaches_every_kind_of_effect() {
    assert_reaches(
        "pool_line",
        &[
            "logged in",
            "job",
            "template",
            "submitted",
            "accepted",
            "rig",
            "stale",
            "ban",
            "throttle",
            "ours",
            "unknown",
            "keepalive",
            "kept alive",
            "keepalive refused",
            "same job",
            "redirected",
            "reconnect refused",
            "stray error",
            "unknown method",
            "odd line",
            "closed",
            "left already",
        ],
    );
}

#[test]
fn the_streams_corpus_holds_and_reaches_every_end() {
    assert_reaches(
        "line_assembler",
        &["open", "stopped", "too long", "line", "json", "deep"],
    );
}

#[test]
fn the_settings_corpus_holds_and_reaches_good_and_bad() {
    assert_reaches(
        "config_toml",
        &["good", "good without a pool", "bad value", "not TOML"],
    );
}

#[test]
fn the_imports_corpus_holds_and_reaches_good_and_bad() {
    assert_reaches(
        "import_json",
        &["converted", "converted without a pool", "not JSON"],
    );
}

#[test]
fn the_ledgers_corpus_holds_and_reaches_shares_and_every_reason_to_set_a_row_aside() {
    assert_reaches(
        "ledger_csv",
        &[
            "share",
            "share of JSON",
            "no header",
            "unknown column",
            "not UTF-8",
            "open quote",
            "cells",
            "not an object",
            "given twice",
            "not a value",
            "missing",
            "not a time",
            "not a number",
            "not hex",
            "not yes or no",
            "unknown name",
            "without reason",
            "alone",
            "text too long",
        ],
    );
}

#[test]
fn the_stores_corpus_holds_and_reaches_every_sort_of_record_whole_and_damaged() {
    assert_reaches(
        "stored",
        &[
            "shares",
            "packed shares",
            "journal",
            "rig",
            "page",
            "mark",
            "bad shares",
            "bad journal",
            "bad rig",
            "bad page",
            "bad mark",
            "frame",
            "no frame",
            "begun",
        ],
    );
}

#[test]
fn the_states_corpus_holds_and_reaches_every_filter_and_the_judge() {
    assert_reaches(
        "rig_states",
        &[
            "entropy",
            "divergence",
            "pattern",
            "pace",
            "cluster",
            "classifier",
            "judge",
            "a new rig",
            "bad state",
        ],
    );
}

#[test]
fn the_node_sessions_corpus_holds_and_reaches_every_effect() {
    assert_reaches(
        "node_session",
        &[
            "serves",
            "serves again",
            "job",
            "away",
            "lost",
            "notice",
            "settled",
            "full",
        ],
    );
}

#[test]
fn the_routes_corpus_holds_and_reaches_moves_windows_and_difficulties() {
    assert_reaches(
        "routes",
        &["came", "moved", "round", "window", "no window", "vardiff"],
    );
}

#[test]
fn the_headers_corpus_holds_and_reaches_chains_with_and_without_a_next_difficulty() {
    assert_reaches("headers", &["chain", "no chain", "next", "no next"]);
}

#[test]
fn the_parcels_corpus_holds_and_reaches_what_is_taken_and_what_is_refused() {
    assert_reaches("parcel", &["taken", "miner", "damaged", "version"]);
}

fn assert_mutations_hold(name: &str) {
    let rounds = std::env::var("ZARTRUX_FUZZ_ROUNDS").map_or(ROUNDS, |text| {
        text.parse().expect("ZARTRUX_FUZZ_ROUNDS is a whole number")
    });
    let target = target(name);
    let seeds: Vec<Vec<u8>> = corpus(name).into_iter().map(|(_, input)| input).collect();
    let mut mutator = Mutator::new(0x5eed);
    for round in 0..rounds {
        let input = mutator.change(&seeds);
        let told = run(target, &format!("round {round}"), &input);
        told.unwrap_or_else(|told| panic!("{told}"));
    }
}

#[test]
fn mutated_lines_of_miners_hold() {
    assert_mutations_hold("miner_line");
}

#[test]
fn mutated_lines_of_pools_hold() {
    assert_mutations_hold("pool_line");
}

#[test]
fn mutated_streams_hold() {
    assert_mutations_hold("line_assembler");
}

#[test]
fn mutated_settings_hold() {
    assert_mutations_hold("config_toml");
}

#[test]
fn mutated_imports_hold() {
    assert_mutations_hold("import_json");
}

#[test]
fn the_models_corpus_holds_and_reaches_every_kind_of_model() {
    assert_reaches(
        "model_artifact",
        &[
            "outcome",
            "behaviour",
            "ranking",
            "difficulty",
            "other slot",
        ],
    );
}

#[test]
fn the_templates_corpus_holds_and_reaches_every_kind_of_refusal() {
    assert_reaches(
        "template",
        &[
            "read",
            "later version",
            "written",
            "overlap",
            "cut",
            "varint",
            "nonce offset",
            "field",
            "trailing",
            "unsupported",
            "outside extra",
            "not reserved",
            "became a tag",
        ],
    );
}

#[test]
fn the_nodes_corpus_holds_and_reaches_every_kind_of_answer() {
    assert_reaches(
        "node_reply",
        &[
            "template",
            "layout",
            "not reserved",
            "ready",
            "not ready",
            "taken",
            "not_accepted",
            "malformed",
            "wallet",
            "request",
            "status",
            "header",
            "no such height",
            "chain",
            "miner data",
            "other topic",
            "not JSON",
            "shape",
            "missing",
            "bad field",
        ],
    );
}

#[test]
fn the_bridges_corpus_holds_and_reaches_every_kind_of_refusal() {
    assert_reaches(
        "bridge",
        &[
            "question",
            "long",
            "no question",
            "schema",
            "id",
            "plan",
            "long plan",
            "no plan",
            "other version",
            "order",
            "job",
            "expired",
            "too far",
        ],
    );
}

#[test]
fn mutated_messages_of_the_bridge_hold() {
    assert_mutations_hold("bridge");
}

#[test]
fn mutated_templates_hold() {
    assert_mutations_hold("template");
}

#[test]
fn mutated_replies_of_nodes_hold() {
    assert_mutations_hold("node_reply");
}

#[test]
fn mutated_headers_of_balancers_hold() {
    assert_mutations_hold("proxy_header");
}

#[test]
fn mutated_files_of_models_hold() {
    assert_mutations_hold("model_artifact");
}

#[test]
fn mutated_files_of_shares_hold() {
    assert_mutations_hold("ledger_csv");
}

#[test]
fn mutated_records_of_the_store_hold() {
    assert_mutations_hold("stored");
}

#[test]
fn mutated_states_of_rigs_hold() {
    assert_mutations_hold("rig_states");
}

#[test]
fn mutated_sessions_of_nodes_hold() {
    assert_mutations_hold("node_session");
}

#[test]
fn mutated_routes_hold() {
    assert_mutations_hold("routes");
}

#[test]
fn mutated_headers_of_blocks_hold() {
    assert_mutations_hold("headers");
}

#[test]
fn mutated_parcels_hold() {
    assert_mutations_hold("parcel");
}

#[test]
fn a_target_that_panics_is_told_with_its_input() {
    fn broken(input: &[u8]) -> Reached {
        assert!(!input.contains(&b'!'), "found");
        Reached::new()
    }
    let told = run(("broken", broken), "round 7", b"a\n!").unwrap_err();
    assert_eq!(told, "broken, round 7: found\ninput: a\\n!");
    assert!(run(("broken", broken), "round 8", b"a").is_ok());
}

#[test]
fn the_same_seed_gives_the_same_mutations_and_another_seed_others() {
    let seeds = vec![b"one\ntwo".to_vec(), b"{\"three\":3}".to_vec()];
    let of = |seed| {
        let mut mutator = Mutator::new(seed);
        (0..50).map(|_| mutator.change(&seeds)).collect::<Vec<_>>()
    };
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
    assert!(of(3).iter().all(|input| input.len() <= Mutator::LONGEST));
}
