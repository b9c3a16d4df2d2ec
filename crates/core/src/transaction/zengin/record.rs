//! Records to fields, and back.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{
    AccountType, BatchKind, Digits, Fault, Header, MAX_AMOUNT, MonthDay, NewCode, Payee, RECORD, Reference, Route,
    ZenginError,
};
use crate::transaction::text::{KanaText, TextError, jis_char};

/// A record that is read from left to right.
pub(super) struct Fields<'a> {
    record: usize,
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// The fields of a record that is `length` characters long.
    pub(super) fn new(bytes: &'a [u8], length: usize, record: usize) -> Result<Self, ZenginError> {
        let fields = Self { record, rest: bytes };
        if length != RECORD {
            return Err(fields.fault("record", Fault::Length { found: length }));
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

    /// Takes the type, which comes first.
    pub(super) fn record_type(&mut self) -> u8 {
        self.take(1)[0]
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
    // The field after the reference shows whether it is EDI.
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

/// Trailer and end record.
pub(super) fn write_end(record: &mut Record, count: usize, total: u64, mut sink: impl FnMut(&[u8])) {
    record.number(8, 1).number(count as u64, 6).number(total, 12);
    record.finish(&mut sink);
    record.number(9, 1);
    record.finish(&mut sink);
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
    if payee.name.begins_with_sound_mark() {
        return Err(("payee name", Fault::SoundMark));
    }
    if !payee.name.has_letter_or_digit() {
        return Err(("payee name", Fault::NoLetter));
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
