//! Which keys of a container are taken, and for what.

use super::*;

/// Each was once taken for a camera token.
#[test]
fn a_key_of_another_device_or_with_a_rule_that_nobody_keeps_is_no_device_key() {
    const QH64: &str = "OCRA-1:HOTP-SHA256-8:QH64";
    let package = |change: fn(&mut KeyPackage), suites_too| {
        let mut package = KeyPackage::new("1", Algorithm::Ocra, Key::new(vec![7; 32]));
        package.device.serial = Some("FEX0000001".to_owned());
        change(&mut package);
        let taking = Taking { digits: 8, suites_too };
        package.device_key(taking, Timestamp::from_unix(1000)).map(|_| ()).map_err(|why| why.to_string())
    };
    let fit: [fn(&mut KeyPackage); 5] = [
        |_| (),
        |package| package.policy.pin = Some(PinPolicy::default()),
        |package| package.response_format = Some(ResponseFormat::decimal(8)),
        |package| package.policy.start_date = Some(Timestamp::from_unix(2000)),
        |package| {
            package.suite = Some(QH64.to_owned());
            package.key_profile_id = Some(KeyPackage::DEVICE_KEY_PROFILE.to_owned());
        },
    ];
    for change in fit {
        assert_eq!(package(change, false), Ok(()));
    }
    let refused: [fn(&mut KeyPackage); 12] = [
        |package| package.policy.number_of_transactions = Some(1),
        |package| {
            package.policy.pin = Some(PinPolicy { usage_mode: Some(PinUsageMode::Algorithmic), ..PinPolicy::default() })
        },
        |package| {
            package.policy.pin = Some(PinPolicy { usage_mode: Some(PinUsageMode::Append), ..PinPolicy::default() })
        },
        |package| package.suite = Some("OCRA-1:HOTP-SHA1-6:C-QN08-PSHA1".to_owned()),
        |package| package.response_format = Some(ResponseFormat::decimal(6)),
        |package| {
            package.response_format =
                Some(ResponseFormat { encoding: ValueFormat::Hexadecimal, ..ResponseFormat::decimal(8) })
        },
        |package| package.response_format = Some(ResponseFormat { check_digits: true, ..ResponseFormat::decimal(8) }),
        |package| package.policy.expiry_date = Some(Timestamp::from_unix(999)),
        |package| package.device.expiry_date = Some(Timestamp::from_unix(999)),
        |package| {
            package.device.start_date = Some(Timestamp::from_unix(3000));
            package.policy.expiry_date = Some(Timestamp::from_unix(2000));
        },
        |package| package.device.manufacturer = Some("M".repeat(257)),
        |package| package.algorithm = Some(Algorithm::Hotp),
    ];
    for change in refused {
        assert!(package(change, true).is_err());
    }
    let card: fn(&mut KeyPackage) = |package| package.suite = Some(QH64.to_owned());
    assert!(package(card, false).is_err(), "a card may have the suite of a camera token");
    assert_eq!(package(card, true), Ok(()), "the caller knows");
}

#[test]
fn a_generator_says_what_it_computes_or_is_none() {
    let generator = |algorithm, change: fn(&mut KeyPackage)| {
        let mut package = KeyPackage::new("1", algorithm, Key::new((1..=20).collect()));
        package.device.serial = Some("2308701234567".to_owned());
        change(&mut package);
        package.generator(Timestamp::default()).map(|(_, _, moving)| moving).map_err(|why| why.to_string())
    };
    assert_eq!(generator(Algorithm::Hotp, |_| ()), Ok(Moving::event(Digits::SIX, 0)));
    let time = |hash, step_secs| {
        let step_secs = NonZeroU32::new(step_secs).expect("not 0");
        Ok(Moving::Time { hash, digits: Digits::SIX, step_secs, drift: 0, last_step: None })
    };
    assert_eq!(generator(Algorithm::Totp, |_| ()), time(Hash::Sha1, 30));
    assert_eq!(generator(Algorithm::Totp, |package| package.time_interval = Some(60)), time(Hash::Sha1, 60));
    let hashes: [fn(&mut KeyPackage); 3] = [
        |package| package.suite = Some("HMAC-SHA256".to_owned()),
        |package| package.suite = Some("sha-256".to_owned()),
        |package| package.suite = Some("SHA256".to_owned()),
    ];
    for change in hashes {
        assert_eq!(generator(Algorithm::Totp, change), time(Hash::Sha256, 30));
        assert!(generator(Algorithm::Hotp, change).is_err(), "RFC 4226 knows SHA-1 alone");
    }
    let refused: [fn(&mut KeyPackage); 10] = [
        |package| package.time = Some(62),
        |package| package.time = Some(-1),
        |package| package.time_drift = Some(61),
        |package| package.time_drift = Some(i64::MIN),
        |package| package.response_format = Some(ResponseFormat::decimal(5)),
        |package| package.suite = Some("HMAC-MD5".to_owned()),
        |package| package.time_interval = Some(0),
        |package| package.device.serial = Some("a b".to_owned()),
        |package| package.policy.key_usage = vec![KeyUsage::ChallengeResponse],
        |package| package.secret = Some(Key::new(vec![1; 15])),
    ];
    for change in refused {
        assert!(generator(Algorithm::Totp, change).is_err());
    }
}

/// A drift of -1 in four bytes was once taken for 4294967295, out of reach of any resynchronisation.
#[test]
fn a_drift_in_bytes_is_a_twos_complement_and_an_interval_is_none() {
    let read = |data: &str| {
        let xml = format!(
            "<KeyContainer Version=\"1.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\"><KeyPackage><Key Id=\"1\"><Data>{data}\
             </Data></Key></KeyPackage></KeyContainer>"
        );
        Container::read(xml, &Protection::None).map(|mut read| read.packages.remove(0))
    };
    for (text, drift) in
        [("-3", -3), ("/////w==", -1), ("/////////8Q=", -60), ("AAAAAAAAADw=", 60), ("f////w==", 0x7fff_ffff)]
    {
        let package = read(&format!("<TimeDrift><PlainValue>{text}</PlainValue></TimeDrift>")).expect("a package");
        assert_eq!(package.time_drift, Some(drift), "{text}");
    }
    let package = read("<TimeInterval><PlainValue>gAAAAA==</PlainValue></TimeInterval>").expect("a package");
    assert_eq!(package.time_interval, Some(0x8000_0000));
}

/// It was once lost on the way, so that the last password was good once more at the next verifier.
#[test]
fn the_step_that_was_used_last_goes_with_a_generator() {
    let step_secs = NonZeroU32::new(30).expect("not 0");
    let now = Timestamp::from_unix(1_234_567_890);
    let (hash, digits) = (Hash::Sha1, Digits::SIX);
    let moving = Moving::Time { hash, digits, step_secs, drift: -2, last_step: Some(41_152_262) };
    let serial = "HT-1".parse().expect("a serial number");
    let package = KeyPackage::of_generator(&serial, Key::new((1..=20).collect()), moving, Origin::default());
    let container = Container { packages: vec![package], ..Container::default() };
    let xml = container.write(&Protection::None, &mut FixedRng(1)).expect("a container");
    let time = xml.split_once("<pskc:Time>").map(|(_, rest)| rest.trim_start()).unwrap_or_default();
    assert!(time.starts_with("<pskc:PlainValue>41152262</pskc:PlainValue>"), "{xml}");
    let back = Container::read(xml, &Protection::None).expect("as it was written");
    assert_eq!(back.packages[0].generator(now).map(|(_, _, moving)| moving).ok(), Some(moving));
}
