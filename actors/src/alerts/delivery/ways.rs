//! All ways of the settings.

use std::sync::Arc;
use std::time::Duration;

use zartrux_config::{Alerts, MailServer};

use super::{Carrier, Courier, DeliveryStatus, Heartbeat, Mail, Patience, Webhook};
use crate::alerts::Told;
use crate::clock::Clock;
use crate::events::EventLog;

/// The ways that are open.
#[derive(Debug)]
pub(in crate::alerts) struct Ways {
    couriers: Vec<Courier>,
    heartbeat: Option<Courier>,
}

impl Ways {
    /// How long leaving waits for each.
    const PATIENCE: Duration = Duration::from_millis(900);

    /// No way.
    pub(in crate::alerts) const fn none() -> Self {
        Self {
            couriers: Vec::new(),
            heartbeat: None,
        }
    }

    /// Opens those of the settings; one whose thread can't be started is left out, and told.
    pub(in crate::alerts) fn open(settings: &Alerts, events: &EventLog, clock: Clock) -> Self {
        let launch = |way, target, carrier, patience| {
            Courier::launch(way, target, carrier, patience, events.clone(), clock)
                .inspect_err(|fault| tracing::error!(way, %fault, "alerts can't be sent this way"))
                .ok()
        };
        let carriers = carriers(settings, clock);
        let couriers = carriers
            .into_iter()
            .filter_map(|(way, target, carrier)| launch(way, target, carrier, Patience::usual()));
        let couriers = couriers.collect();
        let heartbeat = settings.heartbeat.as_ref().and_then(|url| {
            let carrier = Box::new(Heartbeat::new(url.clone()));
            launch("heartbeat", url.to_string(), carrier, Patience::none())
        });
        Self {
            couriers,
            heartbeat,
        }
    }

    /// What they show.
    pub(in crate::alerts) fn statuses(&self) -> Vec<Arc<DeliveryStatus>> {
        let all = self.couriers.iter().chain(&self.heartbeat);
        all.map(|courier| Arc::clone(courier.status())).collect()
    }

    /// Sends by every way but the heartbeat.
    pub(in crate::alerts) fn send(&self, told: &Told) {
        if self.couriers.is_empty() {
            return;
        }
        let told = Arc::new(told.clone());
        for courier in &self.couriers {
            courier.send(&told);
        }
    }

    /// Gives a sign of life; false where nobody waits for one.
    pub(in crate::alerts) fn beat(&self, now_unix_ms: u64) -> bool {
        let Some(heartbeat) = &self.heartbeat else {
            return false;
        };
        heartbeat.send(&Arc::new(Told::test(0, now_unix_ms)));
        true
    }

    /// Others take their place: what waits is tried once.
    pub(in crate::alerts) fn leave(self) {
        for courier in self.couriers.into_iter().chain(self.heartbeat) {
            courier.leave();
        }
    }

    /// Likewise, and waits a little for it.
    pub(in crate::alerts) fn leave_in_order(self) {
        if let Some(heartbeat) = self.heartbeat {
            heartbeat.leave();
        }
        for courier in self.couriers {
            courier.leave_within(Self::PATIENCE);
        }
    }
}

/// A way: its name, where it leads as it may be shown, and what carries.
pub(super) type Way = (&'static str, String, Box<dyn Carrier>);

/// Webhook and mail of the settings.
pub(super) fn carriers(settings: &Alerts, clock: Clock) -> Vec<Way> {
    let mut ways: Vec<Way> = Vec::new();
    if let Some(url) = &settings.webhook {
        let webhook = Webhook::new(url.clone(), settings.webhook_secret.clone(), clock);
        ways.push(("webhook", url.to_string(), Box::new(webhook)));
    }
    if let Some(mail) = Mail::of(settings) {
        let server = settings.mail_server.as_ref();
        let server = server.map_or_else(String::new, MailServer::to_string);
        let to: Vec<&str> = settings.mail_to.iter().map(|to| to.as_str()).collect();
        let target = format!("{server} to {}", to.join(", "));
        ways.push(("mail", target, Box::new(mail)));
    }
    ways
}
