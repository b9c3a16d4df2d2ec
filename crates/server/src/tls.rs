//! TLS 1.2 and 1.3 by rustls: the service's certificate, and those of its clients.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

/// The service's certificate under TLS, and the clients that it accepts.
#[derive(Clone)]
pub struct Tls(Arc<ServerConfig>);

/// Why files cannot be used for TLS. The error shows nothing of a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The chain is not PEM, or has no certificate.
    #[error("the certificate chain: {0}")]
    Certificates(PemError),
    /// The key is not PEM, or there is none.
    #[error("the private key: {0}")]
    Key(PemError),
    /// The key is of a kind that is not supported, or of another certificate.
    #[error("the certificate and its key: {0}")]
    Pair(rustls::Error),
    /// The authorities are not PEM, or there is none.
    #[error("the clients' authorities: {0}")]
    Authorities(PemError),
    /// An authority is no certificate of one.
    #[error("the clients' authorities: {0}")]
    Authority(rustls::Error),
    /// No certificate can be checked by the authorities.
    #[error("the clients' authorities: {0}")]
    Clients(#[from] VerifierBuilderError),
}

impl Tls {
    /// Reads PEM: the service's chain, its own certificate first, and its key. With `clients` it accepts only clients with a
    /// certificate of one of these authorities.
    ///
    /// # Errors
    ///
    /// [`TlsError`] names the part that is wrong.
    pub fn new(chain: &[u8], key: &[u8], clients: Option<&[u8]>) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let chain = certificates(chain).map_err(TlsError::Certificates)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(TlsError::Key)?;
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Pair)?;
        let config = match clients {
            None => config.with_no_client_auth(),
            Some(authorities) => {
                let mut roots = RootCertStore::empty();
                for authority in certificates(authorities).map_err(TlsError::Authorities)? {
                    roots.add(authority).map_err(TlsError::Authority)?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build()?;
                config.with_client_cert_verifier(verifier)
            }
        };
        let mut config = config.with_single_cert(chain, key).map_err(TlsError::Pair)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config)))
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.0))
    }
}

/// At least one.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let all = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>()?;
    if all.is_empty() { Err(PemError::NoItemsFound) } else { Ok(all) }
}
