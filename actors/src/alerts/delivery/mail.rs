//! Notifications as mail.

use std::time::Duration;

use lettre::message::{Mailbox, header::ContentType};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Message, SmtpTransport, Transport as _};
use zartrux_config::{Alerts, MailAddress, MailTls};

use super::{Carrier, NotDelivered};
use crate::alerts::Told;

/// For each step of the dialogue.
const PATIENCE: Duration = Duration::from_secs(15);
/// Of the server's own words.
const WORDS_MAX: usize = 200;

/// Hands mail to one server.
#[derive(Debug)]
pub struct Mail {
    transport: Result<SmtpTransport, String>,
    from: Option<MailAddress>,
    to: Vec<MailAddress>,
}

impl Mail {
    /// As the settings say; none where they name no server. What can't be set up is told when mail
    /// is to be sent.
    #[must_use]
    pub fn of(settings: &Alerts) -> Option<Self> {
        let server = settings.mail_server.as_ref()?;
        let host = server.host();
        let tls = || TlsParameters::new(host.clone()).map_err(|fault| fault.to_string());
        let tls = match settings.mail_tls {
            MailTls::Tls => tls().map(Tls::Wrapper),
            MailTls::StartTls => tls().map(Tls::Required),
            MailTls::None => Ok(Tls::None),
        };
        let transport = tls.map(|tls| {
            let mut builder = SmtpTransport::builder_dangerous(&host)
                .port(server.port())
                .tls(tls)
                .timeout(Some(PATIENCE));
            if let (Some(user), Some(password)) = (&settings.mail_user, &settings.mail_password) {
                let password = password.expose().to_owned();
                builder = builder.credentials(Credentials::new(user.clone(), password));
            }
            builder.build()
        });
        Some(Self {
            transport,
            from: settings.mail_from.clone(),
            to: settings.mail_to.clone(),
        })
    }

    fn message(&self, told: &Told) -> Result<Message, String> {
        let mailbox = |address: &MailAddress| {
            let address = address.as_str();
            address
                .parse::<Mailbox>()
                .map_err(|fault| format!("{address}: {fault}"))
        };
        let from = self.from.as_ref().ok_or("nobody it comes from")?;
        let mut message = Message::builder().from(mailbox(from)?);
        for to in &self.to {
            message = message.to(mailbox(to)?);
        }
        message
            .subject(told.mail_subject())
            .message_id(Some(format!("<{}@zartrux.invalid>", told.id)))
            .header(ContentType::TEXT_PLAIN)
            .body(told.mail_text())
            .map_err(|fault| fault.to_string())
    }
}

impl Carrier for Mail {
    fn carry(&mut self, told: &Told) -> Result<(), NotDelivered> {
        let transport = match &self.transport {
            Ok(transport) => transport,
            Err(why) => return Err(NotDelivered::ForGood(why.clone())),
        };
        let message = self.message(told).map_err(NotDelivered::ForGood)?;
        transport.send(&message).map(|_| ()).map_err(|fault| {
            let words: String = fault
                .to_string()
                .chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .take(WORDS_MAX)
                .collect();
            if fault.is_permanent() || fault.is_client() {
                NotDelivered::ForGood(words)
            } else {
                NotDelivered::ForNow(words)
            }
        })
    }
}
