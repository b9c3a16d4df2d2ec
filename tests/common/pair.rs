//! A verifier with a token in its books and the token's side done by hand, for every test that settles responses.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use camtoken::challenge::{DeviceNonce, ResponseSuite};
use camtoken::code::activation::{Binding, open_first, open_second};
use camtoken::code::{self, ChallengeCode};
use camtoken::key::{ActivationId, TokenId};
use camtoken::store::{Store, block_on};
use camtoken::transaction::{Operation, Transaction};
use camtoken::verifier::{
    AttemptId, ChallengeRef, LocalKeyWrapper, Policy, Rejection, Step, Subscriber, Verdict, Verifier,
};
use camtoken::{Key, Timestamp};
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;

pub const NOW: Timestamp = Timestamp::from_unix(1_795_230_000);

pub fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

pub fn later(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

/// A verifier with one token in its books, and the token's side of it done by hand: key and suite as the codes brought
/// them, responses computed from what the codes say.
pub struct Pair<S> {
    pub verifier: Verifier<S>,
    pub activation: ActivationId,
    pub key: Key,
    pub suite: ResponseSuite,
}

pub fn device_key() -> Key {
    Key::new((0..32).collect())
}

pub fn token_id() -> TokenId {
    "KKK0000001".parse().expect("a token ID")
}

pub fn subscriber() -> Subscriber {
    Subscriber { contract: "1234567890".to_owned(), user: "TANAKA".to_owned() }
}

pub fn verifier<S: Store>(store: S, policy: Policy) -> Verifier<S> {
    let vault = Box::new(LocalKeyWrapper::new(&[Key::new((9..41).collect())]).expect("a key of 32 bytes"));
    Verifier::new(store, vault, policy, "架空中央銀行", &mut rng()).expect("numbers within their limits")
}

pub fn test_policy() -> Policy {
    Policy { accept_test_keys: true, ..Policy::default() }
}

/// Both codes of a registration, as the token reads and answers them.
pub fn register<S: Store>(verifier: &Verifier<S>) -> (ActivationId, Key, ResponseSuite) {
    let token = token_id();
    block_on(verifier.register(&token, &device_key(), true, NOW, &mut rng())).expect("test keys are accepted");
    let first = block_on(verifier.enroll(&token, subscriber(), NOW, &mut rng())).expect("a free place");
    let nonce = DeviceNonce::generate(&mut rng());
    let asked = open_first(&read(&first.code), &device_key()).expect("sealed for this token");
    let device_code = asked.device_code(&device_key(), nonce).expose_digits();
    let second = match block_on(verifier.second_code(
        first.activation,
        &device_code,
        AttemptId::generate(&mut rng()),
        NOW,
        &mut rng(),
    ))
    .expect("decided")
    {
        Step::Done(second) => second,
        Step::Rejected(rejection) => panic!("{rejection}"),
    };
    let binding = Binding { first: asked.id, nonce };
    let (granted, grant) = open_second(&read(&second.code), &device_key(), binding).expect("sealed for this answer");
    let response = granted.respond(&grant.key, &grant.suite);
    let confirmed =
        block_on(verifier.confirm(first.activation, response.expose_str(), AttemptId::generate(&mut rng()), NOW))
            .expect("decided");
    assert!(matches!(confirmed, Step::Done(())), "{confirmed:?}");
    (first.activation, grant.key, grant.suite)
}

/// The code as the token has it after the picture: text.
pub fn read(code: &ChallengeCode) -> ChallengeCode {
    code.as_str().parse().expect("what was sealed is read")
}

pub fn transfer(amount: &str) -> Transaction {
    let fields = [
        ("bankCode", "0001"),
        ("bankName", "カクウ"),
        ("branchCode", "001"),
        ("branchName", "ホンテン"),
        ("accountType", "ordinary"),
        ("account", "0012345"),
        ("payee", "ミホン ショウジ(カ"),
        ("amount", amount),
        ("date", "2026-11-24"),
        ("edi", "INV-1"),
    ];
    Transaction::new(Operation::Transfer, fields).expect("a transfer of the catalogue")
}

impl<S: Store> Pair<S> {
    pub fn new(store: S, policy: Policy) -> Self {
        let verifier = verifier(store, policy);
        let (activation, key, suite) = register(&verifier);
        Self { verifier, activation, key, suite }
    }

    /// A challenge and its right response.
    pub fn issue(&self, amount: &str, now: Timestamp) -> (ChallengeRef, String) {
        let issued = block_on(self.verifier.issue(self.activation, transfer(amount), None, now, &mut rng()));
        let issued = issued.expect("the activation can answer");
        let opened = code::open(&read(&issued.code), &self.key).expect("sealed for this activation");
        (issued.reference, opened.respond(&self.key, &self.suite).expose_str().to_owned())
    }

    pub fn verify(&self, challenge: ChallengeRef, response: &str, now: Timestamp) -> Verdict {
        self.verify_as(AttemptId::generate(&mut rng()), challenge, response, now)
    }

    pub fn verify_as(&self, attempt: AttemptId, challenge: ChallengeRef, response: &str, now: Timestamp) -> Verdict {
        block_on(self.verifier.verify(challenge, response, attempt, now)).expect("the store answers")
    }

    pub fn events(&self) -> Vec<String> {
        let history = block_on(self.verifier.audit(self.activation)).expect("the store answers");
        let entries = history.into_entries().expect("a whole chain");
        entries.into_iter().map(|entry| format!("{:?}", entry.event)).collect()
    }
}

/// Another eight digits than these.
pub fn wrong(response: &str) -> String {
    let other = (response.parse::<u32>().expect("eight digits") + 1) % 100_000_000;
    format!("{other:08}")
}

pub fn rejected(verdict: &Verdict) -> Rejection {
    match verdict {
        Verdict::Rejected(rejection) => *rejection,
        Verdict::Accepted(_) => panic!("accepted"),
    }
}
pub fn in_parallel(threads: usize, times: usize, work: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= times {
                        break;
                    }
                    work(number);
                }
            });
        }
    });
}
