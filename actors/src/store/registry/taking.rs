//! What the registry takes while it runs: other settings, and names of upstreams that came with them.

use std::sync::Arc;

use actix::Handler;
use zartrux_models::ledger::UpstreamId;

use super::Registry;
use super::messages::{ExpectRigs, NameUpstreams};
use crate::store::state::{StateBook, StateError};

impl Handler<ExpectRigs> for Registry {
    type Result = ();

    fn handle(&mut self, ExpectRigs(expectation): ExpectRigs, _: &mut Self::Context) {
        self.args.guard.health().dequeued();
        self.expectation = Arc::new(expectation);
        if let Some(state) = &mut self.state {
            state.expectation = Arc::clone(&self.expectation);
        }
    }
}

impl Handler<NameUpstreams> for Registry {
    type Result = ();

    fn handle(&mut self, name: NameUpstreams, ctx: &mut Self::Context) {
        self.args.guard.health().dequeued();
        let NameUpstreams { names, done } = name;
        // Where the registry can't be opened, whoever asked hears that its question is gone.
        if let Some(numbers) = self.step(ctx, |book| numbers_of(book, &names)) {
            // Whoever asked may have given up waiting.
            let _ = done.try_send(numbers);
        }
    }
}

/// None when there is no number left, which is no fault of the database.
fn numbers_of(
    book: &mut StateBook,
    names: &[String],
) -> Result<Option<Vec<UpstreamId>>, StateError> {
    let numbers: Result<Vec<_>, _> = names.iter().map(|name| book.upstream_id(name)).collect();
    match numbers {
        Ok(numbers) => Ok(Some(numbers)),
        Err(StateError::TooManyUpstreams) => Ok(None),
        Err(fault) => Err(fault),
    }
}
