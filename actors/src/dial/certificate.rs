//! Whether a pool's certificate is good, and in which words it is not.

use native_tls::Certificate;
use sha2::{Digest, Sha256};
use tokio::net::TcpStream;
use tokio_native_tls::{TlsConnector, TlsStream};
use zartrux_models::stratum::ErrorClass;

use super::Tls;

/// Why a handshake failed, in words that say what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TlsFault {
    #[error(
        "the pool's certificate is not the pinned one: it shows {presented}; if the pool announced \
         a new certificate, put this into tls_fingerprint"
    )]
    WrongPin { presented: String },
    #[error("the pool shows no certificate")]
    NoCertificate,
    #[error("the pool's certificate is not for {host}")]
    WrongName { host: String },
    #[error("the pool's certificate has expired")]
    Expired,
    #[error("the pool's certificate is not valid yet; is this machine's clock right?")]
    NotYetValid,
    #[error(
        "the pool's certificate is signed by itself and by nobody this system trusts; pin it by \
         its SHA-256 with tls_fingerprint"
    )]
    SelfSigned,
    #[error("the pool's certificate is signed by nobody this system trusts")]
    UnknownIssuer,
    #[error("the pool does not speak TLS on this port")]
    NotTls,
    #[error("TLS handshake failed: {0}")]
    Other(String),
}

impl TlsFault {
    /// Whose fault it is: what only the operator can settle is ours.
    pub(super) const fn class(&self) -> ErrorClass {
        match self {
            Self::WrongPin { .. }
            | Self::WrongName { .. }
            | Self::NotYetValid
            | Self::SelfSigned
            | Self::UnknownIssuer
            | Self::NotTls => ErrorClass::Ours,
            Self::NoCertificate | Self::Expired | Self::Other(_) => ErrorClass::Pool,
        }
    }

    /// Finds the reason in what the TLS library says; its errors have no other form.
    pub(super) fn explain(fault: &native_tls::Error, host: &str) -> Self {
        let text = fault.to_string();
        let said = text.to_ascii_lowercase();
        let says = |words: &str| said.contains(words);
        if says("hostname mismatch") || says("ip address mismatch") {
            Self::WrongName {
                host: host.to_owned(),
            }
        } else if says("certificate has expired") {
            Self::Expired
        } else if says("not yet valid") {
            Self::NotYetValid
        } else if says("self-signed") || says("self signed") {
            Self::SelfSigned
        } else if says("issuer certificate") || says("unable to verify the first certificate") {
            Self::UnknownIssuer
        } else if says("wrong version number") || says("packet length too long") {
            Self::NotTls
        } else {
            Self::Other(text)
        }
    }
}

/// What makes the handshakes of one upstream; `more_roots` vouch beside the system's.
pub(crate) fn connector(tls: Tls, more_roots: &[Certificate]) -> Result<TlsConnector, TlsFault> {
    let mut builder = native_tls::TlsConnector::builder();
    match tls {
        Tls::Pinned(_) => {
            // The pin takes the place of these checks, see `check_pin`.
            builder
                .danger_accept_invalid_certs(true)
                .danger_accept_invalid_hostnames(true);
        }
        Tls::None | Tls::Verified => {
            for root in more_roots {
                builder.add_root_certificate(root.clone());
            }
        }
    }
    builder
        .build()
        .map(TlsConnector::from)
        .map_err(|fault| TlsFault::Other(fault.to_string()))
}

/// Compares the certificate that the pool showed with the pinned one, before anything is sent.
pub(super) fn check_pin(stream: &TlsStream<TcpStream>, pin: &[u8; 32]) -> Result<(), TlsFault> {
    let shown = stream
        .get_ref()
        .peer_certificate()
        .and_then(|certificate| certificate.map(|shown| shown.to_der()).transpose())
        .map_err(|fault| TlsFault::Other(fault.to_string()))?
        .ok_or(TlsFault::NoCertificate)?;
    let presented: [u8; 32] = Sha256::digest(shown).into();
    if presented == *pin {
        Ok(())
    } else {
        Err(TlsFault::WrongPin {
            presented: const_hex::encode(presented),
        })
    }
}

#[cfg(test)]
mod tests;
