//! The miner's connection: log in, take jobs, hand in shares, come back when it is lost.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::{self, Instant};

use super::desk::{Desk, Found};
use super::dialogue::{Dialogue, Heard};
use super::settings::MinerSettings;
use crate::demo::lines::Lines;

/// Time to connect, to be answered to the login, and for a line to be taken.
const PATIENCE: Duration = Duration::from_secs(20);

/// An idle connection is kept alive this often; xmrig's default.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// First and longest pause before a connection is tried again.
const RETRY: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// What the owner of the miner wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Mine.
    Run,
    /// Send what was found, take the answers, be gone by then.
    Finish(Instant),
}

/// Everything the connection's thread owns.
pub(super) struct Link {
    pub(super) settings: MinerSettings,
    pub(super) desk: Arc<Desk>,
    pub(super) found: mpsc::Receiver<Found>,
    pub(super) phase: watch::Receiver<Phase>,
}

impl Link {
    /// Keeps a connection until the miner is to finish.
    pub(super) async fn run(mut self) {
        let mut pause = RETRY.0;
        while *self.phase.borrow_and_update() == Phase::Run {
            let mut dialogue = Dialogue::default();
            let ended = self.connection(&mut dialogue).await;
            self.give_up(&dialogue, ended.err());
            if dialogue.is_logged_in() {
                pause = RETRY.0;
            }
            let _ = time::timeout(pause, self.phase.changed()).await;
            pause = (pause * 2).min(RETRY.1);
        }
        while let Some(share) = self.found.recv().await {
            self.lose(&share);
        }
    }

    /// One connection from its first to its last line.
    async fn connection(&mut self, dialogue: &mut Dialogue) -> io::Result<()> {
        let stream = time::timeout(PATIENCE, TcpStream::connect(self.settings.proxy)).await??;
        stream.set_nodelay(true)?;
        let (incoming, mut out) = stream.into_split();
        let mut lines = Lines::new(incoming);
        write(&mut out, &dialogue.login(&self.settings)).await?;
        self.talk(dialogue, &mut lines, &mut out).await
    }

    async fn talk(
        &mut self,
        dialogue: &mut Dialogue,
        lines: &mut Lines<OwnedReadHalf>,
        out: &mut OwnedWriteHalf,
    ) -> io::Result<()> {
        let alarm = time::sleep(PATIENCE);
        tokio::pin!(alarm);
        let mut finishing = false;
        let mut more = true;
        loop {
            if finishing && !more && dialogue.unanswered() == (0, 0) {
                return Ok(());
            }
            tokio::select! {
                line = lines.next() => {
                    let was_logged_in = dialogue.is_logged_in();
                    let Some(line) = line? else {
                        return Err(io::Error::other("closed by the other side"));
                    };
                    self.hear(dialogue.on_line(&line))?;
                    if !was_logged_in && dialogue.is_logged_in() {
                        self.desk.count(|counts| counts.logins += 1);
                        alarm.as_mut().reset(Instant::now() + KEEPALIVE);
                    }
                }
                share = self.found.recv(), if more => match share {
                    Some(share) if self.desk.is_current(share.number) => {
                        match dialogue.submit(&share) {
                            Some(line) => write(out, &line).await?,
                            None => self.lose(&share),
                        }
                        alarm.as_mut().reset(Instant::now() + KEEPALIVE);
                    }
                    // Found for a job that is over: xmrig does not send it either.
                    Some(share) => self.lose(&share),
                    None => more = false,
                },
                () = &mut alarm => {
                    if finishing || !dialogue.is_logged_in() {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                    if let Some(line) = dialogue.keepalive().filter(|_| dialogue.wants_keepalive()) {
                        write(out, &line).await?;
                    }
                    alarm.as_mut().reset(Instant::now() + KEEPALIVE);
                }
                changed = self.phase.changed(), if !finishing => match *self.phase.borrow() {
                    Phase::Finish(by) => {
                        finishing = true;
                        alarm.as_mut().reset(by);
                    }
                    Phase::Run if changed.is_err() => return Ok(()),
                    Phase::Run => {}
                },
            }
        }
    }

    fn hear(&self, heard: Heard) -> io::Result<()> {
        match heard {
            Heard::Nothing => Ok(()),
            Heard::Work(work) => {
                self.desk.put(Some(work));
                self.desk.count(|counts| {
                    counts.jobs += 1;
                    counts.logged_in = true;
                });
                Ok(())
            }
            Heard::Verdict {
                corrupt,
                verdict,
                hang_up,
            } => {
                let reason = verdict.clone().err().filter(|_| hang_up);
                self.desk.count(|counts| counts.settle(corrupt, verdict));
                reason.map_or(Ok(()), |reason| Err(io::Error::other(reason)))
            }
            Heard::HangUp(reason) => Err(io::Error::other(reason)),
        }
    }

    /// The connection is over: no work, and no answer to what is under way.
    fn give_up(&self, dialogue: &Dialogue, trouble: Option<io::Error>) {
        self.desk.put(None);
        let (sound, corrupt) = dialogue.unanswered();
        self.desk.count(|counts| {
            counts.logged_in = false;
            counts.sound.lost += sound;
            counts.corrupt.lost += corrupt;
            if let Some(trouble) = trouble {
                counts.trouble = Some(trouble.to_string());
            }
        });
    }

    fn lose(&self, share: &Found) {
        self.desk.count(|counts| counts.of(share.corrupt).lost += 1);
    }
}

async fn write(out: &mut OwnedWriteHalf, line: &str) -> io::Result<()> {
    let line = format!("{line}\n");
    time::timeout(PATIENCE, out.write_all(line.as_bytes())).await?
}
