//! Every engine gives what the `hmac`, `sha1` and `sha2` crates give, whatever the key, the message and the number.

use camtoken_simd::{Engine, Field, Hash, Midstates, PAD, Plan, Request, Sha1, Sha256, counters};
use hmac::{Hmac, KeyInit, Mac};

/// An HMAC by other people's code.
type Reference = fn(&[u8], &[u8]) -> Vec<u8>;

fn sha1(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mac = Hmac::<::sha1::Sha1>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.chain_update(message).finalize().into_bytes().to_vec()
}

fn sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mac = Hmac::<::sha2::Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.chain_update(message).finalize().into_bytes().to_vec()
}

/// RFC 4226, section 5.3, as it is written there.
fn value(mac: &[u8], digits: u8) -> u32 {
    let offset = usize::from(mac[mac.len() - 1] & 15);
    let bits = u32::from_be_bytes(mac[offset..offset + 4].try_into().expect("four bytes")) & 0x7fff_ffff;
    (u64::from(bits) % 10u64.pow(digits.into())) as u32
}

#[test]
fn macs_are_those_of_hmac() {
    fn run<H: Hash>(reference: Reference) {
        let mut random = Random(1);
        for engine in Engine::available() {
            for len in 0..300 {
                let (key, message) = (random.bytes(len % 150), random.bytes(len));
                let mac = Midstates::<H>::new(engine, &key).mac(engine, &message);
                let expected = reference(&key, &message);
                assert_eq!(mac[..expected.len()], expected, "{engine}, {len} bytes");
                assert!(mac[expected.len()..].iter().all(|&byte| byte == 0));
            }
        }
    }
    run::<Sha1>(sha1);
    run::<Sha256>(sha256);
}

/// As many as there are values, by keys of every length, across the end of the numbers.
#[test]
fn counters_are_those_of_hmac() {
    fn run<H: Hash>(reference: Reference) {
        let mut random = Random(7);
        for engine in Engine::available() {
            for count in (0..40).chain([63, 64, 65, 200]) {
                let (key_len, digits) = (random.below(150), 4 + (count % 7) as u8);
                let key = random.bytes(key_len);
                let from = [0, 0xffff_fffe, u64::MAX - 2, random.below(1 << 40) as u64][count % 4];
                let mut values = vec![0; count];
                counters::<H>(engine, &key, from, digits, &mut values);
                let plan = Plan::<H>::new(&[0; 8], 0..8, std::slice::from_ref(&(0..8)), digits);
                let mut kept = vec![0; count];
                plan.window(engine, &Midstates::new(engine, &key), from, &mut kept);
                for (ahead, (value, kept)) in (0..).zip(values.iter().zip(&kept)) {
                    let expected = self::value(&reference(&key, &from.wrapping_add(ahead).to_be_bytes()), digits);
                    assert_eq!((*value, *kept), (expected, expected), "{engine}, {count} from {from}, {ahead} on");
                }
            }
        }
    }
    run::<Sha1>(sha1);
    run::<Sha256>(sha256);
}

/// Fields of every length at every place, parts of them used or not, one to forty checks, right and wrong.
#[test]
fn verdicts_are_those_of_hmac() {
    fn run<H: Hash>(reference: Reference) {
        let mut random = Random(2);
        for round in 0..600 {
            let len = random.below(300);
            let from = random.below(len + 1);
            let field = from..from + random.below(len - from + 1);
            let mut cuts = [0; 4].map(|_| random.below(field.len() + 1));
            cuts.sort_unstable();
            let parts = [cuts[0]..cuts[1], cuts[2]..cuts[3]];
            let (message, digits) = (random.bytes(len), 4 + (round % 7) as u8);
            let plan = Plan::<H>::new(&message, field.clone(), &parts, digits);
            assert_eq!(plan.padded_len(), field.len() + 2 * PAD);

            let secrets: Vec<_> = (0..5).map(|_| random.bytes(32)).collect();
            let count = 1 + random.below(40);
            // What the pads and the unused parts of a field hold has no say.
            let fields: Vec<_> = (0..count).map(|_| random.bytes(plan.padded_len())).collect();
            let whole = |own: &[u8]| {
                let mut whole = message.clone();
                for part in &parts {
                    let there = field.start + part.start..field.start + part.end;
                    whole[there].copy_from_slice(&own[PAD + part.start..PAD + part.end]);
                }
                whole
            };
            let requests: Vec<_> = fields
                .iter()
                .map(|own| {
                    let key = random.below(secrets.len());
                    let right = value(&reference(&secrets[key], &whole(own)), digits);
                    (Request { key, field: own, expected: right ^ random.below(2) as u32 }, right)
                })
                .collect();
            for engine in Engine::available() {
                let keys: Vec<_> = secrets.iter().map(|key| Midstates::<H>::new(engine, key)).collect();
                let mut verdicts = vec![false; count];
                plan.check(engine, &keys, |index| requests[index].0, &mut verdicts);
                for ((request, right), verdict) in requests.iter().zip(verdicts) {
                    assert_eq!(verdict, request.expected == *right, "{engine}: {len} bytes, {field:?}, {parts:?}");
                    assert_eq!(plan.value(engine, &keys[request.key], request.field), *right, "{engine}");
                }
            }
        }
    }
    run::<Sha1>(sha1);
    run::<Sha256>(sha256);
}

#[test]
fn windows_are_those_of_hmac() {
    fn run<H: Hash>(reference: Reference) {
        let mut random = Random(3);
        // Each byte of a block that a counter can begin at, two blocks before it and more behind.
        for place in 0..140 {
            let (message, secret) = (random.bytes(place + 8 + random.0 as usize % 100), random.bytes(20));
            let plan = Plan::<H>::new(&message, place..place + 8, std::slice::from_ref(&(0..8)), 8);
            for from in [0, u64::from(u32::MAX) - 5, u64::MAX - 5, random.next()] {
                let expected: Vec<_> = (0..1 + random.below(50))
                    .map(|ahead| {
                        let mut message = message.clone();
                        message[place..place + 8].copy_from_slice(&from.wrapping_add(ahead as u64).to_be_bytes());
                        value(&reference(&secret, &message), 8)
                    })
                    .collect();
                for engine in Engine::available() {
                    let mut values = vec![0; expected.len()];
                    plan.window(engine, &Midstates::new(engine, &secret), from, &mut values);
                    assert_eq!(values, expected, "{engine}: counter {from} at {place}");
                }
            }
        }
    }
    run::<Sha1>(sha1);
    run::<Sha256>(sha256);
}

#[test]
fn a_value_of_more_than_31_bits_is_never_right() {
    let plan = Plan::<Sha1>::new(&[0; 8], 0..8, &[], 10);
    let field = Field::<40>::ZERO;
    for engine in Engine::available() {
        let keys = [Midstates::new(engine, b"key")];
        let right = plan.value(engine, &keys[0], field.padded());
        let expected = [right, right | 1 << 31, u32::MAX];
        let mut verdicts = [false; 48];
        let request = |index: usize| Request { key: 0, field: field.padded(), expected: expected[index % 3] };
        plan.check(engine, &keys, request, &mut verdicts);
        assert!(verdicts.iter().enumerate().all(|(index, verdict)| *verdict == (index % 3 == 0)), "{engine}");
    }
}

#[test]
#[should_panic(expected = "a field of the plan's length")]
fn a_field_of_another_length_is_refused() {
    let plan = Plan::<Sha1>::new(&[0; 8], 0..8, &[], 6);
    let engine = Engine::in_use();
    let _ = plan.value(engine, &Midstates::new(engine, b"key"), &[0; 39]);
}

/// The same numbers on every run (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }
}
