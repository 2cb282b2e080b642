//! The judge as an actor, with a real prover.
#![cfg(test)]

mod bench;
mod noted;
mod standing;
mod turns;
