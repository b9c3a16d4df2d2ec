use proptest::prelude::*;

use super::*;

fn scalars() -> impl Iterator<Item = char> {
    '\0'..=char::MAX
}

#[test]
fn an_error_names_the_character_and_its_place() {
    let error = KanaText::canonical(" ｶﾞ漢", 30).expect_err("kanji are refused");
    assert_eq!(error, TextError::Character { position: 4, found: '漢' });
    assert_eq!(error.to_string(), "character 4 (U+6F22) cannot stand in this text");
    let error = DisplayText::canonical("ab\u{202E}c", 30).expect_err("directional characters are refused");
    assert_eq!(error, TextError::Character { position: 3, found: '\u{202E}' });
    assert_eq!(KanaText::canonical("ガガ", 3), Err(TextError::TooLong { found: 4, max: 3 }));
}

#[test]
fn another_spelling_is_refused_on_the_wire() {
    // small ｧ, lower case, prolonged sound mark, middle dot, DEL, kanji
    for bytes in [&b"\xA7"[..], b"a", b"\xB0", b"\xA5", b"\x7F", "架".as_bytes()] {
        assert!(matches!(KanaText::from_jis_bytes(bytes, 9), Err(TextError::Byte { position: 1, .. })), "{bytes:X?}");
    }
    for bytes in [&b" A"[..], b"A "] {
        assert_eq!(KanaText::from_jis_bytes(bytes, 9), Err(TextError::NotCanonical));
    }
    // full-width A, ideographic space inside, ㈱ by its NEC row, U+2010
    for bytes in [&b"\x82\x60"[..], b"A\x81\x40A", b"\x87\x8A", b"\x81\x5D", b" A"] {
        assert_eq!(DisplayText::from_sjis(bytes, 9), Err(TextError::NotCanonical), "{bytes:X?}");
    }
    assert_eq!(DisplayText::from_sjis(b"\x81", 9), Err(TextError::Encoding));
    // would have travelled as Shift_JIS; decomposed
    for text in ["架空", "", "e", "Ⅰか\u{3099}"] {
        assert_eq!(DisplayText::from_utf8(text, 9), Err(TextError::NotCanonical), "{text}");
    }
}

#[test]
fn padding_counts_columns() {
    assert_eq!(pad_columns("ｶﾞ架", 6), "ｶﾞ架  ");
    assert_eq!(pad_columns("架空", 3), "架空");
    assert_eq!(columns("ｶﾞ\u{1b}架"), 4);
}

#[test]
fn terminal_text_steers_nothing() {
    assert_eq!(terminal_safe("\x1b[31mｶｸｳ\r\n\u{202E}\u{200B}\u{9B}架"), "[31mｶｸｳ架");
    let left: String = scalars().filter(|character| terminal_safe(&character.to_string()).is_empty()).collect();
    assert_eq!(terminal_safe(&left), "");
    assert!(left.contains(['\u{61C}', '\u{2066}', '\u{FEFF}', '\u{E0041}', '\u{7F}']));
}

/// Text with many characters that matter here.
fn japanese() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![
            proptest::char::range(' ', '~'),
            proptest::char::range('\u{3000}', '\u{30FF}'),
            proptest::char::range('\u{FF00}', '\u{FFEF}'),
            proptest::char::range('\u{4E00}', '\u{9FFF}'),
            any::<char>(),
        ],
        0..12,
    )
    .prop_map(String::from_iter)
}

proptest! {
    #[test]
    fn canonical_kana_text_stays_as_it_is(input in japanese()) {
        if let Ok(text) = KanaText::canonical(&input, 99) {
            prop_assert_eq!(KanaText::canonical(&text.to_string(), text.len()), Ok(text.clone()));
            prop_assert_eq!(KanaText::from_jis_bytes(text.as_jis_bytes(), text.len()), Ok(text.clone()));
            prop_assert_eq!(columns(&text.to_string()), text.len());
        }
    }

    #[test]
    fn canonical_display_text_stays_as_it_is(input in japanese()) {
        if let Ok(text) = DisplayText::canonical(&input, 99) {
            prop_assert_eq!(DisplayText::canonical(text.as_str(), columns(text.as_str())), Ok(text.clone()));
            prop_assert_eq!(terminal_safe(text.as_str()), text.as_str());
        }
    }

    #[test]
    fn only_canonical_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..12)) {
        if let Ok(text) = KanaText::from_jis_bytes(&bytes, 99) {
            prop_assert_eq!(text.as_jis_bytes(), &bytes[..]);
            prop_assert_eq!(KanaText::canonical(&text.to_string(), 99), Ok(text));
        }
        if let Ok(text) = DisplayText::from_sjis(&bytes, 99) {
            prop_assert_eq!(text.wire(), Wire::Sjis(bytes));
        }
    }
}

/// By the composition of Unicode (NFC): U+30F7 to U+30FA have no hiragana beside them.
#[test]
fn of_the_row_of_wa_only_katakana_are_composed() {
    for (base, composed) in [('ワ', 'ヷ'), ('ヰ', 'ヸ'), ('ヱ', 'ヹ'), ('ヲ', 'ヺ')] {
        assert_eq!(composed_kana(base, '\u{3099}'), Some(composed), "{base}");
    }
    for base in ['わ', 'ゐ', 'ゑ', 'を'] {
        assert_eq!(composed_kana(base, '\u{3099}'), None, "{base}");
    }
}
