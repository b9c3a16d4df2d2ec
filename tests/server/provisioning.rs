//! Keys that come in a file, and generators.

use std::process::Command;

use serde_json::{Value, json};

use super::client::Server;
use super::hand::text;

/// A device key, a generator and what is neither, the last two in a figure of RFC 6030 (testvectors/pskc).
pub fn takes_keys_from_a_file(server: &Server) {
    let import = |document: Value| server.post("/v1/tokens/import", &document);
    let container = r#"<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc">
        <KeyPackage><DeviceInfo><Manufacturer>Example</Manufacturer><SerialNo>PSKC000001</SerialNo></DeviceInfo>
          <Key Id="1" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:ocra"><Data><Secret>
            <PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=</PlainValue></Secret></Data></Key></KeyPackage>
        <KeyPackage><DeviceInfo><Manufacturer>Example</Manufacturer><SerialNo>HOTP1</SerialNo></DeviceInfo>
          <Key Id="2" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:hotp"><Data><Secret>
            <PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret></Data></Key></KeyPackage></KeyContainer>"#;
    for _ in 0..2 {
        let imported = import(json!({ "pskc": container })).ok(200);
        assert_eq!(imported["tokens"], json!(["PSKC000001"]));
        assert_eq!(imported["generators"], json!(["HOTP1"]));
        assert_eq!(imported["skipped"], json!([]));
    }
    assert_eq!(server.get("/v1/tokens/PSKC000001").ok(200)["test"], false);
    let neither = container.replace(":ocra", ":pin").replace(":hotp", ":pin");
    assert_eq!(import(json!({ "pskc": neither })).problem(422), "CT-E074");
    let faulty = include_str!("../../testvectors/pskc/delivery_with_faults.pskcxml");
    let imported = import(json!({ "pskc": faulty })).ok(200);
    assert_eq!(imported["tokens"], json!(["FEX0000001", "FEX0000004", "FEX0000012"]));
    let first = json!({
        "name": "FEX0000002", "package": 2, "keyId": "K-FEX0000002",
        "why": "PlainValue of package 2 (device \"FEX0000002\") is not base64", "unauthentic": false,
    });
    assert_eq!((&imported["skipped"][0], imported["skipped"].as_array().map(Vec::len)), (&first, Some(9)));
    // Half of it is agreed on beforehand.
    let mac_key = json!({
        "pskc": include_str!("../../testvectors/pskc/mac_key_agreed.pskcxml"),
        "key": "EjRWeJASNFZ4kBI0VniQEg==", "macKey": "/cShd8Q51tlcgoWDkZG67T2Ku20=",
    });
    assert_eq!(import(mac_key).ok(200)["tokens"], json!(["FEX0000302"]));
    assert_eq!(mac_altered(server), json!(true), "also when nothing is taken");
    let early = "<Policy><StartDate>2090-01-01T00:00:00Z</StartDate></Policy></Key></KeyPackage>";
    let early = container.replace("PSKC000001", "PSKC000002").replacen("MTIz", "MzIx", 1).replacen(
        "</Key></KeyPackage>",
        early,
        1,
    );
    assert_eq!(import(json!({ "pskc": early })).ok(200)["tokens"], json!(["PSKC000002"]));
    let known = server.get("/v1/tokens/PSKC000002").ok(200);
    assert_eq!((&known["validFrom"], &known["validUntil"]), (&json!("2090-01-01T00:00:00Z"), &Value::Null));
    let new = json!({ "tokenId": "PSKC000002", "contract": "1234567890", "user": "TANAKA" });
    assert_eq!(server.post("/v1/enrollments", &new).problem(409), "CT-E092");
    assert_eq!(import(json!({ "pskc": "<html/>" })).problem(422), "CT-E073");
    let two = json!({ "pskc": container, "passphrase": "qwerty", "key": "MTIzNDU2Nzg5MDEyMzQ1Ng==" });
    assert_eq!(import(two).problem(422), "CT-E115");
    // Figure 7 of RFC 6030 is under the passphrase "qwerty", and is a HOTP key.
    let figure = include_str!("../../testvectors/pskc/rfc6030_figure7.pskcxml");
    let wrong = import(json!({ "pskc": figure, "passphrase": "qwertz" }));
    assert_eq!(wrong.problem(422), "CT-E073");
    let opened = import(json!({ "pskc": figure, "passphrase": "qwerty" }));
    assert_eq!(opened.ok(200)["generators"], json!(["987654321"]));
    gives_a_makers_generator(server);
    asks_a_card(server);
}

/// What is said of a file with an altered value, whose tokens are revoked.
fn mac_altered(server: &Server) -> Value {
    let file = json!({
        "pskc": include_str!("../../testvectors/pskc/one_mac_altered.pskcxml"),
        "key": "EjRWeJASNFZ4kBI0VniQEg==",
    });
    let imported = server.post("/v1/tokens/import", &file).ok(200);
    assert_eq!(imported["tokens"], json!(["FEX0000601", "FEX0000603"]));
    for token in ["FEX0000601", "FEX0000603"] {
        server.post(&format!("/v1/tokens/{token}/revoke"), &json!({})).ok(200);
    }
    let refused = server.post("/v1/tokens/import", &file);
    let problem: Value = serde_json::from_slice(&refused.body).expect("a problem document");
    assert_eq!((refused.status, &problem["code"]), (409, &json!("CT-E083")), "{problem}");
    problem["unauthentic"].clone()
}

/// RFC 4226, appendix D.
fn gives_a_makers_generator(server: &Server) {
    let new = json!({ "contract": "1234567890", "user": "TANAKA" });
    assert_eq!(server.post("/v1/generators/HOTP9/enroll", &new).problem(404), "CT-E094");
    let given = server.post("/v1/generators/HOTP1/enroll", &new).ok(201);
    assert_eq!((&given["kind"], &given["activation"]), (&json!("eventBased"), &given["id"]));
    assert_eq!(server.post("/v1/generators/HOTP1/enroll", &new).problem(409), "CT-E093");
    assert_eq!(server.get("/v1/generators/HOTP1").ok(200)["manufacturer"], "Example");
    let path = |rest: &str| format!("/v1/activations/{}{rest}", text(&given, "id"));
    assert_eq!(server.get(&path("")).ok(200)["generator"], "HOTP1");
    let verify =
        |password: &str| server.post(&path("/verify"), &json!({ "response": password })).ok(200)["result"].clone();
    assert_eq!([verify("755224"), verify("755 224"), verify("000000")], ["accepted", "used", "rejected"]);
    let resynchronise = |passwords: Value| server.post(&path("/resynchronise"), &json!({ "passwords": passwords }));
    assert_eq!(resynchronise(json!(["254676", "162583"])).ok(200)["reason"], "Wrong");
    assert_eq!(resynchronise(json!(["254676", "287922"])).ok(200), json!({ "result": "accepted" }));
    assert_eq!([verify("287922"), verify("162583")], ["used", "accepted"]);
    assert_eq!(resynchronise(json!(["254676"])).problem(400), "CT-E100");
}

/// RFC 6287's key and suite; the response is by Python's own HMAC.
fn asks_a_card(server: &Server) {
    let suite = "OCRA-1:HOTP-SHA1-6:QN08";
    let pskc = format!(
        "<KeyContainer Version=\"1.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\"><KeyPackage><DeviceInfo>\
         <SerialNo>CARD1</SerialNo></DeviceInfo><Key Id=\"C1\" Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:ocra\">\
         <AlgorithmParameters><Suite>{suite}</Suite></AlgorithmParameters><Data><Secret>\
         <PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret></Data></Key></KeyPackage></KeyContainer>"
    );
    let imported = server.post("/v1/tokens/import", &json!({ "pskc": pskc })).ok(200);
    assert_eq!(imported["generators"], json!(["CARD1"]));
    let new = json!({ "contract": "1234567890", "user": "SUZUKI" });
    let given = server.post("/v1/generators/CARD1/enroll", &new).ok(201);
    assert_eq!(given["kind"], "card");
    let path = |rest: &str| format!("/v1/activations/{}{rest}", text(&given, "id"));
    let verify =
        |response: &str| server.post(&path("/verify"), &json!({ "response": response })).ok(200)["result"].clone();
    assert_eq!(verify("243178"), "rejected", "nothing was asked");
    let asked = server.post(&path("/question"), &json!({ "ttl": "60s" })).ok(201);
    let script = "import hmac,sys\ns,q=sys.argv[1:]\nh='%X'%int(q)\n\
        d=hmac.digest(b'12345678901234567890',s.encode()+b'\\0'+bytes.fromhex(h+'0'*(256-len(h))),'sha1')\no=d[-1]&15\n\
        print('%06d'%((int.from_bytes(d[o:o+4],'big')&0x7fffffff)%10**6))";
    let output = Command::new("python3").args(["-c", script, suite, &text(&asked, "question")]).output();
    let response = String::from_utf8_lossy(&output.expect("python3 is there").stdout).trim().to_owned();
    assert_eq!([verify(&response), verify(&response)], ["accepted", "used"]);
    let nobody = server.post("/v1/activations/0123456789ab/question", &json!({}));
    assert!((400..500).contains(&nobody.status), "{nobody:?}");
}

/// A password of RFC 6238 is computed here from the URI, by the RFC's own words over another HMAC.
pub fn settles_a_generator(server: &Server) {
    let new = json!({ "contract": "1234567890", "user": "TANAKA" });
    let made = server.post("/v1/generators", &new).ok(201);
    assert!(text(&made, "uri").starts_with("otpauth://totp/"), "{made}");
    let long = "1".repeat(65);
    for (contract, user) in [("", "TANAKA"), ("1234567890", ""), (&long, "TANAKA"), ("1\t2", "TANAKA")] {
        let unfit = json!({ "contract": contract, "user": user });
        assert_eq!(server.post("/v1/generators", &unfit).problem(422), "CT-E075");
        let unfit = json!({ "contract": contract, "user": user, "tokenId": "PSKC000001" });
        assert_eq!(server.post("/v1/enrollments", &unfit).problem(422), "CT-E075");
    }
    let id = text(&made, "id");
    let known = server.get(&format!("/v1/activations/{id}")).ok(200);
    assert_eq!((&known["state"], &known["tokenId"]), (&json!("active"), &Value::Null));
    let verify =
        |response: &str| server.post(&format!("/v1/activations/{id}/verify"), &json!({ "response": response })).ok(200);
    let wrong = verify("12345");
    assert_eq!((&wrong["result"], &wrong["reason"]), (&json!("rejected"), &json!("Malformed")));
    assert_eq!(wrong["digits"], 6);
    let secret = text(&made, "uri").split("secret=").nth(1).and_then(|rest| rest.split('&').next()).map(str::to_owned);
    let password = python_totp(&secret.expect("a secret"));
    assert_eq!(verify(&password)["result"], "accepted");
    assert_eq!(verify(&password)["result"], "used", "once");
    // A user without a generator, and a user with a camera token: the answer is the same.
    let nobody = server.post("/v1/activations/0123456789ab/verify", &json!({ "response": "123456" })).ok(200);
    assert_eq!(nobody["result"], "rejected");
}

/// What an authenticator app shows for a secret, by Python's own HMAC.
fn python_totp(secret: &str) -> String {
    let script = "import base64,hmac,struct,sys,time\ns=sys.argv[1]\nk=base64.b32decode(s+'='*(-len(s)%8))\n\
        d=hmac.digest(k,struct.pack('>Q',int(time.time())//30),'sha1')\no=d[-1]&15\n\
        print('%06d'%((struct.unpack('>I',d[o:o+4])[0]&0x7fffffff)%10**6))";
    let output = Command::new("python3").args(["-c", script, secret]).output().expect("python3 is there");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
