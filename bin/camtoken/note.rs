//! Signed notes: a text, and an Ed25519 signature (RFC 8032) under it. The format is C2SP's signed-note, which Go's `sumdb/note` and
//! the tools of transparency logs read and check as well.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use rand::CryptoRng;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The first characters of a line with a signature.
const DASH: &str = "\u{2014} ";

/// The algorithm Ed25519, as the format numbers it.
const ALGORITHM: u8 = 1;

const SEED_LEN: usize = 32;
const PRIVATE: &str = "PRIVATE+KEY+";

/// The key that signs notes.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

/// The key that checks them. As text: a name, 8 hexadecimal digits and the key, with `+` between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    name: String,
    hash: [u8; 4],
    key: [u8; 32],
}

/// Why a note or a key is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not a key of this format.
    #[error("not a key of a signed note")]
    Key,
    /// Not a note: a text, an empty line, lines with signatures.
    #[error("not a signed note")]
    Form,
    /// No signature of this key.
    #[error("not signed by this key")]
    OtherKey,
    /// The text was altered since.
    #[error("the signature does not fit: the text was altered")]
    Signature,
}

impl SigningKey {
    /// Generates a key, and gives the text that [`SigningKey::parse`] reads. It is a secret.
    pub fn generate(name: &str, rng: &mut impl CryptoRng) -> (Self, Zeroizing<String>) {
        let mut seed = Zeroizing::new([0; SEED_LEN]);
        rng.fill_bytes(&mut *seed);
        let key = Self::new(name, &seed);
        let bytes = Zeroizing::new([&[ALGORITHM], seed.as_slice()].concat());
        let encoded = Zeroizing::new(BASE64.encode(&*bytes));
        let digits = base16ct::lower::encode_string(&key.public.hash);
        let text = Zeroizing::new(format!("{PRIVATE}{name}+{digits}+{}", *encoded));
        (key, text)
    }

    /// Reads a key.
    ///
    /// # Errors
    ///
    /// [`NoteError::Key`].
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let (name, hash, bytes) = parts(text.strip_prefix(PRIVATE).ok_or(NoteError::Key)?)?;
        let key = Self::new(name, &bytes);
        if key.public.hash == hash { Ok(key) } else { Err(NoteError::Key) }
    }

    fn new(name: &str, seed: &[u8; SEED_LEN]) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).expect("a seed has 32 bytes");
        let key = pair.public_key().as_ref().try_into().expect("a public key has 32 bytes");
        Self { pair, public: PublicKey::new(name, key) }
    }

    /// The key that checks its notes.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs a text, which ends with a line feed.
    pub fn sign(&self, text: &str) -> String {
        let signature = self.pair.sign(text.as_bytes());
        let encoded = BASE64.encode([&self.public.hash, signature.as_ref()].concat());
        format!("{text}\n{DASH}{} {encoded}\n", self.public.name)
    }
}

impl PublicKey {
    fn new(name: &str, key: [u8; 32]) -> Self {
        let digest = Sha256::new_with_prefix(name).chain_update([b'\n', ALGORITHM]).chain_update(key).finalize();
        Self { name: name.to_owned(), hash: digest[..4].try_into().expect("four bytes"), key }
    }

    /// The text of a note that this key has signed. Signatures by other keys are ignored.
    ///
    /// # Errors
    ///
    /// [`NoteError`] when it is no note, this key has not signed it, or it was altered.
    pub fn open<'a>(&self, note: &'a str) -> Result<&'a str, NoteError> {
        let end = note.rfind("\n\n").ok_or(NoteError::Form)?;
        let (text, signatures) = (&note[..=end], &note[end + 2..]);
        if signatures.is_empty() || !signatures.ends_with('\n') {
            return Err(NoteError::Form);
        }
        for line in signatures.lines() {
            let (name, encoded) =
                line.strip_prefix(DASH).and_then(|line| line.split_once(' ')).ok_or(NoteError::Form)?;
            let bytes = BASE64.decode(encoded).map_err(|_| NoteError::Form)?;
            let (hash, signature) = bytes.split_first_chunk::<4>().ok_or(NoteError::Form)?;
            if name == self.name && *hash == self.hash {
                let checked = UnparsedPublicKey::new(&ED25519, self.key).verify(text.as_bytes(), signature);
                return checked.map(|()| text).map_err(|_| NoteError::Signature);
            }
        }
        Err(NoteError::OtherKey)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = BASE64.encode([&[ALGORITHM], self.key.as_slice()].concat());
        write!(f, "{}+{}+{key}", self.name, base16ct::lower::encode_string(&self.hash))
    }
}

impl FromStr for PublicKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let (name, hash, bytes) = parts(text)?;
        let key = Self::new(name, *bytes);
        if key.hash == hash { Ok(key) } else { Err(NoteError::Key) }
    }
}

/// The name, the hash and the 32 bytes of a key.
type Parts<'a> = (&'a str, [u8; 4], Zeroizing<[u8; 32]>);

fn parts(text: &str) -> Result<Parts<'_>, NoteError> {
    let mut parts = text.trim_end().splitn(3, '+');
    let (Some(name), Some(digits), Some(encoded)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(NoteError::Key);
    };
    let mut hash = [0; 4];
    let is_hash = base16ct::lower::decode(digits, &mut hash).is_ok_and(|decoded| decoded.len() == 4);
    let bytes = Zeroizing::new(BASE64.decode(encoded).map_err(|_| NoteError::Key)?);
    match bytes.split_first() {
        Some((&ALGORITHM, key)) if is_hash && !name.is_empty() && !name.contains(char::is_whitespace) => {
            Ok((name, hash, Zeroizing::new(key.try_into().map_err(|_| NoteError::Key)?)))
        }
        _ => Err(NoteError::Key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Go's `golang.org/x/mod/sumdb/note`.
    const PRIVATE_KEY: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const PUBLIC_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const TEXT: &str =
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const SIGNATURE: &str = "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    #[test]
    fn a_note_is_signed_as_go_signs_it() {
        let key = SigningKey::parse(PRIVATE_KEY).expect("a key");
        let note = format!("{TEXT}\n{SIGNATURE}");
        assert_eq!(key.public().to_string(), PUBLIC_KEY);
        assert_eq!(key.sign(TEXT), note);
        assert_eq!(PUBLIC_KEY.parse::<PublicKey>().expect("a key").open(&note), Ok(TEXT));
    }

    #[test]
    fn a_note_that_was_altered_or_is_of_another_is_refused() {
        let note = format!("{TEXT}\n{SIGNATURE}");
        let key: PublicKey = PUBLIC_KEY.parse().expect("a key");
        assert_eq!(key.open(&note.replace("think", "know")), Err(NoteError::Signature));
        assert_eq!(key.open(TEXT), Err(NoteError::Form));
        assert_eq!(key.open(&note[..note.len() - 1]), Err(NoteError::Form));
        let (other, text) = SigningKey::generate("camtoken-audit", &mut crate::system::rng());
        assert_eq!(other.public().open(&note), Err(NoteError::OtherKey));
        let again = SigningKey::parse(&text).expect("it was just generated");
        assert_eq!(other.public().open(&again.sign(TEXT)), Ok(TEXT));
        for wrong in ["", "PeterNeumann", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"] {
            assert_eq!(wrong.parse::<PublicKey>(), Err(NoteError::Key), "{wrong}");
        }
    }
}
