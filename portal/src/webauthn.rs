//! The relying party's checks of WebAuthn Level 3: of a new passkey (section 7.1) and of a login by one (section 7.2).
//!
//! Of the libraries, `webauthn_rp` 0.3 brings 138 crates, second versions of `p256` and `rand` among them, and `webauthn-rs-core`
//! 0.6 brings 234, because it also verifies the certificates of makers. The bank asks for no attestation, and for the two
//! algorithms that devices have: ES256, and RS256 for Windows. Then little is left to check, and `p256` and `ring` are here
//! already.

use std::collections::BTreeMap;

use minicbor::Decoder;
use minicbor::data::Type;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// ECDSA on P-256 with SHA-256, in COSE (RFC 9053).
pub const ES256: i64 = -7;

/// RSASSA-PKCS1-v1_5 with SHA-256, in COSE (RFC 8812).
pub const RS256: i64 = -257;

/// The most bytes of a credential ID.
pub const MAX_ID: usize = 1023;

/// Bits of the flags in authenticator data.
const PRESENT: u8 = 1 << 0;
const VERIFIED: u8 = 1 << 2;
const ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const ATTESTED: u8 = 1 << 6;
const EXTENDED: u8 = 1 << 7;

/// The site that passkeys are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    /// Its host name, without a port: a passkey is good for it alone.
    pub id: String,
    /// The origins of its pages: scheme, host and port.
    pub origins: Vec<String>,
}

/// What a browser gives for a new passkey.
#[derive(Debug, Clone)]
pub struct Created {
    /// `response.clientDataJSON`
    pub client_data: Vec<u8>,
    /// `response.attestationObject`
    pub attestation: Vec<u8>,
}

/// What a browser gives for a login by a passkey.
#[derive(Debug, Clone)]
pub struct Asserted {
    /// `response.clientDataJSON`
    pub client_data: Vec<u8>,
    /// `response.authenticatorData`
    pub authenticator_data: Vec<u8>,
    /// `response.signature`
    pub signature: Vec<u8>,
}

/// A passkey as it is to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// At most [`MAX_ID`] bytes.
    pub id: Vec<u8>,
    /// The public key, as COSE has it.
    pub key: Vec<u8>,
    /// Its signatures so far, or 0 where the authenticator does not count them.
    pub count: u32,
    /// Whether it is kept by a service that brings it to other devices of its owner.
    pub synced: bool,
}

/// Why an answer of a browser is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unfit {
    /// The client data are no JSON of a browser.
    #[error("client data cannot be read")]
    ClientData,
    /// The client data are of another ceremony.
    #[error("client data of another type")]
    Type,
    /// Another challenge was signed.
    #[error("another challenge")]
    Challenge,
    /// The page was another site's.
    #[error("the page of another origin")]
    Origin,
    /// The page was inside of another site's.
    #[error("a page inside of another origin's")]
    CrossOrigin,
    /// The authenticator data or the attestation object are not well formed.
    #[error("authenticator data cannot be read")]
    AuthenticatorData,
    /// The passkey is for another site.
    #[error("authenticator data for another relying party")]
    RelyingParty,
    /// Nobody has touched the authenticator.
    #[error("user not present")]
    Presence,
    /// The authenticator has not verified its owner by PIN, finger or face.
    #[error("user not verified")]
    Verification,
    /// Backed up, and not eligible for it.
    #[error("contradicting backup flags")]
    Backup,
    /// No key for one of the two algorithms.
    #[error("not a public key for ES256 or RS256")]
    Key,
    /// The credential ID is empty or too long.
    #[error("credential ID of a wrong length")]
    Id,
    /// Not signed by this passkey.
    #[error("the signature is not by this key")]
    Signature,
    /// The count of signatures has not grown: there may be a copy of the passkey.
    #[error("the count of signatures has not grown")]
    Count,
}

/// The part of the client data that is checked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
    top_origin: Option<String>,
}

impl RelyingParty {
    /// Checks a new passkey that was asked for with `challenge` (base64url).
    ///
    /// No attestation is asked for, so a statement in the answer proves nothing here, and is not read.
    ///
    /// # Errors
    ///
    /// [`Unfit`] says which of the checks failed first.
    pub fn register(&self, challenge: &str, created: &Created) -> Result<Credential, Unfit> {
        self.check_client_data("webauthn.create", challenge, &created.client_data)?;
        let data = authenticator_data_of(&created.attestation)?;
        let (head, rest) = self.check_head(data)?;
        if head.flags & ATTESTED == 0 {
            return Err(Unfit::AuthenticatorData);
        }
        // The AAGUID, the length of the credential ID, the ID itself, the key; then extensions, if the flags say so.
        let (_aaguid, rest) = rest.split_at_checked(16).ok_or(Unfit::AuthenticatorData)?;
        let (length, rest) = rest.split_at_checked(2).ok_or(Unfit::AuthenticatorData)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        if !(1..=MAX_ID).contains(&length) {
            return Err(Unfit::Id);
        }
        let (id, rest) = rest.split_at_checked(length).ok_or(Unfit::AuthenticatorData)?;
        let mut decoder = Decoder::new(rest);
        PublicKey::read(&mut decoder)?;
        let (key, rest) = rest.split_at(decoder.position());
        check_end(head.flags, rest)?;
        Ok(Credential {
            id: id.to_owned(),
            key: key.to_owned(),
            count: head.count,
            synced: head.flags & BACKED_UP != 0,
        })
    }

    /// Checks a login that was asked for with `challenge` (base64url): signed by `known`, whose next state it gives.
    ///
    /// # Errors
    ///
    /// [`Unfit`] says which of the checks failed first.
    pub fn assert(&self, challenge: &str, asserted: &Asserted, known: &Credential) -> Result<Credential, Unfit> {
        self.check_client_data("webauthn.get", challenge, &asserted.client_data)?;
        let (head, rest) = self.check_head(&asserted.authenticator_data)?;
        if head.flags & ATTESTED != 0 {
            return Err(Unfit::AuthenticatorData);
        }
        check_end(head.flags, rest)?;
        known.verify(asserted)?;
        if (head.count, known.count) != (0, 0) && head.count <= known.count {
            return Err(Unfit::Count);
        }
        Ok(Credential { count: head.count, synced: head.flags & BACKED_UP != 0, ..known.clone() })
    }

    fn check_client_data(&self, kind: &str, challenge: &str, client_data: &[u8]) -> Result<(), Unfit> {
        let data: ClientData = serde_json::from_slice(client_data).map_err(|_| Unfit::ClientData)?;
        if data.r#type != kind {
            return Err(Unfit::Type);
        }
        if !bool::from(data.challenge.as_bytes().ct_eq(challenge.as_bytes())) {
            return Err(Unfit::Challenge);
        }
        if !self.origins.contains(&data.origin) {
            return Err(Unfit::Origin);
        }
        if data.cross_origin || data.top_origin.is_some() {
            return Err(Unfit::CrossOrigin);
        }
        Ok(())
    }

    /// Checks the first 37 bytes of authenticator data; the rest follows them.
    fn check_head<'a>(&self, data: &'a [u8]) -> Result<(Head, &'a [u8]), Unfit> {
        let (head, rest) = data.split_at_checked(37).ok_or(Unfit::AuthenticatorData)?;
        if head[..32] != Sha256::digest(&self.id)[..] {
            return Err(Unfit::RelyingParty);
        }
        let flags = head[32];
        if flags & PRESENT == 0 {
            return Err(Unfit::Presence);
        }
        if flags & VERIFIED == 0 {
            return Err(Unfit::Verification);
        }
        if flags & BACKED_UP != 0 && flags & ELIGIBLE == 0 {
            return Err(Unfit::Backup);
        }
        let count = u32::from_be_bytes([head[33], head[34], head[35], head[36]]);
        Ok((Head { flags, count }, rest))
    }
}

/// What authenticator data begin with, after the hash of the relying party's ID.
struct Head {
    flags: u8,
    count: u32,
}

/// A passkey's public key.
enum PublicKey<'a> {
    Es256(Box<VerifyingKey>),
    Rs256(RsaPublicKeyComponents<&'a [u8]>),
}

/// The authenticator data in an attestation object: a map of `fmt`, `attStmt` and `authData`.
fn authenticator_data_of(attestation: &[u8]) -> Result<&[u8], Unfit> {
    let unreadable = |_| Unfit::AuthenticatorData;
    let mut decoder = Decoder::new(attestation);
    let mut found = None;
    for _ in 0..decoder.map().map_err(unreadable)?.ok_or(Unfit::AuthenticatorData)? {
        if decoder.str().map_err(unreadable)? == "authData" {
            found = Some(decoder.bytes().map_err(unreadable)?);
        } else {
            decoder.skip().map_err(unreadable)?;
        }
    }
    found.filter(|_| decoder.position() == attestation.len()).ok_or(Unfit::AuthenticatorData)
}

impl Credential {
    /// Checks the signature, and nothing that was signed.
    ///
    /// # Errors
    ///
    /// [`Unfit::Signature`]; [`Unfit::Key`] when the key cannot be read.
    pub fn verify(&self, asserted: &Asserted) -> Result<(), Unfit> {
        let signed = [&asserted.authenticator_data[..], &Sha256::digest(&asserted.client_data)].concat();
        PublicKey::read(&mut Decoder::new(&self.key))?.verify(&signed, &asserted.signature)
    }
}

impl<'a> PublicKey<'a> {
    /// Reads a key as COSE has it (RFC 9053, section 7.1.1, and RFC 8230, section 4), with the members that it needs and no others.
    fn read(decoder: &mut Decoder<'a>) -> Result<Self, Unfit> {
        let unreadable = |_| Unfit::Key;
        let (mut numbers, mut texts) = (BTreeMap::new(), BTreeMap::new());
        let members = decoder.map().map_err(unreadable)?.ok_or(Unfit::Key)?;
        for _ in 0..members {
            let label = decoder.i64().map_err(unreadable)?;
            if decoder.datatype().is_ok_and(|kind| kind == Type::Bytes) {
                texts.insert(label, decoder.bytes().map_err(unreadable)?);
            } else {
                numbers.insert(label, decoder.i64().map_err(unreadable)?);
            }
        }
        let has = |labels: &[(i64, i64)]| numbers == labels.iter().copied().collect();
        let text = |label| texts.get(&label).copied().ok_or(Unfit::Key);
        if numbers.len() + texts.len() != usize::try_from(members).unwrap_or(0) || texts.len() != 2 {
            return Err(Unfit::Key);
        }
        // Key type, algorithm and curve; then the coordinates, or modulus and exponent.
        if has(&[(1, 2), (3, ES256), (-1, 1)]) {
            let point = [&[4], text(-2)?, text(-3)?].concat();
            VerifyingKey::from_sec1_bytes(&point).map(|key| Self::Es256(Box::new(key))).map_err(|_| Unfit::Key)
        } else if has(&[(1, 3), (3, RS256)]) {
            let (n, e) = (text(-1)?, text(-2)?);
            if (256..=1024).contains(&n.len()) {
                Ok(Self::Rs256(RsaPublicKeyComponents { n, e }))
            } else {
                Err(Unfit::Key)
            }
        } else {
            Err(Unfit::Key)
        }
    }

    fn verify(&self, signed: &[u8], signature: &[u8]) -> Result<(), Unfit> {
        let is_good = match self {
            Self::Es256(key) => {
                Signature::from_der(signature).is_ok_and(|signature| key.verify(signed, &signature).is_ok())
            }
            Self::Rs256(key) => key.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok(),
        };
        if is_good { Ok(()) } else { Err(Unfit::Signature) }
    }
}

/// What may follow: one map of extensions, where the flags say so, and nothing else.
fn check_end(flags: u8, rest: &[u8]) -> Result<(), Unfit> {
    let mut decoder = Decoder::new(rest);
    if flags & EXTENDED != 0 {
        let is_map = decoder.datatype().is_ok_and(|kind| kind == Type::Map);
        if !is_map || decoder.skip().is_err() {
            return Err(Unfit::AuthenticatorData);
        }
    }
    if decoder.position() == rest.len() { Ok(()) } else { Err(Unfit::AuthenticatorData) }
}
