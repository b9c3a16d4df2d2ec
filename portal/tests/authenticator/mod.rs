//! A device with passkeys, in software: what a browser and its authenticator give, written by hand after WebAuthn and CTAP.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use sha2::{Digest, Sha256};

/// User present, and verified.
pub const VERIFIED: u8 = 0x05;

/// A passkey in its device. What a test changes of it makes another device, or another page.
#[derive(Clone)]
pub struct Authenticator {
    pub key: SigningKey,
    pub id: Vec<u8>,
    /// Base64url, as the page has given it.
    pub handle: String,
    pub flags: u8,
    pub count: u32,
    pub site: String,
    pub origin: String,
}

impl Authenticator {
    /// One of the bank at localhost; another number is another device.
    pub fn new(number: u8) -> Self {
        Self {
            key: SigningKey::from_slice(&[number; 32]).expect("a key"),
            id: vec![number; 20],
            handle: String::new(),
            flags: VERIFIED,
            count: 0,
            site: "localhost".to_owned(),
            origin: "http://localhost:4880".to_owned(),
        }
    }

    /// Client data and attestation object of a new passkey.
    pub fn create(&mut self, challenge: &str, handle: &str) -> (Vec<u8>, Vec<u8>) {
        handle.clone_into(&mut self.handle);
        let point = self.key.verifying_key().to_sec1_point(false);
        let (x, y) = point.as_bytes()[1..].split_at(32);
        let length = u16::try_from(self.id.len()).expect("a short ID").to_be_bytes();
        // COSE_Key: {1: 2, 3: -7, -1: 1, -2: x, -3: y}
        let key = [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32], x, &[0x22, 0x58, 32], y].concat();
        let data = [&self.head(0x40)[..], &[0; 16], &length, &self.id, &key].concat();
        let size = u16::try_from(data.len()).expect("short data").to_be_bytes();
        // {"fmt": "none", "attStmt": {}, "authData": data}
        let head = [
            &[0xa3, 0x63][..],
            b"fmt",
            &[0x64],
            b"none",
            &[0x67],
            b"attStmt",
            &[0xa0, 0x68],
            b"authData",
            &[0x59],
            &size,
        ];
        (self.client_data("webauthn.create", challenge), [&head.concat()[..], &data].concat())
    }

    /// Client data, authenticator data and signature of a login.
    pub fn get(&mut self, challenge: &str) -> [Vec<u8>; 3] {
        let (client_data, data) = (self.client_data("webauthn.get", challenge), self.head(0));
        let signed = [&data[..], &Sha256::digest(&client_data)].concat();
        let signature: Signature = self.key.sign(&signed);
        [client_data, data, signature.to_der().as_bytes().to_vec()]
    }

    /// The form of a new passkey, for a challenge and a handle of the page.
    pub fn create_form(&mut self, challenge: &str, handle: &str) -> String {
        let (client_data, attestation) = self.create(challenge, handle);
        format!("client-data={}&attestation={}", text(&client_data), text(&attestation))
    }

    /// The form of a login, for a challenge of the page.
    pub fn get_form(&mut self, challenge: &str) -> String {
        let [client_data, data, signature] = self.get(challenge).map(|bytes| text(&bytes));
        let (id, handle) = (text(&self.id), &self.handle);
        format!("id={id}&handle={handle}&client-data={client_data}&authenticator-data={data}&signature={signature}")
    }

    fn client_data(&self, kind: &str, challenge: &str) -> Vec<u8> {
        let origin = &self.origin;
        format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}","crossOrigin":false}}"#).into_bytes()
    }

    fn head(&self, more: u8) -> Vec<u8> {
        [&Sha256::digest(&self.site)[..], &[self.flags | more], &self.count.to_be_bytes()].concat()
    }
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
