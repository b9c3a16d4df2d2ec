//! Paying what was signed: one payment, or the file of a batch.

use base16ct::lower;
use camtoken::time::Date;
use camtoken::transaction::zengin::{BatchFile, Encoding};
use camtoken::transaction::{Operation, Value};

use super::base::{Bank, BankError};
use super::signed::{Signed, Undone};
use crate::books::Sheet;
use crate::domain::calendar::day_in_japan;
use crate::domain::contract::{Contract, Limit};
use crate::domain::directory::OWN_BANK;
use crate::domain::ledger::{Account, Line, Refusal, Spent, kind_of};
use crate::domain::order::Order;
use crate::domain::rates::yen_of;

/// How much may leave a company's accounts today by one operation, in yen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// On one day.
    pub limit: u64,
    /// Of that, today.
    pub left: u64,
}

impl Bank {
    /// How much may still leave a company's accounts today by an operation.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn room(&self, contract: &str, operation: Operation, limit: Limit) -> Result<Room, BankError> {
        let limit = self.books.get::<Contract>(contract)?.map_or(0, |contract| contract.limit(limit));
        let day = day_in_japan(self.now()).to_string();
        let today = Spent { contract: contract.to_owned(), operation: operation.to_string(), day, yen: 0 };
        let spent = self.books.get::<Spent>(&today.key())?.map_or(0, |spent| spent.yen);
        Ok(Room { limit, left: limit.saturating_sub(spent) })
    }
}

/// Pays from an account, within a daily limit.
pub(super) fn pay(sheet: &mut Sheet<'_>, signed: &Signed<'_>, from: &str, limit: Limit) -> Result<(), Undone> {
    let operation = signed.transaction.operation();
    let amount = match signed.transaction.get("amount") {
        Some(Value::Yen(yen)) => *yen,
        Some(Value::Money(money)) => yen_of(money).ok_or(Refusal::Changed)?,
        _ => return Err(Refusal::Changed.into()),
    };
    let other = signed.text(if operation == Operation::PayEasy { "biller" } else { "payee" });
    let to_us = operation == Operation::Transfer && signed.text("bankCode") == OWN_BANK;
    let key = || Account::key_of(&signed.text("branchCode"), &signed.text("account"));
    let to = to_us.then(|| (key(), signed.text("accountType")));
    let mut till = Till::open(sheet, signed, from, limit)?;
    till.pay(sheet, amount, &other, to)?;
    till.close(sheet);
    Ok(())
}

/// Pays a batch file.
pub(super) fn pay_batch(
    sheet: &mut Sheet<'_>,
    signed: &Signed<'_>,
    from: &str,
    limit: Limit,
    file: &[u8],
) -> Result<(), Undone> {
    let batch = BatchFile::parse(file, Encoding::ShiftJis).map_err(|_| Refusal::Changed)?;
    // V-14: the challenge binds every payee and amount by the hash of the canonical file.
    if signed.text("file") != lower::encode_string(&batch.canonical_sha256()) {
        return Err(Refusal::Changed.into());
    }
    let mut till = Till::open(sheet, signed, from, limit)?;
    for payee in batch.payees() {
        let to_us = payee.bank_code.as_str() == OWN_BANK;
        let key = || Account::key_of(payee.branch_code.as_str(), payee.account_number.as_str());
        let to = to_us.then(|| (key(), kind_of(payee.account_type).to_owned()));
        till.pay(sheet, payee.amount, &payee.name.to_string(), to)?;
    }
    till.close(sheet);
    Ok(())
}

/// An account that pays, with what has left the company's accounts today.
struct Till<'a> {
    account: Account,
    contract: &'a Contract,
    order: &'a Order,
    limit: u64,
    spent: Spent,
    day: Date,
}

impl<'a> Till<'a> {
    fn open(sheet: &Sheet<'_>, signed: &'a Signed<'_>, from: &str, limit: Limit) -> Result<Self, Undone> {
        let (contract, order) = (&signed.contract, signed.order);
        let account = sheet.get::<Account>(from)?.filter(|account| account.contract == contract.number);
        let account = account.filter(|_| signed.signer.sees(from));
        let account = account.ok_or(Refusal::Account)?;
        let day = day_in_japan(signed.now);
        let nothing = Spent {
            contract: contract.number.clone(),
            operation: order.operation.clone(),
            day: day.to_string(),
            yen: 0,
        };
        let spent = sheet.get::<Spent>(&nothing.key())?.unwrap_or(nothing);
        Ok(Self { account, contract, order, limit: contract.limit(limit), spent, day })
    }

    /// Pays once; `to` is an account of this bank, by its key and its type.
    fn pay(
        &mut self,
        sheet: &mut Sheet<'_>,
        amount: u64,
        other: &str,
        to: Option<(String, String)>,
    ) -> Result<(), Undone> {
        let line = Line { day: self.day, operation: &self.order.operation, text: other, order: &self.order.id };
        let receiver = match to {
            None => None,
            Some((key, _)) if key == self.account.key() => return Err(Refusal::Account.into()),
            Some((key, kind)) => {
                let known = sheet.get::<Account>(&key)?.filter(|known| known.kind == kind);
                Some(known.ok_or(Refusal::Account)?)
            }
        };
        sheet.put(&self.account.pay(amount, self.spent.yen, self.limit, line)?);
        self.spent.yen += amount;
        if let Some(mut receiver) = receiver {
            let received = receiver.receive(amount, Line { text: &self.contract.kana, ..line });
            sheet.put(&received);
            sheet.put(&receiver);
        }
        Ok(())
    }

    fn close(self, sheet: &mut Sheet<'_>) {
        sheet.put(&self.account);
        sheet.put(&self.spent);
    }
}
