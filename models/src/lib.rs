//! The pure parts of Zartrux: values in, values out.
//!
//! This crate knows no socket, file, thread pool or clock: time and randomness are arguments. The
//! only foreign code is RandomX, in [`proof`].
//!
//! - [`alert`]: what an operator is told, once for each change
//! - [`bridge`]: what programs outside may ask, and what they are told
//! - [`stratum`]: lines, messages and replies of the Monero dialect
//! - [`node_rpc`]: what is asked of a Monero node, and what it answers and publishes
//! - [`work`]: algorithms, blobs, block templates, nonces, targets, jobs
//! - [`share`]: admission, and refusals that only a proof can build
//! - [`proof`]: RandomX hashes, and the evidence they give
//! - [`session`]: miner and pool sessions as plain state machines
//! - [`plan`]: leases, difficulty per miner, choice of upstream
//! - [`filter`]: six statistical filters, and evidence by betting
//! - [`judge`]: who must prove first, trust in proven work, quarantine
//! - [`ledger`]: what is stored of shares, rigs, plans and decisions, and how it is written down
//! - [`learn`]: what is learnt from the ledger, how well, and whether it is let in
//! - [`handover`]: the live state of a lane as bytes, for a successor process
//! - [`simulation`]: honest and hostile rigs to measure filters and judge with

pub mod alert;
pub mod bridge;
pub mod filter;
pub mod handover;
pub mod judge;
pub mod learn;
pub mod ledger;
pub mod node_rpc;
pub mod plan;
pub mod proof;
pub mod session;
pub mod share;
pub mod simulation;
pub mod stratum;
pub mod work;
