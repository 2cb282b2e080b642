//! A daemon that asks for a token.

use crate::driver::Browser;
use crate::scene::wait_data;
use crate::support::{Config, Daemon, FakePool};

/// SHA-256 of `let me read`.
const HASH: &str = "315a73c6144322f7c2f8d3a38e4b22289570adf44181b03614b3d045edee27ee";

#[test]
fn a_page_without_a_token_asks_for_it_and_goes_on_with_it() {
    let browser = Browser::launch("en");
    let pool = FakePool::start();
    let daemon =
        Daemon::start(&Config::on(&pool).set("monitor.read_tokens", format!("[\"{HASH}\"]")));
    browser.goto(&format!("http://{}/", daemon.monitor()));
    browser.wait_until(
        "it asks for a token",
        "!document.querySelector('#token').hidden",
    );
    let give = |token: &str| {
        browser.script(
            "document.querySelector('#token-text').value = arguments[0];\
             document.querySelector('#token button').click()",
            &[token.into()],
        );
    };
    give("a wrong one");
    browser.wait_until(
        "it says so",
        "document.querySelector('#token-said').textContent !== ''",
    );
    give("let me read");
    wait_data(&browser);
    assert_eq!(
        browser.script("return document.querySelector('#token').hidden", &[]),
        true
    );
    // The table asks with it too.
    browser.wait_until(
        "the table of rigs was answered",
        "document.querySelector('#rig-count')",
    );
    // Nowhere where it would be seen by others or outlive the tab.
    let kept = browser.script(
        "return location.href + JSON.stringify(localStorage) + document.cookie",
        &[],
    );
    assert!(!kept.as_str().unwrap().contains("let me read"), "{kept}");
    for error in browser.console_errors() {
        assert!(error.contains("401 (Unauthorized)"), "{error}");
    }
}
