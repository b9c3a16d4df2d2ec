//! The accounts of a token at services of other systems. It holds them beside its activations.

use std::fmt;

use serde::Serialize;

#[cfg(feature = "linotp")]
use crate::linotp;
use crate::ocra::Ocra;
use crate::otp::Otp;
#[cfg(feature = "powerauth")]
use crate::powerauth;
use crate::refusal::Refusal;
use crate::tiqr;

/// The accounts of one token, at most [`Accounts::MAX`], each with another name.
#[derive(Debug, Default)]
pub struct Accounts(Vec<Account>);

/// One account.
#[derive(Debug)]
pub struct Account {
    /// Its name.
    pub name: AccountName,
    /// Its key and parameters.
    pub kind: Kind,
}

/// The name of an account: who issued it, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct AccountName {
    /// Who issued it; may be empty.
    pub issuer: String,
    /// For whom.
    pub user: String,
}

/// The key and parameters of an account, by the way in which it answers.
#[derive(Debug)]
#[non_exhaustive]
pub enum Kind {
    /// HOTP and TOTP, and Steam.
    Otp(Otp),
    /// Plain OCRA.
    Ocra(Ocra),
    /// An identity of tiqr.
    Tiqr(tiqr::Identity),
    /// A QRToken of LinOTP.
    #[cfg(feature = "linotp")]
    #[cfg_attr(docsrs, doc(cfg(feature = "linotp")))]
    Linotp(linotp::Token),
    /// A device of PowerAuth.
    #[cfg(feature = "powerauth")]
    #[cfg_attr(docsrs, doc(cfg(feature = "powerauth")))]
    PowerAuth(powerauth::Device),
}

impl Accounts {
    /// The most accounts that a token holds.
    pub const MAX: usize = 32;

    /// The accounts, in the order in which they were added.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Account> {
        self.0.iter()
    }

    /// The accounts themselves.
    #[must_use]
    pub fn into_accounts(self) -> Vec<Account> {
        self.0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds accounts, all or none. One that its server has blocked is replaced.
    ///
    /// # Errors
    ///
    /// [`Refusal::Exists`], [`Refusal::Full`], or [`Refusal::Malformed`]: a name with a control character, which a person could not
    /// type, or with more than [`AccountName::MAX_LEN`] bytes in one of its parts; an empty secret; a number that the kind does
    /// not have.
    pub fn keep(&mut self, accounts: Vec<Account>) -> Result<(), Refusal> {
        let names: Vec<_> = accounts.iter().map(|account| &account.name).collect();
        self.has_room(&names)?;
        let checked = accounts.iter().try_for_each(Account::check);
        checked.map_err(|(part, reason)| Refusal::malformed("account", part, reason))?;
        for account in accounts {
            self.0.retain(|held| held.name != account.name);
            self.0.push(account);
        }
        Ok(())
    }

    /// Whether accounts of these names could be added.
    pub(crate) fn has_room(&self, names: &[&AccountName]) -> Result<(), Refusal> {
        if names.iter().any(|name| name.to_string().contains(char::is_control)) {
            return Err(Refusal::malformed("account", "name", "a control character"));
        }
        if names.iter().any(|name| name.issuer.len().max(name.user.len()) > AccountName::MAX_LEN) {
            return Err(Refusal::malformed("account", "name", format!("longer than {} bytes", AccountName::MAX_LEN)));
        }
        let taken = |name: &AccountName| self.get(name).is_some_and(|held| !held.is_blocked());
        let twice = |place: usize| names[..place].contains(&names[place]);
        if let Some(place) = (0..names.len()).find(|place| taken(names[*place]) || twice(*place)) {
            let AccountName { issuer, user } = names[place].clone();
            return Err(Refusal::Exists { issuer, user });
        }
        let replaced = names.iter().filter(|name| self.get(name).is_some()).count();
        if self.0.len() - replaced + names.len() > Self::MAX { Err(Refusal::Full { max: Self::MAX }) } else { Ok(()) }
    }

    /// The account of this name.
    #[must_use]
    pub fn get(&self, name: &AccountName) -> Option<&Account> {
        self.0.iter().find(|account| account.name == *name)
    }

    pub(crate) fn get_mut(&mut self, name: &AccountName) -> Result<&mut Account, Refusal> {
        let found = self.0.iter_mut().find(|account| account.name == *name);
        found.ok_or_else(|| Refusal::NoAccount { issuer: name.issuer.clone() })
    }

    /// The only account that fits a name: `issuer:user` exactly, else the user or the issuer alone, else either of these with
    /// letters in another case.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoAccount`] or [`Refusal::Choice`].
    pub fn find(&self, said: &str) -> Result<&Account, Refusal> {
        AccountName::meant(said, said, self.0.iter(), |account| &account.name)
    }

    /// Removes an account; `None` if there is none of this name.
    pub fn remove(&mut self, name: &AccountName) -> Option<Account> {
        let place = self.0.iter().position(|account| account.name == *name)?;
        Some(self.0.remove(place))
    }
}

impl Account {
    /// An account for plain OCRA.
    #[must_use]
    pub const fn ocra(name: AccountName, ocra: Ocra) -> Self {
        Self { name, kind: Kind::Ocra(ocra) }
    }

    /// A device of PowerAuth.
    #[cfg(feature = "powerauth")]
    #[cfg_attr(docsrs, doc(cfg(feature = "powerauth")))]
    #[must_use]
    pub const fn power_auth(name: AccountName, device: powerauth::Device) -> Self {
        Self { name, kind: Kind::PowerAuth(device) }
    }

    /// Whether it can answer, and be saved and read again; else the part that is wrong, and why.
    pub(crate) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        match &self.kind {
            Kind::Otp(otp) => otp.check(),
            Kind::Ocra(ocra) => ocra.secret.check(),
            Kind::Tiqr(identity) => identity.secret.check(),
            #[cfg(feature = "linotp")]
            Kind::Linotp(token) => token.check(),
            #[cfg(feature = "powerauth")]
            Kind::PowerAuth(device) => device.check(),
        }
    }

    /// The way in which it answers: `otp`, `ocra`, `tiqr`, `linotp`, `powerauth`.
    #[must_use]
    pub const fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Otp(_) => "otp",
            Kind::Ocra(_) => "ocra",
            Kind::Tiqr(_) => "tiqr",
            #[cfg(feature = "linotp")]
            Kind::Linotp(_) => "linotp",
            #[cfg(feature = "powerauth")]
            Kind::PowerAuth(_) => "powerauth",
        }
    }

    /// Whether its server has blocked it.
    #[must_use]
    pub const fn is_blocked(&self) -> bool {
        matches!(&self.kind, Kind::Tiqr(identity) if identity.blocked)
    }

    /// Whether it answers with a PIN only.
    #[must_use]
    pub fn wants_pin(&self) -> bool {
        match &self.kind {
            Kind::Otp(otp) => otp.secret.is_hidden(),
            Kind::Ocra(ocra) => ocra.wants_pin(),
            Kind::Tiqr(identity) => identity.secret.is_hidden(),
            #[cfg(feature = "linotp")]
            Kind::Linotp(_) => false,
            #[cfg(feature = "powerauth")]
            Kind::PowerAuth(device) => device.knowledge.is_hidden(),
        }
    }
}

impl AccountName {
    /// The longest issuer and the longest user, in bytes.
    pub const MAX_LEN: usize = 256;

    /// A name of these two.
    #[must_use]
    pub fn new(issuer: &str, user: &str) -> Self {
        Self { issuer: issuer.to_owned(), user: user.to_owned() }
    }

    /// The best match for a word among things with such names. `issuer` is reported when there is none.
    pub(crate) fn meant<'a, T>(
        said: &str,
        issuer: &str,
        among: impl Iterator<Item = &'a T> + Clone,
        name: impl Fn(&T) -> &Self,
    ) -> Result<&'a T, Refusal> {
        let same = |text: &str| text.to_lowercase() == said.to_lowercase();
        let fits: [&dyn Fn(&Self) -> bool; 3] =
            [&|name| name.to_string() == said, &|name| name.user == said || name.issuer == said, &|name| {
                same(&name.to_string()) || same(&name.user) || same(&name.issuer)
            }];
        for fits in fits {
            let mut found = among.clone().filter(|it| fits(name(it)));
            match (found.next(), found.count()) {
                (Some(only), 0) => return Ok(only),
                (Some(_), more) => return Err(Refusal::Choice { count: more + 1 }),
                (None, _) => {}
            }
        }
        Err(Refusal::NoAccount { issuer: issuer.to_owned() })
    }
}

/// `issuer:user`, or the user alone.
impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.issuer.is_empty() { f.write_str(&self.user) } else { write!(f, "{}:{}", self.issuer, self.user) }
    }
}
