//! From a code to what is shown, and from there, once approved, to digits: there is no other way.

use camtoken_core::language::{Label, Language};
use camtoken_oath::{Key, Timestamp};
use rand::CryptoRng;
use zeroize::Zeroizing;

use crate::account::{Account, AccountName, Accounts, Kind};
use crate::errand::{Answer, Errand};
use crate::foreign::Foreign;
use crate::hhd;
use crate::linotp;
use crate::ocra::OcraQuestion;
use crate::otp::Otp;
use crate::otpauth::{Migration, OtpauthUri};
use crate::powerauth;
use crate::refusal::Refusal;
use crate::secret::Secret;
use crate::shown::{NO_TRANSACTION, Shown, labels};
use crate::tiqr;
use crate::url::WebUrl;

/// What a token does with codes of others.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// The only hosts that a code may lead to, as tiqr's apps have `enforceChallengeHosts`: `bank.example` with the usual port of the
    /// address's scheme, `bank.example:8443` with this one, `.bank.example` for every host below. `None` allows every host.
    pub hosts: Option<Vec<String>>,
}

impl Rules {
    /// Whether a code may lead to this address.
    #[must_use]
    pub fn allows(&self, url: &WebUrl) -> bool {
        let usual = if url.is_https() { 443 } else { 80 };
        let port = url.port().unwrap_or(usual);
        let allowed = |entry: &String| {
            let entry = entry.to_ascii_lowercase();
            // The last colon of an IPv6 address stands within its brackets.
            let (name, its_port) = match entry.rsplit_once(':') {
                Some((name, digits)) if !digits.contains(']') => (name, digits.parse().ok()),
                _ => (entry.as_str(), Some(usual)),
            };
            let below = name.starts_with('.') && url.host().ends_with(name);
            its_port == Some(port) && (url.host() == name || below)
        };
        self.hosts.as_ref().is_none_or(|hosts| hosts.iter().any(allowed))
    }

    fn check(&self, url: &WebUrl) -> Result<(), Refusal> {
        if self.allows(url) { Ok(()) } else { Err(Refusal::Host { host: url.authority() }) }
    }

    fn check_form(&self, form: &tiqr::CodeForm) -> Result<(), Refusal> {
        if let tiqr::CodeForm::Link { base } = form { self.check(base) } else { Ok(()) }
    }
}

/// What a code leads to.
#[derive(Debug)]
#[non_exhaustive]
pub enum Received {
    /// Something has to be fetched before it can be shown whole.
    Fetch(Fetch),
    /// New accounts.
    Introduction(Introduction),
    /// A question to an account.
    Login(Login),
    /// Something to be shown, which is not answered.
    Notice(Shown),
}

/// An address to be fetched: what a registration by tiqr is about.
#[derive(Debug)]
pub struct Fetch {
    shown: Shown,
    errand: Errand,
    rules: Rules,
}

/// New accounts, to be shown and approved.
#[derive(Debug)]
pub struct Introduction {
    shown: Shown,
    names: Vec<AccountName>,
    new: New,
}

#[derive(Debug)]
enum New {
    Otp(Vec<Otp>),
    Tiqr(Box<tiqr::Metadata>),
    #[cfg(feature = "linotp")]
    Linotp(linotp::PairingCode),
}

/// Accounts that were approved, and what the server has to be told before they are kept.
#[derive(Debug)]
#[must_use]
pub struct Enrolment {
    accounts: Vec<Account>,
    errand: Option<Errand>,
}

/// A question to an account, to be shown and approved.
#[derive(Debug)]
pub struct Login {
    shown: Shown,
    choices: Vec<AccountName>,
    chosen: Option<AccountName>,
    asked: Asked,
}

#[derive(Debug)]
enum Asked {
    Otp,
    Ocra(OcraQuestion),
    Tiqr(tiqr::LoginCode),
    #[cfg(feature = "linotp")]
    Linotp(Box<linotp::Opened>),
    #[cfg(feature = "powerauth")]
    PowerAuth(Box<powerauth::Operation>),
}

/// An answer: digits to be typed, and what can be sent instead.
#[must_use]
pub struct Answered {
    name: AccountName,
    response: Zeroizing<String>,
    errand: Option<Errand>,
    session: Option<String>,
}

impl Accounts {
    /// Says what a code leads to. Nothing is answered yet.
    ///
    /// # Errors
    ///
    /// A [`Refusal`]: the code is not well formed, of a format that is not read, leads to a host that is not allowed, or is for an
    /// account that the token does not have.
    pub fn receive(&self, code: Foreign, rules: &Rules) -> Result<Received, Refusal> {
        match code {
            Foreign::Otpauth(uri) => self.introduce_otp(vec![uri]),
            Foreign::Migration(Migration { accounts, .. }) => self.introduce_otp(accounts),
            Foreign::Steam(steam) => {
                let name = AccountName::new(&steam.issuer, &steam.account);
                self.introduce(shown_otp(&[&name]), vec![name], New::Otp(vec![Otp::from_steam(steam)]))
            }
            Foreign::TiqrEnrolment(code) => fetch(code, rules.clone()).map(Received::Fetch),
            Foreign::TiqrLogin(code) => self.tiqr_login(code, rules),
            Foreign::LinotpPairing(code) => self.linotp_pairing(code, rules),
            Foreign::LinotpChallenge(code) => self.linotp_challenge(&code, rules),
            Foreign::PowerAuth(operation) => self.power_auth(operation),
            Foreign::Hhd(challenge) => Ok(Received::Notice(shown_hhd(&challenge))),
            Foreign::Known { format, reason } => Err(Refusal::NotRead { format, reason }),
            Foreign::Link(_) => Err(Refusal::Nothing { format: "link" }),
            Foreign::Text => Err(Refusal::Nothing { format: "text" }),
        }
    }

    /// Asks an account for its one-time password.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoAccount`], also for an account of another kind.
    pub fn ask(&self, name: &AccountName) -> Result<Login, Refusal> {
        match self.get(name).map(|account| &account.kind) {
            Some(Kind::Otp(_)) => Ok(Login::new(Shown::new(labels::PASSWORD).warned(NO_TRANSACTION), name, Asked::Otp)),
            _ => Err(Refusal::NoAccount { issuer: name.issuer.clone() }),
        }
    }

    /// Puts a question to an account for OCRA. A text that the token itself hashes is shown, a question that came as it is has
    /// nothing to show but itself.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoAccount`], also for an account of another kind.
    pub fn ask_ocra(&self, name: &AccountName, question: OcraQuestion) -> Result<Login, Refusal> {
        let Some(Kind::Ocra(_)) = self.get(name).map(|account| &account.kind) else {
            return Err(Refusal::NoAccount { issuer: name.issuer.clone() });
        };
        let shown = match &question.text {
            Some(text) => Shown::new(labels::SIGN).row("message", labels::MESSAGE, text),
            None => {
                Shown::new(labels::LOG_IN).warned(NO_TRANSACTION).row("question", labels::QUESTION, &question.question)
            }
        };
        Ok(Login::new(shown, name, Asked::Ocra(question)))
    }

    fn introduce_otp(&self, uris: Vec<OtpauthUri>) -> Result<Received, Refusal> {
        let name = |uri: &OtpauthUri| AccountName::new(uri.issuer.as_deref().unwrap_or_default(), &uri.account);
        let names: Vec<_> = uris.iter().map(name).collect();
        let shown = shown_otp(&names.iter().collect::<Vec<_>>());
        self.introduce(shown, names, New::Otp(uris.into_iter().map(Otp::from_uri).collect()))
    }

    fn introduce(&self, shown: Shown, names: Vec<AccountName>, new: New) -> Result<Received, Refusal> {
        self.has_room(&names.iter().collect::<Vec<_>>())?;
        Ok(Received::Introduction(Introduction { shown, names, new }))
    }

    fn tiqr_login(&self, code: tiqr::LoginCode, rules: &Rules) -> Result<Received, Refusal> {
        rules.check_form(&code.form)?;
        let identity = |account: &&Account| match &account.kind {
            Kind::Tiqr(_) => {
                account.name.issuer == code.provider && code.user.as_ref().is_none_or(|user| *user == account.name.user)
            }
            _ => false,
        };
        let found: Vec<_> = self.iter().filter(identity).collect();
        let Some(Kind::Tiqr(first)) = found.first().map(|account| &account.kind) else {
            return Err(Refusal::NoAccount { issuer: code.provider });
        };
        let usable = |account: &&&Account| match &account.kind {
            Kind::Tiqr(it) => !it.blocked && it.answered.as_ref() != Some(&code.session),
            _ => false,
        };
        let choices: Vec<_> = found.iter().filter(usable).map(|account| account.name.clone()).collect();
        if choices.is_empty() {
            let all_blocked = found.iter().all(|account| account.is_blocked());
            return Err(if all_blocked { Refusal::Blocked } else { Refusal::Answered });
        }
        rules.check(&first.authentication_url)?;
        let mut shown = Shown::new(labels::LOG_IN).warned(NO_TRANSACTION);
        if let Some(service) = &code.service {
            shown = shown.row("service", labels::SERVICE, service);
        }
        shown = shown.row("provider", labels::PROVIDER, named(&first.provider_name, &code.provider)).row(
            "host",
            labels::HOST,
            first.authentication_url.host_shown(),
        );
        let mut login = Login { shown, choices, chosen: None, asked: Asked::Tiqr(code) };
        if let [only] = &login.choices[..] {
            let user = only.user.clone();
            login.choose(&user)?;
        }
        Ok(Received::Login(login))
    }

    #[cfg(not(feature = "linotp"))]
    #[expect(clippy::unused_self, clippy::needless_pass_by_value, reason = "as with the feature")]
    fn linotp_pairing(&self, _: linotp::PairingCode, _: &Rules) -> Result<Received, Refusal> {
        Err(Refusal::NotBuiltIn { format: "linotp" })
    }

    #[cfg(not(feature = "linotp"))]
    #[expect(clippy::unused_self, reason = "as with the feature")]
    fn linotp_challenge(&self, _: &linotp::ChallengeCode, _: &Rules) -> Result<Received, Refusal> {
        Err(Refusal::NotBuiltIn { format: "linotp" })
    }

    #[cfg(feature = "linotp")]
    fn linotp_pairing(&self, code: linotp::PairingCode, rules: &Rules) -> Result<Received, Refusal> {
        let serial = code.serial.clone().unwrap_or_default();
        let mut shown = Shown::new(labels::REGISTER).row("service", labels::SERVICE, "LinOTP");
        shown = shown.row("user", labels::USER, &serial);
        if let Some(url) = &code.callback_url {
            rules.check(url)?;
            shown = shown.row("host", labels::HOST, url.host_shown());
        }
        if let Some(number) = &code.callback_sms {
            shown = shown.row("sms", labels::HOST, number);
        }
        let issuer = code.callback_url.as_ref().map_or("LinOTP", WebUrl::host);
        let name = AccountName::new(issuer, &serial);
        self.introduce(shown, vec![name], New::Linotp(code))
    }

    #[cfg(feature = "linotp")]
    fn linotp_challenge(&self, code: &linotp::ChallengeCode, rules: &Rules) -> Result<Received, Refusal> {
        let token = |account: &Account| match &account.kind {
            Kind::Linotp(token) if token.token_id == code.token_id => Some((account.name.clone(), token.open(code))),
            _ => None,
        };
        let mut opened: Vec<_> = self.iter().filter_map(token).collect();
        let place = opened.iter().position(|(_, opened)| opened.is_ok()).unwrap_or(0);
        if opened.is_empty() {
            return Err(Refusal::NoAccount { issuer: "LinOTP".to_owned() });
        }
        let (name, opened) = opened.swap_remove(place);
        let opened = opened.map_err(|error| match error {
            linotp::OpenError::Seal | linotp::OpenError::Signature => Refusal::Seal,
            error => Refusal::malformed("lseqr", "sealed text", error),
        })?;
        let Some(Kind::Linotp(token)) = self.get(&name).map(|account| &account.kind) else { return Err(Refusal::Seal) };
        if token.answered.as_ref() == Some(&opened.transaction) {
            return Err(Refusal::Answered);
        }
        if opened.content == linotp::Content::Pairing && opened.message != token.serial {
            return Err(Refusal::Seal);
        }
        let title = match opened.content {
            linotp::Content::Pairing => labels::REGISTER,
            linotp::Content::Login => labels::LOG_IN,
            linotp::Content::Free => labels::SIGN,
        };
        let mut shown = Shown::new(title).row("message", labels::MESSAGE, &opened.message);
        if let Some(url) = opened.callback_url.as_ref().or(token.callback_url.as_ref()) {
            rules.check(url)?;
            shown = shown.row("host", labels::HOST, url.host_shown());
        }
        Ok(Received::Login(Login::new(shown, &name, Asked::Linotp(Box::new(opened)))))
    }

    #[cfg(not(feature = "powerauth"))]
    #[expect(clippy::unused_self, clippy::needless_pass_by_value, reason = "as with the feature")]
    fn power_auth(&self, _: powerauth::Operation) -> Result<Received, Refusal> {
        Err(Refusal::NotBuiltIn { format: "powerauth" })
    }

    #[cfg(feature = "powerauth")]
    fn power_auth(&self, operation: powerauth::Operation) -> Result<Received, Refusal> {
        let verifies = |account: &Account| match &account.kind {
            Kind::PowerAuth(device) => Some((account.name.clone(), device.verifies(&operation))),
            _ => None,
        };
        let mut devices = self.iter().filter_map(verifies).peekable();
        if devices.peek().is_none() {
            return Err(Refusal::NoAccount { issuer: "PowerAuth".to_owned() });
        }
        let choices: Vec<_> = devices.filter(|(_, verifies)| *verifies).map(|(name, _)| name).collect();
        if choices.is_empty() {
            return Err(Refusal::Seal);
        }
        let shown = shown_operation(&operation);
        let mut login = Login { shown, choices, chosen: None, asked: Asked::PowerAuth(Box::new(operation)) };
        if let [only] = &login.choices[..] {
            let user = only.user.clone();
            login.choose(&user)?;
        }
        Ok(Received::Login(login))
    }

    #[cfg(feature = "linotp")]
    fn new_token_id(&self, rng: &mut impl CryptoRng) -> u32 {
        loop {
            let id = rng.next_u32();
            let taken = |account: &Account| matches!(&account.kind, Kind::Linotp(token) if token.token_id == id);
            if !self.iter().any(taken) {
                return id;
            }
        }
    }
}

/// How somebody calls himself, and what he is registered as.
fn named(name: &str, identifier: &str) -> String {
    if name.is_empty() || name == identifier { identifier.to_owned() } else { format!("{name} ({identifier})") }
}

fn shown_otp(names: &[&AccountName]) -> Shown {
    names.iter().fold(Shown::new(labels::REGISTER).warned(NO_TRANSACTION), |shown, name| {
        shown.row("service", labels::SERVICE, &name.issuer).row("user", labels::USER, &name.user)
    })
}

fn shown_hhd(challenge: &hhd::Challenge) -> Shown {
    const ONLY_SHOWN: Label =
        Label { ja: "このトークンでは回答できません", en: "Shown only: the bank card answers" };
    let title = Label { ja: "chipTANの表示", en: "chipTAN challenge" };
    let start = Label { ja: "スタートコード", en: "Start code" };
    let element = Label { ja: "データ", en: "Data" };
    let shown = Shown::new(title).warned(ONLY_SHOWN).row("startCode", start, challenge.start_code());
    challenge.elements().iter().fold(shown, |shown, value| shown.row("dataElement", element, value))
}

#[cfg(feature = "powerauth")]
fn shown_operation(operation: &powerauth::Operation) -> Shown {
    const FRAUD: Label = Label { ja: "不正取引のおそれがあります", en: "The bank suspects fraud" };
    let title = Label { ja: "件名", en: "Title" };
    let (implied_title, implied_message) = match operation.data.template {
        1 => ("Payment", "Please confirm this payment"),
        2 => ("Login request", "Please confirm login into internet banking."),
        _ => ("", ""),
    };
    let or = |said: &str, implied: &str| if said.is_empty() { implied.to_owned() } else { said.to_owned() };
    let mut shown = Shown::new(labels::SIGN);
    if operation.flags.contains('F') {
        shown = shown.warned(FRAUD);
    } else if operation.data.fields.is_empty() {
        shown = shown.warned(NO_TRANSACTION);
    }
    shown = shown.row("title", title, or(&operation.title, implied_title)).row(
        "message",
        labels::MESSAGE,
        or(&operation.message, implied_message),
    );
    operation.data.fields.iter().map(powerauth::Field::row).fold(shown, |shown, (role, label, value)| {
        // A line break in a field is a line of its own, as in a message.
        let role = if value.contains('\n') { "message" } else { role };
        shown.row(role, label, value)
    })
}

fn fetch(code: tiqr::EnrolmentCode, rules: Rules) -> Result<Fetch, Refusal> {
    rules.check_form(&code.form)?;
    rules.check(&code.metadata_url)?;
    let shown =
        Shown::new(labels::REGISTER).warned(NO_TRANSACTION).row("host", labels::HOST, code.metadata_url.host_shown());
    Ok(Fetch { shown, errand: Errand::Http(tiqr::fetch(code.metadata_url)), rules })
}

impl Fetch {
    /// What is known before: the host.
    #[must_use]
    pub const fn shown(&self) -> &Shown {
        &self.shown
    }

    /// What has to be fetched. Such an address is good once.
    #[must_use]
    pub const fn errand(&self) -> &Errand {
        &self.errand
    }

    /// Takes what was fetched.
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
    /// What is shown before the accounts are approved.
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

    /// Approves: draws keys where the token draws them. `pin` hides the secret of an account that takes one; without it the secret is
    /// kept in clear. `language` is what tiqr's servers are told.
    ///
    /// # Errors
    ///
    /// [`Refusal::Pin`]; [`Refusal::Seal`] when the server's key of a pairing is none.
    pub fn approve(
        self,
        accounts: &Accounts,
        pin: Option<&str>,
        language: Language,
        rng: &mut impl CryptoRng,
    ) -> Result<Enrolment, Refusal> {
        let mut names = self.names.into_iter();
        let mut name = || names.next().expect("a name for each account");
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
                let errand = tiqr::register(metadata.enrollment_url().map_err(wrong)?, &key, language.as_str());
                let account = Account { name: name(), kind: Kind::Tiqr(identity) };
                Ok(Enrolment { accounts: vec![account], errand: Some(Errand::Http(errand)) })
            }
            #[cfg(feature = "linotp")]
            New::Linotp(code) => {
                let id = accounts.new_token_id(rng);
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
    /// What has to be sent before the accounts are kept; `None` if nothing has to.
    #[must_use]
    pub const fn errand(&self) -> Option<&Errand> {
        self.errand.as_ref()
    }

    /// Hands the server's answer back, and gives the accounts to be kept.
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

    /// Gives the accounts to be kept where no answer comes: nothing has to be sent, or a text message was.
    ///
    /// # Errors
    ///
    /// The enrolment itself, where a server's answer is wanted.
    pub fn keep(self) -> Result<Vec<Account>, Box<Self>> {
        if matches!(self.errand, Some(Errand::Http(_))) { Err(Box::new(self)) } else { Ok(self.accounts) }
    }
}

impl Login {
    fn new(shown: Shown, name: &AccountName, asked: Asked) -> Self {
        let shown = shown.row("service", labels::SERVICE, &name.issuer).row("user", labels::USER, &name.user);
        Self { shown, choices: vec![name.clone()], chosen: Some(name.clone()), asked }
    }

    /// What is shown before anything is answered.
    #[must_use]
    pub const fn shown(&self) -> &Shown {
        &self.shown
    }

    /// The accounts that can answer. Where there are several, one has to be chosen.
    #[must_use]
    pub fn choices(&self) -> &[AccountName] {
        &self.choices
    }

    /// The account that will answer, once it is known.
    #[must_use]
    pub const fn account(&self) -> Option<&AccountName> {
        self.chosen.as_ref()
    }

    /// Chooses the account of this user.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoAccount`] unless it is among the [`choices`](Self::choices).
    pub fn choose(&mut self, user: &str) -> Result<(), Refusal> {
        let found = self.choices.iter().find(|name| name.user == user).cloned();
        let name = found.ok_or_else(|| Refusal::NoAccount { issuer: self.choices[0].issuer.clone() })?;
        self.shown.rows.retain(|row| row.role != "user");
        self.shown =
            std::mem::replace(&mut self.shown, Shown::new(labels::LOG_IN)).row("user", labels::USER, &name.user);
        self.chosen = Some(name);
        Ok(())
    }

    /// Approves, and answers.
    ///
    /// A counter has moved in `accounts` by then: **write them down before the response is given out**, or a crash lets the same password
    /// come twice. A wrong PIN gives a wrong response where the secret is hidden by it; only the server can tell.
    ///
    /// # Errors
    ///
    /// [`Refusal::Choice`] before one of several accounts was chosen, [`Refusal::Pin`], [`Refusal::NoAccount`] when the account is gone,
    /// [`Refusal::Malformed`] when the question does not fit the account's suite.
    pub fn approve(
        self,
        accounts: &mut Accounts,
        pin: Option<&str>,
        now: Timestamp,
        language: Language,
    ) -> Result<Answered, Refusal> {
        let Some(name) = self.chosen else { return Err(Refusal::Choice { count: self.choices.len() }) };
        let account = accounts.get_mut(&name)?;
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

    /// What a person types: digits, or what the format has instead.
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

    /// What can be sent in place of typing.
    #[must_use]
    pub const fn errand(&self) -> Option<&Errand> {
        self.errand.as_ref()
    }

    /// Hands the server's answer back: the account remembers what it has answered, and whether it is blocked.
    ///
    /// # Errors
    ///
    /// [`Refusal::Server`] with the server's word, [`Refusal::Blocked`]. The same code may be answered again then, with the right PIN.
    pub fn report(&self, accounts: &mut Accounts, answer: &Answer) -> Result<(), Refusal> {
        match &mut accounts.get_mut(&self.name)?.kind {
            Kind::Tiqr(identity) => {
                let read = tiqr::read_login(answer);
                let none_left = matches!(&read, Err(Refusal::Server { attempts_left: Some(0), .. }));
                identity.blocked = none_left || matches!(&read, Err(Refusal::Blocked));
                read?;
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

impl std::fmt::Debug for Answered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answered").field("account", &self.name).field("errand", &self.errand).finish_non_exhaustive()
    }
}
