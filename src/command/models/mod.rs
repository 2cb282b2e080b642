//! `zartrux models`: which there are, and which are in force. A running daemon sees the changes by
//! itself.

mod change;
mod list;
mod show;
mod verify;

use anyhow::Result;
use clap::{Args, Subcommand};
use zartrux_models::filter::ModelId;
use zartrux_models::learn::roster::read_id;
use zartrux_models::ledger::ModelSlot;

use super::data::LedgerArgs;
use crate::console::complain;
use crate::node::{ExitCode, models_folder};

/// What to do with models.
#[derive(Debug, Clone, Subcommand)]
pub enum ModelsCommand {
    /// List the models, and which are in force
    List(LedgerArgs),
    /// Show what a model says of itself: what it was trained on, and how well it does
    Show(OneModel),
    /// Put a model in force; also while the daemon runs
    Activate(OneModel),
    /// Put the model before the one in force back; also while the daemon runs
    Rollback(OneSlot),
    /// Read all models and check everything about them
    Verify(LedgerArgs),
}

/// A model by its id.
#[derive(Debug, Clone, Args)]
pub struct OneModel {
    /// Where models are.
    #[command(flatten)]
    pub place: LedgerArgs,
    /// Its id, as the list shows it
    #[arg(value_name = "ID", value_parser = id)]
    pub id: ModelId,
}

/// What a model is for.
#[derive(Debug, Clone, Args)]
pub struct OneSlot {
    /// Where models are.
    #[command(flatten)]
    pub place: LedgerArgs,
    /// outcome, behaviour or ranking
    #[arg(value_name = "SLOT", value_parser = slot)]
    pub slot: ModelSlot,
}

fn id(text: &str) -> Result<ModelId, &'static str> {
    read_id(text).ok_or("expected 16 hex digits")
}

fn slot(text: &str) -> Result<ModelSlot, String> {
    let known = [ModelSlot::Outcome, ModelSlot::Behaviour, ModelSlot::Ranking];
    known
        .into_iter()
        .find(|slot| slot.label() == text)
        .ok_or_else(|| format!("expected {}", known.map(ModelSlot::label).join(", ")))
}

pub(super) fn carry_out(command: &ModelsCommand) -> Result<ExitCode> {
    let place = match command {
        ModelsCommand::List(place) | ModelsCommand::Verify(place) => place,
        ModelsCommand::Show(one) | ModelsCommand::Activate(one) => &one.place,
        ModelsCommand::Rollback(one) => &one.place,
    };
    let settings = match place.settings() {
        Ok(settings) => settings,
        Err(faults) => {
            complain(&faults);
            return Ok(ExitCode::Configuration);
        }
    };
    let folder = models_folder(&settings);
    match command {
        ModelsCommand::List(_) => list::list(&folder),
        ModelsCommand::Show(one) => show::show(&folder, one.id),
        ModelsCommand::Activate(one) => change::activate(&folder, one.id),
        ModelsCommand::Rollback(one) => change::roll_back(&folder, one.slot),
        ModelsCommand::Verify(_) => verify::verify(&folder),
    }
}

#[cfg(test)]
mod tests;
