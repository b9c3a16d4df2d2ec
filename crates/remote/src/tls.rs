//! TLS to a database: the files that a URL names, and which hosts need it.

use std::net::IpAddr;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use camtoken::store::StoreError;

/// The TLS parameters of a URL: `sslmode`, `sslrootcert`, `sslcert`, `sslkey`, as libpq calls them. The server's certificate and
/// name are always checked.
#[derive(Default)]
pub struct TlsParameters {
    /// Whether it is wanted; `None` for a URL that does not say.
    pub wanted: Option<bool>,
    roots: Option<String>,
    certificate: Option<String>,
    key: Option<String>,
}

impl TlsParameters {
    /// Takes a parameter of a URL, and says whether it was one of these.
    ///
    /// # Errors
    ///
    /// [`StoreError::Address`] for a value that is none.
    pub fn take(&mut self, name: &str, value: &str) -> Result<bool, StoreError> {
        match (name, value) {
            ("sslmode", "disable") => self.wanted = Some(false),
            ("sslmode", "require" | "verify-ca" | "verify-full") => self.wanted = Some(true),
            ("sslmode", _) => return Err(bad("sslmode is disable, require, verify-ca or verify-full")),
            ("sslrootcert", file) => self.roots = Some(decoded(file)?),
            ("sslcert", file) => self.certificate = Some(decoded(file)?),
            ("sslkey", file) => self.key = Some(decoded(file)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The configuration for rustls. Reads the files.
    ///
    /// # Errors
    ///
    /// [`StoreError::Address`] for a file that cannot be read or does not hold what it should.
    pub fn client(&self) -> Result<ClientConfig, StoreError> {
        let mut roots = RootCertStore::empty();
        match self.roots.as_deref() {
            None | Some("system") => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
            Some(file) => {
                for certificate in certificates(file)? {
                    roots.add(certificate).map_err(|error| bad(&format!("{file}: {error}")))?;
                }
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| bad(&error.to_string()))?
            .with_root_certificates(roots);
        match (&self.certificate, &self.key) {
            (None, None) => Ok(client.with_no_client_auth()),
            (Some(certificate), Some(key)) => {
                let chain = certificates(certificate)?;
                let key = PrivateKeyDer::from_pem_file(key).map_err(|error| bad(&format!("{key}: {error}")))?;
                client.with_client_auth_cert(chain, key).map_err(|error| bad(&format!("{certificate}: {error}")))
            }
            _ => Err(bad("sslcert and sslkey go together")),
        }
    }
}

/// Whether a host is this machine, so that no other machine can listen in between.
#[must_use]
pub fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// Undoes percent encoding.
///
/// # Errors
///
/// [`StoreError::Address`] where `%` is not followed by two hexadecimal digits, and for what is not UTF-8.
pub fn decoded(text: &str) -> Result<String, StoreError> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
        match byte {
            b'%' => match (digit(), digit()) {
                (Some(high), Some(low)) => bytes.push((high * 16 + low) as u8),
                _ => return Err(bad("% is followed by two hexadecimal digits")),
            },
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).map_err(|_| bad("a part of it is not UTF-8"))
}

fn certificates(file: &str) -> Result<Vec<CertificateDer<'static>>, StoreError> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(bad(&format!("{file}: no certificate"))),
        Err(error) => Err(bad(&format!("{file}: {error}"))),
    }
}

fn bad(reason: &str) -> StoreError {
    StoreError::Address { reason: reason.to_owned() }
}
