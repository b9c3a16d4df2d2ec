//! Persons that act under a contract, and the bank's own.

use base16ct::lower;
use camtoken::Timestamp;
use camtoken::key::{ActivationId, TokenId};
use camtoken::time::Date;
use camtoken::transaction::Operation;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::browsers::Browsers;
use super::calendar::first_otp_last_day;
use super::credential::Credential;
pub use super::held::Held;
use super::permit::Permit;

/// The role of a person in the company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// 管理者: at most two of a contract.
    Administrator,
    /// 利用者
    User,
}

/// A menu that is open to a user or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Menu {
    /// 残高・入出金明細の照会
    Inquiry,
    /// 振込・振替
    Transfer,
    /// 総合振込
    Bulk,
    /// 給与・賞与振込
    Payroll,
    /// ペイジー
    PayEasy,
    /// 仕向送金
    Remittance,
    /// 振込先の登録
    Payees,
}

impl Menu {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Inquiry, Self::Transfer, Self::Bulk, Self::Payroll, Self::PayEasy, Self::Remittance, Self::Payees];

    /// Its name in a form and in the names of its texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inquiry => "inquiry",
            Self::Transfer => "transfer",
            Self::Bulk => "bulk",
            Self::Payroll => "payroll",
            Self::PayEasy => "pay-easy",
            Self::Remittance => "remittance",
            Self::Payees => "payees",
        }
    }
}

/// The most administrators of one contract.
pub const MAX_ADMINISTRATORS: usize = 2;

/// A person under a contract.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Person {
    /// 契約番号
    pub contract: String,
    /// ユーザーID, at most ten characters; a token shows it.
    pub user: String,
    /// ログインID, for a service that asks for it.
    pub login_id: Option<String>,
    /// For people.
    pub name: String,
    /// Where mail goes.
    pub mail: String,
    /// Administrator or user.
    pub role: Role,
    /// ログインパスワード
    pub login: Credential,
    /// 取引実行パスワード
    pub transaction: Credential,
    /// 初回OTP利用開始登録用パスワード: administrators only, until it is used.
    pub first_otp: Option<Credential>,
    /// The first-OTP password that opened the registration, kept until the token has signed: a registration that is
    /// initialised before that was none, and the password opens the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_otp_used: Option<Credential>,
    /// The day from which its days count: that of the registration's completion, or of a letter with a new one.
    pub first_otp_from: Option<String>,
    /// 証明書取得用パスワード: under login method 3, until a certificate has been shown at a login.
    #[serde(default)]
    pub certificate: Option<Credential>,
    /// The last day of a certificate that this person has signed for and not fetched yet.
    #[serde(default)]
    pub certificate_until: Option<String>,
    /// The token that was handed to this person.
    pub token: Option<String>,
    /// The activation at the verifier, from the first code on.
    pub activation: Option<String>,
    /// Whether the bank has seen the registration's last response.
    pub registered: bool,
    /// When that was, seconds since 1970; nothing for a registration from before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered_at: Option<u64>,
    /// Taken out of service by an administrator or by the bank.
    pub suspended: bool,
    /// Stopped by the person at once, seconds since 1970: the bank alone takes them back into service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<u64>,
    /// The activation of the time-based generator, for a person who gave the camera token back.
    #[serde(default)]
    pub generator: Option<String>,
    /// The last mail to this person could not be delivered.
    #[serde(default)]
    pub mail_failed: bool,
    /// The menus that an administrator has closed to this person.
    #[serde(default)]
    pub closed: Vec<Menu>,
    /// The keys of the accounts that are closed to a user: they are shown nowhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed_accounts: Vec<String>,
    /// The former user IDs of this person. They stay reserved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formerly: Vec<String>,
    /// The browsers in which this person has been. Wrong login passwords are counted for each of them by itself.
    #[serde(default, skip_serializing_if = "Browsers::are_unknown")]
    pub browsers: Browsers,
    /// Logs in by passkey alone: the login password opens nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub passkey_only: bool,
    /// The permission to add a passkey, from the signature until it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passkey_permit: Option<Permit>,
    /// The last login, seconds since 1970.
    pub last_login: Option<u64>,
    /// The one before it, which is what a person in session wants to know.
    pub login_before: Option<u64>,
}

/// Whom a login ID leads to: of all contracts, one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginId {
    /// The ID.
    pub id: String,
    /// 契約番号
    pub contract: String,
    /// ユーザーID
    pub user: String,
}

/// Why a first-OTP password does not open a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstOtp {
    /// It may be tried.
    Open,
    /// It has been used, or never was.
    None,
    /// Its days are over.
    Over,
}

impl Person {
    /// A person with two passwords and nothing else yet.
    #[must_use]
    pub fn new(contract: String, user: String, role: Role, login: Credential, transaction: Credential) -> Self {
        Self {
            contract,
            user,
            login_id: None,
            name: String::new(),
            mail: String::new(),
            role,
            login,
            transaction,
            first_otp: None,
            first_otp_used: None,
            first_otp_from: None,
            certificate: None,
            certificate_until: None,
            token: None,
            activation: None,
            registered: false,
            registered_at: None,
            suspended: false,
            stopped: None,
            generator: None,
            mail_failed: false,
            closed: Vec::new(),
            closed_accounts: Vec::new(),
            formerly: Vec::new(),
            browsers: Browsers::default(),
            passkey_only: false,
            passkey_permit: None,
            last_login: None,
            login_before: None,
        }
    }

    /// This record in the place of one that has gone on meanwhile: what changes by itself, and every credential, as it is now.
    #[must_use]
    pub fn in_place_of(self, now: &Self) -> Self {
        Self {
            login: now.login.clone(),
            transaction: now.transaction.clone(),
            first_otp: now.first_otp.clone(),
            first_otp_used: now.first_otp_used.clone(),
            certificate: now.certificate.clone(),
            browsers: now.browsers.clone(),
            registered_at: now.registered_at,
            passkey_permit: now.passkey_permit.clone(),
            last_login: now.last_login,
            login_before: now.login_before,
            mail_failed: now.mail_failed && now.mail == self.mail,
            ..self
        }
    }

    /// Whether a menu is open to this person. Administrators manage themselves, so nothing is closed to them.
    #[must_use]
    pub fn may(&self, menu: Menu) -> bool {
        self.is_administrator() || !self.closed.contains(&menu)
    }

    /// Whether an account is shown to this person, who may then also pay from it. Administrators see every account.
    #[must_use]
    pub fn sees(&self, account: &str) -> bool {
        self.is_administrator() || !self.closed_accounts.iter().any(|closed| closed == account)
    }

    /// Whether this person has or had a user ID.
    #[must_use]
    pub fn is_called(&self, user: &str) -> bool {
        self.user == user || self.formerly.iter().any(|former| former == user)
    }

    /// This person with another user ID, under which they are found from now on.
    #[must_use]
    pub fn renamed(&self, user: &str) -> Self {
        let mut person = Self { user: user.to_owned(), ..self.clone() };
        person.formerly.retain(|former| former != user);
        person.formerly.push(self.user.clone());
        person
    }

    /// Whether this person may sign for an operation: also when it was ordered before the menu was closed to them.
    #[must_use]
    pub fn may_sign(&self, operation: Operation) -> bool {
        match operation {
            Operation::Transfer => self.may(Menu::Transfer),
            Operation::Bulk => self.may(Menu::Bulk),
            Operation::Payroll => self.may(Menu::Payroll),
            Operation::PayEasy => self.may(Menu::PayEasy),
            Operation::Remittance => self.may(Menu::Remittance),
            Operation::PayeeRegistration => self.may(Menu::Payees),
            Operation::UserManagement | Operation::LimitChange | Operation::TokenRevocation => self.is_administrator(),
            _ => true,
        }
    }

    /// The input of the hash of a person's record in a user-management transaction: the record as the database would have it,
    /// without the parts that change by themselves.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut person = self.clone();
        (person.last_login, person.login_before, person.mail_failed) = (None, None, false);
        (person.browsers, person.passkey_permit, person.registered_at) = (Browsers::default(), None, None);
        let passwords = [Some(&mut person.login), Some(&mut person.transaction), person.first_otp.as_mut()];
        for credential in passwords.into_iter().chain([person.certificate.as_mut(), person.first_otp_used.as_mut()]) {
            credential.into_iter().for_each(|credential| credential.wrong = 0);
        }
        lower::encode_string(&Sha256::digest(serde_json::to_vec(&person).expect("a person is plain data")))
    }

    /// Takes this person out of service, or back with all their credentials.
    pub fn put_in_service(&mut self, in_service: bool) {
        (self.suspended, self.passkey_permit) = (!in_service, None);
        if in_service {
            self.stopped = None;
            self.login.resume();
            self.transaction.resume();
            let words = self.first_otp.iter_mut().chain(&mut self.first_otp_used).chain(&mut self.certificate);
            words.for_each(Credential::resume);
            self.browsers.resume();
        }
    }

    /// What of this person is suspended, as far as the database knows. One-time passwords are counted by the verifier.
    #[must_use]
    pub fn held(&self) -> Vec<Held> {
        let is_held = |credential: &Option<Credential>| credential.as_ref().is_some_and(|known| known.suspended);
        let first_otp = is_held(&self.first_otp) || is_held(&self.first_otp_used);
        [
            (self.suspended, Held::Service),
            (self.login.suspended, Held::Login),
            (self.transaction.suspended, Held::Transaction),
            (first_otp, Held::FirstOtp),
            (is_held(&self.certificate), Held::Certificate),
        ]
        .into_iter()
        .filter_map(|(is_held, what)| is_held.then_some(what))
        .collect()
    }

    /// Whether this person gave the camera token back, and has a generator instead.
    #[must_use]
    pub fn gave_back(&self) -> bool {
        self.generator.is_some() && self.token.is_none()
    }

    /// The key under which the database keeps a person.
    #[must_use]
    pub fn key(contract: &str, user: &str) -> String {
        format!("{contract}/{user}")
    }

    /// Whether this is an administrator.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        self.role == Role::Administrator
    }

    /// Whether this person may use the bank at all.
    #[must_use]
    pub fn is_in_service(&self) -> bool {
        !self.suspended && (!self.login.suspended || self.browsers.are_open())
    }

    /// The activation, once there is one.
    #[must_use]
    pub fn activation(&self) -> Option<ActivationId> {
        self.activation.as_ref()?.parse().ok()
    }

    /// The activation of the time-based generator, if there is one.
    #[must_use]
    pub fn generator(&self) -> Option<ActivationId> {
        self.generator.as_ref()?.parse().ok()
    }

    /// All that the verifier has of this person: a person who registers a token again may still have a generator.
    pub fn activations(&self) -> impl Iterator<Item = ActivationId> {
        self.activation().into_iter().chain(self.generator())
    }

    /// The activation that signs, once the registration is complete.
    #[must_use]
    pub fn signs(&self) -> Option<ActivationId> {
        self.activation().filter(|_| self.registered)
    }

    /// The token in this person's hands.
    #[must_use]
    pub fn token_id(&self) -> Option<TokenId> {
        self.token.as_ref()?.parse().ok()
    }

    /// The last day on which the first-OTP password is taken, while there is one.
    #[must_use]
    pub fn first_otp_until(&self) -> Option<Date> {
        let from = self.first_otp_from.as_ref().filter(|_| self.first_otp.is_some())?;
        from.parse().ok().map(first_otp_last_day)
    }

    /// Whether the first-OTP password may be tried today: 90 days from the completion of the registration, once.
    #[must_use]
    pub fn first_otp(&self, today: Date) -> FirstOtp {
        match self.first_otp_until() {
            None => FirstOtp::None,
            Some(until) if today > until => FirstOtp::Over,
            Some(_) => FirstOtp::Open,
        }
    }

    /// The last login.
    #[must_use]
    pub fn last_login(&self) -> Option<Timestamp> {
        self.last_login.map(Timestamp::from_unix)
    }
}

/// Whether a person can have this user ID: a token has ten columns for it.
#[must_use]
pub fn is_user_id(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    (1..=10).contains(&text.len()) && text.bytes().all(is_letter)
}

/// Whether a text can be a login ID: 6 to 30 small letters, digits and hyphens, beginning with a letter.
#[must_use]
pub fn is_login_id(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (6..=30).contains(&text.len())
        && text.bytes().all(is_letter)
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
}

/// Whether mail can go there: an address of ASCII without spaces, with a name and a host.
#[must_use]
pub fn is_mail(text: &str) -> bool {
    let (local, host) = text.split_once('@').unwrap_or_default();
    let (name, top) = host.rsplit_once('.').unwrap_or_default();
    ![local, name, top].contains(&"") && text.len() <= 100 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// One of the bank's own people.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Operator {
    /// Who.
    pub id: String,
    /// How they come in.
    pub password: Credential,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::day_in_japan;
    use crate::domain::credential::PasswordHash;

    fn person() -> Person {
        let credential = || Credential::new(PasswordHash::decoy());
        Person {
            first_otp: Some(credential()),
            first_otp_from: Some("2026-11-21".into()),
            ..Person::new("1234567890".into(), "ADMIN01".into(), Role::Administrator, credential(), credential())
        }
    }

    #[test]
    fn the_first_otp_password_ends_with_the_ninetieth_day_in_japan() {
        let on = |moment: &str| person().first_otp(day_in_japan(moment.parse().expect("a moment")));
        assert_eq!(on("2026-11-21T00:00:00Z"), FirstOtp::Open);
        assert_eq!(on("2027-02-19T14:59:59Z"), FirstOtp::Open, "the last second of 19 February in Japan");
        assert_eq!(on("2027-02-19T15:00:00Z"), FirstOtp::Over, "20 February in Japan");
    }

    #[test]
    fn the_first_otp_password_is_good_once() {
        let used = Person { first_otp: None, ..person() };
        assert_eq!(used.first_otp("2026-11-21".parse().expect("a day")), FirstOtp::None);
    }

    #[test]
    fn an_address_has_a_name_and_a_host() {
        for mail in ["somu@kokoromi.example", "a+b@c.d.example"] {
            assert!(is_mail(mail), "{mail}");
        }
        let long = format!("a@{}.example", "b".repeat(100));
        for mail in [
            "",
            "nobody",
            "@a.example",
            "a@b",
            "a@.example",
            "a@b.",
            "a b@c.example",
            "a@b.example\n",
            "あ@b.example",
            &long,
        ] {
            assert!(!is_mail(mail), "{mail}");
        }
    }
}
