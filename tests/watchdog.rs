//! A lane that stops answering ends the process, with a report.
#![cfg(test)]

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

/// The real daemon with drills allowed, and the address of its monitor.
fn daemon() -> (Child, SocketAddr) {
    // An upstream that never answers is enough: nothing here needs a job.
    let pool = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let data = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_zartrux"))
        .args(["run", "--drill", "--user", "w", "--prove", "off"])
        .args(["--listen", "127.0.0.1:0", "--monitor", "127.0.0.1:0"])
        .args(["--pool", &format!("stratum+tcp://{pool}")])
        .arg("--data")
        .arg(data.path())
        .current_dir(data.path())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    let monitor = loop {
        line.clear();
        assert_ne!(lines.read_line(&mut line).unwrap(), 0, "the daemon ended");
        if let Some((_, rest)) = line.split_once("monitor at http://") {
            break rest.split('/').next().unwrap().parse().unwrap();
        }
    };
    child.stderr = Some(lines.into_inner());
    (child, monitor)
}

#[test]
fn a_stuck_lane_ends_the_process_with_a_report_that_names_it() {
    let (mut child, monitor) = daemon();
    let mut http = TcpStream::connect(monitor).unwrap();
    let stall = "POST /drill/lane0/planner/stall?ms=60000 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    http.write_all(stall.as_bytes()).unwrap();
    let mut reply = String::new();
    http.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");

    let mut report = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut report)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(70), "{report}");
    assert!(report.contains("lane 0 has not answered"), "{report}");
    assert!(report.contains("lane0/planner"), "{report}");
}
