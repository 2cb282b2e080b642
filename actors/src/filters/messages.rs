//! What a stage is told besides shares.

use std::fmt;
use std::sync::Arc;

use actix::Message;

/// Makes a filter's core: the first, and another after each fault.
pub type Factory<F> = Arc<dyn Fn() -> F + Send + Sync>;

/// Another model is in force: cores are made with it from now on, beginning with the present one.
/// What is remembered of each rig stays.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ModelReplaced<F>(pub Factory<F>);

impl<F> fmt::Debug for ModelReplaced<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ModelReplaced")
    }
}
