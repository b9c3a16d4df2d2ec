//! Contracts and the persons that act under them.

use camtoken::time::Date;
use camtoken::{ActivationId, Timestamp, TokenId};
use serde::{Deserialize, Serialize};

use super::calendar::first_otp_last_day;
use super::credential::Credential;

/// What a person proves at login, one for each contract (requirements, section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginMethod {
    /// 1: password and one-time password.
    PasswordOtp,
    /// 2: password.
    Password,
    /// 3: password and certificate.
    PasswordCertificate,
}

impl LoginMethod {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::PasswordOtp, Self::Password, Self::PasswordCertificate];

    /// Its name in a form, and in the names of its texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PasswordOtp => "password-otp",
            Self::Password => "password",
            Self::PasswordCertificate => "password-certificate",
        }
    }

    /// The method of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }
}

/// Which numbers a service asks for: data of the service profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Contract number and user ID.
    ContractAndUser,
    /// A login ID alone.
    LoginId,
}

/// A field of the login form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginField {
    /// 契約番号
    Contract,
    /// ユーザーID
    User,
    /// ログインID
    LoginId,
}

impl Profile {
    /// Its name in an address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ContractAndUser => "business",
            Self::LoginId => "direct",
        }
    }

    /// The profile of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::ContractAndUser, Self::LoginId].into_iter().find(|profile| profile.as_str() == name)
    }

    /// What it asks for beside the password.
    #[must_use]
    pub const fn fields(self) -> &'static [LoginField] {
        match self {
            Self::ContractAndUser => &[LoginField::Contract, LoginField::User],
            Self::LoginId => &[LoginField::LoginId],
        }
    }
}

/// A contract: a company.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Contract {
    /// 契約番号, ten digits.
    pub number: String,
    /// 契約者
    pub name: String,
    /// The same in kana, as it stands in a transfer.
    pub kana: String,
    /// How its people log in.
    pub method: LoginMethod,
    /// Which service it uses.
    pub profile: Profile,
    /// The day in Japan on which its registration was completed.
    pub completed: String,
    /// What may leave its accounts on one day in yen, by the name of the limit.
    pub limits: Vec<(Limit, u64)>,
}

/// A daily limit, by its name in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
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
}

impl Limit {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Transfer, Self::Bulk, Self::Payroll, Self::PayEasy, Self::Remittance];

    /// Its name in the catalogue.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::Bulk => "bulk",
            Self::Payroll => "payroll",
            Self::PayEasy => "pay-easy",
            Self::Remittance => "remittance",
        }
    }

    /// The limit of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|limit| limit.as_str() == name)
    }
}

impl Contract {
    /// The login ID of one of its people, where the service asks for one. No other contract has it.
    #[must_use]
    pub fn login_id(&self, user: &str) -> Option<String> {
        (self.profile == Profile::LoginId).then(|| format!("{}-{}", user.to_ascii_lowercase(), self.number))
    }

    /// The daily limit in yen; nothing may leave where none was set.
    #[must_use]
    pub fn limit(&self, limit: Limit) -> u64 {
        self.limits.iter().find(|(known, _)| *known == limit).map_or(0, |(_, yen)| *yen)
    }

    /// Sets a daily limit.
    pub fn set_limit(&mut self, limit: Limit, yen: u64) {
        self.limits.retain(|(known, _)| *known != limit);
        self.limits.push((limit, yen));
    }
}

/// What a person may do for the company.
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
    /// Taken out of service by an administrator or by the bank.
    pub suspended: bool,
    /// The activation of the time-based generator, for somebody who gave the camera token back.
    #[serde(default)]
    pub generator: Option<String>,
    /// The last mail to this person could not be delivered.
    #[serde(default)]
    pub mail_failed: bool,
    /// What an administrator has closed to this person.
    #[serde(default)]
    pub closed: Vec<Menu>,
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
    /// Somebody with two passwords and nothing else yet.
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
            first_otp_from: None,
            certificate: None,
            certificate_until: None,
            token: None,
            activation: None,
            registered: false,
            suspended: false,
            generator: None,
            mail_failed: false,
            closed: Vec::new(),
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
            certificate: now.certificate.clone(),
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

    /// The key under which the books keep a person.
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
        !self.suspended && !self.login.suspended
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

    /// All that the verifier has of this person: somebody who registers a token again may still have a generator.
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

/// Whether somebody can have this user ID: a token has ten columns for it.
#[must_use]
pub fn is_user_id(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    (1..=10).contains(&text.len()) && text.bytes().all(is_letter)
}

/// Whether mail can go there: an address of ASCII without spaces, with a name and a host.
#[must_use]
pub fn is_mail(text: &str) -> bool {
    let (local, host) = text.split_once('@').unwrap_or_default();
    let (name, top) = host.rsplit_once('.').unwrap_or_default();
    ![local, name, top].contains(&"") && text.len() <= 100 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What a company asks for before it is a contractor.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Application {
    /// Its number.
    pub id: String,
    /// The company.
    pub name: String,
    /// The same in kana.
    pub kana: String,
    /// 届出: how its people are to log in.
    pub method: LoginMethod,
    /// Which service it wants.
    pub profile: Profile,
    /// Its first administrator.
    pub administrator: String,
    /// Where mail goes.
    pub mail: String,
    /// Seconds since 1970.
    pub at: u64,
    /// The contract that came of it.
    pub contract: Option<String>,
}

/// One of the bank's own people.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Operator {
    /// Who.
    pub id: String,
    /// How they come in.
    pub password: Credential,
}

/// A token in the bank's own books: lent to a contract.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LentToken {
    /// トークンID
    pub id: String,
    /// To whom it was lent.
    pub contract: String,
    /// Revoked for good.
    pub revoked: bool,
}

impl LentToken {
    /// Whether people of this contract may have it.
    #[must_use]
    pub fn is_lent_to(&self, contract: &str) -> bool {
        !self.revoked && self.contract == contract
    }

    /// As lists show it: a revoked one with a trailing `*`.
    #[must_use]
    pub fn listed(&self) -> String {
        format!("{}{}", self.id, if self.revoked { "*" } else { "" })
    }
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

    #[test]
    fn a_revoked_token_is_listed_with_a_star() {
        let token = LentToken { id: "KKK0000001".into(), contract: "1".into(), revoked: true };
        assert_eq!(token.listed(), "KKK0000001*");
        assert_eq!(LentToken { revoked: false, ..token }.listed(), "KKK0000001");
    }
}
