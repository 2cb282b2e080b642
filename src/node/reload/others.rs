//! What the miners' door and the alerts take.

use std::sync::Arc;

use zartrux_actors::alerts::AlertSettings;
use zartrux_actors::doorkeeper::Doorkeeper;
use zartrux_config::Settings;

use super::{Prepared, Taker};
use crate::node::{NodeView, door_settings};

/// Lets miners in by other settings: those that are inside stay until they come again.
pub(in crate::node) struct DoorTaker(pub(in crate::node) Arc<Doorkeeper>);

impl Taker for DoorTaker {
    fn prepare(&self, _: &Settings, new: &Settings) -> Result<Prepared, String> {
        // Reads the file of credentials, also when its path is the same.
        let door = door_settings(new).map_err(|why| format!("{why:#}"))?;
        let doorkeeper = Arc::clone(&self.0);
        Ok(Prepared {
            note: None,
            take_over: Box::new(move || doorkeeper.replace(door)),
        })
    }
}

/// Has alerts told by other settings.
pub(in crate::node) struct AlertsTaker(pub(in crate::node) std::sync::Weak<NodeView>);

impl Taker for AlertsTaker {
    fn prepare(&self, _: &Settings, new: &Settings) -> Result<Prepared, String> {
        let (view, settings) = (self.0.clone(), AlertSettings::of(new));
        Ok(Prepared {
            note: None,
            take_over: Box::new(move || {
                let view = view.upgrade();
                if let Some(alerts) = view.as_ref().and_then(|view| view.alerts()) {
                    alerts.replace(settings);
                }
            }),
        })
    }
}
