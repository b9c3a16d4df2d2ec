//! The Transit engine of OpenBao and Vault, over HTTP: four requests, each with the context that derives the key.
//!
//! The context is used, and not `associated_data`: the engine's `rewrap` knows only the context.

use std::fs;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value;
use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use zeroize::Zeroizing;

use crate::connection::{CONTEXT, Connection};
use crate::error::{ANSWER_WITHIN, KeysError};
use crate::source::TransitUri;
use crate::wrapped::WrappedKey;

const BY: &str = "transit";

/// The most bytes of an answer.
const MOST: u64 = 1 << 16;

/// One key of an engine.
pub struct Engine {
    agent: Agent,
    mount: String,
    key: String,
    token: Zeroizing<String>,
}

impl Engine {
    /// Prepares the client. Nothing is asked yet.
    pub fn open(uri: &TransitUri, token: Option<&SecretString>) -> Result<Self, KeysError> {
        let token = token.ok_or_else(|| KeysError::Credential { reason: "no access token was given".to_owned() })?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(ANSWER_WITHIN));
        let config = match uri.mount.starts_with("https:") {
            true => config.tls_config(tls(uri)?),
            false => config,
        };
        let token = Zeroizing::new(token.expose_secret().trim().to_owned());
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(KeysError::Credential { reason: "the file has no access token".to_owned() });
        }
        Ok(Self { agent: config.build().into(), mount: uri.mount.clone(), key: uri.key.clone(), token })
    }

    /// Sends a request to the key, and gives the data of the answer; `Ok(Err(_))` is what the engine refuses.
    fn ask(&self, act: &str, key: &str, body: Option<&Body>) -> Result<Result<Value, String>, KeysError> {
        let url = format!("{}/{act}/{key}", self.mount);
        let answer = match body {
            Some(body) => {
                let body = Zeroizing::new(serde_json::to_string(body).expect("texts are JSON"));
                let request = self.agent.post(url).header("x-vault-token", self.token.as_str());
                request.header("content-type", "application/json").send(body.as_str())
            }
            None => self.agent.get(url).header("x-vault-token", self.token.as_str()).call(),
        };
        let mut answer = answer.map_err(|error| failed(&error))?;
        let status = answer.status().as_u16();
        let text = answer.body_mut().with_config().limit(MOST).read_to_string().map_err(|error| failed(&error))?;
        let text = Zeroizing::new(text);
        let mut document: Value = serde_json::from_str(&text).unwrap_or_default();
        let said = || {
            let errors = document["errors"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let errors: Vec<_> = errors.map(str::trim).collect();
            format!("{act}/{key}: HTTP status {status} {}", errors.join("; ")).trim_end().to_owned()
        };
        match status {
            200 if document["data"].is_object() => Ok(Ok(document["data"].take())),
            400 => Ok(Err(said())),
            401 | 403 => Err(KeysError::Credential { reason: said() }),
            404 => Err(KeysError::UnknownKey { reason: said() }),
            503 if said().contains("sealed") => Err(KeysError::Sealed),
            _ => Err(KeysError::Module { reason: said() }),
        }
    }

    /// Refuses a key that is missing, for the engine would make one with its defaults, and one that ignores the context.
    fn check(&self) -> Result<(), KeysError> {
        let said = self.ask("keys", &self.key, None)?.map_err(|reason| KeysError::UnknownKey { reason })?;
        match said["derived"] == true && said["supports_encryption"] != false {
            true => Ok(()),
            false => Err(KeysError::UnknownKey {
                reason: format!("{} was made without derivation (derived=true), or does not encrypt", self.key),
            }),
        }
    }
}

impl Connection for Engine {
    fn place(&self) -> (String, String) {
        (format!("transit:{}/keys/{}", self.mount, self.key), BY.to_owned())
    }

    fn wrap(&self, plain: &[u8], _nonce: [u8; 12]) -> Result<String, KeysError> {
        self.check()?;
        let plain = Zeroizing::new(BASE64.encode(plain));
        text(self.ask("encrypt", &self.key, Some(&Body::plain(&plain)))?, "ciphertext")
    }

    fn open(&self, at: &WrappedKey, wrapped: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeysError> {
        let Some(key) = key_of(at) else {
            return Err(KeysError::UnknownKey { reason: format!("{} is no key of a Transit engine", at.under) });
        };
        match self.ask("decrypt", key, Some(&Body::wrapped(wrapped)))? {
            Err(_) => Ok(None),
            said => Ok(BASE64.decode(&*Zeroizing::new(text(said, "plaintext")?)).ok().map(Zeroizing::new)),
        }
    }

    fn renew(&self, at: &WrappedKey, wrapped: &str) -> Result<Option<String>, KeysError> {
        if key_of(at) != Some(&self.key) {
            return Ok(None);
        }
        text(self.ask("rewrap", &self.key, Some(&Body::wrapped(wrapped)))?, "ciphertext").map(Some)
    }
}

/// The name of the key that something was wrapped under. The server and its mount may have moved since.
fn key_of(at: &WrappedKey) -> Option<&str> {
    let is_name = |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let (_, name) = at.under.strip_prefix("transit:")?.rsplit_once("/keys/")?;
    Some(name).filter(is_name).filter(|name| at.by == BY && !name.bytes().all(|byte| byte == b'.'))
}

/// A part of the data, itself and no copy: it may be secret.
fn text(said: Result<Value, String>, part: &str) -> Result<String, KeysError> {
    let mut said = said.map_err(|reason| KeysError::Module { reason })?;
    match said.get_mut(part).map(Value::take) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(KeysError::Module { reason: format!("an answer without {part}") }),
    }
}

/// What is asked of the engine.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    plaintext: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ciphertext: Option<&'a str>,
    context: String,
}

impl<'a> Body<'a> {
    fn plain(plaintext: &'a str) -> Self {
        Self { plaintext: Some(plaintext), ciphertext: None, context: BASE64.encode(CONTEXT) }
    }

    fn wrapped(ciphertext: &'a str) -> Self {
        Self { plaintext: None, ciphertext: Some(ciphertext), context: BASE64.encode(CONTEXT) }
    }
}

fn tls(uri: &TransitUri) -> Result<TlsConfig, KeysError> {
    let failed = |reason: String| KeysError::Module { reason };
    let roots: Vec<Certificate<'static>> = match &uri.ca_file {
        Some(file) => {
            let bytes = fs::read(file).map_err(|error| failed(format!("{}: {error}", file.display())))?;
            let certificates = parse_pem(&bytes).filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            });
            certificates.collect()
        }
        None => {
            let found = rustls_native_certs::load_native_certs().certs;
            found.iter().map(|der| Certificate::from_der(der).to_owned()).collect()
        }
    };
    if roots.is_empty() {
        return Err(failed("there are no certificates to check the server's with (ca-file)".to_owned()));
    }
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build())
}

fn failed(error: &ureq::Error) -> KeysError {
    match error {
        ureq::Error::Timeout(_) => KeysError::Silent,
        other => KeysError::Module { reason: other.to_string() },
    }
}
