//! The stored inputs of the fuzz targets, and variations of them: the short form of `scripts/fuzz`.

#[path = "../../fuzz/targets.rs"]
mod targets;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use camtoken::seeded::Seeded;
use camtoken::store::{Change, EmbeddedStore, MemoryStore, Revision, Store, backup, block_on};
use camtoken::token::{Device, Received, Token, file};
use camtoken::verifier::{AttemptId, Step};
use camtoken::{Key, LocalKeyWrapper, Operation, Policy, Subscriber, Timestamp, Transaction, Verifier};
use rand::{Rng, RngExt};
use targets::{TARGETS, Target};

/// How many variations of each input are tried.
const VARIATIONS: u32 = 400;

fn corpus(target: &str) -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut files: Vec<_> =
        fs::read_dir(&dir).expect("every target has a corpus").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    files
}

/// Runs a target; an input that it fails at is kept where `scripts/fuzz` finds it.
fn run((name, target): &Target, input: &[u8], from: &Path) {
    if catch_unwind(AssertUnwindSafe(|| target(input))).is_err() {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-failure"));
        fs::write(&kept, input).expect("the folder for tests");
        panic!("{name} fails at {}, which comes of {}", kept.display(), from.display());
    }
}

#[test]
fn every_stored_input_is_survived() {
    for target in TARGETS {
        let files = corpus(target.0);
        assert!(files.len() > 2, "{} has seeds", target.0);
        for file in files {
            run(target, &fs::read(&file).expect("a file"), &file);
        }
    }
}

#[test]
fn variations_of_the_stored_inputs_are_survived() {
    for target in TARGETS {
        // A picture takes longer than a text, and so does a store.
        let variations = if matches!(target.0, "journal" | "luma" | "picture" | "symbol") { 10 } else { VARIATIONS };
        let files = corpus(target.0);
        let mut rng = Seeded::new(target.0);
        for (file, _) in files.iter().flat_map(|file| (0..variations).map(move |round| (file, round))) {
            let other = &files[rng.random_range(0..files.len())];
            let input = varied(fs::read(file).expect("a file"), &fs::read(other).expect("a file"), &mut rng);
            run(target, &input, file);
        }
    }
}

/// Not a test: makes the seeds that only the library can write, for `scripts/fuzz --seeds`.
#[test]
#[ignore = "writes into fuzz/corpus"]
fn make_the_seeds_of_stored_formats() {
    let now = Timestamp::from_unix(1_795_230_000);
    let rng = &mut Seeded::new("seeds");
    let wrapper = Box::new(LocalKeyWrapper::new(&[Key::new((0..32).collect())]).expect("a key"));
    let policy = Policy { accept_test_keys: true, ..Policy::default() };
    let verifier = Verifier::new(MemoryStore::new(), wrapper, policy, "Bank", rng).expect("a policy");
    let mut token = Token::generate("FEX0123456".parse().expect("an ID"), true, rng);
    block_on(verifier.register(token.id(), token.device_key(), true, now, rng)).expect("a new token");
    let keep = |target: &str, name: &str, bytes: &[u8]| {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
        fs::create_dir_all(&dir).and_then(|()| fs::write(dir.join(name), bytes)).expect("the corpus is in the tree");
    };
    let mut steps = 0;
    let mut note = |verifier: &Verifier<MemoryStore>, device: &Device| {
        steps += 1;
        for id in block_on(verifier.store().list(None, 100)).expect("memory") {
            let stored = block_on(verifier.store().load(&id)).expect("memory").expect("it is listed");
            keep("record", &format!("{}-{steps}", id.to_string().replace(':', "-")), &stored.record);
        }
        let mut backup = Vec::new();
        block_on(backup::write(verifier.store(), &mut backup)).expect("a Vec takes all");
        keep("backup", &format!("step-{steps}"), &backup);
        keep("token_file", &format!("step-{steps}"), file::to_string(device).expect("a test token").as_bytes());
    };
    let subscriber = Subscriber { contract: "1234567890".into(), user: "TANAKA".into() };
    let first = block_on(verifier.enroll(token.id(), subscriber.clone(), now, rng)).expect("a free place");
    let Received::FirstCode(received) = token.receive(&first.code).expect("its own code") else { panic!("first") };
    let digits = received.approve(rng).expose_digits();
    let attempt = AttemptId::from_bytes([1; 16]);
    let second = block_on(verifier.second_code(first.activation, &digits, attempt, now, rng)).expect("memory");
    let Step::Done(second) = second else { panic!("a right device code") };
    let Received::SecondCode(received) = token.receive(&second.code).expect("its own code") else { panic!("second") };
    let unconfirmed = received.approve();
    let response = unconfirmed.response().expose_str().to_owned();
    assert!(matches!(block_on(verifier.confirm(first.activation, &response, attempt, now)), Ok(Step::Done(()))));
    unconfirmed.keep();
    block_on(verifier.enroll_time_based(subscriber, now, rng)).expect("memory");
    let device = Device::new(token);
    note(&verifier, &device);
    for number in 2..5 {
        let fields = [("limit", "transfer".to_owned()), ("old", "1".to_owned()), ("new", number.to_string())];
        let transaction = Transaction::new(Operation::LimitChange, fields).expect("a limit");
        block_on(verifier.issue(first.activation, transaction, None, now, rng)).expect("an active token");
        note(&verifier, &device);
    }
    block_on(verifier.revoke(first.activation, now)).expect("memory");
    note(&verifier, &device);

    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = EmbeddedStore::open(dir.path(), Duration::ZERO).expect("a new store");
    for id in block_on(verifier.store().list(None, 100)).expect("memory") {
        let record = block_on(verifier.store().load(&id)).expect("memory").expect("it is listed").record.to_vec();
        let change = Change { record, audit: Some(b"entry".to_vec()) };
        assert!(block_on(store.replace(&id, Revision::ABSENT, change)).is_ok());
    }
    let log = fs::read(dir.path().join("journal/0")).expect("it was written to");
    let len = log.iter().rposition(|byte| *byte != 0).expect("it was written to") + 1;
    keep("journal", "of-a-store", &[&[0], &log[..len]].concat());
}

/// The input with some bytes changed, cut out, doubled, or taken from another one.
fn varied(mut input: Vec<u8>, other: &[u8], rng: &mut impl Rng) -> Vec<u8> {
    for _ in 0..rng.random_range(1..4) {
        let place = rng.random_range(0..=input.len());
        let end = (place + rng.random_range(0..16)).min(input.len());
        match rng.random_range(0..5) {
            0 if place < input.len() => input[place] ^= 1 << rng.random_range(0..8),
            1 => drop(input.drain(place..end)),
            2 => {
                let copy = input[place..end].to_vec();
                input.splice(place..place, copy);
            }
            3 if !other.is_empty() => {
                let from = rng.random_range(0..other.len());
                let to = (from + rng.random_range(1..32)).min(other.len());
                input.splice(place..end, other[from..to].iter().copied());
            }
            _ => input.insert(place, [0, 0x7f, 0x80, 0xff, b'"', b'-', b'9', b'\n'][rng.random_range(0..8)]),
        }
    }
    input
}
