//! The monitor's own TLS.

use anyhow::{Context as _, Result};
use openssl::ssl::{SslAcceptor, SslAcceptorBuilder, SslFiletype, SslMethod};
use zartrux_config::TlsFiles;

/// What takes connections: TLS 1.2 and above, with Mozilla's intermediate list of ciphers.
///
/// # Errors
/// A file can't be read, is not PEM, or the key does not fit the certificate.
pub fn acceptor(files: &TlsFiles) -> Result<SslAcceptorBuilder> {
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())
        .context("the TLS library can't be set up")?;
    builder
        .set_certificate_chain_file(&files.certificate)
        .with_context(|| format!("{} is no certificate in PEM", files.certificate.display()))?;
    builder
        .set_private_key_file(&files.key, SslFiletype::PEM)
        .with_context(|| {
            format!(
                "{} is no private key in PEM that fits {}",
                files.key.display(),
                files.certificate.display()
            )
        })?;
    builder
        .check_private_key()
        .context("the key does not fit the certificate")?;
    Ok(builder)
}
