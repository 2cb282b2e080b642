//! What is refused is refused whole.

use std::fs;

use zartrux::node::ReloadRefused;
use zartrux_actors::events::Severity;
use zartrux_config::{Overrides, Settings};

use crate::support::{FakePool, Proxy, Swarm};
use crate::{assert_undisturbed, before};

#[test]
fn a_file_with_faults_is_refused_with_all_of_them_and_nothing_is_changed() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&before(&[&pool]));
    let mut swarm = Swarm::watching(proxy.miners());
    swarm.join_all(2);
    let view = proxy.node().view();
    let running = view.reloads().running();
    assert_eq!(
        view.reload_from_source("a test").unwrap_err(),
        ReloadRefused::NoSource
    );
    let file = proxy.data().join("settings.toml");
    fs::write(
        &file,
        "[node]\ndrain = \"soon\"\n[miners]\nidle_timeot = \"5s\"\n",
    )
    .unwrap();
    view.reloads().set_source(Box::new(move || {
        Settings::from_file(&file, &Overrides::default())
    }));
    let refused = view.reload_from_source("a test").unwrap_err();
    let told = refused.to_string();
    assert!(told.contains("settings.toml:2: node.drain: "), "{told}");
    assert!(
        told.contains("settings.toml:4: miners.idle_timeot: "),
        "{told}"
    );
    assert_eq!(view.reloads().running(), running);
    let last = view.reloads().last().unwrap();
    assert!(!last.applied && last.asked_by == "a test", "{last:?}");
    let event = view.events().after(0, 1).remove(0);
    assert_eq!(
        (event.kind, event.severity),
        ("settings_refused", Severity::Warning)
    );
    assert_undisturbed(&swarm);
}

#[test]
fn a_key_that_needs_a_restart_has_all_refused_and_is_named() {
    let (pool, other) = (FakePool::start(), FakePool::start());
    let config = before(&[&pool]);
    let proxy = Proxy::launch(&config);
    let mut swarm = Swarm::watching(proxy.miners());
    swarm.join_all(2);
    let running = proxy.node().view().reloads().running();
    let wanted = before(&[&other])
        .set("node.lanes", 2)
        .set("node.drain", "\"9s\"")
        .set("prove.threads", 3);
    let refused = proxy.reload(&wanted).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "these keys need a restart: node.lanes, prove.threads; nothing was changed"
    );
    assert_eq!(proxy.node().view().reloads().running(), running);
    assert!(other.connections().is_empty(), "no key was taken");
    // The next comparison is with what runs, not with what was refused.
    let report = proxy.reload(&config.set("node.drain", "\"9s\"")).unwrap();
    assert_eq!(report.in_words(), "node.drain: \"2s\" → \"9s\"");
    // Others tell of other things there.
    let events = proxy.node().view().events().after(0, 100);
    let kinds = events.iter().map(|event| event.kind);
    let of_settings: Vec<&str> = kinds.filter(|kind| kind.starts_with("settings_")).collect();
    assert_eq!(of_settings, ["settings_refused", "settings_reloaded"]);
    assert_undisturbed(&swarm);
}

#[test]
fn a_certificate_that_cannot_be_read_has_all_refused_and_another_one_is_shown() {
    let pool = FakePool::start();
    let config = before(&[&pool]).set("miners.tls_listen", "[\"127.0.0.1:0\"]");
    let proxy = Proxy::launch(&config);
    let certificate = proxy.data().join("tls/certificate.pem");
    let key = proxy.data().join("tls/key.pem");
    let whole = fs::read(&certificate).unwrap();
    fs::write(&certificate, "no certificate").unwrap();
    let drained = config.clone().set("node.drain", "\"9s\"");
    let refused = proxy.reload(&drained).unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with("miners.tls_certificate, miners.tls_key: "),
        "{refused}"
    );
    let running = proxy.node().view().reloads().running();
    assert_eq!(running, proxy.settings(&config).into());
    // The same one again is no change, another one is told of.
    fs::write(&certificate, whole).unwrap();
    assert!(proxy.reload(&config).unwrap().is_empty());
    fs::remove_file(&certificate).unwrap();
    fs::remove_file(&key).unwrap();
    let report = proxy.reload(&config).unwrap();
    assert_eq!(report.notes.len(), 1);
    assert!(report.notes[0].contains("SHA-256 "), "{:?}", report.notes);
}
