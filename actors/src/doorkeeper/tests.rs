use std::sync::mpsc;
use std::time::Duration;

use super::credentials::tests::quick_hash;
use super::*;

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));

fn networks(texts: &[&str]) -> Vec<IpNet> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn keeper(settings: DoorSettings) -> Arc<Doorkeeper> {
    Doorkeeper::new(settings, 100, Clock)
}

fn ask(keeper: &Doorkeeper, user: &str, pass: &str) -> Asked {
    let from = (HERE, Place::from(HERE));
    keeper.ask(from, [user, "", pass], || unreachable!("answered at once"))
}

/// Asks, and waits for the answer if it is a later one.
fn answer(keeper: &Doorkeeper, user: &str, pass: &str) -> Outcome {
    let (tell, hear) = mpsc::channel();
    let from = (HERE, Place::from(HERE));
    let asked = keeper.ask(from, [user, "", pass], || {
        Box::new(move |outcome| tell.send(outcome).unwrap())
    });
    match asked {
        Asked::Welcome => Ok(()),
        Asked::Turned(turned) => Err(turned),
        Asked::Wait(_wanted) => hear.recv_timeout(Duration::from_secs(30)).unwrap(),
    }
}

fn each(text: &str) -> Passwords {
    Passwords::Each(Arc::new(Credentials::parse(text).unwrap()))
}

#[test]
fn deny_wins_over_allow_and_no_list_lets_everybody_in() {
    let met = |allow: &[&str], deny: &[&str], from: &str| {
        let settings = DoorSettings {
            allow: networks(allow),
            deny: networks(deny),
            ..DoorSettings::default()
        };
        keeper(settings).meet(from.parse().unwrap())
    };
    let (welcome, denied) = (Met::Welcome(Counted::Nowhere), Met::Turned(Turned::Denied));
    assert_eq!(met(&[], &[], "203.0.113.9"), welcome);
    assert_eq!(met(&["10.0.0.0/8"], &[], "10.1.2.3"), welcome);
    assert_eq!(met(&["10.0.0.0/8"], &[], "::ffff:10.1.2.3"), welcome);
    assert_eq!(met(&["10.0.0.0/8"], &[], "203.0.113.9"), denied);
    assert_eq!(met(&["10.0.0.0/8"], &["10.1.0.0/16"], "10.1.2.3"), denied);
    assert_eq!(met(&[], &["10.1.0.0/16"], "203.0.113.9"), welcome);
    // Loopback is an address like others.
    assert_eq!(met(&["10.0.0.0/8"], &[], "127.0.0.1"), denied);
}

#[test]
fn a_balancer_must_say_for_whom_it_connects_and_the_lists_are_about_that_address() {
    let settings = DoorSettings {
        allow: networks(&["10.0.0.0/8"]),
        proxies: networks(&["192.0.2.7/32"]),
        ..DoorSettings::default()
    };
    let keeper = keeper(settings);
    assert_eq!(keeper.meet(HERE), Met::Balancer);
    assert!(keeper.admit("10.1.2.3".parse().unwrap()).is_ok());
    let outside = keeper.admit("203.0.113.9".parse().unwrap());
    assert_eq!(outside, Err(Turned::Denied));
}

#[test]
fn one_password_is_right_or_wrong_at_once_and_too_many_wrong_ones_bar_the_address() {
    let settings = DoorSettings {
        passwords: Passwords::One(Secret::new("hunter2")),
        limits: AddressLimits {
            failed_logins_per_minute: Some(3),
            ..AddressLimits::default()
        },
        ..DoorSettings::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let keeper = keeper(settings);
        assert!(matches!(ask(&keeper, "rig", "hunter2"), Asked::Welcome));
        for wrong in ["", "hunter", "x"] {
            let asked = ask(&keeper, "rig", wrong);
            assert!(matches!(asked, Asked::Turned(Turned::Password)), "{wrong}");
        }
        // Not even the right one: an answer would tell which one it is.
        let barred = ask(&keeper, "rig", "hunter2");
        assert!(matches!(barred, Asked::Turned(Turned::Barred)));
        tokio::time::advance(Duration::from_secs(30)).await;
        assert!(matches!(ask(&keeper, "rig", "hunter2"), Asked::Welcome));
    });
}

#[test]
fn a_password_is_computed_once_and_known_from_then_on() {
    let keeper = keeper(DoorSettings {
        passwords: each(&format!("rig:{}", quick_hash("right"))),
        ..DoorSettings::default()
    });
    assert_eq!(answer(&keeper, "rig", "right"), Ok(()));
    assert!(matches!(ask(&keeper, "rig", "right"), Asked::Welcome));
    assert_eq!(answer(&keeper, "rig", "wrong"), Err(Turned::Password));
    assert_eq!(answer(&keeper, "stranger", "right"), Err(Turned::Password));
}

#[test]
fn another_file_counts_from_the_next_login_on_and_the_same_one_forgets_nothing() {
    let first = format!("rig:{}", quick_hash("first"));
    let settings = |text: &str| DoorSettings {
        passwords: each(text),
        ..DoorSettings::default()
    };
    let keeper = keeper(settings(&first));
    assert_eq!(answer(&keeper, "rig", "first"), Ok(()));
    keeper.replace(settings(&first));
    assert!(matches!(ask(&keeper, "rig", "first"), Asked::Welcome));
    keeper.replace(settings(&format!("rig:{}", quick_hash("second"))));
    assert_eq!(answer(&keeper, "rig", "first"), Err(Turned::Password));
    assert_eq!(answer(&keeper, "rig", "second"), Ok(()));
    keeper.replace(DoorSettings::default());
    assert!(matches!(ask(&keeper, "rig", "whatever"), Asked::Welcome));
}

#[test]
fn a_crowd_of_guesses_at_once_is_no_way_around_the_limit() {
    let keeper = keeper(DoorSettings {
        passwords: each(&format!("rig:{}", quick_hash("right"))),
        limits: AddressLimits {
            failed_logins_per_minute: Some(5),
            ..AddressLimits::default()
        },
        ..DoorSettings::default()
    });
    let (tell, hear) = mpsc::channel();
    let mut wanted = Vec::new();
    let mut at_once = 0;
    for number in 0..200 {
        let tell = tell.clone();
        let from = (HERE, Place::from(HERE));
        let guess = format!("guess {number}");
        match keeper.ask(from, ["rig", "", &guess], || {
            Box::new(move |outcome| tell.send(outcome).unwrap())
        }) {
            Asked::Wait(waits) => wanted.push(waits),
            Asked::Turned(Turned::Barred) => at_once += 1,
            other @ (Asked::Welcome | Asked::Turned(_)) => panic!("{other:?}"),
        }
    }
    let outcomes: Vec<Outcome> = wanted
        .iter()
        .map(|_| hear.recv_timeout(Duration::from_secs(30)).unwrap())
        .collect();
    assert_eq!(outcomes.len() + at_once, 200);
    let computed = outcomes
        .iter()
        .filter(|outcome| **outcome == Err(Turned::Password))
        .count();
    // Two threads: one more may have been under way when the last one counted.
    assert!((5..=6).contains(&computed), "{computed} were computed");
}

#[test]
fn when_too_many_wait_the_next_is_told_to_come_again() {
    let slow = hash_password("right").unwrap();
    let keeper = keeper(DoorSettings {
        passwords: each(&format!("rig:{slow}")),
        ..DoorSettings::default()
    });
    let mut wanted = Vec::new();
    let mut busy = 0;
    for number in 0..verifier::WAITING + 200 {
        let from = (HERE, Place::from(HERE));
        match keeper.ask(from, [&number.to_string(), "", "x"], || Box::new(|_| ())) {
            Asked::Wait(waits) => wanted.push(waits),
            Asked::Turned(Turned::Busy) => busy += 1,
            other @ (Asked::Welcome | Asked::Turned(_)) => panic!("{other:?}"),
        }
    }
    assert!(busy > 0 && wanted.len() >= verifier::WAITING, "{busy}");
    // They leave: what waited is not computed, and the next has its turn soon.
    drop(wanted);
    let mut outcome = Err(Turned::Busy);
    while outcome == Err(Turned::Busy) {
        outcome = answer(&keeper, "rig", "right");
    }
    assert_eq!(outcome, Ok(()));
}

#[test]
fn a_check_that_panics_costs_no_thread() {
    let keeper = keeper(DoorSettings {
        passwords: each(&format!("rig:{}", quick_hash("right"))),
        ..DoorSettings::default()
    });
    // More than there are threads.
    let asked: Vec<Asked> = (0..5)
        .map(|number| {
            let from = (HERE, Place::from(HERE));
            let pass = format!("wrong {number}");
            keeper.ask(from, ["rig", "", &pass], || {
                Box::new(|_| panic!("on purpose"))
            })
        })
        .collect();
    assert!(asked.iter().all(|asked| matches!(asked, Asked::Wait(_))));
    assert_eq!(answer(&keeper, "rig", "right"), Ok(()));
}

#[test]
fn an_address_that_is_barred_is_told_of_once_and_a_crowd_of_them_six_times() {
    let keeper = keeper(DoorSettings {
        passwords: Passwords::One(Secret::new("hunter2")),
        limits: AddressLimits {
            failed_logins_per_minute: Some(1),
            ..AddressLimits::default()
        },
        ..DoorSettings::default()
    });
    let events = EventLog::default();
    keeper.set_events(events.clone());
    for _ in 0..10 {
        let _ = ask(&keeper, "rig", "secret guess");
    }
    let told = events.after(0, 10);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].kind, "address_barred");
    assert_eq!(told[0].subject.as_deref(), Some("192.0.2.7"));
    assert!(!told[0].text.contains("guess"), "{}", told[0].text);
    for number in 0..100 {
        let address = IpAddr::from([198, 51, 100, number]);
        let from = (address, Place::from(address));
        let _ = keeper.ask(from, ["rig", "", "x"], || unreachable!("answered at once"));
    }
    assert_eq!(events.last_seq(), 6);
}
