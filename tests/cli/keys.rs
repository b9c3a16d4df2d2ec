//! The key-encryption key in a module, with the real things: SoftHSM 2 and OpenBao. Whichever is missing is said and skipped.

#[path = "keys/modules.rs"]
mod modules;

use modules::{Bao, Hsm};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::ROOT;
use super::service::Service;
use super::verifier::{Said, Story};

const PIN: &str = "271828";
/// Before a key of 32 bytes.
const HEAD: &[u8] = b"camtoken/1 key  \0\0\0\0\0\0\0\x20";
const CONTEXT: &[u8] = b"camtoken/1 kek";

#[test]
fn a_key_is_read_from_where_the_setting_says() {
    let mut story = Story::registered();
    let kek = story.path("state/verifier/kek");
    let key = fs::read_to_string(&kek).expect("drawn with the store");
    let credentials = story.path("credentials");
    fs::create_dir(&credentials).expect("a writable directory");
    fs::rename(&kek, credentials.join("bank-kek")).expect("it is ours");
    let file = credentials.join("bank-kek");
    let from = |source: &str| vec![("CAMTOKEN_KEK_SOURCE", source.to_owned())];
    for (source, fits) in [
        (format!("file:{}", file.display()), true),
        ("env:BANK_SECRET".to_owned(), true),
        ("systemd-creds:bank-kek".to_owned(), true),
        ("env:BANK_OTHER".to_owned(), false),
    ] {
        story.variables = from(&source);
        story.variables.push(("CREDENTIALS_DIRECTORY", credentials.display().to_string()));
        story.variables.push(("BANK_SECRET", key.clone()));
        story.variables.push(("BANK_OTHER", "5a01".repeat(16)));
        let said = story.run(&["store", "kek", "status"]);
        assert_eq!((said.exit, &said.document["source"]), (if fits { 0 } else { 7 }, &json!(source)), "{said:?}");
        assert_eq!((&said.document["opens"], &said.document["fits"]), (&json!(true), &json!(fits)), "{said:?}");
        let said = story.run(&["store", "kek", "rotate"]);
        assert_eq!((said.exit, &said.document["code"]), (2, &json!("CT-E146")), "{said:?}");
        if fits {
            works(&story);
        }
    }
    // What only the setting knows leaves the environment, too.
    story.variables[0].1 = "env:BANK_SECRET".to_owned();
    let service = Service::start(&story);
    assert!(!service.environment().contains(key.trim()), "the key is in the environment");
    assert_eq!(service.ready(), 200);
    drop(service);
    for source in ["env:NOBODY_SET_THIS", "systemd-creds:none", "file:/nonexistent/kek"] {
        story.variables[0].1 = source.to_owned();
        refused(&story, "CT-E017");
    }
    for source in ["kek", "pkcs11:token=t;object=k?pin-value=271828", &key] {
        story.variables[0].1 = source.to_owned();
        let said = story.run(&["enroll", "status"]);
        assert_eq!((said.exit, &said.document["code"]), (2, &json!("CT-E022")), "{said:?}");
        assert!(!said.document.to_string().contains(source), "it may be a secret: {said:?}");
    }
    for source in ["pkcs11:object=k", "transit:http://192.0.2.1/v1/transit/keys/k?token-file=/t"] {
        story.variables[0].1 = source.to_owned();
        let said = story.run(&["enroll", "status"]);
        assert_eq!((said.exit, &said.document["code"]), (2, &json!("CT-E022")), "{said:?}");
    }
}

#[test]
fn a_store_under_softhsm() {
    let Some(hsm) = Hsm::start("") else { return };
    let mut story = Story::registered_with(hsm.variables("kek"));
    let file = story.path("state/verifier/kek.wrapped");
    assert_eq!(fs::metadata(&file).expect("the first start makes it").permissions().mode() & 0o777, 0o600);
    assert!(!story.path("state/verifier/kek").exists());
    works(&story);
    let key = hsm.open(&entry(&file, 0));
    is_nowhere(&key, &story.path("state"));
    let status = story.run(&["store", "kek", "status"]);
    assert_eq!((status.exit, &status.document["fits"]), (0, &json!(true)), "{status:?}");
    assert_eq!(status.document["under"], json!(["pkcs11:token=bank;object=kek;id=%01"]));

    let exists = story.run(&["store", "kek", "new"]);
    assert_eq!((exists.exit, &exists.document["code"]), (1, &json!("CT-E147")), "{exists:?}");

    // A new key first; then the old one goes.
    let rotated = story.run(&["store", "kek", "rotate"]);
    assert_eq!((rotated.exit, &rotated.document["keys"]), (0, &json!(2)), "{rotated:?}");
    assert_ne!(hsm.open(&entry(&file, 0)), key);
    assert_eq!(hsm.open(&entry(&file, 1)), key);
    works(&story);
    assert_eq!(story.run(&["store", "rewrap"]).document["records"], 2);
    change(&file, |file| drop(file["keys"].as_array_mut().expect("keys").pop()));
    works(&story);

    // Verifiers on one database, one after the other: whoever is not restarted yet opens what the others have written.
    let only = story.run(&["store", "kek", "rotate", "--promote"]);
    assert_eq!((only.exit, &only.document["code"]), (2, &json!("CT-E148")), "{only:?}");
    let first = fs::read(&file).expect("it is there");
    assert_eq!(story.run(&["store", "kek", "rotate", "--second"]).document["keys"], 2);
    let second = fs::read(&file).expect("it is there");
    works(&story);
    assert_eq!(story.run(&["store", "kek", "rotate", "--promote"]).document["keys"], 2);
    works(&story);
    let promoted = fs::read(&file).expect("it is there");
    fs::write(&file, &first).expect("it is ours");
    assert_ne!(story.run(&["store", "check"]).exit, 0, "without the second step it does not");
    fs::write(&file, &second).expect("it is ours");
    works(&story);
    fs::write(&file, &promoted).expect("it is ours");
    assert_eq!(story.run(&["store", "rewrap"]).exit, 0);
    change(&file, |file| drop(file["keys"].as_array_mut().expect("keys").pop()));
    works(&story);

    // Another key of the token: both are there until everything is re-wrapped.
    hsm.import("kek-2", "02");
    story.variables = hsm.variables("kek-2");
    works(&story);
    let before = hsm.open(&entry(&file, 0));
    let rewrapped = story.run(&["store", "kek", "rewrap"]);
    assert_eq!((rewrapped.exit, &rewrapped.document["keys"]), (0, &json!(1)), "{rewrapped:?}");
    assert_eq!(entry(&file, 0)["under"], "pkcs11:token=bank;object=kek-2;id=%02");
    assert_eq!(hsm.open(&entry(&file, 0)), before, "the same key");
    works(&story);

    // A service goes on without the module; only its next start needs it.
    let service = Service::start(&story);
    is_nowhere(&before, &story.path("state"));
    let environment = service.environment();
    forms(&before).iter().for_each(|form| assert!(!contains(environment.as_bytes(), form), "{environment}"));
    let status = story.run(&["store", "kek", "status"]);
    assert_eq!((status.exit, &status.document["opens"], &status.document["fits"]), (0, &json!(true), &Value::Null));
    let away = hsm.dir.path().join("away");
    fs::rename(hsm.tokens(), &away).expect("it is ours");
    assert_eq!(service.ready(), 200);
    drop(service);
    fs::create_dir(hsm.tokens()).expect("it is ours");
    refused(&story, "CT-E144");
    fs::remove_dir(hsm.tokens()).expect("it is ours");
    fs::rename(&away, hsm.tokens()).expect("it is ours");
    works(&story);

    let source = story.variables[1].1.clone();
    for (from, to, code) in [
        ("token=bank", "token=other", "CT-E144"),
        ("object=kek-2", "object=kek-3", "CT-E144"),
        ("libsofthsm2.so", "libsofthsm3.so", "CT-E140"),
        ("/pin", "/none", "CT-E141"),
    ] {
        story.variables[1].1 = source.replace(from, to);
        refused(&story, code);
    }
    story.variables[1].1 = source;
    let pin = hsm.dir.path().join("pin");
    fs::write(&pin, "314159\n").expect("it is ours");
    refused(&story, "CT-E141");
    fs::write(&pin, format!("{PIN}\r\n")).expect("it is ours");
    works(&story);
    fs::set_permissions(&pin, fs::Permissions::from_mode(0o644)).expect("it is ours");
    refused(&story, "CT-E051");
    fs::set_permissions(&pin, fs::Permissions::from_mode(0o600)).expect("it is ours");
    altered(&story, &file);
}

#[test]
fn a_token_without_gcm_wraps_by_rfc_5649() {
    let Some(hsm) = Hsm::start("slots.mechanisms = CKM_AES_KEY_WRAP_PAD,CKM_AES_KEY_GEN\n") else { return };
    let story = Story::registered_with(hsm.variables("kek"));
    let file = story.path("state/verifier/kek.wrapped");
    assert_eq!(entry(&file, 0)["by"], "aes-kwp");
    works(&story);
    assert_eq!(story.run(&["store", "kek", "rotate"]).document["keys"], 2);
    works(&story);
    altered(&story, &file);
}

#[test]
fn a_store_with_a_key_in_a_file_moves_into_a_module() {
    let Some(hsm) = Hsm::start("") else { return };
    let mut story = Story::registered();
    let kek = story.path("state/verifier/kek");
    let old = fs::read_to_string(&kek).expect("drawn with the store");
    story.variables = hsm.variables("kek");
    let file = story.path("state/verifier/kek.wrapped");
    refused(&story, "CT-E017");
    let new = story.run(&["store", "kek", "new"]);
    assert_eq!(
        (new.exit, &new.document["code"]),
        (1, &json!("CT-E050")),
        "a new key alone is not the store's: {new:?}"
    );
    assert!(!file.exists());
    let from = format!("file:{}", kek.display());
    let new = story.run(&["store", "kek", "new", "--from", &from]);
    assert_eq!((new.exit, &new.document["keys"]), (0, &json!(2)), "{new:?}");
    assert_eq!(hsm.open(&entry(&file, 1)), base16(old.trim()));
    fs::remove_file(&kek).expect("it is ours");
    works(&story);
    assert_eq!(story.run(&["store", "rewrap"]).document["records"], 2);
    change(&file, |file| drop(file["keys"].as_array_mut().expect("keys").pop()));
    works(&story);
}

#[test]
fn a_module_that_says_nothing_is_left_after_five_seconds() {
    let story = Story::registered();
    let dir = story.path("silent");
    fs::create_dir(&dir).expect("a writable directory");
    let source = dir.join("silent.c");
    fs::write(&source, "#include <unistd.h>\nint C_GetFunctionList(void **l) { for (;;) pause(); }\n")
        .expect("writable");
    let library = dir.join("silent.so");
    let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status();
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = silent.local_addr().expect("it is bound");
    let token = dir.join("token");
    secret(&token, "any");
    let mut sources = vec![format!("transit:http://{address}/v1/transit/keys/kek?token-file={}", token.display())];
    match built.is_ok_and(|status| status.success()) {
        true => sources.push(format!("pkcs11:token=t;object=k?module-path={}", library.display())),
        false => println!("skipped in part: there is no C compiler"),
    }
    secret(&story.path("state/verifier/kek.wrapped"), &wrapped_by_nobody());
    for source in sources {
        let start = Instant::now();
        let mut story_command = story.command(&["enroll", "status", "--json"]);
        let said = story_command.env("CAMTOKEN_KEK_SOURCE", &source).output().expect("camtoken starts");
        let document: Value = serde_json::from_slice(&said.stdout).expect("one document");
        assert_eq!(document["code"], "CT-E143", "{source}: {document}");
        let took = start.elapsed();
        assert!((5.0..9.0).contains(&took.as_secs_f64()), "{source}: {took:?}");
    }
}

#[test]
fn a_store_under_openbao() {
    let Some(mut bao) = Bao::start() else { return };
    let mut story = Story::registered_with(bao.variables("kek"));
    let file = story.path("state/verifier/kek.wrapped");
    assert_eq!(fs::metadata(&file).expect("the first start makes it").permissions().mode() & 0o777, 0o600);
    works(&story);
    let key = bao.open(&entry(&file, 0));
    is_nowhere(&key, &story.path("state"));
    let rotated = story.run(&["store", "kek", "rotate"]);
    assert_eq!((rotated.exit, &rotated.document["keys"]), (0, &json!(2)), "{rotated:?}");
    works(&story);

    // A new version of the engine's key, and the file under it. The engine never shows the key.
    bao.admin(&["write", "-f", "transit/keys/kek/rotate"]);
    let rewrapped = story.run(&["store", "kek", "rewrap"]);
    assert_eq!((rewrapped.exit, &rewrapped.document["keys"]), (0, &json!(2)), "{rewrapped:?}");
    for (number, part) in [(0, "key"), (0, "canary"), (1, "key"), (1, "canary")] {
        assert!(entry(&file, number)[part].as_str().is_some_and(|text| text.starts_with("vault:v2:")), "{part}");
    }
    assert_eq!(bao.open(&entry(&file, 1)), key);
    bao.admin(&["write", "transit/keys/kek/config", "min_decryption_version=2"]);
    works(&story);

    let service = Service::start(&story);
    let environment = service.environment();
    let token = fs::read_to_string(bao.dir.path().join("token")).expect("just written");
    for form in forms(&key).iter().chain(&forms(&bao.open(&entry(&file, 0)))).chain([&token.into_bytes()]) {
        assert!(!contains(environment.as_bytes(), form), "{environment}");
    }
    bao.admin(&["operator", "seal"]);
    assert_eq!(service.ready(), 200, "the opened key is in its memory");
    drop(service);
    refused(&story, "CT-E142");
    bao.unseal();
    works(&story);

    let right = story.variables[0].1.clone();
    story.variables[0].1 = right.replace("/keys/kek", "/keys/other");
    works(&story); // what it wraps is under the key that the file names
    let said = story.run(&["store", "kek", "rotate"]);
    assert_eq!((said.exit, &said.document["code"]), (1, &json!("CT-E141")), "a policy of another key: {said:?}");
    bao.admin(&["write", "-f", "transit/keys/plain"]);
    story.variables[0].1 = right.replace("/keys/kek", "/keys/plain");
    let said = story.run(&["store", "kek", "rotate"]);
    assert_eq!((said.exit, &said.document["code"]), (1, &json!("CT-E144")), "it ignores the context: {said:?}");
    story.variables[0].1 = right.replace("/keys/kek", "/keys/none");
    let said = story.run(&["store", "kek", "rewrap"]);
    assert_eq!((said.exit, &said.document["code"]), (1, &json!("CT-E144")), "it makes no key: {said:?}");
    story.variables[0].1 = right.replace("ca-file=", "ca-file=/nonexistent");
    refused(&story, "CT-E140");
    story.variables[0].1.clone_from(&right);
    secret(&bao.dir.path().join("token"), "s.none");
    refused(&story, "CT-E141");
    bao.write_token();
    altered(&story, &file);
    bao.stop();
    refused(&story, "CT-E140");
}

/// Something is issued and answered.
fn works(story: &Story) {
    let issued = story.issue("1");
    let said = story.verify(&issued, &story.respond(&issued));
    assert_eq!(said.exit, 0, "{said:?}");
}

/// Nothing goes, this code says why, and the wrapped keys are as they were.
fn refused(story: &Story, code: &str) {
    let file = story.path("state/verifier/kek.wrapped");
    let before = fs::read(&file).ok();
    let said = story.run(&["enroll", "status"]);
    assert_eq!((said.exit, &said.document["code"]), (1, &json!(code)), "{said:?}");
    assert!(said.document["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{said:?}");
    let said: Said = story.run(&["store", "kek", "status"]);
    assert_eq!((said.exit, &said.document["code"]), (7, &json!(code)), "{said:?}");
    assert_eq!(said.document["opens"], false);
    if before.is_some() {
        for verb in ["rotate", "rewrap"] {
            let said = story.run(&["store", "kek", verb]);
            assert!(said.exit != 0, "{verb}: {said:?}");
        }
    }
    assert_eq!(fs::read(&file).ok(), before, "never a part of it");
}

/// An altered half and a key of another module give different errors.
fn altered(story: &Story, file: &Path) {
    let right = fs::read_to_string(file).expect("it is there");
    let alter = |entry: &mut Value, part: &str| {
        let text = entry[part].as_str().expect("a text").to_owned();
        let at = text.len() - 6;
        let other = if &text[at..=at] == "A" { "B" } else { "A" };
        entry[part] = json!(format!("{}{other}{}", &text[..at], &text[at + 1..]));
    };
    for (parts, code) in [(&["key"][..], "CT-E145"), (&["canary"], "CT-E145"), (&["key", "canary"], "CT-E144")] {
        change(file, |file| parts.iter().for_each(|part| alter(&mut file["keys"][0], part)));
        refused(story, code);
        fs::write(file, &right).expect("it is ours");
    }
    change(file, |file| {
        let [key, canary] = ["key", "canary"].map(|part| file["keys"][0][part].clone());
        (file["keys"][0]["key"], file["keys"][0]["canary"]) = (canary, key);
    });
    refused(story, "CT-E144");
    for text in ["", "{}", &right.replace("camtoken kek 1", "camtoken kek 2"), &right[..right.len() / 2]] {
        fs::write(file, text).expect("it is ours");
        refused(story, "CT-E145");
    }
    fs::write(file, &right).expect("it is ours");
    fs::set_permissions(file, fs::Permissions::from_mode(0o644)).expect("it is ours");
    refused(story, "CT-E051");
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("it is ours");
    works(story);
}

fn entry(file: &Path, number: usize) -> Value {
    let file: Value = serde_json::from_slice(&fs::read(file).expect("it is there")).expect("JSON");
    file["keys"][number].clone()
}

fn change(file: &Path, change: impl FnOnce(&mut Value)) {
    let mut value: Value = serde_json::from_slice(&fs::read(file).expect("it is there")).expect("JSON");
    change(&mut value);
    fs::write(file, value.to_string()).expect("it is ours");
}

fn wrapped_by_nobody() -> String {
    let key = json!({ "under": "transit:x/keys/kek", "by": "transit", "key": "vault:v1:AA", "canary": "vault:v1:AA" });
    json!({ "format": "camtoken kek 1", "keys": [key] }).to_string()
}

/// The key as it might be written somewhere.
fn forms(key: &[u8]) -> Vec<Vec<u8>> {
    let lower: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    vec![key.to_vec(), lower.to_uppercase().into_bytes(), lower.into_bytes(), BASE64.encode(&key[..30]).into_bytes()]
}

fn is_nowhere(key: &[u8], dir: &Path) {
    assert_eq!(key.len(), 32);
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            is_nowhere(key, &path);
        } else {
            let bytes = fs::read(&path).expect("it is ours");
            assert!(!forms(key).iter().any(|form| contains(&bytes, form)), "{}", path.display());
        }
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn base16(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal")).collect()
}

fn secret(path: &Path, text: &str) {
    fs::write(path, text).expect("a writable directory");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("just written");
}
