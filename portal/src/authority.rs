//! The bank's own certificate authority (RFC 5280), and TLS (RFC 8446) that asks for its certificates.
//!
//! The authority's key is in the bank's directory. A customer's key is generated here, goes out once in a PKCS#12 file (RFC 7292)
//! and is forgotten. Browsers import such a file; they can no longer generate a key for a certificate.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base16ct::lower;
use camtoken::Timestamp;
use p12_keystore::{Certificate as Bag, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SerialNumber,
};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::time_provider::TimeProvider;
use rustls::{CipherSuite, RootCertStore, ServerConfig};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::domain::credential::Password;
use crate::secrets::write_secret;
use crate::system::{Clock, now, rng};

/// The authority. Its key is what makes customers known.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    pem: String,
}

/// A certificate and its key, once: what was issued, and the file that a browser imports.
pub struct IssuedFile {
    /// SHA-256 of the certificate, as hexadecimal digits.
    pub fingerprint: String,
    /// PKCS#12, under the password that was given.
    pub file: Zeroizing<Vec<u8>>,
}

/// Why there is no certificate. The error shows nothing of keys.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// The key's file.
    #[error("the authority's key cannot be used: {0}")]
    Key(#[from] io::Error),
    /// A certificate.
    #[error("no certificate can be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The file for the browser.
    #[error("no PKCS#12 file can be made: {0}")]
    File(#[from] p12_keystore::error::Error),
    /// TLS.
    #[error("no TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// Whom TLS lets in.
    #[error("no TLS: {0}")]
    Clients(#[from] rustls::server::VerifierBuilderError),
    /// A moment that no certificate can name.
    #[error("no certificate can name this moment")]
    Moment(#[from] time::error::ComponentRange),
}

/// How long the bank's own certificate under TLS is good; it is made again at each start.
const OWN: Duration = Duration::from_secs(90 * 24 * 3600);

impl Authority {
    /// Opens the authority in a directory, or begins it there.
    ///
    /// # Errors
    ///
    /// [`AuthorityError`]
    pub fn open(dir: &Path) -> Result<Self, AuthorityError> {
        let (key_path, pem_path) = (dir.join("authority.key"), dir.join("authority.pem"));
        if !key_path.exists() {
            let key = Zeroizing::new(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?.serialize_pem());
            write_secret(&key_path, key.as_bytes())?;
        }
        let key = KeyPair::from_pem(&Zeroizing::new(std::fs::read_to_string(&key_path)?))?;
        let mut params = CertificateParams::default();
        params.distinguished_name = name(&[(DnType::OrganizationName, BANK), (DnType::CommonName, "Customer CA")]);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2050, 1, 1);
        // One certificate over all starts: signed once more it would be another with the same serial number, which browsers
        // refuse that have imported the one before.
        if !pem_path.exists() {
            let new = dir.join("authority.pem.new");
            std::fs::write(&new, params.self_signed(&key)?.pem())?;
            std::fs::rename(&new, &pem_path)?;
        }
        let pem = std::fs::read_to_string(&pem_path)?;
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(io::Error::other)?;
        Ok(Self { issuer: Issuer::new(params, key), certificate, pem })
    }

    /// The authority's certificate. A browser that imports it gives no warning.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Generates a key and issues its certificate, for a person whose name in it is `user` of `contract`.
    ///
    /// # Errors
    ///
    /// [`AuthorityError`]
    pub fn issue(
        &self,
        contract: &str,
        user: &str,
        from: Timestamp,
        until: Timestamp,
        password: &Password,
    ) -> Result<IssuedFile, AuthorityError> {
        let names =
            [(DnType::OrganizationName, BANK), (DnType::OrganizationalUnitName, contract), (DnType::CommonName, user)];
        let params = leaf(Vec::new(), name(&names), ExtendedKeyUsagePurpose::ClientAuth, (from, until))?;
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = params.signed_by(&key, &self.issuer)?;

        let chain = [Bag::from_der(certificate.der())?, Bag::from_der(&self.certificate)?];
        let secret = Zeroizing::new(key.serialize_der());
        let mut store = KeyStore::new();
        let entry = PrivateKeyChain::new(user, PrivateKey::from_der(&secret)?, chain);
        store.add_entry(&format!("{BANK} {user}"), KeyStoreEntry::PrivateKeyChain(entry));
        let file = store.writer(password.expose()).encryption_iterations(100_000).mac_iterations(100_000).write()?;
        Ok(IssuedFile { fingerprint: fingerprint(certificate.der()), file: Zeroizing::new(file) })
    }

    /// TLS for the bank's own site on this machine. Certificates are asked for and checked by `clock`; who has none may still
    /// come, to read why that is not enough.
    ///
    /// # Errors
    ///
    /// [`AuthorityError`]
    pub fn tls(&self, clock: Clock) -> Result<Arc<ServerConfig>, AuthorityError> {
        // A client may go by another clock than the bank, which can be one that tests move on.
        let (now, real) = (clock(), now());
        let (from, until) = (now.min(real), now.max(real).plus(OWN));
        let hosts = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
        let names = name(&[(DnType::OrganizationName, BANK), (DnType::CommonName, "localhost")]);
        let params = leaf(hosts, names, ExtendedKeyUsagePurpose::ServerAuth, (from, until))?;
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = params.signed_by(&key, &self.issuer)?.der().clone();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));

        let provider = Arc::new(suites());
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone())?;
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .allow_unauthenticated()
            .build()?;
        let mut config = ServerConfig::builder_with_details(provider, Arc::new(BankTime(clock)))
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(clients)
            .with_single_cert(vec![certificate, self.certificate.clone()], key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// What FAPI 2.0 lets a server offer (section 5.2): of TLS 1.2 the suites that RFC 9325 recommends, and TLS 1.3.
fn suites() -> CryptoProvider {
    let mut provider = ring::default_provider();
    provider.cipher_suites.retain(|suite| suite.suite() != CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256);
    provider.cipher_suites.retain(|suite| suite.suite() != CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256);
    provider
}

/// SHA-256 of a certificate, as hexadecimal digits.
#[must_use]
pub fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    lower::encode_string(&Sha256::digest(certificate))
}

/// The bank's name in certificates.
const BANK: &str = "Kakuu Central Bank";

/// The bank's clock decides when a certificate ends.
struct BankTime(Clock);

impl TimeProvider for BankTime {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs((self.0)().as_unix())))
    }
}

impl fmt::Debug for BankTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BankTime")
    }
}

fn name(parts: &[(DnType, &str)]) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    for (kind, text) in parts {
        name.push(kind.clone(), *text);
    }
    name
}

fn leaf(
    hosts: Vec<String>,
    name: DistinguishedName,
    purpose: ExtendedKeyUsagePurpose,
    (from, until): (Timestamp, Timestamp),
) -> Result<CertificateParams, AuthorityError> {
    use rand::Rng as _;
    let moment = |at: Timestamp| OffsetDateTime::from_unix_timestamp(i64::try_from(at.as_unix()).unwrap_or(i64::MAX));
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name = name;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![purpose];
    params.use_authority_key_identifier_extension = true;
    (params.not_before, params.not_after) = (moment(from)?, moment(until)?);
    // Positive, and never zero (RFC 5280, section 4.1.2.2).
    let mut serial = [0; 16];
    rng().fill_bytes(&mut serial);
    serial[0] = (serial[0] & 0x7f) | 0x40;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authority_has_one_certificate_over_all_starts() {
        let dir = tempfile::tempdir().expect("a directory");
        let [first, second] = [(); 2].map(|()| Authority::open(dir.path()).expect("an authority"));
        assert_eq!(first.certificate, second.certificate);
        let imported = CertificateDer::from_pem_slice(first.pem().as_bytes()).expect("PEM");
        assert_eq!(imported, second.certificate);
    }
}
