//! The fuzz targets: one function for each kind of input from outside, by name. They are built twice: under libFuzzer in `fuzz/`, and
//! in `tests/fuzz_corpus.rs`, which replays the stored inputs.

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use camtoken::challenge::ChallengeId;
use camtoken::code::{self, ChallengeCode};
use camtoken::language::Language;
use camtoken::oath::ocra::{self, DataInput, Question, QuestionFormat, QuestionKind, Suite};
use camtoken::provision::{Container, OtpauthUri, Protection};
use camtoken::qr::{EcLevel, Effort, Limits, Luma, Scan, ScanOptions, encode_bytes, scan, scan_file};
use camtoken::seeded::Seeded;
use camtoken::store::backup::Records;
use camtoken::store::{EmbeddedStore, MemoryStore, Store, StoreError, block_on};
use camtoken::token::file;
use camtoken::transaction::zengin::{BatchFile, Encoding, LineEnd};
use camtoken::{Key, LocalKeyWrapper, Operation, Policy, Timestamp, Transaction, Verifier};
use camtoken_core::challenge::ChallengeRef;
use camtoken_core::verifier::clock::ClockRecord;
use camtoken_core::verifier::decision::{
    ChallengeResponse, ClockSetBack, Comparison, Restoration, SettledQuery, open_challenge, settle,
};
use camtoken_core::verifier::record::{self, GeneratorRecord, Record, TokenRecord};
use camtoken_core::verifier::seal;
use camtoken_formats::{Accounts, Answer, Foreign, Received, Rules};
use camtoken_server::{Options, Service};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use xxhash_rust::xxh3::xxh3_64;

/// A target by its name.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: &[Target] = &[
    ("backup", backup),
    ("challenge_code", challenge_code),
    ("foreign", foreign),
    ("http", http),
    ("journal", journal),
    ("luma", luma),
    ("ocra", ocra_suite),
    ("otpauth", otpauth),
    ("picture", picture),
    ("pskc", pskc),
    ("record", stored_record),
    ("symbol", symbol),
    ("token_file", token_file),
    ("transaction", transaction),
    ("zengin", zengin),
];

fn key() -> Key {
    Key::new(vec![0x5a; 32])
}

fn text(data: &[u8]) -> &str {
    std::str::from_utf8(data).unwrap_or_default()
}

/// A code as a symbol carries it.
fn challenge_code(data: &[u8]) {
    let Ok(code) = text(data).parse::<ChallengeCode>() else { return };
    assert_eq!(code.as_str(), text(data), "a code has one spelling");
    if let Ok(challenge) = code::open(&code, &key()) {
        assert_eq!(code::seal(&challenge, &key()).as_str(), code.as_str());
    }
}

/// A file that says it is a picture, or has several.
fn picture(data: &[u8]) {
    let limits = Limits { max_pixels: 1 << 18, ..Limits::default() };
    let options = ScanOptions { all: true, effort: Effort::Frame(7), ..Default::default() };
    let is_small = |luma: &Luma| u64::from(luma.width()) * u64::from(luma.height()) <= limits.max_pixels;
    if let Ok(luma) = Luma::decode(data, &limits) {
        assert!(is_small(&luma));
    }
    if let Ok(found) = scan_file(data, &limits, &options, |_| true) {
        assert!(is_small(&found.luma) && (1..=32).contains(&found.pictures));
    }
}

/// Grey levels of a small picture: the first byte is its width.
fn luma(data: &[u8]) {
    let Some((&width, pixels)) = data.split_first() else { return };
    let width = usize::from(width).max(1);
    let height = (pixels.len() / width).min(256);
    if let Ok(luma) = Luma::from_raw(width as u32, height as u32, pixels[..width * height].to_vec()) {
        let _ = scan(&luma, &ScanOptions { all: true, ..Default::default() });
    }
}

/// A symbol with any content, and modules of it that are wrong: the first bytes say how many, and where.
fn symbol(data: &[u8]) {
    let Some((&wrong, content)) = data.split_first() else { return };
    let content = &content[..content.len().min(400)];
    let Ok(matrix) = encode_bytes(content, EcLevel::M) else { return };
    let clean = matrix.to_luma(3);
    let read = |luma: &Luma| match scan(luma, &ScanOptions::default()) {
        Scan::Read(symbols) => symbols.into_iter().map(|symbol| symbol.payload).collect(),
        _ => Vec::new(),
    };
    assert_eq!(read(&clean), [content], "what was drawn is read");
    let (width, height) = (clean.width(), clean.height());
    let mut pixels = clean.pixels().to_vec();
    for (place, byte) in content.iter().enumerate().take(usize::from(wrong)) {
        let (x, y) = ((place as u32 * 37 + u32::from(*byte)) % (width / 3), (u32::from(*byte) * 13) % (height / 3));
        for (dx, dy) in (0..3).flat_map(|dx| (0..3).map(move |dy| (dx, dy))) {
            let at = ((3 * y + dy) * width + 3 * x + dx) as usize;
            pixels[at] = 255 - pixels[at];
        }
    }
    let spoilt = Luma::from_raw(width, height, pixels).expect("the same size");
    assert!(read(&spoilt).iter().all(|said| said == content), "what is read is right, or nothing is");
}

/// A PSKC container (RFC 6030).
fn pskc(data: &[u8]) {
    let shared = Protection::PreSharedKey { key: Key::new(vec![0x12; 16]), name: None, mac_key: None };
    for protection in [Protection::None, shared] {
        if let Ok(container) = Container::read(data, &protection) {
            let shown = format!("{:?}", container.packages);
            assert!(!shown.contains("3132333435"), "no key is printed");
        }
    }
}

/// The URI of an authenticator app.
fn otpauth(data: &[u8]) {
    let Ok(uri) = text(data).parse::<OtpauthUri>() else { return };
    let written = uri.expose_uri().expect("what was read can be written");
    let again: OtpauthUri = written.parse().expect("what was written can be read");
    assert_eq!(*again.expose_uri().expect("it can be written"), *written);
}

/// A code that is not camtoken's own, through the steps of a token that has registered by the first lines.
fn foreign(data: &[u8]) {
    let mut accounts = Accounts::default();
    for text in [text(data).split('\0').next().unwrap_or_default(), text(data).rsplit('\0').next().unwrap_or_default()]
    {
        let Ok(code) = Foreign::parse(text) else { return };
        let _ = (code.format(), code.parts());
        match accounts.receive(code, &Rules::default()) {
            Ok(Received::Fetch(fetch)) => {
                let _ = fetch.report(&accounts, &Answer::new(200, text));
            }
            Ok(Received::Introduction(new)) => {
                let pages = new.shown().layout(Language::En).pages();
                assert!(!pages.is_empty(), "it is shown");
                let Ok(enrolment) = new.approve(&accounts, None, Language::En, &mut Seeded::new("fuzz")) else {
                    return;
                };
                let yes = Answer::new(200, r#"{"result":{"status":true}}"#);
                accounts.keep(enrolment.report(&yes).expect("yes")).expect("there was room when it was shown");
                let saved = accounts.expose_json();
                let again = Accounts::from_json(&saved).expect("what was written can be read");
                assert_eq!(*again.expose_json(), *saved);
            }
            Ok(Received::Login(login)) => {
                let _ = login.approve(&mut accounts, None, Timestamp::from_unix(59), Language::En);
            }
            _ => {}
        }
    }
}

/// An OCRA suite and a question (RFC 6287), a line each.
fn ocra_suite(data: &[u8]) {
    let mut lines = text(data).lines();
    let Ok(suite) = lines.next().unwrap_or_default().parse::<Suite>() else { return };
    assert_eq!(suite.to_string().parse(), Ok(suite.clone()), "a suite has one spelling");
    let question = lines.next().unwrap_or_default();
    for kind in [QuestionKind::Alphanumeric, QuestionKind::Numeric, QuestionKind::Hexadecimal] {
        let format = QuestionFormat::new(kind, 64).expect("64 is the most");
        let Ok(question) = Question::new(format, question) else { continue };
        let input = DataInput::new(question);
        if let Ok(response) = ocra::respond(&suite, &key(), &input) {
            assert!(ocra::verify(&suite, &key(), &input, &response).expect("the same input"));
        }
    }
}

/// A token's file in clear.
fn token_file(data: &[u8]) {
    let Ok(device) = file::from_str(text(data), None) else { return };
    let written = file::to_string(&device).expect("a token in clear is for tests");
    let again = file::from_str(&written, None).expect("what was written can be read");
    assert_eq!(file::to_string(&again).expect("as before"), written);
}

/// A Zengin batch file: the first byte is the encoding.
fn zengin(data: &[u8]) {
    let Some((first, file)) = data.split_first() else { return };
    let encoding = [Encoding::Detect, Encoding::ShiftJis, Encoding::Utf8][usize::from(first % 3)];
    let Ok(batch) = BatchFile::parse(file, encoding) else { return };
    let written = batch.to_bytes(LineEnd::CrLf);
    let again = BatchFile::parse(&written, Encoding::Detect).expect("what was written can be read");
    assert_eq!(again.to_bytes(LineEnd::CrLf), written);
}

/// Fields of a transaction: the first line is the operation, the others are names and values.
fn transaction(data: &[u8]) {
    let mut lines = text(data).split('\n');
    let Ok(operation) = lines.next().unwrap_or_default().parse::<Operation>() else { return };
    let fields: Vec<_> = lines.filter_map(|line| line.split_once('=')).collect();
    let Ok(transaction) = Transaction::new(operation, fields) else { return };
    let canonical: Vec<_> = transaction.fields().map(|(field, value)| (field.name, value.to_string())).collect();
    let again = Transaction::new(operation, canonical.iter().map(|(name, value)| (*name, value.as_str())));
    assert_eq!(again.as_ref(), Ok(&transaction), "the canonical form is one");
    assert_eq!(again.expect("it is one").digest(), transaction.digest());
}

/// A record of a store, from any writer, and what is decided about it.
fn stored_record(data: &[u8]) {
    let _ = record::from_bytes::<TokenRecord>(data);
    let _ = record::from_bytes::<GeneratorRecord>(data);
    let _ = record::from_bytes::<ClockRecord>(data);
    let Ok((_, data)) = seal::split(data) else { return };
    let Ok(known) = record::from_bytes::<Record>(data) else { return };
    let written = record::to_bytes(&known);
    assert_eq!(record::from_bytes::<Record>(&written).as_ref(), Ok(&known));
    let (policy, now) = (Policy::default(), Timestamp::from_unix(1_795_230_000));
    let activation = camtoken::key::ActivationId::from_bytes([1; 6]);
    let id = known.challenge.as_ref().map_or(ChallengeId::from_bytes([2; 12]), |issued| issued.id);
    let challenge = ChallengeRef { activation, id };
    let _ = open_challenge(&policy, &known, challenge, now);
    let comparison = Comparison::Made { tag: [3; 16], matches: true };
    let accepted = settle(&policy, known.clone(), &ChallengeResponse { challenge, comparison }, now);
    if let Ok(settled) = accepted.map(|settlement| settlement.record) {
        let comparison = Comparison::Made { tag: [4; 16], matches: true };
        let again =
            settle(&policy, settled, &ChallengeResponse { challenge, comparison }, now).expect("the same clock");
        assert!(!again.answer.is_accepted(), "no record lets one response be accepted by two attempts");
    }
    let _ = settle(&policy, known.clone(), &SettledQuery { challenge }, now);
    let _ = settle(&policy, known.clone(), &ClockSetBack, now);
    let restored = settle(&policy, known, &Restoration, now).expect("a restoration is decided by any clock");
    assert!(open_challenge(&policy, &restored.record, challenge, now).is_none(), "nothing is open after it");
}

/// A backup.
fn backup(data: &[u8]) {
    let Ok(records) = Records::new(data) else { return };
    for saved in records {
        if saved.is_err() {
            return;
        }
    }
}

/// The first file of a store's write-ahead log, whatever has happened to it: its bytes after a 0, or changes for which whole frames
/// are made, each behind its length in two bytes.
fn journal(data: &[u8]) {
    let Some((&kind, bytes)) = data.split_first() else { return };
    let log = if kind == 0 { bytes.to_vec() } else { frames(bytes) };
    let memory = Path::new("/dev/shm");
    let dir = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.expect("a directory");
    drop(EmbeddedStore::open(dir.path(), Duration::ZERO).expect("a new store"));
    std::fs::write(dir.path().join("journal/0"), log).expect("it is ours");
    let open = || EmbeddedStore::open_to_repair(dir.path(), Duration::ZERO);
    let records = |store: &EmbeddedStore| {
        let ids = block_on(store.list(None, 1000)).expect("it is open");
        let load = |id| block_on(store.load(id)).expect("it is open").expect("it is listed");
        ids.iter().map(|id| (id.to_string(), load(id))).collect::<Vec<_>>()
    };
    match open() {
        Ok((store, _)) => {
            let first = records(&store);
            drop(store);
            assert_eq!(records(&open().expect("it was open just now").0), first, "what was read once stays");
        }
        Err(StoreError::Corrupt { .. }) => {}
        Err(error) => panic!("{error}"),
    }
}

/// As many whole frames, numbered from 1 on, as there are.
fn frames(mut bytes: &[u8]) -> Vec<u8> {
    let mut log = Vec::new();
    for number in 1_u64.. {
        let Some((len, rest)) = bytes.split_first_chunk() else { break };
        let (changes, rest) = rest.split_at(usize::from(u16::from_be_bytes(*len)).min(rest.len()));
        let mut frame = (changes.len() as u32).to_be_bytes().to_vec();
        frame.extend(number.to_be_bytes());
        frame.extend(changes);
        log.extend(xxh3_64(&frame).to_be_bytes());
        log.extend(frame);
        bytes = rest;
    }
    log
}

/// A request to the service: method, path and body, a line each; the body is the rest.
fn http(data: &[u8]) {
    static ROUTER: LazyLock<(tokio::runtime::Runtime, Router)> = LazyLock::new(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let wrapper = Box::new(LocalKeyWrapper::new(&[Key::new((0..32).collect())]).expect("a key"));
        let rng = &mut camtoken::seeded::Seeded::new("fuzz");
        let verifier = Verifier::new(MemoryStore::new(), wrapper, Policy::default(), "Bank", rng).expect("a policy");
        let options = Options { virtual_token: true, ..Options::default() };
        (runtime, Service::new(Some(verifier), &options).router())
    });
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let (method, path) = (parts.next().unwrap_or_default(), text(parts.next().unwrap_or_default()));
    let body = parts.next().unwrap_or_default().to_vec();
    let method = match method {
        b"POST" => Method::POST,
        b"DELETE" => Method::DELETE,
        b"PATCH" => Method::PATCH,
        _ => Method::GET,
    };
    let request = Request::builder().method(method).uri(path).header("host", "localhost");
    let Ok(request) = request.header("content-type", "application/json").body(Body::from(body)) else { return };
    // A request that waits for something to happen is given no time for it.
    if path.contains("wait") {
        return;
    }
    let (runtime, router) = &*ROUTER;
    let routes = TowerToHyperService::new(router.clone());
    let answer = runtime.block_on(async { routes.call(request).await.expect("routes do not fail") });
    assert!(answer.status() != 500, "{}", answer.status());
}
