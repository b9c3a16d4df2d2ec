//! How long does one response take, by suite and by size? Windows and many checks: `check.rs`.

use std::hint::black_box;

use camtoken::Key;
use camtoken::oath::Hash;
use camtoken::oath::ocra::{self, DataInput, PinHash, Question, Suite};
use criterion::{Criterion, criterion_group, criterion_main};

/// Whatever the suite asks for, at full size.
fn input(suite: &Suite) -> DataInput {
    let text = "1234567890".repeat(7);
    let question = &text[..suite.question().max_len().into()];
    DataInput {
        counter: suite.counter().then_some(7),
        pin: suite.pin().map(|hash| PinHash::new(hash, "1234")),
        session: suite.session().map(|len| vec![b's'; len.into()]),
        time: suite.time_step().map(|_| 20_107_446),
        ..DataInput::new(Question::new(suite.question(), question).expect("digits are of every kind"))
    }
}

fn suite(text: &str) -> Suite {
    text.parse().expect("a suite")
}

fn key(hash: Hash) -> Key {
    Key::new(vec![0x31; hash.output_len()])
}

fn respond(c: &mut Criterion) {
    let mut group = c.benchmark_group("ocra_respond");
    for text in [
        "OCRA-1:HOTP-SHA1-6:QN08",
        "OCRA-1:HOTP-SHA256-8:QH64",
        "OCRA-1:HOTP-SHA512-8:QH64",
        "OCRA-1:HOTP-SHA256-0:QH64",
        "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1",
        "OCRA-1:HOTP-SHA256-8:QA64-S064",
        "OCRA-1:HOTP-SHA256-8:QA64-S512",
        "OCRA-1:HOTP-SHA512-10:C-QA64-PSHA512-S512-T1M",
    ] {
        let suite = suite(text);
        let (key, input) = (key(suite.hash()), input(&suite));
        group.bench_function(text, |b| b.iter(|| ocra::respond(black_box(&suite), &key, &input)));
    }
    group.finish();
}

fn parse(c: &mut Criterion) {
    let mut group = c.benchmark_group("ocra_parse");
    let text = "OCRA-1:HOTP-SHA256-8:C-QN64-PSHA1-S064-T1M";
    group.bench_function("suite", |b| b.iter(|| black_box(text).parse::<Suite>()));
    for kind in ["QN64", "QH64", "QA64"] {
        let format = suite(&format!("OCRA-1:HOTP-SHA256-8:{kind}")).question();
        let text = "9".repeat(64);
        group.bench_function(kind, |b| b.iter(|| Question::new(format, black_box(&text))));
    }
    group.finish();
}

criterion_group!(benches, respond, parse);
criterion_main!(benches);
