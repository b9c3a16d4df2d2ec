//! Carrying out what was signed, a function for each kind of order. Everything that matters is read from the challenge's
//! transaction, never from a request.

use base16ct::lower;
use camtoken::Timestamp;
use camtoken::transaction::{Transaction, Value};
use sha2::{Digest, Sha256};

use super::certificates::revoke_all;
use super::login::put_person;
use super::passkeys::{permit_passkey, rename_passkeys, set_passkey_only, strike_passkey, strike_passkeys};
use super::payments::{pay, pay_batch};
use super::requested::mark_done;
use super::signed::{Signed, Undone, tell};
use crate::books::{BooksError, Row as _, Sheet};
use crate::domain::caution::Caution;
use crate::domain::contract::{Contract, LentToken, Limit, Raised};
use crate::domain::credential::{Credential, PasswordHash};
use crate::domain::ledger::{Account, Outcome, Payee, Refusal};
use crate::domain::order::{Act, Order};
use crate::domain::people::{LoginId, MAX_ADMINISTRATORS, Person, Role, is_mail, is_user_id};
use crate::outbox::post;

/// Carries out an order by its challenge's transaction, as of `now`: the moment at which the response was accepted. What is
/// refused leaves the sheet as it was.
///
/// # Errors
///
/// [`BooksError`]
pub(super) fn execute(
    sheet: &mut Sheet<'_>,
    order: &Order,
    transaction: &Transaction,
    (now, caution): (Timestamp, Caution),
) -> Result<Outcome, BooksError> {
    let done = sheet.attempt(|sheet| {
        let signed = Signed::read(sheet, order, transaction, (now, caution))?;
        carry_out(sheet, &signed)
    });
    match done {
        Ok(()) => Ok(Outcome::Done),
        Err(Undone::Refused(refusal)) => Ok(Outcome::Refused(refusal)),
        Err(Undone::Books(error)) => Err(error),
    }
}

fn carry_out(sheet: &mut Sheet<'_>, signed: &Signed<'_>) -> Result<(), Undone> {
    match &signed.order.act {
        Act::Login | Act::Link => Ok(()),
        Act::PayRequested { request, from } => {
            mark_done(sheet, signed, request)?;
            pay(sheet, signed, from, Limit::Transfer)
        }
        Act::Pay { from, limit } => pay(sheet, signed, from, *limit),
        Act::PayBatch { from, limit, file } => pay_batch(sheet, signed, from, *limit, file),
        Act::RegisterPayee => register_payee(sheet, signed),
        Act::ChangeLimit => change_limit(sheet, signed),
        Act::SetPassword { hash } => set_password(sheet, signed, hash),
        Act::ReissueCertificate { hash } => reissue_certificate(sheet, signed, hash.as_ref()),
        Act::PutPerson { person, .. } => replace_person(sheet, signed, person),
        Act::Suspend => set_service(sheet, signed, false),
        Act::Resume => set_service(sheet, signed, true),
        Act::RemovePerson { .. } => remove_person(sheet, signed),
        Act::Rename { to } => rename(sheet, signed, to),
        Act::AddAccount { account } => add_account(sheet, signed, account),
        Act::SetContact { contact } => {
            if contact.digest() != signed.text("after") {
                return Err(Refusal::Changed.into());
            }
            sheet.put(&Contract { contact: Some(contact.clone()), ..signed.contract.clone() });
            Ok(())
        }
        Act::AddPasskey { name } => permit_passkey(sheet, signed, name),
        Act::RemovePasskey { id } => strike_passkey(sheet, signed, id),
        Act::PasskeyOnly { only } => set_passkey_only(sheet, signed, *only),
        Act::RevokeToken => {
            let revoked = revoke_token(sheet, &signed.contract.number, &signed.text("tokenId"), signed.now)?;
            revoked.map(drop).ok_or(Undone::Refused(Refusal::Changed))
        }
    }
}

fn register_payee(sheet: &mut Sheet<'_>, signed: &Signed<'_>) -> Result<(), Undone> {
    let mut payee = Payee {
        contract: signed.contract.number.clone(),
        bank: signed.text("bankCode"),
        branch: signed.text("branchCode"),
        kind: signed.text("accountType"),
        number: signed.text("account"),
        name: signed.text("payee"),
        since: Some(signed.now.as_unix()),
    };
    // One who is registered again is not new again.
    if let Some(known) = sheet.get::<Payee>(&payee.key())? {
        payee.since = known.since;
    }
    sheet.put(&payee);
    Ok(())
}

fn change_limit(sheet: &mut Sheet<'_>, signed: &Signed<'_>) -> Result<(), Undone> {
    let limit = Limit::from_name(&signed.text("limit"));
    let (Some(limit), Some(Value::Yen(old)), Some(Value::Yen(new))) =
        (limit, signed.transaction.get("old"), signed.transaction.get("new"))
    else {
        return Err(Refusal::Changed.into());
    };
    let mut contract = signed.contract.clone();
    if contract.limit(limit) != *old {
        return Err(Refusal::Changed.into());
    }
    let (holds, _) = signed.caution.limit(&contract, limit, signed.now);
    contract.raised.retain(|raised| raised.limit != limit);
    if *new > holds && !signed.caution.cooling.is_zero() {
        let until = signed.now.plus(signed.caution.cooling).as_unix();
        contract.raised.push(Raised { limit, before: holds, until });
    }
    contract.set_limit(limit, *new);
    sheet.put(&contract);
    Ok(())
}

fn set_password(sheet: &mut Sheet<'_>, signed: &Signed<'_>, hash: &PasswordHash) -> Result<(), Undone> {
    let mut person = signed.target()?;
    let resumes = Act::Resume.is_open(&signed.contract, &signed.signer, &person);
    let credential = match signed.text("password").as_str() {
        "login" => &mut person.login,
        "transaction" => &mut person.transaction,
        _ => return Err(Refusal::Changed.into()),
    };
    *credential = credential.with(hash.clone());
    if resumes {
        credential.resume();
    }
    tell(sheet, &person, signed)?;
    sheet.put(&person);
    Ok(())
}

/// A person's own certificate is renewed after the signature. For another person `hash` is the certificate password that an
/// administrator hands over.
fn reissue_certificate(sheet: &mut Sheet<'_>, signed: &Signed<'_>, hash: Option<&PasswordHash>) -> Result<(), Undone> {
    let mut person = signed.target()?;
    match hash {
        None => person.certificate_until = Some(signed.text("validUntil")),
        Some(hash) => {
            revoke_all(sheet, &person, |_| true)?;
            let resumes = Act::Resume.is_open(&signed.contract, &signed.signer, &person);
            person.certificate = Some(match person.certificate.take().filter(|_| !resumes) {
                Some(before) => before.with(hash.clone()),
                None => Credential::new(hash.clone()),
            });
            person.certificate_until = None;
        }
    }
    tell(sheet, &person, signed)?;
    sheet.put(&person);
    Ok(())
}

/// Puts `person` into the database, new or in the place of the record that the token has shown.
fn replace_person(sheet: &mut Sheet<'_>, signed: &Signed<'_>, person: &Person) -> Result<(), Undone> {
    let (contract, target) = (&signed.contract, signed.target.as_ref());
    let is_theirs = (&person.contract, &person.user) == (&contract.number, &signed.text("targetId"))
        && (target.is_some() || is_user_id(&person.user));
    if signed.text("after") != person.digest() || !is_theirs {
        return Err(Refusal::Changed.into());
    }
    let known = sheet.list::<Person>(&format!("{}/", contract.number))?;
    let administrators = known.iter().filter(|known| known.role == Role::Administrator);
    let is_as_shown = target.map(Person::digest) == signed.transaction.get("before").map(ToString::to_string);
    let too_many = person.is_administrator()
        && administrators.filter(|known| known.user != person.user).count() >= MAX_ADMINISTRATORS;
    let has_token = match &person.token {
        Some(id) => sheet.get::<LentToken>(id)?.is_some_and(|token| token.is_lent_to(&contract.number)),
        None => true,
    };
    let has_mail = is_mail(&person.mail) || target.is_some_and(|now| now.mail == person.mail);
    // A former user ID stays reserved for its person.
    let is_taken = target.is_none() && known.iter().any(|known| known.is_called(&person.user));
    if !is_as_shown || too_many || !has_token || !has_mail || is_taken {
        return Err(Refusal::Changed.into());
    }
    let person = match target {
        Some(now) => person.clone().in_place_of(now),
        None => person.clone(),
    };
    if !put_person(sheet, &person)? {
        return Err(Refusal::Changed.into());
    }
    // A former login ID no longer opens an account.
    if let Some(id) =
        target.and_then(|before| before.login_id.as_ref()).filter(|id| Some(*id) != person.login_id.as_ref())
    {
        sheet.strike::<LoginId>(id);
    }
    tell(sheet, &person, signed)?;
    // Where the mail went until now it is said, too: it may not be their own doing.
    if let Some(before) = target.filter(|before| before.mail != person.mail) {
        tell(sheet, before, signed)?;
    }
    Ok(())
}

/// Gives a person another user ID. What was linked under the one before ends, because the login is another.
fn rename(sheet: &mut Sheet<'_>, signed: &Signed<'_>, to: &str) -> Result<(), Undone> {
    let before = signed.target()?;
    let after = before.renamed(to);
    let people = sheet.list::<Person>(&format!("{}/", before.contract))?;
    let is_taken = people.iter().any(|other| other.user != before.user && other.is_called(to));
    let is_as_shown = (before.digest(), after.digest()) == (signed.text("before"), signed.text("after"));
    if !is_as_shown || is_taken || before.user == to || !is_user_id(to) {
        return Err(Refusal::Changed.into());
    }
    if let Some(id) = &before.login_id {
        sheet.strike::<LoginId>(id);
    }
    sheet.strike::<Person>(&Person::key(&before.contract, &before.user));
    rename_passkeys(sheet, &before, to)?;
    if !put_person(sheet, &after)? {
        return Err(Refusal::Changed.into());
    }
    Ok(tell(sheet, &after, signed)?)
}

/// Takes an account of the same holder, which is under no contract yet, under this one. Its users see it once an administrator
/// opens it to them.
fn add_account(sheet: &mut Sheet<'_>, signed: &Signed<'_>, key: &str) -> Result<(), Undone> {
    let contract = &signed.contract;
    let account = sheet.get::<Account>(key)?;
    let is_free = |account: &Account| account.contract.is_empty() && account.holder == contract.kana;
    let Some(account) =
        account.filter(is_free).filter(|_| signed.text("after") == account_digest(&contract.number, key))
    else {
        return Err(Refusal::Account.into());
    };
    if contract.main_account.is_none() {
        // As it is now: another account must not come before it by its number.
        let main_account = sheet.list_of::<Account>(&contract.number)?.first().map(Account::key);
        sheet.put(&Contract { main_account, ..contract.clone() });
    }
    sheet.put(&Account { contract: contract.number.clone(), ..account });
    for mut person in sheet.list::<Person>(&format!("{}/", contract.number))? {
        if !person.is_administrator() {
            person.closed_accounts.push(key.to_owned());
            sheet.put(&person);
        }
    }
    Ok(())
}

/// What binds an account that comes under a contract to its challenge.
#[must_use]
pub fn account_digest(contract: &str, account: &str) -> String {
    lower::encode_string(&Sha256::digest(format!("{contract} {account}")))
}

fn set_service(sheet: &mut Sheet<'_>, signed: &Signed<'_>, in_service: bool) -> Result<(), Undone> {
    let mut person = signed.target()?;
    person.put_in_service(in_service);
    tell(sheet, &person, signed)?;
    sheet.put(&person);
    Ok(())
}

fn remove_person(sheet: &mut Sheet<'_>, signed: &Signed<'_>) -> Result<(), Undone> {
    let person = signed.target()?;
    if person.digest() != signed.text("before") {
        return Err(Refusal::Changed.into());
    }
    tell(sheet, &person, signed)?;
    Ok(strike_person(sheet, &person)?)
}

/// Removes a person's record, with login ID, certificates and passkeys: the next person with this ID must not be let in by them.
pub(super) fn strike_person(sheet: &mut Sheet<'_>, person: &Person) -> Result<(), BooksError> {
    revoke_all(sheet, person, |_| true)?;
    strike_passkeys(sheet, person)?;
    if let Some(id) = &person.login_id {
        sheet.strike::<LoginId>(id);
    }
    sheet.strike::<Person>(&Person::key(&person.contract, &person.user));
    Ok(())
}

/// Marks a token of the contract as revoked, takes it and its activations from all its users, and notifies them. Gives their user
/// IDs; `None` when the contract has no such token.
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
