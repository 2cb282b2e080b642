//! The socket between two processes, and what is said on it, within one.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use zartrux_config::{Overrides, Settings};

use super::channel::{Channel, Gone};
use super::control::{ControlSocket, Outcome, ask};
use super::message::{FromSuccessor, ToSuccessor, VERSION};
use super::{ListenerFacts, Listeners, Offer, Predecessor, Role};
use crate::node::ExitCode;

const SOON: Option<Duration> = Some(Duration::from_millis(150));
const LATER: Option<Duration> = Some(Duration::from_secs(30));

fn pair() -> (Channel, Channel) {
    let (one, other) = UnixStream::pair().unwrap();
    let channel = |stream| Channel::new(stream, Arc::default()).unwrap();
    (channel(one), channel(other))
}

fn numbered_files(count: u32) -> Vec<OwnedFd> {
    let file = |number: u32| {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&number.to_le_bytes()).unwrap();
        OwnedFd::from(file)
    };
    (0..count).map(file).collect()
}

fn number(descriptor: OwnedFd) -> u32 {
    let mut file = File::from(descriptor);
    let mut bytes = [0; 4];
    file.seek(SeekFrom::Start(0)).unwrap();
    file.read_exact(&mut bytes).unwrap();
    u32::from_le_bytes(bytes)
}

#[test]
fn more_descriptors_than_one_message_takes_arrive_in_their_order() {
    let (one, other) = pair();
    let sender = thread::spawn(move || {
        let files = numbered_files(501);
        let borrowed: Vec<_> = files.iter().map(OwnedFd::as_fd).collect();
        one.send(&FromSuccessor::Ready).unwrap();
        one.send_descriptors(&borrowed).unwrap();
        one.send_bytes(&[7; 3_000_000]).unwrap();
        one.send_descriptors(&[]).unwrap();
        one.send(&FromSuccessor::Serving).unwrap();
        one
    });
    assert_eq!(
        other.receive::<FromSuccessor>(LATER).unwrap(),
        FromSuccessor::Ready
    );
    let came = other.receive_descriptors(501).unwrap();
    let numbers: Vec<u32> = came.into_iter().map(number).collect();
    assert!(numbers.into_iter().eq(0..501));
    assert_eq!(other.receive_bytes(3_000_000).unwrap(), [7; 3_000_000]);
    assert!(other.receive_descriptors(0).unwrap().is_empty());
    assert_eq!(
        other.receive::<FromSuccessor>(LATER).unwrap(),
        FromSuccessor::Serving
    );
    drop(sender.join().unwrap());
    let fault = other.receive::<FromSuccessor>(LATER).unwrap_err();
    assert!(fault.is::<Gone>(), "{fault:#}");
}

#[test]
fn fewer_descriptors_than_were_told_of_are_a_fault_and_so_is_a_byte_without_any() {
    let (one, other) = pair();
    let sender = thread::spawn(move || {
        let files = numbered_files(2);
        let borrowed: Vec<_> = files.iter().map(OwnedFd::as_fd).collect();
        // Not acknowledged.
        let _ = one.send_descriptors(&borrowed);
    });
    let fault = other.receive_descriptors(3).unwrap_err().to_string();
    assert!(
        fault.starts_with("2 descriptors came instead of 3"),
        "{fault}"
    );
    drop(other);
    sender.join().unwrap();
    let (one, other) = pair();
    one.send_bytes(b"D").unwrap();
    assert!(other.receive_descriptors(1).is_err());
}

#[test]
fn silence_giving_up_and_too_long_a_message_end_the_wait() {
    let (one, other) = pair();
    let fault = other.receive::<FromSuccessor>(SOON).unwrap_err();
    assert_eq!(fault.to_string(), "it says nothing");
    one.send_bytes(&u32::MAX.to_le_bytes()).unwrap();
    let fault = other.receive::<FromSuccessor>(LATER).unwrap_err();
    assert_eq!(fault.to_string(), "it says something too long");
    let (_one, other) = UnixStream::pair().unwrap();
    let given_up = Arc::new(AtomicBool::new(true));
    let other = Channel::new(other, given_up).unwrap();
    let fault = other.receive::<FromSuccessor>(None).unwrap_err();
    assert_eq!(fault.to_string(), "it was given up");
}

const ANY: &str = "127.0.0.1:0";

fn settings(more: &str, data: &std::path::Path) -> Settings {
    let text = format!("[node]\ndata = {:?}\n{more}", data.to_str().unwrap());
    Settings::from_toml(&text, &Overrides::default()).unwrap()
}

/// A predecessor that offers this.
fn predecessor(offer: Offer) -> Predecessor {
    let (one, other) = UnixStream::pair().unwrap();
    let meeting = thread::spawn(move || Predecessor::on(other).unwrap());
    let channel = Channel::new(one, Arc::default()).unwrap();
    let hello = channel.receive::<FromSuccessor>(LATER).unwrap();
    assert!(matches!(
        hello,
        FromSuccessor::Hello {
            messages: VERSION,
            ..
        }
    ));
    channel.send(&ToSuccessor::Offer(offer)).unwrap();
    meeting.join().unwrap()
}

#[test]
fn a_successor_opens_what_is_new_and_refuses_other_lanes_and_other_folders() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let asked: SocketAddr = ANY.parse().unwrap();
    let facts = |role, lane| ListenerFacts { role, lane, asked };
    let predecessor = predecessor(Offer {
        version: "0.0.1".to_owned(),
        lanes: 2,
        data: folder.path().canonicalize().unwrap(),
        listeners: vec![facts(Role::Plain, 0), facts(Role::Plain, 1)],
        failed: None,
    });
    let miners = format!("[miners]\nlisten = [\"{ANY}\"]\ntls_listen = [\"{ANY}\"]\n");
    let monitor = format!("[monitor]\nlisten = \"{ANY}\"\n");
    let mut wanted = settings(&format!("lanes = 2\n{miners}{monitor}"), folder.path());
    let opened = predecessor.agree(&wanted).unwrap();
    let expected = [
        facts(Role::Tls, 0),
        facts(Role::Tls, 1),
        facts(Role::Monitor, 0),
    ];
    assert_eq!(opened.facts(), expected);
    let addresses: Vec<_> = opened.addresses().map(Result::unwrap).collect();
    assert_eq!(addresses[0], addresses[1], "all lanes share a port");
    assert_ne!(addresses[1], addresses[2]);
    assert!(TcpStream::connect(addresses[2]).is_ok());
    wanted.node.lanes = 3;
    let fault = predecessor.agree(&wanted).unwrap_err().to_string();
    assert!(fault.starts_with("node.lanes: it is 2"), "{fault}");
    let moved = settings("lanes = 2\n", elsewhere.path());
    let fault = predecessor.agree(&moved).unwrap_err().to_string();
    assert!(fault.starts_with("node.data: it is "), "{fault}");
    let other = TcpListener::bind(ANY).unwrap();
    let taken = other.local_addr().unwrap();
    let miners = format!("[miners]\nlisten = [\"{ANY}\"]\n");
    let crowded = format!("lanes = 2\n{miners}[monitor]\nlisten = \"{taken}\"\n");
    let fault = predecessor.agree(&settings(&crowded, folder.path()));
    let fault = format!("{:#}", fault.unwrap_err());
    assert!(fault.starts_with(&format!("monitor on {taken}")), "{fault}");
}

#[test]
fn listeners_are_found_by_what_they_are_for() {
    let mut all = Listeners::default();
    let asked: SocketAddr = ANY.parse().unwrap();
    let facts = |role, lane| ListenerFacts { role, lane, asked };
    all.keep(facts(Role::Plain, 0), TcpListener::bind(ANY).unwrap());
    all.keep(facts(Role::Plain, 1), TcpListener::bind(ANY).unwrap());
    assert!(all.take(facts(Role::Tls, 0)).is_none());
    assert!(all.take(facts(Role::Plain, 1)).is_some());
    assert!(all.take(facts(Role::Plain, 1)).is_none());
    assert_eq!(all.facts(), [facts(Role::Plain, 0)]);
}

#[test]
fn whoever_asks_is_told_and_only_the_user_itself_may_ask() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let fault = ask(folder.path(), None, |_| {}).unwrap_err().to_string();
    assert!(
        fault.starts_with("no daemon runs with this data folder"),
        "{fault}"
    );
    let socket = ControlSocket::open(folder.path(), true, |mut asked| {
        asked.voice.progress("soon");
        match &asked.binary {
            Some(path) => asked.voice.done(&path.display().to_string()),
            None => asked
                .voice
                .failed(&"é".repeat(9_999), ExitCode::Configuration),
        }
    })
    .unwrap();
    let path = folder.path().join("control.sock");
    let mode = path.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let hears = |text: &str| assert_eq!(text, "soon");
    let done = ask(folder.path(), Some("/new".into()), hears).unwrap();
    assert_eq!(done, Outcome::Done("/new".to_owned()));
    let failed = ask(folder.path(), None, hears).unwrap();
    let why = "é".repeat(2_048);
    assert_eq!(failed, Outcome::Failed { why, code: 78 });
    // Nonsense is answered, and does no harm.
    let mut rude = UnixStream::connect(&path).unwrap();
    rude.write_all(b"upgrade!\n").unwrap();
    let mut answer = String::new();
    rude.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("not understood"), "{answer}");
    let other = ControlSocket::open(folder.path(), true, |_| {}).unwrap_err();
    assert!(other.to_string().contains("another daemon"), "{other}");
    // A successor takes the name.
    let next = ControlSocket::open(folder.path(), false, |mut asked| asked.voice.done("next"));
    assert_eq!(
        ask(folder.path(), None, |_| {}).unwrap(),
        Outcome::Done("next".to_owned())
    );
    drop(socket);
    next.unwrap().remove();
    assert!(ask(folder.path(), None, |_| {}).is_err());
}

#[test]
fn a_folder_with_too_long_a_path_has_no_socket_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("d".repeat(120));
    std::fs::create_dir(&deep).unwrap();
    let fault = ControlSocket::open(&deep, true, |_| {}).unwrap_err();
    let fault = format!("{fault:#}");
    assert!(fault.contains("too long for a socket"), "{fault}");
}
