//! Miners may call themselves anything.

use serde_json::json;

use crate::support::{FakePool, Heard, PATIENCE, Proxy, SimMiner};

#[test]
fn any_name_can_log_in_and_no_page_breaks_on_it() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    let script = "<script>alert(1)</script>";
    let names = [
        String::new(),
        script.to_owned(),
        "\"}}\r\n{\"id\":1,\"result\":{}}\n".to_owned(),
        "\u{0}\u{1b}[2J\u{7}".to_owned(),
        "\u{202e}gnirts desrever \u{feff}".to_owned(),
        "'; DROP TABLE miners; --".to_owned(),
        "{{7*7}} ${jndi:ldap://x} %s%n ../../../etc/passwd".to_owned(),
        "é".repeat(900),
        "🦀".repeat(48) + "x" + &"🦀".repeat(48),
    ];
    let mut miners = Vec::new();
    for name in &names {
        let mut miner = SimMiner::connect(proxy.miners());
        let login = json!({ "login": name, "pass": name, "agent": name, "rigid": name });
        let id = miner.request("login", &login);
        assert!(miner.reply_to(id).is_ok(), "{name:?}");
        miners.push(miner);
    }
    for path in ["/", "/health", "/health/actors", "/metrics"] {
        let page = proxy.page(path);
        assert!(!page.contains(script), "{path}");
        if path.starts_with("/health") {
            serde_json::from_str::<serde_json::Value>(&page).expect(path);
        }
    }
    assert!(miners.iter_mut().all(|miner| miner.keep_alive().is_ok()));
    assert_eq!(proxy.connections().logged_in, names.len() as u64);
}

#[test]
fn names_that_are_no_text_are_refused() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    let mut raw = SimMiner::connect(proxy.miners());
    raw.send_raw(b"{\"id\":1,\"method\":\"login\",\"params\":{\"login\":\"\xff\xfe\"}}\n");
    assert!(
        raw.expect_closed()
            .iter()
            .all(|line| line.contains("\"error\":{"))
    );
    for login in ["7", "null", "[\"a\"]", "{\"a\":1}", "\"\\ud800\""] {
        let mut miner = SimMiner::connect(proxy.miners());
        miner.send(&format!(
            r#"{{"id":1,"method":"login","params":{{"login":{login},"pass":"x"}}}}"#
        ));
        match miner.next_line(PATIENCE) {
            Heard::Line(line) => {
                assert!(
                    line.contains("\"message\":\"Malformed request: "),
                    "{login}: {line}"
                );
            }
            Heard::Closed => {}
            Heard::Quiet => panic!("{login}: no answer"),
        }
    }
}
