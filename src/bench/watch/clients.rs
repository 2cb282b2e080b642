//! Pages that watch: each reads a stream, and asks for the table and the series as often as a page
//! does.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};

/// From one part of the table to the next.
const TABLE: Duration = Duration::from_secs(5);
/// Series are asked for once in so many of these.
const SERIES: u32 = 6;
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What all pages were shown.
#[derive(Debug, Default)]
struct Counts {
    overviews: AtomicU64,
    tables: AtomicU64,
    rows: AtomicU64,
    series: AtomicU64,
    ended: AtomicBool,
}

/// A copy of it.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) overviews: u64,
    pub(super) tables: u64,
    /// Rigs in them.
    pub(super) rows: u64,
    pub(super) series: u64,
}

/// The pages.
pub(super) struct Pages {
    counts: Arc<Counts>,
    streams: Vec<TcpStream>,
    threads: Vec<JoinHandle<Result<()>>>,
}

impl Pages {
    /// Opens so many.
    pub(super) fn open(address: SocketAddr, count: u32) -> Result<Self> {
        let mut pages = Self {
            counts: Arc::default(),
            streams: Vec::new(),
            threads: Vec::new(),
        };
        for _ in 0..count {
            let mut stream = TcpStream::connect(address).context("no stream")?;
            stream.write_all(b"GET /api/v1/stream HTTP/1.0\r\n\r\n")?;
            pages.streams.push(stream.try_clone()?);
            let counts = Arc::clone(&pages.counts);
            let read = std::thread::spawn(move || read_stream(stream, &counts));
            let counts = Arc::clone(&pages.counts);
            let ask = std::thread::spawn(move || ask(address, &counts));
            pages.threads.extend([read, ask]);
        }
        Ok(pages)
    }

    /// What they were shown so far.
    pub(super) fn seen(&self) -> Seen {
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Seen {
            overviews: get(&self.counts.overviews),
            tables: get(&self.counts.tables),
            rows: get(&self.counts.rows),
            series: get(&self.counts.series),
        }
    }

    /// Closes them; what they were shown.
    pub(super) fn close(self) -> Result<Seen> {
        self.counts.ended.store(true, Ordering::Release);
        for stream in &self.streams {
            // It may have ended by itself, which its thread tells.
            let _ = stream.shutdown(Shutdown::Both);
        }
        let seen = self.seen();
        for thread in self.threads {
            thread.thread().unpark();
            thread.join().map_err(|_| anyhow!("a page failed"))??;
        }
        Ok(seen)
    }
}

fn read_stream(stream: TcpStream, counts: &Counts) -> Result<()> {
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else {
            break;
        };
        if line == "event: overview" {
            counts.overviews.fetch_add(1, Ordering::Relaxed);
        }
    }
    ensure!(
        counts.ended.load(Ordering::Acquire),
        "a stream ended by itself"
    );
    Ok(())
}

fn ask(address: SocketAddr, counts: &Counts) -> Result<()> {
    let mut round = 0;
    while !counts.ended.load(Ordering::Acquire) {
        if round % SERIES == 0 {
            get(address, "/api/v1/series?span=1h")?;
            get(address, "/api/v1/series?span=1d")?;
            counts.series.fetch_add(2, Ordering::Relaxed);
        }
        let table = get(address, "/api/v1/rigs/table?sort=state&limit=100")?;
        let rows = table.matches("\"rig\":").count();
        counts.rows.fetch_add(rows as u64, Ordering::Relaxed);
        counts.tables.fetch_add(1, Ordering::Relaxed);
        round += 1;
        std::thread::park_timeout(TABLE);
    }
    Ok(())
}

fn get(address: SocketAddr, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address).with_context(|| path.to_owned())?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .with_context(|| path.to_owned())?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    ensure!(head.contains(" 200 "), "{path}: {head}");
    Ok(body.to_owned())
}
