//! The judge as an actor, with a real prover.
#![cfg(test)]

mod bench;
mod standing;
mod turns;
