//! Codes that camtoken's verifier does not make. Where it cannot make them at all, the bytes of the specification, sections 4 and 6, are
//! written here separately.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use minicbor::Encoder;
use minicbor::data::Tag;

use camtoken::challenge::ChallengeId;
use camtoken::code::activation::{Binding, open_second, seal_second};
use camtoken::key::{ActivationId, Key, TokenId, derive};
use camtoken::time::Timestamp;

const PREFIX: &str = "CT1:";

/// Seals, with the right key, a challenge of an operation that no catalogue has.
pub(super) fn unknown_operation(id: ChallengeId, activation: ActivationId, key: &Key, expires_at: Timestamp) -> String {
    const SIGNATURE: u8 = 0;
    const UNKNOWN: u8 = 200;

    let payload = cbor(|to| {
        to.array(4)?.u64(expires_at.as_unix())?.u8(UNKNOWN)?.array(0)?.null()?;
        Ok(())
    });
    let protected = cbor(|to| to.map(1)?.u8(1)?.u8(3).map(drop));
    let key_name = [&[SIGNATURE], activation.as_bytes().as_slice()].concat();
    let aad = cbor(|to| to.array(3)?.str("Encrypt0")?.bytes(&protected)?.bytes(&key_name).map(drop));
    let key = derive(key, b"camtoken/1 seal signature");
    let ciphertext = Aes256Gcm::new_from_slice(key.expose_bytes())
        .expect("a derived key has 32 bytes")
        .encrypt(&Nonce::from(*id.as_bytes()), Payload { msg: &payload, aad: &aad })
        .expect("AES-GCM takes 64 GiB");
    let envelope = cbor(|to| {
        to.tag(Tag::new(16))?.array(3)?.bytes(&protected)?;
        to.map(2)?.u8(4)?.bytes(&key_name)?.u8(5)?.bytes(id.as_bytes())?;
        to.bytes(&ciphertext).map(drop)
    });
    format!("{PREFIX}{}", base45::encode(envelope))
}

/// Names another activation in a second code, and seals it with the right key, under a new challenge ID. `None` if it is no second code
/// for this number of this token.
pub(super) fn renamed(
    code: &str,
    token: &TokenId,
    device_key: &Key,
    binding: Binding,
    (id, activation): (ChallengeId, ActivationId),
) -> Option<String> {
    let (mut challenge, grant) = open_second(&code.parse().ok()?, device_key, binding).ok()?;
    (challenge.id, challenge.activation) = (id, activation);
    Some(seal_second(&challenge, token, device_key, binding, &grant).to_string())
}

/// Changes one bit of the seal.
pub(super) fn alter(code: &str) -> Result<String, String> {
    let body = code.strip_prefix(PREFIX).and_then(|body| base45::decode(body).ok());
    let mut bytes = body.filter(|bytes| !bytes.is_empty()).ok_or("not a code that can be altered")?;
    *bytes.last_mut().expect("not empty") ^= 1;
    Ok(format!("{PREFIX}{}", base45::encode(bytes)))
}

type Written = Result<(), minicbor::encode::Error<std::convert::Infallible>>;

fn cbor(write: impl FnOnce(&mut Encoder<Vec<u8>>) -> Written) -> Vec<u8> {
    let mut to = Encoder::new(Vec::new());
    write(&mut to).expect("a Vec takes every byte");
    to.into_writer()
}
