//! `--json`: exactly one document, on failure too, and as its schema says.

use std::collections::BTreeSet;

use serde_json::Value;

use super::camtoken;

/// Runs with `--json` and gives the one document and the exit code.
fn document(args: &[&str]) -> (Value, i32) {
    let output = camtoken(args).arg("--json").output().expect("camtoken starts");
    let text = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    let document = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{args:?}: {error}\n{text}"));
    (document, output.status.code().expect("no signal"))
}

#[test]
fn every_verb_answers_with_one_document_that_names_its_schema() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let man = dir.path().join("man");
    let man = man.to_str().expect("a temporary path is Unicode");
    let state = dir.path().to_str().expect("a temporary path is Unicode");
    for (args, schema, exit) in [
        (&["doctor", "--state-dir", state][..], "camtoken/doctor/1", None),
        (&["config"], "camtoken/config/1", Some(0)),
        (&["config", "lang"], "camtoken/config/1", Some(0)),
        (&["schema"], "camtoken/schemas/1", Some(0)),
        (&["schema", "error"], "camtoken/schema/1", Some(0)),
        (&["explain"], "camtoken/codes/1", Some(0)),
        (&["explain", "T05"], "camtoken/explain/1", Some(0)),
        (&["completions", "zsh"], "camtoken/completions/1", Some(0)),
        (&["man", man], "camtoken/man/1", Some(0)),
        (&["explain", "T15"], "camtoken/error/1", Some(2)),
        (&["config", "colour"], "camtoken/error/1", Some(2)),
        (&["no-such-verb"], "camtoken/error/1", Some(2)),
        (&["doctor", "--no-such-flag"], "camtoken/error/1", Some(2)),
        (&["config", "--lang", "fr"], "camtoken/error/1", Some(2)),
        (&["man", "/dev/null/man"], "camtoken/error/1", Some(1)),
        (&[], "camtoken/error/1", Some(2)),
    ] {
        for lang in ["en", "ja"] {
            let args = [&["--lang", lang], args].concat();
            let (document, code) = document(&args);
            assert_eq!(document["schema"], schema, "{args:?}");
            assert!(exit.is_none_or(|exit| exit == code), "{args:?}: {code}");
            if schema == "camtoken/error/1" {
                assert_eq!(document["exit"], code, "{args:?}");
            }
        }
    }
}

#[test]
fn documents_have_the_keys_of_their_schemas() {
    let examples: [&[&str]; 8] = [
        &["explain", "no-such-code"],
        &["completions", "bash"],
        &["config"],
        &["doctor"],
        &["explain", "CT-E041"],
        &["explain"],
        &["schema"],
        &["schema", "schema"],
    ];
    for example in examples {
        assert_as_its_schema(&document(example).0);
    }
}

/// A document has the keys that its schema asks for, and no other.
pub fn assert_as_its_schema(document: &Value) {
    let name = document["schema"].as_str().and_then(|id| id.split('/').nth(1)).expect("a name");
    let (answer, _) = self::document(&["schema", name]);
    let schema = &answer["document"];
    let known = keys(&schema["properties"]);
    let required = schema["required"].as_array().expect("schema at least").iter();
    let required: BTreeSet<_> = required.map(|key| key.as_str().expect("a key").to_owned()).collect();
    let present = keys(document);
    assert!(present.is_subset(&known), "{name}: {present:?} and {known:?}");
    assert!(required.is_subset(&present), "{name}: {required:?} and {present:?}");
}

#[test]
fn codes_keys_and_exits_are_the_same_in_both_languages() {
    for args in [&["explain"][..], &["config"], &["doctor"], &["explain", "T02"]] {
        let (mut en, code) = document(&[&["--lang", "en"], args].concat());
        let (mut ja, same) = document(&[&["--lang", "ja"], args].concat());
        assert_eq!(code, same, "{args:?}");
        without_texts(&mut en);
        without_texts(&mut ja);
        assert_eq!(en, ja, "{args:?}");
    }
}

fn keys(object: &Value) -> BTreeSet<String> {
    object.as_object().expect("an object").keys().cloned().collect()
}

/// Takes out what is in the chosen language, or names it.
fn without_texts(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(without_texts),
        Value::Object(object) => {
            for text in ["message", "text", "advice", "hint", "value"] {
                object.remove(text);
            }
            object.values_mut().for_each(without_texts);
        }
        _ => {}
    }
}
