//! Pages that watch: each reads a stream, and when an overview comes it asks for the table and the
//! series if they are due, as the page's scripts do.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};

use crate::bench::clock::{Clock, Nanos};

/// From one part of the table to the next, at least: `ANEW_MS` of `rigs.js`.
const TABLE: Duration = Duration::from_secs(10);
/// From one series to the next, at least: the hour's `ANEW` of `history.js`.
const SERIES: Duration = Duration::from_secs(15);
/// What the page asks for as it opens.
const TABLE_PATH: &str = "/api/v1/rigs/table?sort=state&order=asc&offset=0&limit=25";
const SERIES_PATH: &str = "/api/v1/series?span=1h";
/// Over how long pages are opened: the time from one overview to the next, so that they do not all
/// come at once and share what was put together for one of them.
const OPENED_OVER: Duration = Duration::from_secs(2);
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What all pages were shown.
#[derive(Debug, Default)]
struct Counts {
    overviews: AtomicU64,
    overview_bytes: AtomicU64,
    tables: AtomicU64,
    rows: AtomicU64,
    series: AtomicU64,
    ended: AtomicBool,
}

/// A copy of it.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) overviews: u64,
    /// Of the last of them.
    pub(super) overview_bytes: u64,
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
        for number in 0..count {
            if number > 0 {
                std::thread::park_timeout(OPENED_OVER / count);
            }
            let mut stream = TcpStream::connect(address).context("no stream")?;
            stream.write_all(b"GET /api/v1/stream HTTP/1.0\r\n\r\n")?;
            pages.streams.push(stream.try_clone()?);
            let counts = Arc::clone(&pages.counts);
            let page = std::thread::spawn(move || page(address, stream, &counts));
            pages.threads.push(page);
        }
        Ok(pages)
    }

    /// What they were shown so far.
    pub(super) fn seen(&self) -> Seen {
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Seen {
            overviews: get(&self.counts.overviews),
            overview_bytes: get(&self.counts.overview_bytes),
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
            thread.join().map_err(|_| anyhow!("a page failed"))??;
        }
        Ok(seen)
    }
}

/// One page, until its stream ends.
fn page(address: SocketAddr, stream: TcpStream, counts: &Counts) -> Result<()> {
    let clock = Clock::start();
    let is_due = |asked: &mut Option<Nanos>, every: Duration| {
        let now = clock.now();
        let due = asked.is_none_or(|asked| now > asked.after(every));
        if due {
            *asked = Some(now);
        }
        due
    };
    let (mut table_asked, mut series_asked) = (None, None);
    let mut is_overview = false;
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else {
            break;
        };
        if !is_overview || !line.starts_with("data: ") {
            is_overview = line == "event: overview";
            continue;
        }
        is_overview = false;
        counts.overviews.fetch_add(1, Ordering::Relaxed);
        counts
            .overview_bytes
            .store(line.len() as u64, Ordering::Relaxed);
        if is_due(&mut series_asked, SERIES) {
            get(address, SERIES_PATH)?;
            counts.series.fetch_add(1, Ordering::Relaxed);
        }
        if is_due(&mut table_asked, TABLE) {
            let table = get(address, TABLE_PATH)?;
            let rows = table.matches("\"rig\":").count();
            counts.rows.fetch_add(rows as u64, Ordering::Relaxed);
            counts.tables.fetch_add(1, Ordering::Relaxed);
        }
    }
    ensure!(
        counts.ended.load(Ordering::Acquire),
        "a stream ended by itself"
    );
    Ok(())
}

/// The answer's body; an error unless it is 200.
pub(super) fn get(address: SocketAddr, path: &str) -> Result<String> {
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
