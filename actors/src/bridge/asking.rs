//! Questions and their answers: made one after another on a thread of their own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use zartrux_models::bridge::{PredictAnswer, PredictRequest, RequestFault};

use super::Predictor;
use super::frames::Frames;
use super::tap::Bell;

/// Questions that may wait; one more is answered `busy`.
pub(super) const WAITING: usize = 32;

/// A question that can be answered, and whose.
struct Question {
    envelope: Vec<Vec<u8>>,
    asked: PredictRequest,
}

/// An answer, and whose.
pub(super) struct Answered {
    pub(super) envelope: Vec<Vec<u8>>,
    pub(super) answer: PredictAnswer,
}

/// The way to the thread that answers.
pub(super) struct Asking {
    questions: SyncSender<Question>,
    answers: Receiver<Answered>,
}

impl Asking {
    /// Starts the thread; it ends when this is dropped.
    pub(super) fn start(predictor: Predictor, bell: Arc<Bell>) -> std::io::Result<Self> {
        let (questions, waiting) = sync_channel(WAITING);
        let (answer, answers) = sync_channel(WAITING);
        std::thread::Builder::new()
            .name("bridge-predict".to_owned())
            .spawn(move || answer_all(predictor, &waiting, &answer, &bell))?;
        Ok(Self { questions, answers })
    }

    /// Takes a message of the questions' socket; the answer, where it is known at once. A message
    /// that has no sender and body is none of ours: nobody can be told.
    pub(super) fn ask(&self, message: Frames) -> Option<Answered> {
        let Frames { mut frames, cut } = message;
        let body = frames.pop()?;
        if frames.is_empty() {
            return None;
        }
        let envelope = frames;
        let refused = |envelope, id, fault| {
            Some(Answered {
                envelope,
                answer: PredictAnswer::new(id, Err(fault)),
            })
        };
        if cut {
            return refused(
                envelope,
                None,
                RequestFault::plain("bad_request", "too many frames"),
            );
        }
        let asked = match PredictRequest::read(&body) {
            Ok(asked) => asked,
            Err(bad) => return refused(envelope, None, RequestFault::from(&bad)),
        };
        match self.questions.try_send(Question { envelope, asked }) {
            Ok(()) => None,
            Err(TrySendError::Full(Question { envelope, asked })) => {
                let words = "too many questions are under way: ask again later";
                refused(envelope, asked.id, RequestFault::plain("busy", words))
            }
            Err(TrySendError::Disconnected(Question { envelope, asked })) => {
                let words = "nobody is there to answer";
                refused(envelope, asked.id, RequestFault::plain("internal", words))
            }
        }
    }

    /// An answer that is ready.
    pub(super) fn next(&self) -> Option<Answered> {
        self.answers.try_recv().ok()
    }
}

fn answer_all(
    mut predictor: Predictor,
    questions: &Receiver<Question>,
    answers: &SyncSender<Answered>,
    bell: &Bell,
) {
    while let Ok(Question { envelope, asked }) = questions.recv() {
        // What fails at a question must not take the next ones with it.
        let outcome = catch_unwind(AssertUnwindSafe(|| predictor(&asked.body)));
        let outcome = outcome.unwrap_or_else(|_| {
            let words = "the prediction failed; the log says why";
            Err(RequestFault::plain("internal", words))
        });
        let answer = PredictAnswer::new(asked.id, outcome);
        if answers.send(Answered { envelope, answer }).is_err() {
            return;
        }
        bell.ring();
    }
}
