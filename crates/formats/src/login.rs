//! A question to an account: it is shown, approved and answered.

use std::fmt;

use camtoken_core::language::Language;
use camtoken_oath::Timestamp;
use zeroize::Zeroizing;

use crate::account::{AccountName, Accounts, Kind};
use crate::errand::{Answer, Errand};
#[cfg(feature = "linotp")]
use crate::linotp;
use crate::ocra::OcraQuestion;
#[cfg(feature = "powerauth")]
use crate::powerauth;
use crate::refusal::Refusal;
use crate::shown::{Row, Shown, labels};
use crate::tiqr;

/// A question to an account, to be shown and approved.
#[derive(Debug)]
pub struct Login {
    /// The content that is the same for every account.
    question: Shown,
    shown: Shown,
    choices: Vec<Choice>,
    chosen: Option<AccountName>,
    asked: Asked,
}

/// One account that can answer, and its content to show.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) name: AccountName,
    pub(crate) rows: Vec<Row>,
}

#[derive(Debug)]
pub(crate) enum Asked {
    Otp,
    Ocra(OcraQuestion),
    Tiqr(Box<tiqr::LoginCode>),
    #[cfg(feature = "linotp")]
    Linotp(Box<linotp::Opened>),
    #[cfg(feature = "powerauth")]
    PowerAuth(Box<powerauth::Operation>),
}

/// An answer: digits to type, and a message that can be sent instead.
#[must_use]
pub struct Answered {
    pub(crate) name: AccountName,
    pub(crate) response: Zeroizing<String>,
    pub(crate) errand: Option<Errand>,
    pub(crate) session: Option<String>,
}

impl Login {
    /// A question to one account.
    pub(crate) fn new(question: Shown, name: &AccountName, asked: Asked) -> Self {
        let rows = vec![Row::new("service", labels::SERVICE, &name.issuer), Row::new("user", labels::USER, &name.user)];
        Self::among(question, vec![Choice { name: name.clone(), rows }], asked)
    }

    /// A question that one of several accounts will answer. Until one is chosen, only the content that all of them have is shown.
    pub(crate) fn among(question: Shown, choices: Vec<Choice>, asked: Asked) -> Self {
        let alike = |row: &&Row| choices.iter().all(|choice| choice.rows.contains(row));
        let mut shown = question.clone();
        shown.rows.extend(choices.iter().take(1).flat_map(|choice| &choice.rows).filter(alike).cloned());
        let chosen = if let [only] = &choices[..] { Some(only.name.clone()) } else { None };
        Self { question, shown, choices, chosen, asked }
    }

    /// The content to show before anything is answered.
    #[must_use]
    pub const fn shown(&self) -> &Shown {
        &self.shown
    }

    /// The accounts that can answer. Where there are several, one has to be chosen.
    #[must_use]
    pub fn choices(&self) -> impl ExactSizeIterator<Item = &AccountName> {
        self.choices.iter().map(|choice| &choice.name)
    }

    /// The account that will answer, once it is known.
    #[must_use]
    pub const fn account(&self) -> Option<&AccountName> {
        self.chosen.as_ref()
    }

    /// Chooses the account of this user, or of this name, as [`Accounts::find`] takes it. What is [shown](Self::shown) is what that account
    /// says.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoAccount`] unless it is among the [`choices`](Self::choices), [`Refusal::Choice`] where several of them fit.
    pub fn choose(&mut self, said: &str) -> Result<(), Refusal> {
        let issuer = self.choices.first().map_or("", |choice| &choice.name.issuer);
        let choice = AccountName::meant(said, issuer, self.choices.iter(), |choice| &choice.name)?;
        self.shown = self.question.clone();
        self.shown.rows.extend_from_slice(&choice.rows);
        self.chosen = Some(choice.name.clone());
        Ok(())
    }

    /// Approves, and answers.
    ///
    /// A counter has moved in `accounts` by then: **save them before the response is given out**, or a crash lets the same password
    /// come twice. A wrong PIN gives a wrong response where the secret is hidden by it; only the server can tell.
    ///
    /// # Errors
    ///
    /// [`Refusal::Choice`] before one of several accounts was chosen, [`Refusal::Pin`], [`Refusal::NoAccount`] when the account is gone,
    /// [`Refusal::Blocked`] when its server has blocked it since, [`Refusal::Malformed`] when the question does not fit the account's suite.
    pub fn approve(
        self,
        accounts: &mut Accounts,
        pin: Option<&str>,
        now: Timestamp,
        language: Language,
    ) -> Result<Answered, Refusal> {
        let Some(name) = self.chosen else { return Err(Refusal::Choice { count: self.choices.len() }) };
        let account = accounts.get_mut(&name)?;
        if account.is_blocked() {
            return Err(Refusal::Blocked);
        }
        let answered = |response, errand, session| Ok(Answered { name: name.clone(), response, errand, session });
        match (self.asked, &mut account.kind) {
            (Asked::Otp, Kind::Otp(otp)) => answered(otp.respond(pin, now)?, None, None),
            (Asked::Ocra(question), Kind::Ocra(ocra)) => answered(ocra.respond(&question, pin, now)?, None, None),
            (Asked::Tiqr(code), Kind::Tiqr(identity)) => {
                let key = identity.secret.reveal(pin)?;
                let response = tiqr::respond(&identity.suite, &key, &code.question, &code.session)?;
                let digits = response.expose_str();
                let request = tiqr::log_in(identity, &name.user, &code, digits, language.as_str());
                let digits = Zeroizing::new(digits.to_owned());
                answered(digits, Some(Errand::Http(request)), Some(code.session))
            }
            #[cfg(feature = "linotp")]
            (Asked::Linotp(opened), Kind::Linotp(token)) => {
                let tan = opened.expose_tan(token.digits);
                let transaction = Zeroizing::new(opened.transaction.clone());
                let form = vec![("transactionid", transaction), ("pass", opened.expose_signature())];
                let url = opened.callback_url.clone().or_else(|| token.callback_url.clone());
                let errand = linotp::deliver(url, opened.callback_sms.as_ref().or(token.callback_sms.as_ref()), form);
                token.confirmed |= opened.content == linotp::Content::Pairing;
                if opened.resets_callback {
                    token.callback_url.clone_from(&opened.callback_url);
                }
                answered(tan, errand, Some(opened.transaction.clone()))
            }
            #[cfg(feature = "powerauth")]
            (Asked::PowerAuth(operation), Kind::PowerAuth(device)) => {
                answered(device.respond(&operation, pin)?, None, None)
            }
            _ => Err(Refusal::NoAccount { issuer: name.issuer.clone() }),
        }
    }
}

impl Answered {
    /// The account that has answered.
    #[must_use]
    pub const fn account(&self) -> &AccountName {
        &self.name
    }

    /// The text that a person types: digits, or what the format has instead.
    #[must_use]
    pub fn expose_response(&self) -> &str {
        &self.response
    }

    /// The response as it is read aloud: `1234 5678`, and PowerAuth's as `1234-5678-9012-3456`.
    #[must_use]
    pub fn expose_grouped(&self) -> Zeroizing<String> {
        let text = self.response.as_str();
        let group = match text.len() {
            ..=5 => 5,
            6 | 9 => 3,
            10 => 5,
            _ => 4,
        };
        let joint = if text.contains('-') { '-' } else { ' ' };
        let mut grouped = Zeroizing::new(String::with_capacity(2 * text.len()));
        for (place, digit) in text.chars().filter(|it| *it != '-').enumerate() {
            if place > 0 && place % group == 0 {
                grouped.push(joint);
            }
            grouped.push(digit);
        }
        grouped
    }

    /// The message that can be sent instead of typing.
    #[must_use]
    pub const fn errand(&self) -> Option<&Errand> {
        self.errand.as_ref()
    }

    /// Takes the server's answer: the account then knows what it has answered, and whether it is blocked.
    ///
    /// # Errors
    ///
    /// [`Refusal::Server`] with the server's reason, [`Refusal::Blocked`]. The same code may then be answered again, with the right
    /// PIN.
    pub fn report(&self, accounts: &mut Accounts, answer: &Answer) -> Result<(), Refusal> {
        match &mut accounts.get_mut(&self.name)?.kind {
            Kind::Tiqr(identity) => {
                let read = tiqr::read_login(answer);
                let none_left = matches!(&read, Err(Refusal::Server { attempts_left: Some(0), .. }));
                identity.blocked |= none_left || matches!(&read, Err(Refusal::Blocked));
                read?;
                // Only a success ends a block.
                identity.blocked = false;
                identity.answered.clone_from(&self.session);
            }
            #[cfg(feature = "linotp")]
            Kind::Linotp(token) => {
                linotp::answered(answer)?;
                token.answered.clone_from(&self.session);
            }
            _ => {}
        }
        Ok(())
    }
}

impl fmt::Debug for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answered").field("account", &self.name).field("errand", &self.errand).finish_non_exhaustive()
    }
}
