//! The forms of what the API shows of `zartrux-models` and `zartrux-actors`, which do not know of the
//! document: each has the name and the fields of the type that it stands for. A test holds that.

pub(crate) mod actors;
pub(super) mod alerts;
pub(super) mod models;
pub(super) mod rigs;

#[cfg(test)]
mod tests;
