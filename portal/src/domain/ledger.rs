//! Accounts and what moves on them.

use camtoken::time::Date;
use camtoken::transaction::zengin::AccountType;
use serde::{Deserialize, Serialize};

/// An account of this bank.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Account {
    /// Whose it is.
    pub contract: String,
    /// Three digits.
    pub branch: String,
    /// `ordinary` or `current`, as the catalogue names them.
    pub kind: String,
    /// Seven digits.
    pub number: String,
    /// The holder, in kana.
    pub holder: String,
    /// Yen.
    pub balance: u64,
    /// How many lines its ledger has.
    pub lines: u64,
}

/// One line of an account's ledger.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct LedgerLine {
    /// The key of the account.
    pub account: String,
    /// From 1.
    pub number: u64,
    /// The day in Japan.
    pub day: String,
    /// The operation's name in the catalogue.
    pub operation: String,
    /// The other side.
    pub text: String,
    /// What came in, or went out when negative.
    pub amount: i64,
    /// The balance afterwards.
    pub balance: u64,
    /// The order that it carries out.
    pub order: String,
}

/// The sum that has left a company's accounts on one day. A daily limit is compared with it.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Spent {
    /// Whose accounts.
    pub contract: String,
    /// What it is counted for: an operation by its name in the catalogue, an operation and a person, or new payees.
    pub operation: String,
    /// The day in Japan.
    pub day: String,
    /// Yen.
    pub yen: u64,
}

/// A payee that the company has registered.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Payee {
    /// Whose payee.
    pub contract: String,
    /// Four digits.
    pub bank: String,
    /// Three digits.
    pub branch: String,
    /// As the catalogue names it.
    pub kind: String,
    /// Seven digits.
    pub number: String,
    /// In kana.
    pub name: String,
    /// When it was registered, seconds since 1970; nothing for one from before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
}

/// The first payment of a company to a receiver abroad or to a biller of Pay-easy.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Paid {
    /// Whose payee.
    pub contract: String,
    /// Who was paid: the operation, with the account abroad or the biller's number.
    pub to: String,
    /// When they were first paid, seconds since 1970.
    pub since: u64,
}

/// The result of a signed order. It is stored under the challenge that was answered, so it is there once.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Booking {
    /// The challenge.
    pub challenge: String,
    /// The order.
    pub order: String,
    /// 契約番号
    pub contract: String,
    /// The person who signed.
    pub user: String,
    /// The operation's name in the catalogue.
    pub operation: String,
    /// Seconds since 1970.
    pub at: u64,
    /// The signed transaction, field by field, as it was in the challenge.
    pub fields: Vec<(String, String)>,
    /// The result.
    pub outcome: Outcome,
}

/// What came of a signed order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Carried out.
    Done,
    /// Not carried out, for this reason.
    Refused(Refusal),
}

/// Why a signed order is not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// There is not enough on the account.
    Funds,
    /// More than may leave on one day.
    Limit,
    /// More than a person may pay in the days after a registration.
    Registration,
    /// More than may be paid to new payees on one day.
    NewPayee,
    /// The account is not the company's, or not there.
    Account,
    /// Its subject has changed since the order.
    Changed,
    /// It is for another day than the one on which it was signed.
    Day,
}

impl Account {
    /// The key under which the database keeps an account with these numbers.
    #[must_use]
    pub fn key_of(branch: &str, number: &str) -> String {
        format!("{branch}-{number}")
    }

    /// The key under which the database keeps it.
    #[must_use]
    pub fn key(&self) -> String {
        Self::key_of(&self.branch, &self.number)
    }

    /// Takes money off, and gives the line for the ledger. `spent` is what has left under the same limit today.
    ///
    /// # Errors
    ///
    /// [`Refusal::Limit`] or [`Refusal::Funds`]; the account is as before.
    pub fn pay(&mut self, amount: u64, spent: u64, limit: u64, line: Line<'_>) -> Result<LedgerLine, Refusal> {
        if spent.checked_add(amount).is_none_or(|sum| sum > limit) {
            return Err(Refusal::Limit);
        }
        self.balance = self.balance.checked_sub(amount).ok_or(Refusal::Funds)?;
        Ok(self.line(-signed(amount), line))
    }

    /// Adds money, and gives the line for the ledger.
    pub fn receive(&mut self, amount: u64, line: Line<'_>) -> LedgerLine {
        self.balance = self.balance.saturating_add(amount);
        self.line(signed(amount), line)
    }

    fn line(&mut self, amount: i64, line: Line<'_>) -> LedgerLine {
        self.lines += 1;
        LedgerLine {
            account: self.key(),
            number: self.lines,
            day: line.day.to_string(),
            operation: line.operation.to_owned(),
            text: line.text.to_owned(),
            amount,
            balance: self.balance,
            order: line.order.to_owned(),
        }
    }
}

/// The text of a ledger line beside the amount.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// The day in Japan.
    pub day: Date,
    /// The operation's name.
    pub operation: &'a str,
    /// The other side.
    pub text: &'a str,
    /// The order.
    pub order: &'a str,
}

/// A type of account, as the catalogue names it.
#[must_use]
pub fn kind_of(kind: AccountType) -> &'static str {
    match kind {
        AccountType::Ordinary => "ordinary",
        AccountType::Current => "current",
        AccountType::Savings => "savings",
        AccountType::Other => "other",
    }
}

impl Spent {
    /// Nothing yet of what is counted for `operation`.
    #[must_use]
    pub fn nothing(contract: &str, operation: &str, day: Date) -> Self {
        Self { contract: contract.to_owned(), operation: operation.to_owned(), day: day.to_string(), yen: 0 }
    }

    /// The key under which the database keeps it.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}/{}/{}", self.contract, self.operation, self.day)
    }
}

impl Payee {
    /// What makes an account: bank, branch, type and number.
    #[must_use]
    pub fn account(&self) -> String {
        format!("{}-{}-{}-{}", self.bank, self.branch, self.kind, self.number)
    }
}

fn signed(amount: u64) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(balance: u64) -> Account {
        let text = |text: &str| text.to_owned();
        Account {
            contract: text("1234567890"),
            branch: text("102"),
            kind: text("ordinary"),
            number: text("0012345"),
            holder: text("ｻﾝﾌﾟﾙ"),
            balance,
            lines: 0,
        }
    }

    fn line() -> Line<'static> {
        Line { day: "2026-11-24".parse().expect("a day"), operation: "transfer", text: "ﾐﾎﾝ", order: "F1" }
    }

    #[test]
    fn an_account_pays_what_it_has_and_what_the_limit_allows() {
        let mut one = account(1_000);
        assert_eq!(one.pay(1_001, 0, 5_000, line()), Err(Refusal::Funds));
        assert_eq!(one.pay(600, 500, 1_000, line()), Err(Refusal::Limit));
        assert_eq!(one.pay(600, u64::MAX, 1_000, line()), Err(Refusal::Limit));
        assert_eq!((one.balance, one.lines), (1_000, 0), "a refusal changes nothing");
        let paid = one.pay(600, 400, 1_000, line()).expect("just enough");
        assert_eq!((paid.amount, paid.balance, paid.number), (-600, 400, 1));
        assert_eq!(one.receive(50, line()).balance, 450);
    }
}
