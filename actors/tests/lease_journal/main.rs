//! Real miners' sockets, the real planner, pools that come and go: what the journal is told of
//! leases, replayed, is what the miner sessions hold.

#![cfg(test)]

mod audit;
mod lane;
mod miner;
mod plans;
mod replay;
