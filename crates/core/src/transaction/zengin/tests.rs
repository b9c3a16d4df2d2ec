use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::transaction::text::jis_char;

fn sample(name: &str) -> Vec<u8> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join("testvectors");
    std::fs::read(folder.join(name)).expect("the sample stands beside the vectors")
}

fn bulk() -> BatchFile {
    BatchFile::parse(&sample("zengin/bulk_crlf.txt"), Encoding::Detect).expect("a good sample")
}

fn digits<const N: usize>(text: &str) -> Digits<N> {
    text.parse().expect("as many digits")
}

fn kana(text: &str) -> KanaText {
    KanaText::canonical(text, 40).expect("kana")
}

#[test]
fn a_change_of_any_byte_is_seen() {
    let bytes = bulk().canonical_bytes();
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        // Another digit, another letter, no longer blank.
        changed[place] = match bytes[place] {
            b'1' => b'2',
            b'0'..=b'9' => b'1',
            b'A' => b'B',
            _ => b'A',
        };
        if let Ok(batch) = BatchFile::parse(&changed, Encoding::Detect) {
            assert_ne!(batch.canonical_sha256(), bulk().canonical_sha256(), "byte {place}");
        }
    }
}

#[test]
fn payees_are_new_by_account_and_the_file_has_no_say() {
    let batch = bulk();
    let known = batch.payees()[1].account();
    assert_eq!(batch.new_payees(|payee| payee.account() == known).len(), 4);
    assert!(batch.new_payees(|_| true).is_empty());
    let twice: Vec<_> = [batch.payees(), batch.payees()].concat();
    let twice = BatchFile::new(batch.header().clone(), twice).expect("a batch twice as large");
    assert_eq!(twice.new_payees(|_| false), batch.payees().iter().collect::<Vec<_>>());
    assert_eq!(batch.payees()[0].new_code, NewCode::First);
}

#[test]
fn the_year_is_that_of_the_next_such_day_in_japan() {
    let on_or_after = |month, day, from: &str| {
        let day = MonthDay::new(month, day).expect("a day of the year");
        day.on_or_after(from.parse().expect("a date")).map(|date| date.to_string())
    };
    assert_eq!(on_or_after(11, 27, "2026-11-27").as_deref(), Some("2026-11-27"));
    assert_eq!(on_or_after(11, 27, "2026-11-28").as_deref(), Some("2027-11-27"));
    assert_eq!(on_or_after(1, 4, "2026-12-28").as_deref(), Some("2027-01-04"));
    assert_eq!(on_or_after(2, 29, "2096-03-01").as_deref(), Some("2104-02-29"));
    assert_eq!(on_or_after(1, 1, "9999-01-02"), None);
    // In Japan the 28th begins at 15:00 UTC.
    let dated = |time: &str| bulk().date_on_or_after(time.parse().expect("a time")).map(|date| date.year());
    assert_eq!(dated("2026-11-27T14:59:59Z"), Some(2026));
    assert_eq!(dated("2026-11-27T15:00:00Z"), Some(2027));
    // jiff's own moments end a day before its calendar does.
    dated("9999-12-31T23:59:59Z");
}

#[test]
fn parts_that_do_not_fit_make_no_batch() {
    let (header, payee) = (bulk().header().clone(), bulk().payees()[0].clone());
    let fault = |header: &Header, payee: Payee| {
        let error = BatchFile::new(header.clone(), vec![bulk().payees()[0].clone(), payee]).expect_err("refused");
        (error.record, error.field)
    };
    let long = |length: usize| kana(&"ｱ".repeat(length));
    assert_eq!(fault(&header, Payee { name: long(31), ..payee.clone() }), (3, "payee name"));
    assert_eq!(fault(&header, Payee { bank_name: long(16), ..payee.clone() }), (3, "bank name"));
    assert_eq!(fault(&header, Payee { amount: MAX_AMOUNT + 1, ..payee.clone() }), (3, "amount"));
    assert_eq!(fault(&header, Payee { reference: Reference::Edi(long(21)), ..payee.clone() }), (3, "EDI"));
    let payroll = Header { kind: BatchKind::Salary, ..header.clone() };
    assert_eq!(fault(&payroll, Payee { route: Route::Unspecified, ..payee.clone() }), (2, "route"));
    let savings = Header { account_type: AccountType::Savings, ..header.clone() };
    assert_eq!(fault(&savings, payee), (1, "paying account type"));
    assert_eq!(BatchFile::new(header, Vec::new()), Err(whole_file("count", Fault::Empty)));
    assert!("12a4".parse::<Digits<4>>().is_err() && "123".parse::<Digits<4>>().is_err());
    assert!(MonthDay::new(2, 30).is_none() && MonthDay::new(0, 1).is_none());
}

#[test]
fn an_error_names_record_field_and_fault() {
    let error = BatchFile::parse(&sample("zengin/name_middle_dot.txt"), Encoding::Detect).expect_err("refused");
    assert_eq!(error.to_string(), "record 3, payee name: character 4 (U+FF65) cannot stand in this text");
    let error = BatchFile::parse(&vec![b' '; MAX_BYTES + 1], Encoding::Detect).expect_err("refused");
    assert_eq!((error.record, error.field), (0, "file"));
    // Nothing but line ends: refused at the first record, without a list of the others.
    let error = BatchFile::parse(&vec![b'\n'; MAX_BYTES], Encoding::Detect).expect_err("refused");
    assert_eq!((error.record, error.what), (1, Fault::Length { found: 0 }));
}

fn any_text(max: usize) -> impl Strategy<Value = KanaText> {
    let characters: Vec<char> = " ｱｶﾞﾊﾟｦABYZ019()-./,'+:?¥｢｣".chars().collect();
    proptest::collection::vec(proptest::sample::select(characters), 0..=max)
        .prop_map(|characters| kana(&String::from_iter(characters)))
}

fn any_digits<const N: usize>() -> impl Strategy<Value = Digits<N>> {
    proptest::array::uniform(b'0'..=b'9').prop_map(Digits)
}

fn any_payee(bulk: bool) -> impl Strategy<Value = Payee> {
    let types = [AccountType::Ordinary, AccountType::Current, AccountType::Savings, AccountType::Other];
    let routes = [Route::Unspecified, Route::Wire, Route::Letter];
    let codes = (any_text(10), any_text(10)).prop_map(|(first, second)| Reference::Codes(first, second));
    let edi = any_text(20).prop_map(Reference::Edi);
    (
        (any_digits(), any_text(15), any_digits(), any_text(15), any_digits()),
        (proptest::sample::select(types.to_vec()), any_digits(), any_text(29), 1..=MAX_AMOUNT),
        proptest::sample::select(vec![NewCode::Other, NewCode::First, NewCode::Changed]),
        if bulk { prop_oneof![codes, edi].boxed() } else { codes.boxed() },
        proptest::sample::select(if bulk { routes.to_vec() } else { vec![Route::Unspecified] }),
    )
        .prop_map(|(bank, account, new_code, reference, route)| Payee {
            bank_code: bank.0,
            bank_name: bank.1,
            branch_code: bank.2,
            branch_name: bank.3,
            clearing_house: bank.4,
            account_type: account.0,
            account_number: account.1,
            name: kana(&format!("X{}", account.2)),
            amount: account.3,
            new_code,
            reference,
            route,
        })
}

fn any_batch() -> impl Strategy<Value = BatchFile> {
    let kinds = vec![BatchKind::Bulk, BatchKind::Salary, BatchKind::Bonus];
    let payees = |kind| proptest::collection::vec(any_payee(kind == BatchKind::Bulk), 1..6);
    let kind_and_payees = proptest::sample::select(kinds).prop_flat_map(move |kind| (Just(kind), payees(kind)));
    (kind_and_payees, any_text(40), any_text(15), 1..=12_i8, 1..=28_i8).prop_map(
        |((kind, payees), name, bank, month, day)| {
            let header = Header {
                kind,
                originator_code: digits("0000000042"),
                originator_name: name,
                date: MonthDay::new(month, day).expect("every month has 28 days"),
                bank_code: digits("9990"),
                bank_name: bank.clone(),
                branch_code: digits("001"),
                branch_name: bank,
                account_type: AccountType::Current,
                account_number: digits("0000123"),
            };
            BatchFile::new(header, payees).expect("every part fits")
        },
    )
}

/// The same file in UTF-8.
fn to_utf8(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| jis_char(*byte)).collect()
}

proptest! {
    #[test]
    fn what_was_written_is_read(batch in any_batch()) {
        for line_end in [LineEnd::None, LineEnd::Lf, LineEnd::CrLf] {
            let mut bytes = batch.to_bytes(line_end);
            prop_assert_eq!(BatchFile::parse(&bytes, Encoding::ShiftJis), Ok(batch.clone()));
            prop_assert_eq!(BatchFile::parse(&bytes, Encoding::Detect), Ok(batch.clone()));
            prop_assert_eq!(BatchFile::parse(to_utf8(&bytes).as_bytes(), Encoding::Utf8), Ok(batch.clone()));
            prop_assert_eq!(BatchFile::parse(to_utf8(&bytes).as_bytes(), Encoding::Detect), Ok(batch.clone()));
            bytes.push(0x1A);
            prop_assert_eq!(BatchFile::parse(&bytes, Encoding::Detect), Ok(batch.clone()));
        }
    }

    #[test]
    fn a_file_in_pieces_is_the_same_file(batch in any_batch(), size in 1..400_usize, place in any::<prop::sample::Index>(), byte: u8) {
        for line_end in [LineEnd::None, LineEnd::CrLf] {
            let good = batch.to_bytes(line_end);
            let mut damaged = good.clone();
            damaged[place.index(good.len())] = byte;
            for bytes in [to_utf8(&good).into_bytes(), good, damaged] {
                let whole = BatchFile::parse(&bytes, Encoding::Detect);
                let mut reader = BatchReader::new(Encoding::Detect, |payee| payee.amount % 2 == 0);
                let read = bytes.chunks(size).try_for_each(|piece| reader.push(piece)).and_then(|()| reader.finish());
                prop_assert_eq!(read, whole.map(|batch| batch.summary(|payee| payee.amount % 2 == 0)));
            }
        }
    }

    #[test]
    fn any_bytes_end_in_a_batch_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for encoding in [Encoding::Detect, Encoding::ShiftJis, Encoding::Utf8] {
            prop_assert!(BatchFile::parse(&bytes, encoding).is_err());
        }
    }

    #[test]
    fn a_damaged_file_ends_in_a_batch_or_an_error(
        batch in any_batch(), place in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = batch.to_bytes(LineEnd::CrLf);
        let place = place.index(bytes.len());
        bytes[place] = byte;
        for encoding in [Encoding::Detect, Encoding::ShiftJis, Encoding::Utf8] {
            if let Ok(read) = BatchFile::parse(&bytes, encoding) {
                prop_assert_eq!(BatchFile::parse(&read.canonical_bytes(), Encoding::Detect), Ok(read));
            }
        }
        bytes.truncate(cut.index(bytes.len() - 3));
        prop_assert!(BatchFile::parse(&bytes, Encoding::Detect).is_err());
    }
}
