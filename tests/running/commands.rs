//! `zartrux health` and `zartrux version`, by the real program.

use std::process::{Command, Output};

use serde_json::Value;
use zartrux_models::proof::knows_v2;

use crate::support::certs::TestCa;
use crate::support::{Config, FakePool, OnLogin, Proxy, Script};

fn zartrux(args: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_zartrux"))
        .args(args)
        .current_dir(folder.path())
        .output()
        .unwrap()
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

fn url(proxy: &Proxy) -> String {
    format!("http://{}", proxy.node().monitor_address().unwrap())
}

#[test]
fn health_tells_a_farm_that_can_mine_by_code_0() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&Config::on(&pool));
    proxy.wait_ready();
    let url = url(&proxy);
    let ready = said(&zartrux(&["health", "--url", &url]));
    assert_eq!(ready, (Some(0), "ready\n".to_owned(), String::new()));
    let live = said(&zartrux(&["health", "--live", "--url", &url]));
    assert_eq!(live, (Some(0), "live\n".to_owned(), String::new()));
}

#[test]
fn health_gives_the_reasons_where_no_pool_serves_and_the_process_lives_all_the_same() {
    let pool = FakePool::with(Script::greeting(OnLogin::Silent));
    let proxy = Proxy::launch(&Config::on(&pool));
    let url = url(&proxy);
    let (code, out, reasons) = said(&zartrux(&["health", "--url", &url]));
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert_eq!(reasons, "lane 0: no upstream has a fresh job\n");
    assert_eq!(
        zartrux(&["health", "--live", "--url", &url]).status.code(),
        Some(0)
    );
}

#[test]
fn health_of_nobody_is_code_1_and_of_no_address_a_fault() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let (code, _, words) = said(&zartrux(&["health", "--url", &url]));
    assert_eq!(code, Some(1));
    assert!(words.starts_with(&url), "{words}");
    let (code, _, words) = said(&zartrux(&["health", "--url", "localhost"]));
    assert_eq!(code, Some(70));
    assert!(words.contains("--url: must begin with http://"), "{words}");
}

#[test]
fn the_version_is_short_or_long_or_json() {
    let package = env!("CARGO_PKG_VERSION");
    let (code, short, _) = said(&zartrux(&["-V"]));
    assert_eq!(
        (code, short.trim()),
        (Some(0), format!("zartrux {package}").as_str())
    );
    let (code, long, _) = said(&zartrux(&["--version"]));
    assert_eq!(code, Some(0));
    for fact in [
        "commit:",
        "compiler: rustc ",
        "RandomX:",
        "OpenSSL:",
        "target:",
    ] {
        assert!(long.contains(fact), "{long}");
    }
    let (code, plain, _) = said(&zartrux(&["version"]));
    assert_eq!(code, Some(0));
    let tried = plain.strip_prefix(&*long).unwrap().trim();
    let v2 = if knows_v2() { "yes" } else { "no" };
    assert_eq!(tried, format!("proves:   rx/0 yes, rx/2 {v2}"));
    let (code, json, _) = said(&zartrux(&["version", "--json"]));
    assert_eq!(code, Some(0));
    let facts: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(facts["version"], package);
    assert_eq!(facts["randomx_versions"]["v1"], "known");
    let v2 = if knows_v2() { "known" } else { "unknown" };
    assert_eq!(facts["randomx_versions"]["v2"], v2);
    assert!(facts["commit"].is_string() && facts["randomx_jit"].is_boolean());
}

#[test]
fn top_without_a_terminal_says_so() {
    let (code, _, words) = said(&zartrux(&["top"]));
    assert_eq!(code, Some(64));
    assert!(words.contains("needs a terminal"), "{words}");
}

#[test]
fn health_trusts_an_authority_of_the_operators_own_where_the_system_does() {
    let (pool, ca) = (FakePool::start(), TestCa::new());
    let cert = ca.valid();
    let folder = tempfile::tempdir().unwrap();
    let [pem, key, roots] =
        ["cert.pem", "key.pem", "roots.pem"].map(|name| folder.path().join(name));
    std::fs::write(&pem, &cert.pem).unwrap();
    std::fs::write(&key, &cert.key_pem).unwrap();
    std::fs::write(&roots, &ca.pem).unwrap();
    let config = Config::on(&pool)
        .set(
            "monitor.tls_certificate",
            format!("{:?}", pem.to_str().unwrap()),
        )
        .set("monitor.tls_key", format!("{:?}", key.to_str().unwrap()));
    let proxy = Proxy::launch(&config);
    let url = url(&proxy).replace("http://", "https://");
    let health = |roots: Option<&std::path::Path>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zartrux"));
        command.args(["health", "--live", "--url", &url]);
        if let Some(roots) = roots {
            command.env("SSL_CERT_FILE", roots);
        }
        said(&command.output().unwrap())
    };
    let (code, _, words) = health(None);
    assert_eq!(code, Some(1));
    assert!(words.contains("certificate verify failed"), "{words}");
    let trusted = health(Some(&roots));
    assert_eq!(trusted, (Some(0), "live\n".to_owned(), String::new()));
}
