//! The checks of a passkey's answers, with the test vectors of the specification.

use base16ct::lower::decode_vec;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use camtoken_portal::webauthn::{Asserted, Created, Credential, RelyingParty, Unfit};
use serde_json::Value;

/// The test vectors of the specification's section 16, with what the bank's own demands make of them.
const VECTORS: &str = include_str!("webauthn.json");

fn vectors(kind: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(VECTORS).expect("JSON");
    all[kind].as_array().expect("a list").clone()
}

fn hex(vector: &Value, name: &str) -> Vec<u8> {
    decode_vec(vector[name].as_str().expect("a text")).expect("hexadecimal digits")
}

fn challenge(vector: &Value) -> String {
    URL_SAFE_NO_PAD.encode(hex(vector, "challenge"))
}

fn site() -> RelyingParty {
    RelyingParty { id: "example.org".to_owned(), origins: vec!["https://example.org".to_owned()] }
}

fn created(vector: &Value) -> Created {
    Created { client_data: hex(vector, "clientDataJSON"), attestation: hex(vector, "attestationObject") }
}

fn asserted(vector: &Value) -> (Asserted, Credential) {
    let asserted = Asserted {
        client_data: hex(vector, "clientDataJSON"),
        authenticator_data: hex(vector, "authenticatorData"),
        signature: hex(vector, "signature"),
    };
    (asserted, Credential { id: vec![1], key: hex(vector, "key"), count: 0, synced: false })
}

/// How the vector says that a check ends.
fn is_as_said<T>(vector: &Value, done: &Result<T, Unfit>) -> bool {
    let refused = done.as_ref().err().map(|unfit| format!("{unfit:?}"));
    vector.get("refused").and_then(Value::as_str) == refused.as_deref()
}

#[test]
fn the_vectors_of_the_specification_are_taken_where_the_user_was_verified() {
    for vector in vectors("registrations") {
        let done = site().register(&challenge(&vector), &created(&vector));
        assert!(is_as_said(&vector, &done), "{}: {done:?}", vector["name"]);
    }
    for vector in vectors("assertions") {
        let (asserted, known) = asserted(&vector);
        let done = site().assert(&challenge(&vector), &asserted, &known);
        assert!(is_as_said(&vector, &done), "{}: {done:?}", vector["name"]);
    }
}

#[test]
fn every_vector_is_signed_by_its_key_and_by_no_other() {
    let all = vectors("assertions");
    for (vector, other) in all.iter().zip(all.iter().cycle().skip(1)) {
        let ((mut asserted, known), (_, other)) = (asserted(vector), asserted(other));
        assert_eq!(known.verify(&asserted), Ok(()), "{}", vector["name"]);
        assert_eq!(other.verify(&asserted), Err(Unfit::Signature));
        asserted.authenticator_data[33] ^= 1;
        assert_eq!(known.verify(&asserted), Err(Unfit::Signature));
    }
}

#[test]
fn a_passkey_of_the_vectors_logs_in_once_for_each_challenge_and_at_its_own_site_alone() {
    let [registered, used] = ["registrations", "assertions"]
        .map(|kind| vectors(kind).into_iter().find(|vector| vector["name"] == "tpm-es256").expect("a vector"));
    let mut known = site().register(&challenge(&registered), &created(&registered)).expect("a passkey");
    assert_eq!((known.id.len(), known.count, known.synced), (32, 0, false));
    let (given, _) = asserted(&used);
    let one = challenge(&used);
    assert_eq!(site().assert(&one, &given, &known), Ok(known.clone()));
    assert_eq!(site().assert(&challenge(&registered), &given, &known), Err(Unfit::Challenge));
    let at = |origin: &str| RelyingParty { origins: vec![origin.to_owned()], ..site() };
    assert_eq!(at("https://example.com").assert(&one, &given, &known), Err(Unfit::Origin));
    assert_eq!(at("http://example.org").assert(&one, &given, &known), Err(Unfit::Origin));
    let other = RelyingParty { id: "example.com".to_owned(), ..site() };
    assert_eq!(other.assert(&one, &given, &known), Err(Unfit::RelyingParty));
    let mixed_up = Asserted { client_data: created(&registered).client_data, ..given.clone() };
    assert_eq!(site().assert(&one, &mixed_up, &known), Err(Unfit::Type));
    known.count = 1;
    assert_eq!(site().assert(&one, &given, &known), Err(Unfit::Count), "it has counted before, and does not now");
}

#[test]
fn nothing_that_is_cut_off_or_goes_on_is_read() {
    let vector = vectors("registrations").into_iter().find(|vector| vector["name"] == "tpm-es256").expect("a vector");
    let (whole, one) = (created(&vector), challenge(&vector));
    for end in 0..whole.attestation.len() {
        let cut = Created { attestation: whole.attestation[..end].to_vec(), ..whole.clone() };
        assert!(site().register(&one, &cut).is_err(), "{end}");
    }
    let longer = Created { attestation: [&whole.attestation[..], &[0]].concat(), ..whole.clone() };
    assert_eq!(site().register(&one, &longer), Err(Unfit::AuthenticatorData));
    for end in 0..whole.client_data.len() {
        let cut = Created { client_data: whole.client_data[..end].to_vec(), ..whole.clone() };
        assert_eq!(site().register(&one, &cut), Err(Unfit::ClientData), "{end}");
    }
}
