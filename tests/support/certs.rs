//! Certificates made on the spot.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use sha2::{Digest, Sha256};

/// An authority that nobody trusts unless told to.
pub struct TestCa {
    issuer: Issuer<'static, KeyPair>,
    /// To be trusted by whoever is to accept its certificates.
    pub pem: String,
}

/// A server's certificate and key.
#[derive(Clone)]
pub struct TestCert {
    /// Certificate, PEM.
    pub pem: String,
    /// Private key, PKCS#8 in PEM.
    pub key_pem: String,
    /// SHA-256 of the certificate in DER: what a pin names.
    pub sha256: [u8; 32],
}

impl TestCa {
    /// A fresh authority.
    pub fn new() -> Self {
        let mut params = params(&[], "Test authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self {
            issuer: Issuer::new(params, key),
            pem,
        }
    }

    /// Good for `localhost` and 127.0.0.1.
    pub fn valid(&self) -> TestCert {
        self.sign(&params(&["localhost", "127.0.0.1"], "localhost"))
    }

    /// Good in every way but for another host.
    pub fn wrong_name(&self) -> TestCert {
        self.sign(&params(&["pool.example.org"], "pool.example.org"))
    }

    /// Good for `localhost` and 127.0.0.1 until some years ago.
    pub fn expired(&self) -> TestCert {
        let mut params = params(&["localhost", "127.0.0.1"], "localhost");
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> TestCert {
        let key = KeyPair::generate().expect("a key");
        let cert = params.signed_by(&key, &self.issuer).expect("a certificate");
        TestCert::of(&cert, &key)
    }
}

impl TestCert {
    /// Vouched for by nobody but itself, as most pools' are; for `localhost` and 127.0.0.1.
    pub fn self_signed() -> Self {
        let key = KeyPair::generate().expect("a key");
        let params = params(&["localhost", "127.0.0.1"], "localhost");
        Self::of(&params.self_signed(&key).expect("a certificate"), &key)
    }

    /// The pin as text, 64 hex digits.
    pub fn pin(&self) -> String {
        const_hex::encode(self.sha256)
    }

    /// For a TLS server.
    pub fn identity(&self) -> native_tls::Identity {
        native_tls::Identity::from_pkcs8(self.pem.as_bytes(), self.key_pem.as_bytes())
            .expect("certificate and key as the TLS library wants them")
    }

    fn of(cert: &rcgen::Certificate, key: &KeyPair) -> Self {
        Self {
            pem: cert.pem(),
            key_pem: key.serialize_pem(),
            sha256: Sha256::digest(cert.der()).into(),
        }
    }
}

fn params(names: &[&str], common_name: &str) -> CertificateParams {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names that a certificate can hold");
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params
}
