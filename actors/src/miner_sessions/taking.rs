//! Other settings while miners are connected.

use std::time::Duration;

use zartrux_models::plan::SeatKey;

use super::seat::{SeatLimits, Second};
use super::{MinerSessions, ReplaceSettings, SessionSettings};

impl SeatLimits {
    /// In the lane's seconds.
    pub(super) fn of(settings: &SessionSettings) -> Self {
        // One more, since the second in which a wait begins may be nearly over: never too early.
        let seconds = |duration: Duration| {
            Second::try_from(duration.as_millis().div_ceil(1000) + 1).unwrap_or(Second::MAX)
        };
        Self {
            login: seconds(settings.login_timeout),
            login_hold: seconds(settings.login_hold),
            idle: seconds(settings.idle_timeout),
            stall: seconds(settings.stall_timeout),
            unsent: settings.unsent_limit,
        }
    }
}

impl MinerSessions {
    pub(super) fn on_replace_settings(&mut self, new: ReplaceSettings) {
        let had_pace = self.settings.vardiff.is_some();
        self.settings = new.settings;
        self.limits = SeatLimits::of(&self.settings);
        self.credits.set_limit(new.max_shares_in_flight);
        if let Some(acceptor) = new.acceptor {
            let with_tls = self.doors.iter_mut().filter_map(|door| door.tls_mut());
            with_tls.for_each(|tls| *tls = acceptor.clone());
        }
        if had_pace != self.settings.vardiff.is_some() {
            for (_, seat) in &mut self.seats {
                // As for a first job: what is remembered of the rig, or the usual beginning. What it
                // was asked for until now, the pool's difficulty perhaps, says nothing of its speed.
                seat.vardiff = None;
                seat.difficulty = None;
            }
        }
        // Whoever has less time left than before is looked at earlier.
        let keys: Vec<SeatKey> = self.seats.iter().map(|(_, seat)| seat.key).collect();
        for key in keys {
            self.schedule(key);
        }
    }
}
