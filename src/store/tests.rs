use super::*;

fn ids() -> Vec<RecordId> {
    let activation = |bytes| RecordId::Activation(ActivationId::from_bytes(bytes));
    let generator = |text: &str| RecordId::Generator(text.parse().expect("a serial number"));
    let token = |text: &str| RecordId::Token(text.parse().expect("a token ID"));
    vec![
        activation([0; 6]),
        activation([0, 1, 0x7f, 0x80, 0xfe, 0xff]),
        activation([0xff; 6]),
        RecordId::Clock,
        generator("-"),
        generator("2308701234567"),
        generator("Z9_a.b"),
        RecordId::KeyCheck,
        token("-"),
        token("A"),
        token("A-"),
        token("A0"),
        token("AB"),
        token("FEX0123456"),
        token("Z"),
    ]
}

#[test]
fn keys_keep_the_order_and_none_begins_another() {
    let ids = ids();
    assert!(ids.is_sorted());
    for (low, high) in ids.iter().zip(&ids[1..]) {
        assert!(low.to_key() < high.to_key(), "{low} {high}");
    }
    for (one, other) in ids.iter().flat_map(|one| ids.iter().map(move |other| (one, other))) {
        assert!(one == other || !other.to_key().starts_with(&one.to_key()), "{one} {other}");
    }
}

#[test]
fn what_is_written_is_read() {
    for id in ids() {
        assert_eq!(RecordId::from_key(&id.to_key()).as_ref(), Some(&id));
        assert_eq!(id.to_string().parse(), Ok(id));
    }
}

/// The keys stand on disk and in databases: they may not change.
#[test]
fn keys_are_stable() {
    assert_eq!(ids()[1].to_key(), [b'a', 0, 1, 0x7f, 0x80, 0xfe, 0xff]);
    assert_eq!(ids()[3].to_key(), b"c");
    assert_eq!(ids()[5].to_key(), b"g2308701234567\0");
    assert_eq!(ids()[5].to_string(), "generator:2308701234567");
    assert_eq!(ids()[7].to_key(), b"k");
    assert_eq!(ids()[7].to_string(), "key-check");
    assert_eq!(ids()[13].to_key(), b"tFEX0123456\0");
    assert_eq!(ids()[13].to_string(), "token:FEX0123456");
    assert_eq!(ids()[1].to_string(), "activation:00017f80feff");
}

#[test]
fn what_is_no_record_is_refused() {
    for key in [
        &b""[..],
        b"a",
        b"a12345",
        b"a1234567",
        b"t",
        b"t\0",
        b"tA",
        b"ta\0",
        b"tA\0\0",
        b"x123456",
        b"k\0",
        b"K",
        b"gA",
        b"g\0",
    ] {
        assert_eq!(RecordId::from_key(key), None, "{key:?}");
    }
    for text in
        ["", "token", "token:", "token:a", "Token:A", "activation:A", "A", "token: A", "key-check:", "Key-check"]
    {
        assert_eq!(text.parse::<RecordId>(), Err(RecordIdError), "{text}");
    }
}

#[test]
fn debug_prints_no_record() {
    let record = Versioned { revision: Revision::from_u64(3), record: Arc::from(*b"secret") };
    assert_eq!(format!("{record:?}"), "Versioned { revision: 3, record: 6 bytes }");
    let change = Change { record: b"secret".to_vec(), audit: Some(b"hush".to_vec()) };
    assert_eq!(format!("{change:?}"), "Change { record: 6 bytes, audit: Some(4) bytes }");
}
