//! The token's keys: pairing, opening, answering; and sealing, for tests.

use aes::Aes128;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use camtoken_oath::Key;
use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::montgomery::MontgomeryPoint;
use eax::aead::AeadInOut;
use eax::{Eax, KeyInit, Nonce, Tag};
use hmac::{Hmac, Mac};
use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use rand::CryptoRng;
use serde_json::Value;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::code::{CodeError, Reader};
use super::{ChallengeCode, PairingCode};
use crate::errand::{Answer, Errand, Request};
use crate::refusal::Refusal;
use crate::url::WebUrl;

/// A token paired with a server. Issuer and serial are the account's names.
#[derive(Debug)]
pub struct Token {
    /// The token's X25519 key.
    pub private: Key,
    /// The number that the token gave itself; challenges name it.
    pub token_id: u32,
    /// The server's key, as a key of X25519.
    pub server_public: [u8; 32],
    /// The number of the server's key.
    pub partition: u32,
    /// The name of the token at the server.
    pub serial: String,
    /// Where answers are sent, unless the challenge names another place.
    pub callback_url: Option<WebUrl>,
    /// The telephone number that they can be sent to instead.
    pub callback_sms: Option<String>,
    /// How many digits a TAN has.
    pub digits: u8,
    /// Whether the server has confirmed the pairing by a challenge that it signed.
    pub confirmed: bool,
    /// The transaction of the last answer that the server accepted.
    pub answered: Option<String>,
}

/// The purpose of a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// A text to be read and approved.
    Free,
    /// The server confirms the pairing; the text is the serial.
    Pairing,
    /// A login; the text is the user and the server.
    Login,
}

/// A challenge that was opened.
pub struct Opened {
    /// What it is for.
    pub content: Content,
    /// The transaction, as answers name it: `12345`, or `12345.07` where it is one of several.
    pub transaction: String,
    /// The text, whole.
    pub message: String,
    /// Where this answer is sent; it goes before the callback of the pairing.
    pub callback_url: Option<WebUrl>,
    /// The telephone number that it can be sent to instead.
    pub callback_sms: Option<String>,
    /// Whether the server signed the challenge with the key of the pairing. Without it, any owner of the token's public key can have
    /// made the challenge.
    pub signed: bool,
    /// Whether the callback address of the pairing becomes the one of this challenge.
    pub resets_callback: bool,
    signature: Zeroizing<[u8; 32]>,
}

/// Why a challenge does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It was sealed for another token, or altered.
    #[error("the challenge was not made for this token, or was altered")]
    Seal,
    /// The signature of the server is wrong, or missing where there has to be one.
    #[error("the challenge is not signed by the server that the token was paired with")]
    Signature,
    /// The opened bytes.
    #[error(transparent)]
    Form(#[from] CodeError),
    /// The compressed text is longer than any text, or no compressed text.
    #[error("the compressed text of the challenge is not valid")]
    Compressed,
}

mod flag {
    pub(super) const COMPRESSED: u8 = 1;
    pub(super) const CALLBACK_URL: u8 = 2;
    pub(super) const CALLBACK_SMS: u8 = 4;
    pub(super) const SIGNED: u8 = 8;
    pub(super) const RESET_URL: u8 = 16;
    pub(super) const ALL: u8 = 31;
}

/// Bytes of a challenge before its data: content, flags, transaction.
const HEADER: usize = 10;
/// The longest text after decompression.
const MAX_DATA: usize = 8 * 1024;

impl Token {
    pub(crate) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        match (self.private.expose_bytes().len(), self.digits) {
            (32, 6..=12) => Ok(()),
            (32, _) => Err(("digits", "not 6 to 12")),
            _ => Err(("secret", "not 32 bytes")),
        }
    }

    /// Generates the keys for a pairing. The number should be one that no other account of the token has.
    ///
    /// # Errors
    ///
    /// [`OpenError::Signature`] when the server's key is not valid.
    pub fn pair(code: &PairingCode, token_id: u32, rng: &mut impl CryptoRng) -> Result<Self, OpenError> {
        let server = CompressedEdwardsY(code.server_public).decompress().filter(|point| !point.is_small_order());
        let server_public = server.ok_or(OpenError::Signature)?.to_montgomery().to_bytes();
        Ok(Self {
            private: Key::generate(rng),
            token_id,
            server_public,
            partition: code.partition,
            serial: code.serial.clone().unwrap_or_default(),
            callback_url: code.callback_url.clone(),
            callback_sms: code.callback_sms.clone(),
            digits: code.digits,
            confirmed: false,
            answered: None,
        })
    }

    /// The token's public key.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        MontgomeryPoint::mul_base_clamped(*self.scalar()).to_bytes()
    }

    /// The message for the server: the token's number, public key and serial, sealed for it.
    ///
    /// `ephemeral` is a key of this one use, 32 random bytes.
    ///
    /// # Errors
    ///
    /// [`OpenError::Signature`] when the server's key cannot be used.
    pub fn pairing_response(&self, ephemeral: &Key) -> Result<String, OpenError> {
        let ephemeral = scalar(ephemeral);
        let shared = exchange(&ephemeral, &self.server_public).ok_or(OpenError::Signature)?;
        let keys = Sha256::digest(*shared);
        let mut header = vec![1];
        header.extend_from_slice(&self.partition.to_le_bytes());
        let mut text = vec![2];
        text.extend_from_slice(&self.token_id.to_le_bytes());
        text.extend_from_slice(&self.public());
        text.extend_from_slice(self.serial.as_bytes());
        text.extend_from_slice(&[0, 0]); // no login
        let tag = encrypt(&keys[..16], &keys[16..], &header, &mut text);
        let public = MontgomeryPoint::mul_base_clamped(*ephemeral).to_bytes();
        Ok(BASE64URL.encode([&header[..], &public, &text, &tag].concat()))
    }

    /// Opens a challenge.
    ///
    /// # Errors
    ///
    /// An [`OpenError`]; nothing of the content is available then.
    pub fn open(&self, code: &ChallengeCode) -> Result<Opened, OpenError> {
        let shared = exchange(&self.scalar(), &code.ephemeral_public).ok_or(OpenError::Seal)?;
        let keys = ChallengeKeys::new(&shared);
        let mut plain = code.ciphertext.clone();
        Eax::<Aes128>::new_from_slice(&*keys.seal)
            .expect("16 bytes")
            .decrypt_inout_detached(
                &Nonce::from(keys.nonce),
                &code.header(),
                plain.as_mut_slice().into(),
                &Tag::from(code.tag),
            )
            .map_err(|_| OpenError::Seal)?;
        self.read(&plain, &keys)
    }

    fn read(&self, plain: &[u8], keys: &ChallengeKeys) -> Result<Opened, OpenError> {
        let mut from = Reader(plain);
        let header: [u8; HEADER] = from.array("header")?;
        let [content, flags, number @ ..] = header;
        if flags & !flag::ALL != 0 {
            return Err(CodeError::Unsupported { part: "set of flags", found: flags.into() }.into());
        }
        let content = match content {
            0 => Content::Free,
            1 => Content::Pairing,
            2 => Content::Login,
            found => return Err(CodeError::Unsupported { part: "content", found: found.into() }.into()),
        };
        let signed = flags & flag::SIGNED != 0;
        let signature: Vec<u8> = if signed { from.array::<32>("signature")?.to_vec() } else { Vec::new() };
        if signed {
            let expected = self.server_signature(&keys.nonce, &header, from.0)?;
            expected.verify_slice(&signature).map_err(|_| OpenError::Signature)?;
        }
        // Any owner of the token's public key can seal; only the server can sign. A change to the account has to be signed.
        let resets_callback = flags & flag::RESET_URL != 0;
        if !signed && (content == Content::Pairing || resets_callback) {
            return Err(OpenError::Signature);
        }
        let inflated;
        let data = if flags & flag::COMPRESSED == 0 {
            from.0
        } else {
            inflated = decompress_to_vec_zlib_with_limit(from.0, MAX_DATA).map_err(|_| OpenError::Compressed)?;
            &inflated
        };
        let mut texts = Reader(data);
        let message = texts.text("message")?;
        let callback_url = texts.text_if(flags & flag::CALLBACK_URL != 0, "callback address")?;
        let callback_sms = texts.text_if(flags & flag::CALLBACK_SMS != 0, "callback number")?;
        texts.end()?;
        let callback_url = callback_url.map(|url| url.parse()).transpose().map_err(CodeError::Url)?;
        let mac = keys.user_mac().chain_update(keys.nonce).chain_update(header).chain_update(&signature);
        let signature = Zeroizing::new(mac.chain_update(data).finalize().into_bytes().into());
        let transaction = transaction_text(u64::from_le_bytes(number));
        Ok(Opened { content, transaction, message, callback_url, callback_sms, signed, resets_callback, signature })
    }

    /// The HMAC by which the server signs a challenge, with the key of the pairing.
    fn server_signature(&self, nonce: &[u8; 16], header: &[u8], data: &[u8]) -> Result<Hmac<Sha256>, OpenError> {
        let key = exchange(&self.scalar(), &self.server_public).ok_or(OpenError::Signature)?;
        Ok(mac(&*key).chain_update(nonce).chain_update(header).chain_update(data))
    }

    fn scalar(&self) -> Zeroizing<[u8; 32]> {
        scalar(&self.private)
    }
}

impl Opened {
    /// The digits that a person types: the truncation of HOTP, where the place may be any of the last sixteen bytes but the last three.
    #[must_use]
    pub fn expose_tan(&self, digits: u8) -> Zeroizing<String> {
        let place = usize::from(self.signature[31] & 15);
        let four = self.signature[place..place + 4].try_into().expect("four bytes");
        let number = u64::from(u32::from_be_bytes(four) & 0x7fff_ffff);
        let digits = usize::from(digits);
        let text = Zeroizing::new(format!("{number:0>digits$}"));
        Zeroizing::new(text[text.len() - digits..].to_owned())
    }

    /// The signature that is sent, in base64url.
    #[must_use]
    pub fn expose_signature(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64URL.encode(*self.signature))
    }
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("content", &self.content).field("signed", &self.signed).finish_non_exhaustive()
    }
}

/// What a server seals: the other side, for tests.
#[derive(Debug, Clone)]
pub struct Sealing<'a> {
    /// What it is for.
    pub content: Content,
    /// The number of the transaction: a hundred times that of answers, plus the sub-transaction.
    pub transaction: u64,
    /// The text.
    pub message: &'a str,
    /// Where the answer is sent.
    pub callback_url: Option<&'a str>,
    /// The telephone number that it can be sent to instead.
    pub callback_sms: Option<&'a str>,
    /// Whether the callback address of the pairing becomes this one.
    pub resets_callback: bool,
    /// Whether the data is compressed.
    pub compressed: bool,
    /// The server's X25519 key, where it signs.
    pub server_private: Option<&'a Key>,
}

/// Seals a challenge for the token with this number and public key. `ephemeral` is a key of this one use.
///
/// # Errors
///
/// [`OpenError::Seal`] when the token's key cannot be used.
pub fn seal(
    challenge: &Sealing<'_>,
    token_id: u32,
    token_public: &[u8; 32],
    ephemeral: &Key,
) -> Result<ChallengeCode, OpenError> {
    let ephemeral = scalar(ephemeral);
    let shared = exchange(&ephemeral, token_public).ok_or(OpenError::Seal)?;
    let keys = ChallengeKeys::new(&shared);
    let mut flags = 0;
    let mut data = [challenge.message.as_bytes(), &[0]].concat();
    for (flag, text) in [(flag::CALLBACK_URL, challenge.callback_url), (flag::CALLBACK_SMS, challenge.callback_sms)] {
        if let Some(text) = text {
            flags |= flag;
            data.extend_from_slice(text.as_bytes());
            data.push(0);
        }
    }
    if challenge.compressed {
        flags |= flag::COMPRESSED;
        data = compress_to_vec_zlib(&data, 9);
    }
    let when = |flag, set| if set { flag } else { 0 };
    flags |= when(flag::RESET_URL, challenge.resets_callback) | when(flag::SIGNED, challenge.server_private.is_some());
    let content = match challenge.content {
        Content::Free => 0,
        Content::Pairing => 1,
        Content::Login => 2,
    };
    let mut plain = vec![content, flags];
    plain.extend_from_slice(&challenge.transaction.to_le_bytes());
    if let Some(server) = challenge.server_private {
        let key = exchange(&scalar(server), token_public).ok_or(OpenError::Seal)?;
        let signature = mac(&*key).chain_update(keys.nonce).chain_update(&plain).chain_update(&data).finalize();
        plain.extend_from_slice(&signature.into_bytes());
    }
    plain.append(&mut data);
    let ephemeral_public = MontgomeryPoint::mul_base_clamped(*ephemeral).to_bytes();
    let mut code = ChallengeCode { token_id, ephemeral_public, ciphertext: Vec::new(), tag: [0; 16] };
    code.tag = encrypt(&*keys.seal, &keys.nonce, &code.header(), &mut plain);
    code.ciphertext = plain;
    Ok(code)
}

/// The keys of one challenge.
struct ChallengeKeys {
    seal: Zeroizing<[u8; 16]>,
    sign: Zeroizing<[u8; 16]>,
    nonce: [u8; 16],
}

impl ChallengeKeys {
    fn new(shared: &[u8; 32]) -> Self {
        let first = Sha256::digest(shared);
        let second = Sha256::digest(first);
        let half = |half: &[u8]| half.try_into().expect("16 of 32 bytes");
        Self {
            seal: Zeroizing::new(half(&first[..16])),
            sign: Zeroizing::new(half(&second[..16])),
            nonce: half(&second[16..]),
        }
    }

    fn user_mac(&self) -> Hmac<Sha256> {
        mac(&*self.sign)
    }
}

fn mac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

fn encrypt(key: &[u8], nonce: &[u8], header: &[u8], text: &mut [u8]) -> [u8; 16] {
    let nonce = Nonce::try_from(nonce).expect("16 bytes");
    let cipher = Eax::<Aes128>::new_from_slice(key).expect("16 bytes");
    cipher.encrypt_inout_detached(&nonce, header, text.into()).expect("a short text").into()
}

fn scalar(key: &Key) -> Zeroizing<[u8; 32]> {
    // A stored key has 32 bytes; of another length only those that it has.
    let mut scalar = Zeroizing::new([0; 32]);
    for (byte, from) in scalar.iter_mut().zip(key.expose_bytes()) {
        *byte = *from;
    }
    scalar
}

/// X25519 (RFC 7748, section 6.1), without the points that give zero whatever the key.
fn exchange(scalar: &[u8; 32], public: &[u8; 32]) -> Option<Zeroizing<[u8; 32]>> {
    let shared = Zeroizing::new(MontgomeryPoint(*public).mul_clamped(*scalar).to_bytes());
    if *shared == [0; 32] { None } else { Some(shared) }
}

/// The number divided by 100, and the remainder where there is one.
fn transaction_text(number: u64) -> String {
    match (number / 100, number % 100) {
        (id, 0) => id.to_string(),
        (id, sub) => format!("{id}.{sub:02}"),
    }
}

/// Where something is sent: to the address, else to the telephone number.
pub(crate) fn deliver(
    url: Option<WebUrl>,
    sms: Option<&String>,
    form: Vec<(&'static str, Zeroizing<String>)>,
) -> Option<Errand> {
    if let Some(url) = url {
        return Some(Errand::Http(Request::post(url, vec![("Accept", "application/json")], form)));
    }
    let text = form.last().map(|(_, value)| value.clone()).unwrap_or_default();
    sms.map(|number| Errand::Sms { number: number.clone(), text })
}

/// Reads the answer to a pairing response: `result.status` is true.
pub(crate) fn paired(answer: &Answer) -> Result<(), Refusal> {
    let body = answer.json().filter(|_| answer.is_success());
    let body = body.ok_or_else(|| Refusal::server(&format!("HTTP {}", answer.status)))?;
    if body["result"]["status"] == Value::Bool(true) { Ok(()) } else { Err(said(&body)) }
}

/// Reads the answer to an answer: `result.value.value` is true, or `result.value` where the server is asked for less.
pub(crate) fn answered(answer: &Answer) -> Result<(), Refusal> {
    paired(answer)?;
    let body = answer.json().unwrap_or_default();
    let value = &body["result"]["value"];
    if value["value"] == Value::Bool(true) || *value == Value::Bool(true) { Ok(()) } else { Err(said(&body)) }
}

fn said(body: &Value) -> Refusal {
    Refusal::server(body["result"]["error"]["message"].as_str().unwrap_or("no"))
}
