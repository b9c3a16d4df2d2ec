//! Passkeys: added after the token's signature, shown at a login, removed by another signature or at the desk.

use base16ct::{lower, mixed};

use super::base::{Bank, BankError};
use super::events::{BANK, note, note_by};
use super::signed::{Signed, Undone, tell};
use crate::books::{BooksError, Sheet};
use crate::domain::desk::By;
use crate::domain::ledger::Refusal;
use crate::domain::passkey::{MAX_PASSKEYS, Passkey, digest};
use crate::domain::people::Person;
use crate::domain::permit::Permit;
use crate::outbox::post;
use crate::system::random_hex;
use crate::webauthn::{Asserted, Created, Credential, RelyingParty, Unfit};

/// What came of a new passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added {
    /// It opens the login from now on.
    Passkey(Box<Passkey>),
    /// No signature permits it, or its ten minutes are over.
    NotPermitted,
    /// The browser's answer does not hold.
    Unfit(Unfit),
    /// There is a passkey of this ID.
    Known,
}

impl Bank {
    /// A person's passkeys, the oldest first.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn passkeys(&self, person: &Person) -> Result<Vec<Passkey>, BankError> {
        let mut mine = self.books.list_of::<Passkey>(&person.contract)?;
        mine.retain(|known| known.is_of(person));
        mine.sort_by_key(|known| known.added);
        Ok(mine)
    }

    /// The user handle of a person's passkeys, a new one before the first: hexadecimal digits that say nothing of the person.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn passkey_handle(&self, person: &Person) -> Result<String, BankError> {
        let first = self.passkeys(person)?.into_iter().next();
        Ok(first.map_or_else(|| random_hex(32), |known| known.handle))
    }

    /// Adds the passkey that a signed `order` permits. `site` has asked for it with `challenge` (base64url) and `handle`.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn add_passkey(
        &self,
        person: &Person,
        order: &str,
        site: &RelyingParty,
        (challenge, handle): (&str, &str),
        created: &Created,
    ) -> Result<Added, BankError> {
        let new = match site.register(challenge, created) {
            Ok(new) => new,
            Err(unfit) => return Ok(Added::Unfit(unfit)),
        };
        let (id, now) = (lower::encode_string(&new.id), self.now());
        Ok(self.books.change(|sheet| {
            let key = Person::key(&person.contract, &person.user);
            let Some(mut person) = sheet.get::<Person>(&key)? else { return Ok::<_, BooksError>(Added::NotPermitted) };
            let permit = person.passkey_permit.take().filter(|permit| permit.is_good(order, now));
            let Some(permit) = permit.filter(|_| person.is_in_service()) else { return Ok(Added::NotPermitted) };
            if sheet.get::<Passkey>(&id)?.is_some() {
                return Ok(Added::Known);
            }
            let passkey = Passkey {
                id,
                contract: person.contract.clone(),
                user: person.user.clone(),
                handle: handle.to_owned(),
                key: lower::encode_string(&new.key),
                count: new.count,
                synced: new.synced,
                name: permit.name,
                added: now.as_unix(),
                last_used: None,
            };
            let words = [("user", person.user.as_str()), ("passkey", passkey.name.as_str())];
            note(sheet, &key, "passkey-added", &key, now)?;
            post(sheet, &person.mail, "mail-passkey-added", &words, now)?;
            sheet.put(&passkey);
            sheet.put(&person);
            Ok(Added::Passkey(Box::new(passkey)))
        })?)
    }

    /// Lets the person in whose passkey has signed `challenge` (base64url) for `site`. `id` and `handle` are what the browser gave,
    /// as hexadecimal digits. `None` whatever was wrong.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn log_in_by_passkey(
        &self,
        site: &RelyingParty,
        challenge: &str,
        (id, handle): (&str, &str),
        asserted: &Asserted,
    ) -> Result<Option<Person>, BankError> {
        let now = self.now();
        let person = self.books.change(|sheet| {
            let known = sheet.get::<Passkey>(id)?.filter(|known| known.handle == handle);
            let Some(passkey) = known else { return Ok::<_, BooksError>(None) };
            let key = Person::key(&passkey.contract, &passkey.user);
            let person = sheet.get::<Person>(&key)?.filter(Person::is_in_service);
            let credential = passkey.credential();
            let (Some(person), Some(credential)) = (person, credential) else { return Ok(None) };
            match site.assert(challenge, asserted, &credential) {
                Ok(next) => {
                    let (count, synced) = (next.count, next.synced);
                    sheet.put(&Passkey { count, synced, last_used: Some(now.as_unix()), ..passkey });
                    Ok(Some(person))
                }
                // It may have been copied: that is for the record, and for its owner.
                Err(Unfit::Count) => {
                    let words = [("user", person.user.as_str()), ("passkey", passkey.name.as_str())];
                    note(sheet, BANK, "passkey-refused", &key, now)?;
                    post(sheet, &person.mail, "mail-passkey-refused", &words, now)?;
                    Ok(None)
                }
                Err(_) => Ok(None),
            }
        })?;
        if let Some(person) = &person {
            self.note_login(person)?;
        }
        Ok(person)
    }

    /// Removes every passkey of a person, and opens the login by password again: by the bank. Whether there was one.
    pub(super) fn remove_passkeys(&self, person: &Person, by: &By) -> Result<bool, BankError> {
        let now = self.now();
        Ok(self.books.change(|sheet| {
            let key = Person::key(&person.contract, &person.user);
            let Some(person) = sheet.get::<Person>(&key)? else { return Ok::<_, BooksError>(false) };
            if strike_passkeys(sheet, &person)? == 0 {
                return Ok(false);
            }
            note_by(sheet, by, "passkey-removed", &key, now)?;
            post(sheet, &person.mail, "mail-passkeys-removed", &[("user", person.user.as_str())], now)?;
            sheet.put(&Person { passkey_only: false, passkey_permit: None, ..person });
            Ok(true)
        })?)
    }
}

impl Passkey {
    /// What a login by it is checked with.
    fn credential(&self) -> Option<Credential> {
        let [id, key] = [&self.id, &self.key].map(mixed::decode_vec);
        Some(Credential { id: id.ok()?, key: key.ok()?, count: self.count, synced: self.synced })
    }
}

/// Gives the signer the permission to add a passkey.
pub(super) fn permit_passkey(sheet: &mut Sheet<'_>, signed: &Signed<'_>, name: &str) -> Result<(), Undone> {
    let person = bound(signed, "add", name)?;
    if count(sheet, &person)? >= MAX_PASSKEYS {
        return Err(Refusal::Changed.into());
    }
    sheet.put(&Person { passkey_permit: Some(Permit::new(&signed.order.id, name, signed.now)), ..person });
    Ok(())
}

/// Removes one passkey of the signer. With the last one the login by password opens again.
pub(super) fn strike_passkey(sheet: &mut Sheet<'_>, signed: &Signed<'_>, id: &str) -> Result<(), Undone> {
    let person = bound(signed, "remove", id)?;
    let known = sheet.get::<Passkey>(id)?.filter(|known| known.is_of(&person));
    let known = known.ok_or(Refusal::Changed)?;
    sheet.strike::<Passkey>(id);
    let key = Person::key(&person.contract, &person.user);
    let words = [("user", person.user.as_str()), ("passkey", known.name.as_str())];
    note(sheet, &key, "passkey-removed", &key, signed.now)?;
    post(sheet, &person.mail, "mail-passkey-removed", &words, signed.now)?;
    if person.passkey_only && count(sheet, &person)? == 0 {
        sheet.put(&Person { passkey_only: false, ..person });
    }
    Ok(())
}

/// Closes the signer's login by password, or opens it.
pub(super) fn set_passkey_only(sheet: &mut Sheet<'_>, signed: &Signed<'_>, only: bool) -> Result<(), Undone> {
    let person = bound(signed, "only", if only { "yes" } else { "no" })?;
    if only && count(sheet, &person)? == 0 {
        return Err(Refusal::Changed.into());
    }
    let key = Person::key(&person.contract, &person.user);
    note(sheet, &key, if only { "passkey-only" } else { "passkey-beside" }, &key, signed.now)?;
    tell(sheet, &person, signed)?;
    sheet.put(&Person { passkey_only: only, ..person });
    Ok(())
}

/// Removes a person's passkeys. How many there were.
pub(super) fn strike_passkeys(sheet: &mut Sheet<'_>, person: &Person) -> Result<usize, BooksError> {
    let mut mine = sheet.list_of::<Passkey>(&person.contract)?;
    mine.retain(|known| known.is_of(person));
    mine.iter().for_each(|known| sheet.strike::<Passkey>(&known.id));
    Ok(mine.len())
}

/// A person's passkeys follow them to another user ID.
pub(super) fn rename_passkeys(sheet: &mut Sheet<'_>, before: &Person, to: &str) -> Result<(), BooksError> {
    for known in sheet.list_of::<Passkey>(&before.contract)? {
        if known.is_of(before) {
            sheet.put(&Passkey { user: to.to_owned(), ..known });
        }
    }
    Ok(())
}

fn count(sheet: &Sheet<'_>, person: &Person) -> Result<usize, BooksError> {
    Ok(sheet.list_of::<Passkey>(&person.contract)?.iter().filter(|known| known.is_of(person)).count())
}

/// The signer, if the challenge is bound to this and to them.
fn bound(signed: &Signed<'_>, what: &str, item: &str) -> Result<Person, Undone> {
    let person = signed.target()?;
    let is_bound = signed.text("after") == digest(&person, what, item);
    if is_bound { Ok(person) } else { Err(Refusal::Changed.into()) }
}
