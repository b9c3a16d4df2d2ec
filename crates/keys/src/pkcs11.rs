//! A PKCS#11 module: AES-GCM where the token has it, else AES key wrap with padding (RFC 5649).

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session as Opened, UserType};
use cryptoki::slot::Slot;
use secrecy::SecretString;
use zeroize::{Zeroize, Zeroizing};

use crate::connection::{CONTEXT, Connection};
use crate::error::KeysError;
use crate::source::{KeySource, Pkcs11Uri, encoded};
use crate::wrapped::WrappedKey;

const GCM: &str = "aes-gcm";
const KWP: &str = "aes-kwp";
const TAG_BITS: std::ffi::c_ulong = 128;

/// A session with one token, and the key that wraps.
pub struct Session {
    session: Opened,
    key: ObjectHandle,
    /// The token's label, for the names of its keys.
    token: String,
    by: &'static str,
}

impl Session {
    /// Loads the library, finds the token and logs in.
    pub fn open(uri: &Pkcs11Uri, pin: Option<&SecretString>) -> Result<Self, KeysError> {
        let library = Pkcs11::new(&uri.module_path).map_err(|error| failed(&error))?;
        match library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(failed(&error)),
        }
        let (slot, token) = find_token(&library, uri)?;
        let mechanisms = library.get_mechanism_list(slot).map_err(|error| failed(&error))?;
        let by = match () {
            () if mechanisms.contains(&MechanismType::AES_GCM) => GCM,
            () if mechanisms.contains(&MechanismType::AES_KEY_WRAP_PAD) => KWP,
            () => {
                let reason = "the token has neither CKM_AES_GCM nor CKM_AES_KEY_WRAP_PAD".to_owned();
                return Err(KeysError::UnknownKey { reason });
            }
        };
        let session = library.open_ro_session(slot).map_err(|error| failed(&error))?;
        if let Some(pin) = pin {
            match session.login(UserType::User, Some(pin)) {
                Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
                Err(error) => return Err(failed(&error)),
            }
        }
        let key = find_key(&session, uri.object.as_deref(), uri.id.as_deref())?;
        Ok(Self { session, key, token, by })
    }

    /// The key that something was wrapped under: on this token, whatever it was reached by then.
    fn key_of(&self, at: &WrappedKey) -> Result<ObjectHandle, KeysError> {
        // The file cannot replace a setting: of the name in it only the key's part is used.
        let named = format!("{}?module-path=/", at.under);
        match named.parse() {
            Ok(KeySource::Pkcs11(uri)) => find_key(&self.session, uri.object.as_deref(), uri.id.as_deref()),
            _ => Err(KeysError::UnknownKey { reason: format!("{} is no key of a PKCS#11 module", at.under) }),
        }
    }

    fn unwrapped(&self, key: ObjectHandle, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        let template = [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::GENERIC_SECRET),
            Attribute::Token(false),
            Attribute::Sensitive(false),
            Attribute::Extractable(true),
        ];
        let object = self.session.unwrap_key(&Mechanism::AesKeyWrapPad, key, bytes, &template)?;
        let value = self.session.get_attributes(object, &[AttributeType::Value]);
        let gone = self.session.destroy_object(object);
        match value?.pop() {
            Some(Attribute::Value(value)) => gone.map(|()| value),
            _ => Err(Error::InvalidValue),
        }
    }
}

impl Connection for Session {
    fn place(&self) -> (String, String) {
        let attributes = self.session.get_attributes(self.key, &[AttributeType::Label, AttributeType::Id]);
        let mut name = format!("pkcs11:token={}", encoded(self.token.as_bytes()));
        for attribute in attributes.unwrap_or_default() {
            match attribute {
                Attribute::Label(label) if !label.is_empty() => name += &format!(";object={}", encoded(&label)),
                Attribute::Id(id) if !id.is_empty() => name += &format!(";id={}", encoded(&id)),
                _ => {}
            }
        }
        (name, self.by.to_owned())
    }

    fn wrap(&self, plain: &[u8], mut nonce: [u8; 12]) -> Result<String, KeysError> {
        let wrapped = match self.by {
            GCM => {
                let parameters = gcm(&mut nonce).map_err(|error| failed(&error))?;
                let ciphertext = self.session.encrypt(&Mechanism::AesGcm(parameters), self.key, plain);
                // Some modules draw the nonce themselves and write it into its place.
                ciphertext.map(|ciphertext| [nonce.as_slice(), &ciphertext].concat())
            }
            _ => {
                let mut template = [
                    Attribute::Class(ObjectClass::SECRET_KEY),
                    Attribute::KeyType(KeyType::GENERIC_SECRET),
                    Attribute::Token(false),
                    Attribute::Sensitive(false),
                    Attribute::Extractable(true),
                    Attribute::Value(plain.to_vec()),
                ];
                let created = self.session.create_object(&template);
                if let Some(Attribute::Value(plain)) = template.last_mut() {
                    plain.zeroize();
                }
                created.and_then(|object| {
                    let wrapped = self.session.wrap_key(&Mechanism::AesKeyWrapPad, self.key, object);
                    self.session.destroy_object(object).and(wrapped)
                })
            }
        };
        wrapped.map(|bytes| BASE64.encode(bytes)).map_err(|error| failed(&error))
    }

    fn open(&self, at: &WrappedKey, text: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeysError> {
        let key = self.key_of(at)?;
        let Ok(bytes) = BASE64.decode(text) else { return Ok(None) };
        let opened = match &*at.by {
            GCM => {
                let Some((nonce, ciphertext)) = bytes.split_first_chunk::<12>() else { return Ok(None) };
                let mut nonce = *nonce;
                let parameters = gcm(&mut nonce).map_err(|error| failed(&error))?;
                self.session.decrypt(&Mechanism::AesGcm(parameters), key, ciphertext)
            }
            KWP => self.unwrapped(key, &bytes),
            _ => return Ok(None),
        };
        match opened {
            Ok(plain) => Ok(Some(Zeroizing::new(plain))),
            Err(error) if says_altered(&error) => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }

    /// A module of PKCS#11 has no versions of a key, only other keys.
    fn renew(&self, _at: &WrappedKey, _text: &str) -> Result<Option<String>, KeysError> {
        Ok(None)
    }
}

fn gcm(nonce: &mut [u8; 12]) -> Result<GcmParams<'_>, Error> {
    GcmParams::new(nonce, CONTEXT, TAG_BITS.into())
}

fn find_token(library: &Pkcs11, uri: &Pkcs11Uri) -> Result<(Slot, String), KeysError> {
    let slots = library.get_slots_with_initialized_token().map_err(|error| failed(&error))?;
    let mut found = Vec::new();
    for slot in slots {
        let info = library.get_token_info(slot).map_err(|error| failed(&error))?;
        let is_named = uri.token.as_deref().is_none_or(|label| label == info.label());
        if is_named && uri.serial.as_deref().is_none_or(|serial| serial == info.serial_number()) {
            found.push((slot, info.label().to_owned()));
        }
    }
    match found.len() {
        0 => Err(KeysError::UnknownKey { reason: "the module has no such token".to_owned() }),
        1 => Ok(found.remove(0)),
        _ => Err(KeysError::UnknownKey { reason: "several tokens have this label, add serial=".to_owned() }),
    }
}

fn find_key(session: &Opened, label: Option<&str>, id: Option<&[u8]>) -> Result<ObjectHandle, KeysError> {
    let mut template = vec![Attribute::Class(ObjectClass::SECRET_KEY)];
    template.extend(label.map(|label| Attribute::Label(label.into())));
    template.extend(id.map(|id| Attribute::Id(id.into())));
    let found = session.find_objects(&template).map_err(|error| failed(&error))?;
    match found.as_slice() {
        [] => {
            Err(KeysError::UnknownKey { reason: "the token has no such key, or shows it after login only".to_owned() })
        }
        [key] => Ok(*key),
        _ => Err(KeysError::UnknownKey { reason: "several keys have this name, add id=".to_owned() }),
    }
}

/// What modules say of data that does not open. SoftHSM says that it failed in general, as it does for much else: the
/// constant beside the key tells them apart.
fn says_altered(error: &Error) -> bool {
    matches!(
        error,
        Error::Pkcs11(
            RvError::EncryptedDataInvalid
                | RvError::EncryptedDataLenRange
                | RvError::WrappedKeyInvalid
                | RvError::WrappedKeyLenRange
                | RvError::GeneralError
                | RvError::FunctionFailed,
            _
        )
    )
}

fn failed(error: &Error) -> KeysError {
    let reason = match error {
        Error::Pkcs11(error, function) => format!("{function}: {error:?}"),
        other => other.to_string(),
    };
    match error {
        Error::Pkcs11(
            RvError::PinIncorrect
            | RvError::PinInvalid
            | RvError::PinLenRange
            | RvError::PinExpired
            | RvError::PinLocked
            | RvError::UserPinNotInitialized
            | RvError::UserNotLoggedIn,
            _,
        )
        | Error::PinNotSet => KeysError::Credential { reason },
        Error::Pkcs11(RvError::KeyFunctionNotPermitted | RvError::KeyTypeInconsistent | RvError::KeySizeRange, _) => {
            KeysError::UnknownKey { reason }
        }
        _ => KeysError::Module { reason },
    }
}
