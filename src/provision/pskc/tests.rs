//! Tests of key containers that no file of vectors can express.

use std::convert::Infallible;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use base64::Engine;
use proptest::prelude::*;
use rand::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

use super::*;

mod keys;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testvectors")
}

fn file(name: &str) -> String {
    fs::read_to_string(folder().join(name)).expect("the file is in the tree")
}

fn unhex(digits: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal digits");
    (0..digits.len()).step_by(2).map(digit).collect()
}

/// A stream that is the same each time, so that what is written can stand in a file.
struct FixedRng(u64);

impl TryRng for FixedRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(32) {
            chunk.copy_from_slice(&Sha256::digest(self.0.to_be_bytes())[..chunk.len()]);
            self.0 += 1;
        }
        Ok(())
    }
}

impl TryCryptoRng for FixedRng {}

fn read_plain(name: &str) -> Container {
    Container::read(file(&format!("pskc/{name}.pskcxml")), &Protection::None).expect("a valid file")
}

fn aes128() -> Protection {
    Protection::PreSharedKey { key: Key::new(unhex("12345678901234567890123456789012")), name: None, mac_key: None }
}

fn cards() -> Container {
    let mut cards = Container::read(file("pskc/ocra_cards.pskcxml"), &aes128()).expect("a valid file");
    for card in &mut cards.packages {
        card.challenge_format =
            Some(ChallengeFormat { encoding: ValueFormat::Decimal, min: 8, max: 8, check_digits: false });
        card.policy.key_usage = vec![KeyUsage::ChallengeResponse];
    }
    cards
}

/// A token and generators as `enroll export` writes them.
fn exported() -> Container {
    let date = |seconds| Some(Timestamp::from_unix(seconds));
    let origin = Origin {
        manufacturer: Some("Example トークン".to_owned()),
        model: Some("CT-1".to_owned()),
        key: Validity { start: date(1_793_491_200), end: date(1_924_991_999) },
        ..Origin::default()
    };
    let key = |len| Key::new((1..=len).collect());
    let secs = |secs| NonZeroU32::new(secs).expect("not 0");
    let token = "FEX0000801".parse().expect("a token ID");
    let moving = [
        Moving::event(Digits::SIX, 7),
        Moving::Time { hash: Hash::Sha1, digits: Digits::EIGHT, step_secs: secs(60), drift: -2, last_step: Some(9) },
        Moving::Time { hash: Hash::Sha256, digits: Digits::SIX, step_secs: secs(30), drift: 0, last_step: None },
    ];
    let generators = moving.into_iter().zip(1..).map(|(moving, number): (_, u8)| {
        let serial = format!("230870123456{number}").parse().expect("a serial number");
        KeyPackage::of_generator(&serial, key(20 + number), moving, origin.clone())
    });
    let packages = [KeyPackage::of_token(&token, key(32), Some(&origin), 8)].into_iter().chain(generators).collect();
    Container { packages, ..Container::default() }
}

/// The files are read back by python-pskc and pskctool: `testvectors/reference/pskc.py`.
#[test]
fn what_is_written_is_what_others_have_read() {
    let passphrase = || Protection::Passphrase("correct horse 電池".into());
    let mut generators = exported();
    generators.packages.retain(|package| package.algorithm != Some(Algorithm::Ocra));
    for (name, container, form, protection) in [
        ("camtoken_plain", read_plain("python_plain"), Form::Strong, Protection::None),
        ("camtoken_preshared", cards(), Form::Strong, aes128()),
        ("camtoken_passphrase", cards(), Form::Strong, passphrase()),
        ("camtoken_export", exported(), Form::Strong, aes128()),
        ("camtoken_compatible_preshared", exported(), Form::Compatible, aes128()),
        ("camtoken_compatible_passphrase", generators, Form::Compatible, passphrase()),
    ] {
        let written = container.write_as(form, &protection, &mut FixedRng(1)).expect("a valid container");
        let path = folder().join(format!("pskc/{name}.pskcxml"));
        if std::env::var_os("CAMTOKEN_WRITE_VECTORS").is_some() {
            fs::write(&path, &written).expect("the tree can be written");
        }
        assert_eq!(fs::read_to_string(&path).expect("the file is in the tree"), written, "{name}");
    }
}

#[test]
fn everything_that_is_read_is_written_again() {
    for name in
        ["rfc6030_figure2", "rfc6030_figure3", "rfc6030_figure4", "rfc6030_figure5", "python_plain", "policy_pin"]
    {
        let once = read_plain(name).write(&Protection::None, &mut FixedRng(1)).expect("a valid container");
        let again = Container::read(&once, &Protection::None).expect("as written");
        assert_eq!(format!("{again:?}"), format!("{:?}", read_plain(name)), "{name}");
        assert_eq!(again.write(&Protection::None, &mut FixedRng(1)).as_ref(), Ok(&once), "{name}");
    }
}

#[test]
fn every_field_survives_the_trip() {
    let date = |seconds| Some(Timestamp::from_unix(seconds));
    let text = |text: &str| Some(text.to_owned());
    let mut package = KeyPackage::new("k<1>", Algorithm::Other("urn:example:other".to_owned()), Key::new(vec![0; 129]));
    package.device = DeviceInfo {
        manufacturer: text("Example & Co"),
        serial: text("1\"2'"),
        model: text("m"),
        issue_no: text("2"),
        device_binding: text("+81 3 0000 0000"),
        start_date: date(0),
        expiry_date: date(4_102_444_799),
        user_id: text("CN=ヤマダ タロウ"),
    };
    package.crypto_module_id = text("cm");
    package.issuer = text("bank");
    package.suite = text("OCRA-1:HOTP-SHA512-8:C-QH64-T1M");
    package.response_format =
        Some(ResponseFormat { encoding: ValueFormat::Alphanumeric, length: 10, check_digits: true });
    package.key_profile_id = text("p");
    package.key_reference = text("r");
    package.friendly_name = text("f");
    package.counter = Some(u64::MAX);
    package.time = Some(-1);
    package.time_interval = Some(60);
    package.time_drift = Some(i64::MIN);
    package.user_id = text("u");
    // Read again, each knows its place.
    package.number = Some(1);
    let packages = vec![package, KeyPackage { number: Some(2), ..KeyPackage::default() }];
    let container = Container { id: text("c1"), packages, ..Container::default() };
    let xml = container.write(&aes128(), &mut FixedRng(7)).expect("a valid container");
    assert!(!xml.contains("AAAAAAAAAAAA"), "the key of zeroes would show");
    let read = Container::read(&xml, &aes128()).expect("as written");
    assert_eq!(format!("{read:?}"), format!("{container:?}"));
    assert_eq!(read.packages[0].expose_key().expect("it has a key").expose_bytes(), [0; 129]);
}

#[test]
fn an_encrypted_integer_has_any_width() {
    let counter = |bytes: &[u8]| {
        // The value is sealed as a secret would be, and put in the place of the counter.
        let mut container = read_plain("rfc6030_figure2");
        container.packages[0].secret = Some(Key::new(bytes.to_vec()));
        let xml = container.write(&aes128(), &mut FixedRng(3)).expect("a valid container");
        let xml = xml.replace("pskc:Secret>", "pskc:Counter>");
        Container::read(xml, &aes128()).map(|read| read.packages[0].counter)
    };
    assert_eq!(counter(&[0, 0, 1, 0]), Ok(Some(256)));
    assert_eq!(counter(b"12345678"), Ok(Some(0x3132_3334_3536_3738)));
    for width in 1..=8 {
        assert_eq!(counter(&[0xff; 8][..width]), Ok(Some(u64::MAX >> (64 - 8 * width))));
    }
    assert_eq!(counter(&[0, 0, 0, 0, 0, 0, 0, 0, 7]), Ok(Some(7)));
    assert_eq!(counter(&[]), Ok(None));
    assert!(matches!(counter(&[1, 0, 0, 0, 0, 0, 0, 0, 0]), Err(PskcError::Malformed { .. })));
}

/// RFC 6030, section 1.2.
#[test]
fn leading_zeros_and_later_minor_versions_do_not_count() {
    let read = |version: &str| {
        let xml = file("pskc/python_plain.pskcxml").replace("Version=\"1.0\"", &format!("Version=\"{version}\""));
        Container::read(xml, &Protection::None).map(|_| ())
    };
    for version in ["1.0", "01.0", "1.00", "001.013", "1.2", "1"] {
        assert_eq!(read(version), Ok(()), "{version}");
    }
    for version in ["0.1", "2.0", "11.0", "10.0", "1.x", "1.", ".1", "1.0.0", "", "0", "-1.0", "１.0"] {
        assert_eq!(read(version), Err(PskcError::NotAContainer), "{version}");
    }
}

#[test]
fn an_ocra_key_answers_challenges_and_nothing_else() {
    let now = Timestamp::from_unix(1_800_000_000);
    let card = &cards().packages[0];
    assert_eq!(
        card.key_for(KeyUsage::ChallengeResponse, now).map(Key::expose_bytes),
        Ok(&unhex("000102030405060708090a0b0c0d0e0f10111213",)[..])
    );
    let free = KeyPackage::new("k", Algorithm::Ocra, Key::new(vec![1]));
    assert!(free.key_for(KeyUsage::ChallengeResponse, now).is_ok());
    let refused = Some(PolicyError::Usage { usage: KeyUsage::OneTimePassword });
    assert_eq!(free.key_for(KeyUsage::OneTimePassword, now).err(), refused);
    assert_eq!(card.key_for(KeyUsage::OneTimePassword, now).err(), refused);
}

#[test]
fn a_key_whose_policy_is_not_understood_is_neither_used_nor_passed_on() {
    let container = read_plain("policy_unknown_element");
    let refused = container.packages[0].key_for(KeyUsage::ChallengeResponse, Timestamp::default()).err();
    assert_eq!(refused, Some(PolicyError::Unknown { content: "OnWeekDaysOnly".to_owned() }));
    let written = container.write(&Protection::None, &mut FixedRng(1));
    assert!(matches!(written, Err(PskcError::Policy { .. })), "{written:?}");
}

#[test]
fn what_cannot_be_written_is_refused() {
    let key = |len| Protection::PreSharedKey { key: Key::new(vec![1; len]), name: None, mac_key: None };
    assert!(matches!(cards().write(&key(20), &mut FixedRng(1)), Err(PskcError::KeyLength { found: 20, .. })));
    let compatible = cards().write_as(Form::Compatible, &key(32), &mut FixedRng(1));
    assert!(matches!(compatible, Err(PskcError::KeyLength { expected: "16", found: 32, .. })));
    assert!(matches!(Container::default().write(&key(16), &mut FixedRng(1)), Err(PskcError::Missing { .. })));
    let mut cards = cards();
    cards.packages[1].key_id = None;
    let missing = cards.write(&Protection::None, &mut FixedRng(1)).expect_err("the key has no ID");
    assert_eq!(missing.to_string(), "Key/@Id of package 2 (device \"EC-00961\") is missing");
    cards.packages[1].key_id = Some("\u{1b}[2J".to_owned());
    assert_eq!(cards.write(&Protection::None, &mut FixedRng(1)), Err(PskcError::Xml(XmlError::Encoding)));
}

#[test]
fn an_error_names_the_element_and_the_device() {
    let error = |name: &str| {
        let xml = file(&format!("pskc/{name}.pskcxml"));
        match Container::read(xml, &aes128()) {
            Ok(container) => container.unread[0].error.to_string(),
            Err(error) => error.to_string(),
        }
    };
    assert_eq!(
        error("value_mac_missing_on_one"),
        "Secret of package 3 (device \"EC-00962\") is encrypted without a ValueMAC"
    );
    assert_eq!(error("rfc6030_figure8"), "EncryptionKey uses \"X509Data\", which is not supported");
    assert_eq!(
        error("rfc6030_figure9"),
        "Signature uses \"http://www.w3.org/2000/09/xmldsig#rsa-sha1\", which is not supported"
    );
    assert_eq!(error("secret_plain"), "Secret of package 1 (device \"EC-00960\") is not encrypted");
}

#[test]
fn neither_the_file_nor_an_empty_key_takes_the_place_of_the_agreed_mac_key() {
    let read = |name: &str, mac_key| {
        let key = Key::new(unhex("12345678901234567890123456789012"));
        let protection = Protection::PreSharedKey { key, name: None, mac_key: Some(Key::new(mac_key)) };
        Container::read(file(&format!("pskc/{name}.pskcxml")), &protection).map(|_| ())
    };
    let agreed = unhex("fdc4a177c439d6d95c8285839191baed3d8abb6d");
    assert_eq!(read("mac_key_agreed", agreed.clone()), Ok(()));
    assert!(matches!(read("ocra_cards", agreed), Err(PskcError::Protection { .. })));
    for len in [0, 15] {
        let refused = read("mac_key_agreed", vec![0; len]);
        assert!(matches!(refused, Err(PskcError::KeyLength { found, .. }) if found == len), "{refused:?}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let shown = format!("{:?} {:?} {:?}", cards(), aes128(), Protection::Passphrase("qwerty".into()));
    assert!(shown.contains("secret: Some(Key(_))"));
    assert!(shown.contains("PreSharedKey { key: Key(_)"));
    assert!(!shown.contains("qwerty"));
}

/// Real files to alter; none of them asks for PBKDF2, which would be slow.
static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut seeds: Vec<_> = ["ocra_cards", "rfc6030_figure5", "rfc6030_figure6", "python_kw_aes128", "policy_pin"]
        .map(|name| file(&format!("pskc/{name}.pskcxml")).into_bytes())
        .into();
    seeds.push(file("pskc/rfc6030_figure7.pskcxml").replace(">1000<", ">1<").into_bytes());
    seeds
});

proptest! {
    #[test]
    fn altered_files_never_panic(
        seed in 0..6_usize,
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0..40_usize, any::<prop::sample::Index>()), 1..6),
        bytes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut xml = SEEDS[seed].clone();
        for (at, len, to) in cuts {
            let at = at.index(xml.len());
            let piece: Vec<_> = xml[at..(at + len).min(xml.len())].to_vec();
            let to = to.index(xml.len());
            xml.splice(to..(to + len / 2).min(xml.len()), piece);
        }
        for (at, byte) in bytes {
            let at = at.index(xml.len());
            xml[at] = byte;
        }
        let wrapped = Protection::PreSharedKey { key: Key::new(vec![0; 32]), name: None, mac_key: None };
        for protection in [Protection::None, aes128(), wrapped, Protection::Passphrase("qwerty".into())] {
            if let Ok(container) = Container::read(&xml, &protection) {
                let _ = container.write(&Protection::None, &mut FixedRng(1));
            }
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Container::read(&bytes, &Protection::None).is_err());
    }

    /// No single altered byte of an encrypted value, its MAC or the MAC's key gives another secret.
    #[test]
    fn an_altered_cipher_is_never_another_secret(at in any::<prop::sample::Index>(), mask in 1..=255_u8) {
        let xml = file("pskc/rfc6030_figure6.pskcxml");
        let values: Vec<_> = xml.match_indices("Value>").chain(xml.match_indices("ValueMAC>")).map(|(at, _)| at).collect();
        let start = values[at.index(values.len())];
        let mut altered = xml.clone().into_bytes();
        let end = (start + 80).min(altered.len());
        let position = start + at.index(end - start);
        altered[position] ^= mask;
        if let Ok(container) = Container::read(&altered, &aes128()) {
            for package in &container.packages {
                prop_assert_eq!(package.expose_key().map(Key::expose_bytes), Some(&b"12345678901234567890"[..]));
            }
        }
    }
}

/// A wrong padding of the MAC's key was once told apart from a right one: a padding oracle over any value that is put in its place.
#[test]
fn nothing_tells_whether_the_padding_of_the_mac_key_is_right() {
    let xml = file("pskc/one_mac_altered.pskcxml");
    let protection = Protection::PreSharedKey {
        key: Key::new(unhex("12345678901234567890123456789012")),
        name: None,
        mac_key: None,
    };
    let (before, rest) = xml.split_once("<xenc:CipherValue>").expect("the MAC's key is the first value");
    let (value, after) = rest.split_once('<').expect("its end");
    let bytes = base64::prelude::BASE64_STANDARD.decode(value).expect("base64");
    let mut told: Vec<_> = (1..=255)
        .map(|change| {
            let mut altered = bytes.clone();
            // The byte before the last block changes the last byte of the padding.
            altered[bytes.len() - 17] ^= change;
            let value = base64::prelude::BASE64_STANDARD.encode(altered);
            let read = Container::read(format!("{before}<xenc:CipherValue>{value}<{after}"), &protection);
            read.expect_err("another key of the MACs").to_string()
        })
        .collect();
    told.dedup();
    let one =
        "Secret of package 1 (device \"FEX0000601\") does not open: another key or passphrase, or an altered value";
    assert_eq!(told, [one]);
}

/// The text of a JSON document was once decoded a second time, to other letters or an error.
#[test]
fn a_text_is_read_whatever_encoding_it_declares() {
    let bytes = fs::read(folder().join("pskc/shift_jis.pskcxml")).expect("the file is in the tree");
    let (text, _, malformed) = encoding_rs::SHIFT_JIS.decode(&bytes);
    assert!(!malformed && text.contains("Shift_JIS"), "{text}");
    for text in [text.to_string(), format!("\u{feff}{text}"), text.replace("Shift_JIS", "UTF-16")] {
        let read = Container::read_text(&text, &Protection::None).expect("a container");
        assert_eq!(read.packages[0].device.manufacturer.as_deref(), Some("東京トークン製作所"));
    }
}

/// A package once had the number of another, after one before it was taken out.
#[test]
fn a_package_keeps_its_place_when_others_are_taken_out() {
    let mut container = Container::read(file("pskc/delivery_with_faults.pskcxml"), &Protection::None).expect("some");
    let numbers = |container: &Container| container.named().map(|(name, _)| name.number).collect::<Vec<_>>();
    let read = numbers(&container);
    assert_eq!((read.first(), read.last()), (Some(&1), Some(&12)));
    container.packages.remove(0);
    assert_eq!(numbers(&container), read[1..]);
}
