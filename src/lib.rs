//! The Zartrux daemon as a library.
//!
//! Where to start reading: [`node::Node::launch`] joins all parts, and
//! `zartrux_actors::lane` introduces the actors of a lane to each other.
//!
//! - [`command`]: what `zartrux` can be told to do
//! - [`node`]: the running daemon
//! - [`overview`]: everything that the monitor shows, as one value
//! - [`http`]: health, metrics, API, pages, drills
//! - [`demo`]: the embedded pool and miners
//! - [`mod@bench`]: load generators
//! - [`allocator`]: what the process keeps of memory that is free

pub mod allocator;
pub mod bench;
pub mod command;
pub mod console;
pub mod demo;
pub mod descriptors;
pub mod http;
pub mod node;
pub mod overview;
mod report;
