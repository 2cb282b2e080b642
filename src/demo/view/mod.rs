//! What the demo shows.

mod render;
mod screen;
mod snapshot;
mod summary;
mod text;
mod verdict;

pub use screen::Screen;
pub use snapshot::{MinerView, RateMeter, Snapshot};
pub use summary::summary;
pub use verdict::verdict;
