//! Upgrades, as the running daemon goes about them: asked for, prepared on a thread of its own while it
//! serves, and carried out at the end.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use crate::console::complain;
use crate::node::upgrade::{
    Asked, ControlSocket, HandedOver, NotHandedOver, NotReady, Offer, Program, Successor, Voice,
};
use crate::node::{ExitCode, Node};
use crate::service_manager;

/// Askers that wait until the daemon turns to them.
const ASKERS: usize = 8;

/// What there is to do.
pub(super) enum News {
    /// Somebody wants an upgrade.
    Asked(Asked),
    /// What came of the one under way.
    Came(Result<Successor, NotReady>),
}

/// Who wants an upgrade, and what comes of it.
pub(super) struct Upgrades {
    program: Option<Program>,
    asked: mpsc::Receiver<Asked>,
    /// Keeps the receiver from ending where there is no socket.
    _asks: mpsc::Sender<Asked>,
    socket: Option<ControlSocket>,
    under_way: Option<UnderWay>,
    given_up: Arc<AtomicBool>,
}

/// An upgrade that is being prepared.
struct UnderWay {
    voice: Voice,
    outcome: oneshot::Receiver<Result<Successor, NotReady>>,
    thread: JoinHandle<()>,
}

impl Upgrades {
    /// Takes what is asked by the control socket of this data folder; `alone` as in
    /// [`ControlSocket::open`].
    pub(super) fn attend(data: &Path, alone: bool, program: Option<Program>) -> Self {
        let (asks, asked) = mpsc::channel::<Asked>(ASKERS);
        let take = asks.clone();
        let socket = ControlSocket::open(data, alone, move |asked| {
            if let Err(mpsc::error::TrySendError::Full(mut asked)) = take.try_send(asked) {
                let why = "too many ask for an upgrade at once";
                asked.voice.failed(why, ExitCode::Failed);
            }
        });
        let socket = socket
            .inspect_err(|why| {
                let why = format!("{why:#}");
                tracing::warn!(why, "no control socket: only SIGUSR2 asks for an upgrade");
            })
            .ok();
        Self {
            program,
            asked,
            _asks: asks,
            socket,
            under_way: None,
            given_up: Arc::default(),
        }
    }

    /// Waits for something to do.
    pub(super) async fn next(&mut self) -> News {
        let Some(under_way) = &mut self.under_way else {
            return match self.asked.recv().await {
                Some(asked) => News::Asked(asked),
                None => std::future::pending().await,
            };
        };
        tokio::select! {
            outcome = &mut under_way.outcome => News::Came(outcome.unwrap_or_else(|_| {
                Err(NotReady::refused("the thread that prepares it has ended"))
            })),
            Some(asked) = self.asked.recv() => News::Asked(asked),
        }
    }

    /// Begins an upgrade, or says why not.
    pub(super) fn begin(&mut self, node: &Node, asked: Asked) {
        let Asked { binary, mut voice } = asked;
        if self.under_way.is_some() {
            tracing::info!("upgrade: one is under way");
            voice.failed("an upgrade is under way", ExitCode::Failed);
            return;
        }
        let program = match (&self.program, Program::must_stay()) {
            (_, Some(why)) => Err(why),
            (None, None) => Err("the system does not say which program this is".to_owned()),
            (Some(program), None) => Ok(match binary {
                Some(path) => program.at(path),
                None => program.clone(),
            }),
        };
        let program = match program {
            Ok(program) => program,
            Err(why) => return fail(node, &mut voice, &NotReady::refused(why)),
        };
        voice.progress(&format!("starting {}", program.path().display()));
        let (tell, outcome) = oneshot::channel();
        let (offer, given_up) = (node.offer(), Arc::clone(&self.given_up));
        let thread = std::thread::Builder::new()
            .name("upgrade".to_owned())
            .spawn(move || {
                // Nobody listens when the daemon leaves meanwhile; the successor is ended then.
                let _ = tell.send(Successor::start(&program, &offer, given_up));
            });
        match thread {
            Ok(thread) => {
                self.under_way = Some(UnderWay {
                    voice,
                    outcome,
                    thread,
                });
            }
            Err(fault) => {
                let why = format!("no thread for it: {fault}");
                fail(node, &mut voice, &NotReady::refused(why));
            }
        }
    }

    /// Takes note of how the upgrade under way came out: who takes over, and who wants to know.
    pub(super) fn came(
        &mut self,
        node: &Node,
        outcome: Result<Successor, NotReady>,
    ) -> Option<(Successor, Voice)> {
        let UnderWay { mut voice, .. } = self.under_way.take()?;
        match outcome {
            Ok(successor) => Some((successor, voice)),
            Err(why) => {
                fail(node, &mut voice, &why);
                None
            }
        }
    }

    /// The daemon leaves: nobody can ask any more, and what is under way is given up.
    pub(super) fn end(self) {
        self.given_up.store(true, Ordering::Relaxed);
        if let Some(socket) = self.socket {
            socket.remove();
        }
        if let Some(mut under_way) = self.under_way {
            under_way
                .voice
                .failed("the daemon is leaving", ExitCode::Failed);
            if under_way.thread.join().is_err() {
                tracing::error!("the thread that prepares an upgrade panicked");
            }
        }
    }

    /// Gives all to a successor, and leaves: the exit code.
    pub(super) fn hand_over(
        &self,
        node: Node,
        (successor, mut voice): (Successor, Voice),
    ) -> ExitCode {
        let _alive = service_manager::keep_alive();
        let (version, process) = (successor.version().to_owned(), successor.process());
        voice.progress(&format!(
            "version {version} is ready as process {process}: settling what is pending"
        ));
        let offer = node.offer();
        let packed = node.pack(&mut |line| voice.progress(line));
        voice.progress("handing over");
        let handed = packed.hand_over(successor, |why| {
            voice.progress(&format!(
                "{why}; starting the program again that ran before"
            ));
            self.again(offer, why)
        });
        match handed {
            Ok(handed) => finish(handed, &mut voice),
            Err(NotHandedOver { first, second }) => {
                let why = format!("{first}; then the program that ran before: {second}");
                tracing::error!("upgrade: nobody has taken over: {why}");
                voice.failed(&why, ExitCode::Internal);
                complain(&format_args!("zartrux: nobody has taken over: {why}"));
                ExitCode::Internal
            }
        }
    }

    fn again(&self, offer: Offer, why: &str) -> Result<Successor, NotReady> {
        let program = self.program.as_ref().map(Program::own);
        let program = program.ok_or_else(|| NotReady::refused("it is not known"))?;
        let failed = Some(why.to_owned());
        Successor::start(&program, &Offer { failed, ..offer }, Arc::default())
    }
}

fn finish(handed: HandedOver, voice: &mut Voice) -> ExitCode {
    let HandedOver {
        packed,
        successor,
        failed,
    } = handed;
    let process = successor.process();
    service_manager::main_process(process);
    let version = successor.version().to_owned();
    successor.release();
    match failed {
        None => {
            let text = format!("version {version} serves as process {process}");
            tracing::info!("upgrade: {text}");
            voice.done(&text);
        }
        Some(why) => {
            let text = format!("{why}; the program that ran before serves as process {process}");
            tracing::error!("upgrade: {text}");
            voice.failed(&text, ExitCode::Failed);
        }
    }
    packed.leave();
    tracing::info!("stopped: another process serves");
    ExitCode::Done
}

fn fail(node: &Node, voice: &mut Voice, why: &NotReady) {
    let text = format!("{why}; nothing has changed");
    node.view().tell_upgrade(false, &text);
    voice.failed(&text, why.code);
}
