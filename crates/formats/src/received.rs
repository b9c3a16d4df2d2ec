//! The way from a code to digits: the code is read, its content is shown and approved, then there are digits. There is no other way.

use camtoken_core::language::Label;

use crate::account::{Account, AccountName, Accounts, Kind};
use crate::errand::Errand;
use crate::foreign::Foreign;
use crate::hhd;
use crate::introduction::{Fetch, Introduction, New, named};
#[cfg(feature = "linotp")]
use crate::linotp;
use crate::login::{Asked, Choice, Login};
use crate::ocra::OcraQuestion;
use crate::otp::Otp;
use crate::otpauth::{Migration, OtpauthUri};
#[cfg(feature = "powerauth")]
use crate::powerauth;
use crate::refusal::Refusal;
use crate::rules::Rules;
use crate::shown::{NO_TRANSACTION, Row, Shown, labels};
use crate::tiqr;
#[cfg(feature = "linotp")]
use crate::url::WebUrl;

/// The next step after a code.
#[derive(Debug)]
#[non_exhaustive]
pub enum Received {
    /// Data has to be fetched before the content can be shown whole.
    Fetch(Fetch),
    /// New accounts.
    Introduction(Introduction),
    /// A question to an account.
    Login(Login),
    /// A content that is shown and not answered.
    Notice(Shown),
}

impl Accounts {
    /// Finds the next step after a code. Nothing is answered yet.
    ///
    /// # Errors
    ///
    /// A [`Refusal`]: the code is not well formed, of a format that is not supported, names a host that is not allowed, or is for an
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
            #[cfg(feature = "linotp")]
            Foreign::LinotpPairing(code) => self.linotp_pairing(code, rules),
            #[cfg(feature = "linotp")]
            Foreign::LinotpChallenge(code) => self.linotp_challenge(&code, rules),
            #[cfg(not(feature = "linotp"))]
            Foreign::LinotpPairing(_) | Foreign::LinotpChallenge(_) => Err(Refusal::NotBuiltIn { format: "linotp" }),
            #[cfg(feature = "powerauth")]
            Foreign::PowerAuth(operation) => self.power_auth(operation),
            #[cfg(not(feature = "powerauth"))]
            Foreign::PowerAuth(_) => Err(Refusal::NotBuiltIn { format: "powerauth" }),
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
        let identity = |account: &Account| match &account.kind {
            Kind::Tiqr(it)
                if account.name.issuer == code.provider
                    && code.user.as_ref().is_none_or(|user| *user == account.name.user) =>
            {
                Some(tiqr_choice(&account.name, it, &code, rules))
            }
            _ => None,
        };
        let (choices, refusals): (Vec<_>, Vec<_>) = self.iter().filter_map(identity).partition(Result::is_ok);
        let choices: Vec<_> = choices.into_iter().flatten().collect();
        if choices.is_empty() {
            // Of several refusals, that of the account that came furthest.
            let furthest = refusals.into_iter().filter_map(Result::err).max_by_key(|refusal| match refusal {
                Refusal::Blocked => 0,
                Refusal::Answered => 1,
                _ => 2,
            });
            return Err(furthest.unwrap_or(Refusal::NoAccount { issuer: code.provider }));
        }
        let mut question = Shown::new(labels::LOG_IN).warned(NO_TRANSACTION);
        if let Some(service) = &code.service {
            question = question.row("service", labels::SERVICE, service);
        }
        Ok(Received::Login(Login::among(question, choices, Asked::Tiqr(Box::new(code)))))
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
        } else if let Some(number) = opened.callback_sms.as_ref().or(token.callback_sms.as_ref()) {
            shown = shown.row("sms", labels::HOST, number);
        }
        Ok(Received::Login(Login::new(shown, &name, Asked::Linotp(Box::new(opened)))))
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
        let choice = |name: AccountName| Choice { rows: vec![Row::new("user", labels::USER, &name.user)], name };
        let choices: Vec<_> = devices.filter(|(_, verifies)| *verifies).map(|(name, _)| choice(name)).collect();
        if choices.is_empty() {
            return Err(Refusal::Seal);
        }
        let shown = shown_operation(&operation);
        Ok(Received::Login(Login::among(shown, choices, Asked::PowerAuth(Box::new(operation)))))
    }
}

/// What an identity would answer with: its own provider and host. What it cannot answer, it refuses.
fn tiqr_choice(
    name: &AccountName,
    identity: &tiqr::Identity,
    code: &tiqr::LoginCode,
    rules: &Rules,
) -> Result<Choice, Refusal> {
    if identity.blocked {
        return Err(Refusal::Blocked);
    }
    if identity.answered.as_ref() == Some(&code.session) {
        return Err(Refusal::Answered);
    }
    rules.check(&identity.authentication_url)?;
    let rows = vec![
        Row::new("provider", labels::PROVIDER, named(&identity.provider_name, &name.issuer)),
        Row::new("host", labels::HOST, identity.authentication_url.host_shown()),
        Row::new("user", labels::USER, &name.user),
    ];
    Ok(Choice { name: name.clone(), rows })
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
