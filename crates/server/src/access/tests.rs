use super::*;

const NOW: Timestamp = Timestamp::from_unix(1_795_230_000);

fn key(name: &str, key: &str, scopes: &[Scope]) -> AccessKey {
    AccessKey { name: name.to_owned(), sha256: Some(AccessKey::hash(key)), scopes: scopes.to_vec(), expires: None }
}

fn headers(key: Option<&str>) -> HeaderMap {
    let value = key.map(|key| format!("Bearer {key}").parse().expect("a header"));
    value.map(|value| (header::AUTHORIZATION, value)).into_iter().collect()
}

#[test]
fn a_key_has_a_name_scopes_and_an_end() {
    let old = AccessKey { expires: Some(NOW), ..key("bank", "old", &Scope::ALL) };
    let soon =
        AccessKey { expires: Some(Timestamp::from_unix(NOW.as_unix() + 1)), ..key("bank", "soon", &[Scope::Issue]) };
    let keys = AccessKeys::new(vec![old, soon, key("desk", "desk", &[Scope::Operate])]);
    let entry = Entry::new(Some(b"single"), Some(keys.clone()));
    let ask = |given: Option<&str>| entry.caller(&headers(given), &Peer::default(), NOW);
    let caller = ask(Some("soon")).expect("in force");
    assert_eq!(caller.name.as_deref(), Some("bank"));
    assert!(caller.may(&[Scope::Issue, Scope::Operate]) && !caller.may(&[Scope::Operate]) && !caller.may(&[]));
    assert_eq!(ask(Some("desk")).expect("known").name.as_deref(), Some("desk"));
    let single = ask(Some("single")).expect("the single key");
    assert!(single.name.as_deref() == Some(DEFAULT_NAME) && single.may(&[Scope::Backup]));
    for wrong in [None, Some("old"), Some(""), Some("Desk")] {
        assert_eq!(ask(wrong).expect_err("no key"), Code::Key, "{wrong:?}");
    }
    keys.replace(vec![key("desk", "new", &[Scope::Operate])]);
    assert!(ask(Some("new")).is_ok() && ask(Some("desk")).is_err(), "exchanged while it runs");
}

#[test]
fn a_certificate_has_the_scopes_of_its_name() {
    let known = AccessKey { sha256: None, ..key("payments.bank.example", "", &[Scope::Issue]) };
    let entry = Entry::new(None, Some(AccessKeys::new(vec![known, key("desk", "desk", &[Scope::Operate])])));
    let peer = |name: &str| Peer { address: None, certificate: Some([name.to_owned()].into()) };
    let ask = |name, given| entry.caller(&headers(given), &peer(name), NOW);
    let caller = ask("payments.bank.example", None).expect("known");
    assert!(caller.may(&[Scope::Issue]) && !caller.may(&[Scope::Verify]));
    assert!(ask("other.example", None).is_err(), "not in the file");
    assert!(ask("desk", None).is_err(), "this name needs its key");
    assert_eq!(ask("other.example", Some("desk")).expect("its key").name.as_deref(), Some("desk"));
    let open = Entry::new(None, None);
    let caller = open.caller(&headers(None), &peer("x.example"), NOW).expect("no key is needed");
    assert!(caller.name.as_deref() == Some("x.example") && caller.may(&[Scope::Backup]));
}

#[test]
fn who_fails_again_and_again_is_slowed_down_alone() {
    let failures = Failures::default();
    let peer = |text: &str| Peer { address: Some(text.parse().expect("an address")), certificate: None };
    let (one, other) = (peer("192.0.2.1"), peer("192.0.2.2"));
    let start = Instant::now();
    let mut taken = 0;
    while failures.may_try(&one, start) {
        failures.add(&one, start);
        taken += 1;
    }
    assert_eq!(taken, 20);
    assert!(failures.may_try(&other, start));
    assert!(!failures.may_try(&one, start + Duration::from_millis(900)));
    assert!(failures.may_try(&one, start + Duration::from_secs(1)), "one each second");
    for number in 0..40_u128 {
        failures.add(&peer(&std::net::Ipv6Addr::from_bits((0x2001_0db8 << 96) + number).to_string()), start);
    }
    assert!(!failures.may_try(&peer("2001:db8::ffff"), start), "one network");
    for number in 0..10_000_u32 {
        failures.add(&peer(&std::net::Ipv4Addr::from_bits(number).to_string()), start);
    }
    assert!(failures.0.lock().expect("no panic").buckets.len() <= PEERS);
    assert!(!failures.may_try(&one, start), "those that fail the most are remembered");
    failures.succeeded(&one, start);
    assert!(failures.may_try(&one, start), "a proxy: others behind it have the right key");
    assert!(!failures.may_try(&peer("2001:db8::ffff"), start));
}

#[test]
fn a_key_that_can_be_guessed_is_none() {
    for fit in ["0123456789abcdef", "canary-of-a-long-key-in-a-file"] {
        assert!(AccessKey::is_fit(fit), "{fit}");
    }
    for unfit in [
        "",
        "0123456789abcde",
        "aaaaaaaaaaaaaaaa",
        "abababababababab",
        "abcdabcdabcdabcdabcd",
        "a key with spaces",
        "鍵鍵鍵鍵鍵鍵",
    ] {
        assert!(!AccessKey::is_fit(unfit), "{unfit}");
    }
    for (name, is_name) in [("payments", true), ("a@b.example", true), ("", false), ("a b", false), ("名", false)] {
        assert_eq!(AccessKey::is_name(name), is_name, "{name}");
    }
}

#[test]
fn what_lets_everybody_in_is_no_origin_and_no_host() {
    for fine in ["https://a.example", "http://a.example:8080", "https://[2001:db8::1]:443", "http://localhost"] {
        assert!(is_origin(fine), "{fine}");
    }
    for wrong in [
        "*",
        "null",
        "",
        "https://",
        "https://*",
        "https://*.example",
        "https://a/path",
        "https://a/",
        "ftp://a",
        "a.example",
        "https://a:port",
        "https://user@a",
        "https://a?x",
        "https://a:1:2",
        "https://:1",
    ] {
        assert!(!is_origin(wrong), "{wrong}");
    }
    for (name, is_name) in [
        ("a.example", true),
        ("bank", true),
        ("*", false),
        ("", false),
        ("a:443", false),
        ("a..b", false),
        ("a/b", false),
    ] {
        assert_eq!(is_host_name(name), is_name, "{name}");
    }
}
