//! The certificate that miners see.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use native_tls::{Identity, TlsAcceptor};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use sha2::{Digest, Sha256};

/// Why there is no certificate to show.
#[derive(Debug, thiserror::Error)]
pub enum TlsSetupError {
    /// A file can't be read or written.
    #[error("{path}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file holds no certificate.
    #[error("{0}: no PEM certificate in it")]
    NoCertificate(PathBuf),
    /// Certificate and key do not work together, or are of a kind we can't use.
    #[error("{path} is no usable certificate with its key")]
    Identity {
        /// The certificate.
        path: PathBuf,
        /// What the TLS library said.
        source: native_tls::Error,
    },
    /// A certificate could not be generated.
    #[error("can't generate a certificate: {0}")]
    Generate(#[from] rcgen::Error),
}

/// What the TLS listeners use.
pub struct MinerTls {
    /// Makes the handshakes.
    pub acceptor: TlsAcceptor,
    /// SHA-256 of the certificate, 64 hex digits: what miners pin (`tls-fingerprint` in xmrig).
    pub fingerprint: String,
}

impl std::fmt::Debug for MinerTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MinerTls({})", self.fingerprint)
    }
}

/// Where certificate and key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// PEM, the leaf first.
    pub certificate: PathBuf,
    /// PEM, PKCS#8.
    pub key: PathBuf,
}

impl TlsFiles {
    /// Where a generated certificate is kept: in `data`.
    #[must_use]
    pub fn generated_in(data: &Path) -> Self {
        Self {
            certificate: data.join("tls").join("certificate.pem"),
            key: data.join("tls").join("key.pem"),
        }
    }

    /// Generates both, if neither is there: self-signed, valid until 2056 (miners pin it), the key readable by its
    /// owner alone.
    ///
    /// # Errors
    /// The folder can't be written.
    pub fn generate_if_missing(&self) -> Result<(), TlsSetupError> {
        // Half of a pair may be somebody's, and is never replaced: loading names what is missing.
        if self.certificate.exists() || self.key.exists() {
            return Ok(());
        }
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(vec!["zartrux".to_owned()])?;
        params.distinguished_name = DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::CommonName, "zartrux");
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2056, 1, 1);
        let certificate = params.self_signed(&key)?;
        if let Some(folder) = self.certificate.parent() {
            fs::create_dir_all(folder).map_err(file_error(folder))?;
        }
        write_private(&self.key, &key.serialize_pem())?;
        fs::write(&self.certificate, certificate.pem()).map_err(file_error(&self.certificate))
    }

    /// Loads both.
    ///
    /// # Errors
    /// A file is missing, unreadable, or not what it should be.
    pub fn load(&self) -> Result<MinerTls, TlsSetupError> {
        let certificate = fs::read(&self.certificate).map_err(file_error(&self.certificate))?;
        let key = fs::read(&self.key).map_err(file_error(&self.key))?;
        let identity_error = |source| TlsSetupError::Identity {
            path: self.certificate.clone(),
            source,
        };
        let leaf = native_tls::Certificate::stack_from_pem(&certificate)
            .map_err(identity_error)?
            .into_iter()
            .next()
            .ok_or_else(|| TlsSetupError::NoCertificate(self.certificate.clone()))?;
        let der = leaf.to_der().map_err(identity_error)?;
        let identity = Identity::from_pkcs8(&certificate, &key).map_err(identity_error)?;
        Ok(MinerTls {
            acceptor: TlsAcceptor::new(identity).map_err(identity_error)?,
            fingerprint: const_hex::encode(Sha256::digest(der)),
        })
    }
}

fn file_error(path: &Path) -> impl FnOnce(io::Error) -> TlsSetupError {
    let path = path.to_owned();
    move |source| TlsSetupError::File { path, source }
}

fn write_private(path: &Path, text: &str) -> Result<(), TlsSetupError> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(file_error(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_certificate_is_generated_once_and_its_key_is_private() {
        let data = tempfile::tempdir().unwrap();
        let files = TlsFiles::generated_in(data.path());
        files.generate_if_missing().unwrap();
        let first = files.load().unwrap().fingerprint;
        files.generate_if_missing().unwrap();
        assert_eq!(files.load().unwrap().fingerprint, first);
        assert_eq!(first.len(), 64);
        let mode = fs::metadata(&files.key).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_key_without_its_certificate_is_not_overwritten() {
        let data = tempfile::tempdir().unwrap();
        let files = TlsFiles::generated_in(data.path());
        files.generate_if_missing().unwrap();
        let key = fs::read(&files.key).unwrap();
        fs::remove_file(&files.certificate).unwrap();
        files.generate_if_missing().unwrap();
        assert!(files.load().is_err());
        assert_eq!(fs::read(&files.key).unwrap(), key);
    }

    #[test]
    fn a_missing_or_broken_file_is_named() {
        let data = tempfile::tempdir().unwrap();
        let files = TlsFiles::generated_in(data.path());
        let missing = files.load().unwrap_err().to_string();
        assert!(missing.contains("certificate.pem"), "{missing}");
        files.generate_if_missing().unwrap();
        fs::write(&files.certificate, "not a certificate").unwrap();
        let broken = files.load().unwrap_err().to_string();
        assert!(broken.contains("certificate.pem"), "{broken}");
    }
}
