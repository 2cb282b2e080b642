//! What the operator is told: a thread looks at the daemon at a steady pace, and what is to be told
//! goes to the journal, the last events, the log, and by each way of the settings.
//!
//! It is the one place that tells of alerts. What is decided is in [`zartrux_models::alert`]; each
//! way has a bounded queue and a thread of its own, so that a webhook that hangs keeps nobody
//! waiting ([`delivery`]). What was told is kept in a file, so that a restart tells nothing twice.

mod core;
pub mod delivery;
mod keep;
mod link;
mod told;
mod view;
mod wallets;
mod watchman;

#[cfg(test)]
mod tests;

pub use keep::{AlertFile, KeepFault, KeptState};
pub use link::{AlertSettings, AlertsLink};
pub use told::Told;
pub use view::{AlertsReport, AlertsView, OpenShown};
pub use wallets::{PaidWallet, WalletBook, WalletChange};
pub use watchman::{Observe, Seen, WatchArgs, Watching};

#[cfg(test)]
mod names_tests {
    use zartrux_config::ALERT_KINDS;
    use zartrux_models::ledger::AlertKind;

    #[test]
    fn the_settings_know_every_kind_of_alert() {
        assert_eq!(ALERT_KINDS, AlertKind::ALL.map(AlertKind::label));
    }
}
