//! `[alerts]`: what the operator is told, when and by which ways.

use std::time::Duration;

use super::{DAY, any_time};
use crate::reader::{Section, accept};
use crate::value::{ByteSize, HookUrl, MailAddress, MailServer, Probability, Secret};

/// The kinds of alerts, by their names.
pub const ALERT_KINDS: [&str; 16] = [
    "store_failing",
    "disk_low",
    "rig_silent",
    "rig_slower",
    "rig_quarantined",
    "no_upstream",
    "upstream_refuses",
    "stage_bypassed",
    "prover_failing",
    "books_unbalanced",
    "journal_gap",
    "upstream_banned",
    "failover",
    "model_rolled_back",
    "wallet_changed",
    "memory_full",
];

/// Each name with itself, as the rule for choices wants it.
const MUTABLE: [(&str, &str); ALERT_KINDS.len()] = {
    let mut words = [("", ""); ALERT_KINDS.len()];
    let mut index = 0;
    while index < words.len() {
        words[index] = (ALERT_KINDS[index], ALERT_KINDS[index]);
        index += 1;
    }
    words
};

/// Most recipients of mail.
const MOST_RECIPIENTS: usize = 20;
/// Shortest secret that signs, bytes: shorter ones can be guessed.
const SECRET_MIN: usize = 16;

/// How mail is kept from being read on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// TLS from the first byte, usually port 465.
    Tls,
    /// TLS after a command, usually port 587; without it nothing is sent.
    StartTls,
    /// Not at all: to this machine only.
    None,
}

pub(crate) const MAIL_TLS: [(&str, MailTls); 3] = [
    ("tls", MailTls::Tls),
    ("starttls", MailTls::StartTls),
    ("none", MailTls::None),
];

/// `[alerts]`: what the operator is told, when and by which ways.
#[derive(Debug, Clone, PartialEq)]
pub struct Alerts {
    /// Whether anything is looked at and told at all.
    pub enabled: bool,
    /// Kinds that are shown, and sent to nobody; names of [`ALERT_KINDS`].
    pub mute: Vec<&'static str>,
    /// What holds for less is not told.
    pub hold: Duration,
    /// What is gone for less is not told to be over.
    pub clear: Duration,
    /// How long the first of many rigs waits for the others, to be told in one message.
    pub group_wait: Duration,
    /// The part of its shares that an upstream may refuse.
    pub refusal_rate: Probability,
    /// The time over which these are counted.
    pub refusal_window: Duration,
    /// Free space of the data folder's disk below which it is low.
    pub disk_free: ByteSize,
    /// A share that would wait longer than this for its proof: the prover is behind.
    pub prover_wait: Duration,
    /// Where notifications are posted to.
    pub webhook: Option<HookUrl>,
    /// What signs them.
    pub webhook_secret: Option<Secret>,
    /// Where mail is handed in.
    pub mail_server: Option<MailServer>,
    /// How mail is kept from being read on its way.
    pub mail_tls: MailTls,
    /// Name at the mail server.
    pub mail_user: Option<String>,
    /// Password at the mail server.
    pub mail_password: Option<Secret>,
    /// Whom mail comes from.
    pub mail_from: Option<MailAddress>,
    /// Whom mail goes to.
    pub mail_to: Vec<MailAddress>,
    /// What is fetched as a sign that miners are served.
    pub heartbeat: Option<HookUrl>,
    /// How often.
    pub heartbeat_every: Duration,
}

impl Default for Alerts {
    fn default() -> Self {
        Self {
            enabled: true,
            mute: Vec::new(),
            hold: Duration::from_secs(30),
            clear: Duration::from_secs(60),
            group_wait: Duration::from_secs(10),
            refusal_rate: Probability::ONE_IN_TWENTY,
            refusal_window: Duration::from_secs(600),
            disk_free: ByteSize::new(1 << 30),
            prover_wait: Duration::from_secs(5),
            webhook: None,
            webhook_secret: None,
            mail_server: None,
            mail_tls: MailTls::Tls,
            mail_user: None,
            mail_password: None,
            mail_from: None,
            mail_to: Vec::new(),
            heartbeat: None,
            heartbeat_every: Duration::from_secs(60),
        }
    }
}

impl Alerts {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let windows = Duration::from_secs(60)..=DAY;
        let beats = Duration::from_secs(1)..=DAY;
        let waits = Duration::from_millis(100)..=DAY;
        let groups = Duration::ZERO..=Duration::from_secs(600);
        let free = ByteSize::new(0)..=ByteSize::new(1 << 44);
        let hold = section.value("hold", default.hold, accept::duration(any_time()));
        let clear = section.value("clear", default.clear, accept::duration(any_time()));
        let alerts = Self {
            enabled: section.value("enabled", default.enabled, accept::boolean),
            mute: section.list(
                "mute",
                default.mute,
                MUTABLE.len(),
                accept::choice(&MUTABLE),
            ),
            hold,
            clear,
            group_wait: section.value("group_wait", default.group_wait, accept::duration(groups)),
            refusal_rate: section.value("refusal_rate", default.refusal_rate, accept::probability),
            refusal_window: section.value(
                "refusal_window",
                default.refusal_window,
                accept::duration(windows),
            ),
            disk_free: section.value("disk_free", default.disk_free, accept::size(free)),
            prover_wait: section.value("prover_wait", default.prover_wait, accept::duration(waits)),
            webhook: section.value("webhook", None, accept::or_off(accept::parsed)),
            webhook_secret: section.optional("webhook_secret", accept::secret),
            mail_server: section.value("mail_server", None, accept::or_off(accept::parsed)),
            mail_tls: section.value("mail_tls", default.mail_tls, accept::choice(&MAIL_TLS)),
            mail_user: section.optional("mail_user", accept::name),
            mail_password: section.optional("mail_password", accept::secret),
            mail_from: section.optional("mail_from", accept::parsed),
            mail_to: section.list("mail_to", Vec::new(), MOST_RECIPIENTS, accept::parsed),
            heartbeat: section.value("heartbeat", None, accept::or_off(accept::parsed)),
            heartbeat_every: section.value(
                "heartbeat_every",
                default.heartbeat_every,
                accept::duration(beats),
            ),
        };
        alerts.check_webhook(section);
        alerts.check_mail(section);
        alerts
    }

    fn check_webhook(&self, section: &mut Section<'_, '_>) {
        let Some(secret) = &self.webhook_secret else {
            return;
        };
        if self.webhook.is_none() && !section.is_given("webhook") {
            section.fault("webhook_secret", "has no effect: `webhook` is off");
        }
        if secret.expose().len() < SECRET_MIN {
            let message = format!("must be at least {SECRET_MIN} bytes long, or it can be guessed");
            section.fault("webhook_secret", message);
        }
    }

    /// One that is given and has a fault of its own is not missed as well.
    fn check_mail(&self, section: &mut Section<'_, '_>) {
        if let Some(server) = &self.mail_server {
            if self.mail_to.is_empty() && !section.is_given("mail_to") {
                section.fault("mail_server", "has nobody to write to: `mail_to` is empty");
            }
            if self.mail_from.is_none() && !section.is_given("mail_from") {
                section.fault("mail_server", "needs `mail_from`: whom mail comes from");
            }
            if self.mail_tls == MailTls::None && !server.is_loopback() {
                let message = "must be \"tls\" or \"starttls\" unless the server is this machine";
                section.fault("mail_tls", message);
            }
        } else if !section.is_given("mail_server") {
            let without = [
                ("mail_to", !self.mail_to.is_empty()),
                ("mail_from", self.mail_from.is_some()),
                ("mail_user", self.mail_user.is_some()),
                ("mail_password", self.mail_password.is_some()),
            ];
            for (key, _) in without.iter().filter(|(_, given)| *given) {
                section.fault(key, "has no effect: there is no `mail_server`");
            }
        }
        if self.mail_user.is_some() != self.mail_password.is_some() {
            let key = if self.mail_user.is_some() {
                "mail_user"
            } else {
                "mail_password"
            };
            section.fault(key, "needs the other: `mail_user` and `mail_password`");
        }
    }
}
