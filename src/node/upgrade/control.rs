//! The socket by which a running daemon is asked for an upgrade: a line of JSON to it, and lines of JSON
//! back. Only the user that it runs as, and root, may open it.

use std::fs;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::fs::Mode;
use serde::{Deserialize, Serialize};
use socket2::{Domain, SockAddr, Socket, Type};

use crate::node::ExitCode;

/// Its name in the data folder.
const NAME: &str = "control.sock";
/// Longest line, bytes.
const LINE_MAX: u64 = 16_384;
/// Longest reason, bytes: it must fit into a line, escaped.
const WHY_MAX: usize = 4_096;
/// Askers that wait.
const BACKLOG: i32 = 16;
/// How long an asker may take to ask, and to read what it is told.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the daemon may say nothing while it is at it; settling what is pending takes longest.
const SILENCE: Duration = Duration::from_secs(900);
/// Pause after a failure to accept.
const PAUSE: Duration = Duration::from_millis(200);

/// What is asked for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Upgrade { binary: Option<PathBuf> },
}

/// What is told.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reply {
    Progress(String),
    Done(String),
    Failed { why: String, code: u8 },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Another process serves.
    Done(String),
    /// It does not, and the exit code that says so.
    Failed {
        /// Why.
        why: String,
        /// The number of an [`ExitCode`].
        code: u8,
    },
}

/// Somebody wants an upgrade.
#[derive(Debug)]
pub struct Asked {
    /// The program that is to take over; without it the one at the path of the running one.
    pub binary: Option<PathBuf>,
    /// How to tell what comes of it.
    pub voice: Voice,
}

impl Asked {
    /// By a signal: nobody waits for an answer.
    #[must_use]
    pub const fn by_signal() -> Self {
        Self {
            binary: None,
            voice: Voice(None),
        }
    }
}

/// The way to whoever has asked. One that does not listen is told nothing more.
#[derive(Debug)]
pub struct Voice(Option<UnixStream>);

impl Voice {
    /// Tells how far it is; in the log too.
    pub fn progress(&mut self, text: &str) {
        tracing::info!("upgrade: {text}");
        self.say(&Reply::Progress(text.to_owned()));
    }

    /// Tells that it is done.
    pub fn done(&mut self, text: &str) {
        self.say(&Reply::Done(text.to_owned()));
    }

    /// Tells that it is not.
    pub fn failed(&mut self, why: &str, code: ExitCode) {
        let mut why = why.to_owned();
        let mut end = why.len().min(WHY_MAX);
        while !why.is_char_boundary(end) {
            end -= 1;
        }
        why.truncate(end);
        let code = code as u8;
        self.say(&Reply::Failed { why, code });
    }

    fn say(&mut self, reply: &Reply) {
        let Some(stream) = &mut self.0 else { return };
        let told = line(reply).and_then(|text| Ok(stream.write_all(text.as_bytes())?));
        if told.is_err() {
            self.0 = None;
        }
    }
}

fn line(message: &impl Serialize) -> Result<String> {
    let mut text = serde_json::to_string(message)?;
    text.push('\n');
    Ok(text)
}

/// The daemon's end.
#[derive(Debug)]
pub struct ControlSocket {
    path: PathBuf,
}

impl ControlSocket {
    /// Opens it in the data folder; `take` gets all that is asked, on a thread of its own. `alone` says
    /// that nobody else may have it: without, it is taken from the predecessor.
    ///
    /// # Errors
    /// Another daemon answers there, the path is too long for a socket, or it can't be made.
    pub fn open(data: &Path, alone: bool, take: impl Fn(Asked) + Send + 'static) -> Result<Self> {
        let path = data.join(NAME);
        if alone && UnixStream::connect(&path).is_ok() {
            bail!("{}: another daemon answers there", path.display());
        }
        let listener = listen(&path)?;
        std::thread::Builder::new()
            .name("control".to_owned())
            .spawn(move || {
                loop {
                    match listener.accept() {
                        Ok((stream, _)) => hear(stream, &take),
                        Err(fault) => {
                            tracing::warn!(%fault, "the control socket");
                            std::thread::park_timeout(PAUSE);
                        }
                    }
                }
            })
            .context("can't start the thread of the control socket")?;
        Ok(Self { path })
    }

    /// Takes its name away: nobody can ask any more.
    pub fn remove(self) {
        if let Err(fault) = fs::remove_file(&self.path)
            && fault.kind() != ErrorKind::NotFound
        {
            tracing::warn!(%fault, path = %self.path.display(), "can't be removed");
        }
    }
}

/// Listens under another name first, so that the name is never of a socket that does not answer.
fn listen(path: &Path) -> Result<UnixListener> {
    let named = || path.display().to_string();
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // Before it has a name: Linux gives the file the mode of the socket.
    rustix::fs::fchmod(&socket, Mode::RUSR | Mode::WUSR)?;
    let fresh = path.with_extension("new");
    let address = SockAddr::unix(&fresh)
        .with_context(|| format!("{}: the path is too long for a socket", named()))?;
    match fs::remove_file(&fresh) {
        Err(fault) if fault.kind() != ErrorKind::NotFound => {
            return Err(fault).with_context(named);
        }
        Ok(()) | Err(_) => {}
    }
    socket.bind(&address).with_context(named)?;
    socket.listen(BACKLOG).with_context(named)?;
    fs::rename(&fresh, path).with_context(named)?;
    Ok(std::os::fd::OwnedFd::from(socket).into())
}

fn hear(stream: UnixStream, take: &impl Fn(Asked)) {
    let asked = stream
        .set_read_timeout(Some(PATIENCE))
        .and_then(|()| stream.set_write_timeout(Some(PATIENCE)))
        .map_err(anyhow::Error::from)
        .and_then(|()| request(&stream));
    let mut voice = Voice(Some(stream));
    match asked {
        Ok(Request::Upgrade { binary }) => take(Asked { binary, voice }),
        Err(why) => voice.failed(&format!("{why:#}"), ExitCode::Usage),
    }
}

fn request(stream: &UnixStream) -> Result<Request> {
    let mut text = String::new();
    BufReader::new(stream.take(LINE_MAX)).read_line(&mut text)?;
    serde_json::from_str(&text).context("the request is not understood")
}

/// Asks the daemon of a data folder for an upgrade; `hear` is told how far it is.
///
/// # Errors
/// No daemon runs there, or it does not answer.
pub fn ask(data: &Path, binary: Option<PathBuf>, hear: impl Fn(&str)) -> Result<Outcome> {
    let path = data.join(NAME);
    let mut stream = match UnixStream::connect(&path) {
        Ok(stream) => stream,
        Err(fault)
            if matches!(
                fault.kind(),
                ErrorKind::NotFound | ErrorKind::ConnectionRefused
            ) =>
        {
            bail!(
                "no daemon runs with this data folder: nobody answers at {}",
                path.display()
            )
        }
        Err(fault) => return Err(fault).with_context(|| path.display().to_string()),
    };
    stream.set_read_timeout(Some(SILENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(line(&Request::Upgrade { binary })?.as_bytes())?;
    let mut lines = BufReader::new(stream);
    loop {
        let mut text = String::new();
        let read = (&mut lines).take(LINE_MAX).read_line(&mut text);
        if read.context("the daemon says nothing")? == 0 {
            bail!("the daemon ended without saying what came of it");
        }
        let reply = serde_json::from_str(&text);
        match reply.context("the daemon says something that is not understood")? {
            Reply::Progress(text) => hear(&text),
            Reply::Done(text) => return Ok(Outcome::Done(text)),
            Reply::Failed { why, code } => return Ok(Outcome::Failed { why, code }),
        }
    }
}
