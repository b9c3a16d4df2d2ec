//! The seals of records in separate processes: an older store gets them, an altered record is refused and taken by a word.

use std::fs;
use std::path::Path;
use std::time::Duration;

use camtoken::store::backup::{Records, Saved};
use camtoken::store::{EmbeddedStore, StoreError, backup, block_on};
use camtoken::verifier::{LocalKeyWrapper, Policy, Subscriber, Verifier};
use camtoken::{Key, Timestamp};
use camtoken_core::verifier::record::{self, Record};
use camtoken_core::verifier::seal;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use serde_json::json;

use super::verifier::Story;

/// A store as an older version left it, under the key of a story: two customers with generators, and no seal.
fn older_store(story: &Story, dir: &Path) -> String {
    let digits = fs::read_to_string(story.path("state/verifier/kek")).expect("drawn with the store");
    let key = Key::new(base16ct::mixed::decode_vec(digits.trim()).expect("64 digits"));
    let store = EmbeddedStore::open(dir, Duration::ZERO).expect("a new store");
    let wrapper = Box::new(LocalKeyWrapper::new(&[key]).expect("a key of 32 bytes"));
    let mut rng = UnwrapErr(SysRng);
    let verifier = Verifier::new(store, wrapper, Policy::default(), "Bank", &mut rng).expect("set up");
    let now = Timestamp::from_unix(1_795_230_000);
    let mut enroll = || {
        let subscriber = Subscriber { contract: "1234567890".to_owned(), user: "SATO".to_owned() };
        block_on(verifier.enroll_time_based(subscriber, now, &mut rng)).expect("decided").0.to_string()
    };
    let _other = enroll();
    enroll()
}

fn records(dir: &Path) -> Vec<Saved> {
    let store = EmbeddedStore::open(dir, Duration::ZERO).expect("nobody has it open");
    let mut bytes = Vec::new();
    block_on(backup::write(&store, &mut bytes)).expect("it can be read");
    Records::new(&bytes[..]).expect("a backup").map(|saved| saved.expect("whole")).collect()
}

#[test]
fn an_older_store_is_sealed_and_then_refuses_what_was_altered() {
    let story = Story::registered();
    let (dir, altered) = (story.path("older"), story.path("altered"));
    let activation = older_store(&story, &dir);
    let (store, altered_store) = (story.arg("older"), story.arg("altered"));
    let status = |store: &str| story.run(&["enroll", "status", &activation, "--store", store]);
    assert_eq!(status(&store).exit, 0, "it goes on as before");
    let said = story.run(&["store", "seal-records", "--store", &store]);
    assert_eq!(
        (said.exit, &said.document["sealed"], &said.document["refused"]),
        (0, &json!(2), &json!([])),
        "{said:?}"
    );
    let again = story.run(&["store", "seal-records", "--store", &store]);
    assert_eq!((again.exit, &again.document["sealed"]), (0, &json!(0)), "{again:?}");
    assert_eq!(status(&store).exit, 0);
    assert_eq!(story.run(&["store", "check", "--store", &store]).document["findings"], json!([]));

    let mut records = records(&dir);
    let name = format!("activation:{activation}");
    let saved = records.iter_mut().find(|saved| saved.id.to_string() == name).expect("it was saved");
    let (seal, bytes) = seal::split(&saved.record).expect("it was written so");
    let seal = *seal.expect("it is sealed");
    let mut record: Record = record::from_bytes(bytes).expect("it was written so");
    record.subscriber.user = "MALLORY".to_owned();
    saved.record = seal::to_bytes(&record, |_| Ok::<_, ()>(seal)).expect("it cannot fail");
    EmbeddedStore::restore(&altered, records.into_iter().map(Ok::<_, StoreError>)).expect("they are stored");
    let refused = status(&altered_store);
    assert_eq!((refused.exit, &refused.document["code"]), (1, &json!("CT-E136")), "{refused:?}");
    let said = story.run(&["store", "check", "--store", &altered_store]);
    let fault = "a record was altered or put in another place: its seal does not fit";
    assert_eq!((said.exit, &said.document["findings"]), (7, &json!([{ "record": name, "fault": fault }])), "{said:?}");
    let saved = story.arg("altered.backup");
    let backup = story.run(&["store", "backup", "-o", &saved, "--store", &altered_store]);
    assert_eq!((backup.exit, &backup.document["damaged"]), (7, &json!([name])), "{backup:?}");
    let restored = story.run(&["store", "restore", &saved, "--store", &story.arg("restored")]);
    assert_eq!((restored.exit, &restored.document["code"]), (1, &json!("CT-E136")), "{restored:?}");

    let ended = story.run(&["store", "restore", &saved, "--end-damaged", "--store", &story.arg("ended")]);
    assert_eq!((ended.exit, &ended.document["damaged"]), (0, &json!([name])), "{ended:?}");
    let known = story.run(&["enroll", "status", &activation, "--store", &story.arg("ended")]);
    assert_eq!(known.document["activations"][0]["state"], "revoked", "{known:?}");
    let copy = story.run(&["store", "restore", &saved, "--end-damaged", "--store", &story.arg("ended")]);
    assert_eq!(copy.document["code"], "CT-E029", "{copy:?}");

    let said = story.run(&["store", "seal-records", "--accept", &name, "--store", &altered_store]);
    assert_eq!((said.exit, &said.document["accepted"]), (0, &json!([name])), "{said:?}");
    assert_eq!(status(&altered_store).exit, 0);
    assert_eq!(story.run(&["store", "check", "--store", &altered_store]).document["findings"], json!([]));
    let history = story.run(&["enroll", "audit", &activation, "--store", &altered_store]);
    let last =
        history.document["entries"].as_array().and_then(|entries| entries.last()).expect("it has entries").clone();
    assert_eq!(last["event"], "sealAccepted");
    let unknown =
        story.run(&["store", "seal-records", "--accept", "activation:000000000000", "--store", &altered_store]);
    assert_eq!((unknown.exit, &unknown.document["code"]), (2, &json!("CT-E025")), "{unknown:?}");
}
