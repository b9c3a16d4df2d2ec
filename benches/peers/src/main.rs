//! camtoken beside other implementations on the same work, in one process and by turns, so that the ratios hold on a noisy
//! machine too. Prints tables, and writes them and a chart to the files that are named.
//!
//! ```console
//! $ cargo run --release --manifest-path benches/peers/Cargo.toml -- docs/PEERS.md docs/peers.svg
//! ```

mod chart;

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
    let tables = [ocra(), window(), totp()];
    let mut page = HEAD.replace("PROCESSOR", &processor());
    if !cfg!(ipsec_mb) {
        page.push_str("Intel's ipsec-mb is left out: it was not installed.\n\n");
    }
    if !cfg!(liboath) {
        page.push_str("OATH Toolkit is left out: it was not installed.\n\n");
    }
    tables.iter().for_each(|table| page.push_str(&table.text()));
    print!("{page}");
    let mut files = env::args().skip(1);
    if let Some(file) = files.next() {
        fs::write(file, page.trim_end().to_owned() + "\n").expect("the file can be written");
    }
    if let Some(file) = files.next() {
        let groups: Vec<_> = tables.iter().map(Table::group).collect();
        fs::write(file, chart::draw(&groups)).expect("the file can be written");
    }
}

const HEAD: &str = "\
# The computation beside others

Written by `cargo run --release --manifest-path benches/peers/Cargo.toml -- docs/PEERS.md docs/peers.svg`; not by hand.

For readers who compare libraries for HOTP, TOTP and OCRA. After this page you know how camtoken's computation compares with \
other libraries on one machine.

Every implementation does the same work, by turns in one process: build the data input, HMAC, truncate, compare. camtoken also does \
the checks of its ordinary interface. The nanoseconds are those of one thread of this machine at that hour. Compare by the \
ratio: it is the median of the ratios of single rounds. PROCESSOR.

![how many times as fast as the plain way](peers.svg)

";

fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let engines: Vec<_> = Engine::available().map(Engine::as_str).collect();
    let model = model.map_or("An unknown processor", |(_, model)| model);
    format!("{model}; camtoken's engines on it: {}", engines.join(", "))
}

fn ocra() -> Table {
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
    #[cfg(ipsec_mb)]
    for (name, avx512) in [("SHA-NI, 2 at a time", false), ("AVX-512", true)] {
        if !avx512 || Engine::available().any(|engine| engine.as_str() == "avx512") {
            let mut ipsec = ipsec::Manager::new(avx512);
            let (mut messages, mut question) = ([[0; 154]; ipsec::BURST], 0);
            contenders.push(contender(
                format!("ipsec-mb, {name}, keys kept, 128 in a burst"),
                ipsec::BURST,
                move || {
                    for message in &mut messages {
                        question = (question + 1) % 100_000_000;
                        *message = data_input(question);
                    }
                    ipsec.macs(&messages).iter().filter(|mac| digits(&mac[..]) == 123_456).count()
                },
            ));
        }
    }
    compare("One check, OCRA-SHA256 with a data input of 154 bytes", "hmac 0.13 + sha2 0.11, from the key", contenders)
}

fn window() -> Table {
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
    #[cfg(liboath)]
    contenders.push(contender("liboath", 1000, || liboath::hotp_validate(&SECRET[..20], 1, 999, c"000000")));
    let base = if cfg!(liboath) { "liboath" } else { "hmac 0.13 + sha1 0.11, keyed state kept" };
    compare("One counter of an HOTP-SHA1 window of 1000, nothing found", base, contenders)
}

fn totp() -> Table {
    let key = Key::new(SECRET[..20].to_vec());
    let miss = Response::parse("000000", 6).expect("six digits");
    let (key, miss) = (&key, &miss);
    let now = Timestamp::from_unix(1_795_230_000);
    let camtoken = Totp::default();
    let contenders = vec![
        contender("camtoken", 1, move || camtoken.verify(key, miss, now, 1, None)),
        contender("totp-rs 6", 1, totp_rs()),
    ];
    compare("TOTP-SHA1, a step of drift to either side, nothing found", "totp-rs 6", contenders)
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

/// What was measured: of each contender the name, the nanoseconds of a check, and how many times as fast as the base.
struct Table {
    title: &'static str,
    rows: Vec<(String, f64, f64)>,
}

impl Table {
    fn text(&self) -> String {
        let mut text = format!("## {}\n\n| implementation | ns | times as fast |\n| --- | ---: | ---: |\n", self.title);
        for (name, ns, times) in &self.rows {
            let _ = writeln!(text, "| {name} | {ns:.1} | {times:.2} |");
        }
        text.push('\n');
        text
    }

    fn group(&self) -> chart::Group {
        let bars = self.rows.iter().map(|(name, _, times)| (name.clone(), *times)).collect();
        chart::Group { title: self.title.to_owned(), bars }
    }
}

/// Lets all run by turns, and tells the median of what each took, and of its ratio to `base` in the same round.
fn compare(title: &'static str, base: &str, mut contenders: Vec<Contender<'_>>) -> Table {
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
    let row = |(contender, own): (&Contender<'_>, &Vec<f64>)| {
        let times = median(rounds[base].iter().zip(own).map(|(base, own)| base / own).collect());
        (contender.name.clone(), median(own.clone()), times)
    };
    Table { title, rows: contenders.iter().zip(&rounds).map(row).collect() }
}

/// Intel's multi-buffer library, by the shim in `shim/ipsec.c`.
#[cfg(ipsec_mb)]
mod ipsec {
    use std::ffi::c_int;
    use std::slice;

    /// The HMACs of one call, and the keys that there are.
    pub const BURST: usize = 128;
    const KEYS: usize = 256;

    #[repr(C)]
    struct Opaque([u8; 0]);

    unsafe extern "C" {
        fn ipsec_new(avx512: c_int, keys: *const u8) -> *mut Opaque;
        fn ipsec_macs(this: *mut Opaque, messages: *const u8, len: usize, count: u32) -> *const u8;
    }

    pub struct Manager(*mut Opaque);

    impl Manager {
        pub fn new(avx512: bool) -> Self {
            let keys = super::SECRET.repeat(KEYS);
            // SAFETY: 256 keys of 32 bytes; the library keeps none of them.
            let this = unsafe { ipsec_new(avx512.into(), keys.as_ptr()) };
            assert!(!this.is_null(), "the processor has what the library asks for");
            let mut this = Self(this);
            this.agrees();
            this
        }

        pub fn macs(&mut self, messages: &[[u8; 154]; BURST]) -> &[[u8; 32]] {
            // SAFETY: 128 messages of 154 bytes; what comes back are as many tags, which stay until the next call.
            unsafe {
                let macs = ipsec_macs(self.0, messages.as_ptr().cast(), 154, BURST as u32);
                assert!(!macs.is_null(), "every job is done");
                slice::from_raw_parts(macs.cast(), BURST)
            }
        }

        /// A peer that computed something else would not be one.
        fn agrees(&mut self) {
            use hmac::{Hmac, KeyInit, Mac};

            let messages: [_; BURST] = std::array::from_fn(|number| super::data_input(number as u32));
            for (message, mac) in messages.iter().zip(self.macs(&messages)) {
                let hmac =
                    Hmac::<sha2::Sha256>::new_from_slice(&super::SECRET).expect("HMAC takes a key of any length");
                assert_eq!(hmac.chain_update(message).finalize().into_bytes()[..], mac[..]);
            }
        }
    }
}

#[cfg(liboath)]
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
