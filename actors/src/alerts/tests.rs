//! The thread that watches: what it tells, keeps and goes by.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use zartrux_config::{Overrides, Settings};
use zartrux_models::alert::Observation;
use zartrux_models::ledger::{AlertKind, JournalEvent};

use super::*;
use crate::clock::Clock;
use crate::events::EventLog;
use crate::journal::{Journal, JournalNoted};
use crate::messaging::Post;
use crate::supervision::{ActorHealth, Guard};

fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..3_000 {
        if is_so() {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    panic!("waited in vain for {what}");
}

fn settings(user: &str) -> Settings {
    let text = format!(
        "[alerts]\nhold = \"0s\"\nclear = \"0s\"\n\
         [[pool]]\nurl = \"stratum+tcp://pool.example:1\"\nuser = \"{user}\"\n"
    );
    Settings::from_toml(&text, &Overrides::default()).unwrap()
}

struct Scene {
    link: AlertsLink,
    lost: Arc<AtomicBool>,
    events: EventLog,
    noted: Arc<Mutex<Vec<JournalEvent>>>,
}

fn watch(data: &std::path::Path, user: &str, lost: bool) -> Scene {
    let lost = Arc::new(AtomicBool::new(lost));
    let (is_lost, events) = (Arc::clone(&lost), EventLog::default());
    let noted = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&noted);
    let post = Post::to_fn(move |noted: JournalNoted| notes.lock().unwrap().push(noted.event));
    let link = AlertsLink::launch(WatchArgs {
        settings: AlertSettings::of(&settings(user)),
        data: data.to_owned(),
        observe: Box::new(move |_| {
            let mut observation = Observation::quiet();
            if is_lost.load(Ordering::Relaxed) {
                observation.add(AlertKind::NoUpstream, "upstreams", "words");
            }
            Seen {
                observation,
                ready: true,
            }
        }),
        journal: Journal::new(post, 1_000, Clock),
        events: events.clone(),
        guard: Guard::new(Arc::new(ActorHealth::new("alerts", "alerts")), Clock),
        clock: Clock,
    })
    .unwrap();
    Scene {
        link,
        lost,
        events,
        noted,
    }
}

fn kinds(scene: &Scene) -> Vec<String> {
    let open = scene.link.view().open().unwrap();
    open.iter().map(|one| one.kind.to_owned()).collect()
}

#[test]
fn a_restart_tells_nothing_twice_and_tells_what_is_over() {
    let data = tempfile::tempdir().unwrap();
    let first = watch(data.path(), "wallet", true);
    eventually("the alert", || kinds(&first) == ["no_upstream"]);
    first.link.close();
    assert_eq!(first.events.last_seq(), 1);
    assert_eq!(first.noted.lock().unwrap().len(), 1);

    let second = watch(data.path(), "wallet", true);
    eventually("some looks", || kinds(&second) == ["no_upstream"]);
    second.lost.store(false, Ordering::Relaxed);
    eventually("its end", || kinds(&second).is_empty());
    second.link.close();
    let noted = second.noted.lock().unwrap();
    assert!(
        matches!(&noted[..], [JournalEvent::AlertCleared { .. }]),
        "{noted:?}"
    );
    let recent = second.link.view().report().recent;
    assert_eq!(recent.len(), 1);
    assert!(recent[0].is_recovery());
}

#[test]
fn another_wallet_is_told_at_the_next_start_and_when_settings_are_replaced() {
    let data = tempfile::tempdir().unwrap();
    watch(data.path(), "first", false).link.close();
    let scene = watch(data.path(), "second", false);
    eventually("the alert", || kinds(&scene) == ["wallet_changed"]);
    let open = scene.link.view().open().unwrap();
    assert_eq!(open[0].subject, "pool.example:1: first → second");
    scene.link.replace(AlertSettings::of(&settings("third")));
    eventually("the next alert", || kinds(&scene).len() == 2);
    scene.link.close();
}

#[test]
fn with_alerts_off_nothing_is_told() {
    let data = tempfile::tempdir().unwrap();
    let scene = watch(data.path(), "wallet", true);
    eventually("the alert", || kinds(&scene) == ["no_upstream"]);
    let mut off = settings("wallet");
    off.alerts.enabled = false;
    scene.link.replace(AlertSettings::of(&off));
    eventually("silence", || scene.link.view().open().is_none());
    scene.link.close();
    assert_eq!(scene.events.last_seq(), 1);
}

#[test]
fn however_often_settings_are_replaced_the_newest_count_and_there_is_room_to_leave() {
    let data = tempfile::tempdir().unwrap();
    let scene = watch(data.path(), "wallet", true);
    eventually("the alert", || kinds(&scene) == ["no_upstream"]);
    let mut other = settings("wallet");
    for _ in 0..1_000 {
        other.alerts.enabled = !other.alerts.enabled;
        scene.link.replace(AlertSettings::of(&other));
    }
    other.alerts.enabled = false;
    scene.link.replace(AlertSettings::of(&other));
    eventually("silence", || scene.link.view().open().is_none());
    scene.link.close();
}

#[test]
fn what_waits_to_be_delivered_stays_when_something_else_is_reloaded() {
    // Nobody listens there: each try fails, and the next waits.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let data = tempfile::tempdir().unwrap();
    let with_hook = |user: &str| {
        let mut settings = settings(user);
        settings.alerts.webhook = Some(format!("http://127.0.0.1:{port}/hook").parse().unwrap());
        AlertSettings::of(&settings)
    };
    let scene = watch(data.path(), "wallet", false);
    scene.link.replace(with_hook("wallet"));
    eventually("the way", || scene.link.view().deliveries().len() == 1);
    scene.lost.store(true, Ordering::Relaxed);
    let tried = || scene.link.view().deliveries()[0].tries_failed > 0;
    eventually("a try", tried);
    scene.link.replace(with_hook("other"));
    eventually("the new wallet", || {
        kinds(&scene).contains(&"wallet_changed".to_owned())
    });
    let report = &scene.link.view().deliveries()[0];
    assert!(report.tries_failed > 0, "it is the same way: {report:?}");
    assert_eq!((report.failed, report.dropped), (0, 0), "{report:?}");
    scene.link.close();
}
