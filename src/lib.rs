//! The Zartrux daemon as a library.
//!
//! Where to start reading: [`node::Node::launch`] joins all parts, and
//! `zartrux_actors::lane` introduces the actors of a lane to each other.
//!
//! - [`command`]: what `zartrux` can be told to do
//! - [`node`]: the running daemon
//! - [`overview`]: everything that the monitor shows, as one value
//! - [`top`]: the same in a terminal
//! - [`http`]: health, metrics, API, pages, drills
//! - [`demo`]: the embedded pool and miners
//! - [`mod@bench`]: load generators
//! - [`service_manager`], [`logging`], [`descriptors`], [`build_facts`]: what running as a daemon takes
//! - [`fork`]: who is ready for the fork to `rx/2`
//! - [`client`]: asking a running daemon
//! - [`allocator`]: what the process keeps of memory that is free

pub mod allocator;
pub mod bench;
pub mod build_facts;
pub mod client;
pub mod command;
pub mod console;
pub mod demo;
pub mod descriptors;
pub mod fork;
pub mod http;
pub mod logging;
pub mod node;
pub mod overview;
pub mod plain;
mod report;
pub mod service_manager;
pub mod top;
