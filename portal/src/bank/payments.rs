//! Paying what was signed: one payment, or the file of a batch; and how much may be paid.

use base16ct::lower;
use camtoken::Timestamp;
use camtoken::time::Date;
use camtoken::transaction::zengin::{self, BatchFile, Encoding};
use camtoken::transaction::{Operation, Transaction, Value};

use super::base::{Bank, BankError};
use super::draft::Draft;
use super::signed::{Signed, Undone};
use crate::books::{BooksError, Row as _, Sheet};
use crate::domain::calendar::day_in_japan;
use crate::domain::caution::{Bound, Caution};
use crate::domain::contract::{Contract, Limit};
use crate::domain::directory::OWN_BANK;
use crate::domain::ledger::{Account, Line, Paid, Payee, Refusal, Spent, kind_of};
use crate::domain::order::{Act, Order};
use crate::domain::people::Person;
use crate::domain::rates::yen_of;

/// How much may be paid today, in yen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// On one day.
    pub limit: u64,
    /// Of that, today.
    pub left: u64,
    /// What sets the limit.
    pub bound: Bound,
}

/// What new payees are counted under.
const NEW_PAYEES: &str = "new-payees";

impl Bank {
    /// How much a person may still pay today by a draft: by the daily limit first, then by each caution that narrows it.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn rooms(&self, person: &Person, draft: &Draft) -> Result<Vec<Room>, BankError> {
        let Some(limit) = draft.act.limit() else { return Ok(Vec::new()) };
        let Some(contract) = self.books.get::<Contract>(&person.contract)? else { return Ok(Vec::new()) };
        let (now, operation) = (self.now(), draft.operation.to_string());
        let (daily, bound) = self.caution.limit(&contract, limit, now);
        let mut bounds = vec![(daily, operation.clone(), bound)];
        if let Some(until) = self.caution.registered_until(person, now) {
            bounds.push((self.caution.registration_limit, of_person(&operation, person), Bound::Registration(until)));
        }
        if self.paid_to_new(&contract, draft)? > 0 {
            let is_registrable = !matches!(draft.operation, Operation::PayEasy | Operation::Remittance);
            let bound = if is_registrable { Bound::Payee } else { Bound::FirstPayment };
            bounds.push((self.caution.payee_limit, NEW_PAYEES.to_owned(), bound));
        }
        let room = |(limit, counted, bound): (u64, String, Bound)| {
            let nothing = Spent::nothing(&contract.number, &counted, day_in_japan(now));
            let spent = self.books.get::<Spent>(&nothing.key())?.map_or(0, |spent| spent.yen);
            Ok(Room { limit, left: limit.saturating_sub(spent), bound })
        };
        bounds.into_iter().map(room).collect()
    }

    /// How much of a draft goes to new payees, in yen.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn paid_to_new(&self, contract: &Contract, draft: &Draft) -> Result<u64, BankError> {
        let policy = (self.now(), self.caution);
        Ok(self.books.change(|sheet| match &draft.act {
            Act::PayBatch { file, .. } => {
                let Ok(batch) = BatchFile::parse(file, Encoding::ShiftJis) else { return Ok(0) };
                let mut yen = 0;
                for payee in batch.payees() {
                    if of_batch(contract, payee).is_new(sheet, policy)? {
                        yen += payee.amount;
                    }
                }
                Ok::<_, BooksError>(yen)
            }
            Act::Pay { .. } | Act::PayRequested { .. } => {
                let Ok(transaction) = draft.transaction() else { return Ok(0) };
                let is_new = To::of(contract, &transaction, policy.0).is_new(sheet, policy)?;
                Ok(if is_new { amount_of(&transaction).unwrap_or(0) } else { 0 })
            }
            _ => Ok(0),
        })?)
    }
}

/// What is counted for one person by an operation.
fn of_person(operation: &str, person: &Person) -> String {
    format!("{operation}/{}", person.user)
}

/// Who is paid, as the company knows them.
enum To {
    /// An account in Japan, which can be registered.
    Account(Payee),
    /// A receiver abroad, or a biller. They cannot be registered: the first payment to them is remembered instead.
    Other(Paid),
}

impl To {
    /// Who is paid by a payment at `now`.
    fn of(contract: &Contract, transaction: &Transaction, now: Timestamp) -> Self {
        let text = |name: &str| transaction.get(name).map_or_else(String::new, ToString::to_string);
        let paid = |to| Self::Other(Paid { contract: contract.number.clone(), to, since: now.as_unix() });
        match transaction.operation() {
            Operation::PayEasy => paid(format!("pay-easy/{}", text("billerCode"))),
            // Two banks abroad may have the same number.
            Operation::Remittance => {
                paid(format!("remittance/{}-{}-{}", text("country"), text("bic"), text("account")))
            }
            _ => Self::Account(Payee {
                contract: contract.number.clone(),
                bank: text("bankCode"),
                branch: text("branchCode"),
                kind: text("accountType"),
                number: text("account"),
                name: String::new(),
                since: None,
            }),
        }
    }

    /// The account in Japan.
    const fn account(&self) -> Option<&Payee> {
        match self {
            Self::Account(payee) => Some(payee),
            Self::Other(_) => None,
        }
    }

    /// Whether the payee counts as new. An account of the company's own does not.
    fn is_new(&self, sheet: &Sheet<'_>, (now, caution): (Timestamp, Caution)) -> Result<bool, BooksError> {
        let payee = match self {
            Self::Other(paid) => return Ok(caution.is_first(sheet.get::<Paid>(&paid.key())?.as_ref(), now)),
            Self::Account(payee) => payee,
        };
        let known = sheet.get::<Payee>(&payee.key())?;
        if !caution.is_new(known.as_ref(), now) {
            return Ok(false);
        }
        let own = Account::key_of(&payee.branch, &payee.number);
        let account = if payee.bank == OWN_BANK { sheet.get::<Account>(&own)? } else { None };
        Ok(account.is_none_or(|account| account.contract != payee.contract))
    }

    /// Stores the first payment to a receiver abroad or a biller.
    fn remember(&self, sheet: &mut Sheet<'_>) -> Result<(), BooksError> {
        if let Self::Other(paid) = self
            && sheet.get::<Paid>(&paid.key())?.is_none()
        {
            sheet.put(paid);
        }
        Ok(())
    }
}

/// A payee of a batch.
fn of_batch(contract: &Contract, payee: &zengin::Payee) -> To {
    To::Account(Payee {
        contract: contract.number.clone(),
        bank: payee.bank_code.as_str().to_owned(),
        branch: payee.branch_code.as_str().to_owned(),
        kind: kind_of(payee.account_type).to_owned(),
        number: payee.account_number.as_str().to_owned(),
        name: String::new(),
        since: None,
    })
}

/// What a payment costs in yen.
fn amount_of(transaction: &Transaction) -> Option<u64> {
    match transaction.get("amount")? {
        Value::Yen(yen) => Some(*yen),
        Value::Money(money) => yen_of(money),
        _ => None,
    }
}

/// Pays from an account, within a daily limit.
pub(super) fn pay(sheet: &mut Sheet<'_>, signed: &Signed<'_>, from: &str, limit: Limit) -> Result<(), Undone> {
    let operation = signed.transaction.operation();
    let amount = amount_of(signed.transaction).ok_or(Refusal::Changed)?;
    let other = signed.text(if operation == Operation::PayEasy { "biller" } else { "payee" });
    let to = To::of(&signed.contract, signed.transaction, signed.now);
    let mut till = Till::open(sheet, signed, from, limit)?;
    till.pay(sheet, amount, &other, &to)?;
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
        let to = of_batch(&signed.contract, payee);
        till.pay(sheet, payee.amount, &payee.name.to_string(), &to)?;
    }
    till.close(sheet);
    Ok(())
}

/// An account that pays, with what has been paid today.
struct Till<'a> {
    account: Account,
    contract: &'a Contract,
    order: &'a Order,
    policy: (Timestamp, Caution),
    limit: u64,
    spent: Spent,
    /// What the person may pay whose registration is new, with what they have paid.
    person: Option<(u64, Spent)>,
    new_payees: Spent,
    day: Date,
}

impl<'a> Till<'a> {
    fn open(sheet: &Sheet<'_>, signed: &'a Signed<'_>, from: &str, limit: Limit) -> Result<Self, Undone> {
        let (contract, order, caution) = (&signed.contract, signed.order, signed.caution);
        let account = sheet.get::<Account>(from)?.filter(|account| account.contract == contract.number);
        let account = account.filter(|_| signed.signer.sees(from));
        let account = account.ok_or(Refusal::Account)?;
        let day = day_in_japan(signed.now);
        let spent = |counted: &str| {
            let nothing = Spent::nothing(&contract.number, counted, day);
            Ok::<_, BooksError>(sheet.get::<Spent>(&nothing.key())?.unwrap_or(nothing))
        };
        let person = match caution.registered_until(&signed.signer, signed.now) {
            Some(_) => Some((caution.registration_limit, spent(&of_person(&order.operation, &signed.signer))?)),
            None => None,
        };
        let (limit, _) = caution.limit(contract, limit, signed.now);
        let (spent, new_payees) = (spent(&order.operation)?, spent(NEW_PAYEES)?);
        Ok(Self { account, contract, order, policy: (signed.now, caution), limit, spent, person, new_payees, day })
    }

    /// Pays once.
    fn pay(&mut self, sheet: &mut Sheet<'_>, amount: u64, other: &str, to: &To) -> Result<(), Undone> {
        let line = Line { day: self.day, operation: &self.order.operation, text: other, order: &self.order.id };
        let receiver = match to.account().filter(|to| to.bank == OWN_BANK) {
            None => None,
            Some(to) if Account::key_of(&to.branch, &to.number) == self.account.key() => {
                return Err(Refusal::Account.into());
            }
            Some(to) => {
                let known = sheet.get::<Account>(&Account::key_of(&to.branch, &to.number))?;
                Some(known.filter(|known| known.kind == to.kind).ok_or(Refusal::Account)?)
            }
        };
        sheet.put(&self.account.pay(amount, self.spent.yen, self.limit, line)?);
        self.spent.yen += amount;
        if let Some((limit, spent)) = &mut self.person {
            spent.yen = spent.yen.saturating_add(amount);
            if spent.yen > *limit {
                return Err(Refusal::Registration.into());
            }
        }
        if to.is_new(sheet, self.policy)? {
            self.new_payees.yen = self.new_payees.yen.saturating_add(amount);
            if self.new_payees.yen > self.policy.1.payee_limit {
                return Err(Refusal::NewPayee.into());
            }
        }
        to.remember(sheet)?;
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
        let counted = self.person.map(|(_, spent)| spent).into_iter().chain([self.new_payees]);
        counted.filter(|spent| spent.yen > 0).for_each(|spent| sheet.put(&spent));
    }
}
