//! What is logged of a pool's words.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use zartrux_actors::share_ticket::Settlement;

use crate::harness::Session;
use crate::pool::Pool;

/// Keeps the warnings of this thread.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    fn about_words(&self) -> Vec<String> {
        let mut said = self.0.lock().unwrap().clone();
        said.retain(|line| line.contains("words that are not known"));
        said
    }
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        self.0.lock().unwrap().push(fields.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[actix::test]
async fn unknown_words_that_differ_each_time_do_not_fill_the_log() {
    let warnings = Warnings::default();
    let _kept = tracing::subscriber::set_default(warnings.clone());
    let pool = Pool::listen().await;
    let mut session = Session::start(&pool);
    for connection in 1..=2 {
        let mut wire = pool.log_in("j1").await;
        let job = session.next_job().await;
        for number in 0..100 {
            session.forward(&job, number);
            let (request, _) = wire.hear_submit().await;
            wire.refuse(request, &format!("refused #{number}")).await;
            assert!(matches!(
                session.settled().await,
                (_, Settlement::Rejected { .. })
            ));
        }
        // As many as of any other odd thing a pool says on one connection.
        let said = warnings.about_words();
        assert_eq!(said.len(), connection * 10, "{said:?}");
        assert!(said[0].contains("refused #0"), "{said:?}");
        drop(wire);
    }
}

#[actix::test]
async fn unknown_words_that_are_repeated_are_logged_once() {
    let warnings = Warnings::default();
    let _kept = tracing::subscriber::set_default(warnings.clone());
    let pool = Pool::listen().await;
    let mut session = Session::start(&pool);
    let mut wire = pool.log_in("j1").await;
    let job = session.logged_in().await;
    for number in 0..20 {
        session.forward(&job, number);
        let (request, _) = wire.hear_submit().await;
        wire.refuse(request, "What a strange share").await;
        session.settled().await;
    }
    assert_eq!(warnings.about_words().len(), 1);
}
