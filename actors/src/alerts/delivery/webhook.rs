//! Notifications as POST requests with JSON.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use ureq::Agent;
use zartrux_config::{HookUrl, Secret};

use super::http::{PATIENCE, judged};
use super::{Carrier, NotDelivered};
use crate::alerts::Told;
use crate::clock::Clock;
use crate::http_agent::http_agent;

/// Posts to one address.
#[derive(Debug)]
pub struct Webhook {
    agent: Agent,
    url: HookUrl,
    secret: Option<Secret>,
    clock: Clock,
}

impl Webhook {
    /// One that signs with the secret, if there is one.
    #[must_use]
    pub fn new(url: HookUrl, secret: Option<Secret>, clock: Clock) -> Self {
        Self::patient(url, secret, clock, PATIENCE)
    }

    pub(super) fn patient(
        url: HookUrl,
        secret: Option<Secret>,
        clock: Clock,
        patience: std::time::Duration,
    ) -> Self {
        Self {
            agent: http_agent(patience),
            url,
            secret,
            clock,
        }
    }

    /// HMAC-SHA256 over timestamp, a dot and the body, as hex digits.
    fn signature(secret: &Secret, timestamp: &str, body: &[u8]) -> Option<String> {
        // A key of any length will do for this hash.
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).ok()?;
        mac.update(timestamp.as_bytes());
        mac.update(b".");
        mac.update(body);
        Some(const_hex::encode(mac.finalize().into_bytes()))
    }
}

impl Carrier for Webhook {
    fn carry(&mut self, told: &Told) -> Result<(), NotDelivered> {
        let body =
            serde_json::to_vec(told).map_err(|fault| NotDelivered::ForGood(fault.to_string()))?;
        let timestamp = (self.clock.unix_millis() / 1_000).to_string();
        let mut request = self
            .agent
            .post(self.url.expose())
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", &told.id)
            .header("X-Zartrux-Timestamp", &timestamp);
        if let Some(secret) = &self.secret {
            let signature = Self::signature(secret, &timestamp, &body)
                .ok_or_else(|| NotDelivered::ForGood("it can't be signed".to_owned()))?;
            request = request.header("X-Zartrux-Signature", format!("sha256={signature}"));
        }
        judged(&self.url, request.send(&body[..]))
    }
}
