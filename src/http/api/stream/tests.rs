use std::net::SocketAddr;

use actix_web::test::TestRequest;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use zartrux_actors::clock::Clock;
use zartrux_actors::events::{EventLog, Severity};
use zartrux_config::Settings;

use super::*;
use crate::node::{NodeOptions, NodeView};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

fn view() -> Arc<NodeView> {
    Arc::new(NodeView::new(
        &Settings::default(),
        NodeOptions::default(),
        Clock,
    ))
}

fn tell(view: &NodeView, count: u64) {
    for at in 0..count {
        view.events()
            .tell(at, Severity::Info, "test", None, "line\nbreak");
    }
}

/// A monitor on a port that the system picks.
fn serve(view: &Arc<NodeView>) -> SocketAddr {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let (server, address) =
        crate::http::serve(&zartrux_config::Monitor::default(), any, Arc::clone(view)).unwrap();
    actix_web::rt::spawn(server);
    address
}

/// An open stream, its head read.
struct Client {
    socket: BufReader<TcpStream>,
    status: u16,
    /// Of the body, what was read and not taken.
    body: String,
}

impl Client {
    async fn of(address: SocketAddr, head: &str) -> Self {
        Self::hosted(address, &format!("Host: localhost\r\n{head}")).await
    }

    /// `head` names the host.
    async fn hosted(address: SocketAddr, head: &str) -> Self {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let request = format!("GET /api/v1/stream HTTP/1.1\r\n{head}\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut client = Self {
            socket: BufReader::new(socket),
            status: 0,
            body: String::new(),
        };
        let first = client.head_line().await;
        client.status = first.split(' ').nth(1).unwrap().parse().unwrap();
        let mut length = None;
        loop {
            let line = client.head_line().await.to_lowercase();
            if let Some(given) = line.strip_prefix("content-length: ") {
                length = Some(given.parse().unwrap());
            }
            if line.is_empty() {
                break;
            }
        }
        if let Some(length) = length {
            client.read(length).await;
        }
        client
    }

    async fn head_line(&mut self) -> String {
        let mut line = String::new();
        let read = self.socket.read_line(&mut line);
        let read = actix_web::rt::time::timeout(PATIENCE, read).await;
        read.expect("a line in time").unwrap();
        line.trim_end_matches(['\r', '\n']).to_owned()
    }

    async fn read(&mut self, length: usize) {
        let mut bytes = vec![0; length];
        let read = self.socket.read_exact(&mut bytes);
        let read = actix_web::rt::time::timeout(PATIENCE, read).await;
        read.expect("bytes in time").unwrap();
        self.body.push_str(std::str::from_utf8(&bytes).unwrap());
    }

    /// Reads the next chunk; false at the end.
    async fn chunk(&mut self) -> bool {
        let length = usize::from_str_radix(&self.head_line().await, 16).unwrap();
        self.read(length).await;
        assert_eq!(self.head_line().await, "");
        length > 0
    }

    /// The next line without its end.
    async fn line(&mut self) -> String {
        loop {
            if let Some((line, rest)) = self.body.split_once('\n') {
                let (line, rest) = (line.to_owned(), rest.to_owned());
                self.body = rest;
                return line;
            }
            assert!(self.chunk().await, "the stream has ended");
        }
    }

    async fn frame(&mut self) -> Vec<String> {
        let mut frame = Vec::new();
        loop {
            let line = self.line().await;
            if line.is_empty() {
                return frame;
            }
            frame.push(line);
        }
    }

    /// The numbers of the events that come before the next overview, and the overview.
    async fn until_overview(&mut self) -> (Vec<u64>, serde_json::Value) {
        let mut seqs = Vec::new();
        loop {
            let frame = self.frame().await;
            if frame[0] == "event: overview" {
                let json = frame[1].strip_prefix("data: ").unwrap();
                return (seqs, serde_json::from_str(json).unwrap());
            }
            if let Some(id) = frame[0].strip_prefix("id: ") {
                assert_eq!(frame[1], "event: event");
                let data = frame[2].strip_prefix("data: ").unwrap();
                let event: serde_json::Value = serde_json::from_str(data).unwrap();
                assert_eq!(event["seq"].to_string(), id);
                assert_eq!(event["text"], "line\nbreak");
                seqs.push(id.parse().unwrap());
            }
        }
    }

    /// To its end.
    async fn end(mut self) {
        while self.chunk().await {}
    }
}

#[actix_web::test]
async fn a_new_client_gets_the_last_hundred_events_then_the_overview_then_what_comes() {
    let view = view();
    tell(&view, 150);
    let mut client = Client::of(serve(&view), "").await;
    assert_eq!(client.status, 200);
    assert_eq!(client.frame().await, ["retry: 2000"]);
    let (seqs, overview) = client.until_overview().await;
    assert_eq!(seqs, (51..=150).collect::<Vec<_>>());
    assert_eq!(overview["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(overview["events_seq"], 150);
    tell(&view, 1);
    let (seqs, _) = client.until_overview().await;
    assert_eq!(seqs, [151]);
}

#[actix_web::test]
async fn a_client_that_comes_back_gets_what_it_missed() {
    let view = view();
    tell(&view, 150);
    let address = serve(&view);
    for (head, first) in [
        ("Last-Event-ID: 148\r\n", Some(149)),
        ("Last-Event-ID: 3\r\n", Some(4)),
        ("Last-Event-ID: 150\r\n", None),
        // Of an earlier start of the process.
        ("Last-Event-ID: 5000\r\n", Some(51)),
    ] {
        let mut client = Client::of(address, head).await;
        let (seqs, _) = client.until_overview().await;
        let missed: Vec<u64> = first.map_or_else(Vec::new, |first| (first..=150).collect());
        assert_eq!(seqs, missed, "{head}");
    }
    let client = Client::of(address, "Last-Event-ID: x\r\n").await;
    assert_eq!(client.status, 400);
    let words = client.body;
    assert!(words.contains("Last-Event-ID: must be"), "{words}");
}

#[actix_web::test]
async fn one_stream_too_many_is_told_so_and_a_place_is_free_again_when_one_has_left() {
    let view = view();
    let address = serve(&view);
    let mut clients = Vec::new();
    for _ in 0..Watch::STREAMS {
        let client = Client::of(address, "").await;
        assert_eq!(client.status, 200);
        clients.push(client);
    }
    let refused = Client::of(address, "").await;
    assert_eq!(refused.status, 503);
    let words = refused.body;
    assert!(words.contains("64 streams are open"), "{words}");
    drop(clients.pop());
    let began = Clock.now();
    // The server notices when it sends the next time.
    while Client::of(address, "").await.status != 200 {
        assert!(Clock.now().duration_since(began) < PATIENCE);
        actix_web::rt::time::sleep(Duration::from_millis(50)).await;
    }
}

#[actix_web::test]
async fn streams_end_when_the_daemon_leaves() {
    let view = view();
    let mut client = Client::of(serve(&view), "").await;
    client.until_overview().await;
    view.set_draining();
    client.end().await;
}

#[actix_web::test]
async fn a_client_that_reads_nothing_for_a_while_gets_the_newest_events_and_no_more() {
    let view = view();
    let mut client = Client::of(serve(&view), "").await;
    client.until_overview().await;
    let told = 20 * EventLog::KEPT as u64;
    tell(&view, told);
    let mut got = Vec::new();
    while got.last() != Some(&told) {
        got.extend(client.until_overview().await.0);
    }
    assert!(got.len() <= 2 * EventLog::KEPT, "{}", got.len());
    assert!(got.is_sorted());
}

fn watching(view: &Arc<NodeView>) -> Watching {
    let watch = Arc::new(Watch::new(Arc::clone(view)));
    let request = TestRequest::get().uri("/api/v1/stream").to_http_request();
    begin(&request, watch).unwrap()
}

#[actix_web::test]
async fn whoever_takes_a_minute_for_an_overview_gets_one_and_not_thirty() {
    let view = view();
    let mut watching = watching(&view);
    let mut now = view.now();
    let is_overview =
        |due: &Due| matches!(due, Due::Send(bytes) if bytes.starts_with(b"event: overview\n"));
    assert_eq!(
        watching.due(now),
        Due::Send(Bytes::from_static(b"retry: 2000\n\n"))
    );
    assert!(is_overview(&watching.due(now)));
    assert_eq!(watching.due(now), Due::Wait(now + LOOK));
    now += Duration::from_secs(60);
    let comment = Due::Send(Bytes::from_static(b": still here\n\n"));
    assert_eq!(watching.due(now), comment);
    assert!(is_overview(&watching.due(now)));
    assert_eq!(watching.due(now), Due::Wait(now + LOOK));
    assert!(!is_overview(&watching.due(now + OVERVIEW / 2)));
    assert!(is_overview(&watching.due(now + OVERVIEW)));
}

#[actix_web::test]
async fn a_stream_ends_when_its_token_is_taken_back_and_goes_on_when_something_else_changes() {
    let text = |digests: &str, hosts: &str| {
        let text =
            format!("[monitor]\nread_tokens = [{digests}]\nanonymous = \"nothing\"\n{hosts}");
        Settings::from_toml(&text, &zartrux_config::Overrides::default()).unwrap()
    };
    // Of "token".
    let digest = "\"3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0\"";
    let other = format!("\"{}\"", "ab".repeat(32));
    let settings = text(digest, "");
    let view = Arc::new(NodeView::new(&settings, NodeOptions::default(), Clock));
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let (server, address) = crate::http::serve(&settings.monitor, any, Arc::clone(&view)).unwrap();
    actix_web::rt::spawn(server);
    let head = "Host: localhost\r\nAuthorization: Bearer token\r\n";
    let mut client = Client::hosted(address, head).await;
    assert_eq!(client.status, 200);
    client.until_overview().await;
    view.reload(&settings, "the test").unwrap();
    client.until_overview().await;
    view.reload(&text(&other, ""), "the test").unwrap();
    client.end().await;
    assert_eq!(Client::hosted(address, head).await.status, 401);
}
