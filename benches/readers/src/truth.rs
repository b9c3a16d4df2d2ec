//! What a picture should say.

use std::path::Path;

/// What stands beside a picture.
pub enum Truth {
    /// No symbol is in it.
    Negative,
    /// One of these payloads.
    Payloads(Vec<Vec<u8>>),
    /// A text, whatever its encoding in the symbol.
    Text(String),
}

/// A reading, compared with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    Right,
    Wrong,
    Nothing,
    /// The reader panicked or took too long.
    Failed,
}

impl Truth {
    /// `None` if the file is no picture or nothing is known of it.
    pub fn of(picture: &Path) -> Option<Self> {
        let extension = picture.extension()?.to_str()?.to_lowercase();
        if !["png", "jpg", "jpeg", "webp", "bmp"].contains(&extension.as_str()) {
            return None;
        }
        if picture.with_file_name("NEGATIVE").exists() {
            return Some(Self::Negative);
        }
        if let Ok(bytes) = std::fs::read(picture.with_extension("bin")) {
            return Some(Self::Payloads(vec![bytes]));
        }
        if let Ok(text) = std::fs::read(picture.with_extension("txt")) {
            return Some(Self::Text(plain(&String::from_utf8_lossy(&text))));
        }
        let list = std::fs::read_to_string(picture.with_extension("accept.json")).ok()?;
        let payloads: Vec<Vec<u8>> = list.split('"').skip(1).step_by(2).filter_map(from_hex).collect();
        (!payloads.is_empty()).then_some(Self::Payloads(payloads))
    }

    pub fn judge(&self, found: &[Vec<u8>]) -> Judgement {
        let right = |payload: &Vec<u8>| match self {
            Self::Negative => false,
            Self::Payloads(expected) => {
                expected.iter().any(|expected| expected == payload || of_latin(payload) == *expected)
            }
            Self::Text(expected) => texts(payload).any(|text| plain(&text) == *expected),
        };
        match (self, found) {
            (Self::Negative, []) => Judgement::Right,
            (_, []) => Judgement::Nothing,
            (_, found) if found.iter().any(right) => Judgement::Right,
            _ => Judgement::Wrong,
        }
    }
}

/// Line ends and the mark at the beginning are the editor's.
fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").trim_start_matches('\u{feff}').trim_end_matches(['\n', '\r', ' ', '\0']).to_owned()
}

/// The payload as text in the encodings that readers and symbols use.
fn texts(payload: &[u8]) -> impl Iterator<Item = String> {
    let named = ["shift_jis", "windows-1252", "gb18030", "utf-16be", "utf-16le"];
    let latin = payload.iter().map(|&byte| char::from(byte)).collect();
    let mut texts = vec![String::from_utf8_lossy(payload).into_owned(), latin];
    texts.extend(named.into_iter().filter_map(|name| {
        let encoding = encoding_rs::Encoding::for_label(name.as_bytes())?;
        Some(encoding.decode_without_bom_handling(payload).0.into_owned())
    }));
    texts.into_iter()
}

/// The bytes of a reader that gives binary as Latin-1 text in UTF-8.
fn of_latin(payload: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(payload).unwrap_or_default();
    text.chars().map(|c| u8::try_from(u32::from(c))).collect::<Result<_, _>>().unwrap_or_default()
}

pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(text.get(i..i + 2)?, 16).ok()).collect()
}
