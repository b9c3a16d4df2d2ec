//! The device: its keys from an activation elsewhere, the check of a signature, and the answer.

use std::fmt;

use camtoken_oath::Key;
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{Operation, SigningKey};
use crate::refusal::Refusal;
use crate::secret::Secret;

/// A device after its activation.
pub struct Device {
    /// The key of the possession factor: 16 bytes.
    pub possession: Key,
    /// The key of the knowledge factor: 16 bytes, hidden by the PIN where there is one.
    pub knowledge: Secret,
    /// The counter, by hash (`CTR_DATA`); it moves before an answer is given out.
    pub counter: Zeroizing<[u8; 16]>,
    /// The server's key for all devices.
    pub master_public: Option<[u8; 65]>,
    /// The server's key for this device.
    pub server_public: Option<[u8; 65]>,
}

/// The keys in clear, from an activation.
pub struct Keys<'a> {
    /// `KEY_SIGNATURE_POSSESSION`, 16 bytes.
    pub possession: &'a [u8],
    /// `KEY_SIGNATURE_KNOWLEDGE`, 16 bytes.
    pub knowledge: Secret,
    /// `CTR_DATA`, 16 bytes.
    pub counter: &'a [u8],
    /// `KEY_SERVER_MASTER_PUBLIC`, a point of P-256 in SEC 1, compressed or not.
    pub master_public: Option<&'a [u8]>,
    /// `KEY_SERVER_PUBLIC`, likewise.
    pub server_public: Option<&'a [u8]>,
}

/// Why the keys are not valid for a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the {0} is missing or not valid")]
pub struct KeyError(pub &'static str);

/// The factor keys of one answer, in the order of the factors.
pub type Factors<'a> = &'a [&'a Key];

impl Device {
    /// Makes a device of these keys.
    ///
    /// # Errors
    ///
    /// A [`KeyError`] that names the key: a secret without 16 bytes, no point of the curve, or no key of a server at all.
    pub fn new(keys: Keys<'_>) -> Result<Self, KeyError> {
        let sixteen = |bytes: &[u8], name| <[u8; 16]>::try_from(bytes).map_err(|_| KeyError(name));
        let point = |bytes: Option<&[u8]>, name| bytes.map(|bytes| read_point(bytes).ok_or(KeyError(name))).transpose();
        let device = Self {
            possession: Key::new(sixteen(keys.possession, "possession key")?.to_vec()),
            knowledge: keys.knowledge,
            counter: Zeroizing::new(sixteen(keys.counter, "counter")?),
            master_public: point(keys.master_public, "server's master public key")?,
            server_public: point(keys.server_public, "server's public key")?,
        };
        device.check().map_err(|_| KeyError("knowledge key"))?;
        if device.master_public.is_none() && device.server_public.is_none() {
            return Err(KeyError("server's public key"));
        }
        Ok(device)
    }

    pub(crate) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        if self.knowledge.len() == 16 { Ok(()) } else { Err(("knowledge", "not 16 bytes")) }
    }

    /// Whether the server that the device was activated with has signed the code.
    #[must_use]
    pub fn verifies(&self, operation: &Operation) -> bool {
        let key = match operation.signing_key {
            SigningKey::Master => self.master_public,
            SigningKey::Personal => self.server_public,
        };
        let key = key.and_then(|key| VerifyingKey::from_sec1_bytes(&key).ok());
        let signature = Signature::from_der(&operation.signature).ok();
        key.zip(signature).is_some_and(|(key, signature)| key.verify(operation.signed.as_bytes(), &signature).is_ok())
    }

    /// The two groups of digits for an operation, by possession and knowledge. The counter has moved when they are given out.
    ///
    /// # Errors
    ///
    /// [`Refusal::Seal`] when the signature is not the server's, [`Refusal::Pin`].
    pub(crate) fn respond(&mut self, operation: &Operation, pin: Option<&str>) -> Result<Zeroizing<String>, Refusal> {
        if !self.verifies(operation) {
            return Err(Refusal::Seal);
        }
        let knowledge = self.knowledge.reveal(pin)?;
        let text = signature(&[&self.possession, &knowledge], &self.counter, &to_be_signed(operation));
        let hash = Sha256::digest(*self.counter);
        for (place, byte) in self.counter.iter_mut().enumerate() {
            *byte = hash[place] ^ hash[place + 16];
        }
        Ok(text)
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device").field("knowledge", &self.knowledge).finish_non_exhaustive()
    }
}

impl fmt::Debug for Keys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("knowledge", &self.knowledge).finish_non_exhaustive()
    }
}

/// The normalised data of an offline request: method, resource, nonce and body, and in place of the application's secret `offline`.
fn to_be_signed(operation: &Operation) -> Vec<u8> {
    let mut body = format!("{}&{}", operation.id, operation.data_text);
    if let Some(totp) = &operation.totp {
        body = format!("{body}&{totp}");
    }
    let (resource, body) = (BASE64.encode("/operation/authorize/offline"), BASE64.encode(body));
    format!("POST&{resource}&{}&{body}&offline", operation.nonce).into_bytes()
}

/// Eight digits for each factor, with a hyphen between: `12345678-90123456`.
#[must_use]
pub fn signature(factors: Factors<'_>, counter: &[u8; 16], data: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(9 * factors.len()));
    for (place, factor) in factors.iter().enumerate() {
        let mut derived = mac(factor.expose_bytes(), counter);
        for inner in &factors[1..=place] {
            let inner = mac(inner.expose_bytes(), counter);
            derived = mac(&*inner, &*derived);
        }
        let tag = mac(&*derived, data);
        let last = u32::from_be_bytes(*tag.last_chunk().expect("32 bytes")) & 0x7fff_ffff;
        if place > 0 {
            text.push('-');
        }
        text.push_str(&Zeroizing::new(format!("{:08}", last % 100_000_000)));
    }
    text
}

fn mac(key: &[u8], data: &[u8]) -> Zeroizing<[u8; 32]> {
    let mac: Hmac<Sha256> = Hmac::new_from_slice(key).expect("HMAC takes a key of any length");
    Zeroizing::new(mac.chain_update(data).finalize().into_bytes().into())
}

/// A point of P-256, uncompressed.
pub(crate) fn read_point(bytes: &[u8]) -> Option<[u8; 65]> {
    let key = VerifyingKey::from_sec1_bytes(bytes).ok()?;
    key.to_sec1_point(false).as_bytes().try_into().ok()
}
