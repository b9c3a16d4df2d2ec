//! The two codes of a registration (利用開始登録).
//!
//! The first is sealed with the device key that bank and token have from the factory; the token answers with a device
//! code. The second is sealed for that answer alone and brings the activation's own key.

use alloc::string::ToString;
use alloc::vec::Vec;

use minicbor::{Decoder, Encoder};
use zeroize::Zeroizing;

use super::{
    ChallengeCode, KeyName, OpenError, decode_challenge, encode_challenge, expect_array, expect_same, seal_key,
};
use crate::challenge::{Challenge, ChallengeId, DeviceNonce, ResponseSuite};
use crate::key::{ActivationId, Key, TokenId, derive};
use crate::transaction::Domain;

/// The content of the second code.
#[derive(Debug)]
pub struct Grant {
    /// The activation's key.
    pub key: Key,
    /// The suite of its responses.
    pub suite: ResponseSuite,
}

/// The binding of a second code to one registration on one token: the first code's challenge, and the random number of the token
/// when it read that code.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// The first code's challenge.
    pub first: ChallengeId,
    /// The token's number, from its device code.
    pub nonce: DeviceNonce,
}

/// Seals the first code for the token whose device key this is.
///
/// # Panics
///
/// When the challenge's operation is not `activation1`.
#[must_use]
pub fn seal_first(challenge: &Challenge, token: &TokenId, device_key: &Key) -> ChallengeCode {
    assert_eq!(challenge.domain(), Domain::Activation1, "the first code asks for an activation");
    let key = seal_key(device_key, Domain::Activation1);
    ChallengeCode::seal(KeyName::Activation1(token.clone()), challenge.id, &key, &encode_first(challenge))
}

/// Opens the first code with the token's device key.
///
/// # Errors
///
/// As [`super::open`]; [`OpenError::Purpose`] for a code of another kind.
pub fn open_first(code: &ChallengeCode, device_key: &Key) -> Result<Challenge, OpenError> {
    let KeyName::Activation1(_) = code.key_name() else { return Err(OpenError::Purpose) };
    let payload = code.open(&seal_key(device_key, Domain::Activation1))?;
    let mut from = Decoder::new(&payload);
    expect_array(&mut from, 5)?;
    let challenge = decode_with_activation(&mut from, code.id(), Domain::Activation1)?;
    expect_same(&encode_first(&challenge), &payload)?;
    Ok(challenge)
}

/// Seals the second code for the token that gave the device code in `binding`.
///
/// # Panics
///
/// When the challenge's operation is not `activation2`.
#[must_use]
pub fn seal_second(
    challenge: &Challenge,
    token: &TokenId,
    device_key: &Key,
    binding: Binding,
    grant: &Grant,
) -> ChallengeCode {
    assert_eq!(challenge.domain(), Domain::Activation2, "the second code grants an activation");
    let key = second_key(device_key, binding);
    ChallengeCode::seal(KeyName::Activation2(token.clone()), challenge.id, &key, &encode_second(challenge, grant))
}

/// Opens the second code with the token's device key and its `binding` of the first code.
///
/// # Errors
///
/// As [`super::open`]; [`OpenError::Purpose`] for a code of another kind, [`OpenError::Seal`] also when it answers another
/// device code.
pub fn open_second(code: &ChallengeCode, device_key: &Key, binding: Binding) -> Result<(Challenge, Grant), OpenError> {
    let KeyName::Activation2(_) = code.key_name() else { return Err(OpenError::Purpose) };
    let payload = Zeroizing::new(code.open(&second_key(device_key, binding))?);
    let mut from = Decoder::new(&payload);
    expect_array(&mut from, 7)?;
    let challenge = decode_with_activation(&mut from, code.id(), Domain::Activation2)?;
    let suite = from.str().map_err(|_| OpenError::Content)?.parse().map_err(|_| OpenError::Suite)?;
    let key = from.bytes().map_err(|_| OpenError::Content)?;
    if key.len() != Key::LEN {
        return Err(OpenError::Content);
    }
    let grant = Grant { key: Key::new(key.to_vec()), suite };
    expect_same(&encode_second(&challenge, &grant), &payload)?;
    Ok((challenge, grant))
}

fn second_key(device_key: &Key, binding: Binding) -> Key {
    let mut label = binding.first.as_bytes().to_vec();
    label.extend(binding.nonce.to_string().bytes());
    derive(&seal_key(device_key, Domain::Activation2), &label)
}

fn encode_first(challenge: &Challenge) -> Vec<u8> {
    let mut to = Encoder::new(Vec::new());
    to.array(5).expect("a Vec takes every byte");
    encode_challenge(challenge, &mut to);
    to.bytes(challenge.activation.as_bytes()).expect("a Vec takes every byte");
    to.into_writer()
}

fn encode_second(challenge: &Challenge, grant: &Grant) -> Zeroizing<Vec<u8>> {
    // Room for all of it, so that no half-written copy of the key is left behind by growing.
    let mut to = Encoder::new(Vec::with_capacity(512));
    to.array(7).expect("a Vec takes every byte");
    encode_challenge(challenge, &mut to);
    to.bytes(challenge.activation.as_bytes())
        .and_then(|to| to.str(grant.suite.suite().as_str()))
        .and_then(|to| to.bytes(grant.key.expose_bytes()))
        .expect("a Vec takes every byte");
    Zeroizing::new(to.into_writer())
}

fn decode_with_activation(from: &mut Decoder<'_>, id: ChallengeId, domain: Domain) -> Result<Challenge, OpenError> {
    let (expires_at, transaction) = decode_challenge(from, domain)?;
    let activation = from.bytes().map_err(|_| OpenError::Content)?;
    let activation = ActivationId::from_bytes(activation.try_into().map_err(|_| OpenError::Content)?);
    Ok(Challenge { id, activation, expires_at, transaction })
}
