//! The ways, against servers on sockets of this machine.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zartrux_config::{Alerts, Overrides, Secret, Settings};
use zartrux_models::alert::{Change, Notification, NotificationState, Severity, Transition};
use zartrux_models::ledger::AlertKind;

use super::*;
use crate::alerts::Told;
use crate::clock::Clock;
use crate::events::EventLog;

/// How long anything is waited for before a test fails.
const PATIENCE: Duration = Duration::from_secs(30);

fn told(subject: &str) -> Told {
    let change = Transition {
        kind: AlertKind::RigSilent,
        subject: subject.into(),
        text: "its last share came 16 minutes ago".into(),
        severity: Severity::Warning,
        change: Change::Raised { flapping: false },
        since_unix_ms: 1,
        at_unix_ms: 2,
    };
    let notification = Notification {
        kind: AlertKind::RigSilent,
        state: NotificationState::Raised,
        severity: Severity::Warning,
        count: 1,
        flapping: 0,
        first: vec![change],
        at_unix_ms: 2,
    };
    Told::of(&notification, 7, false)
}

/// A request as a server saw it.
#[derive(Debug)]
struct Request {
    line: String,
    head: String,
    body: Vec<u8>,
}

impl Request {
    fn header(&self, name: &str) -> Option<&str> {
        let found = |line: &&str| {
            line.split_once(':')
                .is_some_and(|(key, _)| key.eq_ignore_ascii_case(name))
        };
        let line = self.head.lines().find(found)?;
        line.split_once(':').map(|(_, value)| value.trim())
    }
}

fn request_of(stream: &TcpStream) -> Request {
    let mut reader = BufReader::new(stream);
    let (mut line, mut head) = (String::new(), String::new());
    reader.read_line(&mut line).unwrap();
    loop {
        let mut next = String::new();
        reader.read_line(&mut next).unwrap();
        if next.trim().is_empty() {
            break;
        }
        head.push_str(&next);
    }
    let mut request = Request {
        line,
        head,
        body: Vec::new(),
    };
    let length = request
        .header("content-length")
        .map_or(0, |n| n.parse().unwrap());
    request.body = vec![0; length];
    reader.read_exact(&mut request.body).unwrap();
    request
}

/// A server that gives these answers in turn, and then the last again; an empty one: none at all.
fn server(answers: &[&'static str]) -> (SocketAddr, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (send, requests) = channel();
    let answers = answers.to_vec();
    std::thread::spawn(move || {
        let mut hanging = Vec::new();
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let request = request_of(&stream);
            let answer = answers[number.min(answers.len() - 1)];
            if answer.is_empty() {
                hanging.push(stream);
            } else {
                let text = format!("HTTP/1.1 {answer}");
                let _ = stream.write_all(text.as_bytes());
            }
            if send.send(request).is_err() {
                return;
            }
        }
    });
    (address, requests)
}

const GOOD: &str = "204 No Content\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const BROKEN: &str = "500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const SECRET: &str = "a secret of some length";

fn webhook(address: SocketAddr) -> Webhook {
    let url = format!("http://{address}/T0KEN-of-hook").parse().unwrap();
    Webhook::patient(
        url,
        Some(Secret::new(SECRET)),
        Clock,
        Duration::from_millis(500),
    )
}

fn courier(carrier: impl Carrier + 'static, tries: usize, queue: usize) -> (Courier, EventLog) {
    let events = EventLog::default();
    let patience = Patience {
        waits: vec![Duration::from_millis(1); tries - 1],
        queue,
    };
    let target = "there".to_owned();
    let carrier = Box::new(carrier);
    let log = events.clone();
    let courier = Courier::launch("webhook", target, carrier, patience, log, Clock).unwrap();
    (courier, events)
}

fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..3_000 {
        if is_so() {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    panic!("waited in vain for {what}");
}

#[test]
fn a_webhook_is_signed_over_its_time_and_body() {
    let (address, requests) = server(&[GOOD]);
    let told = told("rig");
    webhook(address).carry(&told).unwrap();
    let request = requests.recv_timeout(PATIENCE).unwrap();
    assert!(
        request.line.starts_with("POST /T0KEN-of-hook HTTP/1.1"),
        "{}",
        request.line
    );
    let time = request.header("X-Zartrux-Timestamp").unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(&request.body);
    let expected = format!("sha256={}", const_hex::encode(mac.finalize().into_bytes()));
    assert_eq!(
        request.header("X-Zartrux-Signature"),
        Some(expected.as_str())
    );
    assert_eq!(request.header("Idempotency-Key"), Some(told.id.as_str()));
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!((&body["schema"], &body["node"]), (&1.into(), &7.into()));
    assert_eq!(
        (&body["state"], &body["kind"]),
        (&"raised".into(), &"rig_silent".into())
    );
    assert_eq!(body["subjects"][0]["subject"], "rig");
    assert_eq!(body["id"], told.id.as_str());
}

#[test]
fn it_is_sent_again_after_a_fault_of_the_server_and_a_time_out_with_the_same_id_and_in_order() {
    let (address, requests) = server(&[BROKEN, "", GOOD]);
    let (courier, _) = courier(webhook(address), 5, 8);
    let sent = [Arc::new(told("first")), Arc::new(told("second"))];
    sent.iter().for_each(|one| courier.send(one));
    let ids: Vec<String> = (0..4)
        .map(|_| requests.recv_timeout(PATIENCE).unwrap())
        .map(|request| request.header("Idempotency-Key").unwrap().to_owned())
        .collect();
    let [first, second] = [&sent[0].id, &sent[1].id];
    assert_eq!(
        ids.iter().collect::<Vec<_>>(),
        [first, first, first, second]
    );
    eventually("both to be counted", || {
        courier.status().report().delivered == 2
    });
    let report = courier.status().report();
    assert_eq!(
        (report.tries_failed, report.failed, report.waiting),
        (2, 0, 0)
    );
    assert!(report.last_success_unix_ms.is_some());
}

#[test]
fn what_the_server_does_not_want_is_given_up_at_once_and_told_without_the_token() {
    let answer =
        "400 Bad Request\r\nContent-Length: 900\r\nConnection: close\r\n\r\nno hook T0KEN-of-hook";
    let (address, requests) = server(&[answer]);
    let (courier, events) = courier(webhook(address), 5, 8);
    courier.send(&Arc::new(told("rig")));
    eventually("it to be given up", || {
        courier.status().report().failed == 1
    });
    assert_eq!(requests.try_iter().count(), 1);
    let report = courier.status().report();
    assert_eq!(report.tries_failed, 1);
    let error = report.last_error.unwrap().text;
    assert!(error.contains("400") && !error.contains("T0KEN"), "{error}");
    assert!(error.chars().count() <= 200);
    eventually("the event", || events.last_seq() == 1);
    assert_eq!(events.after(0, 1)[0].kind, "alert_not_delivered");
}

#[test]
fn no_redirect_is_followed() {
    let (other, at_other) = server(&[GOOD]);
    let answer = format!(
        "302 Found\r\nLocation: http://{other}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    let (address, _requests) = server(&[answer.leak()]);
    let outcome = webhook(address).carry(&told("rig"));
    assert!(
        matches!(outcome, Err(NotDelivered::ForGood(_))),
        "{outcome:?}"
    );
    assert!(at_other.try_recv().is_err());
}

#[test]
fn a_server_that_nobody_answers_for_is_tried_until_the_end() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = unused.local_addr().unwrap();
    drop(unused);
    let (courier, _) = courier(webhook(address), 3, 8);
    courier.send(&Arc::new(told("rig")));
    eventually("it to be given up", || {
        courier.status().report().failed == 1
    });
    assert_eq!(courier.status().report().tries_failed, 3);
}

/// One that hangs until it is let go.
#[derive(Clone, Default)]
struct Hanging(Arc<(Mutex<bool>, Condvar)>);

impl Carrier for Hanging {
    fn carry(&mut self, _: &Told) -> Result<(), NotDelivered> {
        let (gone, changed) = &*self.0;
        let is_open = changed.wait_while(gone.lock().unwrap(), |open| !*open);
        drop(is_open.unwrap());
        Ok(())
    }
}

#[test]
fn one_that_hangs_costs_whoever_sends_nothing_and_what_finds_the_queue_full_is_counted() {
    let hanging = Hanging::default();
    let (courier, _) = courier(hanging.clone(), 1, 2);
    for _ in 0..10 {
        courier.send(&Arc::new(told("rig")));
    }
    let report = courier.status().report();
    // One may be under way, two wait.
    assert!((7..=8).contains(&report.dropped), "{report:?}");
    *hanging.0.0.lock().unwrap() = true;
    hanging.0.1.notify_all();
    eventually("those that waited", || {
        let report = courier.status().report();
        report.waiting == 0 && report.delivered + report.dropped == 10
    });
}

#[test]
fn who_leaves_waits_for_no_further_try() {
    let (address, _requests) = server(&[BROKEN]);
    let events = EventLog::default();
    let patience = Patience {
        waits: vec![Duration::from_secs(3_600)],
        queue: 8,
    };
    let carrier = Box::new(webhook(address));
    let courier =
        Courier::launch("webhook", String::new(), carrier, patience, events, Clock).unwrap();
    let status = Arc::clone(courier.status());
    courier.send(&Arc::new(told("rig")));
    eventually("the first try", || status.report().tries_failed == 1);
    courier.leave_within(PATIENCE);
    assert_eq!(status.report().failed, 1);
}

#[test]
fn a_heartbeat_is_fetched() {
    let (address, requests) = server(&[GOOD, BROKEN]);
    let url = format!("http://{address}/beat").parse().unwrap();
    let mut heartbeat = Heartbeat::new(url);
    heartbeat.carry(&told("rig")).unwrap();
    assert!(
        requests
            .recv_timeout(PATIENCE)
            .unwrap()
            .line
            .starts_with("GET /beat ")
    );
    assert!(heartbeat.carry(&told("rig")).is_err());
}

/// A mail server: what it was told, line by line, until the connection ends.
fn mail_server(refuses: bool) -> (SocketAddr, Receiver<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (send, heard) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = Vec::new();
            let reader = BufReader::new(stream.try_clone().unwrap());
            let mut in_data = false;
            stream.write_all(b"220 fake\r\n").unwrap();
            for line in reader.lines() {
                let Ok(line) = line else { break };
                let answer = match line.split(' ').next().unwrap() {
                    "." if in_data => {
                        in_data = false;
                        "250 taken\r\n"
                    }
                    _ if in_data => "",
                    "RCPT" if refuses => "550 no such user\r\n",
                    "DATA" => {
                        in_data = true;
                        "354 go on\r\n"
                    }
                    "QUIT" => "221 bye\r\n",
                    _ => "250 fine\r\n",
                };
                lines.push(line);
                if stream.write_all(answer.as_bytes()).is_err() {
                    break;
                }
            }
            if send.send(lines).is_err() {
                return;
            }
        }
    });
    (address, heard)
}

fn mailing(address: SocketAddr) -> Alerts {
    let text = format!(
        "[alerts]\nmail_server = \"{address}\"\nmail_tls = \"none\"\n\
         mail_from = \"z@farm.example\"\nmail_to = [\"a@farm.example\", \"b@farm.example\"]\n"
    );
    Settings::from_toml(&text, &Overrides::default())
        .unwrap()
        .alerts
}

#[test]
fn mail_reaches_all_and_a_hostile_name_writes_no_header() {
    let (address, heard) = mail_server(false);
    let mut mail = Mail::of(&mailing(address)).unwrap();
    mail.carry(&told("rig\r\nBcc: evil@x\r\n\r\n.\r\nQUIT"))
        .unwrap();
    let lines = heard.recv_timeout(PATIENCE).unwrap();
    let of = |begin: &str| lines.iter().filter(|line| line.starts_with(begin)).count();
    assert_eq!(of("RCPT TO:<a@farm.example>"), 1, "{lines:#?}");
    assert_eq!(of("RCPT TO:<b@farm.example>"), 1);
    assert_eq!(of("RCPT"), 2);
    assert_eq!(
        of("Subject: [zartrux] warning: rig_silent:"),
        1,
        "{lines:#?}"
    );
    let head: Vec<_> = lines.iter().take_while(|line| !line.is_empty()).collect();
    assert!(
        !head.iter().any(|line| line.starts_with("Bcc")),
        "{head:#?}"
    );
    let text = lines.join("\n");
    assert!(
        text.contains("its last share came 16 minutes ago"),
        "{text}"
    );
    assert_eq!(of("QUIT"), 1, "{text}");
}

#[test]
fn what_the_mail_server_refuses_for_good_is_not_tried_again() {
    let (address, _heard) = mail_server(true);
    let mut mail = Mail::of(&mailing(address)).unwrap();
    let outcome = mail.carry(&told("rig"));
    assert!(
        matches!(outcome, Err(NotDelivered::ForGood(_))),
        "{outcome:?}"
    );
}

#[test]
fn a_mail_server_without_starttls_gets_no_mail_in_the_clear() {
    let (address, heard) = mail_server(false);
    let mut settings = mailing(address);
    settings.mail_tls = zartrux_config::MailTls::StartTls;
    let mut mail = Mail::of(&settings).unwrap();
    assert!(mail.carry(&told("rig")).is_err());
    let lines = heard.recv_timeout(PATIENCE).unwrap();
    assert!(
        !lines.iter().any(|line| line.starts_with("MAIL")),
        "{lines:?}"
    );
}
