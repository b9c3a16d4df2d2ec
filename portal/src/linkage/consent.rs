//! The bank's work for a linkage: proof, accounts, permission, and its end.

use base16ct::lower;
use camtoken::Timestamp;
use camtoken::transaction::Operation;
use sha2::{Digest, Sha256};

use crate::bank::{Bank, BankError, Draft};
use crate::books::{BooksError, Sheet};
use crate::domain::calendar::day_in_japan;
use crate::domain::ledger::{Account, Booking, Outcome};
use crate::domain::linkage::{AccountRegistration, Ended, Linkage, Menu, Proof, Provider, covered, login_of};
use crate::domain::order::{Act, Order};
use crate::domain::people::Person;
use crate::outbox::post;
use crate::system::random_hex;

/// The result of a permission.
#[derive(Debug)]
pub enum Permitted {
    /// The linkage is in force.
    Linked(Box<Linkage>),
    /// Balances or statements are permitted, and no account is registered: the day may have ended in between.
    NoAccount,
    /// The signed order does not cover the permission, or was used for a linkage before.
    NotSigned,
    /// Since the proof the person was taken out of service, has another login, or a menu was closed to them.
    Closed,
}

/// Uses closer together than this are one, so that reading costs no writing each time.
const USE_EVERY: u64 = 60;

impl Bank {
    /// A provider that the bank knows.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn provider(&self, client: &str) -> Result<Option<Provider>, BankError> {
        Ok(self.books.get(client)?)
    }

    /// Takes the order that the camera token signs for a linkage. It names the upper bound of the linkage; what
    /// is chosen on later pages can only be less.
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was decided.
    pub fn place_linkage(&self, person: &Person, provider: &Provider, menus: &[Menu]) -> Result<Order, BankError> {
        let accounts = self.accounts_for(person)?;
        let fields = linkage_fields(provider, menus, &provider.until(self.now()).to_string(), &accounts);
        let fields = fields.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
        self.take(person, Draft { operation: Operation::ExternalLinkage, fields, act: Act::Link })
    }

    /// Gives the permission: the linkage is in force, what was pending is effective, and an earlier linkage of this person
    /// with this provider has ended. Only the operator gets a report.
    ///
    /// `signed` is the order that the token has signed, if one was needed.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn permit(
        &self,
        person: &Person,
        provider: &Provider,
        menus: &[Menu],
        proof: Proof,
        signed: Option<&Order>,
    ) -> Result<(Permitted, Vec<String>), BankError> {
        let challenge = match proof {
            Proof::Password | Proof::Certificate | Proof::Generator => None,
            Proof::CameraToken => {
                let booking = signed.map(|order| self.booking(order)).transpose()?.flatten();
                match booking.filter(|booking| covers(booking, provider, menus)) {
                    Some(booking) => Some(booking.challenge),
                    None => return Ok((Permitted::NotSigned, Vec::new())),
                }
            }
        };
        let now = self.now();
        let today = day_in_japan(now);
        Ok(self.books.change(|sheet| {
            let known = sheet.get::<Person>(&Person::key(&person.contract, &person.user))?;
            let is_as_proved = |known: &Person| {
                login_of(known) == login_of(person)
                    && known.is_in_service()
                    && menus.iter().all(|menu| menu.is_open_to(known))
            };
            if !known.as_ref().is_some_and(is_as_proved) {
                return Ok((Permitted::Closed, Vec::new()));
            }
            let known = sheet.list_of::<Linkage>(&person.contract)?;
            // Checked here, where no other change can come in between: a signature is good for one linkage.
            if challenge.is_some() && known.iter().any(|other| other.challenge == challenge) {
                return Ok((Permitted::NotSigned, Vec::new()));
            }
            let registrations = sheet.list::<AccountRegistration>(&format!("{}/", person.contract))?;
            let mut accounts = Vec::new();
            for registration in
                covered(menus, registrations, today).into_iter().filter(|known| person.sees(&known.account))
            {
                accounts.push(registration.account.clone());
                sheet.put(&AccountRegistration { effective: true, ..registration });
            }
            if menus.iter().any(|menu| menu.is_inquiry()) && accounts.is_empty() {
                return Ok::<_, BooksError>((Permitted::NoAccount, Vec::new()));
            }
            let mut replaced = Vec::new();
            for other in known {
                let same =
                    (&other.contract, &other.user, &other.client) == (&person.contract, &person.user, &provider.client);
                if same && other.ended.is_none() {
                    replaced.push(other.id.clone());
                    sheet.put(&Linkage { ended: Some((now.as_unix(), Ended::Replaced)), ..other });
                }
            }
            let linkage = Linkage {
                id: format!("L{}", random_hex(8).to_ascii_uppercase()),
                contract: person.contract.clone(),
                user: person.user.clone(),
                client: provider.client.clone(),
                menus: menus.to_vec(),
                accounts,
                since: now.as_unix(),
                until: provider.until(now).to_string(),
                login: login_of(person),
                challenge,
                last_used: None,
                ended: None,
            };
            let words = [
                ("user", person.user.as_str()),
                ("provider", provider.name.as_str()),
                ("until", linkage.until.as_str()),
                ("linkage", linkage.id.as_str()),
            ];
            post(sheet, &person.mail, "mail-linked", &words, now)?;
            sheet.put(&linkage);
            Ok((Permitted::Linked(Box::new(linkage)), replaced))
        })?)
    }

    /// Every linkage of a person, the latest first, with why it has ended if it has.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn linkages(&self, person: &Person) -> Result<Vec<(Linkage, Option<Ended>)>, BankError> {
        let today = day_in_japan(self.now());
        let mut linkages = self.books.list_of::<Linkage>(&person.contract)?;
        linkages.retain(|linkage| person.is_called(&linkage.user));
        linkages.sort_by_key(|linkage| std::cmp::Reverse(linkage.since));
        let with_end = |linkage: Linkage| {
            let ended = linkage.ended(Some(person), today);
            (linkage, ended)
        };
        Ok(linkages.into_iter().map(with_end).collect())
    }

    /// A linkage that is in force now, with whose it is.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn in_force(&self, id: &str) -> Result<Option<(Linkage, Person)>, BankError> {
        let Some(linkage) = self.books.get::<Linkage>(id)? else { return Ok(None) };
        let person = self.person(&linkage.contract, &linkage.user)?;
        if linkage.ended(person.as_ref(), day_in_japan(self.now())).is_some() {
            return Ok(None);
        }
        // A person who is out of service at the bank is so at the provider, too.
        Ok(person.filter(Person::is_in_service).map(|person| (linkage, person)))
    }

    /// Ends a linkage for good. Its tokens are ended by the authorization server.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn end_linkage(&self, id: &str, why: Ended) -> Result<(), BankError> {
        let now = self.now();
        Ok(self.books.change(|sheet| {
            if let Some(linkage) = sheet.get::<Linkage>(id)?.filter(|linkage| linkage.ended.is_none()) {
                tell_ended(sheet, &linkage, now)?;
                sheet.put(&Linkage { ended: Some((now.as_unix(), why)), ..linkage });
            }
            Ok::<_, BooksError>(())
        })?)
    }

    /// Whether a linkage is over. One that has ended by itself, because its days are over or the login is another, is written
    /// down as such.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn is_over(&self, id: &str) -> Result<bool, BankError> {
        let Some(linkage) = self.books.get::<Linkage>(id)? else { return Ok(true) };
        let person = self.person(&linkage.contract, &linkage.user)?;
        let ended = linkage.ended(person.as_ref(), day_in_japan(self.now()));
        if let Some(why) = ended {
            self.end_linkage(id, why)?;
        }
        Ok(ended.is_some())
    }

    /// Writes down which linkages have ended by themselves, and names them.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn lapse(&self) -> Result<Vec<String>, BankError> {
        let mut lapsed = Vec::new();
        for linkage in self.books.list::<Linkage>("")?.into_iter().filter(|linkage| linkage.ended.is_none()) {
            if self.is_over(&linkage.id)? {
                lapsed.push(linkage.id);
            }
        }
        Ok(lapsed)
    }

    /// Writes down that a provider has used a linkage.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn note_use(&self, linkage: &Linkage) -> Result<(), BankError> {
        let now = self.now().as_unix();
        if linkage.last_used.is_some_and(|before| now < before + USE_EVERY) {
            return Ok(());
        }
        Ok(self.books.change(|sheet| {
            if let Some(linkage) = sheet.get::<Linkage>(&linkage.id)? {
                sheet.put(&Linkage { last_used: Some(now), ..linkage });
            }
            Ok::<_, BooksError>(())
        })?)
    }
}

/// The fields that the token shows and binds for a linkage of these menus, with these accounts of the customer.
pub(super) fn linkage_fields(
    provider: &Provider,
    menus: &[Menu],
    until: &str,
    accounts: &[Account],
) -> Vec<(&'static str, String)> {
    let count = if menus.iter().any(|menu| menu.is_inquiry()) { accounts.len() } else { 0 };
    let pays = menus.contains(&Menu::Transfer);
    let mut fields = vec![
        ("provider", provider.name.clone()),
        ("purpose", provider.purpose.clone()),
        ("menus", names(menus)),
        ("access", if pays { "payments" } else { "inquiry" }.to_owned()),
        ("accounts", count.to_string()),
        ("validUntil", until.to_owned()),
        ("clientId", provider.client.clone()),
        ("redirectHost", host(&provider.redirect_uri).to_owned()),
        ("scope", scope_hash(menus)),
    ];
    if let Some(first) = accounts.first().filter(|_| count > 0) {
        fields.push(("lastDigits", first.number[first.number.len().saturating_sub(4)..].to_owned()));
    }
    fields
}

/// Whether what was signed is for this provider, and for all of these menus.
fn covers(booking: &Booking, provider: &Provider, menus: &[Menu]) -> bool {
    let text =
        |name: &str| booking.fields.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text.as_str());
    let signed: Vec<&str> = text("menus").split(',').map(str::trim).collect();
    booking.outcome == Outcome::Done
        && booking.operation == Operation::ExternalLinkage.to_string()
        && text("clientId") == provider.client
        && menus.iter().all(|menu| signed.contains(&menu.as_str()))
}

fn tell_ended(sheet: &mut Sheet<'_>, linkage: &Linkage, now: Timestamp) -> Result<(), BooksError> {
    let provider = sheet.get::<Provider>(&linkage.client)?.map_or_else(|| linkage.client.clone(), |known| known.name);
    // A person with a new user ID is told under that one.
    let people = sheet.list::<Person>(&format!("{}/", linkage.contract))?;
    if let Some(person) = people.into_iter().find(|person| person.is_called(&linkage.user)) {
        let words = [("user", person.user.as_str()), ("provider", provider.as_str()), ("linkage", linkage.id.as_str())];
        post(sheet, &person.mail, "mail-unlinked", &words, now)?;
    }
    Ok(())
}

fn names(menus: &[Menu]) -> String {
    menus.iter().map(|menu| menu.as_str()).collect::<Vec<_>>().join(",")
}

/// What binds the scope to the challenge: the SHA-256 of its text as OAuth has it.
fn scope_hash(menus: &[Menu]) -> String {
    let scope = menus.iter().map(|menu| menu.scope()).collect::<Vec<_>>().join(" ");
    lower::encode_string(&Sha256::digest(scope))
}

fn host(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default()
}
