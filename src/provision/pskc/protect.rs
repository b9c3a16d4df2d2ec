//! Values that are encrypted and authenticated: RFC 6030, section 6.
//!
//! The MAC is over the encrypted value with its initialization vector, and is checked before anything is decrypted. The MAC's
//! own key is in the document, protected by CBC alone, as the standard has it. An attacker who can guess plaintext of the
//! document may be able to forge such a key. So a container is no substitute for a trusted way of delivery.

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{Array, BlockCipherDecrypt, BlockModeDecrypt, BlockModeEncrypt, KeyInit, KeyIvInit};
use aes::{Aes128, Aes192, Aes256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use pbkdf2::pbkdf2_hmac;
use rand::CryptoRng;
use secrecy::ExposeSecret;
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::cursor::Cursor;
use super::xml::{Element, Namespace};
use super::{Form, Place, Protection, PskcError};
use crate::key::Key;

/// Bounds the work that a document can ask for.
pub(super) const MAX_ITERATIONS: u32 = 2_000_000;
/// The protection with which documents are written.
const ITERATIONS: u32 = 600_000;
const SALT_LEN: usize = 16;
/// A shorter agreed MAC key, such as that of an empty file, protects nothing.
const LEAST_MAC_KEY: usize = 16;
const BLOCK: usize = 16;

const PBKDF2: &str = "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2";
const PBKDF2_XENC11: &str = "http://www.w3.org/2009/xmlenc11#pbkdf2";

/// Opens the values of one container.
pub(super) struct Opener<'a> {
    container: Cursor<'a>,
    protection: &'a Protection,
    keys: Option<Keys>,
}

struct Keys {
    encryption: Key,
    mac: Option<(Hash, Key)>,
}

impl<'a> Opener<'a> {
    /// Takes or derives the keys, where a value is encrypted.
    pub(super) fn new(container: Cursor<'a>, protection: &'a Protection) -> Result<Self, PskcError> {
        let is_encrypted = container.children("KeyPackage").any(|package| package.element.has_within("EncryptedValue"));
        let keys = if is_encrypted { Some(unlock(container, protection)?) } else { None };
        Ok(Self { container, protection, keys })
    }

    /// Whether a secret may be there without encryption.
    pub(super) const fn allows_plain(&self) -> bool {
        matches!(self.protection, Protection::None)
    }

    /// Opens the `EncryptedValue` in `value`.
    pub(super) fn open(&self, value: Cursor<'_>) -> Result<Zeroizing<Vec<u8>>, PskcError> {
        let encrypted = value.need(value.child("EncryptedValue")?, "EncryptedValue")?;
        let (cipher, bytes) = encrypted_data(encrypted, value)?;
        let keys = self.keys.as_ref().expect("there is an EncryptedValue in a package");
        match (value.child("ValueMAC")?, &keys.mac) {
            (Some(mac), Some((hash, key))) => {
                if !bool::from(hash.mac(key, &bytes).ct_eq(&mac.base64()?)) {
                    return Err(PskcError::Authentication { place: value.place() });
                }
            }
            (Some(_), None) => {
                return Err(PskcError::Missing { place: self.container.place_of("MACMethod/@Algorithm") });
            }
            (None, None) if cipher.authenticates() => {}
            (None, _) => return Err(PskcError::NotAuthenticated { place: value.place() }),
        }
        cipher.decrypt(&keys.encryption, &bytes, value)
    }
}

/// The value that is written instead of a plain one.
pub(super) struct Sealer {
    encryption: Key,
    mac: Key,
    hash: Hash,
    key_info: Element,
    mac_key: Vec<u8>,
}

impl Sealer {
    /// Takes or derives the encryption key and generates the MAC's; `None` without protection.
    pub(super) fn new(
        form: Form,
        protection: &Protection,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<Self>, PskcError> {
        // What a derived key is for takes as many bytes; each hash has a MAC key of its length.
        let (hash, key_len, taken, expected): (_, _, &[usize], _) = match form {
            Form::Strong => (Hash::Sha256, 32, &[16, 24, 32], "16, 24 or 32"),
            Form::Compatible => (Hash::Sha1, 16, &[16], "16"),
        };
        let key_info = Element::new(Namespace::Pskc, "EncryptionKey");
        let (encryption, key_info) = match protection {
            Protection::None => return Ok(None),
            Protection::PreSharedKey { key, name, .. } => {
                let found = key.expose_bytes().len();
                if !taken.contains(&found) {
                    let place = Place { element: "EncryptionKey".to_owned(), package: None };
                    return Err(PskcError::KeyLength { place, expected, found });
                }
                let name = name.as_deref().unwrap_or("Pre-shared-key");
                let named = Element::new(Namespace::Ds, "KeyName").with_text(name);
                (Key::new(key.expose_bytes().to_vec()), key_info.with_children([named]))
            }
            Protection::Passphrase(passphrase) => {
                let mut salt = [0; SALT_LEN];
                rng.fill_bytes(&mut salt);
                let key = hash.pbkdf2(passphrase.expose_secret().as_bytes(), &salt, ITERATIONS, key_len);
                (key, key_info.with_children([derived_key(hash, &salt, key_len)]))
            }
        };
        let mut mac = Zeroizing::new(vec![0; if hash == Hash::Sha1 { 20 } else { Key::LEN }]);
        rng.fill_bytes(&mut mac);
        let mac_key = encrypt(&encryption, &mac, rng);
        Ok(Some(Self { encryption, mac: Key::new(mac.to_vec()), hash, key_info, mac_key }))
    }

    /// `EncryptionKey` and `MACMethod`.
    pub(super) fn header(self) -> [Element; 2] {
        let data = encryption_elements(&self.encryption, &self.mac_key);
        let method = Element::new(Namespace::Pskc, "MACMethod")
            .with_attribute("Algorithm", self.hash.uri())
            .with_children([Element::new(Namespace::Pskc, "MACKey").with_children(data)]);
        [self.key_info, method]
    }

    /// `EncryptedValue` and `ValueMAC`.
    pub(super) fn seal(&self, secret: &Key, rng: &mut impl CryptoRng) -> [Element; 2] {
        let bytes = encrypt(&self.encryption, secret.expose_bytes(), rng);
        let mac = STANDARD.encode(self.hash.mac(&self.mac, &bytes));
        [
            Element::new(Namespace::Pskc, "EncryptedValue")
                .with_children(encryption_elements(&self.encryption, &bytes)),
            Element::new(Namespace::Pskc, "ValueMAC").with_text(mac),
        ]
    }
}

/// Finds the keys of a container: the encryption key given or derived, and the MAC's key under it.
fn unlock(container: Cursor<'_>, protection: &Protection) -> Result<Keys, PskcError> {
    let key_info = container.child("EncryptionKey")?;
    let derived = key_info.map(|info| info.child_in(Namespace::Xenc11, "DerivedKey")).transpose()?.flatten();
    let place = container.place();
    let encryption = match (protection, derived) {
        (Protection::Passphrase(passphrase), Some(derived)) => derive(derived, passphrase.expose_secret())?,
        (_, Some(_)) => return Err(PskcError::Protection { place, needed: "a passphrase" }),
        (Protection::PreSharedKey { key, name, .. }, None) => {
            if let Some(info) = key_info {
                check_key_info(info, name.as_deref())?;
            }
            Key::new(key.expose_bytes().to_vec())
        }
        (_, None) => return Err(PskcError::Protection { place, needed: "a pre-shared key" }),
    };
    let Some(method) = container.child("MACMethod")? else { return Ok(Keys { encryption, mac: None }) };
    // python-pskc writes one without its algorithm beside ciphers that need none.
    let Some(algorithm) = method.attribute("Algorithm") else { return Ok(Keys { encryption, mac: None }) };
    let hash = Hash::from_uri(algorithm).ok_or_else(|| unsupported(method, algorithm))?;
    let mac = match method.child("MACKey")? {
        Some(_) if method.child("MACKeyReference")?.is_some() => {
            return Err(PskcError::Repeated { place: method.place_of("MACKey") });
        }
        // Under CBC alone it may be forged, so it never takes the place of the key that the parties have agreed on.
        Some(_) if matches!(protection, Protection::PreSharedKey { mac_key: Some(_), .. }) => {
            let needed = "a MAC key of the file, not the agreed one";
            return Err(PskcError::Protection { place: method.place(), needed });
        }
        Some(mac_key) => {
            let (cipher, bytes) = encrypted_data(mac_key, mac_key)?;
            match cipher.decrypt(&encryption, &bytes, mac_key) {
                Ok(key) => Key::new(key.to_vec()),
                // Whether the padding is right is a secret (a padding oracle), so another key takes its place, under which no value opens.
                Err(PskcError::Authentication { .. }) if !cipher.authenticates() => {
                    Key::new(hash.mac(&encryption, &bytes))
                }
                Err(error) => return Err(error),
            }
        }
        None => agreed_mac_key(method, key_info, &encryption, protection)?,
    };
    Ok(Keys { encryption, mac: Some((hash, mac)) })
}

/// The MAC's key if it is not in the document: the caller's, or the encryption key if the document refers to that.
fn agreed_mac_key(
    method: Cursor<'_>,
    key_info: Option<Cursor<'_>>,
    encryption: &Key,
    protection: &Protection,
) -> Result<Key, PskcError> {
    let copy = |key: &Key| Key::new(key.expose_bytes().to_vec());
    if let Protection::PreSharedKey { mac_key: Some(key), .. } = protection {
        let found = key.expose_bytes().len();
        if found < LEAST_MAC_KEY {
            return Err(PskcError::KeyLength { place: method.place_of("MACKey"), expected: "16 or more", found });
        }
        return Ok(copy(key));
    }
    let reference = method.need(method.child("MACKeyReference")?, "MACKey")?;
    let name = key_info.map(|info| info.child_in(Namespace::Ds, "KeyName")).transpose()?.flatten();
    match name {
        Some(name) if name.text() == reference.text() => Ok(copy(encryption)),
        _ => Err(PskcError::Protection { place: method.place(), needed: "a MAC key that both parties have" }),
    }
}

fn check_key_info(info: Cursor<'_>, expected: Option<&str>) -> Result<(), PskcError> {
    for asymmetric in ["X509Data", "KeyValue", "RetrievalMethod", "PGPData", "SPKIData", "MgmtData"] {
        if info.child_in(Namespace::Ds, asymmetric)?.is_some() {
            return Err(unsupported(info, asymmetric));
        }
    }
    match (info.child_in(Namespace::Ds, "KeyName")?.map(Cursor::text), expected) {
        (Some(found), Some(expected)) if found != expected => {
            Err(PskcError::KeyName { expected: expected.to_owned(), found: found.to_owned() })
        }
        _ => Ok(()),
    }
}

/// `DerivedKey` of XML Encryption 1.1 with the parameters of PKCS #5. Their children stand in no namespace in the RFC's
/// figure, and in one of three in the files of others.
fn derive(derived: Cursor<'_>, passphrase: &str) -> Result<Key, PskcError> {
    let method = derived.need(derived.child_in(Namespace::Xenc11, "KeyDerivationMethod")?, "KeyDerivationMethod")?;
    let algorithm = method.required("Algorithm")?;
    if ![PBKDF2, PBKDF2_XENC11].contains(&algorithm) {
        return Err(unsupported(method, algorithm));
    }
    let parameters = method.child_where("PBKDF2-params", |it| matches!(it, Namespace::Pkcs5 | Namespace::Xenc11))?;
    let parameters = method.need(parameters, "PBKDF2-params")?;
    let optional = |name| parameters.child_where(name, |it| it != Namespace::Other);
    let required = |name| parameters.need(optional(name)?, name);

    let salt = required("Salt")?;
    let specified = salt.child_where("Specified", |it| it != Namespace::Other)?;
    let salt = salt.need(specified, "Specified")?.base64()?;
    let iterations = required("IterationCount")?;
    let found: u64 = iterations.parse("a number", iterations.text())?;
    let rounds = u32::try_from(found).ok().filter(|rounds| (1..=MAX_ITERATIONS).contains(rounds));
    let rounds = rounds.ok_or(PskcError::Iterations { found })?;
    let length = required("KeyLength")?;
    let bytes: usize = length.parse("a number", length.text())?;
    if !matches!(bytes, 16 | 24 | 32) {
        return Err(PskcError::KeyLength { place: length.place(), expected: "16, 24 or 32", found: bytes });
    }
    // PKCS #5: HMAC-SHA1 unless said otherwise; the figure has an empty element. python-pskc writes the URI as text.
    let hash = match optional("PRF")?.map(|prf| (prf, prf.attribute("Algorithm").unwrap_or(prf.text()))) {
        None | Some((_, "")) => Hash::Sha1,
        Some((prf, uri)) => Hash::from_uri(uri).ok_or_else(|| unsupported(prf, uri))?,
    };
    Ok(hash.pbkdf2(passphrase.as_bytes(), &salt, rounds, bytes))
}

/// Where the function is the one that PKCS #5 has without any, it is left out: some readers know no other.
fn derived_key(hash: Hash, salt: &[u8], key_len: usize) -> Element {
    let plain = |name, text| Element::new(Namespace::None, name).with_text(text);
    let prf = Element::new(Namespace::None, "PRF").with_attribute("Algorithm", hash.uri());
    let parameters = Element::new(Namespace::Pkcs5, "PBKDF2-params")
        .with_children([
            Element::new(Namespace::None, "Salt").with_children([plain("Specified", STANDARD.encode(salt))]),
            plain("IterationCount", ITERATIONS.to_string()),
            plain("KeyLength", key_len.to_string()),
        ])
        .with_children(Some(prf).filter(|_| hash != Hash::Sha1));
    let method = Element::new(Namespace::Xenc11, "KeyDerivationMethod").with_attribute("Algorithm", PBKDF2);
    Element::new(Namespace::Xenc11, "DerivedKey").with_children([method.with_children([parameters])])
}

/// Cipher and bytes of an element of type `EncryptedDataType`; `about` is what an error names.
fn encrypted_data(data: Cursor<'_>, about: Cursor<'_>) -> Result<(Cipher, Zeroizing<Vec<u8>>), PskcError> {
    let method = about.need(data.child_in(Namespace::Xenc, "EncryptionMethod")?, "EncryptionMethod")?;
    let algorithm = method.required("Algorithm")?;
    let cipher = Cipher::from_uri(algorithm).ok_or_else(|| unsupported(about, algorithm))?;
    let data = about.need(data.child_in(Namespace::Xenc, "CipherData")?, "CipherData")?;
    let value = about.need(data.child_in(Namespace::Xenc, "CipherValue")?, "CipherValue")?;
    Ok((cipher, value.base64()?))
}

fn encryption_elements(key: &Key, bytes: &[u8]) -> [Element; 2] {
    let cipher = match key.expose_bytes().len() {
        16 => Cipher::Aes128Cbc,
        24 => Cipher::Aes192Cbc,
        _ => Cipher::Aes256Cbc,
    };
    let value = Element::new(Namespace::Xenc, "CipherValue").with_text(STANDARD.encode(bytes));
    [
        Element::new(Namespace::Xenc, "EncryptionMethod").with_attribute("Algorithm", cipher.uri()),
        Element::new(Namespace::Xenc, "CipherData").with_children([value]),
    ]
}

fn unsupported(at: Cursor<'_>, algorithm: &str) -> PskcError {
    PskcError::Unsupported { place: at.place(), algorithm: algorithm.to_owned() }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cipher {
    Aes128Cbc,
    Aes192Cbc,
    Aes256Cbc,
    Aes128Wrap,
    Aes192Wrap,
    Aes256Wrap,
}

impl Cipher {
    const URIS: [(Self, &'static str); 9] = [
        (Self::Aes128Cbc, "http://www.w3.org/2001/04/xmlenc#aes128-cbc"),
        (Self::Aes192Cbc, "http://www.w3.org/2001/04/xmlenc#aes192-cbc"),
        (Self::Aes256Cbc, "http://www.w3.org/2001/04/xmlenc#aes256-cbc"),
        (Self::Aes128Wrap, "http://www.w3.org/2001/04/xmlenc#kw-aes128"),
        (Self::Aes192Wrap, "http://www.w3.org/2001/04/xmlenc#kw-aes192"),
        (Self::Aes256Wrap, "http://www.w3.org/2001/04/xmlenc#kw-aes256"),
        (Self::Aes128Wrap, "http://www.w3.org/2009/xmlenc11#kw-aes-128-pad"),
        (Self::Aes192Wrap, "http://www.w3.org/2009/xmlenc11#kw-aes-192-pad"),
        (Self::Aes256Wrap, "http://www.w3.org/2009/xmlenc11#kw-aes-256-pad"),
    ];

    fn from_uri(uri: &str) -> Option<Self> {
        Self::URIS.into_iter().find(|(_, known)| *known == uri).map(|(cipher, _)| cipher)
    }

    fn uri(self) -> &'static str {
        Self::URIS.into_iter().find(|(cipher, _)| *cipher == self).expect("each has its URI").1
    }

    const fn authenticates(self) -> bool {
        matches!(self, Self::Aes128Wrap | Self::Aes192Wrap | Self::Aes256Wrap)
    }

    fn decrypt(self, key: &Key, bytes: &[u8], at: Cursor<'_>) -> Result<Zeroizing<Vec<u8>>, PskcError> {
        let key = key.expose_bytes();
        let opened = match self {
            Self::Aes128Cbc => decrypt_cbc::<cbc::Decryptor<Aes128>>(key, bytes),
            Self::Aes192Cbc => decrypt_cbc::<cbc::Decryptor<Aes192>>(key, bytes),
            Self::Aes256Cbc => decrypt_cbc::<cbc::Decryptor<Aes256>>(key, bytes),
            Self::Aes128Wrap => unwrap_key::<Aes128>(key, bytes),
            Self::Aes192Wrap => unwrap_key::<Aes192>(key, bytes),
            Self::Aes256Wrap => unwrap_key::<Aes256>(key, bytes),
        };
        let expected = match self {
            Self::Aes128Cbc | Self::Aes128Wrap => "16",
            Self::Aes192Cbc | Self::Aes192Wrap => "24",
            Self::Aes256Cbc | Self::Aes256Wrap => "32",
        };
        opened.map_err(|refused| match refused {
            Refused::KeyLength => PskcError::KeyLength { place: at.place(), expected, found: key.len() },
            Refused::Content => PskcError::Authentication { place: at.place() },
        })
    }
}

enum Refused {
    KeyLength,
    Content,
}

/// The initialisation vector is before the ciphertext; padding is that of PKCS #7.
fn decrypt_cbc<C: KeyIvInit + BlockModeDecrypt>(key: &[u8], bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refused> {
    let (iv, ciphertext) = bytes.split_at_checked(BLOCK).ok_or(Refused::Content)?;
    let cipher = C::new_from_slices(key, iv).map_err(|_| Refused::KeyLength)?;
    cipher.decrypt_padded_vec::<Pkcs7>(ciphertext).map(Zeroizing::new).map_err(|_| Refused::Content)
}

/// Encrypts by AES-CBC with the key of 16, 24 or 32 bytes, under a random vector, which is written before the result.
fn encrypt(key: &Key, plain: &[u8], rng: &mut impl CryptoRng) -> Vec<u8> {
    fn cbc<C: KeyIvInit + BlockModeEncrypt>(key: &[u8], iv: &[u8], plain: &[u8]) -> Vec<u8> {
        C::new_from_slices(key, iv).expect("the length chose the cipher").encrypt_padded_vec::<Pkcs7>(plain)
    }
    let mut bytes = vec![0; BLOCK];
    rng.fill_bytes(&mut bytes);
    let key = key.expose_bytes();
    let encrypt = match key.len() {
        16 => cbc::<cbc::Encryptor<Aes128>>,
        24 => cbc::<cbc::Encryptor<Aes192>>,
        _ => cbc::<cbc::Encryptor<Aes256>>,
    };
    let ciphertext = encrypt(key, &bytes, plain);
    bytes.extend(ciphertext);
    bytes
}

/// AES key wrap, RFC 3394, and with padding, RFC 5649. Which of the two it was, the check value at its end says: files
/// have keys of 20 bytes, which only the second can wrap, under the URI of the first.
fn unwrap_key<C: KeyInit + BlockCipherDecrypt>(key: &[u8], bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refused> {
    const HALF: usize = BLOCK / 2;
    let cipher = C::new_from_slice(key).map_err(|_| Refused::KeyLength)?;
    if bytes.len() < BLOCK || !bytes.len().is_multiple_of(HALF) {
        return Err(Refused::Content);
    }
    let mut wrapped = Zeroizing::new(bytes.to_vec());
    let (check, registers) = wrapped.split_at_mut(HALF);
    let count = registers.len() / HALF;
    let decrypt = |check: &mut [u8], register: &mut [u8], step: usize| {
        let mut block = Array::<u8, C::BlockSize>::default();
        let step = u64::try_from(step).expect("a document has fewer bytes").to_be_bytes();
        block.iter_mut().zip(check.iter().zip(step)).for_each(|(byte, (left, mask))| *byte = left ^ mask);
        block[HALF..].copy_from_slice(register);
        cipher.decrypt_block(&mut block);
        check.copy_from_slice(&block[..HALF]);
        register.copy_from_slice(&block[HALF..]);
        block.zeroize();
    };
    if count == 1 {
        decrypt(check, registers, 0);
    } else {
        (1..=6 * count)
            .rev()
            .for_each(|step| decrypt(check, &mut registers[(step - 1) % count * HALF..][..HALF], step));
    }
    let len = match check.split_at(HALF / 2) {
        _ if count > 1 && bool::from(check.ct_eq(&[0xa6; HALF])) => registers.len(),
        ([0xa6, 0x59, 0x59, 0xa6], &[a, b, c, d]) => u32::from_be_bytes([a, b, c, d]) as usize,
        _ => return Err(Refused::Content),
    };
    let padding = registers.len().checked_sub(len).filter(|padding| *padding < HALF).ok_or(Refused::Content)?;
    if !bool::from(registers[len..].ct_eq(&[0; HALF][..padding])) {
        return Err(Refused::Content);
    }
    wrapped.drain(..HALF);
    wrapped.truncate(len);
    Ok(wrapped)
}

/// The hash under an HMAC, for a MAC or as PBKDF2's function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    const URIS: [(Self, &'static str); 5] = [
        (Self::Sha1, "http://www.w3.org/2000/09/xmldsig#hmac-sha1"),
        (Self::Sha224, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha224"),
        (Self::Sha256, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
        (Self::Sha384, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha384"),
        (Self::Sha512, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512"),
    ];

    fn from_uri(uri: &str) -> Option<Self> {
        Self::URIS.into_iter().find(|(_, known)| *known == uri).map(|(hash, _)| hash)
    }

    fn uri(self) -> &'static str {
        Self::URIS.into_iter().find(|(hash, _)| *hash == self).expect("each has its URI").1
    }

    fn mac(self, key: &Key, bytes: &[u8]) -> Vec<u8> {
        fn mac<M: Mac + KeyInit>(key: &[u8], bytes: &[u8]) -> Vec<u8> {
            let mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
            mac.chain_update(bytes).finalize().into_bytes().to_vec()
        }
        let mac = match self {
            Self::Sha1 => mac::<Hmac<Sha1>>,
            Self::Sha224 => mac::<Hmac<Sha224>>,
            Self::Sha256 => mac::<Hmac<Sha256>>,
            Self::Sha384 => mac::<Hmac<Sha384>>,
            Self::Sha512 => mac::<Hmac<Sha512>>,
        };
        mac(key.expose_bytes(), bytes)
    }

    fn pbkdf2(self, passphrase: &[u8], salt: &[u8], rounds: u32, len: usize) -> Key {
        let pbkdf2 = match self {
            Self::Sha1 => pbkdf2_hmac::<Sha1>,
            Self::Sha224 => pbkdf2_hmac::<Sha224>,
            Self::Sha256 => pbkdf2_hmac::<Sha256>,
            Self::Sha384 => pbkdf2_hmac::<Sha384>,
            Self::Sha512 => pbkdf2_hmac::<Sha512>,
        };
        let mut key = vec![0; len];
        pbkdf2(passphrase, salt, rounds, &mut key);
        Key::new(key)
    }
}

#[cfg(test)]
mod tests;
