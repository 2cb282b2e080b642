//! What happens is on the page without a reload: alerts, events, faults, other settings.

use std::fs;

use crate::driver::Browser;
use crate::scene::{assert_clean, wait_data};
use crate::support::{Config, Daemon, FakePool, Manner, SimMiner};

/// An event of this kind is among those that the page shows.
fn wait_event(browser: &Browser, kind: &str) {
    browser.wait_until(
        &format!("the event {kind} is shown"),
        &format!(
            "[...document.querySelectorAll('#console .events code')]\
             .some((code) => code.textContent === '{kind}')"
        ),
    );
}

#[test]
fn what_happens_appears_as_it_happens() {
    let browser = Browser::launch("en");
    let pool = FakePool::start();
    let config = Config::on(&pool)
        .set("alerts.hold", "\"0s\"")
        .set("alerts.clear", "\"0s\"")
        .set("alerts.disk_free", 0)
        .set("node.watch", "false");
    let folder = tempfile::tempdir().unwrap();
    let manner = Manner {
        drill: true,
        ..Manner::default()
    };
    let daemon = Daemon::start_in(folder.path(), &config, manner);
    daemon.wait_ready();
    let origin = format!("http://{}/", daemon.monitor());
    browser.goto(&origin);
    wait_data(&browser);
    wait_event(&browser, "upstream_serves");

    // An actor that fails: its fault, its next generation, and the event.
    let mut miner = SimMiner::joined(daemon.miners, "north-1");
    daemon.drill_panics("lane0/judge", 1);
    let request = miner.submit_good(1);
    assert!(miner.reply_to(request).is_ok());
    browser.wait_until(
        "the judge's fault is in the tree of actors",
        "[...document.querySelectorAll('#actors tr')].some((row) =>\
           row.dataset.key === 'lane0/judge' && row.querySelector('.fault') !== null\
           && row.children[2].textContent === '2')",
    );
    wait_event(&browser, "actor_fault");

    // Other settings.
    let other = config
        .set("node.drain", "\"3s\"")
        .set("node.log_format", "\"json\"");
    let file = folder.path().join("settings.toml");
    fs::write(file, other.toml(folder.path())).unwrap();
    daemon.signal("HUP");
    wait_event(&browser, "settings_reloaded");

    // The pool goes, and comes back.
    pool.go_down();
    browser.wait_until(
        "the verdict says that nothing is earned",
        "document.querySelector('#verdict').dataset.state === 'bad'",
    );
    browser.wait_until(
        "the alert is open",
        "document.querySelector('#alerts li.critical') !== null",
    );
    wait_event(&browser, "no_upstream");
    pool.come_back();
    browser.wait_until(
        "no alert is open",
        "document.querySelector('#alerts li') === null",
    );
    assert_clean(&browser, &origin);
}
