//! A pool that says what the test says.

use serde_json::Value;
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, Lines,
    ReadHalf, WriteHalf, split,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_native_tls::TlsAcceptor;

use crate::harness::soon;

const BLOB: &str = "1010a1938cd806f844abc1745b30d19a2cc0f9907bc8a98e07643ff507d4b6cfed2fdf3697a10d0000000041eb1010588021a54a0958d96de433c779648c61d2ec0311b5e67e358116999e01";
const SEED: &str = "418015bb9ae982a1975da7d79277c2705727a56894ba0fb246adaabb1f4632e3";

/// Listens on a port of its own.
pub(crate) struct Pool {
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
}

impl Pool {
    pub(crate) async fn listen() -> Self {
        Self {
            listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
            acceptor: None,
        }
    }

    /// One that is behind TLS.
    pub(crate) async fn listen_tls(identity: native_tls::Identity) -> Self {
        let acceptor = native_tls::TlsAcceptor::new(identity).unwrap();
        Self {
            acceptor: Some(acceptor.into()),
            ..Self::listen().await
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    pub(crate) async fn accept(&self) -> Wire {
        self.try_accept().await.expect("the handshake fails")
    }

    /// The next connection, or `None` if its handshake fails.
    pub(crate) async fn try_accept(&self) -> Option<Wire> {
        let (stream, _) = soon(self.listener.accept()).await.unwrap();
        Some(match &self.acceptor {
            None => Wire::new(stream),
            Some(acceptor) => Wire::new(soon(acceptor.accept(stream)).await.ok()?),
        })
    }

    /// The next connection, its receive buffer as small as it can be.
    pub(crate) async fn accept_narrow(&self) -> TcpStream {
        socket2::SockRef::from(&self.listener)
            .set_recv_buffer_size(1)
            .unwrap();
        soon(self.listener.accept()).await.unwrap().0
    }

    /// Reads what the session had written before it left such a connection: the nonces of all whole
    /// submits.
    pub(crate) async fn read_to_end(mut stream: TcpStream) -> Vec<String> {
        // Wide again, or it would take minutes.
        socket2::SockRef::from(&stream)
            .set_recv_buffer_size(1 << 20)
            .unwrap();
        let mut bytes = Vec::new();
        soon(stream.read_to_end(&mut bytes)).await.unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter_map(|line| line["params"]["nonce"].as_str().map(str::to_owned))
            .collect()
    }

    /// The next connection, logged in and given a first job.
    pub(crate) async fn log_in(&self, job_id: &str) -> Wire {
        let mut wire = self.accept().await;
        wire.answer_login(job_id).await;
        wire
    }
}

trait Io: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Io for T {}

/// One connection, seen from the pool.
pub(crate) struct Wire {
    lines: Lines<BufReader<ReadHalf<Box<dyn Io>>>>,
    write: WriteHalf<Box<dyn Io>>,
}

impl Wire {
    fn new(stream: impl Io + 'static) -> Self {
        let (read, write) = split(Box::new(stream) as Box<dyn Io>);
        Self {
            lines: BufReader::new(read).lines(),
            write,
        }
    }

    /// The next line, or `None` when the session closed the connection.
    pub(crate) async fn hear(&mut self) -> Option<Value> {
        let line = soon(self.lines.next_line()).await.ok()??;
        Some(serde_json::from_str(&line).unwrap())
    }

    /// The next line, which is a submit: its request id and its nonce.
    pub(crate) async fn hear_submit(&mut self) -> (u64, String) {
        let line = self.hear().await.expect("a submit, not a close");
        assert_eq!(line["method"], "submit", "{line}");
        let nonce = line["params"]["nonce"].as_str().unwrap();
        (line["id"].as_u64().unwrap(), nonce.to_owned())
    }

    /// Says a line; a session that has left does not matter here.
    pub(crate) async fn say(&mut self, line: &str) {
        let _ = self.write.write_all(format!("{line}\n").as_bytes()).await;
    }

    pub(crate) async fn say_raw(&mut self, bytes: &[u8]) {
        let _ = self.write.write_all(bytes).await;
    }

    pub(crate) async fn answer_login(&mut self, job_id: &str) {
        let login = self.hear().await.expect("a login, not a close");
        assert_eq!(login["method"], "login", "{login}");
        self.say(&login_reply(job_id)).await;
    }

    pub(crate) async fn accept(&mut self, request: u64) {
        let line = format!(
            r#"{{"id":{request},"jsonrpc":"2.0","error":null,"result":{{"status":"OK"}}}}"#
        );
        self.say(&line).await;
    }

    pub(crate) async fn refuse(&mut self, request: u64, words: &str) {
        let line = format!(
            r#"{{"id":{request},"jsonrpc":"2.0","error":{{"code":-1,"message":"{words}"}}}}"#
        );
        self.say(&line).await;
    }
}

pub(crate) fn job(id: &str) -> String {
    format!(
        r#"{{"blob":"{BLOB}","job_id":"{id}","target":"44444404","algo":"rx/0","height":3,"seed_hash":"{SEED}"}}"#
    )
}

pub(crate) fn job_line(id: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","method":"job","params":{}}}"#, job(id))
}

pub(crate) fn login_reply(job_id: &str) -> String {
    format!(
        r#"{{"id":1,"jsonrpc":"2.0","error":null,"result":{{"id":"s","job":{},"extensions":["algo"],"status":"OK"}}}}"#,
        job(job_id)
    )
}
