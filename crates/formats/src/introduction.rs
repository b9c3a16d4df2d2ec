//! New accounts: they are shown, approved, reported to a server, and kept.

use camtoken_core::language::Language;
use camtoken_oath::Key;
use rand::CryptoRng;
#[cfg(feature = "linotp")]
use zeroize::Zeroizing;

use crate::account::{Account, AccountName, Accounts, Kind};
use crate::errand::{Answer, Errand};
#[cfg(feature = "linotp")]
use crate::linotp;
use crate::otp::Otp;
use crate::refusal::Refusal;
use crate::rules::Rules;
use crate::secret::Secret;
use crate::shown::{NO_TRANSACTION, Shown, labels};
use crate::tiqr;

/// An address to fetch: that of the metadata of a registration by tiqr.
#[derive(Debug)]
pub struct Fetch {
    pub(crate) shown: Shown,
    pub(crate) errand: Errand,
    pub(crate) rules: Rules,
}

/// New accounts, to be shown and approved.
#[derive(Debug)]
pub struct Introduction {
    pub(crate) shown: Shown,
    pub(crate) names: Vec<AccountName>,
    pub(crate) new: New,
}

#[derive(Debug)]
pub(crate) enum New {
    Otp(Vec<Otp>),
    Tiqr(Box<tiqr::Metadata>),
    #[cfg(feature = "linotp")]
    Linotp(linotp::PairingCode),
}

/// Accounts that were approved, and the message that the server has to get before they are kept.
#[derive(Debug)]
#[must_use]
pub struct Enrolment {
    pub(crate) accounts: Vec<Account>,
    pub(crate) errand: Option<Errand>,
}

impl Fetch {
    /// The content that is known before: the host.
    #[must_use]
    pub const fn shown(&self) -> &Shown {
        &self.shown
    }

    /// The request for the data. Such an address is valid once.
    #[must_use]
    pub const fn errand(&self) -> &Errand {
        &self.errand
    }

    /// Reads the data that was fetched.
    ///
    /// # Errors
    ///
    /// [`Refusal::Server`] unless the server has answered with success, [`Refusal::Malformed`], [`Refusal::Host`] for each address in
    /// the answer, [`Refusal::Exists`], [`Refusal::Full`].
    pub fn report(self, accounts: &Accounts, answer: &Answer) -> Result<Introduction, Refusal> {
        if !answer.is_success() {
            return Err(Refusal::server(&format!("HTTP {}", answer.status)));
        }
        let wrong = |error: tiqr::MetadataError| Refusal::malformed("tiqr", "metadata", error);
        let metadata = tiqr::Metadata::from_json(&answer.body).map_err(wrong)?;
        let (enrollment, authentication) =
            (metadata.enrollment_url().map_err(wrong)?, metadata.authentication_url().map_err(wrong)?);
        let (service, identity) = (&metadata.service, &metadata.identity);
        let mut shown = Shown::new(labels::REGISTER)
            .warned(NO_TRANSACTION)
            .row("provider", labels::PROVIDER, named(&service.display_name, &service.identifier))
            .row("user", labels::USER, &identity.identifier);
        if !identity.display_name.is_empty() && identity.display_name != identity.identifier {
            shown = shown.row("name", labels::NAME, &identity.display_name);
        }
        for url in [&enrollment, &authentication] {
            self.rules.check(url)?;
            let host = url.host_shown();
            if !shown.values("host").any(|known| known == host) {
                shown = shown.row("host", labels::HOST, host);
            }
        }
        let name = AccountName::new(&service.identifier, &identity.identifier);
        accounts.has_room(&[&name])?;
        Ok(Introduction { shown, names: vec![name], new: New::Tiqr(Box::new(metadata)) })
    }
}

impl Introduction {
    /// The content to show before the accounts are approved.
    #[must_use]
    pub const fn shown(&self) -> &Shown {
        &self.shown
    }

    /// The names of the new accounts.
    #[must_use]
    pub fn names(&self) -> &[AccountName] {
        &self.names
    }

    /// Whether a new PIN makes sense: tiqr's apps ask for one.
    #[must_use]
    pub const fn takes_pin(&self) -> bool {
        matches!(self.new, New::Tiqr(_))
    }

    /// Approves: generates keys where the token generates them. `pin` hides the secret of an account that has a PIN; without it the
    /// secret is kept in clear. `language` is sent to tiqr's servers.
    ///
    /// # Errors
    ///
    /// [`Refusal::Pin`]; [`Refusal::Seal`] when the server's key of a pairing is not valid.
    pub fn approve(
        self,
        accounts: &Accounts,
        pin: Option<&str>,
        language: Language,
        rng: &mut impl CryptoRng,
    ) -> Result<Enrolment, Refusal> {
        let mut names = self.names.into_iter();
        let mut name = || names.next().expect("a name for each account");
        #[cfg(not(feature = "linotp"))]
        let _ = accounts;
        match self.new {
            New::Otp(keys) => {
                let accounts = keys.into_iter().map(|otp| Account { name: name(), kind: Kind::Otp(otp) }).collect();
                Ok(Enrolment { accounts, errand: None })
            }
            New::Tiqr(metadata) => {
                let wrong = |error: tiqr::MetadataError| Refusal::malformed("tiqr", "metadata", error);
                let key = Key::generate(rng);
                let secret = match pin {
                    Some(pin) => Secret::hidden(&key, pin, rng)?,
                    None => Secret::clear(Key::new(key.expose_bytes().to_vec())),
                };
                let identity = tiqr::Identity {
                    suite: metadata.suite().map_err(wrong)?,
                    secret,
                    authentication_url: metadata.authentication_url().map_err(wrong)?,
                    provider_name: metadata.service.display_name.clone(),
                    user_name: metadata.identity.display_name.clone(),
                    blocked: false,
                    answered: None,
                };
                let errand = metadata.register(&key, language.as_str()).map_err(wrong)?;
                let account = Account { name: name(), kind: Kind::Tiqr(identity) };
                Ok(Enrolment { accounts: vec![account], errand: Some(Errand::Http(errand)) })
            }
            #[cfg(feature = "linotp")]
            New::Linotp(code) => {
                let id = new_token_id(accounts, rng);
                let token = linotp::Token::pair(&code, id, rng).map_err(|_| Refusal::Seal)?;
                let response = token.pairing_response(&Key::generate(rng)).map_err(|_| Refusal::Seal)?;
                let form = vec![("pairing_response", Zeroizing::new(response))];
                let errand = linotp::deliver(code.callback_url, code.callback_sms.as_ref(), form);
                let account = Account { name: name(), kind: Kind::Linotp(token) };
                Ok(Enrolment { accounts: vec![account], errand })
            }
        }
    }
}

impl Enrolment {
    /// The message to send before the accounts are kept; `None` if there is none.
    #[must_use]
    pub const fn errand(&self) -> Option<&Errand> {
        self.errand.as_ref()
    }

    /// Takes the server's answer, and returns the accounts to keep.
    ///
    /// # Errors
    ///
    /// [`Refusal::Server`]: the accounts are gone, and the secret with them.
    pub fn report(self, answer: &Answer) -> Result<Vec<Account>, Refusal> {
        match self.accounts.first().map(|account| &account.kind) {
            Some(Kind::Tiqr(_)) => tiqr::read_registration(answer)?,
            #[cfg(feature = "linotp")]
            Some(Kind::Linotp(_)) => linotp::paired(answer)?,
            _ => {}
        }
        Ok(self.accounts)
    }

    /// Returns the accounts to keep where no answer comes: there was no message, or it was a text message.
    ///
    /// # Errors
    ///
    /// The enrolment itself, where a server's answer is needed.
    pub fn keep(self) -> Result<Vec<Account>, Box<Self>> {
        if matches!(self.errand, Some(Errand::Http(_))) { Err(Box::new(self)) } else { Ok(self.accounts) }
    }
}

/// A number that no other account of the token has.
#[cfg(feature = "linotp")]
fn new_token_id(accounts: &Accounts, rng: &mut impl CryptoRng) -> u32 {
    loop {
        let id = rng.next_u32();
        let taken = |account: &Account| matches!(&account.kind, Kind::Linotp(token) if token.token_id == id);
        if !accounts.iter().any(taken) {
            return id;
        }
    }
}

/// The name of a user, and the identifier of the registration.
pub(crate) fn named(name: &str, identifier: &str) -> String {
    if name.is_empty() || name == identifier { identifier.to_owned() } else { format!("{name} ({identifier})") }
}
