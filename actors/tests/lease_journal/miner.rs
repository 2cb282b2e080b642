//! A miner on a real socket.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::mpsc::UnboundedSender;

use crate::lane::Happened;

/// What it was told.
#[derive(Debug, Default)]
struct Told {
    session: String,
    /// The ids of its jobs; the last is the current one.
    jobs: Vec<String>,
    /// Shares that were answered with OK.
    taken: usize,
    /// Other answers to shares.
    refused: Vec<String>,
    closed: bool,
}

#[derive(Debug)]
pub(crate) struct Miner {
    write: OwnedWriteHalf,
    told: Arc<Mutex<Told>>,
    submitted: u32,
}

impl Miner {
    pub(crate) async fn join(
        door: SocketAddr,
        name: usize,
        happened: UnboundedSender<Happened>,
    ) -> Self {
        let (read, mut write) = TcpStream::connect(door).await.unwrap().into_split();
        let login = format!(
            r#"{{"id":1,"method":"login","params":{{"login":"wallet","pass":"x","rigid":"rig-{name}","agent":"test"}}}}"#
        );
        write
            .write_all(format!("{login}\n").as_bytes())
            .await
            .unwrap();
        let told = Arc::new(Mutex::new(Told::default()));
        let list = Arc::clone(&told);
        actix::spawn(async move {
            let mut lines = BufReader::new(read).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                hear(&mut list.lock().unwrap(), &line);
                happened.send(Happened::Heard).unwrap_or_default();
            }
            list.lock().unwrap().closed = true;
            happened.send(Happened::Heard).unwrap_or_default();
        });
        Self {
            write,
            told,
            submitted: 0,
        }
    }

    pub(crate) fn has_job(&self) -> bool {
        !self.told.lock().unwrap().jobs.is_empty()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.told.lock().unwrap().closed
    }

    pub(crate) fn submitted(&self) -> u32 {
        self.submitted
    }

    pub(crate) fn taken(&self) -> usize {
        self.told.lock().unwrap().taken
    }

    pub(crate) fn refused(&self) -> Vec<String> {
        self.told.lock().unwrap().refused.clone()
    }

    /// How many jobs it has got.
    pub(crate) fn jobs(&self) -> usize {
        self.told.lock().unwrap().jobs.len()
    }

    /// The top nonce byte of its current job: without an order of nonces, the slot.
    pub(crate) fn slot(&self) -> Option<String> {
        let told = self.told.lock().unwrap();
        told.jobs.last().map(|job| job[8..].to_owned())
    }

    /// Says what no miner says.
    pub(crate) async fn babble(&mut self) {
        self.write.write_all(b"GET / HTTP/1.1\n").await.unwrap();
    }

    /// Submits for its current job, or for the one before: a share that meets any target here.
    /// `counter` is how far it says that its scan has come.
    pub(crate) async fn submit(&mut self, before: bool, counter: u32) {
        let line = {
            let told = self.told.lock().unwrap();
            let back = usize::from(before) + 1;
            let Some(job) = told.jobs.len().checked_sub(back).map(|at| &told.jobs[at]) else {
                return;
            };
            self.submitted += 1;
            let [a, b, c, _] = (counter + self.submitted).to_le_bytes();
            format!(
                r#"{{"id":2,"method":"submit","params":{{"id":"{}","job_id":"{job}","nonce":"{a:02x}{b:02x}{c:02x}{}","result":"{}00000000"}}}}"#,
                told.session,
                &job[8..],
                "11".repeat(28),
            )
        };
        // One that was closed meanwhile says no more.
        let _ = self.write.write_all(format!("{line}\n").as_bytes()).await;
    }
}

fn hear(told: &mut Told, line: &str) {
    let line: Value = serde_json::from_str(line).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    if line["method"] == "job" {
        told.jobs.push(text(&line["params"]["job_id"]));
    } else if line["result"]["job"].is_object() {
        told.session = text(&line["result"]["id"]);
        told.jobs.push(text(&line["result"]["job"]["job_id"]));
    } else if line["result"]["status"] == "OK" {
        told.taken += 1;
    } else {
        told.refused.push(line.to_string());
    }
}
