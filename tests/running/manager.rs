//! What the program tells a service manager, heard on a real socket.

use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use tempfile::TempDir;

use crate::launched::{How, Launched};
use crate::support::{Config, FakePool, SimMiner, clock, http};

/// A service manager's ear.
struct Manager {
    socket: PathBuf,
    heard: Arc<Mutex<Vec<String>>>,
    _folder: TempDir,
}

impl Manager {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let filled = Arc::clone(&heard);
        // Ends with the test program.
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length) = socket.recv(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
                filled.lock().unwrap().push(text);
            }
        });
        Self {
            socket: path,
            heard,
            _folder: folder,
        }
    }

    fn how(&self) -> How<'static> {
        How {
            env: vec![("NOTIFY_SOCKET", self.socket.display().to_string())],
            ..How::default()
        }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    fn wait(&self, what: &str) -> String {
        clock::eventually(what, || {
            self.heard().into_iter().find(|text| text.contains(what))
        })
    }
}

/// An address that was free a moment ago, so that the listener's is known before it is told.
fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

#[test]
fn it_is_ready_when_its_listeners_answer_though_no_pool_does() {
    let manager = Manager::new();
    let (miners, monitor) = (free_address(), free_address());
    let config = Config::default()
        .set("miners.listen", format!("[\"{miners}\"]"))
        .set("monitor.listen", format!("\"{monitor}\""))
        // Nobody listens there.
        .pool(&format!("stratum+tcp://{}", free_address()));
    let program = Launched::run(&config, &manager.how());
    manager.wait("READY=1\n");
    // At once, and not after a while: whoever is told may connect.
    assert!(TcpStream::connect(&miners).is_ok());
    let answer = http::get(monitor.parse().unwrap(), "/health/live");
    assert_eq!(answer.status, 200);
    manager.wait("STATUS=not ready: lane 0: no upstream has a fresh job\n");
    assert!(
        manager
            .heard()
            .iter()
            .all(|text| !text.contains("WATCHDOG"))
    );
    drop(program);
}

#[test]
fn its_status_follows_the_farm_and_it_says_that_it_is_leaving() {
    let (manager, pool) = (Manager::new(), FakePool::start());
    let mut program = Launched::run(&Config::on(&pool), &manager.how());
    manager.wait("STATUS=serving 0 miners from ");
    let miner = SimMiner::joined(program.miners(), "rig");
    manager.wait("STATUS=serving 1 miner from ");
    drop(miner);
    program.signal("TERM");
    assert_eq!(program.wait_end().code(), Some(0));
    manager.wait("STOPPING=1\nSTATUS=leaving");
    let heard = manager.heard();
    let place = |text: &str| heard.iter().position(|it| it.contains(text)).unwrap();
    assert!(place("READY=1") < place("STOPPING=1"));
    assert_eq!(heard.iter().filter(|it| it.contains("READY=1")).count(), 1);
}

#[test]
fn a_reload_is_told_with_its_time_and_ends_with_being_ready() {
    let (manager, pool) = (Manager::new(), FakePool::start());
    let program = Launched::run(&Config::on(&pool), &manager.how());
    manager.wait("READY=1\n");
    program.signal("HUP");
    let reloading = manager.wait("RELOADING=1\n");
    let time = reloading.split("MONOTONIC_USEC=").nth(1).unwrap().trim();
    assert!(time.parse::<u64>().unwrap() > 0);
    clock::eventually("READY after RELOADING", || {
        let heard = manager.heard();
        let at = heard.iter().position(|it| it.contains("RELOADING"))?;
        heard[at..].iter().find(|it| *it == "READY=1\n").map(drop)
    });
}

#[test]
fn signs_of_life_come_while_all_lanes_answer_and_end_with_one_that_does_not() {
    let (manager, pool) = (Manager::new(), FakePool::start());
    let mut how = manager.how();
    how.env.push(("WATCHDOG_USEC", "1000000".to_owned()));
    how.flags.push("--drill");
    let mut program = Launched::run(&Config::on(&pool), &how);
    program.wait_ready();
    clock::eventually("a third sign of life", || {
        let heard = manager.heard();
        let signs = heard.iter().filter(|it| *it == "WATCHDOG=1\n").count();
        (signs >= 3).then_some(())
    });
    let stalled = http::post(program.monitor(), "/drill/lane0/planner/stall?ms=60000");
    assert_eq!(stalled.status, 200);
    manager.wait("STATUS=lane 0 does not answer\n");
    // The program's own watchdog ends it; until then there is no sign of life.
    assert_eq!(program.wait_end().code(), Some(70));
    let heard = manager.heard();
    let silent = heard.iter().position(|it| it.contains("does not answer"));
    let after = &heard[silent.unwrap()..];
    assert!(
        after.iter().all(|it| !it.contains("WATCHDOG=1")),
        "{after:?}"
    );
}

#[test]
fn a_watchdog_meant_for_another_process_is_not_fed() {
    let (manager, pool) = (Manager::new(), FakePool::start());
    let mut how = manager.how();
    how.env.push(("WATCHDOG_USEC", "100000".to_owned()));
    how.env.push(("WATCHDOG_PID", "1".to_owned()));
    let mut program = Launched::run(&Config::on(&pool), &how);
    manager.wait("STATUS=serving");
    program.signal("TERM");
    assert_eq!(program.wait_end().code(), Some(0));
    manager.wait("STOPPING=1");
    assert!(
        manager
            .heard()
            .iter()
            .all(|text| !text.contains("WATCHDOG"))
    );
}

#[test]
fn a_manager_that_is_gone_does_no_harm() {
    let pool = FakePool::start();
    let how = How {
        env: vec![("NOTIFY_SOCKET", "/nonexistent/notify".to_owned())],
        ..How::default()
    };
    let mut program = Launched::run(&Config::on(&pool), &how);
    program.wait_ready();
    program.wait("a warning", |line| {
        line.contains("the service manager can't be told")
            .then_some(())
    });
    program.signal("TERM");
    assert_eq!(program.wait_end().code(), Some(0));
    let told = |line: &&String| line.contains("can't be told");
    assert_eq!(
        program.log().iter().filter(told).count(),
        1,
        "once is enough"
    );
}
