//! The prover with its real threads and real RandomX, in light mode unless a test says so.
#![cfg(test)]

mod doubts;
mod fast;
mod faults;
mod proofs;
mod queue;
mod seeds;
mod support;
