//! The vectors of `testvectors/otpauth_test.json`.

use camtoken_formats::otpauth::OtpauthUri;
use serde_json::Value;

#[test]
fn uris_are_read_and_refused_as_the_vectors_say() {
    let path = format!("{}/../../testvectors/otpauth_test.json", env!("CARGO_MANIFEST_DIR"));
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("a file")).expect("JSON");
    let mut bad = Vec::new();
    for group in document["testGroups"].as_array().expect("groups") {
        for test in group["tests"].as_array().expect("tests") {
            let read = test["uri"].as_str().expect("a URI").parse::<OtpauthUri>();
            let said = match &read {
                Ok(uri) => format!("{:?} {:?} {}", uri.issuer, uri.account, uri.digits),
                Err(error) => format!("{error:?}"),
            };
            if read.is_ok() != (test["result"] == "valid") {
                bad.push(format!("{} {} {}: {said}", test["tcId"], test["uri"], test["flags"]));
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}
