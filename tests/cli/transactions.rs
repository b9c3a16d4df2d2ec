//! What is signed: given by fields, by a file of fields, by a batch file.

use std::fs;

use serde_json::{Value, json};

use super::camtoken;
use super::verifier::{Story, text, transfer};

#[test]
fn what_is_wrong_with_a_transaction_is_named() {
    let story = Story::registered();
    let issue = |args: &[&str]| story.run(&[&["issue"], args, &["--for", &story.activation]].concat());
    for (args, code, names) in [
        (&["wire"][..], "CT-E070", "\"wire\""),
        (&["activation1"], "CT-E070", "\"activation1\""),
        (&["transfer", "--field", "price=1"], "CT-E071", "\"price\""),
        (&["transfer", "--field", "amount=1"], "CT-E071", "\"bankCode\" is missing"),
        (&["transfer", "--field", "amount=-1"], "CT-E071", "\"amount\": expected decimal digits"),
        (&["transfer", "--field", "amount=1", "--field", "amount=1"], "CT-E071", "\"amount\" is given twice"),
        (&["transfer", "--field", "amount"], "CT-E071", "\"amount\": expected NAME=VALUE"),
        (&["transfer", "--ttl", "601s"], "CT-E020", "--ttl"),
        (&["transfer", "-o", "code.gif"], "CT-E020", "code.gif"),
        (&["transfer", "-o", "-"], "CT-E020", "--json"),
    ] {
        let said = issue(args);
        assert_eq!((said.exit, &said.document["code"]), (2, &json!(code)), "{args:?} {said:?}");
        assert!(text(&said.document["why"]).contains(names), "{args:?} {said:?}");
    }
    let said = story.run(&["issue", "transfer", "--for", "0123"]);
    assert_eq!(said.exit, 2);
    let mut args = vec!["issue", "transfer", "--for", "000000000000"];
    let fields = transfer("1");
    args.extend(fields.iter().flat_map(|field| ["--field", field.as_str()]));
    let said = story.run(&args);
    assert_eq!((said.exit, &said.document["code"]), (6, &json!("CT-E086")), "well formed and unknown");
}

/// The expected values are those of the vectors, made by another implementation.
#[test]
fn a_batch_file_fills_what_it_says_of_itself() {
    let story = Story::registered();
    let vectors: Value =
        serde_json::from_str(include_str!("../../testvectors/zengin_test.json")).expect("the vectors are JSON");
    let find = |file: &str| {
        let groups = vectors["testGroups"].as_array().expect("groups").iter();
        let mut tests = groups.flat_map(|group| group["tests"].as_array().expect("tests"));
        tests
            .find(|test| test["file"] == format!("zengin/{file}"))
            .unwrap_or_else(|| panic!("{file} is a vector"))
            .clone()
    };
    // The second is dated 34 days ahead, which is more than is taken without being asked for.
    for (name, operation, other) in [("bulk_lf.txt", "bulk", "payroll"), ("bonus.txt", "payroll", "bulk")] {
        let path = format!("{}/../../testvectors/zengin/{name}", env!("CARGO_MANIFEST_DIR"));
        let args = ["issue", operation, "--for", &story.activation, "--zengin", &path, "--date-window", "34"];
        let issued = story.run(&args);
        assert_eq!(issued.exit, 0, "{issued:?}");
        let said = story.verify(&issued, &story.respond(&issued));
        let (fields, vector) = (&said.document["transaction"]["fields"], find(name));
        assert_eq!(text(&fields["count"]), vector["count"].to_string(), "{vector}");
        assert_eq!(text(&fields["total"]), vector["total"].to_string());
        assert_eq!(fields["file"], vector["sha256"]);
        assert_eq!(text(&fields["checkCode"]), text(&vector["sha256"])[..16]);
        assert!(text(&fields["date"]).starts_with("202"), "the token shows the year: {fields}");
        let said = story.run(&["issue", other, "--for", &story.activation, "--zengin", &path]);
        assert_eq!((said.exit, &said.document["code"]), (2, &json!("CT-E072")), "{said:?}");
    }
    let path = format!("{}/../../testvectors/zengin/total_wrong.txt", env!("CARGO_MANIFEST_DIR"));
    let said = story.run(&["issue", "bulk", "--for", &story.activation, "--zengin", &path]);
    assert_eq!((said.exit, &said.document["code"]), (2, &json!("CT-E072")));
    assert!(text(&said.document["why"]).contains("total: differs from the data records"), "{said:?}");
}

/// The file is of 27 November and the story of 21 November.
#[test]
fn a_batch_file_of_another_day_is_refused() {
    let mut story = Story::registered();
    let path = format!("{}/../../testvectors/zengin/end_1a_crlf.txt", env!("CARGO_MANIFEST_DIR"));
    let issue = |story: &Story, window: &[&str]| {
        story.run(&[&["issue", "bulk", "--for", &story.activation, "--zengin", &path], window].concat())
    };
    assert_eq!(issue(&story, &["--date-window", "6"]).exit, 0);
    let said = issue(&story, &["--date-window", "5"]);
    assert_eq!((said.exit, &said.document["code"]), (2, &json!("CT-E072")), "{said:?}");
    assert!(
        text(&said.document["why"])
            .ends_with("record 1, transfer date: 2026-11-27 is more than 5 days ahead: in Japan it is 2026-11-21"),
        "{said:?}"
    );
    // The 27th in Japan, until three in the afternoon UTC; then the file is of yesterday.
    story.now = 1_795_791_599;
    assert_eq!(issue(&story, &[]).exit, 0);
    story.now += 1;
    let said = issue(&story, &[]);
    assert!(text(&said.document["why"]).ends_with("2026-11-27 is in the past: in Japan it is 2026-11-28"), "{said:?}");
}

#[test]
fn a_wrong_type_in_a_file_of_fields_names_the_field() {
    let story = Story::registered();
    for (fields, why) in [
        (
            r#"{"limit":"transfer","old":1,"new":1e3}"#,
            "field \"new\": expected a text of digits or a whole number, not a number with decimals or an exponent",
        ),
        (r#"{"limit":true,"old":1,"new":2}"#, "field \"limit\": expected a text, not true or false"),
        (r#"{"limit":"transfer","old":1,"new":2,"new":3}"#, "field \"new\" is given twice"),
        (r#"{"operation":12,"limit":"transfer"}"#, "field \"operation\": expected a text, not a number"),
    ] {
        fs::write(story.path("fields.json"), fields).expect("a writable directory");
        let said =
            story.run(&["issue", "limit-change", "--for", &story.activation, "--fields", &story.arg("fields.json")]);
        assert_eq!((said.exit, &said.document["code"]), (2, &json!("CT-E071")), "{said:?}");
        assert!(text(&said.document["why"]).contains(why), "{said:?}");
    }
}

#[test]
fn fields_come_from_a_file_as_its_schema_describes() {
    let story = Story::registered();
    let schema = camtoken(&["schema", "fields"]).output().expect("camtoken starts");
    let schema: Value = serde_json::from_slice(&schema.stdout).expect("a schema");
    let forms = schema["oneOf"].as_array().expect("a form for each operation");
    let form = forms.iter().find(|form| form["properties"]["operation"]["const"] == "transfer").expect("a transfer");
    assert!(form["required"].as_array().expect("a list").contains(&json!("amount")));
    assert_eq!(form["properties"]["bankCode"]["pattern"], "^[0-9]{4,4}$");

    let mut fields = json!({ "operation": "transfer", "amount": 1_250_000, "newPayee": true });
    for field in transfer("") {
        let (name, value) = field.split_once('=').expect("a field");
        if name != "amount" {
            fields[name] = json!(value);
        }
    }
    fs::write(story.path("fields.json"), fields.to_string()).expect("a writable directory");
    let file = story.arg("fields.json");
    let issued = story.run(&["issue", "transfer", "--for", &story.activation, "--fields", &file]);
    let said = story.verify(&issued, &story.respond(&issued));
    let got = &said.document["transaction"]["fields"];
    assert_eq!((&got["amount"], &got["newPayee"]), (&json!("1250000"), &json!("yes")));
    let said = story.run(&["issue", "payee-registration", "--for", &story.activation, "--fields", &file]);
    assert_eq!((said.exit, &said.document["code"]), (2, &json!("CT-E071")), "another operation's file");
}
