//! Batch files over HTTP: taken as the command line takes them, whatever their size, and refused by record and field.

use std::time::{Instant, SystemTime};

use camtoken::Timestamp;
use camtoken::transaction::zengin::{BatchFile, Encoding, Header, LineEnd, MonthDay, Payee};
use serde_json::{Value, json};

use super::client::{Said, Server};
use super::hand::{Hand, text};

/// The sample of the vectors, with a date so many days from today in Japan.
fn sample(days: i64) -> BatchFile {
    let batch = BatchFile::parse(include_bytes!("../../testvectors/zengin/bulk_crlf.txt"), Encoding::Detect);
    let batch = batch.expect("a good sample");
    let header = Header { date: day(days), ..batch.header().clone() };
    BatchFile::new(header, batch.payees().to_vec()).expect("a batch")
}

fn day(days: i64) -> MonthDay {
    let since = SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_secs() + 9 * 3600;
    let since = since.checked_add_signed(days * 24 * 3600).expect("after 1970");
    let date = Timestamp::from_unix(since).to_string();
    let number = |part: &str| part.parse().expect("two digits");
    MonthDay::new(number(&date[5..7]), number(&date[8..10])).expect("a day of the year")
}

fn form(parts: &[(&str, &[u8])]) -> (&'static str, Vec<u8>) {
    let mut body = Vec::new();
    for (name, content) in parts {
        body.extend(format!("--limit\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n").into_bytes());
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(b"--limit--\r\n");
    ("multipart/form-data; boundary=limit", body)
}

struct Bank<'a> {
    hand: Hand<'a>,
    activation: String,
}

impl Bank<'_> {
    fn send(&self, query: &str, kind: &str, file: Vec<u8>) -> Said {
        let path = format!("/v1/challenges/batch?activation={}{query}", self.activation);
        self.hand.server.call("POST", &path, Some((kind, file)))
    }

    #[track_caller]
    fn refused(&self, query: &str, file: Vec<u8>) -> (String, String) {
        let said = self.send(query, "text/plain", file);
        let problem = said.json();
        assert_eq!(said.status, 422, "{problem}");
        (text(&problem, "code"), text(&problem, "detail"))
    }
}

fn bank(server: &Server) -> Bank<'_> {
    let hand = Hand::new(server, &json!({ "lang": "en" }));
    let activation = hand.register();
    Bank { hand, activation }
}

#[test]
fn a_batch_file_is_put_to_a_token_and_signed() {
    let server = Server::start(&["--emulator", "--accept-test-keys"]);
    let bank = bank(&server);
    let batch = sample(1);
    let vectors: Value =
        serde_json::from_str(include_str!("../../testvectors/zengin_test.json")).expect("the vectors are JSON");
    let vector = &vectors["testGroups"][0]["tests"][0];

    let issued = bank.send("&orderId=B-1", "text/plain", batch.to_bytes(LineEnd::CrLf)).ok(201);
    assert_eq!((&issued["operation"], &issued["transaction"]["operation"]), (&json!("bulk"), &json!("bulk")));
    let fields = issued["transaction"]["fields"].clone();
    assert_eq!(fields["count"], vector["count"].to_string());
    assert_eq!(fields["total"], vector["total"].to_string());
    assert_eq!(fields["largestAmount"], vector["largestAmount"].to_string());
    assert_eq!(fields["newPayees"], vector["accounts"].to_string());
    assert_eq!((&fields["payingAccount"], &fields["orderId"]), (&json!("1011234567"), &json!("B-1")));
    assert_eq!(text(&fields, "checkCode"), text(&fields, "file")[..16]);
    let png = server.get(issued["code"]["png"].as_str().expect("a path"));
    let shown = bank.hand.scan("", &png);
    let settled = bank.hand.verify(&text(&issued, "id"), &shown["response"]);
    assert_eq!((&settled["result"], &settled["transaction"]["fields"]), (&json!("accepted"), &fields));

    // The same file in other bytes is the same transaction.
    let known = format!(
        "{}-{}-1-{}",
        batch.payees()[0].bank_code,
        batch.payees()[0].branch_code,
        batch.payees()[0].account_number
    );
    let plain = [batch.to_bytes(LineEnd::None), b"\x1a\r\n\0\0".to_vec()].concat();
    let (kind, body) = form(&[
        ("activation", bank.activation.as_bytes()),
        ("knownPayees", known.as_bytes()),
        ("payingAccount", b"1234"),
        ("orderId", b"B-1"),
        ("file", &plain),
    ]);
    let again = server.call("POST", "/v1/challenges/batch", Some((kind, body))).ok(201);
    let other = &again["transaction"]["fields"];
    assert_eq!((&other["file"], &other["payingAccount"]), (&fields["file"], &json!("1234")));
    assert_eq!(other["newPayees"], (vector["accounts"].as_u64().expect("a number") - 1).to_string());
}

#[test]
fn what_is_wrong_with_a_batch_file_is_named() {
    let server = Server::start(&["--emulator", "--accept-test-keys"]);
    let bank = bank(&server);
    let file = |days| sample(days).to_bytes(LineEnd::CrLf);
    let (code, why) = bank.refused("", file(-1));
    assert!(code == "CT-E072" && why.contains("record 1, transfer date: ") && why.contains("is in the past"), "{why}");
    let (_, why) = bank.refused("", file(40));
    assert!(why.contains("is more than 31 days ahead"), "{why}");
    assert_eq!(bank.send("&dateWindow=40", "text/plain", file(40)).status, 201);
    assert_eq!(bank.send("", "application/octet-stream", file(0)).status, 201, "today");

    let (_, why) = bank.refused("", [file(1), b"END".to_vec()].concat());
    assert_eq!(why, "record 9, record type: something after the end record");
    let (_, why) = bank.refused("", "1210".encode_utf16().flat_map(u16::to_le_bytes).collect());
    assert_eq!(why, "record 1, record: in UTF-16: expected Shift_JIS or UTF-8");
    let mut wrong = file(1);
    wrong[3 * 122 + 80] = b'X';
    let (_, why) = bank.refused("", wrong);
    assert_eq!(why, "record 4, amount: not all digits");
    assert_eq!(bank.refused("&payingAccount=12", file(1)).0, "CT-E071");
    assert_eq!(bank.refused("&ttl=3", file(1)), ("CT-E135".to_owned(), "ttl".to_owned()));
    assert_eq!(bank.send("", "application/json", file(1)).problem(415), "CT-E106");
    assert_eq!(bank.send("&payee=x", "text/plain", file(1)).problem(400), "CT-E100");
    for parts in [
        &[("file", &b"x"[..]), ("knownPayees", b"")][..],
        &[("activation", b"0"), ("payee", b"x")],
        &[("file", b"1"), ("file", b"2")],
        &[("activation", bank.activation.as_bytes())],
    ] {
        let (kind, body) = form(parts);
        let said = server.call("POST", "/v1/challenges/batch", Some((kind, body)));
        assert_eq!(said.problem(422), "CT-E115", "{parts:?}");
    }
    let (kind, body) = form(&[("knownPayees", b"9991-205-1-7000001\n9991-205"), ("file", &file(1))]);
    let said = server.call("POST", "/v1/challenges/batch", Some((kind, body)));
    assert_eq!(
        (said.status, text(&said.json(), "detail")),
        (422, "knownPayees: line 2: expected BANK-BRANCH-TYPE-ACCOUNT, as 0001-001-1-0012345".to_owned())
    );
}

/// The memory of the service, in KiB.
#[cfg(target_os = "linux")]
fn most_memory(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("it runs");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a line of memory");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

/// A hundred thousand payees are 12.2 MB; what is kept of them is their accounts.
#[test]
#[cfg(target_os = "linux")]
fn a_hundred_thousand_payees_take_little_memory() {
    let server = Server::start(&["--emulator", "--accept-test-keys"]);
    let bank = bank(&server);
    let small = sample(1);
    let payee = |number: u32| Payee {
        account_number: format!("{number:07}").parse().expect("seven digits"),
        amount: 1000,
        ..small.payees()[1].clone()
    };
    let batch = BatchFile::new(small.header().clone(), (1..=100_000).map(payee).collect()).expect("a batch");
    let file = batch.to_bytes(LineEnd::CrLf);
    assert_eq!(file.len(), 122 * 100_003);
    bank.send("", "text/plain", small.to_bytes(LineEnd::CrLf)).ok(201);
    let before = most_memory(&server);
    let start = Instant::now();
    let issued = bank.send("", "text/plain", file).ok(201);
    let (took, more) = (start.elapsed(), most_memory(&server) - before);
    println!("100,000 payees: {took:?}, {more} KiB more");
    assert_eq!(issued["transaction"]["fields"]["newPayees"], "100000");
    assert!(more < 12 << 10, "{more} KiB for a file of 12 MB");
}
