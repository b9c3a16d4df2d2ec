//! How long does it take to seal a transfer into a code, and to open it?

use std::hint::black_box;

use camtoken::challenge::{Challenge, ChallengeId, ResponseSuite};
use camtoken::code::{self, ChallengeCode};
use camtoken::key::ActivationId;
use camtoken::transaction::{Operation, Transaction};
use camtoken::{Key, Timestamp};
use criterion::{Criterion, criterion_group, criterion_main};

fn transfer() -> Transaction {
    let fields = [
        ("bankCode", "0001"),
        ("bankName", "カクウ"),
        ("branchCode", "001"),
        ("branchName", "ホンテン"),
        ("accountType", "ordinary"),
        ("account", "0012345"),
        ("payee", "カ)ミホンショウジ"),
        ("amount", "1250000"),
        ("date", "2026-11-24"),
        ("originator", "カ)テストショウカイ"),
    ];
    Transaction::new(Operation::Transfer, fields).expect("a transfer of the catalogue")
}

fn code(c: &mut Criterion) {
    let key = Key::new(vec![7; 32]);
    let suite = ResponseSuite::default();
    let challenge = Challenge {
        id: ChallengeId::from_bytes([1; 12]),
        activation: ActivationId::from_bytes([2; 6]),
        expires_at: Timestamp::from_unix(1_795_230_180),
        transaction: transfer(),
    };
    let sealed = code::seal(&challenge, &key);

    let mut group = c.benchmark_group("code");
    group.bench_function("transaction from its texts", |b| b.iter(transfer));
    group.bench_function("seal", |b| b.iter(|| code::seal(black_box(&challenge), &key)));
    group.bench_function("open", |b| {
        b.iter(|| {
            let code: ChallengeCode = black_box(sealed.as_str()).parse().expect("a code");
            code::open(&code, &key).expect("the key that sealed it")
        });
    });
    group.bench_function("respond", |b| b.iter(|| black_box(&challenge).respond(&key, &suite)));
    group.finish();
}

criterion_group!(benches, code);
criterion_main!(benches);
