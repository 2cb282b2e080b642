//! Miner sessions of a lane with real sockets: which rig a share is from, and when it is
//! acknowledged.

#![cfg(test)]

mod acknowledging;
mod algorithms;
mod arms;
mod farm;
mod identity;
