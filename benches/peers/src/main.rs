//! camtoken beside other implementations on the same work, in one process and by turns, so that the ratios hold on a noisy
//! machine too. Prints a table, and writes it to the file that is named.
//!
//! ```console
//! $ cargo run --release --manifest-path benches/peers/Cargo.toml -- table.md
//! ```

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};
use std::{env, fs};

use camtoken::oath::ocra::{Check, Checker, DataInput, KeyTable, Question, Suite};
use camtoken::oath::{Digits, Engine, Hash, Response, hotp, totp::Totp};
use camtoken::{Key, Timestamp};
use hmac::{Hmac, KeyInit, Mac};

/// A data input of 154 bytes.
const SUITE: &str = "OCRA-1:HOTP-SHA256-6:QN08";

/// Each contender runs that long at a time, and so many times.
const TURN: Duration = Duration::from_millis(4);
const ROUNDS: usize = 75;

const SECRET: [u8; 32] = *b"12345678901234567890123456789012";

/// What does the work, and how many checks one call of it are.
struct Contender<'a> {
    name: String,
    checks: usize,
    run: Box<dyn FnMut() + 'a>,
}

fn contender<'a, T>(name: impl Into<String>, checks: usize, mut run: impl FnMut() -> T + 'a) -> Contender<'a> {
    Contender { name: name.into(), checks, run: Box::new(move || drop(black_box(run()))) }
}

fn main() {
    let mut table = String::new();
    ocra(&mut table);
    window(&mut table);
    totp(&mut table);
    print!("{table}");
    if let Some(file) = env::args().nth(1) {
        fs::write(file, table).expect("the file can be written");
    }
}

fn ocra(table: &mut String) {
    let suite: Suite = SUITE.parse().expect("a suite");
    let inputs: Vec<_> = (0..4096u32)
        .map(|number| DataInput::new(Question::new(suite.question(), &format!("{number:08}")).expect("eight digits")))
        .collect();
    let response = Response::parse("123456", 6).expect("six digits");
    let keys: Vec<_> = (0..256u32).map(|number| Key::new(number.to_be_bytes().repeat(8))).collect();
    let keys = &KeyTable::new(Hash::Sha256, keys.iter());

    let mut contenders = Vec::new();
    for engine in Engine::available() {
        for count in [1, 256] {
            let checker = Checker::with_engine(&suite, engine);
            let check = |number: usize| Check { key: number % 256, input: &inputs[number], response: &response };
            let checks: Vec<_> = (0..count).map(check).collect();
            let mut verdicts = vec![false; count];
            contenders.push(contender(format!("camtoken, {engine}, {count} at a time"), count, move || {
                checker.check(keys, black_box(&checks), &mut verdicts).expect("values that fit");
                verdicts[0]
            }));
        }
    }
    let mut question = 0u32;
    let mut next = move || {
        question = question.wrapping_add(1) % 100_000_000;
        question
    };
    let hmac = |secret: &[u8]| Hmac::<sha2::Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    let keyed = hmac(&SECRET);
    contenders.push(contender("hmac 0.13 + sha2 0.11, from the key", 1, move || {
        digits(&hmac(black_box(&SECRET)).chain_update(data_input(next())).finalize().into_bytes()) == 123_456
    }));
    contenders.push(contender("hmac 0.13 + sha2 0.11, keyed state kept", 1, move || {
        digits(&keyed.clone().chain_update(data_input(next())).finalize().into_bytes()) == 123_456
    }));
    let key = || ring::hmac::Key::new(ring::hmac::HMAC_SHA256, black_box(&SECRET));
    let kept = key();
    contenders.push(contender("ring 0.17, from the key", 1, move || {
        digits(ring::hmac::sign(&key(), &data_input(next())).as_ref()) == 123_456
    }));
    contenders.push(contender("ring 0.17, key kept", 1, move || {
        digits(ring::hmac::sign(&kept, &data_input(next())).as_ref()) == 123_456
    }));
    let key = || aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, black_box(&SECRET));
    let kept = key();
    contenders.push(contender("aws-lc-rs 1, from the key", 1, move || {
        digits(aws_lc_rs::hmac::sign(&key(), &data_input(next())).as_ref()) == 123_456
    }));
    contenders.push(contender("aws-lc-rs 1, key kept", 1, move || {
        digits(aws_lc_rs::hmac::sign(&kept, &data_input(next())).as_ref()) == 123_456
    }));
    compare(
        table,
        "One check, OCRA-SHA256 with a data input of 154 bytes",
        "hmac 0.13 + sha2 0.11, from the key",
        contenders,
    );
}

fn window(table: &mut String) {
    let key = Key::new(SECRET[..20].to_vec());
    let miss = Response::parse("000000", 6).expect("six digits");
    let key = &key;
    let miss = &miss;
    let mut contenders = vec![
        contender("camtoken", 1000, move || hotp::search(key, Digits::SIX, Hash::Sha1, miss, 1, 999)),
        contender("hmac 0.13 + sha1 0.11, keyed state kept", 1000, || {
            let keyed = Hmac::<sha1::Sha1>::new_from_slice(&SECRET[..20]).expect("HMAC takes a key of any length");
            (1..=1000u64)
                .filter(|counter| {
                    digits(&keyed.clone().chain_update(counter.to_be_bytes()).finalize().into_bytes()) == 1_000_000
                })
                .count()
        }),
    ];
    #[cfg(feature = "liboath")]
    contenders.push(contender("liboath", 1000, || liboath::hotp_validate(&SECRET[..20], 1, 999, c"000000")));
    let base = if cfg!(feature = "liboath") { "liboath" } else { "hmac 0.13 + sha1 0.11, keyed state kept" };
    compare(table, "One counter of an HOTP-SHA1 window of 1000, nothing found", base, contenders);
}

fn totp(table: &mut String) {
    let key = Key::new(SECRET[..20].to_vec());
    let miss = Response::parse("000000", 6).expect("six digits");
    let (key, miss) = (&key, &miss);
    let now = Timestamp::from_unix(1_795_230_000);
    let camtoken = Totp::default();
    let contenders = vec![
        contender("camtoken", 1, move || camtoken.verify(key, miss, now, 1, None)),
        contender("totp-rs 6", 1, totp_rs()),
    ];
    compare(table, "TOTP-SHA1, a step of drift to either side, nothing found", "totp-rs 6", contenders);
}

fn totp_rs() -> impl FnMut() -> bool {
    let totp = totp_rs::Builder::new()
        .with_algorithm(totp_rs::Algorithm::SHA1)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(30)
        .with_secret(*SECRET.first_chunk::<20>().expect("32 bytes"))
        .build()
        .expect("a long secret");
    move || totp.check(black_box("000000"), 1_795_230_000).is_some()
}

/// The data input of a numeric question: suite, a zero byte, and the number in hexadecimal, padded to the right.
fn data_input(question: u32) -> [u8; 154] {
    let mut input = [0; 154];
    input[..SUITE.len()].copy_from_slice(SUITE.as_bytes());
    if question > 0 {
        let left = question << (question.leading_zeros() & !3);
        input[SUITE.len() + 1..SUITE.len() + 5].copy_from_slice(&left.to_be_bytes());
    }
    input
}

/// Six digits by RFC 4226, section 5.3.
fn digits(mac: &[u8]) -> u32 {
    let offset = usize::from(mac[mac.len() - 1] & 15);
    (u32::from_be_bytes(mac[offset..offset + 4].try_into().expect("four bytes")) & 0x7fff_ffff) % 1_000_000
}

/// Lets all run by turns, and tells the median of what each took, and of its ratio to `base` in the same round.
fn compare(table: &mut String, title: &str, base: &str, mut contenders: Vec<Contender<'_>>) {
    let base = contenders.iter().position(|contender| contender.name == base).expect("one of them");
    let mut rounds = vec![Vec::new(); contenders.len()];
    for _ in 0..ROUNDS {
        for (contender, rounds) in contenders.iter_mut().zip(&mut rounds) {
            let (start, mut calls) = (Instant::now(), 0usize);
            while start.elapsed() < TURN {
                (0..64).for_each(|_| (contender.run)());
                calls += 64;
            }
            rounds.push(start.elapsed().as_secs_f64() * 1e9 / (calls * contender.checks) as f64);
        }
    }
    let median = |mut figures: Vec<f64>| {
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    let _ = writeln!(table, "{title}:\n\n| implementation | ns | times as fast |\n| --- | ---: | ---: |");
    for (contender, own) in contenders.iter().zip(&rounds) {
        let ratio = median(rounds[base].iter().zip(own).map(|(base, own)| base / own).collect());
        let _ = writeln!(table, "| {} | {:.1} | {ratio:.2} |", contender.name, median(own.clone()));
    }
    table.push('\n');
}

#[cfg(feature = "liboath")]
mod liboath {
    use std::ffi::{CStr, c_char, c_int};

    #[link(name = "oath")]
    unsafe extern "C" {
        fn oath_hotp_validate(
            secret: *const c_char,
            secret_length: usize,
            start_moving_factor: u64,
            window: usize,
            otp: *const c_char,
        ) -> c_int;
    }

    pub fn hotp_validate(secret: &[u8], from: u64, window: usize, response: &CStr) -> c_int {
        // SAFETY: secret and length belong together, the response ends in a zero, and the function keeps neither.
        unsafe { oath_hotp_validate(secret.as_ptr().cast(), secret.len(), from, window, response.as_ptr()) }
    }
}
