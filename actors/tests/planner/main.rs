//! The planner's core against a model of everything around it: pools that come and go, miners
//! that join and leave, faults of the core itself.

#![cfg(test)]

mod cases;
mod churning;
mod farm;
mod lane;
mod mailboxes;
mod replanning;
mod routes;
mod rules;
mod shell;
