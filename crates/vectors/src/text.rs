//! Tests of canonical text and of batch files.

use std::fs;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::values::{About, NoFields, Outcome, Parsed, Tested, all, same};
use camtoken::time::{Date, Timestamp};
use camtoken::transaction::text::{self, Wire, columns};
use camtoken::transaction::zengin::{AccountType, BatchFile, Digits, Encoding, ZenginError};
use camtoken::typed;

pub(super) enum KanaText {}
pub(super) enum DisplayText {}
pub(super) enum TextTable {}
pub(super) enum TypedDigits {}
pub(super) enum Zengin {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KanaTest {
    input: String,
    max: usize,
    jis: Option<String>,
}

impl Tested for KanaText {
    const NAME: &'static str = "KanaText";
    type Group = NoFields;
    type Test = KanaTest;

    fn run(_: &NoFields, test: &KanaTest, _: &About<'_>) -> Outcome {
        let text = match text::KanaText::canonical(&test.input, test.max) {
            Ok(text) => text,
            Err(error) => return Outcome::Refused(error.to_string()),
        };
        if text::KanaText::from_jis_bytes(text.as_jis_bytes(), test.max) != Ok(text.clone()) {
            return Outcome::Wrong("its bytes are not read back".to_owned());
        }
        same("jis", Some(base16ct::lower::encode_string(text.as_jis_bytes())), test.jis.clone()).into()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DisplayTest {
    input: String,
    max_columns: usize,
    wire: Option<String>,
    bytes: Option<String>,
}

impl Tested for DisplayText {
    const NAME: &'static str = "DisplayText";
    type Group = NoFields;
    type Test = DisplayTest;

    fn run(_: &NoFields, test: &DisplayTest, _: &About<'_>) -> Outcome {
        let max = test.max_columns;
        let text = match text::DisplayText::canonical(&test.input, max) {
            Ok(text) => text,
            Err(error) => return Outcome::Refused(error.to_string()),
        };
        let (wire, bytes, read) = match text.wire() {
            Wire::Sjis(bytes) => {
                ("sjis", base16ct::lower::encode_string(&bytes), text::DisplayText::from_sjis(&bytes, max))
            }
            Wire::Utf8(utf8) => {
                ("utf8", base16ct::lower::encode_string(utf8.as_bytes()), text::DisplayText::from_utf8(&utf8, max))
            }
        };
        if read != Ok(text) {
            return Outcome::Wrong("its bytes are not read back".to_owned());
        }
        all([same("wire", Some(wire), test.wire.as_deref()), same("bytes", Some(bytes), test.bytes.clone())])
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableTest {
    table: Table,
    sha256: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Table {
    Kana,
    Display,
    Sjis,
    Typed,
}

impl Tested for TextTable {
    const NAME: &'static str = "TextTable";
    type Group = NoFields;
    type Test = TableTest;

    fn run(_: &NoFields, test: &TableTest, _: &About<'_>) -> Outcome {
        same("sha256", test.table.digest(), test.sha256.clone()).into()
    }
}

impl Table {
    /// SHA-256 over all of its lines.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        self.lines(|line| hash.update(line.as_bytes()));
        base16ct::lower::encode_string(&hash.finalize())
    }

    /// Every scalar value, or every pair of bytes, with what it becomes.
    fn lines(&self, mut add: impl FnMut(String)) {
        match self {
            Self::Kana => ('\0'..=char::MAX).for_each(|character| {
                let text = text::KanaText::canonical(&format!("X{character}X"), 9);
                let result = text.map_or("-".into(), |text| base16ct::lower::encode_string(text.as_jis_bytes()));
                add(format!("{:04X} {result}\n", u32::from(character)));
            }),
            Self::Display => ('\0'..=char::MAX).for_each(|character| {
                let text = text::DisplayText::canonical(&format!("X{character}X"), 9);
                let result = text.map_or("-".into(), |text| {
                    format!("{} {}", base16ct::lower::encode_string(text.as_str().as_bytes()), columns(text.as_str()))
                });
                add(format!("{:04X} {result}\n", u32::from(character)));
            }),
            Self::Typed => ('\0'..=char::MAX).for_each(|character| {
                let digits = typed::digits(&format!("7708{character}8414"), 8..=9);
                add(format!(
                    "{:04X} {}\n",
                    u32::from(character),
                    digits.as_ref().map_or("-", |digits| digits.as_str())
                ));
            }),
            Self::Sjis => {
                for pair in 0x8100..=0xEAFF_u16 {
                    let [lead, trail] = pair.to_be_bytes();
                    let is_pair = !(0xA0..=0xDF).contains(&lead);
                    if let (true, Ok(text)) = (is_pair, text::DisplayText::from_sjis(&[b'X', lead, trail, b'X'], 9)) {
                        add(format!("{pair:04X} {}\n", base16ct::lower::encode_string(text.as_str().as_bytes())));
                    }
                }
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypedTest {
    input: String,
    min: usize,
    max: usize,
    digits: Option<String>,
}

impl Tested for TypedDigits {
    const NAME: &'static str = "TypedDigits";
    type Group = NoFields;
    type Test = TypedTest;

    fn run(_: &NoFields, test: &TypedTest, _: &About<'_>) -> Outcome {
        match typed::digits(&test.input, test.min..=test.max) {
            Ok(digits) => same("digits", Some(digits.as_str()), test.digits.as_deref()).into(),
            Err(error) => Outcome::Refused(error.to_string()),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ZenginTest {
    file: String,
    encoding: FileEncoding,
    error: Option<ZenginFault>,
    kind: Option<u8>,
    date: Option<String>,
    on_or_after: Option<Parsed<Date>>,
    window: Option<u16>,
    pay_date: Option<String>,
    originator_code: Option<String>,
    originator_name: Option<String>,
    paying_account: Option<String>,
    count: Option<usize>,
    total: Option<u64>,
    largest_name: Option<String>,
    largest_amount: Option<u64>,
    largest_account: Option<String>,
    accounts: Option<usize>,
    sha256: Option<String>,
    check_code: Option<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
pub(super) enum FileEncoding {
    Detect,
    Sjis,
    Utf8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ZenginFault {
    record: usize,
    field: String,
}

impl From<FileEncoding> for Encoding {
    fn from(encoding: FileEncoding) -> Self {
        match encoding {
            FileEncoding::Detect => Self::Detect,
            FileEncoding::Sjis => Self::ShiftJis,
            FileEncoding::Utf8 => Self::Utf8,
        }
    }
}

impl Tested for Zengin {
    const NAME: &'static str = "Zengin";
    type Group = NoFields;
    type Test = ZenginTest;

    fn run(_: &NoFields, test: &ZenginTest, about: &About<'_>) -> Outcome {
        let bytes = match fs::read(about.folder.join(&test.file)) {
            Ok(bytes) => bytes,
            Err(error) => return Outcome::Wrong(format!("{}: {error}", test.file)),
        };
        match (batch(&bytes, test.encoding, test.day(), test.window), &test.error) {
            (Ok(batch), _) => test.says(&batch).into(),
            (Err(error), Some(fault)) if (fault.record, fault.field.as_str()) != (error.record, error.field) => {
                Outcome::Wrong(format!("expected a fault in record {}, {}: {error}", fault.record, fault.field))
            }
            (Err(error), _) => Outcome::Refused(error.to_string()),
        }
    }
}

impl ZenginTest {
    fn says(&self, batch: &BatchFile) -> Result<(), Outcome> {
        let (header, largest) = (batch.header(), batch.largest_payee());
        let paying = (header.bank_code, header.branch_code, header.account_type, header.account_number);
        same("kind", Some(header.kind as u8), self.kind)?;
        same("date", Some(header.date.to_string()), self.date.clone())?;
        same("payDate", pay_date(batch, self.day()), self.pay_date.clone())?;
        same("originatorCode", Some(header.originator_code.as_str()), self.originator_code.as_deref())?;
        same("originatorName", Some(header.originator_name.to_string()), self.originator_name.clone())?;
        same("payingAccount", Some(account(paying)), self.paying_account.clone())?;
        same("count", Some(batch.count()), self.count)?;
        same("total", Some(batch.total()), self.total)?;
        same("largestName", Some(largest.name.to_string()), self.largest_name.clone())?;
        same("largestAmount", Some(largest.amount), self.largest_amount)?;
        same("largestAccount", Some(account(largest.account())), self.largest_account.clone())?;
        same("accounts", Some(batch.new_payees(|_| false).len()), self.accounts)?;
        same("sha256", Some(base16ct::lower::encode_string(&batch.canonical_sha256())), self.sha256.clone())?;
        same("checkCode", Some(batch.check_code()), self.check_code.clone())?;
        let canonical = batch.canonical_bytes();
        same(
            "SHA-256 of the canonical bytes",
            base16ct::lower::encode_string(&Sha256::digest(&canonical)),
            base16ct::lower::encode_string(&batch.canonical_sha256()),
        )?;
        same("canonical bytes, read again", BatchFile::parse(&canonical, Encoding::ShiftJis).as_ref(), Ok(batch))
    }

    fn day(&self) -> Option<Date> {
        self.on_or_after.as_ref().map(|day| day.0)
    }
}

/// Reads a batch file. With a day and a window its date has to come within so many days from that day.
pub(super) fn batch(
    bytes: &[u8],
    encoding: FileEncoding,
    from: Option<Date>,
    window: Option<u16>,
) -> Result<BatchFile, ZenginError> {
    let batch = BatchFile::parse(bytes, encoding.into())?;
    if let (Some(from), Some(window)) = (from, window) {
        batch.pay_date(noon(from), window)?;
    }
    Ok(batch)
}

/// The date of a batch file as the first such day from this one on.
pub(super) fn pay_date(batch: &BatchFile, from: Option<Date>) -> Option<String> {
    batch.date_on_or_after(noon(from?)).map(|date| date.to_string())
}

/// Noon of a day in Japan.
fn noon(day: Date) -> Timestamp {
    Timestamp::from_unix(u64::from(day.days()) * 86_400 + 3 * 3_600)
}

pub(super) fn account(parts: (Digits<4>, Digits<3>, AccountType, Digits<7>)) -> String {
    format!("{}-{}-{}-{}", parts.0, parts.1, parts.2 as u8, parts.3)
}
