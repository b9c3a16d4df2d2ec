//! The accounts of a contract as linkages see them: inquiry PINs, and the registration, which is valid for the whole contract.

use crate::bank::events::{BANK, note, note_by};
use crate::bank::{Bank, BankError};
use crate::books::{BooksError, Sheet};
use crate::domain::calendar::day_in_japan;
use crate::domain::contract::Contract;
use crate::domain::credential::{Credential, Entry, Password, PasswordHash};
use crate::domain::desk::By;
use crate::domain::ledger::Account;
use crate::domain::linkage::{AccountRegistration, AccountState, InquiryPin, Menu, account_state, covered};
use crate::domain::people::{self, Person};
use crate::outbox::post;
use crate::system::rng;

/// Whether an inquiry PIN is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinEntry {
    /// The result of the entry.
    Entered(Entry),
    /// The account has none yet, is not the company's, or the person may not inquire.
    None,
}

/// The result of a request for a new inquiry PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinLetter {
    /// It is on its way.
    Sent,
    /// The last one was sent less than a day ago.
    TooSoon,
    /// The account is not the company's, or the person may not inquire.
    None,
}

/// A new inquiry PIN is generated for an account once in so many seconds: each one replaces the last one of the whole company.
const PIN_EVERY: u64 = 86_400;

impl Bank {
    /// The accounts of a contract: 代表口座 first, then 関連口座.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn accounts_of(&self, contract: &str) -> Result<Vec<Account>, BankError> {
        let mut accounts: Vec<Account> = self.books.list_of(contract)?;
        let main = self.books.get::<Contract>(contract)?.and_then(|contract| contract.main_account);
        accounts.sort_by_key(|account| main.is_some() && main != Some(account.key()));
        Ok(accounts)
    }

    /// The accounts that a person sees, in the same order. The others are shown to them nowhere.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn accounts_for(&self, person: &Person) -> Result<Vec<Account>, BankError> {
        let mut accounts = self.accounts_of(&person.contract)?;
        accounts.retain(|account| person.sees(&account.key()));
        Ok(accounts)
    }

    /// The accounts of a company that are under no contract yet.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn free_accounts(&self, contract: &Contract) -> Result<Vec<Account>, BankError> {
        let mut free = self.accounts_of("")?;
        free.retain(|account| account.holder == contract.kana);
        Ok(free)
    }

    /// The accounts that a person sees, with how far their registration is.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn account_states(&self, person: &Person) -> Result<Vec<(Account, AccountState)>, BankError> {
        let today = day_in_japan(self.now());
        let state = |account: Account| {
            let known = self.books.get::<AccountRegistration>(&format!("{}/{}", person.contract, account.key()))?;
            Ok((account, account_state(known.as_ref(), today)))
        };
        self.accounts_for(person)?.into_iter().map(state).collect()
    }

    /// The accounts that a person's permission of these menus would cover now.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn covered(&self, person: &Person, menus: &[Menu]) -> Result<Vec<Account>, BankError> {
        let registrations = self.books.list::<AccountRegistration>(&format!("{}/", person.contract))?;
        let covered = covered(menus, registrations, day_in_japan(self.now()));
        let mut accounts = self.accounts_for(person)?;
        accounts.retain(|account| covered.iter().any(|registration| registration.account == account.key()));
        Ok(accounts)
    }

    /// Counts an entry of an account's inquiry PIN.
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was decided.
    pub async fn enter_pin(&self, person: &Person, account: &str, pin: Password) -> Result<PinEntry, BankError> {
        let known = self.accounts_for(person)?.iter().any(|known| known.key() == account);
        let kept = self.books.get::<InquiryPin>(account)?.filter(|_| known);
        let hash = kept.as_ref().map_or_else(PasswordHash::decoy, |kept| kept.pin.hash.clone());
        let right = self.is_right(hash.clone(), pin).await?;
        if kept.is_none() {
            return Ok(PinEntry::None);
        }
        let now = self.now();
        Ok(self.books.change(|sheet| {
            let kept = sheet.get::<InquiryPin>(account)?;
            let Some((person, mut kept)) = inquirer(sheet, person)?.zip(kept) else {
                return Ok::<_, BooksError>(PinEntry::None);
            };
            let entry = kept.pin.enter(right && kept.pin.hash == hash);
            if let Entry::Wrong { just_suspended: true, .. } = entry {
                let words = [("user", person.user.as_str()), ("credential", "inquiry-pin")];
                note(sheet, BANK, "suspended", account, now)?;
                post(sheet, &person.mail, "mail-suspended", &words, now)?;
            }
            sheet.put(&kept);
            Ok(PinEntry::Entered(entry))
        })?)
    }

    /// Generates a new inquiry PIN for an account of the person's company and sends it by letter. A suspension stays: otherwise an
    /// attacker who guesses could end it.
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was done.
    pub async fn send_pin(&self, person: &Person, account: &str) -> Result<PinLetter, BankError> {
        use rand::RngExt as _;
        if !self.accounts_for(person)?.iter().any(|known| known.key() == account) {
            return Ok(PinLetter::None);
        }
        let pin = format!("{:04}", rng().random_range(0..10_000));
        let hash = self.hash(Password::new(pin.clone())).await?;
        let now = self.now();
        Ok(self.books.change(|sheet| {
            if inquirer(sheet, person)?.is_none() {
                return Ok::<_, BooksError>(PinLetter::None);
            }
            let before = sheet.get::<InquiryPin>(account)?;
            let sent = before.as_ref().and_then(|before| before.sent);
            if sent.is_some_and(|sent| now.as_unix() < sent + PIN_EVERY) {
                return Ok(PinLetter::TooSoon);
            }
            let name = sheet.get::<Contract>(&person.contract)?.map_or_else(String::new, |contract| contract.name);
            let words = [("name", name.as_str()), ("account", account), ("pin", pin.as_str())];
            post(sheet, &person.contract, "letter-pin", &words, now)?;
            let suspended = before.is_some_and(|before| before.pin.suspended);
            let pin = Credential { suspended, ..Credential::new(hash) };
            sheet.put(&InquiryPin { account: account.to_owned(), pin, sent: Some(now.as_unix()) });
            Ok(PinLetter::Sent)
        })?)
    }

    /// The accounts of a contract whose inquiry PIN is suspended.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn suspended_pins(&self, contract: &str) -> Result<Vec<Account>, BankError> {
        let mut accounts = Vec::new();
        for account in self.accounts_of(contract)? {
            if self.books.get::<InquiryPin>(&account.key())?.is_some_and(|kept| kept.pin.suspended) {
                accounts.push(account);
            }
        }
        Ok(accounts)
    }

    /// Takes an account's suspended inquiry PIN back into service: by the bank's operator.
    pub(crate) fn resume_pin(&self, account: &str, by: &By) -> Result<(), BankError> {
        let now = self.now();
        Ok(self.books.change(|sheet| {
            if let Some(mut kept) = sheet.get::<InquiryPin>(account)?.filter(|kept| kept.pin.suspended) {
                note_by(sheet, by, "resumed", account, now)?;
                kept.pin.resume();
                sheet.put(&kept);
            }
            Ok::<_, BooksError>(())
        })?)
    }

    /// Registers accounts whose PIN was right: pending, until the permission and to the end of the day. The operator and the
    /// administrators get a report. Nothing happens, and `false` comes back, when the person may not inquire.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn register_accounts(&self, person: &Person, accounts: &[String]) -> Result<bool, BankError> {
        let now = self.now();
        let today = day_in_japan(now);
        Ok(self.books.change(|sheet| {
            if inquirer(sheet, person)?.is_none() {
                return Ok::<_, BooksError>(false);
            }
            for account in accounts.iter().filter(|account| person.sees(account)) {
                let key = format!("{}/{account}", person.contract);
                if account_state(sheet.get(&key)?.as_ref(), today) == AccountState::Unregistered {
                    sheet.put(&AccountRegistration {
                        contract: person.contract.clone(),
                        account: account.clone(),
                        user: person.user.clone(),
                        day: today.to_string(),
                        effective: false,
                    });
                }
            }
            let people = sheet.list::<Person>(&format!("{}/", person.contract))?;
            let told = people.iter().filter(|other| other.is_administrator() || other.user == person.user);
            let accounts = accounts.join(", ");
            for other in told {
                let words = [("user", person.user.as_str()), ("accounts", accounts.as_str())];
                post(sheet, &other.mail, "mail-pin", &words, now)?;
            }
            Ok(true)
        })?)
    }
}

/// The person as they are now, if they may inquire: only then have they to do with inquiry PINs.
fn inquirer(sheet: &Sheet<'_>, person: &Person) -> Result<Option<Person>, BooksError> {
    let known = sheet.get::<Person>(&Person::key(&person.contract, &person.user))?;
    Ok(known.filter(|known| known.is_in_service() && known.may(people::Menu::Inquiry)))
}
