//! Filter stages as actors: whatever a filter does, every share goes on, once.
#![cfg(test)]

mod bypass;
mod faults;
mod kept;
mod memory;
mod passing;
mod scene;
mod six;
