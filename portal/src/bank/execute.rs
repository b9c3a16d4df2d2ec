//! Carrying out what was signed. Everything that matters is read from the challenge's transaction, never from a request.

use base16ct::lower;
use camtoken::Timestamp;
use camtoken::time::Date;
use camtoken::transaction::zengin::{BatchFile, Encoding};
use camtoken::transaction::{Operation, Transaction, Value};
use sha2::{Digest, Sha256};

use super::certificates::revoke_all;
use super::login::put_person;
use crate::books::{BooksError, Sheet};
use crate::domain::calendar::day_in_japan;
use crate::domain::credential::Credential;
use crate::domain::directory::OWN_BANK;
use crate::domain::ledger::{Account, Line, Payee, Refusal, Spent, kind_of};
use crate::domain::order::{Act, Order, is_for_another_day};
use crate::domain::people::{
    Contract, LentToken, Limit, LoginId, MAX_ADMINISTRATORS, Menu, Person, Role, is_mail, is_user_id,
};
use crate::domain::rates::yen_of;
use crate::linkage::requests::carry_out;
use crate::outbox::post;

/// Carries out an order by its challenge's transaction, on one sheet, as of `now`: the moment at which the response was
/// accepted. After a refusal the sheet is to be taken back: [`Sheet::attempt`].
pub(super) fn execute(
    sheet: &mut Sheet<'_>,
    order: &Order,
    transaction: &Transaction,
    now: Timestamp,
) -> Result<Result<(), Refusal>, BooksError> {
    let text = |name: &str| transaction.get(name).map(ToString::to_string).unwrap_or_default();
    let number = transaction.get("orderId").map(ToString::to_string);
    if transaction.operation().to_string() != order.operation || number.is_some_and(|number| number != order.id) {
        return Ok(Err(Refusal::Changed));
    }
    let Some(mut contract) = sheet.get::<Contract>(&order.contract)? else { return Ok(Err(Refusal::Changed)) };
    let signer = sheet.get::<Person>(&Person::key(&order.contract, &order.user))?;
    let signer = signer.filter(|signer| !signer.suspended && may(signer, transaction.operation()));
    let Some(signer) = signer else { return Ok(Err(Refusal::Changed)) };
    let target = match transaction.get("targetId") {
        Some(user) => sheet.get::<Person>(&Person::key(&contract.number, &user.to_string()))?,
        None => None,
    };
    if target.as_ref().is_some_and(|target| !order.act.is_open(&contract, &signer, target)) {
        return Ok(Err(Refusal::Changed));
    }
    if is_for_another_day(|name| transaction.get(name).map(ToString::to_string), day_in_japan(now)) {
        return Ok(Err(Refusal::Day));
    }
    match &order.act {
        Act::Login | Act::Link => {}
        Act::PayRequested { request, from } => {
            if let Err(refusal) = carry_out(sheet, request, order, transaction, now)? {
                return Ok(Err(refusal));
            }
            return pay(sheet, &contract, order, (from, Limit::Transfer), transaction, now);
        }
        Act::Pay { from, limit } => return pay(sheet, &contract, order, (from, *limit), transaction, now),
        Act::PayBatch { from, limit, file } => {
            return pay_batch(sheet, &contract, order, (from, *limit, file), transaction, now);
        }
        Act::RegisterPayee => sheet.put(&Payee {
            contract: contract.number,
            bank: text("bankCode"),
            branch: text("branchCode"),
            kind: text("accountType"),
            number: text("account"),
            name: text("payee"),
        }),
        Act::ChangeLimit => {
            let limit = Limit::from_name(&text("limit"));
            let (Some(limit), Some(Value::Yen(old)), Some(Value::Yen(new))) =
                (limit, transaction.get("old"), transaction.get("new"))
            else {
                return Ok(Err(Refusal::Changed));
            };
            if contract.limit(limit) != *old {
                return Ok(Err(Refusal::Changed));
            }
            contract.set_limit(limit, *new);
            sheet.put(&contract);
        }
        Act::SetPassword { hash } => {
            let Some(mut person) = target else { return Ok(Err(Refusal::Changed)) };
            let resumes = Act::Resume.is_open(&contract, &signer, &person);
            let credential = match text("password").as_str() {
                "login" => &mut person.login,
                "transaction" => &mut person.transaction,
                _ => return Ok(Err(Refusal::Changed)),
            };
            *credential = credential.with(hash.clone());
            if resumes {
                credential.resume();
            }
            tell(sheet, &person, order, now)?;
            sheet.put(&person);
        }
        Act::ReissueCertificate { hash } => {
            let Some(mut person) = target else { return Ok(Err(Refusal::Changed)) };
            match hash {
                None => person.certificate_until = Some(text("validUntil")),
                Some(hash) => {
                    revoke_all(sheet, &person, |_| true)?;
                    let resumes = Act::Resume.is_open(&contract, &signer, &person);
                    person.certificate = Some(match person.certificate.take().filter(|_| !resumes) {
                        Some(before) => before.with(hash.clone()),
                        None => Credential::new(hash.clone()),
                    });
                    person.certificate_until = None;
                }
            }
            tell(sheet, &person, order, now)?;
            sheet.put(&person);
        }
        Act::PutPerson { person, .. } => {
            let is_theirs = (&person.contract, &person.user) == (&contract.number, &text("targetId"))
                && (target.is_some() || is_user_id(&person.user));
            if text("after") != digest(person) || !is_theirs {
                return Ok(Err(Refusal::Changed));
            }
            let known = sheet.list::<Person>(&format!("{}/", contract.number))?;
            let administrators = known.iter().filter(|known| known.role == Role::Administrator);
            let is_as_shown = target.as_ref().map(digest) == transaction.get("before").map(ToString::to_string);
            let too_many = person.is_administrator()
                && administrators.filter(|known| known.user != person.user).count() >= MAX_ADMINISTRATORS;
            let has_token = match &person.token {
                Some(id) => sheet.get::<LentToken>(id)?.is_some_and(|token| token.is_lent_to(&contract.number)),
                None => true,
            };
            let has_mail = is_mail(&person.mail) || target.as_ref().is_some_and(|now| now.mail == person.mail);
            if !is_as_shown || too_many || !has_token || !has_mail {
                return Ok(Err(Refusal::Changed));
            }
            let person = (**person).clone();
            let person = match &target {
                Some(now) => person.in_place_of(now),
                None => person,
            };
            if !put_person(sheet, &person)? {
                return Ok(Err(Refusal::Changed));
            }
            tell(sheet, &person, order, now)?;
            // Where the mail went until now it is said, too: it may not be their own doing.
            if let Some(before) = target.filter(|before| before.mail != person.mail) {
                tell(sheet, &before, order, now)?;
            }
        }
        Act::Suspend | Act::Resume => {
            let Some(mut person) = target else { return Ok(Err(Refusal::Changed)) };
            put_in_service(&mut person, matches!(order.act, Act::Resume));
            tell(sheet, &person, order, now)?;
            sheet.put(&person);
        }
        Act::RemovePerson { .. } => {
            let known = target.filter(|person| digest(person) == text("before"));
            let Some(person) = known else { return Ok(Err(Refusal::Changed)) };
            tell(sheet, &person, order, now)?;
            // Whoever gets this ID next must not be opened to by them.
            revoke_all(sheet, &person, |_| true)?;
            if let Some(id) = &person.login_id {
                sheet.strike::<LoginId>(id);
            }
            sheet.strike::<Person>(&Person::key(&person.contract, &person.user));
        }
        Act::RevokeToken => {
            if revoke_token(sheet, &contract.number, &text("tokenId"), now)?.is_none() {
                return Ok(Err(Refusal::Changed));
            }
        }
    }
    Ok(Ok(()))
}

/// Whether somebody may sign for an operation: also when it was asked for before the menu was closed to them.
pub(super) fn may(person: &Person, operation: Operation) -> bool {
    match operation {
        Operation::Transfer => person.may(Menu::Transfer),
        Operation::Bulk => person.may(Menu::Bulk),
        Operation::Payroll => person.may(Menu::Payroll),
        Operation::PayEasy => person.may(Menu::PayEasy),
        Operation::Remittance => person.may(Menu::Remittance),
        Operation::PayeeRegistration => person.may(Menu::Payees),
        Operation::UserManagement | Operation::LimitChange | Operation::TokenRevocation => person.is_administrator(),
        _ => true,
    }
}

/// What the hash of a person's record in a user-management transaction is over: the record as the books would have it,
/// without what changes by itself.
#[must_use]
pub fn digest(person: &Person) -> String {
    let mut person = person.clone();
    (person.last_login, person.login_before, person.mail_failed) = (None, None, false);
    let passwords = [Some(&mut person.login), Some(&mut person.transaction), person.first_otp.as_mut()];
    for credential in passwords.into_iter().chain([person.certificate.as_mut()]) {
        credential.into_iter().for_each(|credential| credential.wrong = 0);
    }
    lower::encode_string(&Sha256::digest(serde_json::to_vec(&person).expect("a person is plain data")))
}

/// Takes a person out of service, or back with all their credentials.
pub(super) fn put_in_service(person: &mut Person, in_service: bool) {
    person.suspended = !in_service;
    if in_service {
        person.login.resume();
        person.transaction.resume();
        person.first_otp.iter_mut().chain(&mut person.certificate).for_each(Credential::resume);
    }
}

/// Marks a token of the contract as revoked, takes it and its activations from everybody who has it, and tells them; their user
/// IDs. `None` when the contract has no such token.
pub(super) fn revoke_token(
    sheet: &mut Sheet<'_>,
    contract: &str,
    id: &str,
    now: Timestamp,
) -> Result<Option<Vec<String>>, BooksError> {
    let lent = sheet.get::<LentToken>(id)?.filter(|lent| lent.contract == contract);
    let Some(mut token) = lent else { return Ok(None) };
    token.revoked = true;
    sheet.put(&token);
    let mut holders = sheet.list::<Person>(&format!("{contract}/"))?;
    holders.retain(|person| person.token.as_deref() == Some(id));
    for person in &holders {
        let words = [("user", person.user.as_str()), ("token", id)];
        post(sheet, &person.mail, "mail-token-revoked", &words, now)?;
        sheet.put(&Person { token: None, activation: None, registered: false, ..person.clone() });
    }
    Ok(Some(holders.into_iter().map(|person| person.user).collect()))
}

fn pay(
    sheet: &mut Sheet<'_>,
    contract: &Contract,
    order: &Order,
    (from, limit): (&str, Limit),
    transaction: &Transaction,
    now: Timestamp,
) -> Result<Result<(), Refusal>, BooksError> {
    let text = |name: &str| transaction.get(name).map(ToString::to_string).unwrap_or_default();
    let amount = match transaction.get("amount") {
        Some(Value::Yen(yen)) => *yen,
        Some(Value::Money(money)) => match yen_of(money) {
            Some(yen) => yen,
            None => return Ok(Err(Refusal::Changed)),
        },
        _ => return Ok(Err(Refusal::Changed)),
    };
    let other = if transaction.operation() == Operation::PayEasy { text("biller") } else { text("payee") };
    let to_us = transaction.operation() == Operation::Transfer && text("bankCode") == OWN_BANK;
    let to = to_us.then(|| (Account::key_of(&text("branchCode"), &text("account")), text("accountType")));
    Ok(match Till::open(sheet, contract, order, from, limit, now)? {
        Err(refusal) => Err(refusal),
        Ok(mut till) => match till.pay(sheet, amount, &other, to)? {
            Err(refusal) => Err(refusal),
            Ok(()) => {
                till.close(sheet);
                Ok(())
            }
        },
    })
}

fn pay_batch(
    sheet: &mut Sheet<'_>,
    contract: &Contract,
    order: &Order,
    (from, limit, file): (&str, Limit, &[u8]),
    transaction: &Transaction,
    now: Timestamp,
) -> Result<Result<(), Refusal>, BooksError> {
    let Ok(batch) = BatchFile::parse(file, Encoding::ShiftJis) else { return Ok(Err(Refusal::Changed)) };
    // V-14: the challenge binds every payee and amount by the hash of the canonical file.
    let bound = transaction.get("file").map(ToString::to_string);
    if bound != Some(lower::encode_string(&batch.canonical_sha256())) {
        return Ok(Err(Refusal::Changed));
    }
    let mut till = match Till::open(sheet, contract, order, from, limit, now)? {
        Ok(till) => till,
        Err(refusal) => return Ok(Err(refusal)),
    };
    for payee in batch.payees() {
        let to_us = payee.bank_code.as_str() == OWN_BANK;
        let key = || Account::key_of(payee.branch_code.as_str(), payee.account_number.as_str());
        let to = to_us.then(|| (key(), kind_of(payee.account_type).to_owned()));
        if let Err(refusal) = till.pay(sheet, payee.amount, &payee.name.to_string(), to)? {
            return Ok(Err(refusal));
        }
    }
    till.close(sheet);
    Ok(Ok(()))
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
    fn open(
        sheet: &Sheet<'_>,
        contract: &'a Contract,
        order: &'a Order,
        from: &str,
        limit: Limit,
        now: Timestamp,
    ) -> Result<Result<Self, Refusal>, BooksError> {
        let account = sheet.get::<Account>(from)?.filter(|account| account.contract == contract.number);
        let Some(account) = account else { return Ok(Err(Refusal::Account)) };
        let day = day_in_japan(now);
        let nothing = Spent {
            contract: contract.number.clone(),
            operation: order.operation.clone(),
            day: day.to_string(),
            yen: 0,
        };
        let spent = sheet.get::<Spent>(&nothing.key())?.unwrap_or(nothing);
        Ok(Ok(Self { account, contract, order, limit: contract.limit(limit), spent, day }))
    }

    /// Pays once; `to` is an account of this bank, by its key and its type.
    fn pay(
        &mut self,
        sheet: &mut Sheet<'_>,
        amount: u64,
        other: &str,
        to: Option<(String, String)>,
    ) -> Result<Result<(), Refusal>, BooksError> {
        let line = Line { day: self.day, operation: &self.order.operation, text: other, order: &self.order.id };
        let receiver = match to {
            None => None,
            Some((key, _)) if key == self.account.key() => return Ok(Err(Refusal::Account)),
            Some((key, kind)) => match sheet.get::<Account>(&key)?.filter(|known| known.kind == kind) {
                None => return Ok(Err(Refusal::Account)),
                known => known,
            },
        };
        match self.account.pay(amount, self.spent.yen, self.limit, line) {
            Err(refusal) => return Ok(Err(refusal)),
            Ok(paid) => sheet.put(&paid),
        }
        self.spent.yen += amount;
        if let Some(mut receiver) = receiver {
            let received = receiver.receive(amount, Line { text: &self.contract.kana, ..line });
            sheet.put(&received);
            sheet.put(&receiver);
        }
        Ok(Ok(()))
    }

    fn close(self, sheet: &mut Sheet<'_>) {
        sheet.put(&self.account);
        sheet.put(&self.spent);
    }
}

/// The person learns of it by mail.
fn tell(sheet: &mut Sheet<'_>, person: &Person, order: &Order, now: Timestamp) -> Result<(), BooksError> {
    let words = [("user", person.user.as_str()), ("operation", order.operation.as_str()), ("order", order.id.as_str())];
    post(sheet, &person.mail, "mail-changed", &words, now)
}
