//! The actors of Zartrux: thin shells around plain cores.
//!
//! - [`lane`]: one thread with a whole data plane; who hears what
//! - [`miner_sessions`], [`filters`], [`judge`], [`planner`], [`pool_session`]: its actors
//! - [`doorkeeper`]: which miners may come in: addresses, limits, passwords
//! - [`handover`]: a lane's live state for a successor process
//! - [`prover`]: RandomX on threads of its own
//! - [`supervision`]: guarded steps, generations, back-off, health
//! - [`messaging`]: posts and credits, the only way to send
//! - [`journal`]: the way to the journal, for whoever has something to note
//! - [`events`]: what happened lately, for whoever watches; [`telling`]: what is said of it
//! - [`alerts`]: what the operator is told, and the ways by which it leaves
//! - [`outside_plans`]: orders of nonces that come from outside
//! - [`bridge`]: events, predictions and plans for programs outside
//! - [`rigs`]: what is remembered of rigs and of the last shares
//! - [`store`]: the ledger of shares, the registry of rigs and the journals on disk
//! - [`trainer`]: learns from the ledger, and says which models are in force
//! - [`dial`]: the way to upstreams
//! - [`headers`]: the network's difficulty, from a monerod, on a thread of its own
//! - [`counters`]: what became of every share; [`auditor`]: whether the sums fit

pub mod alerts;
pub mod auditor;
pub mod bridge;
mod changed;
pub mod clock;
pub mod counters;
pub mod dial;
pub mod doorkeeper;
pub mod events;
pub mod filters;
#[cfg(test)]
mod fixtures;
pub mod handover;
pub mod headers;
mod http_agent;
pub mod journal;
pub mod judge;
pub mod lane;
pub mod messaging;
pub mod miner_sessions;
pub mod node_session;
pub mod outside_plans;
pub mod planner;
pub mod pool_session;
pub mod prover;
mod rig_map;
pub mod rigs;
pub mod share_ticket;
pub mod store;
pub mod supervision;
pub mod telling;
pub mod tls;
pub mod trainer;
pub mod unfit_rigs;
pub mod upstream_numbers;
