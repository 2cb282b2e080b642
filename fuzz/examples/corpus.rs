//! Writes the corpus anew from the recorded traffic in `tests/fixtures` and the settings in
//! `config`: `cargo run --manifest-path fuzz/Cargo.toml --example corpus`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use zartrux_fuzz::{
    MINER_JOB_ID, MINER_SESSION, files_of_models, header_seeds, parcel_seeds, rig_state_seeds,
    route_seeds, stored_seeds,
};
use zartrux_models::ledger::rows::{Format, Replay, Row, RowReader, RowWriter, UpstreamList};

/// Lines of a recorded dialogue that are kept.
const LINES: usize = 24;

const PASS_TIME: &str = "\u{1}";
const SUBMIT: &str = "\u{2}";
/// The pool was asked for templates.
const TEMPLATES: &str = "\u{3}";

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = Corpus(root.join("corpus"));
    let fixtures = root.join("../tests/fixtures");
    let dialogue = records(&fixtures.join("dialogue-xmrig-pool.jsonl"))?;
    let through_a_proxy = records(&fixtures.join("dialogue-xmrig-proxy.jsonl"))?;
    miner_lines(&corpus, &fixtures, &dialogue)?;
    pool_lines(&corpus, &dialogue, &through_a_proxy)?;
    let reply = fs::read_to_string(fixtures.join("get_block_template-1tx.json"))?;
    for (name, lines) in lines_with_templates(&reply) {
        corpus.keep("pool_line", name, lines)?;
    }
    streams(&corpus, &dialogue)?;
    settings(&corpus, &root.join("../config"))?;
    for (name, text) in XMRIG_PROXY {
        corpus.keep("import_json", name, text)?;
    }
    for (name, bytes) in files_of_shares() {
        corpus.keep("ledger_csv", name, bytes)?;
    }
    for (name, bytes) in proxy_headers() {
        corpus.keep("proxy_header", name, bytes)?;
    }
    for (name, bytes) in files_of_models() {
        corpus.keep("model_artifact", &format!("{name}.model"), bytes)?;
    }
    for (target, seeds) in [
        ("stored", stored_seeds()),
        ("rig_states", rig_state_seeds()),
        ("routes", route_seeds()),
        ("headers", header_seeds()),
        ("parcel", parcel_seeds()),
    ] {
        for (name, bytes) in seeds {
            corpus.keep(target, &name, bytes)?;
        }
    }
    node_sessions(&corpus)?;
    Ok(())
}

/// A node's replies and notices in an order that makes sense, and in others.
fn node_sessions(corpus: &Corpus) -> std::io::Result<()> {
    let replies = corpus.0.join("node_reply");
    let one_line = |name: &str, which: u8| -> std::io::Result<Vec<u8>> {
        let bytes = fs::read(replies.join(name))?;
        let body = bytes.iter().skip(1).filter(|byte| **byte != b'\n');
        Ok([which].into_iter().chain(body.copied()).collect())
    };
    let (info, template) = (one_line("info", b'a')?, one_line("template", b'a')?);
    let syncing = one_line("info-syncing", b'a')?;
    let notice = one_line("notice-chain", b'n')?;
    let (taken, not) = (one_line("submit-00", b'a')?, one_line("submit-01", b'a')?);
    let header = br#"a{"result":{"status":"OK","block_header":{"height":3,"hash":"0000000000000000000000000000000000000000000000000000000000000000"}}}"#;
    let none = br#"a{"error":{"code":-2,"message":"greater than current top"}}"#;
    let (passes, silent, finds, many, long) = (b"\x01", b"\x02", b"\x03", b"\x04", b"\x05");
    let dialogues: [(&str, Vec<&[u8]>); 6] = [
        (
            "serves",
            vec![&info, &template, &notice, &template, passes, passes, &info],
        ),
        (
            "away",
            vec![
                &info, &template, long, silent, passes, &info, long, silent, long, &info,
            ],
        ),
        (
            "comes-back",
            vec![
                &info, &template, long, silent, long, passes, &info, &template,
            ],
        ),
        (
            "again",
            vec![
                &info, &template, long, silent, passes, passes, passes, passes, &info, &template,
                &template,
            ],
        ),
        (
            "blocks",
            vec![
                &info, &template, finds, &taken, header, finds, &not, none, finds, silent, none,
                many, &taken, &syncing,
            ],
        ),
        (
            "syncing",
            vec![&syncing, passes, &not, passes, silent, &template],
        ),
    ];
    for (name, lines) in dialogues {
        corpus.keep("node_session", name, lines.join(&b'\n'))?;
    }
    corpus.keep("node_reply", "header", [b"h", &header[1..]].concat())?;
    corpus.keep("node_reply", "header-7", br#"h{"result":{"status":"OK","block_header":{"height":7,"hash":"00000000000000000000000000000000000000000000000000000000000000ab"}}}"#)?;
    corpus.keep("node_reply", "header-above", [b"h", &none[1..]].concat())
}

/// The folder of all corpora.
struct Corpus(PathBuf);

impl Corpus {
    fn keep(&self, target: &str, name: &str, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        let folder = self.0.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), bytes)
    }
}

fn records(path: &Path) -> std::io::Result<Vec<Value>> {
    let text = fs::read_to_string(path)?;
    Ok(text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a recorded line"))
        .collect())
}

/// Session and job get the ids that the target gives out.
fn as_ours(line: &str) -> String {
    let mut message: Value = serde_json::from_str(line).expect("JSON");
    let params = &mut message["params"];
    if params["id"].is_string() {
        params["id"] = MINER_SESSION.to_hex().into();
    }
    if params["job_id"].is_string() {
        params["job_id"] = MINER_JOB_ID.into();
    }
    message.to_string()
}

fn login() -> String {
    r#"{"id":1,"jsonrpc":"2.0","method":"login","params":{"login":"rig","pass":"x","agent":"XMRig/6.26.0","algo":["rx/0","rx/2"]}}"#.to_owned()
}

fn submit(id: u32, job: &str, nonce: &Value, result: &str, more: &str) -> String {
    let session = MINER_SESSION.to_hex();
    let nonce = nonce.as_str().unwrap_or_default();
    format!(
        r#"{{"id":{id},"jsonrpc":"2.0","method":"submit","params":{{"id":"{session}","job_id":"{job}","nonce":"{nonce}","result":"{result}"{more}}}}}"#
    )
}

fn miner_lines(corpus: &Corpus, fixtures: &Path, dialogue: &[Value]) -> std::io::Result<()> {
    let spoken: Vec<String> = dialogue
        .iter()
        .filter(|record| record["conn"] == 1 && record["from"] == "miner")
        .filter_map(|record| record["line"].as_str())
        .take(LINES)
        .map(as_ours)
        .collect();
    corpus.keep("miner_line", "dialogue", spoken.join("\n"))?;

    for (number, case) in records(&fixtures.join("replies-xmrig-proxy.jsonl"))?
        .iter()
        .enumerate()
    {
        let spoken = case["dialogue"].as_array().into_iter().flatten();
        let lines: Vec<String> = spoken
            .filter(|record| record["from"] == "client")
            .filter_map(|record| record["line"].as_str())
            .map(|line| match serde_json::from_str::<Value>(line) {
                Ok(Value::Object(_)) => as_ours(line),
                _ => line.to_owned(),
            })
            .collect();
        corpus.keep("miner_line", &format!("case-{number:02}"), lines.join("\n"))?;
    }

    for bad in records(&fixtures.join("shares-rx0-invalid.jsonl"))? {
        let (kind, result) = (text(&bad, "kind"), text(&bad, "result"));
        let line = submit(2, MINER_JOB_ID, &bad["nonce"], result, "");
        corpus.keep("miner_line", kind, format!("{}\n{line}", login()))?;
    }

    let good = &records(&fixtures.join("shares-rx0.jsonl"))?[0];
    let (nonce, result) = (&good["nonce"], text(good, "result"));
    let share = submit(2, MINER_JOB_ID, nonce, result, r#","algo":"rx/0""#);
    let again = submit(3, MINER_JOB_ID, nonce, result, "");
    let third_job = submit(4, "0000000300", nonce, result, "");
    let other = submit(3, MINER_JOB_ID, nonce, &format!("fb{}", &result[2..]), "");
    // Results that begin with an odd byte stay under way: as many as one nonce may have, and one.
    let many: String = (0..17)
        .map(|number| {
            let result = format!("{:02x}{}", 2 * number + 1, &result[2..]);
            submit(3, MINER_JOB_ID, nonce, &result, "") + "\n"
        })
        .collect();
    let elsewhere = submit(2, MINER_JOB_ID, &"40810007".into(), result, "");
    let renewed = submit(3, "0000000101", &"40810001".into(), result, "");
    // Difficulty 128: below the pool's 250, above the miner's 100.
    let local = submit(3, MINER_JOB_ID, nonce, &format!("{:0>64}", "0002"), "");
    let of_version_2 = submit(
        3,
        "0000000200",
        nonce,
        result,
        &format!(r#","commitment":"{result}""#),
    );
    let made_up = submit(2, "0000ffff00", nonce, result, "");
    let foreign = submit(2, MINER_JOB_ID, nonce, result, r#","algo":"cn/r""#);
    let high = submit(2, MINER_JOB_ID, nonce, &"f".repeat(64), "");
    let login = login();
    for (name, lines) in [
        ("share", vec![&share]),
        ("share-twice", vec![&share, &again]),
        // The result begins with an odd byte: it stays under way.
        ("share-contested", vec![&other, &share, &again]),
        ("share-outside-lease", vec![&elsewhere]),
        ("share-local", vec![&local]),
        ("share-unknown-job", vec![&made_up]),
        ("share-other-algorithm", vec![&foreign]),
        ("share-low", vec![&high]),
        ("share-too-many-results", vec![&many]),
    ] {
        let lines: Vec<&str> = lines.into_iter().map(String::as_str).collect();
        corpus.keep("miner_line", name, format!("{login}\n{}", lines.join("\n")))?;
    }
    for (name, lines) in [
        ("job-stale", format!("\u{1}\n{share}")),
        ("job-expired", format!("\u{1}\n\u{1}\n{share}")),
        // The third job has the blob of the first.
        (
            "job-with-the-same-blob",
            format!("{share}\n\u{1}\n\u{1}\n{third_job}"),
        ),
        (
            "job-with-a-claim-from-before",
            format!("{other}\n\u{1}\n\u{1}\n{third_job}"),
        ),
        (
            "job-with-another-blob",
            format!(
                "{share}\n\u{1}\n\u{1}\n\u{1}\n{}",
                third_job.replace("0000000300", "0000000400")
            ),
        ),
        (
            "job-of-a-lost-pool",
            format!("\u{3}\n{share}\n\u{1}\n{share}"),
        ),
        ("lease-renewed", format!("\u{2}\n{renewed}\n{share}")),
        ("commitment-broken", format!("\u{1}\n{of_version_2}")),
        (
            "keepalive",
            r#"{"id":7,"method":"keepalived","params":{"id":"x"}}"#.to_owned(),
        ),
        ("second-login", login.clone()),
        ("job-later", String::new()),
    ] {
        let head = if name == "job-later" { "\u{3}\n" } else { "" };
        let tail = if name == "job-later" { "\n\u{1}" } else { "" };
        corpus.keep("miner_line", name, format!("{head}{login}\n{lines}{tail}"))?;
    }
    Ok(())
}

fn pool_lines(corpus: &Corpus, direct: &[Value], proxied: &[Value]) -> std::io::Result<()> {
    let on_hop = |record: &&Value| record["conn"] == 1 && record["hop"] != "miner-proxy";
    for (name, dialogue) in [("dialogue-xmrig", direct), ("dialogue-proxy", proxied)] {
        let lines: Vec<&str> = dialogue
            .iter()
            .filter(on_hop)
            .filter_map(|record| {
                let line = record["line"].as_str()?;
                Some(match (record["from"] == "pool", line) {
                    (true, line) => line,
                    (false, line) if line.contains(r#""submit""#) => SUBMIT,
                    (false, line) if line.contains(r#""keepalived""#) => PASS_TIME,
                    (false, _) => "",
                })
            })
            .filter(|line| !line.is_empty())
            .take(LINES)
            .collect();
        corpus.keep("pool_line", name, lines.join("\n"))?;
    }
    let is_job = |record: &&Value| {
        record["line"]
            .as_str()
            .is_some_and(|line| line.contains(r#""method":"job""#))
    };
    let job = direct
        .iter()
        .find(is_job)
        .map_or("", |record| text(record, "line"));
    let login = r#"{"id":1,"result":{"id":"s","status":"OK","extensions":["algo","keepalive","nicehash"]}}"#;
    let verdict = |answer: &str| format!("{login}\n{job}\n{SUBMIT}\n{{\"id\":2,{answer}}}");
    let after = |line: &str| format!("{login}\n{line}");
    for (name, lines) in [
        ("accepted", verdict(r#""result":{"status":"OK"}"#)),
        ("accepted-true", verdict(r#""result":true,"error":null"#)),
        (
            "refused-object",
            verdict(r#""error":{"code":-1,"message":"Low difficulty share"}"#),
        ),
        ("refused-text", verdict(r#""error":"Block expired""#)),
        (
            "refused-list",
            verdict(r#""error":[21,"Job not found",null]"#),
        ),
        (
            "refused-unknown",
            verdict(r#""error":{"message":"\u001b[2J words \u0000 of its own"}"#),
        ),
        ("refused-false", verdict(r#""result":false"#)),
        (
            "banned",
            verdict(r#""error":{"message":"IP Address currently banned"}"#),
        ),
        (
            "throttled",
            verdict(r#""error":{"message":"Rate limit exceeded"}"#),
        ),
        (
            "forgotten",
            verdict(r#""error":{"message":"Unauthenticated"}"#),
        ),
        (
            "nicehash-above",
            verdict(r#""error":{"message":"Invalid nonce"}"#),
        ),
        ("same-job", format!("{login}\n{job}\n{job}")),
        (
            "hostile-algo",
            after(&job.replace("rx/0", r#"x\"}}\n\u0001\u001f{"#)),
        ),
        (
            "bad-target",
            after(&job.replace("\"target\":\"", "\"target\":\"zz")),
        ),
        (
            "login-refused",
            r#"{"id":1,"error":{"message":"Invalid payment address provided"}}"#.to_owned(),
        ),
        ("login-late", PASS_TIME.to_owned()),
        (
            "keepalive-answered",
            format!("{login}\n{PASS_TIME}\n{{\"id\":2,\"result\":{{\"status\":\"KEEPALIVED\"}}}}"),
        ),
        (
            "keepalive-refused",
            format!(
                "{login}\n{PASS_TIME}\n{{\"id\":2,\"error\":{{\"message\":\"Unknown method\"}}}}\n{PASS_TIME}"
            ),
        ),
        (
            "reconnect-strange",
            after(r#"{"method":"client.reconnect","params":{"host":"evil.example","port":"1"}}"#),
        ),
        (
            "reconnect-allowed",
            after(r#"{"method":"client.reconnect","params":["other.example",4444,0]}"#),
        ),
        ("reconnect-here", after(r#"{"method":"client.reconnect"}"#)),
        (
            "stray-error",
            after(r#"{"id":null,"error":{"message":"too busy"}}"#),
        ),
        (
            "unknown-method",
            after(r#"{"method":"mining.notify","params":[]}"#),
        ),
        (
            "odd-lines",
            format!("{login}\n{}", "{\"id\":99,\"result\":1}\n".repeat(17)),
        ),
        ("not-json", after("HTTP/1.1 400 Bad Request")),
        ("too-deep", after(&"[".repeat(12))),
    ] {
        corpus.keep("pool_line", name, lines)?;
    }
    Ok(())
}

/// A node's template as pools send it on: in the answer to the login, and wrapped once more.
fn lines_with_templates(reply: &str) -> [(&'static str, String); 3] {
    let reply: Value = serde_json::from_str(reply).expect("a recorded reply");
    let told = &reply["result"];
    let reserved = told["reserved_offset"].as_u64().unwrap_or_default();
    let job = serde_json::json!({
        "blocktemplate_blob": told["blocktemplate_blob"],
        "job_id": "j1",
        "height": told["height"],
        "seed_hash": told["seed_hash"],
        "difficulty": told["difficulty"],
        "reserved_offset": reserved,
        "client_pool_offset": reserved + 8,
        "client_nonce_offset": reserved + 12,
        "target_diff": 1000,
    });
    let login = format!(r#"{{"id":1,"result":{{"id":"s","job":{job},"status":"OK"}}}}"#);
    let verdict = r#"{"id":2,"result":{"status":"OK"}}"#;
    let next = format!(r#"{{"method":"job","params":{{"job":{job}}}}}"#);
    [
        (
            "template",
            format!("{TEMPLATES}\n{login}\n{SUBMIT}\n{verdict}\n{next}"),
        ),
        ("template-unasked", login.clone()),
        (
            "template-outside",
            format!(
                "{TEMPLATES}\n{}",
                login.replace("client_nonce_offset\":", "client_nonce_offset\":9")
            ),
        ),
    ]
}

fn streams(corpus: &Corpus, dialogue: &[Value]) -> std::io::Result<()> {
    let lines: Vec<&str> = dialogue
        .iter()
        .filter_map(|record| record["line"].as_str())
        .filter(|line| line.len() < 250)
        .take(8)
        .collect();
    let whole = lines.join("\n");
    let stream = |limit: u8, piece: u8, stop: u8, text: &str| {
        let mut bytes = vec![limit, piece, stop];
        bytes.extend_from_slice(text.as_bytes());
        bytes
    };
    for (name, bytes) in [
        ("recorded", stream(255, 16, 200, &whole)),
        ("byte-by-byte", stream(255, 0, 200, &whole)),
        ("stopped", stream(255, 99, 1, &whole)),
        ("too-long", stream(40, 12, 200, &whole)),
        ("windows", stream(255, 5, 200, &lines.join("\r\n"))),
        ("blank-lines", stream(3, 1, 9, "\n\r\n\n\r\r\na\n\nb")),
        ("at-the-limit", stream(3, 2, 9, "abcd\nabc\r\nabcde\n")),
        (
            "brackets-in-strings",
            stream(255, 9, 9, "{\"a\":\"[[{{\\\"[\",\"b\":[{}]}\n"),
        ),
        ("deep", stream(255, 9, 9, "[[[[[[[[[[]]]]]]]]]]\n")),
    ] {
        corpus.keep("line_assembler", name, bytes)?;
    }
    Ok(())
}

fn settings(corpus: &Corpus, config: &Path) -> std::io::Result<()> {
    let annotated = fs::read_to_string(config.join("zartrux.toml"))?;
    corpus.keep("config_toml", "zartrux.toml", &annotated)?;
    // Every key that has no default, with its example's value.
    let all_keys: Vec<&str> = annotated
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(key) if key.starts_with("[[") || is_entry(key) => key,
            _ => line,
        })
        .collect();
    corpus.keep("config_toml", "all-keys.toml", all_keys.join("\n"))?;
    for entry in fs::read_dir(config.join("examples"))? {
        let entry = entry?;
        let name = entry.file_name();
        corpus.keep(
            "config_toml",
            &name.to_string_lossy(),
            fs::read(entry.path())?,
        )?;
    }
    for (name, text) in [
        ("nothing.toml", ""),
        ("not-toml.toml", "[node\nlanes = "),
        (
            "unknown-keys.toml",
            "lane = 2\n[nod]\nlanes = 1\n[miners]\nlisen = []\n",
        ),
        (
            "wrong-types.toml",
            "[node]\nlanes = \"two\"\n[miners]\nlisten = 3333\n[prove]\nsample = -1\n",
        ),
        (
            "out-of-range.toml",
            "[node]\nlanes = 65\n[prove]\nqueue = 0\ndeadline = \"4s\"\n[failover]\nretry = \"2m\"\n",
        ),
        (
            "same-port.toml",
            "[miners]\nlisten = [\"0.0.0.0:8080\"]\n[monitor]\nlisten = \"127.0.0.1:8080\"\n",
        ),
        (
            "pin-without-tls.toml",
            "[[pool]]\nurl = \"stratum+tcp://p:1\"\nuser = \"w\"\ntls_fingerprint = \"00\"\n",
        ),
    ] {
        corpus.keep("config_toml", name, text)?;
    }
    Ok(())
}

fn is_entry(line: &str) -> bool {
    line.split_once(" = ")
        .is_some_and(|(key, _)| key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
}

fn text<'a>(record: &'a Value, key: &str) -> &'a str {
    record[key].as_str().unwrap_or_default()
}

/// Files of shares: good ones, and rows with one fault each.
fn files_of_shares() -> Vec<(&'static str, Vec<u8>)> {
    let least = "timestamp,rig,verdict,difficulty\n\
                 2026-11-24T15:44:26.123Z,00000000000000ff,rejected:stale,1000\n";
    let head = "timestamp,rig,verdict,difficulty,late,rule,told,chance,proof,job,entropy\n";
    let rows = [
        "1,00000000000000ff,held,1,1,sampled,wait,0.5,good,j,biased_bytes:-0.25",
        "now,00000000000000ff,held,1,,,,,,,",
        ",00000000000000ff,held,1,,,,,,,",
        "1,ff,held,1,,,,,,,",
        "1,00000000000000ff,refused,1,,,,,,,",
        "1,00000000000000ff,held,0,,,,,,,",
        "1,00000000000000ff,held,1,perhaps,,,,,,",
        "1,00000000000000ff,held,1,,often,,,,,",
        "1,00000000000000ff,held,1,,,wait,,,,",
        "1,00000000000000ff,held,1,,sampled,wait,2,,,",
        "1,00000000000000ff,held,1,,,,,,\\=1+1,biased_bytes:inf",
        "1,00000000000000ff,held,1,,,,,,\"open,",
        "1,00000000000000ff,held,1",
    ];
    let mut faults = format!("{head}{}\n", rows.join("\n")).into_bytes();
    faults.extend(b"1,00000000000000ff,held,1,,,,,,\xff,\n");
    faults.extend(format!("1,00000000000000ff,held,1,,,,,,{},\n", "j".repeat(201)).bytes());
    let object = r#"{"timestamp":1,"rig":"00000000000000ff","verdict":"held","difficulty":1"#;
    let objects = [
        "}",
        ",\"job\":\"a\\n\",\"rate\":1e3,\"late\":true}",
        ",\"job\":[1]}",
        ",\"rig\":\"\"}",
        "",
    ];
    let objects: Vec<String> = objects.iter().map(|end| format!("{object}{end}")).collect();
    vec![
        ("least.csv", least.into()),
        (
            "spreadsheet.csv",
            format!("\u{feff}{}", least.replace('\n', ",,\r\n")).into_bytes(),
        ),
        ("semicolons.csv", least.replace(',', ";").into_bytes()),
        (
            "unknown-column.csv",
            least
                .replace("rig,", "mood,rig,")
                .replace("00000000000000ff", "\"so, so\",00000000000000ff")
                .into_bytes(),
        ),
        ("faults.csv", faults),
        ("objects.jsonl", objects.join("\n").into_bytes()),
        ("every-column.csv", every_column(Format::Csv)),
        ("every-column.jsonl", every_column(Format::JsonLines)),
    ]
}

/// A row with all columns, as it is exported.
fn every_column(format: Format) -> Vec<u8> {
    let row = r#"{"timestamp":"2026-11-24T15:44:26.123Z","nonce":"408100b2","job":"JhhUuRSTsWh0","rig":"123456789abcdef0","arm":"control","age":17,"difficulty":120001,"late":true,"verdict":"rejected:stale","pool_said":"Block expired","seq":7,"node":1,"run":12,"id":"1000000000007","upstream":"pool.example:3333","job_key":4321,"block_height":3300000,"found":250123,"rate":4000.5,"class":"upstream","corrected":true,"imported":false,"entropy":"biased_bytes:-0.4","pace":"no_opinion","rule":"upstream","told":"prove_first","chance":1,"proof":"corrected","proof_waited_us":900,"proof_took_us":26000,"entropy_ns":900,"judge_ns":1200,"total_us":46,"behaviour_model":"00000000000000aa","outcome_model":"00000000000000bb"}"#;
    let mut names = UpstreamList::default();
    let mut reader = RowReader::new(Format::JsonLines, row.as_bytes()).expect("no header");
    let Some(Row::Share { entry, .. }) = reader.next_row(&mut names).expect("memory") else {
        panic!("the row is good");
    };
    let mut writer = RowWriter::new(format, Vec::new(), Replay::default()).expect("memory");
    writer.write(&entry, &names).expect("memory");
    writer.finish().expect("memory")
}

/// Files in the manner of xmrig-proxy's `config.json`.
const XMRIG_PROXY: [(&str, &str); 5] = [
    (
        "saved.json",
        r#"{
    "access-log-file": null, "access-password": null, "algo-ext": true,
    "api": {"id": null, "worker-id": null},
    "http": {"enabled": true, "host": "127.0.0.1", "port": 8081, "access-token": "t", "restricted": true},
    "background": false,
    "bind": [{"host": "0.0.0.0", "port": 3333, "tls": false}, {"host": "::", "port": 3443, "tls": true}],
    "colors": true, "title": true, "custom-diff": 5000, "custom-diff-stats": false,
    "donate-level": 2, "log-file": null, "mode": "nicehash",
    "pools": [
        {"algo": null, "coin": "monero", "url": "pool.example:443", "user": "wallet", "pass": "x",
         "rig-id": "farm", "keepalive": true, "enabled": true, "tls": true, "tls-fingerprint": null,
         "daemon": false, "socks5": null, "self-select": null},
        {"url": "second.example:3333", "user": "wallet", "keepalive": 30}
    ],
    "retries": 2, "retry-pause": 1, "reuse-timeout": 0,
    "tls": {"enabled": true, "protocols": null, "cert": "cert.pem", "cert_key": "key.pem", "ciphers": null},
    "user-agent": null, "syslog": false, "verbose": true, "watch": true, "workers": true
}"#,
    ),
    (
        "comments.json",
        "// by hand\n{ /* the pool */ \"pools\": [{\"url\": \"stratum+ssl://p.example:443\", \"user\": \"${W}\",},],\n \"bind\": [\"0.0.0.0:3333\",] }",
    ),
    (
        "what-we-do-not-have.json",
        r#"{"mode":"simple","pools":[{"url":"127.0.0.1:18081","daemon":true,"user":"w"},{"url":"p:1","socks5":"127.0.0.1:9050"},{"url":"p","enabled":false},7],"login-file":"l","access-password":"secret","unheard-of":{"a":[1]}}"#,
    ),
    ("empty.json", "{}"),
    ("not-an-object.json", "[1, 2"),
];

/// CRC-32C of the header with the field of a checksum alone, computed apart from our own reader.
const CHECKSUM: [u8; 4] = [0x41, 0x11, 0x30, 0x5a];

/// Headers of balancers, the size of the pieces in front.
fn proxy_headers() -> Vec<(&'static str, Vec<u8>)> {
    let header = |command: u8, family: u8, body: &[u8]| {
        let mut bytes = b"\x06\r\n\r\n\0\r\nQUIT\n".to_vec();
        bytes.extend([command, family]);
        bytes.extend(u16::try_from(body.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend(body);
        bytes
    };
    let v4 = [192, 0, 2, 7, 10, 0, 0, 1, 0x30, 0x39, 0x0d, 0x05];
    let mut v6 = [0; 36];
    v6[..2].copy_from_slice(&[0x20, 0x01]);
    let mut mapped = [0; 36];
    mapped[10..16].copy_from_slice(&[0xff, 0xff, 192, 0, 2, 7]);
    let with = |fields: &[u8]| header(0x21, 0x11, &[&v4, fields].concat());
    let mut followed = header(0x21, 0x11, &v4);
    followed.extend(login().bytes());
    vec![
        ("v4", header(0x21, 0x11, &v4)),
        ("v4-and-login", followed),
        ("v6", header(0x21, 0x21, &v6)),
        ("mapped", header(0x21, 0x21, &mapped)),
        ("local", header(0x20, 0x00, b"")),
        ("local-with-addresses", header(0x20, 0x11, &v4)),
        ("unspecified", header(0x21, 0x00, b"")),
        ("unix", header(0x21, 0x31, &[b'/'; 216])),
        ("field", with(&[4, 0, 3, 0, 0, 0])),
        ("field-cut", with(&[4, 0, 9, 0])),
        (
            "checksum",
            with(&[3, 0, 4, CHECKSUM[0], CHECKSUM[1], CHECKSUM[2], CHECKSUM[3]]),
        ),
        ("checksum-wrong", with(&[3, 0, 4, 0, 0, 0, 0])),
        (
            "version-1",
            b"\x03PROXY TCP4 192.0.2.7 10.0.0.1 12345 3333\r\n".to_vec(),
        ),
        ("version-3", header(0x31, 0x11, &v4)),
        ("datagram", header(0x21, 0x12, &v4)),
        ("too-short", header(0x21, 0x11, &v4[..8])),
        ("too-long", header(0x21, 0x11, &[0; 600])),
        ("cut", header(0x21, 0x11, &v4)[..20].to_vec()),
        ("login", [b"\x02", login().as_bytes()].concat()),
    ]
}
