//! What the pool's threads share: the books and the ways to the connections.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use super::book::{Book, Conn};
use super::checker::Queue;
use super::session::Check;
use super::settings::PoolSettings;
use super::tally::PoolReport;
use crate::demo::wire::{self, Login, Request, Submit};

/// Lines waiting for a connection at most; one that reads no more is closed.
const UNREAD: usize = 256;

/// The pool as its threads see it.
#[derive(Debug)]
pub(super) struct Hub {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    book: Book,
    wires: HashMap<Conn, mpsc::Sender<String>>,
    /// Gone once the pool stops.
    queue: Option<Queue>,
}

/// What to do with a connection after a line of its was handled.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Keep,
    Close,
}

impl Hub {
    pub(super) fn new(settings: PoolSettings, queue: Queue) -> Self {
        let book = Book::new(settings);
        let inner = Inner {
            book,
            wires: HashMap::new(),
            queue: Some(queue),
        };
        Self {
            inner: Mutex::new(inner),
        }
    }

    /// A connection came: its number and the lines to write to it. `None` when there are too
    /// many. The lines end when the pool wants it closed.
    pub(super) fn open(&self) -> Option<(Conn, mpsc::Receiver<String>)> {
        let mut inner = self.lock();
        let conn = inner.book.open()?;
        let (lines, outgoing) = mpsc::channel(UNREAD);
        inner.wires.insert(conn, lines);
        Some((conn, outgoing))
    }

    pub(super) fn close(&self, conn: Conn) {
        let mut inner = self.lock();
        inner.book.close(conn);
        inner.wires.remove(&conn);
    }

    pub(super) fn is_logged_in(&self, conn: Conn) -> bool {
        self.lock().book.is_logged_in(conn)
    }

    /// A line came in.
    pub(super) fn on_line(&self, conn: Conn, line: &str) -> Next {
        let Ok(request) = serde_json::from_str::<Request>(line) else {
            return Next::Close;
        };
        let mut inner = self.lock();
        let answer = inner.answer(conn, request);
        if let Some(answer) = answer {
            inner.send(conn, answer);
        }
        Next::Keep
    }

    /// The hash of a share was computed, or could not be.
    pub(super) fn settle(&self, check: Check, id: i64, computed: Option<[u8; 32]>) {
        let conn = check.conn;
        let mut inner = self.lock();
        let answer = match inner.book.settle(check, computed) {
            Ok(()) => wire::status(id, "OK"),
            Err(reason) => wire::refusal(id, reason.text()),
        };
        inner.send(conn, answer);
    }

    /// Goes on to the next job and sends it to everybody.
    pub(super) fn next_job(&self) {
        let mut inner = self.lock();
        for (conn, job) in inner.book.next_job() {
            inner.send(conn, wire::notice("job", &job));
        }
    }

    pub(super) fn report(&self) -> PoolReport {
        self.lock().book.report()
    }

    /// Takes no more shares for checking; the checking thread ends after those it has.
    pub(super) fn stop_checking(&self) {
        self.lock().queue = None;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing in here can panic half-way through a change.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn answer(&mut self, conn: Conn, Request { id, method, params }: Request) -> Option<String> {
        match method.as_str() {
            "login" => Some(match serde_json::from_value::<Login>(params) {
                Err(_) => wire::refusal(id, "No params specified"),
                Ok(login) => match self.book.log_in(conn, &login) {
                    Ok(welcome) => wire::reply(id, &welcome),
                    Err(text) => wire::refusal(id, text),
                },
            }),
            "submit" => match serde_json::from_value::<Submit>(params) {
                Err(_) => Some(wire::refusal(id, self.book.submit_unreadable(conn).text())),
                Ok(share) => self.submit(conn, id, &share),
            },
            "keepalived" | "keepalive" if self.book.is_logged_in(conn) => {
                Some(wire::status(id, "KEEPALIVED"))
            }
            "keepalived" | "keepalive" => Some(wire::refusal(id, "Unauthenticated")),
            _ => Some(wire::refusal(id, "Unknown method")),
        }
    }

    /// Answers at once only when the share needs no hash.
    fn submit(&mut self, conn: Conn, id: i64, share: &Submit) -> Option<String> {
        let check = match self.book.submit(conn, share) {
            Ok(check) => check,
            Err(reason) => return Some(wire::refusal(id, reason.text())),
        };
        let refused = match &self.queue {
            Some(queue) => queue
                .try_send((check, id))
                .map_err(|full| full.into_inner().0)
                .err(),
            None => Some(check),
        };
        refused.map(|check| wire::refusal(id, self.book.turn_away(check).text()))
    }

    fn send(&mut self, conn: Conn, line: String) {
        let unread = self
            .wires
            .get(&conn)
            .is_some_and(|wire| wire.try_send(line).is_err());
        if unread {
            self.wires.remove(&conn);
        }
    }
}
