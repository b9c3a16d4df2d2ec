//! Bytes to records, records to fields, and back.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{
    AccountType, BatchKind, Digits, Encoding, Fault, Header, MAX_AMOUNT, MonthDay, NewCode, Payee, RECORD, Reference,
    Route, ZenginError,
};
use crate::transaction::text::{KanaText, TextError, half_width_byte, jis_char};

/// The file in JIS X 0201, one byte a character.
pub(super) fn decode(bytes: &[u8], encoding: Encoding) -> Result<Cow<'_, [u8]>, ZenginError> {
    match encoding {
        Encoding::ShiftJis => Ok(Cow::Borrowed(bytes)),
        Encoding::Utf8 => decode_utf8(bytes).map(Cow::Owned),
        // In Shift_JIS a half-width kana is one byte from A1 to DF. UTF-8 writes it in three, of which the first is EF,
        // no single byte of Shift_JIS; `¥` in two, C2 A5, of which A5 (a middle dot) stands in no field. So no file can
        // be good in both.
        Encoding::Detect => Ok(decode_utf8(bytes).map_or(Cow::Borrowed(bytes), Cow::Owned)),
    }
}

fn decode_utf8(bytes: &[u8]) -> Result<Vec<u8>, ZenginError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut jis = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            jis.push(match character {
                '\0'..='\x7F' => character as u8,
                '¥' => b'\\',
                '｡'..='ﾟ' => half_width_byte(character),
                _ => return Err(undecodable(&jis)),
            });
        }
        if !chunk.invalid().is_empty() {
            return Err(undecodable(&jis));
        }
    }
    Ok(jis)
}

fn undecodable(before: &[u8]) -> ZenginError {
    let lines = before.iter().filter(|byte| **byte == b'\n').count();
    let record = 1 + if lines > 0 { lines } else { before.len() / RECORD };
    ZenginError { record, field: "record", what: Fault::Encoding }
}

/// The records, of whatever length; by lines if there is a line end at all.
fn split(jis: &[u8]) -> Box<dyn Iterator<Item = &[u8]> + '_> {
    let jis = jis.strip_suffix(b"\x1A").unwrap_or(jis);
    if jis.contains(&b'\n') {
        let lines = jis.strip_suffix(b"\n").unwrap_or(jis).split(|byte| *byte == b'\n');
        Box::new(lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line)))
    } else {
        Box::new(jis.chunks(RECORD))
    }
}

/// The records of a file, read one after the other.
pub(super) struct Records<'a> {
    records: Box<dyn Iterator<Item = &'a [u8]> + 'a>,
    /// Of the last one read, counted from 1.
    number: usize,
}

impl<'a> Records<'a> {
    pub(super) fn new(jis: &'a [u8]) -> Self {
        Self { records: split(jis), number: 0 }
    }

    /// Takes the next record, which must be of one of these types; the type is taken from its fields.
    pub(super) fn next(&mut self, types: &[u8], expected: &'static str) -> Result<(u8, Fields<'a>), ZenginError> {
        self.number += 1;
        let misplaced = ZenginError { record: self.number, field: "record type", what: Fault::Order { expected } };
        let Some(bytes) = self.records.next() else { return Err(misplaced) };
        let mut fields = Fields::new(bytes, self.number)?;
        match fields.take(1) {
            [found] if types.contains(found) => Ok((*found, fields)),
            _ => Err(misplaced),
        }
    }

    pub(super) fn finish(&mut self) -> Result<(), ZenginError> {
        let what = Fault::Order { expected: "no further record" };
        match self.records.next() {
            Some(_) => Err(ZenginError { record: self.number + 1, field: "record type", what }),
            None => Ok(()),
        }
    }
}

/// A record that is read from left to right.
pub(super) struct Fields<'a> {
    record: usize,
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn new(bytes: &'a [u8], record: usize) -> Result<Self, ZenginError> {
        let fields = Self { record, rest: bytes };
        if bytes.len() != RECORD {
            return Err(fields.fault("record", Fault::Length { found: bytes.len() }));
        }
        // JIS X 0201: ASCII and A1 to DF.
        if bytes.iter().any(|byte| matches!(byte, 0x80..=0xA0 | 0xE0..)) {
            return Err(fields.fault("record", Fault::Encoding));
        }
        Ok(fields)
    }

    pub(super) fn fault(&self, field: &'static str, what: Fault) -> ZenginError {
        ZenginError { record: self.record, field, what }
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn digits<const N: usize>(&mut self, field: &'static str) -> Result<Digits<N>, ZenginError> {
        let taken = self.take(N).try_into().expect("as many as were taken");
        let digits = Digits(taken);
        if digits.0.iter().all(u8::is_ascii_digit) { Ok(digits) } else { Err(self.fault(field, Fault::Digits)) }
    }

    pub(super) fn number(&mut self, field: &'static str, length: usize) -> Result<u64, ZenginError> {
        let taken = self.take(length);
        if !taken.iter().all(u8::is_ascii_digit) {
            return Err(self.fault(field, Fault::Digits));
        }
        Ok(taken.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
    }

    fn text(&mut self, field: &'static str, length: usize) -> Result<KanaText, ZenginError> {
        let text: String = self.take(length).iter().map(|byte| jis_char(*byte)).collect();
        KanaText::canonical(&text, length).map_err(|error| self.fault(field, Fault::Text(error)))
    }

    pub(super) fn blank(&mut self, field: &'static str, length: usize) -> Result<(), ZenginError> {
        if self.take(length).iter().all(|byte| *byte == b' ') {
            Ok(())
        } else {
            Err(self.fault(field, Fault::NotBlank))
        }
    }

    /// Takes one byte that stands for a value.
    fn value<T>(&mut self, field: &'static str, read: impl Fn(u8) -> Option<T>) -> Result<T, ZenginError> {
        let [byte] = self.take(1) else { unreachable!("one byte was taken") };
        read(*byte).ok_or_else(|| self.fault(field, Fault::Value))
    }
}

/// A record that is written from left to right.
#[derive(Default)]
pub(super) struct Record(Vec<u8>);

impl Record {
    pub(super) fn number(&mut self, number: u64, length: usize) -> &mut Self {
        self.0.extend(format!("{number:0length$}").into_bytes());
        self
    }

    fn digits<const N: usize>(&mut self, digits: &Digits<N>) -> &mut Self {
        self.0.extend(digits.0);
        self
    }

    fn text(&mut self, text: &KanaText, length: usize) -> &mut Self {
        let end = self.0.len() + length;
        self.0.extend(text.as_jis_bytes());
        self.0.resize(end, b' ');
        self
    }

    fn byte(&mut self, byte: u8) -> &mut Self {
        self.0.push(byte);
        self
    }

    pub(super) fn finish(&mut self, mut sink: impl FnMut(&[u8])) {
        self.0.resize(RECORD, b' ');
        sink(&self.0);
        self.0.clear();
    }
}

pub(super) fn read_header(mut fields: Fields<'_>) -> Result<Header, ZenginError> {
    let kind = match fields.number("kind", 2)? {
        11 => BatchKind::Salary,
        12 => BatchKind::Bonus,
        21 => BatchKind::Bulk,
        _ => return Err(fields.fault("kind", Fault::Value)),
    };
    // 1 would be EBCDIC.
    fields.value("code division", |byte| (byte == b'0').then_some(()))?;
    let header = Header {
        kind,
        originator_code: fields.digits("originator code")?,
        originator_name: fields.text("originator name", 40)?,
        date: read_date(&mut fields)?,
        bank_code: fields.digits("paying bank code")?,
        bank_name: fields.text("paying bank name", 15)?,
        branch_code: fields.digits("paying branch code")?,
        branch_name: fields.text("paying branch name", 15)?,
        account_type: fields.value("paying account type", account_type)?,
        account_number: fields.digits("paying account number")?,
    };
    fields.blank("header filler", 17)?;
    Ok(header)
}

pub(super) fn write_header(record: &mut Record, header: &Header) {
    record
        .number(1, 1)
        .number(header.kind as u64, 2)
        .number(0, 1)
        .digits(&header.originator_code)
        .text(&header.originator_name, 40)
        .number(header.date.month.unsigned_abs().into(), 2)
        .number(header.date.day.unsigned_abs().into(), 2)
        .digits(&header.bank_code)
        .text(&header.bank_name, 15)
        .digits(&header.branch_code)
        .text(&header.branch_name, 15)
        .number(header.account_type as u64, 1)
        .digits(&header.account_number);
}

pub(super) fn read_payee(mut fields: Fields<'_>, kind: BatchKind) -> Result<Payee, ZenginError> {
    let mut payee = Payee {
        bank_code: fields.digits("bank code")?,
        bank_name: fields.text("bank name", 15)?,
        branch_code: fields.digits("branch code")?,
        branch_name: fields.text("branch name", 15)?,
        clearing_house: match fields.rest {
            [b' ', b' ', b' ', b' ', ..] => {
                fields.take(4);
                Digits(*b"0000")
            }
            _ => fields.digits("clearing house")?,
        },
        account_type: fields.value("account type", account_type)?,
        account_number: fields.digits("account number")?,
        name: fields.text("payee name", 30)?,
        amount: fields.number("amount", 10)?,
        new_code: fields.value("new code", |byte| match byte {
            b' ' | b'0' => Some(NewCode::Other),
            b'1' => Some(NewCode::First),
            b'2' => Some(NewCode::Changed),
            _ => None,
        })?,
        reference: Reference::default(),
        route: Route::Unspecified,
    };
    // Whether the reference is EDI stands after it.
    let mut reference = Fields { record: fields.record, rest: fields.take(20) };
    let mut edi = false;
    if kind == BatchKind::Bulk {
        payee.route = fields.value("route", |byte| match byte {
            b' ' | b'0' => Some(Route::Unspecified),
            b'7' => Some(Route::Wire),
            b'8' => Some(Route::Letter),
            _ => None,
        })?;
        edi = fields.value("identification", |byte| matches!(byte, b' ' | b'Y').then_some(byte == b'Y'))?;
    }
    fields.blank("data filler", fields.rest.len())?;
    payee.reference = if edi {
        Reference::Edi(reference.text("EDI", 20)?)
    } else {
        Reference::Codes(reference.text("customer code 1", 10)?, reference.text("customer code 2", 10)?)
    };
    Ok(payee)
}

pub(super) fn write_payee(record: &mut Record, payee: &Payee, kind: BatchKind) {
    record
        .number(2, 1)
        .digits(&payee.bank_code)
        .text(&payee.bank_name, 15)
        .digits(&payee.branch_code)
        .text(&payee.branch_name, 15)
        .digits(&payee.clearing_house)
        .number(payee.account_type as u64, 1)
        .digits(&payee.account_number)
        .text(&payee.name, 30)
        .number(payee.amount, 10)
        .number(payee.new_code as u64, 1);
    match &payee.reference {
        Reference::Codes(first, second) => record.text(first, 10).text(second, 10),
        Reference::Edi(edi) => record.text(edi, 20),
    };
    if kind == BatchKind::Bulk {
        let route = match payee.route {
            Route::Unspecified => b' ',
            Route::Wire => b'7',
            Route::Letter => b'8',
        };
        record.byte(route).byte(if matches!(payee.reference, Reference::Edi(_)) { b'Y' } else { b' ' });
    }
}

fn read_date(fields: &mut Fields<'_>) -> Result<MonthDay, ZenginError> {
    let [month, day] = [fields.number("transfer date", 2)?, fields.number("transfer date", 2)?];
    let two_digits = |number| i8::try_from(number).expect("two digits");
    MonthDay::new(two_digits(month), two_digits(day)).ok_or_else(|| fields.fault("transfer date", Fault::Date))
}

const fn account_type(byte: u8) -> Option<AccountType> {
    match byte {
        b'1' => Some(AccountType::Ordinary),
        b'2' => Some(AccountType::Current),
        b'4' => Some(AccountType::Savings),
        b'9' => Some(AccountType::Other),
        _ => None,
    }
}

pub(super) fn check_header(header: &Header) -> Result<(), (&'static str, Fault)> {
    fits("originator name", &header.originator_name, 40)?;
    fits("paying bank name", &header.bank_name, 15)?;
    fits("paying branch name", &header.branch_name, 15)?;
    if header.account_type == AccountType::Savings {
        return Err(("paying account type", Fault::Value));
    }
    Ok(())
}

pub(super) fn check_payee(payee: &Payee, kind: BatchKind) -> Result<(), (&'static str, Fault)> {
    fits("bank name", &payee.bank_name, 15)?;
    fits("branch name", &payee.branch_name, 15)?;
    fits("payee name", &payee.name, 30)?;
    if payee.name.is_empty() {
        return Err(("payee name", Fault::Empty));
    }
    match payee.amount {
        0 => return Err(("amount", Fault::Empty)),
        1..=MAX_AMOUNT => {}
        _ => return Err(("amount", Fault::Overflow)),
    }
    match &payee.reference {
        Reference::Codes(first, second) => {
            fits("customer code 1", first, 10)?;
            fits("customer code 2", second, 10)?;
        }
        Reference::Edi(_) if kind != BatchKind::Bulk => return Err(("EDI", Fault::Value)),
        Reference::Edi(edi) => fits("EDI", edi, 20)?,
    }
    if kind != BatchKind::Bulk && payee.route != Route::Unspecified {
        return Err(("route", Fault::Value));
    }
    Ok(())
}

fn fits(field: &'static str, text: &KanaText, max: usize) -> Result<(), (&'static str, Fault)> {
    let found = text.len();
    if found > max { Err((field, Fault::Text(TextError::TooLong { found, max }))) } else { Ok(()) }
}
