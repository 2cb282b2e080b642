//! The daemon goes, and comes back at the same place.

use std::net::TcpListener;

use crate::driver::Browser;
use crate::scene::wait_data;
use crate::support::{Config, Daemon, FakePool, Manner, SimMiner};

#[test]
fn the_page_recovers_after_the_daemon_restarts() {
    let browser = Browser::launch("en");
    let pool = FakePool::start();
    // Free a moment ago, and nobody else's choice: the same for both daemons.
    let monitor = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let config = Config::on(&pool).set("monitor.listen", format!("\"{monitor}\""));
    let folder = tempfile::tempdir().unwrap();
    let start = || Daemon::start_in(folder.path(), &config, Manner::default());
    let daemon = start();
    daemon.wait_ready();
    browser.goto(&format!("http://{monitor}/"));
    wait_data(&browser);
    browser.wait_until(
        "it is live",
        "document.querySelector('#link').dataset.state === 'live'",
    );
    daemon.kill();
    browser.wait_until(
        "it says that the connection is lost",
        "document.querySelector('#link').dataset.state === 'lost'",
    );
    // What is old is not shown as if it were new.
    assert_eq!(
        browser.script(
            "return document.documentElement.hasAttribute('data-old')",
            &[]
        ),
        true
    );
    let title = browser.script("return document.title", &[]);
    assert_eq!(title, "? Zartrux");
    let daemon = start();
    daemon.wait_ready();
    browser.wait_until(
        "it is live again",
        "document.querySelector('#link').dataset.state === 'live'",
    );
    // New data, not only a connection.
    let mut miner = SimMiner::joined(daemon.miners, "back-again");
    let request = miner.submit_good(1);
    assert!(miner.reply_to(request).is_ok());
    browser.wait_until(
        "the page shows the new share",
        "document.querySelector('[data-field=\"shares.accepted\"]')?.dataset.value === '1'",
    );
    assert_eq!(
        browser.script(
            "return document.documentElement.hasAttribute('data-old')",
            &[]
        ),
        false
    );
    // What the browser itself writes of a daemon that is not there, and nothing else.
    for error in browser.console_errors() {
        let expected = [
            "ERR_CONNECTION_REFUSED",
            "ERR_CONNECTION_RESET",
            "ERR_INCOMPLETE_CHUNKED_ENCODING",
            "ERR_EMPTY_RESPONSE",
        ];
        assert!(expected.iter().any(|of| error.contains(of)), "{error}");
    }
}
